#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/journal/rule_bundle.h"
#include "engine/runtime/reload/rule_lane.h"
#include "engine/runtime/time/clock.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

class MetricsPage;

/// What a reload came to.
enum class ReloadResult : std::uint8_t {
  switched,   // the new rules are in force
  unchanged,  // the files say what is in force already
  refused,    // the files have mistakes: the old rules stay
  failed,     // the journal cannot be written, or the engine stops: the old rules stay
};
inline constexpr std::size_t kReloadResultCount = 4;

std::string_view name_of(ReloadResult result);

struct ReloadOutcome {
  ReloadResult result = ReloadResult::unchanged;
  // Of the rule set in force afterwards.
  std::string rule_set;
  Hash128 digest{};
  Position position{};
  rules::RuleChanges changes;      // switched, unchanged
  rules::Diagnostics diagnostics;  // all findings in the files, warnings too
  Error error{};                   // failed: why
};

/// Reads rule files again when asked, on a thread of its own, and switches the engine to them when they are without
/// mistakes. One reload at a time: who asks while one runs waits for the next, which begins afterwards and so reads
/// what was there when he asked; all who wait get one answer.
class RuleReloader {
 public:
  using Answer = std::function<void(const ReloadOutcome&)>;

  struct Parts {
    std::function<RuleReading()> read;                 // reads the files; on the reloader's thread
    std::function<Result<Position>(RuleSwitch)> pass;  // see Engine::switch_rules
    std::function<Position()> position;                // see Engine::rules_position
    Answer tell;                                       // hears of every outcome first; may be empty
    Clock* clock = nullptr;                            // for the metrics and for since when
    rules::Diagnostics found;                          // in the files at the start; with errors: they are not in force
  };

  /// `in_force` are the engine's rules.
  RuleReloader(Parts parts, rules::RuleSetPtr in_force);
  /// Stops.
  ~RuleReloader();
  RuleReloader(const RuleReloader&) = delete;
  RuleReloader& operator=(const RuleReloader&) = delete;

  /// Asks for a reload; `answer` is called once, on the reloader's thread, or on that of the caller of this or of
  /// begin_stop() when it is refused for stopping. Must be quick and only hand on. Any thread.
  void request(Answer answer = {});

  /// Begins no other reload: who waits for one is told so at once. Does not wait itself. Any thread.
  void begin_stop();
  /// Ends the thread, after the reload in progress. That one may wait for the engine: so call this only when the engine
  /// takes rules or has refused them, which it has after Engine::begin_stop() at the latest.
  void stop();

  /// What was wrong at the last reload and since when, a sentence; "" when it worked. Any thread.
  std::string trouble() const;
  /// Any thread.
  void write(MetricsPage& page) const;

 private:
  void run();
  ReloadOutcome reload();
  void note(const ReloadOutcome& outcome);
  std::string trouble_of(const ReloadOutcome& outcome);

  Parts parts_;
  rules::RuleSetPtr in_force_;  // the thread's

  mutable std::mutex mutex_;
  std::condition_variable asked_;
  std::vector<Answer> waiting_;   // guarded by mutex_; an empty one has asked too
  bool stopping_ = false;         // guarded by mutex_
  std::string trouble_;           // guarded by mutex_
  Instant troubled_at_ = kUnset;  // guarded by mutex_: since when it is in trouble
  std::string rule_set_;          // guarded by mutex_: of the set in force
  Hash128 digest_{};              // guarded by mutex_

  Counter results_[kReloadResultCount];
  Counter last_worked_;
  Counter last_worked_at_ms_;  // since 1970
  std::thread thread_;
};

/// 32 hex digits.
std::string digest_text(Hash128 digest);

/// `FILE:LINE:COLUMN: error[code]: message` of the first error, and how many more there are.
std::string first_error(const rules::Diagnostics& diagnostics);

}  // namespace tocsin
