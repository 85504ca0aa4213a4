#pragma once

#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/hash.h"

namespace tocsin {

/// Alertmanager's API and its webhook: all labels are the identity of an alert, and its link names the Prometheus
/// server that says it.
bool is_of_alertmanager(std::string_view source);

/// Scheme, host and port of a URL, in lower case, without the port that the scheme has anyway; "" where there is none.
/// Appended to `out`.
void append_origin(std::string_view url, std::string& out);

/// Fills `alert.identity`, `voice`, `content` and `identity_is_labels` from its other fields; the last step of whoever
/// makes an alert.
/// identity: tenant, source, and source_key or else all labels; of a source that is not Alertmanager, without those
/// that by custom hold a severity, a status, a text, a time or a value, which change while the condition stays. voice:
/// identity and the origin of the link, of Alertmanager's sources. content: identity, status, labels and annotations.
/// Not in content: ends_at, which moves with every repeat; starts_at and link, in which the two Prometheus servers of a
/// pair differ although they speak of one condition: each would look like an update of the other for as long as it
/// fires. Requires: labels and annotations as Labels wants them, all texts UTF-8 (0xff, which UTF-8 never has,
/// separates them). `scratch` keeps its capacity, so that a warm one does not allocate.
void seal(Alert& alert, std::string_view tenant, std::string_view source, const HashKey& key, std::string& scratch);

/// The first half of seal: the identity of an alert whose labels or source_key are kept otherwise than they were sent.
/// Labels may be any number of any length, in the order of name.
Hash128 identity_of(std::string_view tenant, std::string_view source, std::string_view source_key, Labels labels,
                    const HashKey& key, std::string& scratch);
/// The second half: fills all but `alert.identity`, which is there.
void seal_rest(Alert& alert, std::string_view source, const HashKey& key, std::string& scratch);

}  // namespace tocsin
