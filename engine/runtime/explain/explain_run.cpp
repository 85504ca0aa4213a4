#include "engine/runtime/explain/explain_run.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/core/commands/command_log.h"
#include "engine/core/explain/chronicle.h"
#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/core/telling/query.h"
#include "engine/runtime/explain/explaining_shard.h"
#include "engine/runtime/journal/recovery.h"

namespace tocsin {
namespace {

/// Who joins an incident whose id begins so.
class MemberFinder final : public Trace {
 public:
  MemberFinder(std::string_view wanted, const ShardState& state) : wanted_(wanted), state_(state) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error == std::errc{} && end == wanted.data() + wanted.size()) number_ = number;
  }

  void joined(const Condition& condition, const IncidentState& incident) override {
    if (!is_wanted(incident)) return;
    members_.insert(condition.number);
  }
  /// Members of what it takes in are its own from then on.
  void merged(const IncidentState& from, const IncidentState& into) override {
    if (!is_wanted(into)) return;
    taken_in_.insert(to_text(from.id));
    from.members.for_each([this](std::uint32_t slot) { members_.insert(state_.conditions()[slot].number); });
  }

  /// A command that somebody gave on an incident when it was over too: the position of the last one.
  void obeyed(const AuditEntry& entry) override {
    if (id_ && entry.incident == *id_) last_command_ = entry.position;
  }

  Position last_command() const { return last_command_; }
  const std::optional<IncidentId>& id() const { return id_; }
  bool is_ambiguous() const { return is_ambiguous_; }
  const std::set<std::uint64_t>& members() const { return members_; }
  /// Ids of incidents that were merged into it.
  const std::set<std::string>& taken_in() const { return taken_in_; }

 private:
  bool is_wanted(const IncidentState& incident) {
    if (id_ && *id_ == incident.id) return true;
    const bool fits = number_ ? incident.number == *number_ : begins_so(to_text(incident.id));
    if (!fits) return false;
    is_ambiguous_ |= id_.has_value();
    if (!id_) id_ = incident.id;
    return true;
  }
  /// With `inc-` or without.
  bool begins_so(const std::string& id) const {
    return !wanted_.empty() && (id.starts_with(wanted_) || std::string_view{id}.substr(4).starts_with(wanted_));
  }

  std::string wanted_;
  const ShardState& state_;
  std::optional<std::uint64_t> number_;
  std::optional<IncidentId> id_;
  Position last_command_{};
  std::set<std::uint64_t> members_;
  std::set<std::string> taken_in_;
  bool is_ambiguous_ = false;
};

/// The incident's record as a query gives it now; "" when it is not known any more.
std::string record_of(const Shard& shard, const std::string& id) {
  Query query;
  query.kind = QueryKind::incident;
  query.id = id;
  const QueryAnswer found = answer(shard, query);
  return found.ok && found.found ? found.json : std::string{};
}

}  // namespace

Result<IncidentReport> explain_incident(Journal& journal, DecoderSet& decoders, std::string_view incident,
                                        const StopsExplaining& stops) {
  std::vector<EffectPtr> effects;
  Shard first = explaining_shard(journal);
  MemberFinder finder(incident, first.state());
  first.state().set_trace(&finder);
  const auto found = replay_inputs(journal, Position{1}, decoders, [&](const Input& input) {
    effects.clear();
    first.apply(input, effects);
    return !finder.is_ambiguous() && !(stops && stops());
  });
  first.state().set_trace(nullptr);
  if (!found) return std::unexpected(found.error());
  if (stops && stops()) return refuse(Refusal::stopping, "the process is stopping");
  if (finder.is_ambiguous())
    return refuse(Refusal::bad_value, "several incidents begin so: more of the id tells them apart");
  if (!finder.id()) return refuse(Refusal::not_found, "no such incident in this journal");

  IncidentReport report;
  report.id = to_text(*finder.id());
  ChronicleInterest interest;
  interest.incident = finder.id();
  interest.alerts = finder.members();
  Shard second = explaining_shard(journal);
  Chronicle chronicle(second.state(), std::move(interest));
  second.state().set_trace(&chronicle);
  bool is_closed = false;
  const auto replayed = replay_inputs(journal, Position{1}, decoders, [&](const Input& input) {
    effects.clear();
    second.apply(input, effects);
    for (const EffectPtr& effect : effects) {
      if (effect->kind != EffectKind::incident || effect->incident != *finder.id()) continue;
      report.record = effect->value;
      is_closed = effect->change == IncidentChange::closed || effect->change == IncidentChange::merged;
    }
    if (is_closed) chronicle.let_alerts_go();
    // Once closed nothing happens to it any more, but what people say of it.
    return !(is_closed && input.position >= finder.last_command()) && !(stops && stops());
  });
  second.state().set_trace(nullptr);
  if (!replayed) return std::unexpected(replayed.error());
  if (stops && stops()) return refuse(Refusal::stopping, "the process is stopping");
  report.entries = chronicle.entries();
  // An alert may have been in other incidents before and after.
  std::erase_if(report.entries, [&](const ChronicleEntry& entry) {
    return !entry.incident.empty() && entry.incident != report.id && !finder.taken_in().contains(entry.incident);
  });
  report.left_out = chronicle.left_out();
  for (const auto& [number, count] : chronicle.repeats()) report.repeats += count;
  if (std::string newest = record_of(second, report.id); !newest.empty()) report.record = std::move(newest);
  const IncidentBook& incidents = second.state().incidents();
  if (const std::uint32_t slot = incidents.find(*finder.id()); slot != kNoSlot)
    report.not_told = why_not_told(second.state(), incidents[slot]);
  return report;
}

}  // namespace tocsin
