#include "rules/load.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kText =
#include "builtin_text.inc"
    ;

}  // namespace

SourceFile builtin_rules() { return {"builtin.yaml", std::string{kText}}; }

}  // namespace tocsin::rules
