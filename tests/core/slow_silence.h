#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::testing_core {

/// Who is silent, as rules/README.md tells it: a list of what was said, walked from the start at every question.
class SlowSilence {
 public:
  struct Word {
    Instant at{};
    std::string who{};
    bool fires = false;
    bool is_start = false;  // of the engine: nobody's
  };
  /// `stated`: how often `who` speaks at least; nothing: it is learned.
  void state(const std::string& who, Duration every) { stated_.emplace_back(who, every); }
  void hear(const std::string& who, bool fires, Instant at) { said_.push_back({at, who, fires, false}); }
  void start(Instant at) { said_.push_back({at, {}, false, true}); }

  std::set<std::string> silent(Instant now) const {
    std::set<std::string> all;
    std::set<std::string> silent;
    for (const Word& word : said_) {
      if (!word.is_start) all.insert(word.who);
    }
    for (const std::string& who : all) {
      if (is_silent(who, now)) silent.insert(who);
    }
    return silent;
  }

 private:
  static double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

  bool is_silent(const std::string& who, Instant now) const {
    std::vector<Instant> rounds;  // since it was heard last without an hour between, or a start
    std::vector<double> gaps;
    std::optional<Instant> since;
    std::optional<Instant> last;  // that it spoke, or could have been heard from
    bool fires = false;
    bool broken = true;  // the next round's gap is none
    bool silent = false;
    Instant before{};  // what was heard of anybody before this word
    for (const Word& word : said_) {
      const Instant until = word.is_start ? before : word.at;  // what the engine could not hear is no silence
      before = word.at;
      if (!word.is_start && word.who != who) continue;
      if (!last && word.is_start) continue;
      silent = silent || runs_out(who, gaps, since, last, heard_, fires, until);
      if (word.is_start) {
        broken = true;
        if (!silent) last = word.at, heard_ = word.at;
        continue;
      }
      if (silent) broken = true;
      silent = false;
      if (broken || seconds(word.at - rounds.back()) >= 15) {
        if (!broken) {
          const double gap = seconds(word.at - rounds.back());
          if (gap > 3600) {
            gaps.clear();
            since.reset();
          } else {
            gaps.push_back(gap);
          }
        }
        broken = false;
        rounds.push_back(word.at);
        if (!since) since = word.at;
        fires = false;
      }
      fires = fires || word.fires;
      last = heard_ = word.at;
    }
    return silent || runs_out(who, gaps, since, last, heard_, fires, now);
  }

  bool runs_out(const std::string& who, const std::vector<double>& gaps, std::optional<Instant> since,
                std::optional<Instant> last, Instant heard, bool fires, Instant now) const {
    if (!last) return false;
    const auto stated = std::ranges::find(stated_, who, &std::pair<std::string, Duration>::first);
    if (stated != stated_.end()) return now - *last > 3 * stated->second;
    if (gaps.size() < 32 || !fires || !since || seconds(heard - *since) < 3600) return false;
    double longest = 0;
    double sum = 0;
    for (auto gap = gaps.end() - 32; gap != gaps.end(); ++gap) {
      longest = std::max(longest, *gap);
      sum += *gap;
    }
    if (longest > 2 * sum / 32) return false;
    return seconds(now - *last) > std::max(3 * longest, 120.0);
  }

  std::vector<Word> said_;
  std::vector<std::pair<std::string, Duration>> stated_;
  mutable Instant heard_{};
};

}  // namespace tocsin::testing_core
