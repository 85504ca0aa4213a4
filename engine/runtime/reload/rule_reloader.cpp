#include "engine/runtime/reload/rule_reloader.h"

#include <algorithm>
#include <utility>

#include "engine/model/time_text.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

ReloadOutcome stopped() {
  ReloadOutcome outcome;
  outcome.result = ReloadResult::failed;
  outcome.error = Error{Refusal::stopping, "the process is stopping"};
  return outcome;
}

}  // namespace

std::string_view name_of(ReloadResult result) {
  constexpr std::string_view kNames[kReloadResultCount] = {"switched", "unchanged", "refused", "failed"};
  return kNames[static_cast<std::size_t>(result)];
}

std::string digest_text(Hash128 digest) {
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[15 - i] = "0123456789abcdef"[(digest.high >> (4 * i)) & 15];
    text[31 - i] = "0123456789abcdef"[(digest.low >> (4 * i)) & 15];
  }
  return text;
}

std::string first_error(const rules::Diagnostics& diagnostics) {
  const auto is_error = [](const rules::Diagnostic& one) { return one.level == rules::DiagnosticLevel::error; };
  const auto first = std::ranges::find_if(diagnostics, is_error);
  if (first == diagnostics.end()) return {};
  std::string text = first->file + ":" + std::to_string(first->line) + ":" + std::to_string(first->column) +
                     ": error[" + first->code + "]: " + first->message;
  const auto errors = std::ranges::count_if(diagnostics, is_error);
  if (errors > 1) text += " (and " + std::to_string(errors - 1) + " more)";
  return text;
}

RuleReloader::RuleReloader(Parts parts, rules::RuleSetPtr in_force)
    : parts_(std::move(parts)), in_force_(std::move(in_force)), rule_set_(in_force_->name), digest_(in_force_->digest) {
  last_worked_.set(1);
  last_worked_at_ms_.set(static_cast<std::uint64_t>(to_unix_ns(parts_.clock->now()) / 1'000'000));
  if (rules::has_errors(parts_.found)) {
    last_worked_.set(0);
    last_worked_at_ms_.set(0);
    troubled_at_ = parts_.clock->now();
    trouble_ = "the rule files could not be used at the start, the journal's last rules are in force: " +
               first_error(parts_.found) + " (since " + to_rfc3339(troubled_at_) + ")";
  }
  thread_ = std::thread([this] {
    name_this_thread("reload");
    run();
  });
}

RuleReloader::~RuleReloader() { stop(); }

void RuleReloader::request(Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back(std::move(answer));
      asked_.notify_one();
      return;
    }
  }
  if (answer) answer(stopped());
}

void RuleReloader::begin_stop() {
  std::vector<Answer> refused;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    refused.swap(waiting_);
    asked_.notify_one();
  }
  for (const Answer& answer : refused) {
    if (answer) answer(stopped());
  }
}

void RuleReloader::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void RuleReloader::run() {
  for (;;) {
    std::vector<Answer> answers;
    {
      std::unique_lock lock(mutex_);
      asked_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      answers.swap(waiting_);
    }
    const ReloadOutcome outcome = reload();
    note(outcome);
    for (const Answer& answer : answers) {
      if (answer) answer(outcome);
    }
  }
}

ReloadOutcome RuleReloader::reload() {
  ReloadOutcome outcome;
  RuleReading reading = parts_.read();
  outcome.diagnostics = std::move(reading.diagnostics);
  const rules::RuleSetPtr before = in_force_;  // its memory is given back here, not on the shard's thread
  if (!reading.rules) {
    outcome.result = ReloadResult::refused;
    outcome.position = parts_.position();
  } else if (reading.rules->digest == before->digest) {
    outcome.changes = rules::compare(*before, *before);
    outcome.position = parts_.position();
  } else {
    outcome.changes = rules::compare(*before, *reading.rules);
    const Result<Position> passed = parts_.pass({reading.rules, std::move(reading.packed)});
    outcome.result = passed ? ReloadResult::switched : ReloadResult::failed;
    outcome.position = passed ? *passed : parts_.position();
    if (passed) in_force_ = std::move(reading.rules);
    if (!passed) outcome.error = passed.error();
  }
  outcome.rule_set = in_force_->name;
  outcome.digest = in_force_->digest;
  return outcome;
}

void RuleReloader::note(const ReloadOutcome& outcome) {
  results_[static_cast<std::size_t>(outcome.result)].add(1);
  const bool worked = outcome.result == ReloadResult::switched || outcome.result == ReloadResult::unchanged;
  last_worked_.set(worked ? 1 : 0);
  if (worked) last_worked_at_ms_.set(static_cast<std::uint64_t>(to_unix_ns(parts_.clock->now()) / 1'000'000));
  {
    const std::lock_guard lock(mutex_);
    rule_set_ = outcome.rule_set;
    digest_ = outcome.digest;
    trouble_ = trouble_of(outcome);
  }
  if (parts_.tell) parts_.tell(outcome);
}

/// Requires: mutex_ is held.
std::string RuleReloader::trouble_of(const ReloadOutcome& outcome) {
  const bool is_refused = outcome.result == ReloadResult::refused;
  if (!is_refused && outcome.result != ReloadResult::failed) return {};
  if (trouble_.empty()) troubled_at_ = parts_.clock->now();
  return "the rules were not reloaded, the old ones stay: " +
         (is_refused ? first_error(outcome.diagnostics) : outcome.error.message) + " (since " +
         to_rfc3339(troubled_at_) + ")";
}

std::string RuleReloader::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void RuleReloader::write(MetricsPage& page) const {
  {
    const std::lock_guard lock(mutex_);
    page.gauge("tocsin_rules_info", "1; which rule set is in force", 1,
               {{"rule_set", rule_set_}, {"digest", digest_text(digest_)}});
  }
  page.gauge("tocsin_rules_reload_last_success", "1: the last reload of the rules worked, or there was none",
             static_cast<double>(last_worked_.value()));
  page.gauge("tocsin_rules_reload_last_success_timestamp_seconds", "When rules were last read without a mistake",
             static_cast<double>(last_worked_at_ms_.value()) / 1e3);
  for (std::size_t i = 0; i < kReloadResultCount; ++i) {
    page.counter("tocsin_rules_reloads_total", "Reloads of the rules, by what they came to", results_[i].value(),
                 {{"result", name_of(static_cast<ReloadResult>(i))}});
  }
}

}  // namespace tocsin
