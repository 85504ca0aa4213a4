#include <algorithm>
#include <array>
#include <vector>

#include <boost/json.hpp>

#include "connectors/sinks/record.h"
#include "engine/model/json_writer.h"

namespace tocsin {
namespace {

namespace json = boost::json;

constexpr std::size_t kWhole = static_cast<std::size_t>(-1);
constexpr std::array<std::size_t, 5> kTextBytes{512, 256, 128, 64, 32};
constexpr std::array<std::size_t, 5> kLeastTextBytes{160, 80, 40, 20, 8};

/// What is left of an incident's revision, or of a dead letter, in its least form.
constexpr std::array<std::string_view, 22> kLeast{
    "schema_version", "incident_id",   "revision",     "event_id",      "event_type", "status",
    "title",          "severity",      "severity_num", "priority",      "opened_at",  "updated_at",
    "resolved_at",    "closed_at",     "position",     "received_at",   "source",     "tenant",
    "refused",        "refused_count", "body_bytes",   "body_truncated"};
/// Names, words of closed sets, and instants (`…_at`): half of one is none.
constexpr std::array<std::string_view, 8> kNames{"incident_id", "event_id", "merged_into", "parent_incident_id",
                                                 "event_type",  "status",   "severity",    "refused"};

/// How much of a value is written.
struct Form {
  std::size_t alerts = kWhole;              // listed
  std::vector<std::string_view> without{};  // nested parts that are left out
  bool nested = true;                       // any nested part at all
  std::size_t text_bytes = kWhole;
  bool least = false;  // only kLeast
};

bool is_cut(std::string_view name, std::size_t size, const Form& form) {
  return size > form.text_bytes && !name.ends_with("_at") && std::ranges::find(kNames, name) == kNames.end();
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;  // not inside a character
  return text.substr(0, bytes);
}

std::size_t alerts_in(const json::object& value) {
  const json::value* alerts = value.if_contains("alerts");
  return alerts != nullptr && alerts->is_array() ? alerts->get_array().size() : 0;
}

void write_alerts(JsonWriter& out, const json::array& alerts, std::size_t count) {
  out.key("alerts").begin_array();
  for (std::size_t i = 0; i < std::min(count, alerts.size()); ++i) out.raw(json::serialize(alerts[i]));
  out.end_array();
}

class Writer {
 public:
  Writer(const json::object& value, const Form& form) : value_(value), form_(form) {
    body_is_cut_ = std::ranges::any_of(std::array<std::string_view, 2>{"body", "body_base64"}, [this](auto name) {
      const json::value* body = value_.if_contains({name.data(), name.size()});
      return body != nullptr && body->is_string() && (form_.least || is_cut(name, body->get_string().size(), form_));
    });
  }

  std::string write() {
    std::string text;
    JsonWriter out(text);
    out.begin_object();
    for (const auto& [key, content] : value_) write_field(out, {key.data(), key.size()}, content);
    out.field("shortened", true);
    out.end_object();
    return text;
  }

 private:
  void write_field(JsonWriter& out, std::string_view name, const json::value& content) {
    if (name == "shortened") return;
    if (form_.least && std::ranges::find(kLeast, name) == kLeast.end()) return;
    if (content.is_structured()) {
      if (!form_.nested || form_.least || std::ranges::find(form_.without, name) != form_.without.end()) return;
      if (name == "alerts" && content.is_array()) return write_alerts(out, content.get_array(), form_.alerts);
      out.key(name).raw(json::serialize(content));
    } else if (name == "alerts_truncated") {
      const std::size_t all = alerts_in(value_);
      const std::size_t listed = form_.nested ? std::min(form_.alerts, all) : 0;
      out.field(name, content.to_number<std::uint64_t>() + all - listed);
    } else if (name == "body_truncated" && body_is_cut_) {
      out.field(name, true);
    } else if (const json::string* text = content.if_string()) {
      write_text(out, name, {text->data(), text->size()});
    } else {
      out.key(name).raw(json::serialize(content));
    }
  }

  void write_text(JsonWriter& out, std::string_view name, std::string_view text) {
    if (!is_cut(name, text.size(), form_)) {
      out.field(name, text);
    } else if (name.ends_with("url")) {
      out.field(name, "");  // half an address leads nowhere
    } else {
      out.field(name, cut(text, form_.text_bytes));
    }
  }

  const json::object& value_;
  const Form& form_;
  bool body_is_cut_ = false;
};

/// From the most to the least.
std::vector<Form> forms_of(const json::object& value) {
  std::vector<Form> forms;
  for (std::size_t alerts = alerts_in(value); alerts-- > 0;) forms.push_back({.alerts = alerts});
  Form form{.alerts = 0};
  for (const std::string_view part : {"links", "labels", "roles"}) {
    form.without.push_back(part);
    forms.push_back(form);
  }
  for (const std::size_t bytes : kTextBytes) {
    // Errors of a dead letter are worth more than the end of its body.
    forms.push_back({.alerts = 0, .without = form.without, .text_bytes = bytes});
  }
  forms.push_back({.nested = false, .text_bytes = kTextBytes.back()});
  for (const std::size_t bytes : kLeastTextBytes)
    forms.push_back({.nested = false, .text_bytes = bytes, .least = true});
  return forms;
}

}  // namespace

std::string fit_value(std::string_view value, std::size_t bytes_max) {
  if (value.size() <= bytes_max) return std::string(value);
  json::error_code error;
  const json::value parsed = json::parse({value.data(), value.size()}, error);
  if (error || !parsed.is_object()) return {};
  for (const Form& form : forms_of(parsed.get_object())) {
    std::string text = Writer(parsed.get_object(), form).write();
    if (text.size() <= bytes_max) return text;
  }
  return {};
}

}  // namespace tocsin
