#include "connectors/sinks/topic_gate.h"

#include <algorithm>
#include <vector>

#include "connectors/sinks/kafka_producer.h"

namespace tocsin {
namespace {

constexpr std::chrono::milliseconds kLookUpWait{200};
constexpr std::chrono::milliseconds kLookAgain{500};
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
  all_ready_ = std::ranges::all_of(topics_, [](const auto& topic) { return topic.second.step >= Step::ready; });
}

void TopicGate::take_outcomes(KafkaProducer& producer) {
  for (TopicOutcome& outcome : producer.topic_outcomes()) {
    making_ = false;
    Entry& entry = topics_[outcome.name];
    entry.why = std::move(outcome.why);
    switch (outcome.kind) {
      case TopicOutcome::Kind::exists:
        entry.step = Step::ready;
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
        entry.step = Step::ready;
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
  all_ready_ = true;
}

std::string TopicGate::trouble() const {
  for (const auto& [name, entry] : topics_) {
    if (entry.stuck && entry.step < Step::ready)
      return "waiting for the topic " + name + ", which is not there: " + entry.why;
  }
  return {};
}

}  // namespace tocsin
