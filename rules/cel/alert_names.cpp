#include "rules/cel/alert_names.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/model/check.h"
#include "engine/model/word.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_small(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](char a, char b) { return small(a) == b; });
}

bool starts_small(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && equals_small(text.substr(0, word.size()), word);
}

bool contains_any_case(std::string_view text, std::string_view part) {
  if (part.size() > text.size()) return false;
  const char first = small(part.front());
  const char capital = is_small(first) ? static_cast<char>(first - 'a' + 'A') : first;
  for (std::size_t at = 0; at <= text.size() - part.size(); ++at) {
    if (text[at] != first && text[at] != capital) continue;
    if (std::ranges::equal(text.substr(at, part.size()), part, {}, small, small)) return true;
  }
  return false;
}

// --- workload_of --------------------------------------------------------------------------------------------------

/// The letters that Kubernetes draws its suffixes from: no vowels, so that no words come up
/// (k8s.io/apimachinery/pkg/util/rand).
bool is_drawn(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return std::string_view("bcdfghjklmnpqrstvwxz2456789").contains(c); });
}

bool is_small_or_digit(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_small(c) || is_digit(c); });
}

/// The five of one pod among its like.
bool is_pod_suffix(std::string_view text) {
  return text.size() == 5 && is_small_or_digit(text) && (is_drawn(text) || std::ranges::any_of(text, is_digit));
}

/// The hash of a ReplicaSet's template, or the time of a job's run. A name with a digit in it (`db1`) is none: a short
/// hash begins with the digit.
bool is_hash(std::string_view text) {
  if (text.size() < 2 || text.size() > 10 || !is_small_or_digit(text)) return false;
  if (!std::ranges::any_of(text, is_digit)) return text.size() >= 8 && is_drawn(text);
  return text.size() >= 6 || is_digit(text.front());
}

/// A number of a StatefulSet, or the minutes or seconds of a run.
bool is_number(std::string_view text) {
  return !text.empty() && (text.size() <= 3 || text.size() >= 6) && std::ranges::all_of(text, is_digit);
}

/// Cuts `-last` off where `test` holds for it and something stays.
template <bool (*test)(std::string_view)>
bool cut_last(std::string_view& text) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || !test(text.substr(dash + 1))) return false;
  text = text.substr(0, dash);
  return true;
}

bool any_five(std::string_view text) { return text.size() == 5 && is_small_or_digit(text); }

// --- product_of ---------------------------------------------------------------------------------------------------

/// Words of a name that say that it is there to collect.
constexpr std::array<std::string_view, 5> kCollecting = {"exporter", "exporters", "metrics", "jmx", "scraper"};
/// In front of a name they say by whom it is collected, or whose chart it is of.
constexpr std::array<std::string_view, 2> kCollectedBy = {"prometheus", "kps"};
/// What tells of whatever there is, also under the name of a release: `monitoring-kubelet`.
constexpr std::array<std::string_view, 6> kOfEverything = {"kubelet", "cadvisor",    "blackbox",
                                                           "snmp",    "stackdriver", "cloudwatch"};
/// Of these those that are asked of others under names for what is asked.
constexpr std::array<std::string_view, 2> kAsking = {"blackbox", "snmp"};
/// The same for what has collected in its name: `node-exporter`. Alone they may be anything.
constexpr std::array<std::string_view, 11> kWhenCollecting = {
    "node", "kube-state", "kubestate", "process", "textfile", "windows", "wmi", "smartctl", "redfish", "ipmi", "idrac"};
/// With these behind it, `prometheus` is the thing itself.
constexpr std::array<std::string_view, 6> kOfPrometheus = {"k8s",     "server",      "operator",
                                                           "adapter", "pushgateway", "agent"};

bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

template <std::size_t size>
bool is_one_of(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return equals_small(text, word); });
}

/// `word` is all of `text`, or stands behind a separator at its end.
bool ends_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size() || !equals_small(text.substr(text.size() - word.size()), word)) return false;
  return text.size() == word.size() || is_separator(text[text.size() - word.size() - 1]);
}

template <std::size_t size>
bool ends_with_one_of(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return ends_with_word(text, word); });
}

/// Cuts the last word off where it says that this collects.
bool cut_collecting(std::string_view& text) {
  const auto from = std::ranges::find_if(text.rbegin(), text.rend(), is_separator);
  const auto word = static_cast<std::size_t>(from - text.rbegin());
  if (!is_one_of(text.substr(text.size() - word), kCollecting)) return false;
  text.remove_suffix(std::min(text.size(), word + 1));
  return true;
}

/// `-v2`, where people run two of them.
void cut_version(std::string_view& text) {
  const std::size_t last = text.find_last_of("-_");
  if (last == std::string_view::npos || text.size() - last != 3 || text[last + 1] != 'v' || !is_digit(text[last + 2]))
    return;
  text = text.substr(0, last);
}

bool cut_collected_by(std::string_view& text) {
  const auto end = std::ranges::find_if(text, is_separator);
  if (end == text.end()) return false;
  const auto word = static_cast<std::size_t>(end - text.begin());
  const std::string_view rest = text.substr(word + 1);
  if (!is_one_of(text.substr(0, word), kCollectedBy) || is_one_of(rest, kOfPrometheus)) return false;
  text = rest;
  return true;
}

// --- headline -----------------------------------------------------------------------------------------------------

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// What neither is a blank nor begins any noise: most of a text.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  plain.fill(true);
  for (const char c : std::string_view(" \t\n\r({<['\"`")) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

/// How much of the beginning of `text` is noise; 0: nothing.
std::size_t noise(std::string_view text) {
  if (starts_small(text, "(instance")) {
    const std::size_t end = text.find(')');
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (text.starts_with("{{")) {
    const std::size_t end = text.find("}}");
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  for (const std::string_view empty : {"<no value>", "()", "[]", "''", "\"\"", "``"}) {
    if (text.starts_with(empty)) return empty.size();
  }
  return 0;
}

/// Rules of some collections end their texts so.
bool is_dump(std::string_view text) {
  return text.starts_with("VALUE = ") || text.starts_with("LABELS = ") || text.starts_with("LABELS: ");
}

/// A text that is written into memory of others.
class Line {
 public:
  explicit Line(std::span<char> memory) : memory_(memory) {}

  std::string_view text() const { return {memory_.data(), size_}; }
  bool is_at_a_word() const { return size_ == 0 || memory_[size_ - 1] == ' '; }
  bool is_empty() const { return size_ == 0; }

  void add(std::string_view text) {
    TOCSIN_CHECK(text.size() <= memory_.size() - size_, "a headline has room");
    size_ += text.copy(memory_.data() + size_, text.size());
  }
  void end_at(std::size_t size) { size_ = size; }
  void drop_while_ends_in(std::string_view signs) {
    while (size_ != 0 && signs.contains(memory_[size_ - 1])) --size_;
  }

  /// Cuts what begins at `from` to so many code points, not in the middle of a word where a blank is not far before.
  void cut(std::size_t from, std::size_t most) {
    const std::string_view part = text().substr(from);
    if (part.size() <= most || code_points(part) <= most) return;
    const std::string_view kept = part.substr(0, byte_of(part, most - 1));
    const std::size_t blank = kept.rfind(' ');
    end_at(from + (blank != std::string_view::npos && blank + 24 > kept.size() ? blank : kept.size()));
    add(kCut);
  }

  static constexpr std::string_view kCut = "…";

 private:
  std::span<char> memory_;
  std::size_t size_ = 0;
};

void add_one_line(Line& line, std::string_view text) {
  while (!text.empty()) {
    if (is_blank(text.front())) {
      text.remove_prefix(1);
      if (!line.is_at_a_word()) line.add(" ");
      continue;
    }
    if (line.is_at_a_word() && is_dump(text)) break;
    const bool is_plain = kPlain[static_cast<unsigned char>(text.front())];
    std::size_t size = is_plain ? 0 : noise(text);
    if (size == 0) {
      // Inside of a word nothing else begins.
      for (size = 1; size < text.size() && kPlain[static_cast<unsigned char>(text[size])];) ++size;
      line.add(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  line.drop_while_ends_in(" ,;:-");
}

/// "cpu 91.6 %": a measured value and hardly a word. What it is of stands beside it; a sentence would say it itself.
bool is_reading(std::string_view text) {
  std::size_t words = 0;
  bool has_number = false;
  bool is_first = true;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (is_first && is_digit) has_number = true;
    if (is_first && is_letter && ++words == 3) return false;
    is_first = is_blank(c);
  }
  return has_number;
}

}  // namespace

std::string_view workload_of(std::string_view text) {
  text = trim_blanks(text);
  std::string_view rest = text;
  // A hash and any five letters: rules that made the name up, and pods of jobs.
  if (cut_last<any_five>(rest) && cut_last<is_hash>(rest)) return rest;
  if (cut_last<is_pod_suffix>(text)) return text;
  cut_last<is_number>(text);
  return text;
}

std::string_view product_of(std::string_view text) {
  text = trim_blanks(text);
  // The job of the node exporter is called so in most configurations.
  if (ends_with_one_of(text, kOfEverything) || equals_small(text, "node")) return {};
  // `blackbox-http`, `snmp_switches`: one job for each kind of what is asked.
  if (const auto word = text.substr(0, text.find_first_of("-_")); word.size() < text.size() && is_one_of(word, kAsking))
    return {};
  std::string_view rest = text;
  bool collects = false;
  cut_version(rest);
  while (!rest.empty() && cut_collecting(rest)) collects = true;
  while (cut_collected_by(rest)) collects = true;
  if (!collects) {
    // `es-exporter.monitoring.svc`: a host's first name says what it does.
    const std::size_t dot = text.find('.');
    std::string_view first = text.substr(0, dot);
    const std::string_view whole_first = first;
    if (dot == std::string_view::npos || !cut_collecting(first)) return text;
    return product_of(whole_first);
  }
  // `prometheus-exporter`, `couchdb-prometheus-exporter`
  if (is_one_of(rest, kCollectedBy)) return {};
  const std::size_t separator = rest.find_last_of("-_.");
  if (separator != std::string_view::npos && is_one_of(rest.substr(separator + 1), kCollectedBy))
    rest = rest.substr(0, separator);
  return ends_with_one_of(rest, kOfEverything) || ends_with_one_of(rest, kWhenCollecting) ? std::string_view() : rest;
}

std::size_t headline_bytes_max(std::string_view text, std::span<const std::string_view> objects) {
  std::size_t longest = 0;
  for (const std::string_view object : objects) longest = std::max(longest, object.size());
  return text.size() + longest + 2 * Line::kCut.size() + 3;  // " (", ")"
}

std::string_view headline(std::string_view text, std::span<const std::string_view> objects, std::span<char> out) {
  Line line(out);
  add_one_line(line, text);
  const auto is_in_it = [&](std::string_view one) { return !one.empty() && contains_any_case(line.text(), one); };
  const auto object = std::ranges::find_if(objects, [](std::string_view one) { return !one.empty(); });
  if (object == objects.end() || is_reading(line.text()) || std::ranges::any_of(objects, is_in_it)) {
    line.cut(0, kHeadlineMax);
    return line.text();
  }
  if (line.is_empty()) {
    line.add(*object);
    line.cut(0, kHeadlineMax);
    return line.text();
  }
  const std::size_t object_points = std::min(code_points(*object), kHeadlineMax / 2);
  line.cut(0, kHeadlineMax - object_points - 3);
  line.add(" (");
  const std::size_t from = line.text().size();
  line.add(*object);
  line.cut(from, kHeadlineMax / 2);
  line.add(")");
  return line.text();
}

}  // namespace tocsin::cel
