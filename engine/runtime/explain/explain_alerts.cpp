// Why not: what became of alerts that somebody misses.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/explain/known_alert.h"
#include "engine/core/explain/standing.h"
#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/core/suppression/matcher.h"
#include "engine/model/alert.h"
#include "engine/runtime/explain/explain_run.h"
#include "engine/runtime/explain/explaining_shard.h"
#include "engine/runtime/journal/recovery.h"

namespace tocsin {
namespace {

constexpr std::size_t kAlertsMax = 10;
constexpr std::size_t kKnownMax = 10'000;
constexpr std::size_t kNearMax = 5;

/// Asks alerts whether somebody means them; remembers those that are nearly meant.
class Question {
 public:
  Question(std::vector<Matcher> matchers, const ShardState& state) : matchers_(std::move(matchers)), state_(state) {}

  bool means(const Condition& alert) {
    if (matched_.contains(alert.number)) return true;
    const MatchedTexts texts{&alert.texts, rules::name_of(state_.rules(), alert.severity)};
    const Matcher* missed = nullptr;
    std::size_t misses = 0;
    for (const Matcher& matcher : matchers_) {
      if (matcher.holds(texts)) continue;
      ++misses;
      missed = &matcher;
    }
    if (misses == 0) {
      if (matched_.size() < kKnownMax) matched_.emplace(alert.number, name_for_people(alert));
      return true;
    }
    if (misses == 1 && matchers_.size() > 1 && near_.size() < kNearMax) {
      near_.insert(name_for_people(alert) + ": " + missed->parts().name + " is \"" +
                   std::string{missed->value_on(texts)} + "\", not " + to_text(missed->parts()));
    }
    return false;
  }

  /// By number: name.
  const std::map<std::uint64_t, std::string>& matched() const { return matched_; }
  std::vector<std::string> near() const { return {near_.begin(), near_.end()}; }

 private:
  std::vector<Matcher> matchers_;
  const ShardState& state_;
  std::map<std::uint64_t, std::string> matched_;
  std::set<std::string> near_;
};

/// What was refused, by source and reason.
class Refusals {
 public:
  void see(const Input& input) {
    if (input.kind == InputKind::refused_body && input.error != nullptr) ++counts_[key(input.source, *input.error)];
    if (input.kind != InputKind::alerts || input.batch == nullptr) return;
    for (const RefusedAlert& refused : input.batch->refused) ++counts_[key(input.batch->source, refused.error)];
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& [what, count] : counts_)
      lines.push_back(std::to_string(count) + " of " + what.first + ": " + what.second);
    return lines;
  }

 private:
  static std::pair<std::string, std::string> key(std::string_view source, const Error& error) {
    return {std::string{source}, std::string{name_of(error.code)}};
  }
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

}  // namespace

Result<AlertReport> explain_alerts(Journal& journal, DecoderSet& decoders, const std::vector<std::string>& matchers,
                                   Instant until, const StopsExplaining& stops) {
  auto parsed = parse_matchers(matchers);
  if (!parsed) return std::unexpected(parsed.error());
  AlertReport report;
  for (const Matcher& matcher : *parsed) report.asked += (report.asked.empty() ? "" : ", ") + to_text(matcher.parts());

  Shard shard = explaining_shard(journal);
  Question question(std::move(*parsed), shard.state());
  Refusals refusals;
  ChronicleInterest interest;
  interest.is_alert = [&question](const Condition& alert) { return question.means(alert); };
  Chronicle chronicle(shard.state(), std::move(interest));
  shard.state().set_trace(&chronicle);
  std::vector<EffectPtr> effects;
  const auto apply = [&](const Input& input) {
    effects.clear();
    shard.apply(input, effects);
    refusals.see(input);
    if (report.from == kUnset) report.from = input.at;
    report.to = input.at;
  };
  Position last{};
  const auto replayed = replay_inputs(journal, Position{1}, decoders, [&](const Input& input) {
    if (input.at > until) return false;
    last = input.position;
    apply(input);
    return !(stops && stops());
  });
  if (replayed && until != kNever && report.to != kUnset && report.to < until) {
    Input passed;  // deadlines up to the instant that is asked for
    passed.position = Position{last.value() + 1};
    passed.at = until;
    passed.life = journal.life();
    apply(passed);
  }
  shard.state().set_trace(nullptr);
  if (!replayed) return std::unexpected(replayed.error());
  if (stops && stops()) return refuse(Refusal::stopping, "the process is stopping");

  const auto& matched = question.matched();
  report.near = question.near();
  report.refused = refusals.lines();
  report.more = matched.size() - std::min(matched.size(), kAlertsMax);
  std::map<std::uint64_t, std::uint32_t> slots;
  const ConditionBook& conditions = shard.state().conditions();
  for (const std::uint32_t slot : conditions.in_order()) slots.emplace(conditions[slot].number, slot);
  const std::vector<ChronicleEntry> entries = chronicle.entries();
  for (auto at = std::next(matched.begin(), static_cast<std::ptrdiff_t>(report.more)); at != matched.end(); ++at) {
    AlertReport::Of& of = report.alerts.emplace_back();
    of.number = at->first;
    of.name = at->second;
    if (const auto slot = slots.find(of.number); slot != slots.end()) {
      of.standing = why_it_stands_so(shard.state(), slot->second);
      of.title = conditions[slot->second].texts[Field::title];
    }
    if (const auto repeats = chronicle.repeats().find(of.number); repeats != chronicle.repeats().end())
      of.repeats = repeats->second;
    std::ranges::copy_if(entries, std::back_inserter(of.entries),
                         [&](const ChronicleEntry& entry) { return entry.alert_number == of.number; });
  }
  return report;
}

}  // namespace tocsin
