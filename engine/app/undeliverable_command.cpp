#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

struct UndeliverableFlags {
  std::string server = "http://127.0.0.1:9099";
  bool resend = false;
};

/// As one segment of a path.
std::string in_path(std::string_view sink) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : sink) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~' || c == ':';
    if (plain) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((text += '%') += kHex[byte >> 4]) += kHex[byte & 15];
    }
  }
  return text;
}

/// Bytes that a terminal would take for commands are not shown: topics and reasons come from rules and brokers.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return out;
}

std::expected<json::value, std::string> ask(const std::string& server, const std::string& path) {
  const auto answer = http_get(server, path);
  if (!answer) return std::unexpected(answer.error());
  json::error_code error;
  json::value value = json::parse(*answer, error);
  if (error) return std::unexpected(server + path + " did not answer as tocsin does");
  return value;
}

/// Lists what one sink holds; false: it could not be asked.
bool show(const std::string& server, const std::string& sink, std::uint64_t count) {
  const auto answer = ask(server, "/v1/sinks/" + in_path(sink) + "/undeliverable");
  if (!answer) {
    std::cerr << "tocsin undeliverable: " << answer.error() << "\n";
    return false;
  }
  const json::array& records = answer->at("undeliverable").as_array();
  std::cout << printable(sink) << ": " << count << (count == 1 ? " record" : " records") << "\n";
  for (const json::value& record : records) {
    std::cout << "  " << printable(record.at("since").as_string()) << "  "
              << printable(record.at("event_id").as_string()) << " to " << printable(record.at("topic").as_string())
              << ", " << record.at("bytes").to_number<std::uint64_t>()
              << " bytes: " << printable(record.at("why").as_string()) << "\n";
  }
  if (records.size() < count) std::cout << "  … and " << count - records.size() << " more\n";
  return true;
}

int undeliverable(const UndeliverableFlags& flags) {
  const auto answer = ask(flags.server, "/v1/sinks");
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
    if (!show(flags.server, name, count)) return kFindings;
    if (!flags.resend) continue;
    if (const auto sent = http_post(flags.server, "/v1/sinks/" + in_path(name) + "/undeliverable/resend"); !sent) {
      std::cerr << "tocsin undeliverable: " << sent.error() << "\n";
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
  command->add_option("--server", flags->server, "where the engine listens")->capture_default_str();
  command->add_flag("--resend", flags->resend, "try each of them once more");
  command->callback([flags, &action] {
    action = [flags] {
      try {
        return undeliverable(*flags);
      } catch (const std::exception&) {  // of Boost.JSON: a member that is not there
        std::cerr << "tocsin undeliverable: " << flags->server << " did not answer as tocsin does\n";
        return kFindings;
      }
    };
  });
}

}  // namespace tocsin::app
