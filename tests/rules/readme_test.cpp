// Runs the reference: every rule file of rules/README.md loads, tells its stories and fits the schema for editors;
// every mistake is told as shown; every expression has the value that stands beside it. (What its commands print is
// compared by tests/app/readme_test.py.) A block `yaml` is a rule file, completed with `tocsin: 1` where it does not
// say so itself; with a block `text` after it, it is meant to fail and the text is what `tocsin check` says. A block
// with a name after its language (`csv services.csv`) is the file of that name.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include "connectors/sources/decoders.h"
#include "engine/core/conditions/categorise.h"
#include "engine/model/time_text.h"
#include "engine/story/story_run.h"
#include "rules/cel/functions.h"
#include "rules/set/rule_index.h"
#include "rules/tools/editor_schema.h"
#include "rules/tools/trial.h"
#include "rules/yaml/report.h"
#include "rules/yaml/yaml_json.h"
#include "tests/json_schema.h"
#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

struct Block {
  std::size_t line = 0;  // of its first line, in the page
  std::string language;
  std::string name;   // of the file that it is, or empty
  std::string after;  // name of the file that is read before it, or empty
  std::string text;
  std::string told;  // of a `text` block that follows: what is said of it
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

const std::string& page() {
  static const std::string kPage = read_file(source_dir() / "rules/README.md");
  return kPage;
}

std::vector<Block> read_blocks() {
  std::vector<Block> blocks;
  bool inside = false;
  std::size_t number = 0;
  for (const std::string& line : lines_of(page())) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (!inside) {
        const bool is_told = blocks.back().language == "text";
        if (is_told && blocks.size() > 1) blocks[blocks.size() - 2].told = blocks.back().text;
        continue;
      }
      Block& block = blocks.emplace_back();
      const std::size_t space = line.find(' ');
      block.line = number + 1;
      block.language = line.substr(3, space - 3);
      if (space != std::string::npos)
        re2::RE2::FullMatch(line.substr(space + 1), "(\\S+)(?: after (\\S+))?", &block.name, &block.after);
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << "the last block has no end";
  return blocks;
}

const std::vector<Block>& blocks() {
  static const std::vector<Block> kBlocks = read_blocks();
  return kBlocks;
}

std::string where(const Block& block) { return "rules/README.md:" + std::to_string(block.line); }

/// A block `csv`, or one `yaml` that is a list.
bool is_table(const Block& block) { return block.language == "csv" || block.text.starts_with("- "); }

/// The tables of the page.
TablesInMemory tables() {
  TablesInMemory all;
  for (const Block& block : blocks()) {
    if (is_table(block)) all.files[block.name] = block.text;
  }
  return all;
}

/// `tocsin: 1` goes to the end, so that lines are those of the block.
SourceFile rule_file(const Block& block) {
  const bool is_whole = block.text.starts_with("tocsin:") || block.text.find("\ntocsin:") != std::string::npos;
  return {block.name.empty() ? "rules.yaml" : block.name, block.text + (is_whole ? "" : "tocsin: 1\n")};
}

std::vector<Block> rule_files() {
  std::vector<Block> files;
  std::ranges::copy_if(blocks(), std::back_inserter(files), [](const Block& block) {
    return block.language == "yaml" && block.told.empty() && !is_table(block);
  });
  return files;
}

const Block& named(std::string_view name) {
  const auto found = std::ranges::find(blocks(), name, &Block::name);
  EXPECT_NE(found, blocks().end()) << "the page has no block named " << name;
  return *found;
}

Loaded load_block(const Block& block) {
  TablesInMemory all = tables();
  std::vector<SourceFile> files;
  if (!block.after.empty()) files.push_back(rule_file(named(block.after)));
  files.push_back(rule_file(block));
  return load(files, all);
}

/// The part of the page under a heading.
std::string_view section(std::string_view heading) {
  std::string_view text = page();
  const std::size_t begin = text.find("\n" + std::string{heading} + "\n");
  EXPECT_NE(begin, std::string_view::npos) << heading;
  text.remove_prefix(begin + 1);
  return text.substr(0, text.find("\n## ", 1));
}

/// `first` of each line of a section that begins with `start` and a word in backticks.
std::set<std::string> words_after(std::string_view heading, std::string_view start) {
  std::set<std::string> words;
  for (const std::string& line : lines_of(std::string{section(heading)})) {
    if (!line.starts_with(std::string{start} + "`")) continue;
    const std::size_t begin = start.size() + 1;
    words.insert(line.substr(begin, line.find('`', begin) - begin));
  }
  return words;
}

TEST(Readme, ItsRuleFilesLoadWithoutAFinding) {
  const std::set<std::string> not_effective = words_after("## Not effective yet", "- ");
  std::set<std::string> warned;
  for (const Block& block : rule_files()) {
    const Loaded loaded = load_block(block);
    EXPECT_NE(loaded.rules, nullptr) << where(block);
    for (const Diagnostic& finding : loaded.diagnostics) {
      const std::size_t begin = finding.message.find('`') + 1;
      const std::string name = finding.message.substr(begin, finding.message.find('`', begin) - begin);
      const bool is_said = finding.code == "not_yet_effective" && not_effective.contains(name);
      EXPECT_TRUE(is_said) << where(block) << "\n" << to_text(finding, false);
      if (is_said) warned.insert(name);
    }
  }
  EXPECT_EQ(warned, not_effective)
      << "`Not effective yet` of rules/README.md lists what is warned of, and nothing else";
}

TEST(Readme, ItsRuleFilesFitTheSchemaForEditors) {
  const boost::json::value schema = boost::json::parse(editor_schema());
  for (const Block& block : rule_files()) {
    const SourceFile file = rule_file(block);
    const SourceText source(file.name, file.bytes);
    Report report(source);
    const YamlTree tree = parse_yaml(source, report);
    ASSERT_NE(tree.root(), nullptr) << where(block);
    std::string json;
    append_json(json, *tree.root());
    for (const std::string& error : test::schema_errors(boost::json::parse(json), schema)) {
      ADD_FAILURE() << where(block) << ": " << error;
    }
  }
}

TEST(Readme, ItsStoriesHold) {
  const auto decoders = make_decoders();
  const BodyDecoder decode = [&](std::string_view source, std::string_view body, const HashKey& key,
                                 AlertBatch& batch) -> Result<void> {
    return decoders->find(source)->decode(body, key, batch);
  };
  std::size_t count = 0;
  for (const Block& block : rule_files()) {
    const Loaded loaded = load_block(block);
    for (const Story& story : loaded.stories) {
      ++count;
      for (const StoryFailure& failure : run_story(story, loaded.rules, decode).failures) {
        ADD_FAILURE() << "rules/README.md:" << block.line + failure.place.line - 1 << ": " << story.name << "\n"
                      << failure.message << "\nexpected: " << failure.expected << "\nfound: " << failure.found << "\n"
                      << failure.because;
      }
    }
  }
  EXPECT_GE(count, 8U);
}

TEST(Readme, ItsMistakesAreToldAsShown) {
  std::size_t count = 0;
  for (const Block& block : blocks()) {
    if (block.language != "yaml" || block.told.empty()) continue;
    ++count;
    std::string text;
    for (const Diagnostic& finding : load_block(block).diagnostics) {
      text += (text.empty() ? "" : "\n") + to_text(finding, false);
    }
    EXPECT_EQ(text, block.told) << where(block);
  }
  EXPECT_GE(count, 1U);
}

/// The alert of the page, as it is after the phases normalise and severity under shop.yaml, received a minute after it
/// began.
class AlertOfThePage {
 public:
  AlertOfThePage() : rules_(load_block(named("shop.yaml")).rules), memo_(rules_) {
    const std::string json = "[" + named("alert.json").text + "]";
    body_ = json + std::string(SourceDecoder::kBodyPadding, '\0');
    batch_.source = "alertmanager";
    const auto decoded = decoders_->find("alertmanager")
                             ->decode(std::string_view{body_}.substr(0, json.size()), published_key(), batch_);
    EXPECT_TRUE(decoded && batch_.alerts.size() == 1) << json;
    const Instant received = batch_.alerts.front().starts_at + std::chrono::minutes{1};
    normalise(memo_, batch_.alerts.front(), batch_.source, batch_.tenant, received, received, scratch_, alert_);
    categorise(memo_, scratch_, alert_);
  }

  /// The value in CEL's notation, `fault` when there is none, `error[code]` when the expression is wrong.
  std::string evaluate(const std::string& expression) const {
    TablesInMemory all = tables();
    const auto trial = Trial::compile(expression, {rule_file(named("shop.yaml"))}, all);
    if (!trial) return "error[" + trial.error().front().code + "]";
    const TrialValue value = trial->evaluate(alert_.facts);
    return value.fault.empty() ? value.text : "fault";
  }

 private:
  RuleSetPtr rules_;
  RuleMemo memo_;
  std::unique_ptr<DecoderSet> decoders_ = make_decoders();
  std::string body_;
  AlertBatch batch_;
  Arena scratch_;
  CategorisedAlert alert_;
};

TEST(Readme, ItsExpressionsHaveTheValuesThatStandBesideThem) {
  constexpr std::string_view kArrow = "  // → ";
  const AlertOfThePage alert;
  std::size_t count = 0;
  for (const Block& block : blocks()) {
    if (block.language != "cel") continue;
    std::size_t line = block.line;
    for (const std::string& text : lines_of(block.text)) {
      const std::size_t arrow = text.find(kArrow);
      ASSERT_NE(arrow, std::string::npos) << where(block) << ": " << text;
      const std::string expression = text.substr(0, text.find_last_not_of(' ', arrow) + 1);
      EXPECT_EQ(alert.evaluate(expression), text.substr(arrow + kArrow.size()))
          << "rules/README.md:" << line << ": " << text;
      ++line;
      ++count;
    }
  }
  EXPECT_GE(count, 80U);
}

TEST(Readme, ItsExpressionsCallEveryFunction) {
  std::string expressions;
  for (const Block& block : blocks()) {
    if (block.language == "cel") expressions += block.text;
  }
  for (const cel::Function* function : cel::all_functions()) {
    const std::string call = std::string{function->name} + "(";
    EXPECT_NE(expressions.find(call), std::string::npos) << "no example calls " << call;
  }
}

/// All texts in the sources of the rules that look like the code of a diagnostic: one word or snake_case.
std::set<std::string> words_of_the_sources() {
  std::set<std::string> words;
  const re2::RE2 word(R"re("([a-z]+(?:_[a-z]+)*)")re");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / "rules")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = read_file(entry.path());
    re2::StringPiece rest = text;
    std::string code;
    while (re2::RE2::FindAndConsume(&rest, word, &code)) words.insert(code);
  }
  return words;
}

TEST(Readme, ItsListOfDiagnosticsIsComplete) {
  const re2::RE2 shape("(bad|unknown|duplicate|missing|conflicting|too|not|table|empty|said|never)_.*|.*_not_allowed");
  const std::set<std::string> words = words_of_the_sources();
  const std::set<std::string> listed = words_after("## Diagnostics", "| ");
  for (const std::string& word : words) {
    EXPECT_TRUE(!re2::RE2::FullMatch(word, shape) || listed.contains(word)) << word << " is not in the list";
  }
  for (const std::string& code : listed) EXPECT_TRUE(words.contains(code)) << code << " is not in the sources";
  EXPECT_GE(listed.size(), 60U);
}

TEST(Readme, ItsLinesFitAScreen) {
  std::size_t number = 0;
  for (const std::string& line : lines_of(page())) {
    ++number;
    const auto columns =
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    EXPECT_TRUE(columns <= 140 || line.starts_with("|"))
        << "rules/README.md:" << number << " has " << columns << " columns";
  }
}

}  // namespace
}  // namespace tocsin::rules
