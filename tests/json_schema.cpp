#include "tests/json_schema.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <re2/re2.h>

#include "engine/model/time_text.h"

namespace tocsin::test {
namespace {

namespace json = boost::json;

bool has_type(const json::value& instance, std::string_view type) {
  if (type == "object") return instance.is_object();
  if (type == "array") return instance.is_array();
  if (type == "string") return instance.is_string();
  if (type == "boolean") return instance.is_bool();
  if (type == "null") return instance.is_null();
  if (type == "integer") return instance.is_int64() || instance.is_uint64();
  return type == "number" && instance.is_number();
}

std::int64_t characters(const json::string& text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class Check {
 public:
  Check(const json::value& root, std::vector<std::string>& errors) : root_(root), errors_(errors) {}

  void check(const json::value& instance, const json::value& schema, const std::string& at) {
    if (const bool* all = schema.if_bool()) {
      if (!*all) errors_.push_back(at + ": is not allowed");
      return;
    }
    for (const auto& [keyword, rule] : schema.as_object()) check_keyword(instance, schema, keyword, rule, at);
  }

 private:
  void expect(bool holds, const std::string& at, const std::string& what) {
    if (!holds) errors_.push_back(at + ": " + what);
  }

  void check_keyword(const json::value& instance, const json::value& schema, const std::string& keyword,
                     const json::value& rule, const std::string& at) {
    static const std::set<std::string> kNotes{"$schema", "$id", "$defs", "title", "description"};
    if (kNotes.contains(keyword)) return;
    if (keyword == "$ref") return check(instance, root_.at_pointer(std::string(rule.as_string()).substr(1)), at);
    if (keyword == "type") return check_type(instance, rule, at);
    if (keyword == "const") return expect(instance == rule, at, "is not the constant");
    if (keyword == "enum")
      return expect(std::ranges::count(rule.as_array(), instance) > 0, at, "is not one of the values");
    if (check_parts(instance, schema, keyword, rule, at)) return;
    if (check_text(instance, keyword, rule, at) || check_number(instance, keyword, rule, at)) return;
    if (check_object(instance, schema, keyword, rule, at) || check_array(instance, keyword, rule, at)) return;
    errors_.push_back(at + ": the schema has a keyword that is not known here: " + keyword);
  }

  bool is_valid(const json::value& instance, const json::value& schema) {
    std::vector<std::string> errors;
    Check(root_, errors).check(instance, schema, "");
    return errors.empty();
  }

  /// Keywords that hold whole schemas.
  bool check_parts(const json::value& instance, const json::value& schema, const std::string& keyword,
                   const json::value& rule, const std::string& at) {
    const auto holds = [&](const json::value& part) { return is_valid(instance, part); };
    if (keyword == "allOf") {
      for (const json::value& part : rule.as_array()) check(instance, part, at);
    } else if (keyword == "anyOf") {
      expect(std::ranges::any_of(rule.as_array(), holds), at, "fits none of anyOf");
    } else if (keyword == "oneOf") {
      expect(std::ranges::count_if(rule.as_array(), holds) == 1, at, "does not fit exactly one of oneOf");
    } else if (keyword == "if") {
      if (holds(rule)) check(instance, schema.at("then"), at);
    } else if (keyword != "then") {
      return false;
    }
    return true;
  }

  void check_type(const json::value& instance, const json::value& rule, const std::string& at) {
    const auto fits = [&](const json::value& type) { return has_type(instance, std::string(type.as_string())); };
    const bool holds = rule.is_array() ? std::ranges::any_of(rule.as_array(), fits) : fits(rule);
    expect(holds, at, "is not of type " + json::serialize(rule));
  }

  bool check_text(const json::value& instance, const std::string& keyword, const json::value& rule,
                  const std::string& at) {
    const json::string* text = instance.if_string();
    if (keyword == "maxLength") {
      if (text != nullptr) expect(characters(*text) <= rule.as_int64(), at, "is too long");
    } else if (keyword == "minLength") {
      if (text != nullptr) expect(characters(*text) >= rule.as_int64(), at, "is too short");
    } else if (keyword == "pattern") {
      const re2::RE2 pattern(std::string(rule.as_string()));
      if (text != nullptr) expect(re2::RE2::PartialMatch(std::string(*text), pattern), at, "does not match");
    } else if (keyword == "format") {
      expect(rule == "date-time", at, "the schema has a format that is not known here");
      if (text != nullptr) expect(parse_rfc3339(std::string(*text)).has_value(), at, "is not a date-time");
    } else {
      return false;
    }
    return true;
  }

  bool check_number(const json::value& instance, const std::string& keyword, const json::value& rule,
                    const std::string& at) {
    if (keyword != "minimum" && keyword != "maximum") return false;
    if (!has_type(instance, "integer")) return true;
    const auto number = instance.to_number<std::int64_t>();
    expect(keyword == "minimum" ? number >= rule.as_int64() : number <= rule.as_int64(), at,
           "is not within the " + keyword);
    return true;
  }

  bool check_object(const json::value& instance, const json::value& schema, const std::string& keyword,
                    const json::value& rule, const std::string& at) {
    const json::object* object = instance.if_object();
    if (keyword == "required") {
      for (const json::value& name : rule.as_array()) {
        if (object != nullptr) expect(object->contains(name.as_string()), at, "lacks " + std::string(name.as_string()));
      }
    } else if (keyword == "dependentRequired") {
      for (const auto& [name, others] : rule.as_object()) {
        if (object == nullptr || !object->contains(name)) continue;
        for (const json::value& other : others.as_array()) {
          expect(object->contains(other.as_string()), at, "lacks " + std::string(other.as_string()));
        }
      }
    } else if (keyword == "minProperties") {
      if (object != nullptr) expect(static_cast<std::int64_t>(object->size()) >= rule.as_int64(), at, "has too little");
    } else if (keyword == "maxProperties") {
      if (object != nullptr) expect(static_cast<std::int64_t>(object->size()) <= rule.as_int64(), at, "has too much");
    } else if (keyword == "properties") {
      for (const auto& [name, part] : rule.as_object()) {
        if (object != nullptr && object->contains(name)) check(object->at(name), part, at + "/" + std::string(name));
      }
    } else if (keyword == "additionalProperties") {
      const json::value* known = schema.as_object().if_contains("properties");
      if (object == nullptr) return true;
      for (const auto& [name, content] : *object) {
        if (known == nullptr || !known->as_object().contains(name)) check(content, rule, at + "/" + std::string(name));
      }
    } else {
      return false;
    }
    return true;
  }

  bool check_array(const json::value& instance, const std::string& keyword, const json::value& rule,
                   const std::string& at) {
    const json::array* array = instance.if_array();
    if (keyword == "items") {
      for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        check((*array)[i], rule, at + "/" + std::to_string(i));
      }
    } else if (keyword == "maxItems") {
      if (array != nullptr)
        expect(static_cast<std::int64_t>(array->size()) <= rule.as_int64(), at, "has too many items");
    } else if (keyword == "minItems") {
      if (array != nullptr)
        expect(static_cast<std::int64_t>(array->size()) >= rule.as_int64(), at, "has too few items");
    } else {
      return false;
    }
    return true;
  }

  const json::value& root_;
  std::vector<std::string>& errors_;
};

}  // namespace

std::vector<std::string> schema_errors(const json::value& instance, const json::value& schema) {
  std::vector<std::string> errors;
  Check(schema, errors).check(instance, schema, "");
  return errors;
}

}  // namespace tocsin::test
