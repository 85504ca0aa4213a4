#include <chrono>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/incident_table.h"
#include "engine/app/rule_files.h"

namespace tocsin::app {
namespace {

struct IncidentsFlags {
  std::string server = "http://127.0.0.1:9099";
  std::string format = "table";
  std::string status;
  std::size_t limit = 100;
  bool watch = false;
};

constexpr auto kRedrawEvery = std::chrono::seconds{1};

TableStyle style_of_screen() {
  TableStyle style;
  style.colour = wants_colour(STDOUT_FILENO);
  winsize size{};
  const bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  style.width = known ? size.ws_col : 0;
  return style;
}

Instant now() {
  return from_unix_ns(std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
}

/// One look; the text to show, or what went wrong.
std::expected<std::string, std::string> look(const IncidentsFlags& flags) {
  std::string path = "/v1/incidents?limit=" + std::to_string(flags.limit);
  if (!flags.status.empty()) path += "&status=" + flags.status;
  const auto answer = http_get(flags.server, path);
  if (!answer) return std::unexpected(answer.error());
  if (flags.format == "json") return *answer + "\n";
  return draw_incidents(*answer, now(), style_of_screen());
}

int incidents(const IncidentsFlags& flags) {
  const bool screen = isatty(STDOUT_FILENO) == 1 && flags.format == "table";
  while (true) {
    const auto text = look(flags);
    if (!text && !flags.watch) {
      std::cerr << "tocsin incidents: " << text.error() << "\n";
      return kFindings;
    }
    if (flags.watch && screen) std::cout << "\033[H\033[2J" << flags.server << "   (Ctrl-C ends)\n\n";
    std::cout << (text ? *text : text.error() + "\n") << std::flush;
    if (!flags.watch || !std::cout) return kOk;
    std::this_thread::sleep_for(kRedrawEvery);
  }
}

}  // namespace

void add_incidents(CLI::App& program, Action& action) {
  auto flags = std::make_shared<IncidentsFlags>();
  CLI::App* command = program.add_subcommand("incidents", "show the incidents of a running engine");
  command->description(
      "Asks a running engine for its incidents: the most pressing first, ended ones last.\n"
      "Exit code: 0, or 1 when the engine does not answer.");
  command->add_option("--server", flags->server, "where the engine listens")->capture_default_str();
  command->add_flag("--watch", flags->watch, "draw again every second until Ctrl-C");
  command->add_option("--format", flags->format, "table for people, json (the API's answer) for programs")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->add_option("--status", flags->status,
                      "only these: open, acknowledged, resolved, closed; several with commas");
  command->add_option("--limit", flags->limit, "at most so many")->check(CLI::Range(1, 1000))->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return incidents(*flags); }; });
}

}  // namespace tocsin::app
