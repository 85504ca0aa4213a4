#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/mending.h"

namespace tocsin {

/// What was mended of one alert of a body before it was parsed.
struct JsonMend {
  static constexpr std::int32_t kAllAlerts = -1;  // it stands outside the list of alerts, or there is no list

  std::int32_t index = kAllAlerts;  // the alert's place in the body
  MendingSet mended;

  friend bool operator==(const JsonMend&, const JsonMend&) = default;
};

/// Makes a JSON document that the fast reader refuses into one that it takes, in place and without moving a byte: an
/// escape that names half a surrogate pair becomes \ufffd (RFC 8259 §8.2 leaves open what a reader makes of it), and a
/// number that does not fit 64 bits becomes 0; who wants its text finds it in the body as it was sent. Appends what was
/// done, in the order of the document, once for each alert: an element of the outermost array, or of `alerts` in the
/// outermost object. Requires: find_json_fault(document) finds nothing.
void mend_json(std::string& document, std::vector<JsonMend>& mends);

}  // namespace tocsin
