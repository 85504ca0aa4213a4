#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/terminal_text.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

struct UndeliverableFlags {
  EngineAddress engine;
  bool resend = false;
};

std::expected<json::value, std::string> ask(const EngineAddress& engine, const std::string& path) {
  const auto answer = http_get(engine, path);
  if (!answer) return std::unexpected(answer.error().message);
  json::error_code error;
  json::value value = json::parse(*answer, error);
  if (error) return std::unexpected(engine.server + path + " did not answer as tocsin does");
  return value;
}

/// Lists what one sink holds; false: it could not be asked.
bool show(const EngineAddress& engine, const std::string& sink, std::uint64_t count) {
  const auto answer = ask(engine, "/v1/sinks/" + percent_encoded(sink) + "/undeliverable");
  if (!answer) {
    std::cerr << "tocsin undeliverable: " << answer.error() << "\n";
    return false;
  }
  const json::array& records = answer->at("undeliverable").as_array();
  std::cout << for_terminal(sink) << ": " << count << (count == 1 ? " record" : " records") << "\n";
  for (const json::value& record : records) {
    std::cout << "  " << for_terminal(record.at("since").as_string()) << "  "
              << for_terminal(record.at("event_id").as_string()) << " to "
              << for_terminal(record.at("topic").as_string()) << ", " << record.at("bytes").to_number<std::uint64_t>()
              << " bytes: " << for_terminal(record.at("why").as_string()) << "\n";
  }
  if (records.size() < count) std::cout << "  … and " << count - records.size() << " more\n";
  return true;
}

int undeliverable(const UndeliverableFlags& flags) {
  const auto answer = ask(flags.engine, "/v1/sinks");
  if (!answer) {
    std::cerr << "tocsin undeliverable: " << answer.error() << "\n";
    return kFindings;
  }
  std::uint64_t total = 0;
  for (const json::value& sink : answer->at("sinks").as_array()) {
    const auto count = sink.at("undeliverable").to_number<std::uint64_t>();
    const std::string name(sink.at("name").as_string());
    total += count;
    if (count == 0) continue;
    if (!show(flags.engine, name, count)) return kFindings;
    if (!flags.resend) continue;
    if (const auto sent = http_post(flags.engine, "/v1/sinks/" + percent_encoded(name) + "/undeliverable/resend");
        !sent) {
      std::cerr << "tocsin undeliverable: " << sent.error().message << "\n";
      return kFindings;
    }
    std::cout << "  they are sent again; those that are acknowledged are no longer held\n";
  }
  if (total == 0) std::cout << "nothing is undeliverable\n";
  std::cout.flush();
  return std::cout ? kOk : kFindings;
}

}  // namespace

void add_undeliverable(CLI::App& program, Action& action) {
  auto flags = std::make_shared<UndeliverableFlags>();
  CLI::App* command =
      program.add_subcommand("undeliverable", "show what a destination does not take, and send it again");
  command->description(
      "Asks a running engine for the records that their destination does not take in any form (too large for the\n"
      "topic, an impossible topic). They are kept until they were sent again and acknowledged.\n"
      "Mend what the reason says (max.message.bytes of the topic, the rule), then: tocsin undeliverable --resend\n"
      "To give them up for good: curl -X DELETE http://127.0.0.1:9099/v1/sinks/kafka/undeliverable\n"
      "Exit code: 0, or 1 when the engine does not answer.");
  add_engine_flags(*command, flags->engine);
  command->add_flag("--resend", flags->resend, "try each of them once more");
  command->callback([flags, &action] {
    action = [flags] {
      try {
        return undeliverable(*flags);
      } catch (const std::exception&) {  // of Boost.JSON: a member that is not there
        std::cerr << "tocsin undeliverable: " << flags->engine.server << " did not answer as tocsin does\n";
        return kFindings;
      }
    };
  });
}

}  // namespace tocsin::app
