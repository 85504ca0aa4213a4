#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engine/model/label.h"
#include "rules/cel/environment.h"
#include "rules/cel/table.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// An environment such as rules have, with values for it: texts, labels, a scale, a record, a table.
class AlertEnvironment {
 public:
  AlertEnvironment();
  AlertEnvironment(const AlertEnvironment&) = delete;
  AlertEnvironment& operator=(const AlertEnvironment&) = delete;

  Environment environment;
  std::shared_ptr<const EnumType> severity;
  std::vector<Value> slots;

 private:
  void declare(const char* name, Type type, Value value);

  std::array<Label, 4> labels_;
  std::array<Label, 1> annotations_;
  std::array<Value, 3> incident_fields_;
  std::shared_ptr<const RecordType> incident_type_;
  Record incident_{};
  Table services_;
  std::array<Value, 3> tags_;
};

}  // namespace tocsin::cel
