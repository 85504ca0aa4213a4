#include "connectors/sinks/topic_gate.h"

#include <algorithm>
#include <vector>

#include "connectors/sinks/kafka_producer.h"

namespace tocsin {
namespace {

constexpr std::chrono::milliseconds kLookUpWait{200};
constexpr std::chrono::milliseconds kLookAgain{500};
constexpr std::chrono::seconds kLimitWait{1};
constexpr std::chrono::milliseconds kLimitAgain{50};
constexpr std::size_t kTopicNameBytesMax = 249;

}  // namespace

bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > kTopicNameBytesMax || name == "." || name == "..") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

TopicGate::TopicGate(const KafkaSinkOptions& options)
    : options_(options), state_topic_(options.records.topic_prefix + options.records.state_topic) {}

TopicGate::State TopicGate::ask(const std::string& topic) {
  auto found = topics_.find(topic);
  if (found == topics_.end()) {
    found = topics_.emplace(topic, Entry{}).first;
    if (!is_topic_name(topic)) {
      found->second = {Step::impossible, "that is not a name that Kafka takes"};
    } else {
      if (!options_.create_topics) found->second = {Step::look_up, "tocsin is not to make topics"};
      all_ready_ = false;
    }
  }
  if (found->second.step == Step::ready) return State::ready;
  return found->second.step == Step::impossible ? State::impossible : State::waiting;
}

void TopicGate::poll(KafkaProducer& producer, Clock::time_point now) {
  if (all_ready_) return;
  if (making_) take_outcomes(producer);
  look_up(producer, now);
  if (!making_) make(producer);
  ask_limits(producer, now);
  all_ready_ =
      !asking_ && std::ranges::all_of(topics_, [](const auto& topic) { return topic.second.step >= Step::ready; });
}

void TopicGate::take_outcomes(KafkaProducer& producer) {
  for (TopicOutcome& outcome : producer.topic_outcomes()) {
    making_ = false;
    Entry& entry = topics_[outcome.name];
    entry.why = std::move(outcome.why);
    switch (outcome.kind) {
      case TopicOutcome::Kind::exists:
        entry.step = Step::ask_limit;
        break;
      case TopicOutcome::Kind::impossible:
        entry.step = Step::impossible;
        break;
      case TopicOutcome::Kind::not_made:
        entry.step = Step::look_up;
        break;  // it may be there all the same
    }
  }
}

void TopicGate::look_up(KafkaProducer& producer, Clock::time_point now) {
  if (now < next_look_) return;
  bool looked = false;
  for (auto& [name, entry] : topics_) {
    if (entry.step != Step::look_up) continue;
    looked = true;
    std::string why;
    switch (producer.look_up(name, kLookUpWait, why)) {
      case KafkaProducer::Topic::exists:
        entry.step = Step::ask_limit;
        continue;
      case KafkaProducer::Topic::impossible:
        entry = {Step::impossible, why};
        continue;
      case KafkaProducer::Topic::missing:
        break;
      case KafkaProducer::Topic::unknown:
        entry.why = why;
        break;
    }
    entry.stuck = true;
    if (options_.create_topics) entry.step = Step::make;
    break;  // one that blocks is enough
  }
  if (looked) next_look_ = Clock::now() + kLookAgain;
}

void TopicGate::make(KafkaProducer& producer) {
  std::vector<TopicPlan> plans;
  for (auto& [name, entry] : topics_) {
    if (entry.step != Step::make) continue;
    entry.step = Step::making;
    plans.push_back({name, options_.partitions, options_.replication, name == state_topic_});
  }
  if (plans.empty()) return;
  producer.create_topics(plans);
  making_ = true;
}

void TopicGate::forget() {
  topics_.clear();
  making_ = false;
  asking_ = false;
  all_ready_ = true;
}

/// A topic whose limit cannot be learnt, since we may not ask, or the cluster does not answer, is ready all the same:
/// waited for once and for a second only.
void TopicGate::ask_limits(KafkaProducer& producer, Clock::time_point now) {
  if (asking_) {
    for (const TopicLimit& limit : producer.topic_limits()) {
      asking_ = false;
      does_say_ = limit.is_answered;
      if (limit.bytes_max != 0) limits_[limit.name].told = limit.bytes_max;
      Entry& entry = topics_[limit.name];
      if (entry.step == Step::asking) entry.step = limit.is_unheard_of ? Step::ask_limit : Step::ready;
      if (limit.is_unheard_of) next_ask_ = now + kLimitAgain;
    }
  }
  std::vector<std::string> names;
  for (auto& [name, entry] : topics_) {
    if (entry.step != Step::ask_limit && entry.step != Step::asking) continue;
    if (entry.limit_by == Clock::time_point{}) entry.limit_by = now + kLimitWait;
    if (entry.step == Step::ask_limit && !asking_ && now >= next_ask_) {
      names.push_back(name);
      entry.step = Step::asking;
    }
    // The answer counts whenever it comes.
    if (now >= entry.limit_by && asking_) does_say_ = false;
    if (now >= entry.limit_by || !does_say_) entry.step = Step::ready;
  }
  if (names.empty()) return;
  producer.ask_limits(names);
  asking_ = true;
}

std::size_t TopicGate::Limit::bytes_max() const {
  // What the cluster says explains a refusal of more than that. Else something else cuts, a proxy or another setting.
  if (refused == 0 || (told != 0 && refused > told)) return told;
  const std::size_t learnt = refused - refused / 4;
  return told == 0 ? learnt : std::min(told, learnt);
}

std::size_t TopicGate::bytes_max(const std::string& topic) const {
  const auto found = limits_.find(topic);
  return found == limits_.end() ? 0 : found->second.bytes_max();
}

std::size_t TopicGate::smallest_bytes_max() const {
  std::size_t smallest = 0;
  for (const auto& [name, limit] : limits_) {
    const std::size_t bytes = limit.bytes_max();
    if (bytes != 0 && (smallest == 0 || bytes < smallest)) smallest = bytes;
  }
  return smallest;
}

void TopicGate::was_too_large(const std::string& topic, std::size_t bytes) {
  Limit& limit = limits_[topic];
  if (limit.refused == 0 || bytes < limit.refused) limit.refused = bytes;
}

void TopicGate::ask_limits_again() {
  for (auto& [name, limit] : limits_) limit.refused = 0;
  for (auto& [name, entry] : topics_) {
    if (entry.step != Step::ready) continue;
    entry.step = Step::ask_limit;
    entry.limit_by = {};
    all_ready_ = false;
  }
}

std::string TopicGate::trouble() const {
  for (const auto& [name, entry] : topics_) {
    if (entry.stuck && entry.step < Step::ready)
      return "waiting for the topic " + name + ", which is not there: " + entry.why;
  }
  return {};
}

}  // namespace tocsin
