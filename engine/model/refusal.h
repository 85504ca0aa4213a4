#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tocsin {

/// Why an input was refused. Every value has a counter of the same name, and is the `code` of the error that the sender
/// reads.
enum class Refusal : std::uint8_t {
  malformed,           // not JSON as RFC 8259 has it, or cut off
  invalid_utf8,        // bytes that are not UTF-8
  too_deep,            // nested deeper than kJsonDepthMax
  wrong_type,          // a field has another JSON type than it must
  missing_field,       // a field that must be there is not
  duplicate_key,       // the same key twice in one object
  bad_label_name,      // these three are mended today (mending.h): older journals have them
  bad_time,            //
  ends_before_start,   //
  bad_value,           // a field holds something that its meaning does not allow
  too_many_alerts,     // more than kAlertsPerBodyMax
  too_many_labels,     // these two are mended today
  too_long,            //
  body_too_large,      // over kBodyBytesMax
  unknown_source,      // no source of that name is configured
  unsupported_media,   // a Content-Type or Content-Encoding that the source does not take
  not_found,           // no such path or object
  method_not_allowed,  //
  bad_request,         // HTTP that RFC 9112 does not allow, or that is refused for safety
  timed_out,           // header or body took longer than allowed
  overloaded,          // a queue is full: try again later
  storage_failed,      // the journal cannot be written: try again later
  stopping,            // the process is ending: try again later
  storage_full,        // the journal finds no space: try again later
  storage_damaged,     // of a start: something that was acknowledged is missing or not as it was written
  sink_full,           // a sink has as much waiting as it may: try again later
};
inline constexpr std::size_t kRefusalCount = static_cast<std::size_t>(Refusal::sink_full) + 1;

/// The stable word in metrics and answers.
std::string_view name_of(Refusal refusal);

/// One refusal, as the sender is told.
struct Error {
  Refusal code{};
  /// What is wrong and what was expected, a sentence without the offending bytes' secrets.
  std::string message{};
  /// The alert's place in the body, from 0; -1: the body as a whole.
  std::int32_t index = -1;
  /// RFC 6901 pointer to the place, "" the whole body.
  std::string pointer{};

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> refuse(Refusal code, std::string message, std::int32_t index = -1,
                                     std::string pointer = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), index, std::move(pointer)});
}

}  // namespace tocsin
