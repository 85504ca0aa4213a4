#include "engine/app/run_flags.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "engine/app/rule_files.h"

namespace tocsin::app {
namespace {

bool read_config_file(const std::string& name, Config& config) {
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    std::cerr << "tocsin run: " << name << ": cannot be read: " << std::strerror(errno) << "\n";
    return false;
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const rules::Diagnostics diagnostics = read_config(name, bytes, config);
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    std::cerr << rules::to_text(diagnostic, wants_colour(STDERR_FILENO)) << "\n";
  }
  return !rules::has_errors(diagnostics);
}

/// One token a line; blank lines and lines that begin with `#` do not count.
bool read_tokens(const std::string& name, std::vector<std::string>& tokens) {
  std::ifstream file(name);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') tokens.push_back(line);
  }
  if (!tokens.empty()) return true;
  std::cerr << "tocsin run: " << name << ": no token can be read from it; put one on a line of its own\n";
  return false;
}

}  // namespace

void declare(RunFlags& flags, CLI::App& command) {
  command.add_option("--config", flags.config_file,
                     "YAML file with the same keys as these flags and more (none by default)");
  command.add_option("--rules", flags.rules,
                     "rule file or folder of them; may be repeated (default: the built-in rules)");
  command.add_flag("--no-watch-rules", flags.does_not_watch,
                   "reload rules on SIGHUP and POST /-/reload only, not when their files change");
  command.add_flag("--no-known-alerts", flags.knows_no_alerts,
                   "decode every alert, also those that a source repeats byte for byte: for comparison");
  command.add_option("--data", flags.data, "folder of the journal, made when missing (default: tocsin-data)");
  command.add_flag(
      "--new-journal", flags.new_journal,
      "begin an empty journal although the sinks were told of another one, whose incidents then never close");
  command.add_option("--listen", flags.listen,
                     "ADDRESS:PORT for HTTP, port 0 picks a free one (default: 127.0.0.1:9099)");
  command.add_option("--events", flags.events,
                     "append one JSON line per record to this file, - for standard output (default: none)");
  command.add_flag(
      "--accept-loss", flags.accepts_loss,
      "for this start: when the data folder is damaged, go on with what is whole and say what was given up; "
      "without it such a start is refused");
  command.add_option("--kafka", flags.kafka, "HOST:PORT[,…] of a Kafka cluster to write to (default: none)");
}

std::unique_ptr<Config> make_config(const RunFlags& flags) {
  auto config = std::make_unique<Config>();
  if (!flags.config_file.empty() && !read_config_file(flags.config_file, *config)) return nullptr;
  if (!flags.rules.empty()) config->rules = flags.rules;
  if (flags.does_not_watch) config->watch_rules = false;
  if (flags.knows_no_alerts) config->known_alerts = false;
  if (!flags.data.empty()) config->data = flags.data;
  config->new_journal = flags.new_journal;
  if (!flags.listen.empty()) config->http.listen = flags.listen;
  if (!flags.events.empty()) config->events = flags.events;
  config->accept_loss = flags.accepts_loss;
  if (!flags.kafka.empty()) config->kafka.bootstrap = flags.kafka;
  if (!config->token_file.empty() && !read_tokens(config->token_file, config->http.tokens)) return nullptr;
  return config;
}

}  // namespace tocsin::app
