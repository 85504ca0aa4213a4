#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <absl/strings/escaping.h>
#include <simdjson.h>
#include <spdlog/fmt/fmt.h>

#include "engine/app/command.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/rule_bundle.h"
#include "engine/runtime/log/carry_over.h"
#include "engine/runtime/log/folder_lock.h"
#include "engine/runtime/log/group_reader.h"
#include "engine/runtime/log/log_folder.h"
#include "engine/runtime/log/real_disk.h"

namespace tocsin::app {
namespace {

struct JournalFlags {
  std::string what;
  std::string data = "tocsin-data";
  std::string format = "text";
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;
  bool bodies = false;
};

std::string_view name_of(InputKind kind) {
  switch (kind) {
    case InputKind::alerts:
      return "alerts";
    case InputKind::refused_body:
      return "refused_body";
    case InputKind::time_passed:
      return "time_passed";
    case InputKind::started:
      return "started";
    case InputKind::rule_set:
      return "rule_set";
    case InputKind::clock_set:
      return "clock_set";
    case InputKind::queue_age:
      return "queue_age";
    case InputKind::command:
      return "command";
  }
  return "unknown";
}

void write_instant(JsonWriter& json, std::string_view name, Instant at) {
  json.key(name);
  if (at == kUnset)
    json.null();
  else
    json.value(std::string_view(to_rfc3339(at)));
}

void write_bytes(JsonWriter& json, std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size()))
    json.field("body", bytes);
  else
    json.field("body_base64", std::string_view(absl::Base64Escape({bytes.data(), bytes.size()})));
}

/// What was received, or which files a rule set is made of.
void write_body(JsonWriter& json, const JournalEntry& entry, std::string& buffer) {
  if (entry.kind == InputKind::rule_set) {
    const auto bundle = unpack_rules(entry.payload);
    json.key("files").begin_array();
    if (bundle)
      for (const auto& file : bundle->files) json.value(std::string_view(file.name));
    json.end_array();
    return;
  }
  if (entry.payload.empty()) return;
  if (const auto body = unpack_body(entry.payload, buffer)) write_bytes(json, *body);
}

std::string line_of(const JournalEntry& entry, std::size_t kept_bytes, bool with_body, bool is_behind,
                    std::string& buffer) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.field("position", entry.position.value()).field("epoch", entry.epoch).field("kind", name_of(entry.kind));
  write_instant(json, "at", entry.at);
  write_instant(json, "wall", entry.wall);
  json.field("source", entry.source).field("tenant", entry.tenant).field("bytes", std::uint64_t{kept_bytes});
  if (entry.kind == InputKind::refused_body)
    json.field("refusal", tocsin::name_of(entry.error.code)).field("message", std::string_view(entry.error.message));
  if (is_behind) json.field("behind_damage", true);
  if (entry.lacks_texts) json.field("lacks_texts", true);
  if (with_body) write_body(json, entry, buffer);
  json.end_object();
  return line + "\n";
}

struct Counts {
  std::map<std::string, std::uint64_t> kinds;
  std::map<std::string, std::uint64_t> sources;
  std::uint64_t payload_bytes = 0;
};

std::string span_of(Instant first, Instant last) {
  if (first == kUnset || last == kUnset) return "nothing yet";
  return to_rfc3339(first) + " to " + to_rfc3339(last);
}

/// What all three found out by walking the log.
struct Walk {
  LogFindings findings;
  Counts counts;
  Position first{};
  Instant first_at = kUnset;
  bool beside_an_engine = false;

  bool is_whole() const { return !findings.scan.damage.has_value(); }
};

void print_text(const Walk& walk, bool in_detail, const std::string& folder) {
  const LogScan& scan = walk.findings.scan;
  std::cout << fmt::format("journal {:016x} in {}, epoch {}, made {}\n", walk.findings.identity.journal, folder,
                           walk.findings.identity.epoch, to_rfc3339(walk.findings.identity.made));
  std::cout << fmt::format("{}: {} entries in {} files, positions {} to {}, {}\n",
                           walk.is_whole() ? "whole" : "whole up to the damage", scan.entries, scan.segments.size(),
                           walk.first.value(), scan.last.value(), span_of(walk.first_at, scan.last_at));
  if (scan.torn_bytes > 0)
    std::cout << fmt::format(
        "an unfinished write of {} bytes is at the end; the next start cuts it, nobody was told that it "
        "was kept\n",
        scan.torn_bytes);
  if (walk.beside_an_engine) std::cout << "an engine has it now: what it is writing is not looked at\n";
  for (const std::string& remark : scan.remarks) std::cout << "note: " << remark << "\n";
  if (!in_detail) return;
  std::cout << fmt::format("bodies as kept: {} bytes\n", walk.counts.payload_bytes);
  for (const auto& [kind, count] : walk.counts.kinds) std::cout << fmt::format("  {:<14}{:>12}\n", kind, count);
  for (const auto& [source, count] : walk.counts.sources)
    std::cout << fmt::format("  source {:<20}{:>12}\n", source, count);
  for (const ScannedSegment& segment : scan.segments)
    std::cout << fmt::format("  {}  {:>10} of {:>10} bytes  {:>8} entries  {:>8} groups\n", path_of(segment.name),
                             segment.end, segment.bytes, segment.entries, segment.groups);
}

void print_json(const Walk& walk, bool in_detail, const std::string& folder) {
  const LogScan& scan = walk.findings.scan;
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("folder", std::string_view(folder)).field("whole", walk.is_whole());
  json.field("journal", std::string_view(fmt::format("{:016x}", walk.findings.identity.journal)));
  json.field("epoch", walk.findings.identity.epoch);
  write_instant(json, "made", walk.findings.identity.made);
  json.field("entries", scan.entries)
      .field("first_position", walk.first.value())
      .field("last_position", scan.last.value());
  write_instant(json, "first_at", walk.first_at);
  write_instant(json, "last_at", scan.last_at);
  json.field("unfinished_bytes", scan.torn_bytes).field("beside_an_engine", walk.beside_an_engine);
  json.key("damage");
  if (scan.damage) {
    const LogDamage& damage = *scan.damage;
    json.begin_object().field("file", std::string_view(damage.file)).field("byte", damage.byte);
    json.field("entries_missing", damage.missing).field("at_least", damage.at_least);
    json.field("after_position", damage.after.value());
    write_instant(json, "after_at", damage.after_at);
    json.field("before_position", damage.before.value());
    write_instant(json, "before_at", damage.before_at);
    json.field("whole_behind", damage.found_behind).field("message", std::string_view(damage.sentence())).end_object();
  } else {
    json.null();
  }
  json.key("notes").begin_array();
  for (const std::string& remark : scan.remarks) json.value(std::string_view(remark));
  json.end_array();
  if (in_detail) {
    json.field("payload_bytes", walk.counts.payload_bytes).key("kinds").begin_object();
    for (const auto& [kind, count] : walk.counts.kinds) json.field(kind, count);
    json.end_object().key("sources").begin_object();
    for (const auto& [source, count] : walk.counts.sources) json.field(source, count);
    json.end_object().key("files").begin_array();
    for (const ScannedSegment& segment : scan.segments) {
      json.begin_object().field("file", std::string_view(path_of(segment.name))).field("bytes", segment.bytes);
      json.field("used", segment.end).field("entries", segment.entries).field("groups", segment.groups);
      json.field("last_position", segment.last.value()).end_object();
    }
    json.end_array();
  }
  json.end_object();
  std::cout << out << "\n";
}

/// The walk with its hooks: counts for stat, lines for dump.
Result<Walk> walk_log(Disk& disk, const JournalFlags& flags) {
  Walk walk;
  walk.beside_an_engine = FolderLock::is_taken(disk.full_name(""));
  const bool dumps = flags.what == "dump";
  std::string buffer;
  GroupReader reader;
  Result<void> outcome;
  const auto see = [&](const ScannedGroup& group, bool is_behind) {
    if (!is_behind && walk.first == Position{0}) {
      walk.first = group.head.first;
      walk.first_at = group.head.first_at;
    }
    if (!outcome) return;
    const auto read = reader.read(group.segment, group.head, group.body, [&](const JournalEntry& entry) {
      if (entry.lacks_texts && !is_behind)
        outcome = refuse(Refusal::storage_damaged, "journal entry " + std::to_string(entry.position.value()) +
                                                       " refers to texts that are not in its file");
      if (dumps) {
        const std::uint64_t position = entry.position.value();
        if (position >= flags.from && position <= flags.to)
          std::cout << line_of(entry, reader.kept_bytes(), flags.bodies, is_behind, buffer);
      } else if (!is_behind && flags.what == "stat") {
        ++walk.counts.kinds[std::string(name_of(entry.kind))];
        if (!entry.source.empty()) ++walk.counts.sources[std::string(entry.source)];
        walk.counts.payload_bytes += reader.kept_bytes();
      }
      return true;
    });
    // Behind damage only who prints it minds.
    if (!read && (dumps || !is_behind)) outcome = std::unexpected(read.error());
  };
  ScanHooks hooks;
  hooks.good = [&](const ScannedGroup& group) { see(group, false); };
  hooks.behind = [&](const ScannedGroup& group) { see(group, true); };
  auto findings = inspect_log(disk, walk.beside_an_engine ? ScanBy::neighbour : ScanBy::owner, hooks);
  if (!findings) return std::unexpected(std::move(findings.error()));
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  walk.findings = std::move(*findings);
  return walk;
}

int look(const JournalFlags& flags) {
  const auto disk = real_disk(flags.data);
  const auto complain = [](const std::string& message, int code) {
    std::cerr << "tocsin journal: " << message << "\n";
    return code;
  };
  if (is_journal_of_format_1(*disk))
    return complain("the journal in " + flags.data + " has format 1; `tocsin run` carries it over when it opens it",
                    kMisuse);
  if (disk->exists("carry.done") || disk->exists("log.new"))
    return complain("a change of the folder " + flags.data + " was interrupted; the next `tocsin run` finishes it",
                    kMisuse);
  if (disk->exists(kUnfinishedFile))
    return complain(
        "the folder " + flags.data + " was not finished when it was made; the next `tocsin run` makes it anew",
        kMisuse);
  if (!disk->exists(kIdentityFile) && !disk->exists(kLogFolder) && !disk->exists(kMarkFile))
    return complain("there is no journal in " + flags.data, kMisuse);

  const auto walk = walk_log(*disk, flags);
  if (!walk) return complain(walk.error().message, kFindings);
  const std::string folder = disk->full_name("");
  if (flags.what != "dump") {
    const bool in_detail = flags.what == "stat";
    if (flags.format == "json")
      print_json(*walk, in_detail, folder);
    else
      print_text(*walk, in_detail, folder);
  }
  if (walk->is_whole()) return kOk;
  return complain(
      "damaged: " + walk->findings.scan.damage->sentence() +
          ". Put a whole copy of the folder in its place, or start with --accept-loss to go on with what is whole",
      kFindings);
}

}  // namespace

void add_journal(CLI::App& program, Action& action) {
  auto flags = std::make_shared<JournalFlags>();
  CLI::App* command =
      program.add_subcommand("journal", "verify a data folder's journal, count it, print what is in it");
  command->description(
      "Reads the journal of a data folder and changes nothing; also while an engine has it.\n"
      "\n"
      "  tocsin journal verify DATA    every checksum, the chain of them, the mark of what was acknowledged.\n"
      "                                Says which file, which byte, how many entries between which instants are "
      "missing.\n"
      "  tocsin journal stat DATA      how much there is: by kind, by source, by file\n"
      "  tocsin journal dump DATA      one JSON line an entry: position, epoch, kind, at, wall, source, tenant, "
      "bytes.\n"
      "                                Of a damaged journal too: what is whole behind the damage says so.\n"
      "\n"
      "The last hour's bodies of a source, as they were received:\n"
      "\n"
      "  tocsin journal dump DATA --bodies | jq -r 'select(.source == \"webhook\") | .body'\n"
      "\n"
      "How far each sink has got is not in the journal but in DATA/db, which a start checks.\n"
      "Exit code: 0 whole, 1 damaged or not readable, 2 flags are wrong or there is no journal.");
  command->add_option("WHAT", flags->what, "verify, stat or dump")
      ->required()
      ->check(CLI::IsMember({"verify", "stat", "dump"}));
  command->add_option("DATA", flags->data, "folder of the journal")->capture_default_str();
  command->add_option("--format", flags->format, "text or json, of verify and stat")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--from", flags->from, "dump: first position")->capture_default_str();
  command->add_option("--to", flags->to, "dump: last position (default: the end)");
  command->add_flag(
      "--bodies", flags->bodies,
      "dump: with each body as it was received (body, or body_base64 when it is not UTF-8), of rule sets the "
      "names of their files");
  command->callback([flags, &action] { action = [flags] { return look(*flags); }; });
}

}  // namespace tocsin::app
