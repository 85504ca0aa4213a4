#include <algorithm>
#include <array>

#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

/// What alerts have that is decided after their identity, or changes while the condition stays.
constexpr std::array<std::string_view, 5> kLeftOut{"severity", "tier", "status", "starts_at", "received_at"};
/// Labels that by custom hold a severity, a text, a time or a measured value.
constexpr std::array<std::string_view, 9> kUnstableLabels{"severity", "level", "priority",  "message", "description",
                                                          "summary",  "value", "timestamp", "time"};

void warn_unstable(const YamlNode& node, std::string_view end, Context& context) {
  context.report.warning(
      node, "unstable_identity",
      "`" + std::string{node.text} + "` may change while the condition stays the same" + std::string{end},
      "an identity has no severity, text, time or value");
}

/// False when a part is no field: that was said, and is enough.
bool read_key_part(const YamlNode& node, FieldList& key, Context& context) {
  if (node.is_scalar() && std::ranges::find(kLeftOut, node.text) != kLeftOut.end()) {
    warn_unstable(node, ": it is left out of the identity", context);
    return true;
  }
  if (node.is_scalar() && node.text.starts_with("annotations.")) {
    warn_unstable(node, ": annotations are left out of the identity", context);
    return true;
  }
  const std::size_t labels_before = key.labels.size();
  if (!read_field(node, "an item of `key`", key, context)) return false;
  if (key.labels.size() > labels_before) {
    if (std::ranges::find(kUnstableLabels, key.labels.back()) != kUnstableLabels.end()) {
      warn_unstable(node, "", context);
    }
  } else if (key.fields.back() == Field::level || fields()[static_cast<std::size_t>(key.fields.back())].is_text) {
    warn_unstable(node, "", context);
  }
  return true;
}

void read_key(const YamlNode& node, Context& context) {
  FieldList key;
  const auto items = read_list(node, "`key`", context.report);
  bool is_sound = node.is_sequence();
  for (const YamlNode* item : items) is_sound &= read_key_part(*item, key, context);
  if (is_sound && key.fields.empty() && key.labels.empty()) {
    context.report.error(node, "empty_key", "an identity needs at least one field",
                         "without `key` all labels of the alert are its identity");
  }
  context.draft.rules.dedup.fields = std::move(key.fields);
  context.draft.rules.dedup.label_names = std::move(key.labels);
}

/// `ignore: [labels.replica]`: all labels but these are the identity.
void read_ignored(const YamlNode& node, Context& context) {
  FieldList ignored;
  for (const YamlNode* item : read_list(node, "`ignore`", context.report)) {
    if (!read_field(*item, "an item of `ignore`", ignored, context) || ignored.fields.empty()) continue;
    ignored.fields.clear();
    context.report.error(*item, "unknown_field", "`ignore` names labels: `labels.NAME`",
                         "fields are made of labels; `key` chooses among them");
  }
  context.draft.rules.dedup.ignored_labels = std::move(ignored.labels);
}

/// A duration, or `none`; nullopt for `none` and for what was reported.
std::optional<Duration> read_lease(const YamlNode& node, std::string_view what, Context& context) {
  if (node.is_scalar() && node.text == "none") return std::nullopt;
  return read_duration(node, what, std::chrono::seconds{1}, context.report);
}

/// One for all sources, or `{alertmanager: 5m, default: none}`.
void read_expire(const YamlNode& node, LeasePolicy& policy, Context& context) {
  if (!node.is_map()) {
    policy.of_source.clear();
    policy.otherwise = read_lease(node, "`expire`", context);
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const YamlNode& key = *node.items[i];
    const auto source = read_name(key, "a source in `expire`", context.report);
    const auto lease = read_lease(*node.items[i + 1], "a value of `expire`", context);
    if (!source) continue;
    if (*source == "default") {
      policy.otherwise = lease;
      continue;
    }
    std::erase_if(policy.of_source, [&](const auto& one) { return one.first == *source; });
    policy.of_source.emplace_back(*source, lease);
  }
}

/// `none`: nothing flaps, whatever the rules below say.
std::optional<FlapPolicy> read_flap(const YamlNode& node, Context& context) {
  if (node.is_scalar() && node.text == "none") return std::nullopt;
  const MapReader map(node, "`flap`", {"changes", "within", "hold"}, context.report);
  const auto duration = [&](std::string_view key, std::string_view what) -> std::optional<Duration> {
    const YamlNode* value = map.require(key);
    if (value == nullptr) return std::nullopt;
    return read_duration(*value, what, std::chrono::seconds{1}, context.report);
  };
  const YamlNode* count = map.require("changes");
  const auto changes = count == nullptr ? std::nullopt : read_count(*count, "`changes`", 2, 1000, context.report);
  const auto within = duration("within", "`within`");
  const auto hold = duration("hold", "`hold`");
  if (!changes || !within || !hold) return std::nullopt;
  return FlapPolicy{*changes, *within, *hold};
}

}  // namespace

void read_dedup(const YamlNode& node, Context& context) {
  const MapReader map(node, "`dedup`", {"key", "ignore", "resolve", "reopen", "flap"}, context.report);
  DedupPolicy& policy = context.draft.rules.dedup;
  if (const YamlNode* key = map.find("key")) {
    if (say_once(context.draft.has_key, "dedup.key", *map.key_node("key"), *key, context)) read_key(*key, context);
  }
  if (const YamlNode* ignore = map.find("ignore")) {
    if (map.find("key") != nullptr) {
      context.report.error(*map.key_node("ignore"), "conflicting_keys", "an identity has either `key` or `ignore`");
    } else if (say_once(context.draft.has_key, "dedup.key", *map.key_node("ignore"), *ignore, context)) {
      read_ignored(*ignore, context);
    }
  }
  if (const YamlNode* resolve = map.find("resolve")) {
    say_once(context.draft.has_resolve, "dedup.resolve", *map.key_node("resolve"), *resolve, context);
    const MapReader inner(*resolve, "`resolve`", {"when", "expire"}, context.report);
    if (inner.find("when") != nullptr) policy.resolve_when = read_when(inner, Scope::source, context);
    if (const YamlNode* expire = inner.find("expire")) read_expire(*expire, policy.expire, context);
  }
  if (const YamlNode* reopen = map.find("reopen")) {
    say_once(context.draft.has_reopen, "dedup.reopen", *map.key_node("reopen"), *reopen, context);
    const MapReader inner(*reopen, "`reopen`", {"within"}, context.report);
    if (const YamlNode* within = inner.require("within")) {
      policy.reopen_within =
          read_duration(*within, "`within`", Duration{0}, context.report).value_or(policy.reopen_within);
    }
  }
  if (const YamlNode* flap = map.find("flap")) {
    say_once(context.draft.has_flap, "dedup.flap", *map.key_node("flap"), *flap, context);
    policy.flap = read_flap(*flap, context);
  }
}

}  // namespace tocsin::rules
