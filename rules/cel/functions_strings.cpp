// The strings extension. Positions count code points.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "rules/cel/functions.h"
#include "rules/cel/text.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

bool is_text(const Value& value) { return value.is(Kind::string); }

/// Steps for looking at all of a text.
bool spend_for(Evaluation& evaluation, std::string_view text) { return evaluation.spend(text.size() / 8); }

/// The byte of code point `index`; nullopt beyond the end or below 0. The end itself is a place.
std::optional<std::size_t> place(std::string_view text, std::int64_t index) {
  if (index < 0 || index > static_cast<std::int64_t>(text.size())) return std::nullopt;
  const std::size_t byte = byte_of(text, static_cast<std::size_t>(index));
  if (byte == std::string_view::npos) return std::nullopt;
  return byte;
}

Value position(std::string_view text, std::size_t byte) {
  return Value::integer(static_cast<std::int64_t>(code_points(text.substr(0, byte))));
}

Value char_at(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !arguments[1].is(Kind::integer)) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!spend_for(evaluation, text)) return Evaluation::exhausted_error();
  const auto at = place(text, arguments[1].as_integer());
  if (!at) return out_of_range();
  return Value::string(*at == text.size() ? std::string_view() : text.substr(*at, utf8_length_at(text, *at)));
}

Value index_of(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !is_text(arguments[1])) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!spend_for(evaluation, text)) return Evaluation::exhausted_error();
  std::size_t from = 0;
  if (arguments.size() == 3) {
    if (!arguments[2].is(Kind::integer)) return no_overload();
    const auto at = place(text, arguments[2].as_integer());
    if (!at) return out_of_range();
    from = *at;
  }
  const std::size_t found = text.find(arguments[1].as_text(), from);
  return found == std::string_view::npos ? Value::integer(-1) : position(text, found);
}

Value last_index_of(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !is_text(arguments[1])) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!spend_for(evaluation, text)) return Evaluation::exhausted_error();
  std::size_t last = std::string_view::npos;
  if (arguments.size() == 3) {
    if (!arguments[2].is(Kind::integer)) return no_overload();
    const auto at = place(text, arguments[2].as_integer());
    if (!at) return out_of_range();
    last = *at;
  }
  const std::size_t found = text.rfind(arguments[1].as_text(), last);
  return found == std::string_view::npos ? Value::integer(-1) : position(text, found);
}

Value substring(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !arguments[1].is(Kind::integer)) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!spend_for(evaluation, text)) return Evaluation::exhausted_error();
  const auto begin = place(text, arguments[1].as_integer());
  std::optional<std::size_t> end = text.size();
  if (arguments.size() == 3) {
    if (!arguments[2].is(Kind::integer)) return no_overload();
    end = place(text, arguments[2].as_integer());
  }
  if (!begin || !end || *begin > *end) return out_of_range();
  return Value::string(text.substr(*begin, *end - *begin));
}

template <char first, char last, int offset>
Value change_case(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0])) return no_overload();
  const std::string_view text = arguments[0].as_text();
  char* to = evaluation.allocate<char>(text.size());
  if (to == nullptr || !spend_for(evaluation, text)) return Evaluation::exhausted_error();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    to[i] = c >= first && c <= last ? static_cast<char>(c + offset) : c;
  }
  return Value::string({to, text.size()});
}

Value trim(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0])) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!spend_for(evaluation, text)) return Evaluation::exhausted_error();
  std::size_t begin = 0;
  while (begin < text.size()) {
    const CodePoint point = code_point_at(text, begin);
    if (!is_unicode_space(point.value)) break;
    begin += point.length;
  }
  std::size_t end = begin;
  for (std::size_t at = begin; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    at += point.length;
    if (!is_unicode_space(point.value)) end = at;
  }
  return Value::string(text.substr(begin, end - begin));
}

Value reverse(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0])) return no_overload();
  const std::string_view text = arguments[0].as_text();
  char* to = evaluation.allocate<char>(text.size());
  if (to == nullptr || !spend_for(evaluation, text)) return Evaluation::exhausted_error();
  std::size_t end = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length_at(text, at);
    end -= length;
    text.copy(to + end, length, at);
    at += length;
  }
  return Value::string({to, text.size()});
}

/// How often `part` is in `text`, without overlaps, at most `limit` times. The empty text is before each code point and
/// at the end.
std::size_t occurrences(std::string_view text, std::string_view part, std::size_t limit) {
  if (part.empty()) return std::min(limit, code_points(text) + 1);
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos && count < limit;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

/// A negative limit, or none, is no limit.
std::optional<std::size_t> limit_of(Arguments arguments, std::size_t which) {
  if (arguments.size() <= which) return std::string_view::npos;
  if (!arguments[which].is(Kind::integer)) return std::nullopt;
  const std::int64_t limit = arguments[which].as_integer();
  return limit < 0 ? std::string_view::npos : static_cast<std::size_t>(limit);
}

Value replace(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !is_text(arguments[1]) || !is_text(arguments[2])) return no_overload();
  const auto limit = limit_of(arguments, 3);
  if (!limit) return no_overload();
  std::string_view text = arguments[0].as_text();
  const std::string_view part = arguments[1].as_text();
  const std::string_view with = arguments[2].as_text();
  const std::size_t count = occurrences(text, part, *limit);
  if (count == 0) return arguments[0];
  const std::size_t size = text.size() - count * part.size() + count * with.size();
  char* to = evaluation.allocate<char>(size);
  if (to == nullptr || !evaluation.spend((text.size() + size) / 8)) return Evaluation::exhausted_error();
  char* out = to;
  const auto put = [&](std::string_view piece) { out += piece.copy(out, piece.size()); };
  for (std::size_t i = 0; i < count; ++i) {
    if (part.empty()) {
      put(with);
      const std::size_t length = text.empty() ? 0 : utf8_length_at(text, 0);
      if (i + 1 == count) break;  // what is left follows below
      put(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    }
    const std::size_t at = text.find(part);
    put(text.substr(0, at));
    put(with);
    text.remove_prefix(at + part.size());
  }
  put(text);
  return Value::string({to, size});
}

Value split(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !is_text(arguments[1])) return no_overload();
  const auto limit = limit_of(arguments, 2);
  if (!limit) return no_overload();
  if (*limit == 0) return Value::list({});
  std::string_view text = arguments[0].as_text();
  const std::string_view separator = arguments[1].as_text();
  if (!evaluation.spend(text.size())) return Evaluation::exhausted_error();
  // An empty separator cuts between the code points.
  const std::size_t cuts = separator.empty() ? (text.empty() ? 0 : std::min(*limit, code_points(text)) - 1)
                                             : occurrences(text, separator, *limit - 1);
  if (separator.empty() && text.empty()) return Value::list({});
  Value* items = evaluation.allocate<Value>(cuts + 1);
  if (items == nullptr) return Evaluation::exhausted_error();
  for (std::size_t i = 0; i < cuts; ++i) {
    const std::size_t at = separator.empty() ? utf8_length_at(text, 0) : text.find(separator);
    new (items + i) Value(Value::string(text.substr(0, at)));
    text.remove_prefix(at + separator.size());
  }
  new (items + cuts) Value(Value::string(text));
  return Value::list({items, cuts + 1});
}

Value join(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::list)) return no_overload();
  if (arguments.size() == 2 && !is_text(arguments[1])) return no_overload();
  const std::span<const Value> items = arguments[0].as_list();
  const std::string_view separator = arguments.size() == 2 ? arguments[1].as_text() : std::string_view();
  std::size_t size = items.empty() ? 0 : (items.size() - 1) * separator.size();
  for (const Value& item : items) {
    if (!is_text(item)) return no_overload();
    size += item.as_text().size();
  }
  char* to = evaluation.allocate<char>(size);
  if (to == nullptr || !evaluation.spend(items.size() + size / 8)) return Evaluation::exhausted_error();
  char* out = to;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator.copy(out, separator.size());
    out += items[i].as_text().copy(out, items[i].as_text().size());
  }
  return Value::string({to, size});
}

Value quote(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0])) return no_overload();
  if (!spend_for(evaluation, arguments[0].as_text())) return Evaluation::exhausted_error();
  return evaluation.string(quoted(arguments[0].as_text()));
}

Value format(Evaluation& evaluation, Arguments arguments) {
  if (!is_text(arguments[0]) || !arguments[1].is(Kind::list)) return no_overload();
  return format_string(evaluation, arguments[0].as_text(), arguments[1].as_list());
}

constexpr std::array<Function, 13> kFunctions = {{
    {"charAt", true, "si:s", char_at},
    {"indexOf", true, "ss:i ssi:i", index_of},
    {"lastIndexOf", true, "ss:i ssi:i", last_index_of},
    {"substring", true, "si:s sii:s", substring},
    {"lowerAscii", true, "s:s", change_case<'A', 'Z', 'a' - 'A'>, 20},
    {"upperAscii", true, "s:s", change_case<'a', 'z', 'A' - 'a'>, 20},
    {"trim", true, "s:s", trim, 20},
    {"reverse", true, "s:s", reverse, 20},
    {"replace", true, "sss:s sssi:s", replace, 50},
    {"split", true, "ss:S ssi:S", split, 50},
    {"join", true, "S:s Ss:s", join, 50},
    {"strings.quote", false, "s:s", quote, 50},
    {"format", true, "sL:s", format, 100},
}};

}  // namespace

std::span<const Function> string_functions() { return kFunctions; }

}  // namespace tocsin::cel
