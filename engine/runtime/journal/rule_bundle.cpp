#include "engine/runtime/journal/rule_bundle.h"

#include <algorithm>

#include "engine/model/limits.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/zone_data.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kPackedBytesMax = limits::kRuleSetBytesMax + limits::kRuleSetBytesMax / 16;  // with the lengths

std::unexpected<Error> corrupt(const char* what) { return refuse(Refusal::storage_failed, what); }

void append_text(std::string& out, std::string_view text) {
  append_little_endian(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

std::string read_text(ByteReader& reader) { return std::string(reader.text(reader.little_endian<std::uint32_t>())); }

/// Hands on what another reader reads, and keeps it.
class KeepingReader final : public rules::TableReader {
 public:
  KeepingReader(rules::TableReader& from, std::vector<RuleBundle::Table>& kept) : from_(from), kept_(kept) {}
  bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) override {
    if (!from_.read(rule_file, table_file, bytes)) return false;
    kept_.push_back({std::string(rule_file), std::string(table_file), bytes});
    return true;
  }

 private:
  rules::TableReader& from_;
  std::vector<RuleBundle::Table>& kept_;
};

class KeptTables final : public rules::TableReader {
 public:
  explicit KeptTables(const std::vector<RuleBundle::Table>& tables) : tables_(tables) {}
  bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) override {
    const auto found = std::ranges::find_if(tables_, [&](const RuleBundle::Table& table) {
      return table.rule_file == rule_file && table.table_file == table_file;
    });
    if (found == tables_.end()) return false;
    bytes = found->bytes;
    return true;
  }

 private:
  const std::vector<RuleBundle::Table>& tables_;
};

std::size_t bytes_of(const RuleBundle& bundle) {
  std::size_t bytes = 0;
  for (const rules::SourceFile& file : bundle.files) bytes += file.name.size() + file.bytes.size();
  for (const RuleBundle::Table& table : bundle.tables)
    bytes += table.rule_file.size() + table.table_file.size() + table.bytes.size();
  return bytes;
}

rules::Diagnostic too_large(const std::string& file) {
  rules::Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.code = "rule_set_too_large";
  diagnostic.message = "rule files and tables have more than " +
                       std::to_string(limits::kRuleSetBytesMax / (1024 * 1024)) + " MiB together";
  return diagnostic;
}

}  // namespace

RuleReading read_rules(std::vector<rules::SourceFile> files, rules::TableReader& tables) {
  RuleBundle bundle;
  bundle.files = std::move(files);
  bundle.zone_data = zone_data_version();
  KeepingReader keeping(tables, bundle.tables);
  rules::Loaded loaded = rules::load(bundle.files, keeping);
  RuleReading reading{loaded.rules, {}, std::move(loaded.diagnostics)};
  if (!reading.rules) return reading;
  // A later version may have other built-in rules.
  if (loaded.is_on_builtin) bundle.files.push_back(rules::builtin_rules());
  if (bytes_of(bundle) <= limits::kRuleSetBytesMax) {
    reading.packed = pack_rules(bundle);
  } else {
    reading.rules = nullptr;
    reading.diagnostics.push_back(too_large(bundle.files.front().name));
  }
  return reading;
}

std::string pack_rules(const RuleBundle& bundle) {
  std::string bytes;
  append_little_endian(bytes, kVersion);
  append_little_endian(bytes, static_cast<std::uint32_t>(bundle.files.size()));
  for (const rules::SourceFile& file : bundle.files) {
    append_text(bytes, file.name);
    append_text(bytes, file.bytes);
  }
  append_little_endian(bytes, static_cast<std::uint32_t>(bundle.tables.size()));
  for (const RuleBundle::Table& table : bundle.tables) {
    append_text(bytes, table.rule_file);
    append_text(bytes, table.table_file);
    append_text(bytes, table.bytes);
  }
  append_text(bytes, bundle.zone_data);
  return pack_body(bytes, kPackedBytesMax);
}

Result<RuleBundle> unpack_rules(std::string_view packed) {
  std::string buffer;
  const auto bytes = unpack_body(packed, buffer, kPackedBytesMax);
  if (!bytes) return std::unexpected(bytes.error());
  ByteReader reader(*bytes);
  const auto version = reader.little_endian<std::uint8_t>();
  if (version != kVersion && version != 1)
    return corrupt("a rule set is kept in a form that this tocsin does not know");
  RuleBundle bundle;
  const auto files = reader.little_endian<std::uint32_t>();
  for (std::uint32_t i = 0; i < files && reader.ok(); ++i) {
    std::string name = read_text(reader);
    bundle.files.push_back({std::move(name), read_text(reader)});
  }
  const auto tables = reader.little_endian<std::uint32_t>();
  for (std::uint32_t i = 0; i < tables && reader.ok(); ++i) {
    std::string rule_file = read_text(reader);
    std::string table_file = read_text(reader);
    bundle.tables.push_back({std::move(rule_file), std::move(table_file), read_text(reader)});
  }
  if (version >= 2) bundle.zone_data = read_text(reader);
  if (!reader.ok() || !reader.rest().empty()) return corrupt("a rule set is damaged");
  return bundle;
}

Result<rules::RuleSetPtr> load_packed_rules(std::string_view packed) {
  const auto bundle = unpack_rules(packed);
  if (!bundle) return std::unexpected(bundle.error());
  note_zone_data(bundle->zone_data);
  KeptTables tables(bundle->tables);
  rules::Loaded loaded = rules::load(bundle->files, tables);
  if (loaded.rules) return loaded.rules;
  std::string why =
      "a rule set that was in force loads no more: this tocsin reads rules otherwise than the one that "
      "wrote it";
  for (const rules::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.level == rules::DiagnosticLevel::error) why += "\n" + rules::to_text(diagnostic, false);
  }
  return refuse(Refusal::storage_failed, std::move(why));
}

}  // namespace tocsin
