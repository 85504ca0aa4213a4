#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rules/cel/evaluation.h"
#include "rules/cel/type.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// Messages that an expression may build. Those of google.protobuf are CEL values of their own; there is no other
/// protobuf support.
enum class MessageKind : std::uint8_t {
  open,      // any fields, a map
  declared,  // a record type of the environment
  bool_value,
  bytes_value,
  double_value,
  float_value,
  int32_value,
  int64_value,
  string_value,
  uint32_value,
  uint64_value,
  timestamp,
  duration,
  value,
  list_value,
  structure,
};

/// By full name: "google.protobuf.Int32Value".
std::optional<MessageKind> well_known_message(std::string_view name);

/// The value of a message with those fields (name and value in turn, no value an error). `record` for declared ones.
Value make_message(Evaluation& evaluation, MessageKind kind, const RecordType* record,
                   std::span<const MapEntry> fields);

}  // namespace tocsin::cel
