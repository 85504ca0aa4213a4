#include "rules/draft.h"

namespace tocsin::rules {

void read_suppress(const YamlNode& node, Context& context) {
  constexpr std::string_view kAtEnd[]{"recheck"};
  for (const YamlNode* item : read_list(node, "`suppress`", context.report)) {
    const MapReader map(*item, "a suppress rule", {"id", "when", "during", "inhibited_by", "equal", "settle", "at_end"},
                        context.report);
    read_id(map, context);
    read_when(map, Scope::alert, context);
    const YamlNode* during = map.find("during");
    const YamlNode* inhibited_by = map.find("inhibited_by");
    if (item->is_map() && (during == nullptr) == (inhibited_by == nullptr)) {
      context.report.error(*item, during == nullptr ? "missing_key" : "conflicting_keys",
                           "a suppress rule has either `during` or `inhibited_by`");
    }
    if (during != nullptr) read_windows(*during, "`during`", context);
    if (inhibited_by != nullptr) context.compiler.predicate(*inhibited_by, Scope::alert, context.report);
    if (const YamlNode* equal = map.find("equal")) read_fields(*equal, "`equal`", context);
    if (const YamlNode* settle = map.find("settle")) read_duration(*settle, "`settle`", Duration{0}, context.report);
    if (const YamlNode* at_end = map.find("at_end")) {
      read_word(*at_end, "`at_end`", kAtEnd, "unknown_word", context.report);
    }
    if (item->is_map()) warn_not_yet_effective(*item, "suppress", context.report);
  }
}

}  // namespace tocsin::rules
