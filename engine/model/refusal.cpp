#include "engine/model/refusal.h"

namespace tocsin {

std::string_view name_of(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusalCount> kNames{
      "malformed",         "invalid_utf8",    "too_deep",           "wrong_type",        "missing_field",
      "duplicate_key",     "bad_label_name",  "bad_time",           "ends_before_start", "bad_value",
      "too_many_alerts",   "too_many_labels", "too_long",           "body_too_large",    "unknown_source",
      "unsupported_media", "not_found",       "method_not_allowed", "bad_request",       "timed_out",
      "overloaded",        "storage_failed",  "stopping",           "storage_full",      "storage_damaged",
      "sink_full"};
  return kNames[static_cast<std::size_t>(refusal)];
}

}  // namespace tocsin
