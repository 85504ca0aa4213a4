// The JSON Schema for editors against the loader: the same keys, the same words, the same refusals of structure.
#include "rules/tools/editor_schema.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "rules/yaml/report.h"
#include "rules/yaml/yaml_json.h"
#include "tests/json_schema.h"
#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

namespace json = boost::json;

const json::value& schema() {
  static const json::value kSchema = json::parse(editor_schema());
  return kSchema;
}

json::value as_json(const std::string& yaml) {
  const SourceText source("t.yaml", yaml);
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  EXPECT_NE(tree.root(), nullptr) << yaml;
  std::string text;
  if (tree.root() != nullptr) append_json(text, *tree.root());
  return json::parse(text);
}

json::value every_key() { return as_json(read_file(source_dir() / "tests/rules/every_key.yaml")); }

/// The same in small files, a rule each, so that what is changed a thousand times loads quickly: section and file.
std::vector<std::pair<std::string, json::value>> every_key_in_parts() {
  const json::value whole = every_key();
  std::vector<std::pair<std::string, json::value>> parts;
  for (const auto& [section, value] : whole.as_object()) {
    const std::size_t count = value.is_array() ? value.as_array().size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      json::object file{{"tocsin", 1}, {"ruleset", "builtin"}};
      if (section == "correlate" || section == "normalise") file["tables"] = whole.at("tables");
      if (section == "route") file["plans"] = whole.at("plans");
      file[section] = value.is_array() ? json::array{value.as_array()[i]} : value;
      parts.emplace_back(section, std::move(file));
    }
  }
  return parts;
}

/// JSON is YAML.
Loaded load_json(const json::value& file) {
  TablesInMemory tables;
  tables.files["services.csv"] = "service,tier,owner\ncheckout,1,payments\n";
  tables.files["edges.csv"] = "from,to\na,b\n";
  return load({{"t.yaml", json::serialize(file)}}, tables);
}

/// The parts of the schema that speak of `instance` by `part`: the part itself and, of its conditions, what holds.
void for_each_part(const json::value& part, const json::value& instance,
                   const std::function<void(const json::object&)>& visit) {
  if (!part.is_object()) return;  // `true`: anything
  const json::object& object = part.as_object();
  if (const json::value* ref = object.if_contains("$ref")) {
    for_each_part(schema().at_pointer(std::string(ref->as_string()).substr(1)), instance, visit);
  }
  visit(object);
  if (const json::value* all = object.if_contains("allOf")) {
    for (const json::value& one : all->as_array()) {
      if (test::schema_errors(instance, one.at("if")).empty()) for_each_part(one.at("then"), instance, visit);
    }
  }
}

/// One value of a file: where it is, and what the schema says of it.
struct Spot {
  std::string pointer;
  const json::value* part = nullptr;
};

/// All values below `spot`, itself included, the outer ones first.
void walk(const json::value& file, const Spot& spot, const std::function<void(const Spot&)>& visit) {
  visit(spot);
  const json::value& instance = file.at_pointer(spot.pointer);
  for_each_part(*spot.part, instance, [&](const json::object& part) {
    if (const json::object* map = instance.if_object()) {
      const json::value* known = part.if_contains("properties");
      const json::value* others = part.if_contains("additionalProperties");
      for (const auto& [key, value] : *map) {
        const json::value* of_key = known == nullptr ? nullptr : known->as_object().if_contains(key);
        if (of_key == nullptr) of_key = others;
        if (of_key != nullptr && of_key->is_object())
          walk(file, {spot.pointer + "/" + std::string(key), of_key}, visit);
      }
    } else if (instance.is_array() && part.contains("items")) {
      for (std::size_t i = 0; i < instance.as_array().size(); ++i) {
        walk(file, {spot.pointer + "/" + std::to_string(i), &part.at("items")}, visit);
      }
    }
  });
}

/// Of a map: the keys that the schema knows. Nullopt when it may have any.
std::optional<std::set<std::string>> keys_of(const Spot& spot, const json::value& instance) {
  std::set<std::string> keys;
  bool is_closed = false;
  for_each_part(*spot.part, instance, [&](const json::object& part) {
    if (const json::value* known = part.if_contains("properties")) {
      for (const auto& [key, value] : known->as_object()) keys.emplace(key);
    }
    const json::value* others = part.if_contains("additionalProperties");
    is_closed |= others != nullptr && others->is_bool() && !others->as_bool();
  });
  return is_closed ? std::optional(keys) : std::nullopt;
}

/// The words between backticks.
std::set<std::string> quoted_in(std::string_view text) {
  std::set<std::string> words;
  while (true) {
    const std::size_t begin = text.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) return words;
    words.emplace(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

std::string lines(const std::vector<std::string>& errors) {
  std::string text;
  for (const std::string& error : errors) text += error + "\n";
  return text;
}

/// Findings about the form of a file, which a schema can know of; the rest (names of fields, severities, tables, plans,
/// types of expressions, calendars) it cannot.
bool is_about_form(const Diagnostic& finding) {
  constexpr std::string_view kCodes[]{"wrong_type",       "unknown_key",    "missing_key",  "conflicting_keys",
                                      "unknown_word",     "unknown_status", "unknown_kind", "bad_duration",
                                      "unknown_priority", "unknown_impact", "bad_name",     "unknown_urgency",
                                      "bad_number",       "too_few_steps",  "bad_matrix",   "bad_topic",
                                      "empty_key",        "bad_version",    "bad_scale"};
  return finding.level == DiagnosticLevel::error && std::ranges::find(kCodes, finding.code) != std::end(kCodes);
}

/// Both judges on a changed file. What the schema refuses the loader must refuse; what the loader refuses for its form
/// the schema must.
void expect_agreement(const json::value& changed, const std::string& what) {
  const Loaded loaded = load_json(changed);
  const auto by_schema = test::schema_errors(changed, schema());
  const bool by_loader = std::ranges::any_of(loaded.diagnostics, is_about_form);
  if (by_schema.empty()) {
    EXPECT_FALSE(by_loader) << what << ": the schema has nothing against it\n" << told(loaded);
  } else {
    EXPECT_TRUE(has_errors(loaded.diagnostics)) << what << ": the loader has nothing against it\n" << lines(by_schema);
  }
}

TEST(EditorSchema, TakesEveryFileThatIsShipped) {
  std::size_t count = 0;
  for (const char* folder : {"rules/library", "tests/scenarios"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / folder)) {
      if (entry.path().extension() != ".yaml") continue;
      EXPECT_EQ(lines(test::schema_errors(as_json(read_file(entry.path())), schema())), "") << entry.path();
      ++count;
    }
  }
  EXPECT_GE(count, 5U);
}

TEST(EditorSchema, TakesTheExampleOfTheLanguage) {
  const auto path = shared_dir() / "examples/payments.tocsin.yaml";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "the example of the rule language is not here: set TOCSIN_SHARED to its folder";
  }
  EXPECT_EQ(lines(test::schema_errors(as_json(read_file(path)), schema())), "");
}

TEST(EditorSchema, IsTheOneOfTheFile) {
  EXPECT_EQ(editor_schema(), read_file(source_dir() / "rules/schema/rules.v1.schema.json"));
}

TEST(EditorSchema, TheFileWithEveryKeyHasEveryKeyAndBothJudgesTakeIt) {
  const json::value file = every_key();
  EXPECT_EQ(lines(test::schema_errors(file, schema())), "");
  const Loaded loaded = load_json(file);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);

  std::map<const json::object*, std::set<std::string>> seen;  // by the `properties` that knows them
  walk(file, {"", &schema()}, [&](const Spot& spot) {
    const json::object* map = file.at_pointer(spot.pointer).if_object();
    if (map == nullptr) return;
    for_each_part(*spot.part, *map, [&](const json::object& part) {
      const json::value* known = part.if_contains("properties");
      if (known == nullptr) return;
      for (const auto& [key, value] : *map) seen[&known->as_object()].emplace(key);
    });
  });
  // It comes in place of `key`.
  const std::set<std::string> in_place_of_others{"ignore"};
  // These two are between files.
  const std::set<std::string> between_files{"scope", "override"};
  for (const auto& [key, value] : schema().at("properties").as_object()) {
    EXPECT_TRUE(seen[&schema().at("properties").as_object()].contains(key) || between_files.contains(key)) << key;
  }
  for (const auto& [name, part] : schema().at("$defs").as_object()) {
    const json::value* known = part.as_object().if_contains("properties");
    if (known == nullptr || between_files.contains(name)) continue;
    for (const auto& [key, value] : known->as_object()) {
      EXPECT_TRUE(seen[&known->as_object()].contains(key) || in_place_of_others.contains(key))
          << "no " << name << " in every_key.yaml has `" << key << "`";
    }
  }
}

/// Every value of every part, with the file that it is in.
void for_each_spot(const std::function<void(const json::value& file, const Spot& spot)>& visit) {
  for (const auto& [section, file] : every_key_in_parts()) {
    walk(file, {"", &schema()}, [&](const Spot& spot) {
      if (spot.pointer.empty() || spot.pointer.starts_with("/" + section)) visit(file, spot);
    });
  }
}

// The loader names the keys that it knows when it meets one that it does not.
TEST(EditorSchema, HasTheKeysThatTheLoaderHas) {
  std::size_t maps = 0;
  for_each_spot([&](const json::value& file, const Spot& spot) {
    if (!file.at_pointer(spot.pointer).is_object()) return;
    const auto keys = keys_of(spot, file.at_pointer(spot.pointer));
    if (!keys) return;
    ++maps;
    json::value changed = file;
    changed.at_pointer(spot.pointer).as_object()["zzzzzzzzzzzzzzzzzzzzzzzz"] = "0s";
    EXPECT_FALSE(test::schema_errors(changed, schema()).empty()) << spot.pointer;
    const Loaded loaded = load_json(changed);
    const auto found = std::ranges::find(loaded.diagnostics, "unknown_key", &Diagnostic::code);
    ASSERT_NE(found, loaded.diagnostics.end()) << spot.pointer << "\n" << told(loaded);
    EXPECT_EQ(quoted_in(found->hint), *keys) << spot.pointer << ": rules/schema/rules.v1.schema.json has other keys";
  });
  EXPECT_GE(maps, 50U);
}

TEST(EditorSchema, AgreesWithTheLoaderOnWhatMayBeMissing) {
  for_each_spot([](const json::value& file, const Spot& spot) {
    const json::object* map = file.at_pointer(spot.pointer).if_object();
    if (map == nullptr) return;
    for (const auto& [key, value] : *map) {
      if (key == "ruleset") continue;
      json::value changed = file;
      changed.at_pointer(spot.pointer).as_object().erase(key);
      expect_agreement(changed, spot.pointer + " without " + std::string(key));
    }
  });
}

TEST(EditorSchema, AgreesWithTheLoaderOnValuesOfAnotherKind) {
  const json::value others = json::parse(R"([null, "zz zz", 2, true, [], ["zz zz"], {}])");
  for_each_spot([&](const json::value& file, const Spot& spot) {
    if (spot.pointer.empty()) return;
    for (const json::value& other : others.as_array()) {
      json::value changed = file;
      changed.at_pointer(spot.pointer) = other;
      expect_agreement(changed, spot.pointer + " is " + json::serialize(other));
    }
  });
}

TEST(EditorSchema, ExplainsEverySectionAndKeyThatIsNotPlain) {
  for (const auto& [key, part] : schema().at("properties").as_object()) {
    if (!part.is_object() || part.as_object().contains("$ref")) continue;
    EXPECT_TRUE(part.as_object().contains("description")) << key;
  }
}

}  // namespace
}  // namespace tocsin::rules
