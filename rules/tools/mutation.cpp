#include "rules/tools/mutation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "engine/model/field.h"
#include "engine/model/time_text.h"
#include "rules/tools/cron_mutation.h"
#include "rules/tools/expression_keys.h"
#include "rules/tools/expression_mutation.h"

namespace tocsin::rules {
namespace {

/// What nobody can see in a story: bounds of memory, and what is only told.
constexpr std::array<std::string_view, 3> kUnseen{"max_keys", "lateness", "update_every"};
constexpr std::array<std::string_view, 6> kCounts{"count", "at_least", "changes", "hops", "warn_at", "factor"};
constexpr std::array<std::string_view, 3> kFieldLists{"key", "by", "equal"};
constexpr std::array<std::string_view, 4> kSwitches{"final", "continue", "drop", "same_node"};
constexpr std::array<std::string_view, 6> kSectionsOfRules{"normalise", "severity",  "priority",
                                                           "suppress",  "correlate", "route"};
constexpr std::array<std::string_view, 3> kDegrees{"low", "medium", "high"};
constexpr std::array<std::string_view, 5> kPriorities{"P5", "P4", "P3", "P2", "P1"};
constexpr std::array<std::string_view, 3> kCauses{"most_upstream", "most_downstream", "earliest"};
constexpr std::array<std::string_view, 3> kStormModes{"off", "on", "shadow"};
constexpr std::array<std::string_view, 3> kFieldsToAdd{"name", "service", "host"};
constexpr std::string_view kNothing = "nothing";

bool is_one_of(std::string_view text, auto&& words) {
  return std::ranges::find(words, text) != std::ranges::end(words);
}

/// Texts that people read, which only look like something else.
bool is_prose(const Spot& at) {
  return is_one_of(at.name(), std::array<std::string_view, 5>{"id", "title", "description", "topic", "because"});
}

/// A collection of one line as `[a, b]`.
std::string in_brackets(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) (text += text.size() > 1 ? ", " : "") += item;
  return text + "]";
}

class Mutator {
 public:
  explicit Mutator(const RuleText& file) : file_(file) {}

  std::vector<Mutant> run() {
    file_.walk([this](const Spot& at) { visit(at); });
    std::ranges::stable_sort(found_, {}, &Mutant::offset);
    if (found_.size() > kMutantsMax) found_.resize(kMutantsMax);
    return std::move(found_);
  }

 private:
  void visit(const Spot& at) {
    if (is_condition(at) || is_value_expression(at)) return mutate_expression(at);
    if (is_prose(at) || is_one_of(at.nearest_name(), kUnseen)) return;
    if (at.node.is_scalar()) {
      mutate_scalar(at);
    } else if (at.node.is_sequence()) {
      if (is_one_of(at.name(), kFieldLists)) mutate_fields(at);
      if (at.section() == "let" || at.name() == "holidays") leave_out_items(at);
      if (at.section() == "tables" && at.name() == "edges") turn_round(at);
      swap_neighbours(at);
    } else if (at.node.is_map()) {
      leave_out(at);
    }
  }

  /// The key that the mutant is known by.
  static std::string label(const Spot& at) { return std::string{at.nearest_name()}; }

  void add(const Spot& at, std::size_t begin, std::size_t end, std::string text, const std::string& name) {
    Mutant mutant{file_.place(begin),
                  static_cast<std::uint32_t>(begin),
                  static_cast<std::uint32_t>(end - begin),
                  std::move(text),
                  name,
                  at.rule,
                  {}};
    mutant.lines.push_back(mutant.place.line);
    for (const Spot* around = &at; around != nullptr; around = around->parent) {
      const std::size_t first = around->key != nullptr ? around->key->offset : around->node.offset;
      const std::uint32_t line = file_.source().place_of(first).line;
      if (mutant.lines.back() != line) mutant.lines.push_back(line);
    }
    found_.push_back(std::move(mutant));
  }

  /// The whole scalar becomes `text`.
  void replace(const Spot& at, std::string_view text) { replace(at, text, std::string{text}); }
  /// … which is written like this.
  void replace(const Spot& at, std::string_view text, std::string written) {
    add(at, at.node.offset, file_.end_of(at.node), std::move(written),
        label(at) + " " + std::string{at.node.text} + " -> " + std::string{text});
  }

  void mutate_scalar(const Spot& at) {
    const std::string_view text = at.node.text;
    if (is_one_of(at.name(), kSwitches)) {
      if (text == "true" || text == "false") replace(at, text == "true" ? "false" : "true");
    } else if (at.path == "blind.learn") {
      if (text == "on" || text == "off") replace(at, text == "on" ? "off" : "on");
    } else if (at.name() == "tag" && at.section() == "correlate") {
      replace(at, std::string{text} + "-not");
    } else if (is_one_of(at.name(), kCounts)) {
      mutate_count(at);
    } else if (at.name() == "cron") {
      for (const std::string& other : other_crons(at.node.text)) replace(at, other, as_scalar(other));
    } else if (at.name() == "until") {
      for (const std::string& other : other_times_of_day(text)) replace(at, other, as_scalar(other));
    } else if (at.section() == "let" && at.node.plain) {
      mutate_count(at);
    } else if (at.name() == "tz") {
      replace(at, other_zone(text));
    } else if (const auto duration = at.node.plain ? parse_duration(text) : std::nullopt) {
      for (const std::string& other : other_durations(text)) replace(at, other);
    } else if (at.name() == "field") {
      replace(at, text == "name" ? "service" : "name");
    } else if (at.name() == "node") {
      replace(at, text == "service" ? "host" : "service");
    } else if (at.name() == "equal") {
      replace(at, kNothing, "[]");
    } else if (at.name() == "cause") {
      step(at, kCauses);
    } else if (at.section() == "priority") {
      step(at, at.name() == "is" ? std::span<const std::string_view>{kDegrees}
                                 : std::span<const std::string_view>{kPriorities});
    } else if (at.section() == "storm" && at.name() == "mode") {
      step(at, kStormModes);
    } else if (at.section() == "severity" || at.section() == "correlate" || at.section() == "storm" ||
               at.section() == "blind") {
      if (at.nearest_name() == "scale") return;
      const std::vector<std::string_view> scale(file_.scale().begin(), file_.scale().end());
      step(at, scale);
    }
  }

  /// The words before and after it.
  void step(const Spot& at, std::span<const std::string_view> words) {
    const auto found = std::ranges::find(words, at.node.text);
    if (found == words.end()) return;
    if (found != words.begin()) replace(at, *(found - 1));
    if (found + 1 != words.end()) replace(at, *(found + 1));
  }

  void mutate_count(const Spot& at) {
    std::uint64_t count = 0;
    const std::string_view text = at.node.text;
    const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failed != std::errc{} || rest != text.data() + text.size()) return;
    if (count > 1) replace(at, std::to_string(count - 1));
    replace(at, std::to_string(count + 1));
  }

  void mutate_fields(const Spot& at) {
    std::vector<std::string> fields;
    for (const YamlNode* item : at.node.items) {
      if (!item->is_scalar()) return;
      fields.emplace_back(item->text);
    }
    const std::size_t end = file_.end_of(at.node);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i] == "tenant") continue;  // a story has one
      std::vector<std::string> fewer = fields;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      add(at, at.node.offset, end, in_brackets(fewer), label(at) + " " + fields[i] + " -> " + std::string{kNothing});
      found_.back().place = file_.place(at.node.items[i]->offset);
      found_.back().lines.push_back(found_.back().place.line);
    }
    const YamlNode* const when = at.parent == nullptr ? nullptr : RuleText::value_of(at.parent->node, "when");
    for (const std::string_view field : kFieldsToAdd) {
      if (is_one_of(field, fields)) continue;
      // What all alerts of the rule have alike tells none of them apart.
      if (when != nullptr && when->is_scalar() && wants_one(when->text, field)) continue;
      fields.emplace_back(field);
      return add(at, at.node.offset, end, in_brackets(fields),
                 label(at) + " " + std::string{kNothing} + " -> " + std::string{field});
    }
  }

  /// Who depends on what, the other way round.
  void turn_round(const Spot& at) {
    if (at.node.items.size() != 2) return;
    const std::string from{file_.text_of(*at.node.items[0])};
    const std::string to{file_.text_of(*at.node.items[1])};
    add(at, at.node.offset, file_.end_of(at.node), in_brackets({to, from}),
        label(at) + " " + from + ", " + to + " -> " + to + ", " + from);
  }

  /// Of a list of values: each is missing once.
  void leave_out_items(const Spot& at) {
    const std::size_t end = file_.end_of(at.node);
    for (std::size_t i = 0; i < at.node.items.size(); ++i) {
      std::vector<std::string> fewer;
      for (std::size_t j = 0; j < at.node.items.size(); ++j) {
        if (j != i) fewer.emplace_back(file_.text_of(*at.node.items[j]));
      }
      add(at, at.node.offset, end, in_brackets(fewer),
          label(at) + " " + std::string{at.node.items[i]->text} + " -> " + std::string{kNothing});
      found_.back().place = file_.place(at.node.items[i]->offset);
      found_.back().lines.push_back(found_.back().place.line);
    }
  }

  void mutate_expression(const Spot& at) {
    const std::size_t whole_end = file_.end_of(at.node);
    for (ExpressionMutant& change : mutants_of_expression(at.node.text, is_condition(at), file_.scale())) {
      const std::string name = label(at) + " " + change.name;
      if (change.begin == 0 && change.end == at.node.text.size()) {
        add(at, at.node.offset, whole_end, as_scalar(change.text), name);
      } else {
        const std::size_t begin = source_offset(file_.source(), at.node, change.begin);
        const std::size_t end = source_offset(file_.source(), at.node, change.end - 1) + 1;
        add(at, begin, end, as_part(at.node, change.text), name);
      }
    }
  }

  /// A scalar of its own, quoted so that it means that text.
  static std::string as_scalar(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string{"''"} : std::string{c};
    return quoted + "'";
  }

  /// As it is written inside of the scalar `around`.
  std::string as_part(const YamlNode& around, const std::string& text) const {
    const char quote = around.plain ? '\0' : file_.bytes()[around.offset];
    std::string out;
    for (const char c : text) {
      if (quote == '\'' && c == '\'') out += '\'';
      if (quote == '"' && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
    return out;
  }

  /// A rule that always holds is left out by a condition that never does.
  void leave_out(const Spot& at) {
    const YamlNode* id = RuleText::value_of(at.node, "id");
    if (at.key != nullptr || id == nullptr || !id->is_scalar() || !is_one_of(at.section(), kSectionsOfRules)) return;
    if (RuleText::value_of(at.node, "when") != nullptr) return;
    const bool in_brackets = file_.bytes()[at.node.offset] == '{';
    const std::size_t begin = at.node.offset + (in_brackets ? 1U : 0U);
    const std::uint32_t column = file_.source().place_of(begin).column;
    add(at, begin, begin, in_brackets ? "when: 'false', " : "when: 'false'\n" + std::string(column - 1, ' '),
        "id " + std::string{id->text} + " -> " + std::string{kNothing});
  }

  /// Lists of which the first that holds counts, or whose order means something else.
  static bool is_ordered(const Spot& at) {
    return at.path == "priority.impact" || at.path == "priority.urgency" || at.path == "correlate" ||
           (at.name() == "steps" && at.section() == "correlate" && at.parent != nullptr &&
            kind_of(at.parent->node) == "sequence");
  }

  static std::string_view kind_of(const YamlNode& rule) {
    const YamlNode* kind = RuleText::value_of(rule, "kind");
    return kind != nullptr && kind->is_scalar() ? kind->text : std::string_view{};
  }

  void swap_neighbours(const Spot& at) {
    if (!is_ordered(at)) return;
    for (std::size_t i = 0; i + 1 < at.node.items.size(); ++i) {
      const YamlNode& a = *at.node.items[i];
      const YamlNode& b = *at.node.items[i + 1];
      if (!may_both_hold(at, a, b)) continue;
      const std::size_t begin = a.offset;
      const std::size_t end = file_.end_of(b);
      const std::string_view between = file_.bytes().substr(file_.end_of(a), b.offset - file_.end_of(a));
      // A comment at the end of a line would swallow what follows it on another.
      std::string text{file_.text_of(b)};
      (text += between) += file_.text_of(a);
      const Spot item{a, nullptr, &at, i, at.path, at.in_item ? at.rule : short_name(at, a, i), true};
      add(item, begin, end, std::move(text),
          std::string{at.nearest_name()} + " " + short_name(at, a, i) + ", " + short_name(at, b, i + 1) + " -> " +
              short_name(at, b, i + 1) + ", " + short_name(at, a, i));
    }
  }

  /// How an item of a list is called among the others: its id, the name of its step, its number.
  static std::string short_name(const Spot&, const YamlNode& item, std::size_t index) {
    for (const std::string_view key : {"id", "as"}) {
      const YamlNode* name = RuleText::value_of(item, key);
      if (name != nullptr && name->is_scalar()) return std::string{name->text};
    }
    return std::to_string(index);
  }

  bool may_both_hold(const Spot& at, const YamlNode& a, const YamlNode& b) const {
    if (at.name() == "steps") return true;
    const bool is_ordered_kind = kind_of(a) == "group" || kind_of(a) == "topology";
    if (at.path == "correlate" && (!is_ordered_kind || kind_of(a) != kind_of(b))) return false;
    const YamlNode* is_a = RuleText::value_of(a, "is");
    const YamlNode* is_b = RuleText::value_of(b, "is");
    if (is_a != nullptr && is_b != nullptr && is_a->text == is_b->text) return false;
    const YamlNode* when_a = RuleText::value_of(a, "when");
    const YamlNode* when_b = RuleText::value_of(b, "when");
    // What always holds would hide the other: the same as never taking that, which is a mutant of its own.
    if (when_b == nullptr && RuleText::value_of(b, "hours") == nullptr) return false;
    if (when_a == nullptr || when_b == nullptr) return true;
    return !exclude_each_other(when_a->text, when_b->text);
  }

  const RuleText& file_;
  std::vector<Mutant> found_;
};

}  // namespace

bool means_the_same(const Mutant& mutant, const RuleSet& before, const RuleSet& after) {
  if (!mutant.name.starts_with("hops ") || before.topologies.size() != after.topologies.size()) return false;
  for (std::size_t i = 0; i < before.topologies.size(); ++i) {
    const TopologyRule& a = before.topologies[i];
    const TopologyRule& b = after.topologies[i];
    if (a.hops == b.hops) continue;
    if (a.graph == nullptr || b.graph == nullptr) return false;
    TopologyWalk walk_a(*a.graph, a.hops, a.graph->size());
    TopologyWalk walk_b(*b.graph, b.hops, b.graph->size());
    for (TopologyGraph::Node node = 0; node < a.graph->size(); ++node) {
      if (walk_a.upstream_of(node).size() != walk_b.upstream_of(node).size()) return false;
    }
  }
  return true;
}

std::vector<Mutant> mutants_of(const RuleText& file) { return Mutator(file).run(); }

SourceFile mutated(const RuleText& file, const Mutant& mutant) {
  const std::string_view bytes = file.bytes();
  const RuleText::Range tests = file.tests();
  const std::size_t end = mutant.offset + mutant.length;
  SourceFile out{std::string{file.source().file()}, {}};
  out.bytes.reserve(bytes.size() + mutant.text.size());
  // The change is before the tests or after them.
  const auto keep = [&](std::size_t from, std::size_t to) {
    const std::size_t cut_from = std::clamp(tests.begin, from, to);
    const std::size_t cut_to = std::clamp(tests.end, from, to);
    out.bytes += bytes.substr(from, cut_from - from);
    out.bytes += bytes.substr(cut_to, to - cut_to);
  };
  keep(0, mutant.offset);
  out.bytes += mutant.text;
  keep(end, bytes.size());
  return out;
}

std::string_view Acceptance::reason_for(const Mutant& mutant) const {
  if (std::ranges::find(mutant.lines, about) == mutant.lines.end()) return {};
  std::string_view rest = text;
  std::string_view name = mutant.name;
  if (rest.starts_with("* ")) {  // whatever the key is
    rest.remove_prefix(2);
    name.remove_prefix(std::min(name.find(' ') + 1, name.size()));
  }
  if (!rest.starts_with(name)) return {};
  rest.remove_prefix(name.size());
  return rest.starts_with(": ") ? rest.substr(2) : std::string_view{};
}

std::vector<Acceptance> acceptances_of(const RuleText& file) {
  constexpr std::string_view kMark = "survives:";
  std::vector<Acceptance> found;
  for (const RuleText::Comment& comment : file.comments()) {
    std::string_view text = comment.text;
    const auto skip = [&text](std::string_view what) {
      text.remove_prefix(std::min(text.find_first_not_of(what), text.size()));
    };
    skip("# ");
    if (!text.starts_with(kMark)) continue;
    text.remove_prefix(kMark.size());
    skip(" ");
    found.push_back({file.place(comment.offset), comment.about, std::string{text}});
  }
  return found;
}

}  // namespace tocsin::rules
