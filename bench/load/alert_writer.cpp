#include "bench/load/alert_writer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include <fmt/format.h>

namespace tocsin {
namespace {

using Labels = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 24> kServices = {
    "checkout", "payments", "catalog", "search",    "basket",  "accounts",  "shipping", "pricing",
    "orders",   "invoices", "ledger",  "inventory", "reviews", "mailer",    "login",    "sessions",
    "media",    "gateway",  "reports", "billing",   "offers",  "warehouse", "returns",  "notices"};
constexpr std::array<std::string_view, 6> kNamespaces = {"shop",      "money",    "platform",
                                                         "logistics", "identity", "insight"};
constexpr std::array<std::string_view, 4> kClusters = {"prod-eu1", "prod-eu2", "prod-us1", "stage-eu1"};
constexpr std::array<std::string_view, 4> kRegions = {"eu-central", "eu-north", "us-east", "ap-south"};

template <std::size_t kCount>
std::string one_of(const std::array<std::string_view, kCount>& values, Draws& draws) {
  return std::string(values[draws.below(kCount)]);
}

bool wants(const RuleShape& rule, std::string_view label) {
  return std::ranges::find(rule.instance_labels, label) != rule.instance_labels.end();
}

std::string service_name(std::uint64_t number) {
  const auto word = kServices[number % kServices.size()];
  const std::uint64_t lap = number / kServices.size();
  return lap == 0 ? std::string(word) : fmt::format("{}-{}", word, lap + 1);
}

/// The identity sits in `pod` for what runs in a cluster, in `instance` for everything else.
Labels labels_of(const RuleShape& rule, std::uint32_t services, Draws& draws) {
  Labels labels{{"alertname", rule.name}, {"severity", rule.severity}};
  for (const auto& [name, value] : rule.labels) {
    if (value.find("{{") == std::string::npos) labels.emplace(name, value);
  }
  const std::uint64_t service_number = draws.below(services);
  const std::string service = service_name(service_number);
  const bool in_cluster = wants(rule, "pod") || wants(rule, "namespace") || draws.happens(0.3);
  const std::string node = fmt::format("node-{:03}.{}", draws.below(400), one_of(kRegions, draws));
  labels.emplace("cluster", one_of(kClusters, draws));
  labels.emplace("prometheus", "monitoring/main");
  labels.emplace("service", service);
  labels.emplace("node", node);
  if (in_cluster) {
    labels.emplace("namespace", kNamespaces[service_number % kNamespaces.size()]);
    labels.insert_or_assign("pod", fmt::format("{}-{}", service, kIdentityPlace));
    const std::uint64_t subnet = draws.below(250);
    const std::uint64_t host = draws.below(250);
    labels.emplace("instance", fmt::format("10.42.{}.{}:8080", subnet, host));
    labels.emplace("job", service);
  } else {
    labels.insert_or_assign("instance", fmt::format("{}-{}:9100", service, kIdentityPlace));
    labels.emplace("job", "node");
  }
  for (const std::string& name : rule.instance_labels) {
    if (!labels.contains(name)) labels.emplace(name, fmt::format("{}-{}", name, draws.below(40)));
  }
  return labels;
}

std::string map_text(const Labels& labels) {
  std::string text = "map[";
  for (const auto& [name, value] : labels) fmt::format_to(std::back_inserter(text), "{}:{} ", name, value);
  text.back() = ']';
  return text;
}

std::string value_text(std::string_view action, Draws& draws) {
  const std::uint64_t whole = draws.below(100);
  const std::uint64_t hundredths = draws.below(100);
  if (action.find("Duration") != action.npos) return fmt::format("{}m {}s", whole, hundredths % 60);
  return fmt::format("{}.{:02}{}", whole, hundredths, action.find("Percentage") != action.npos ? "%" : "");
}

/// What one `{{ … }}` becomes. Control flow (`with`, `range`, `end`) becomes nothing: its body stays.
std::string filled(std::string_view action, const Labels& labels, Draws& draws) {
  constexpr std::string_view kLabels = "$labels";
  if (const std::size_t found = action.find(kLabels); found != action.npos) {
    std::string_view rest = action.substr(found + kLabels.size());
    if (!rest.starts_with('.')) return map_text(labels);
    rest.remove_prefix(1);
    const auto ends = std::ranges::find_if_not(
        rest, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
    const auto label = labels.find(std::string(rest.begin(), ends));
    return label == labels.end() ? std::string() : label->second;
  }
  return action.find("$value") != action.npos ? value_text(action, draws) : std::string();
}

std::string fill_in(std::string_view text, const Labels& labels, Draws& draws) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("{{");
    out += text.substr(0, open);
    if (open == text.npos) return out;
    const std::size_t close = text.find("}}", open);
    if (close == text.npos) return out;
    out += filled(text.substr(open + 2, close - open - 2), labels, draws);
    text.remove_prefix(close + 2);
  }
}

/// Appends a JSON string. Places pass as they are: they are filled before anybody reads the text.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (letter == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(letter) < 0x20 && letter > kEndPlace.front()) {
      out += ' ';
    } else {
      out += letter;
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  append_string(out, name);
  out += ':';
  append_string(out, value);
}

}  // namespace

AlertWriter::AlertWriter(std::span<const RuleShape> rules, std::uint32_t services, std::uint64_t seed)
    : rules_(rules), services_(services), draws_(seed) {}

std::string AlertWriter::next() {
  const RuleShape& rule = rules_[draws_.below(rules_.size())];
  const Labels labels = labels_of(rule, services_, draws_);
  std::string out = R"({"annotations":{)";
  if (!rule.description.empty()) append_member(out, "description", fill_in(rule.description, labels, draws_));
  if (!rule.runbook_url.empty()) append_member(out, "runbook_url", rule.runbook_url);
  if (!rule.summary.empty()) append_member(out, "summary", fill_in(rule.summary, labels, draws_));
  fmt::format_to(std::back_inserter(out), R"(}},"endsAt":"{}","startsAt":"{}","generatorURL":)", kEndPlace,
                 kStartPlace);
  append_string(out, fmt::format("http://prometheus.monitoring.example:9090/graph?g0.expr=rate%28{}_total%7Bjob%3D%22{}"
                                 "%22%7D%5B5m%5D%29+%3E+{}&g0.tab=1",
                                 labels.at("alertname"), labels.at("job"), draws_.below(90) + 10));
  out += R"(,"labels":{)";
  for (const auto& [name, value] : labels) append_member(out, name, value);
  out += "}}";
  return out;
}

}  // namespace tocsin
