#include "engine/core/suppression/matcher.h"

#include <algorithm>

#include <re2/re2.h>

#include "engine/model/limits.h"

namespace tocsin {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == ':' || c == '-' || c == '/' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

/// What is left of a text of matchers.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { skip(); }

  bool at_end() const { return rest_.empty(); }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    skip();
    return true;
  }
  /// A quoted text, or all up to what ends a word.
  std::optional<std::string> text(bool is_value) {
    std::string read;
    if (rest_.starts_with('"')) {
      rest_.remove_prefix(1);
      while (!rest_.empty() && rest_.front() != '"') {
        if (rest_.front() == '\\' && rest_.size() > 1) {
          rest_.remove_prefix(1);
          // As Alertmanager: \" and \\ are what they say, \n a line's end; any other is kept, for patterns.
          if (rest_.front() == 'n') {
            read += '\n';
          } else {
            if (rest_.front() != '"' && rest_.front() != '\\') read += '\\';
            read += rest_.front();
          }
        } else {
          read += rest_.front();
        }
        rest_.remove_prefix(1);
      }
      if (rest_.empty()) return std::nullopt;
      rest_.remove_prefix(1);
      skip();
      return read;
    }
    while (!rest_.empty() && (is_value ? rest_.front() != ',' && rest_.front() != '}' : is_word(rest_.front()))) {
      read += rest_.front();
      rest_.remove_prefix(1);
    }
    while (!read.empty() && (read.back() == ' ' || read.back() == '\t')) read.pop_back();
    skip();
    if (read.empty() && !is_value) return std::nullopt;
    return read;
  }

 private:
  void skip() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n'))
      rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

std::unexpected<Error> unreadable(std::string_view text) {
  return refuse(Refusal::bad_value,
                "`" + std::string{text.substr(0, 200)} + "` is no matcher; one is NAME=\"VALUE\", with = != =~ or !~",
                -1, "/matchers");
}

}  // namespace

std::string to_text(const MatcherParts& parts) {
  std::string text;
  if (is_plain(parts.name)) {
    text = parts.name;
  } else {
    append_quoted(text, parts.name);
  }
  text += parts.is_regex ? (parts.is_equal ? "=~" : "!~") : (parts.is_equal ? "=" : "!=");
  append_quoted(text, parts.value);
  return text;
}

namespace {

/// People call alerts by their `alertname`, also those that rules make and those of sources without labels.
std::optional<Field> field_of(std::string_view name) { return name == "alertname" ? Field::name : field_from(name); }

}  // namespace

Matcher::Matcher(MatcherParts parts) : parts_(std::move(parts)), field_(field_of(parts_.name)) {
  find_values();
  if (!parts_.is_regex) return;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  options.set_dot_nl(true);
  pattern_ = std::make_shared<const re2::RE2>(parts_.value, options);
}

namespace {

/// The plain text at the beginning of a pattern; `rest` is what follows. What is said of the last character of it (`?`,
/// `*`, `{`) takes it out.
std::string plain_beginning(std::string_view pattern, std::string_view& rest) {
  constexpr std::string_view kMeaning = "\\.+*?()|[]{}^$";
  std::string text;
  std::size_t last = 0;  // bytes of the last character
  while (!pattern.empty()) {
    const char c = pattern.front();
    if (kMeaning.find(c) == std::string_view::npos) {
      const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
      last = continues ? last + 1 : 1;
      text += c;
      pattern.remove_prefix(1);
    } else if (c == '\\' && pattern.size() > 1 && kMeaning.find(pattern[1]) != std::string_view::npos) {
      text += pattern[1];
      last = 1;
      pattern.remove_prefix(2);
    } else {
      break;
    }
  }
  if (!pattern.empty() && (pattern.front() == '?' || pattern.front() == '*' || pattern.front() == '{'))
    text.resize(text.size() - last);
  rest = pattern;
  return text;
}

}  // namespace

/// `a`, `a|b`, `(a|b)`: plain texts; `a.*`: how it begins.
void Matcher::find_values() {
  constexpr std::size_t kValuesMax = 64;
  if (!parts_.is_equal || parts_.value.empty()) return;
  if (!parts_.is_regex) {
    values_.push_back(parts_.value);
    return;
  }
  std::string_view pattern = parts_.value;
  if (pattern.starts_with('(') && pattern.ends_with(')') && !pattern.starts_with("(?"))
    pattern = pattern.substr(1, pattern.size() - 2);
  std::vector<std::string> values;
  while (values.size() < kValuesMax) {
    std::string_view rest;
    std::string text = plain_beginning(pattern, rest);
    if (text.empty() || (!rest.empty() && rest.front() != '|')) break;
    values.push_back(std::move(text));
    if (rest.empty()) {
      std::ranges::sort(values);
      values.erase(std::ranges::unique(values).begin(), values.end());
      values_ = std::move(values);
      return;
    }
    pattern = rest.substr(1);
  }
  // A choice on the top level may begin otherwise.
  if (parts_.value.find('|') != std::string::npos) return;
  std::string_view rest;
  prefix_ = plain_beginning(parts_.value, rest).substr(0, kPrefixBytesMax);
}

bool Matcher::holds_for(std::string_view value) const {
  const bool is_so =
      pattern_ != nullptr
          ? pattern_->ok() && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *pattern_)
          : value == parts_.value;
  return is_so == parts_.is_equal;
}

std::string_view Matcher::value_of(const MatchedTexts& alert, std::string_view name, std::optional<Field> field) {
  std::string_view value = alert.texts->label_value(name);
  if (!value.empty()) return value;
  if (field) return (*alert.texts)[*field];
  return name == "severity" ? alert.severity : std::string_view{};
}

bool Matcher::holds(const MatchedTexts& alert) const { return holds_for(value_on(alert)); }

Result<std::vector<Matcher>> parse_matchers(std::span<const std::string> texts) {
  std::vector<Matcher> matchers;
  for (const std::string& text : texts) {
    Reader reader(text);
    const bool in_braces = reader.take("{");
    while (!reader.at_end() && !(in_braces && reader.take("}"))) {
      MatcherParts parts;
      auto name = reader.text(false);
      if (!name || name->empty()) return unreadable(text);
      parts.name = std::move(*name);
      if (reader.take("=~")) {
        parts.is_regex = true;
      } else if (reader.take("!~")) {
        parts.is_regex = true;
        parts.is_equal = false;
      } else if (reader.take("!=")) {
        parts.is_equal = false;
      } else if (!reader.take("=")) {
        return unreadable(text);
      }
      auto value = reader.text(true);
      if (!value) return unreadable(text);
      parts.value = std::move(*value);
      if (parts.is_regex) {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(1 << 20);
        const re2::RE2 pattern(parts.value, options);
        if (!pattern.ok())
          return refuse(Refusal::bad_value, "the pattern of `" + parts.name + "` cannot be read: " + pattern.error(),
                        -1, "/matchers");
      }
      matchers.emplace_back(std::move(parts));
      if (matchers.size() > limits::kCommandListMax)
        return refuse(Refusal::bad_value,
                      "a silence has at most " + std::to_string(limits::kCommandListMax) + " matchers", -1,
                      "/matchers");
      reader.take(",");
    }
    if (!reader.at_end()) return unreadable(text);
  }
  if (std::ranges::all_of(matchers, &Matcher::holds_for_nothing))
    return refuse(Refusal::bad_value, "these matchers would hold back everything: one must ask for a value", -1,
                  "/matchers");
  return matchers;
}

}  // namespace tocsin
