#pragma once

#include "engine/core/shard.h"
#include "engine/runtime/journal/journal.h"
#include "rules/load.h"

namespace tocsin {

/// A shard that a journal is replayed through from its first input on. It begins with the built-in rules; a journal has
/// its own as its first input. `journal` outlives it.
inline Shard explaining_shard(const Journal& journal) {
  class NoTables final : public rules::TableReader {
   public:
    bool read(std::string_view, std::string_view, std::string&) override { return false; }
  };
  NoTables tables;
  return Shard(rules::load({rules::builtin_rules()}, tables).rules, journal.key());
}

}  // namespace tocsin
