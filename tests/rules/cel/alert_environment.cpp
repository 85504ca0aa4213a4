#include "tests/rules/cel/alert_environment.h"

namespace tocsin::cel {

AlertEnvironment::AlertEnvironment()
    : labels_{{{"env", "prod"}, {"instance", "n1:9100"}, {"severity", "critical"}, {"team", "core"}}},
      annotations_{{{"summary", "disk full on n1"}}},
      incident_fields_{Value::string("P2"), Value::boolean(false), Value::integer(3)},
      services_("service", {"tier", "owner"},
                {{"checkout", {"1", "shop"}}, {"ledger", {"2", "money"}}, {"odd", {"", "x"}}}),
      tags_{Value::string("a"), Value::string("b"), Value::string("c")} {
  using K = Type::Kind;
  severity = environment.declare_enum("severity", {"info", "warning", "error", "critical"});
  incident_type_ = std::make_shared<const RecordType>(
      "incident",
      std::vector<RecordType::Field>{{"priority", K::string}, {"acked", K::boolean}, {"alerts", K::integer}});
  incident_ = {incident_type_.get(), incident_fields_.data()};
  declare("name", K::string, Value::string("KubePodCrash"));
  declare("service", K::string, Value::string("checkout"));
  declare("tier", K::integer, Value::integer(2));
  declare("resolved", K::boolean, Value::boolean(false));
  declare("severity", Type::enumeration(severity), Value::enumeration(*severity, 2));
  declare("labels", Type::text_map(), Value::labels(labels_));
  declare("annotations", Type::text_map(), Value::labels(annotations_));
  declare("incident", Type::record(incident_type_), Value::record(incident_));
  declare("svc", Type::map(K::string, Type::record(services_.row_type())), Value::map(services_));
  declare("starts_at", K::timestamp, Value::timestamp(1'700'000'000, 0));  // 2023-11-14T22:13:20Z
  declare("tags", Type::list(K::string), Value::list(tags_));
  declare("anything", Type(), Value::integer(7));
}

void AlertEnvironment::declare(const char* name, Type type, Value value) {
  environment.declare(name, std::move(type));
  slots.push_back(value);
}

}  // namespace tocsin::cel
