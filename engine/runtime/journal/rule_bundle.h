#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/refusal.h"
#include "rules/load.h"

namespace tocsin {

/// All that a rule set is made of, as it was read: what the journal keeps of it, so that a replay has the rules of then
/// whatever lies on the disk by now.
struct RuleBundle {
  struct Table {
    std::string rule_file;   // that named it
    std::string table_file;  // as it named it
    std::string bytes;
  };
  std::vector<rules::SourceFile> files;  // in their order; last the built-in ones, where they fill in
  std::vector<Table> tables;             // in the order of reading
  /// Version of the time zone data of the machine that calendars went by; "" where it is not known, or was not kept.
  std::string zone_data{};
};

/// Rule files as they were read and what became of them.
struct RuleReading {
  rules::RuleSetPtr rules;         // null: refused, `diagnostics` says why
  std::string packed;              // pack_rules of what was read
  rules::Diagnostics diagnostics;  // warnings too
};

/// Loads rule files with their tables. A set that is larger than kRuleSetBytesMax is refused.
RuleReading read_rules(std::vector<rules::SourceFile> files, rules::TableReader& tables);

/// bytes, packed by pack_body: [version u8 = 2][files u32]([name][bytes])…[tables u32]([rule file][table
/// file][bytes])…[zone data], each text as [length u32][text], all little-endian. Version 1 has no zone data. Requires:
/// at most kRuleSetBytesMax bytes of texts.
std::string pack_rules(const RuleBundle& bundle);
/// storage_failed when `packed` is not what pack_rules makes.
Result<RuleBundle> unpack_rules(std::string_view packed);

/// The rule set of a journal entry; storage_failed with a sentence for people when it is damaged or loads no more.
Result<rules::RuleSetPtr> load_packed_rules(std::string_view packed);

}  // namespace tocsin
