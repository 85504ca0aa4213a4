#include <cstdint>
#include <string>

#include "engine/model/check.h"
#include "rules/load.h"
#include "tests/fuzz/entries.h"

namespace {

class NoTables final : public tocsin::rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string& bytes) override {
    bytes = "a,b\n1,2\n";
    return true;
  }
};

}  // namespace

namespace tocsin::fuzz {

/// Whatever the bytes are: rules or errors, never both, never neither; and the same bytes say the same twice.
void rule_file(std::string_view bytes) {
  using namespace tocsin::rules;
  NoTables tables;
  const std::vector<SourceFile> files{{"fuzz.yaml", std::string{bytes}}};
  const Loaded first = load(files, tables);
  TOCSIN_CHECK((first.rules == nullptr) == has_errors(first.diagnostics), "rules or errors");
  for (const Diagnostic& diagnostic : first.diagnostics) {
    TOCSIN_CHECK(!to_text(diagnostic, true).empty() && !to_json(diagnostic).empty(), "findings can be told");
  }
  if (bytes.size() % 8 != 0) return;  // loading is most of the time: the rest is for some
  const Loaded second = load(files, tables);
  TOCSIN_CHECK(second.diagnostics.size() == first.diagnostics.size(), "same bytes, same findings");
  if (first.rules != nullptr) TOCSIN_CHECK(second.rules->digest == first.rules->digest, "same bytes, same rules");
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::rule_file({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
