#include "rules/yaml/yaml_tree.h"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "rules/yaml/report.h"
#include "rules/yaml/syntax_place.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kNodesMax = 400'000;
/// yaml-cpp keeps a token for each bracket that is open on a line, so their number is bounded before it sees the text.
/// Brackets in texts and comments count too: this is far above kDepthMax.
constexpr std::ptrdiff_t kOpenBracketsMax = 4096;

/// Ends the parsing of a file; what was wrong is reported already.
struct Stop {};

bool too_many_open_brackets(std::string_view bytes) {
  std::ptrdiff_t open = 0;
  for (const char c : bytes) {
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (open > kOpenBracketsMax) return true;
  }
  return false;
}

/// Offset of a character that YAML does not allow, or npos.
std::size_t first_control_character(std::string_view bytes) {
  const auto found = std::ranges::find_if(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7F;
  });
  return found == bytes.end() ? std::string_view::npos : static_cast<std::size_t>(found - bytes.begin());
}

bool is_readable(const SourceText& source, Report& report) {
  const auto refuse = [&](std::size_t at, std::string_view code, std::string message) {
    report.at(at, 1, DiagnosticLevel::error, code, std::move(message));
    return false;
  };
  const std::string_view bytes = source.bytes();
  if (bytes.size() > kFileBytesMax) return refuse(0, "file_too_large", "a rule file has at most 1 MiB");
  if (const std::size_t at = first_bad_utf8(bytes); at != std::string_view::npos) {
    return refuse(at, "invalid_utf8", "this byte is not UTF-8");
  }
  if (const std::size_t at = first_control_character(bytes); at != std::string_view::npos) {
    return refuse(at, "bad_character", "control characters are not allowed; write them as \\xNN in double quotes");
  }
  if (too_many_open_brackets(bytes)) return refuse(0, "too_deep", "there are far too many open brackets");
  return true;
}

/// False for a quoted scalar that goes on to the end of the file: yaml-cpp takes some of those.
bool is_closed(std::string_view bytes, std::size_t at) {
  const char quote = at < bytes.size() ? bytes[at] : '\0';
  if (quote != '"' && quote != '\'') return true;
  for (++at; at < bytes.size(); ++at) {
    if (bytes[at] == '\\' && quote == '"') {
      ++at;
    } else if (bytes[at] == quote) {
      if (quote == '"' || at + 1 >= bytes.size() || bytes[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

std::string_view hint_for(std::string_view message) {
  if (message == "illegal map value") return "a text that holds `: ` must be quoted: 'a ? b : c'";
  if (message.find("tab") != std::string_view::npos) return "indent with spaces";
  if (message == "end of map flow not found" || message == "end of sequence flow not found") {
    return "between `{` and `}`, `[` and `]` a text with one of `[ ] { } ,` or with `: ` must be quoted";
  }
  if (message == "end of map not found" || message == "end of sequence not found") {
    return "this line is indented as no line above it is, or a text with `: ` is not quoted";
  }
  if (message.find("unknown escape") != std::string_view::npos) {
    return "in YAML's double quotes `\\` begins an escape: write a pattern as 'name.matches(r\"^db-\\d\")'";
  }
  if (message.find("unknown token") != std::string_view::npos) {
    return "a text that begins with a character of YAML's own (@ ` % ! & * | >) must be quoted";
  }
  return "";
}

}  // namespace

const YamlNode* value_of(const YamlNode& map, std::string_view key) {
  if (!map.is_map()) return nullptr;
  for (std::size_t i = 0; i < map.items.size(); i += 2) {
    if (map.items[i]->is_scalar() && map.items[i]->text == key) return map.items[i + 1];
  }
  return nullptr;
}

/// Makes nodes of yaml-cpp's events.
class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlBuilder(YamlTree& tree, Report& report) : tree_(tree), report_(report) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      stop(mark, "several_documents", "a rule file is one YAML document");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, YamlNode::Kind::null, "?", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    add(mark, YamlNode::Kind::null, "?", 0);
    error(mark, "alias_not_allowed", "aliases are not allowed in rule files");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = add(mark, YamlNode::Kind::scalar, tag, anchor);
    node.text = tree_.texts_.keep(value);
    node.plain = tag == "?";
    if (!node.plain && !is_closed(report_.source().bytes(), node.offset)) {
      stop(mark, "yaml_syntax", "this quote is never closed");
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    enter(add(mark, YamlNode::Kind::sequence, tag, anchor), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    enter(add(mark, YamlNode::Kind::map, tag, anchor), mark);
  }
  void OnMapEnd() override {
    check_keys(*open_.back());
    open_.pop_back();
  }

 private:
  static std::size_t offset_of(const YAML::Mark& mark) { return mark.pos > 0 ? static_cast<std::size_t>(mark.pos) : 0; }

  void error(const YAML::Mark& mark, std::string_view code, std::string message, std::string hint = {}) {
    report_.at(offset_of(mark), 1, DiagnosticLevel::error, code, std::move(message), std::move(hint));
  }

  [[noreturn]] void stop(const YAML::Mark& mark, std::string_view code, std::string message) {
    error(mark, code, std::move(message));
    throw Stop{};
  }

  YamlNode& add(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag, YAML::anchor_t anchor) {
    if (tree_.nodes_.size() >= kNodesMax) stop(mark, "file_too_large", "a rule file has at most 400000 values");
    const std::string_view bytes = report_.source().bytes();
    if (anchor != 0) {
      const bool is_and = bytes.substr(std::min(offset_of(mark), bytes.size())).starts_with("&&");
      error(mark, "anchor_not_allowed", "anchors are not allowed in rule files",
            is_and ? "a text that begins with `&&` must be quoted: '&& …'" : "");
    }
    const bool is_tagged = offset_of(mark) < bytes.size() && bytes[offset_of(mark)] == '!';
    if ((tag != "?" && tag != "!" && !tag.empty()) || (tag == "!" && is_tagged)) {
      error(mark, "tag_not_allowed", "tags are not allowed in rule files");
    }
    YamlNode& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.offset = static_cast<std::uint32_t>(offset_of(mark));
    node.home = &report_;
    if (open_.empty()) {
      tree_.root_ = &node;
    } else {
      open_.back()->items.push_back(&node);
    }
    return node;
  }

  /// Before yaml-cpp recurses, so its stack is bounded too.
  void enter(YamlNode& node, const YAML::Mark& mark) {
    if (open_.size() >= kDepthMax) stop(mark, "too_deep", "values are nested at most 32 deep");
    open_.push_back(&node);
  }

  /// yaml-cpp's own Node keeps the first of equal keys and says nothing.
  void check_keys(const YamlNode& map) {
    std::vector<const YamlNode*> keys;
    for (std::size_t i = 0; i < map.items.size(); i += 2) {
      const YamlNode& key = *map.items[i];
      if (!key.is_scalar()) {
        report_.error(key, "bad_key", "keys are texts");
      } else if (key.text == "<<" && key.plain) {
        report_.error(key, "merge_key_not_allowed", "merge keys are not allowed in rule files");
      } else {
        keys.push_back(&key);
      }
    }
    std::ranges::stable_sort(keys, {}, &YamlNode::text);
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i]->text != keys[i - 1]->text) continue;
      report_.error(*keys[i], "duplicate_key", "`" + std::string{keys[i]->text.substr(0, 80)} + "` is here twice");
    }
  }

  YamlTree& tree_;
  Report& report_;
  std::vector<YamlNode*> open_;
  int documents_ = 0;
};

YamlTree parse_yaml(const SourceText& source, Report& report) {
  YamlTree tree;
  if (!is_readable(source, report)) return tree;
  // The library's exceptions end here.
  try {
    std::istringstream stream{std::string{source.bytes()}};
    YAML::Parser parser(stream);
    YamlBuilder builder(tree, report);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return YamlTree{};
  } catch (const YAML::Exception& e) {
    const std::size_t at = e.mark.is_null() || e.mark.pos < 0 ? 0 : static_cast<std::size_t>(e.mark.pos);
    const auto mistake = find_syntax_mistake(source.bytes(), at);
    if (mistake) {
      report.at(mistake->offset, 1, DiagnosticLevel::error, "yaml_syntax", mistake->message, mistake->hint);
    } else {
      report.at(at, 1, DiagnosticLevel::error, "yaml_syntax", "not YAML: " + e.msg, std::string{hint_for(e.msg)});
    }
    return YamlTree{};
  } catch (const std::exception& e) {
    report.at(0, 1, DiagnosticLevel::error, "yaml_syntax", std::string{"not YAML: "} + e.what());
    return YamlTree{};
  }
  return tree;
}

}  // namespace tocsin::rules
