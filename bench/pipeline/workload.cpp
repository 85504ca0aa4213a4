#include "bench/pipeline/workload.h"

#include <algorithm>
#include <numeric>

#include "engine/model/check.h"
#include "rules/load.h"

namespace tocsin::bench {
namespace {

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

/// Two digits in the minutes, so that all ends are of one length.
std::string end_of_lap(std::size_t lap) {
  const std::string minute = std::to_string(10 + lap % 50);
  return "2026-03-28T23:" + minute + ":00.326Z";
}

}  // namespace

rules::RuleSetPtr builtin_rules() { return more_rules(0, false); }

rules::RuleSetPtr more_rules(std::size_t count, bool inhibits) {
  std::string text = "tocsin: 1\nruleset: more\nstorm: {mode: off}\n";
  if (count > 0) text += "severity:\n  rules:\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    text += "    - {id: more.r" + number + ", when: 'name == \"Alert" + number + "\" && team == \"team-" +
            std::to_string(i % 97) + "\"', is: warning}\n";
  }
  if (inhibits) {
    text +=
        "suppress:\n  - {id: more.inhibitor, when: 'labels.uid == \"none\"', inhibited_by: 'labels.uid != \"none\"', "
        "equal: [labels.pod]}\n";
  }
  NoTables tables;
  rules::Loaded loaded = rules::load({{"more.yaml", text}}, tables);
  TOCSIN_CHECK(loaded.rules != nullptr, "rules that a program wrote can be read");
  return loaded.rules;
}

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> kAll{{"repeats", 0, 200},
                                          {"mostly_repeats", 10, 200},
                                          {"new_one", 1000, 1},
                                          {"new_few", 1000, 5},
                                          {"new_many", 1000, 1000}};
  return kAll;
}

const Workload* find_workload(std::string_view name) {
  const auto found = std::ranges::find(workloads(), name, &Workload::name);
  return found == workloads().end() ? nullptr : &*found;
}

BodyMaker::BodyMaker(const Workload& workload, std::size_t live, std::size_t batch, std::uint32_t seed)
    : workload_(workload), batch_(batch), random_(seed), live_(live), next_new_(live) {
  std::iota(live_.begin(), live_.end(), std::size_t{0});
}

std::vector<AlertBody> BodyMaker::opening() {
  std::vector<AlertBody> bodies;
  for (std::size_t first = 0; first < live_.size(); first += batch_) {
    const std::size_t count = std::min(batch_, live_.size() - first);
    bodies.push_back(make_alert_body(std::span{live_}.subspan(first, count), workload_.services, end_of_lap(0)));
  }
  return bodies;
}

std::size_t BodyMaker::draw() {
  if (random_() % 1000 < workload_.new_per_thousand) return next_new_++;
  if (at_ == live_.size()) at_ = 0;
  if (at_ == 0) {
    ++lap_;
    // std::shuffle differs between libraries.
    for (std::size_t i = live_.size(); i > 1; --i) std::swap(live_[i - 1], live_[random_() % i]);
  }
  return live_[at_++];
}

AlertBody BodyMaker::next_new() {
  numbers_.clear();
  while (numbers_.size() < batch_) numbers_.push_back(next_new_++);
  return make_alert_body(numbers_, workload_.services, end_of_lap(lap_));
}

AlertBody BodyMaker::next() {
  numbers_.clear();
  while (numbers_.size() < batch_) numbers_.push_back(draw());
  return make_alert_body(numbers_, workload_.services, end_of_lap(lap_));
}

}  // namespace tocsin::bench
