#include "tests/connectors/sources/known_alerts_judge.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {

void known_alerts(std::string_view bodies) {
  // Kept from input to input: what one leaves behind must not show in the next.
  static KnownAlertsJudge judge;
  static KnownAlertsJudge judge_of_webhooks("alertmanager-webhook");
  for (int round = 0; round < 3; ++round) {
    for (std::string_view rest = bodies; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      judge.see(rest.substr(0, end));
      judge_of_webhooks.see(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::known_alerts({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
