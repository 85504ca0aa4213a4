#include "engine/core/commands/command_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <absl/strings/string_view.h>

#include "engine/model/check.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {

void write_audit(const AuditEntry& entry, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("schema_version", 1);
  json.field("number", entry.number);
  json.field("position", std::to_string(entry.position.value()));
  json.field("at", to_rfc3339(entry.at));
  json.field("command", name_of(entry.kind));
  json.field("result", name_of(entry.outcome));
  json.field("command_id", entry.command_id);
  json.field("by", entry.by);
  json.field("from", entry.from);
  json.field("incident_id", entry.incident == IncidentId{} ? std::string{} : to_text(entry.incident));
  json.field("silence_id", entry.silence);
  json.field("change", entry.change);
  json.field("text", entry.text);
  json.end_object();
}

const AuditEntry& CommandLog::add(AuditEntry entry) {
  entry.number = ++number_;
  TOCSIN_CHECK(entries_.empty() || entries_.back().position <= entry.position, "what is done is done in order");
  if (!entry.command_id.empty() && entry.outcome != CommandOutcome::repeated && is_done(entry.outcome))
    applied_[entry.command_id] = entry.number;
  entries_.push_back(std::move(entry));
  if (entries_.size() > limits::kCommandsRememberedMax) {
    const AuditEntry& oldest = entries_.front();
    const auto known = applied_.find(oldest.command_id);
    if (known != applied_.end() && known->second == oldest.number) applied_.erase(known);
    entries_.pop_front();
  }
  return entries_.back();
}

bool CommandLog::knows(std::string_view command_id) const {
  return !command_id.empty() && applied_.contains(absl::string_view(command_id.data(), command_id.size()));
}

const AuditEntry* CommandLog::of(Position position) const {
  const auto found = std::ranges::lower_bound(entries_, position, {}, &AuditEntry::position);
  if (found == entries_.end() || found->position != position) return nullptr;
  // Ends of silences that were due by then come before the command of the same input.
  auto next = found;
  while (std::next(next) != entries_.end() && std::next(next)->position == position) ++next;
  return &*next;
}

void CommandLog::write(CanonicalWriter& out) const {
  out.part("commands 1");
  out.u64(number_);
  out.u32(static_cast<std::uint32_t>(entries_.size()));
  for (const AuditEntry& entry : entries_) {
    out.u64(entry.position.value());
    out.instant(entry.at);
    out.u8(static_cast<std::uint8_t>(entry.kind));
    out.u8(static_cast<std::uint8_t>(entry.outcome));
    for (const std::string* text : {&entry.command_id, &entry.by, &entry.from}) out.text(*text);
    out.hash(entry.incident.bits);
    for (const std::string* text : {&entry.silence, &entry.change, &entry.text}) out.text(*text);
  }
}

void CommandLog::read(CanonicalReader& in) {
  in.part("commands 1");
  const std::uint64_t number = in.u64();
  const std::uint32_t count = in.count(50);
  if (count > number) in.fail();
  number_ = number - count;
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    AuditEntry entry;
    entry.position = Position{in.u64()};
    entry.at = in.instant();
    entry.kind = static_cast<CommandKind>(in.u8_below(kCommandKindCount));
    entry.outcome = static_cast<CommandOutcome>(in.u8_below(kCommandOutcomeCount));
    for (std::string* text : {&entry.command_id, &entry.by, &entry.from}) *text = in.text();
    entry.incident.bits = in.hash();
    for (std::string* text : {&entry.silence, &entry.change, &entry.text}) *text = in.text();
    if (!entries_.empty() && entries_.back().position > entry.position) return in.fail();
    add(std::move(entry));
  }
}

void CommandLog::check() const {
  TOCSIN_CHECK(entries_.size() <= limits::kCommandsRememberedMax, "the log of commands is bounded");
  TOCSIN_CHECK(applied_.size() <= entries_.size(), "an id is known while its entry is");
  std::uint64_t number = number_ - entries_.size();
  for (const AuditEntry& entry : entries_) TOCSIN_CHECK(entry.number == ++number, "numbers rise by one");
}

}  // namespace tocsin
