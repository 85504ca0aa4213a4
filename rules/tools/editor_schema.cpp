#include "rules/tools/editor_schema.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kText =
#include "editor_schema_text.inc"
    ;

}  // namespace

std::string_view editor_schema() { return kText; }

}  // namespace tocsin::rules
