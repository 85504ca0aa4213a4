#pragma once

#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/hash.h"

namespace tocsin {

/// Fills `alert.identity` and `alert.content` from its other fields; the last step of whoever makes an alert.
/// identity: tenant, source, and source_key or else all labels. content: identity, status, labels and annotations.
/// Not in content: ends_at, which moves with every repeat; starts_at and link, in which the two Prometheus servers of a
/// pair differ although they speak of one condition: each would look like an update of the other for as long as it
/// fires. Requires: labels and annotations as Labels wants them, all texts UTF-8 (0xff, which UTF-8 never has,
/// separates them). `scratch` keeps its capacity, so that a warm one does not allocate.
void seal(Alert& alert, std::string_view tenant, std::string_view source, const HashKey& key, std::string& scratch);

/// The first half of seal: the identity of an alert whose labels or source_key are kept otherwise than they were sent.
/// Labels may be any number of any length, in the order of name.
Hash128 identity_of(std::string_view tenant, std::string_view source, std::string_view source_key, Labels labels,
                    const HashKey& key, std::string& scratch);
/// The second half: fills `alert.content`. Requires: `alert.identity` is there.
void seal_content(Alert& alert, const HashKey& key, std::string& scratch);

}  // namespace tocsin
