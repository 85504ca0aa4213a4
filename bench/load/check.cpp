#include "bench/load/check.h"

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include "bench/load/body_pool.h"

namespace tocsin {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kAlerts = 1000;
constexpr std::size_t kFindingsShown = 20;

class Findings {
 public:
  void add(std::string finding) {
    if (count_++ < kFindingsShown) fmt::print(stderr, "load: {}\n", finding);
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

/// The text under `key`, or nothing and a finding.
std::string text_under(const json::object& object, std::string_view key, Findings& findings) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr || !found->is_string()) {
    findings.add(fmt::format("an alert has no text \"{}\": {}", key, json::serialize(object)));
    return {};
  }
  return found->get_string().c_str();
}

bool is_instant(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kShape.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (kShape[at] == 'd' ? text[at] < '0' || text[at] > '9' : text[at] != kShape[at]) return false;
  }
  return true;
}

void check_texts(const json::object& texts, std::string_view what, Findings& findings) {
  for (const auto& [name, value] : texts) {
    const std::string_view key(name.data(), name.size());
    if (!value.is_string()) {
      findings.add(fmt::format("{} {} is not a text", what, key));
    } else if (value.get_string().find("{{") != json::string::npos) {
      findings.add(fmt::format("{} {} still has a template: {}", what, key, value.get_string().c_str()));
    } else if (what == "label" && value.get_string().empty()) {
      findings.add(fmt::format("label {} is empty", key));
    }
  }
}

/// Returns the identity: the label set as text (the writer sorts labels by name).
std::string check_alert(const json::value& value, Findings& findings) {
  const json::object* alert = value.if_object();
  if (alert == nullptr) {
    findings.add("an alert is not an object");
    return {};
  }
  const std::string starts = text_under(*alert, "startsAt", findings);
  const std::string ends = text_under(*alert, "endsAt", findings);
  text_under(*alert, "generatorURL", findings);
  if (!is_instant(starts) || !is_instant(ends))
    findings.add(fmt::format("\"{}\" to \"{}\" are no instants", starts, ends));
  if (ends < starts) findings.add(fmt::format("an alert ends at {} before it starts at {}", ends, starts));
  const json::value* annotations = alert->if_contains("annotations");
  const json::value* labels = alert->if_contains("labels");
  if (annotations == nullptr || !annotations->is_object() || labels == nullptr || !labels->is_object()) {
    findings.add("an alert has no labels or no annotations");
    return {};
  }
  check_texts(annotations->get_object(), "annotation", findings);
  check_texts(labels->get_object(), "label", findings);
  for (const std::string_view needed : {"alertname", "severity", "instance", "job", "service", "cluster", "node"}) {
    text_under(labels->get_object(), needed, findings);
  }
  return json::serialize(*labels);
}

/// Reads one body; adds its identities to `identities` and says how many of them were not in there before.
std::size_t check_body(std::span<const char> body, std::uint32_t batch, std::set<std::string>& identities,
                       Findings& findings) {
  boost::system::error_code failed;
  const json::value parsed = json::parse({body.data(), body.size()}, failed);
  if (failed || !parsed.is_array()) {
    findings.add(fmt::format("a body is not a JSON array: {}", failed.message()));
    return 0;
  }
  if (parsed.get_array().size() != batch) findings.add(fmt::format("a body has {} alerts", parsed.get_array().size()));
  std::size_t fresh = 0;
  for (const json::value& alert : parsed.get_array()) fresh += identities.insert(check_alert(alert, findings)).second;
  return fresh;
}

void check_length(std::span<const char> request, std::span<const char> body, Findings& findings) {
  const std::string_view head(request.data(), request.size() - body.size());
  if (head.find(fmt::format("\r\nContent-Length: {}\r\n", body.size())) == head.npos || !head.ends_with("\r\n\r\n")) {
    findings.add(fmt::format("a head does not fit its body of {} bytes: {}", body.size(), head));
  }
}

/// Sends nothing, but does with the pool what the driver does, for so many alerts.
AlertMix check_load(PoolPlan plan, std::span<const RuleShape> rules, std::uint32_t alerts, Findings& findings) {
  plan.alerts_live = kAlerts;
  auto pool = BodyPool::render(rules, plan);
  if (!pool) {
    findings.add(pool.error());
    return {};
  }
  if (const double mean = pool->mean_body_bytes() / plan.batch; mean < 400 || mean > 1200) {
    findings.add(fmt::format("an alert has {:.0f} bytes, which is not what Prometheus sends", mean));
  }
  std::set<std::string> identities;
  AlertMix mix;
  for (std::uint32_t sent = 0; sent < alerts; sent += plan.batch) {
    const std::uint64_t fresh_before = mix.fresh;
    const std::uint32_t request = pool->take(mix);
    const auto body = pool->body(request);
    check_length(pool->request(request), body, findings);
    const std::size_t fresh = check_body(body, plan.batch, identities, findings);
    if (fresh != mix.fresh - fresh_before) {
      findings.add(fmt::format("{} alerts were new where {} were meant to be", fresh, mix.fresh - fresh_before));
    }
    pool->give_back(request);
  }
  return mix;
}

}  // namespace

int run_check(const Options& options, std::span<const RuleShape> rules) {
  Findings findings;
  PoolPlan plan{.host = "127.0.0.1:9099", .path = options.path, .batch = options.batch};
  plan.services = options.services;
  plan.seed = options.shape_seed;
  const AlertMix fresh = check_load(plan, rules, kAlerts, findings);
  if (fresh.repeated != 0) findings.add("an all-new load had repeats");

  // The first lap is all new; ten more at 90 % repeats, a quarter of them resolved, have known shares.
  plan.duplicates = 0.9;
  plan.resolve_share = 0.25;
  const AlertMix storm = check_load(plan, rules, 11 * kAlerts, findings);
  const double repeats = static_cast<double>(storm.repeated) / (10.0 * kAlerts);
  const double resolved = static_cast<double>(storm.resolved) / static_cast<double>(storm.repeated);
  if (repeats < 0.87 || repeats > 0.93) findings.add(fmt::format("{:.3f} repeats where 0.9 were asked for", repeats));
  if (resolved < 0.2 || resolved > 0.3)
    findings.add(fmt::format("{:.3f} resolved where 0.25 were asked for", resolved));

  if (findings.count() > 0) {
    fmt::print(stderr, "load: {} findings\n", findings.count());
    return 1;
  }
  fmt::print("{} alerts of {} rules read back: every one is whole, every new identity is new\n",
             fresh.fresh + storm.fresh + storm.repeated, rules.size());
  return 0;
}

}  // namespace tocsin
