#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/config/config.h"
#include "connectors/sinks/record.h"
#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/rule_files.h"
#include "engine/app/rule_source.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/journal/recovery.h"
#include "engine/runtime/journal/zone_data.h"
#include "engine/runtime/shard/core_shard.h"

namespace tocsin::app {
namespace {

struct ReplayFlags {
  std::string data = "tocsin-data";
  std::vector<std::string> rules;
  std::string events = "-";
  std::string config;
};

/// A line on a terminal that says how far it is, at most a few times a second.
class Progress {
 public:
  explicit Progress(Position last) : last_(last), shown_(isatty(STDERR_FILENO) == 1) {}
  void see(Position position) {
    if (!shown_ || (position != last_ && position.value() % 4096 != 0)) return;
    const auto percent = position.value() * 100 / std::max<std::uint64_t>(last_.value(), 1);
    std::cerr << "\rreplaying " << position.value() << " of " << last_.value() << " inputs (" << percent << " %)";
    if (position == last_) std::cerr << "\n";
  }

 private:
  Position last_;
  bool shown_;
};

/// What the engine's configuration says of records: with it the lines are those that the engine wrote.
std::unique_ptr<Config> read_only_config(const std::string& file) {
  auto config = std::make_unique<Config>();
  if (file.empty()) return config;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::cerr << "tocsin replay: " << file << ": cannot be read\n";
    return nullptr;
  }
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const rules::Diagnostics found = read_config(file, bytes, *config);
  for (const rules::Diagnostic& one : found) std::cerr << rules::to_text(one, wants_colour(STDERR_FILENO)) << "\n";
  return rules::has_errors(found) ? nullptr : std::move(config);
}

int replay(const ReplayFlags& flags) {
  const auto config = read_only_config(flags.config);
  if (!config) return kMisuse;
  const RulesOnDisk rules = read_rules_on_disk(flags.rules);
  if (!tell_findings(rules.reading, "replay")) return kMisuse;
  auto journal = open_local_journal_for_reading(flags.data);
  if (!journal) {
    std::cerr << "tocsin replay: " << journal.error().message << "\n";
    return kFindings;
  }
  std::ofstream file;
  if (flags.events != "-") file.open(flags.events, std::ios::binary | std::ios::trunc);
  std::ostream& out = flags.events == "-" ? std::cout : file;
  if (!out) {
    std::cerr << "tocsin replay: " << flags.events << ": cannot be written\n";
    return kMisuse;
  }

  const auto shard = make_core_shard(rules.reading.rules, (*journal)->key());
  const auto decoders = make_decoders();
  Progress progress((*journal)->last_position());
  const RecordOptions& options = config->kafka.records;
  std::vector<EffectPtr> effects;
  std::string lines;
  const auto see = [&](const Input& input) {
    effects.clear();
    lines.clear();
    Input seen = input;
    if (!flags.rules.empty()) seen.rules = nullptr;  // those of the journal have no say then
    shard->apply(seen, effects);
    for (const EffectPtr& effect : effects) {
      const OutRecord record = record_of(*effect, options);
      for (const OutTopic& topic : record.topics) append_line(lines, record, topic);
    }
    out << lines;
    progress.see(input.position);
    return static_cast<bool>(out);
  };
  const auto replayed = replay_inputs(**journal, Position{1}, *decoders, see);
  out.flush();
  if (!replayed || !out) {
    std::cerr << "tocsin replay: " << (replayed ? flags.events + ": cannot be written" : replayed.error().message)
              << "\n";
    return kFindings;
  }
  if (const std::string other = other_zone_data(); !other.empty()) {
    std::cerr << "tocsin replay: rules were in force under the time zone data " << other << ", this machine has "
              << zone_data_version() << ": calendars may have turned at other instants\n";
  }
  const ShardCounts& counts = shard->counts();
  std::cerr << counts.inputs << " inputs, " << counts.alerts_taken << " alerts, " << counts.incidents_opened
            << " incidents, " << counts.effects << " effects\n";
  return kOk;
}

}  // namespace

void add_replay(CLI::App& program, Action& action) {
  auto flags = std::make_shared<ReplayFlags>();
  CLI::App* command = program.add_subcommand("replay", "run rules over a journal again");
  command->description(
      "Reads a data folder (also while an engine has it), applies rules to every input in it and writes the records "
      "that follow,\n"
      "one JSON line each, as --events of `tocsin run` does. Nothing is sent anywhere. Same journal, same rules, same "
      "bytes.\n"
      "Without --rules the rules are those that were in force at each moment: the journal has them, reloads included.\n"
      "With --rules those hold from the first input to the last.\n"
      "With --config the names of topics and the source in the records are those that the engine writes under it.\n"
      "Exit code: 0, 1 the journal cannot be read, 2 flags or rules are wrong.");
  command->add_option("--data", flags->data, "folder of the journal")->capture_default_str();
  command->add_option("--rules", flags->rules,
                      "rule file or folder of them, instead of the journal's own; may be repeated");
  command->add_option("--config", flags->config,
                      "configuration file of the engine: topic_prefix, ce_source and names of topics");
  command->add_option("--events", flags->events, "file to write, - for standard output")->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return replay(*flags); }; });
}

}  // namespace tocsin::app
