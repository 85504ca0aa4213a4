#include "connectors/sources/alert_list.h"

#include <string>

#include "engine/model/limits.h"

namespace tocsin {

Result<void> read_list(simdjson::dom::element value, std::string_view pointer, simdjson::dom::array& alerts) {
  if (value.get(alerts) != simdjson::SUCCESS) {
    return refuse(Refusal::wrong_type, "must be an array of alerts", -1, std::string(pointer));
  }
  if (alerts.size() > limits::kAlertsPerBodyMax) {
    return refuse(Refusal::too_many_alerts, "more than " + std::to_string(limits::kAlertsPerBodyMax) + " alerts", -1,
                  std::string(pointer));
  }
  return {};
}

}  // namespace tocsin
