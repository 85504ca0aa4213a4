#include "engine/app/mutation_run.h"

#include <algorithm>

#include "rules/yaml/diagnostic.h"

namespace tocsin::app {
namespace {

bool is_killed(const rules::RuleSetPtr& rules, const std::vector<rules::Story>& stories, const BodyDecoder& decode) {
  return std::ranges::any_of(stories,
                             [&](const rules::Story& story) { return !run_story(story, rules, decode).passed(); });
}

/// The first comment that accepts the mutant; its index, or nothing.
const rules::Acceptance* accepting(const std::vector<rules::Acceptance>& acceptances, const rules::Mutant& mutant) {
  const auto found =
      std::ranges::find_if(acceptances, [&](const rules::Acceptance& one) { return !one.reason_for(mutant).empty(); });
  return found == acceptances.end() ? nullptr : &*found;
}

/// Comments that no survivor needs, and what is wrong with them.
void find_unused(const std::vector<rules::Acceptance>& acceptances, const std::vector<rules::Mutant>& mutants,
                 const std::vector<const rules::Acceptance*>& used, MutationReport& report) {
  for (const rules::Acceptance& acceptance : acceptances) {
    if (std::ranges::find(used, &acceptance) != used.end()) continue;
    const bool is_killed = std::ranges::any_of(
        mutants, [&](const rules::Mutant& mutant) { return !acceptance.reason_for(mutant).empty(); });
    report.unused.push_back({acceptance.place, is_killed ? "the tests notice this mutant: the comment is not needed"
                                                         : "no mutant of this name is here, or the reason is missing"});
  }
}

}  // namespace

MutationReport run_mutants(const std::vector<rules::SourceFile>& files, const std::vector<rules::Story>& stories,
                           rules::TableReader& tables, const BodyDecoder& decode, const MutationProgress& progress) {
  const rules::RuleText text(files.back());
  const std::vector<rules::Mutant> mutants = rules::mutants_of(text);
  const std::vector<rules::Acceptance> acceptances = rules::acceptances_of(text);
  std::vector<const rules::Acceptance*> used;
  std::vector<rules::SourceFile> changed = files;
  MutationReport report;
  const rules::RuleSetPtr before = rules::load(files, tables).rules;
  report.bounded = mutants.size() == rules::kMutantsMax;
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    const rules::Mutant& mutant = mutants[i];
    changed.back() = rules::mutated(text, mutant);
    const rules::Loaded loaded = rules::load(changed, tables);
    if (loaded.rules && before && rules::means_the_same(mutant, *before, *loaded.rules)) continue;
    ++report.made;
    if (!loaded.rules) {
      ++report.not_loaded;
    } else if (is_killed(loaded.rules, stories, decode)) {
      ++report.killed;
    } else if (const rules::Acceptance* acceptance = accepting(acceptances, mutant)) {
      used.push_back(acceptance);
      report.accepted.push_back({mutant, std::string{acceptance->reason_for(mutant)}});
    } else {
      report.survivors.push_back(mutant);
    }
    progress(i + 1, mutants.size(), report.survivors.size());
  }
  find_unused(acceptances, mutants, used, report);
  return report;
}

std::string text_report(const MutationReport& report, const rules::SourceFile& file, bool colour) {
  const rules::RuleText text(file);
  const auto at = [](const rules::Place& place) {
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  };
  std::string out;
  for (const rules::Mutant& mutant : report.survivors) {
    ((out += at(mutant.place)) += ": `") += mutant.name;
    out += colour ? "` \033[31msurvived\033[0m\n" : "` survived\n";
    ((out += "    ") += text.source().line(mutant.place.line)) += '\n';
    out += "    " + std::string(mutant.place.column - 1, ' ') + "^\n";
  }
  for (const MutationReport::Accepted& accepted : report.accepted) {
    out += at(accepted.mutant.place) + ": `" + accepted.mutant.name + "` is accepted: " + accepted.reason + "\n";
  }
  for (const MutationReport::Unused& unused : report.unused) {
    out += at(unused.place) + ": error: " + unused.message + "\n";
  }
  out += "mutants: " + std::to_string(report.made) + (report.bounded ? " (no more are made)" : "") + ", " +
         std::to_string(report.killed) + " killed, " + std::to_string(report.survivors.size()) + " survived, " +
         std::to_string(report.accepted.size()) + " accepted, " + std::to_string(report.not_loaded) +
         " are no rule files\n";
  return out;
}

void append_json(JsonWriter& json, const std::string& file, const MutationReport& report) {
  const auto begin = [&json](const rules::Mutant& mutant) -> JsonWriter& {
    json.begin_object().field("line", mutant.place.line).field("column", mutant.place.column);
    return json.field("rule", mutant.rule).field("name", mutant.name);
  };
  json.begin_object().field("file", file).field("made", report.made).field("bounded", report.bounded);
  json.field("killed", report.killed).field("not_loaded", report.not_loaded);
  json.key("survivors").begin_array();
  for (const rules::Mutant& mutant : report.survivors) begin(mutant).end_object();
  json.end_array().key("accepted").begin_array();
  for (const MutationReport::Accepted& one : report.accepted)
    begin(one.mutant).field("reason", one.reason).end_object();
  json.end_array().key("unused").begin_array();
  for (const MutationReport::Unused& one : report.unused) {
    json.begin_object().field("line", one.place.line).field("column", one.place.column);
    json.field("message", one.message).end_object();
  }
  json.end_array().end_object();
}

}  // namespace tocsin::app
