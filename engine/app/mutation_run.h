#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/json_writer.h"
#include "engine/story/story_run.h"
#include "rules/load.h"
#include "rules/tools/mutation.h"

namespace tocsin::app {

/// What became of the mutants of one rule file.
struct MutationReport {
  struct Accepted {
    rules::Mutant mutant;
    std::string reason;
  };
  struct Unused {
    rules::Place place;
    std::string message;
  };
  std::size_t made = 0;
  std::size_t killed = 0;
  std::size_t not_loaded = 0;            // the change made a file with errors
  bool bounded = false;                  // there are more than were made
  std::vector<rules::Mutant> survivors;  // in order of place
  std::vector<Accepted> accepted;
  std::vector<Unused> unused;  // comments `# survives:` that accept nothing

  bool is_clean() const { return survivors.empty() && unused.empty(); }
};

/// After each mutant: how many are done, of how many, and how many of them survived.
using MutationProgress = std::function<void(std::size_t done, std::size_t of, std::size_t survived)>;

/// Tells the stories of the last of `files` to each of that file's mutants, beside the others as they are, in order of
/// place. Requires: all `stories` pass on the files as they are.
MutationReport run_mutants(const std::vector<rules::SourceFile>& files, const std::vector<rules::Story>& stories,
                           rules::TableReader& tables, const BodyDecoder& decode, const MutationProgress& progress);

/// For people: the survivors with their lines, what was accepted, the count.
std::string text_report(const MutationReport& report, const rules::SourceFile& file, bool colour);
/// One object: the counts, and what survived, was accepted, accepts nothing.
void append_json(JsonWriter& json, const std::string& file, const MutationReport& report);

}  // namespace tocsin::app
