#include <algorithm>
#include <string>

#include "engine/model/check.h"
#include "rules/tools/format.h"
#include "rules/yaml/report.h"
#include "rules/yaml/yaml_json.h"
#include "rules/yaml/yaml_tree.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {
namespace {

/// What it means to who reads it.
std::string meaning_of(const std::string& text) {
  const rules::SourceText source("fuzz.yaml", text);
  rules::Report report(source);
  const rules::YamlTree tree = rules::parse_yaml(source, report);
  TOCSIN_CHECK(!rules::has_errors(report.take()), "what is formatted is YAML");
  std::string json;
  if (tree.root() != nullptr) rules::append_json(json, *tree.root());
  return json;
}

/// All that is no white space: formatting changes nothing else, comments and quotes included.
std::string ink_of(std::string_view text) {
  std::string ink{text};
  std::erase_if(ink, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return ink;
}

}  // namespace

void rule_format(std::string_view text) {
  const auto once = rules::format({"fuzz.yaml", std::string{text}});
  if (!once) {
    TOCSIN_CHECK(rules::has_errors(once.error()), "what is refused has an error");
    return;
  }
  const auto twice = rules::format({"fuzz.yaml", *once});
  TOCSIN_CHECK(twice && *twice == *once, "formatting again changes nothing");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  TOCSIN_CHECK(ink_of(*once) == ink_of(text), "only white space changes");
  TOCSIN_CHECK(meaning_of(*once) == meaning_of(std::string{text}), "the meaning stays");
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::rule_format({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
