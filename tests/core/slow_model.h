#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::testing_core {

/// What a sender said, as plain as can be.
struct Utterance {
  Instant at{};  // when it was received
  std::string source{};
  std::string origin{};    // "": none
  std::string own{};       // the source's own identity
  std::string identity{};  // of the condition, as the rules have it
  bool own_is_labels = true;
  bool resolved = false;
  std::optional<Instant> start{};  // as stated
  std::optional<Instant> end{};    // of a close, as stated
  std::optional<Instant> lease{};  // of a firing: when it ends if nothing more is heard
  int severity = 0;
};

/// RULES.md's words and voices, written from that page and as slowly as possible: a list of what was said, walked from
/// the start at every question. It never forgets.
class SlowModel {
 public:
  explicit SlowModel(Duration lateness) : lateness_(lateness) {}

  void hear(Utterance said) { said_.push_back(std::move(said)); }

  /// The conditions that fire at `now`, each with the highest severity that fires: identity → severity.
  std::map<std::string, int> firing(Instant now) const {
    std::map<std::string, Condition> conditions;
    for (const Utterance& said : said_) {
      lapse(conditions, said.at);
      hear(conditions[said.identity], said);
    }
    lapse(conditions, now);
    std::map<std::string, int> firing;
    for (const auto& [identity, condition] : conditions) {
      for (const auto& [who, voice] : condition) {
        if (!voice.fires) continue;
        const auto [known, is_first] = firing.try_emplace(identity, voice.severity);
        if (!is_first && voice.severity > known->second) known->second = voice.severity;
      }
    }
    return firing;
  }

 private:
  struct Close {
    std::optional<Instant> stated{};
    Instant end{};
    Instant came{};
  };
  struct Voice {
    bool fires = false;
    bool has_fired = false;
    bool ended_by_lease = false;
    std::optional<Instant> start{};
    std::optional<Instant> lease{};
    std::optional<Close> close{};  // the last one
    std::string source{};
    int severity = 0;
  };
  using Condition = std::map<std::string, Voice>;  // by who speaks

  static void lapse(std::map<std::string, Condition>& conditions, Instant now) {
    for (auto& [identity, condition] : conditions) {
      for (auto& [who, voice] : condition) {
        if (!voice.fires || !voice.lease || *voice.lease > now) continue;
        voice.fires = false;
        voice.ended_by_lease = true;
      }
    }
  }

  void hear(Condition& condition, const Utterance& said) const {
    const std::string who = said.source + "|" + said.origin + "|" + said.own;
    const bool is_known = condition.contains(who);
    if (said.resolved) {
      Voice& voice = condition[who];
      voice.source = said.source;
      return hear_close(condition, voice, said);
    }
    const Instant began = said.start ? std::min(*said.start, said.at) : said.at;
    bool any_fires = false;
    for (const auto& [other, voice] : condition) any_fires |= voice.fires;
    if (is_known) {
      const Voice& voice = condition[who];
      if (!voice.fires && is_late(voice, began, said.at)) return;
    } else if (!any_fires) {
      for (const auto& [other, voice] : condition) {
        if (is_late(voice, began, said.at)) return;
      }
    }
    Voice& voice = condition[who];
    const bool fired = voice.fires;
    voice.source = said.source;
    voice.fires = voice.has_fired = true;
    voice.ended_by_lease = false;
    std::optional<Instant> start;
    if (said.start) start = std::min(*said.start, said.at);
    if (!fired) {
      voice.start = start;
    } else if (start && (!voice.start || *start > *voice.start)) {
      voice.start = start;
    }
    voice.lease = said.lease;
    voice.severity = said.severity;
  }

  bool is_late(const Voice& voice, Instant began, Instant now) const {
    return voice.close && !voice.ended_by_lease && began < voice.close->end && now - voice.close->came < lateness_;
  }

  static void hear_close(Condition& condition, Voice& own, const Utterance& said) {
    if (own.close && own.close->stated && said.end && *own.close->stated == *said.end) return;  // a repeat
    const Close close{said.end, said.end ? std::min(*said.end, said.at) : said.at, said.at};
    const auto is_of_earlier_life = [&](const Voice& voice) { return voice.start && close.end < *voice.start; };
    const auto take = [&](Voice& voice) {
      voice.close = close;
      voice.fires = voice.ended_by_lease = false;
    };
    if (own.fires) {
      if (!is_of_earlier_life(own)) take(own);
      return;
    }
    if (!own.has_fired && !said.own_is_labels) {
      for (auto& [who, voice] : condition) {
        if (voice.fires && voice.source == said.source && !is_of_earlier_life(voice)) take(voice);
      }
    }
    take(own);
  }

  Duration lateness_;
  std::vector<Utterance> said_;
};

}  // namespace tocsin::testing_core
