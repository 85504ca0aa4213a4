#pragma once

#include <string_view>
#include <vector>

#include <simdjson.h>

#include "connectors/sources/batch_builder.h"
#include "engine/model/instant.h"

namespace tocsin {

/// Finds a name that an object has twice. Cheap for the few fields that objects have; for a stranger's thousands it
/// sorts, so that their number does not count twice. One thread; warm, it does not allocate.
class DuplicateKeys {
 public:
  void clear() { keys_.clear(); }
  void add(std::string_view key) { keys_.push_back(key); }
  /// True: `which` is there twice. The order of what was added is lost.
  bool find(std::string_view& which);

 private:
  std::vector<std::string_view> keys_;
};

/// Adds the labels of an object of texts to the section that is open. Null is "", as Go programs read it. Not yet
/// closed. Fault: wrong_type.
Checked add_labels(simdjson::dom::element value, std::string_view section, BatchBuilder& builder);

/// The same for annotations, which only describe: what is no text is taken as JSON has it, and marked.
void add_annotations(simdjson::dom::element value, BatchBuilder& builder);

/// A time; null, "" and the zero time of Go are kUnset. What cannot be read is kUnset too, and marked.
/// `is_local`: it was said without a zone.
Instant read_time(simdjson::dom::element value, BatchBuilder& builder, bool& is_local);

/// The fields that Alertmanager's API v2 and its webhook have in common, read into the alert that is open:
/// labels, annotations, startsAt, endsAt, generatorURL; `status` (a webhook's) is given back as it stands.
/// Unknown fields are ignored. Faults: missing_field and wrong_type for labels, duplicate_key for what says which
/// condition is meant and how it is.
class AlertFields {
 public:
  struct Rest {
    bool has_status = false;
    simdjson::dom::element status{};
  };
  Checked read(simdjson::dom::element value, BatchBuilder& builder, Rest& rest);

 private:
  static Checked mend_duplicates(simdjson::dom::object object, BatchBuilder& builder);

  DuplicateKeys keys_;
};

}  // namespace tocsin
