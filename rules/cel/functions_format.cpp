// string.format(list): %s %d %f %e %x %X %o %b %%, with a precision for f and e.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "rules/cel/functions.h"
#include "rules/cel/ip_address.h"
#include "rules/cel/text.h"
#include "rules/cel/type.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

constexpr int kPrecisionDefault = 6;
constexpr int kPrecisionMax = 1000;

/// Bytes as text: each run of bytes that are not UTF-8 becomes one replacement character.
std::string readable(std::string_view bytes) {
  std::string text;
  bool replaced = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = code_point_at(bytes, at);
    if (point.valid || !replaced) append_utf8(text, point.value);
    replaced = !point.valid;
    at += point.length;
  }
  return text;
}

class Formatter {
 public:
  Formatter(Evaluation& evaluation, std::string_view format, std::span<const Value> arguments)
      : evaluation_(evaluation), format_(format), arguments_(arguments) {}

  Value run() {
    std::size_t at = 0;
    while (at < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at), format_.size());
      out_.append(format_.substr(at, percent - at));
      at = percent;
      if (at < format_.size() && !clause(at)) return error_;
      if (out_.size() > Evaluation::kBytesMax || !evaluation_.spend(1)) return Evaluation::exhausted_error();
    }
    if (next_ != arguments_.size()) return bad_argument("format has more arguments than clauses");
    return evaluation_.string(out_);
  }

 private:
  bool fail(const Value& error) {
    error_ = error;
    return false;
  }

  /// Takes the clause that starts at the percent sign.
  bool clause(std::size_t& at) {
    ++at;
    if (at >= format_.size()) return fail(bad_argument("a format clause is not complete"));
    if (format_[at] == '%') {
      out_ += '%';
      ++at;
      return true;
    }
    int precision = -1;
    if (format_[at] == '.' && !take_precision(++at, precision)) return false;
    if (at >= format_.size()) return fail(bad_argument("a format clause is not complete"));
    const char verb = format_[at++];
    if (std::string_view("sdfexXob").find(verb) == std::string_view::npos) {
      return fail(bad_argument("an unknown format clause"));
    }
    if (next_ >= arguments_.size()) return fail(bad_argument("format has fewer arguments than clauses"));
    return write(verb, precision, arguments_[next_++]);
  }

  bool take_precision(std::size_t& at, int& precision) {
    precision = 0;
    const std::size_t first = at;
    while (at < format_.size() && format_[at] >= '0' && format_[at] <= '9') {
      precision = precision * 10 + (format_[at++] - '0');
      if (precision > kPrecisionMax) return fail(bad_argument("a precision is too large"));
    }
    return at > first || fail(bad_argument("a precision without digits"));
  }

  bool write(char verb, int precision, const Value& value) {
    switch (verb) {
      case 's':
        return write_text(value);
      case 'd':
        return write_decimal(value);
      case 'f':
      case 'e':
        return write_floating(verb, precision < 0 ? kPrecisionDefault : precision, value);
      default:
        return write_digits(verb, value);
    }
  }

  bool write_decimal(const Value& value) {
    switch (value.kind()) {
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::floating:
        return write_text(value);
      default:
        return fail(no_overload());
    }
  }

  bool write_floating(char verb, int precision, const Value& value) {
    double number = 0;
    switch (value.kind()) {
      case Kind::integer:
        number = static_cast<double>(value.as_integer());
        break;
      case Kind::unsigned_integer:
        number = static_cast<double>(value.as_unsigned());
        break;
      case Kind::floating:
        number = value.as_floating();
        break;
      default:
        return fail(no_overload());
    }
    if (!std::isfinite(number)) {
      out_ += floating_text(number);
    } else {
      out_ += verb == 'f' ? fmt::format("{:.{}f}", number, precision) : fmt::format("{:.{}e}", number, precision);
    }
    return true;
  }

  bool write_digits(char verb, const Value& value) {
    std::uint64_t magnitude = value.as_unsigned();
    switch (value.kind()) {
      case Kind::integer:
        if (value.as_integer() < 0) {
          out_ += '-';
          magnitude = 0 - magnitude;
        }
        break;
      case Kind::unsigned_integer:
        break;
      case Kind::boolean:
        if (verb != 'b') return fail(no_overload());
        break;
      case Kind::string:
      case Kind::bytes:
        return write_hexadecimal(verb, value.as_text());
      default:
        return fail(no_overload());
    }
    switch (verb) {
      case 'x':
        out_ += fmt::format("{:x}", magnitude);
        break;
      case 'X':
        out_ += fmt::format("{:X}", magnitude);
        break;
      case 'o':
        out_ += fmt::format("{:o}", magnitude);
        break;
      default:
        out_ += fmt::format("{:b}", magnitude);
        break;
    }
    return true;
  }

  bool write_hexadecimal(char verb, std::string_view bytes) {
    if (verb != 'x' && verb != 'X') return fail(no_overload());
    if (!evaluation_.spend(bytes.size() / 4)) return fail(Evaluation::exhausted_error());
    for (const char c : bytes) {
      const auto byte = static_cast<std::uint8_t>(c);
      out_ += verb == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
    }
    return true;
  }

  bool write_text(const Value& value) {
    if (out_.size() > Evaluation::kBytesMax || !evaluation_.spend(4 + value.size_hint() / 16)) {
      return fail(Evaluation::exhausted_error());
    }
    switch (value.kind()) {
      case Kind::error:
        return fail(value);
      case Kind::null:
        out_ += "null";
        return true;
      case Kind::boolean:
        out_ += value.as_bool() ? "true" : "false";
        return true;
      case Kind::integer:
        out_ += std::to_string(value.as_integer());
        return true;
      case Kind::unsigned_integer:
        out_ += std::to_string(value.as_unsigned());
        return true;
      case Kind::floating:
        out_ += plain_floating_text(value.as_floating());
        return true;
      case Kind::string:
      case Kind::type:
        out_ += value.as_text();
        return true;
      case Kind::bytes:
        out_ += readable(value.as_text());
        return true;
      case Kind::timestamp:
        out_ += timestamp_text(value);
        return true;
      case Kind::duration:
        out_ += duration_text(value.duration_ns());
        return true;
      case Kind::enumeration:
        out_ += value.enum_type().names()[value.enum_index()];
        return true;
      case Kind::ip:
        out_ += to_text(value.as_ip());
        return true;
      case Kind::cidr:
        out_ += to_text(value.as_cidr());
        return true;
      case Kind::list:
        return write_list(value.as_list());
      case Kind::map:
        return write_map(value);
      case Kind::record:
        return fail(no_overload());
    }
    return false;
  }

  bool write_list(std::span<const Value> items) {
    const Evaluation::Level level(evaluation_);
    if (!level) return fail(Evaluation::exhausted_error());
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!write_text(items[i])) return false;
    }
    out_ += ']';
    return true;
  }

  /// In order of the formatted keys.
  bool write_map(const Value& map) {
    const Evaluation::Level level(evaluation_);
    if (!level) return fail(Evaluation::exhausted_error());
    std::vector<std::pair<std::string, Value>> entries;
    for (std::uint32_t i = 0; i < map.map_size(); ++i) {
      const MapEntry entry = map.map_entry(i);
      std::string before = std::move(out_);
      out_.clear();
      const bool written = write_text(entry.key);
      entries.emplace_back(std::move(out_), entry.value);
      out_ = std::move(before);
      if (!written) return false;
    }
    std::ranges::sort(entries, {}, [](const auto& entry) -> const std::string& { return entry.first; });
    out_ += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += entries[i].first + ": ";
      if (!write_text(entries[i].second)) return false;
    }
    out_ += '}';
    return true;
  }

  Evaluation& evaluation_;
  std::string_view format_;
  std::span<const Value> arguments_;
  std::size_t next_ = 0;
  std::string out_;
  Value error_;
};

}  // namespace

Value format_string(Evaluation& evaluation, std::string_view format, std::span<const Value> arguments) {
  return Formatter(evaluation, format, arguments).run();
}

}  // namespace tocsin::cel
