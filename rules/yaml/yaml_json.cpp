#include "rules/yaml/yaml_json.h"

#include <algorithm>
#include <charconv>

#include "engine/model/json_writer.h"

namespace tocsin::rules {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// `0o17` and `0xff`: appends the decimal form.
bool append_based(std::string& out, std::string_view text) {
  const int base = text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 0;
  std::uint64_t number = 0;
  if (base == 0) return false;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data() + 2, end, number, base);
  if (failed != std::errc{} || rest != end) return false;
  out += std::to_string(number);
  return true;
}

// number = ["-" / "+"] ( "." 1*digit / 1*digit ["." *digit] ) [("e" / "E") ["-" / "+"] 1*digit]
/// Appends it in JSON's form, which wants digits on both sides of the point and no leading zeros.
bool append_number(std::string& out, std::string_view text) {
  std::string number;
  if (text.starts_with('-')) number += '-';
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t whole = count_digits(text);
  std::string_view digits = text.substr(0, whole);
  text.remove_prefix(whole);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  number += digits.empty() ? "0" : digits;
  bool has_digits = whole > 0;
  if (text.starts_with('.')) {
    const std::size_t fraction = count_digits(text.substr(1));
    if (fraction > 0) number += text.substr(0, fraction + 1);
    has_digits |= fraction > 0;
    text.remove_prefix(fraction + 1);
  }
  if (!has_digits) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    std::string_view exponent = text.substr(1);
    if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (exponent.empty() || count_digits(exponent) != exponent.size()) return false;
    number += text;
    text = {};
  }
  if (!text.empty()) return false;
  out += number;
  return true;
}

void append_scalar(std::string& out, const YamlNode& node) {
  if (node.plain) {
    for (const std::string_view word : {"true", "True", "TRUE"}) {
      if (node.text == word) return void(out += "true");
    }
    for (const std::string_view word : {"false", "False", "FALSE"}) {
      if (node.text == word) return void(out += "false");
    }
    if (append_based(out, node.text) || append_number(out, node.text)) return;
  }
  append_json_string(out, node.text);
}

}  // namespace

void append_json(std::string& out, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out += "null";
      return;
    case YamlNode::Kind::scalar:
      append_scalar(out, node);
      return;
    case YamlNode::Kind::sequence:
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, *node.items[i]);
      }
      out += ']';
      return;
    case YamlNode::Kind::map:
      out += '{';
      for (std::size_t i = 0; i < node.items.size(); i += 2) {
        if (i > 0) out += ',';
        append_json_string(out, node.items[i]->text);
        out += ':';
        append_json(out, *node.items[i + 1]);
      }
      out += '}';
      return;
  }
}

}  // namespace tocsin::rules
