#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/layers/file_scope.h"
#include "rules/layers/layered_item.h"
#include "rules/layers/rule_file.h"

namespace tocsin::rules {

/// A list of rules in a file: `normalise`, or `rules` of `severity`.
struct RuleList {
  std::string_view section;
  std::string_view inner;  // empty: the section is the list
  bool of_incidents;       // its conditions are about incidents
};

/// A rule with an id, and what confined files made of it for their own alerts.
struct NamedRule {
  struct Variant {
    std::size_t file;  // that changed it
    LayeredItem item;
  };
  std::string_view id;
  std::size_t file;
  const RuleList* list;
  LayeredItem item;
  std::vector<Variant> variants;
};

/// The rules of all files of a set by id, while later files change those of earlier ones.
class RuleBook {
 public:
  /// `files` in their order; they outlive the book, the nodes of which they refer to afterwards.
  explicit RuleBook(std::span<RuleFile* const> files);

  std::size_t file_count() const { return files_.size(); }
  RuleFile& file(std::size_t index) { return *files_[index]; }
  const FileScope& scope(std::size_t index) const { return scopes_[index]; }
  std::deque<NamedRule>& rules() { return rules_; }
  MadeNodes& made() { return made_; }

  /// The rule that a file names in order to change it; null and a diagnostic at `id` when it may not.
  NamedRule* find(const YamlNode& id, std::size_t from_file, bool may_be_own);

  /// The rule as `file` may change it: as it is for files without a scope, with all its variants; else the variant for
  /// the file's own alerts, which the rule leaves to it. Null and a diagnostic at `at` when there can be none.
  std::vector<LayeredItem*> targets(NamedRule& rule, std::size_t file, const YamlNode& at);

  /// The condition of the file's scope for rules of that list; null when the file has none, or (after a diagnostic at
  /// `at`) when incidents do not know it.
  const YamlNode* scope_condition(std::size_t file, const RuleList& list, const YamlNode& at, bool negated = false);

  /// Gives the files their changed sections.
  void finish();

 private:
  void collect(std::size_t file, const RuleList& list);
  void tell_unknown(const YamlNode& id, std::size_t from_file);
  LayeredItem* variant(NamedRule& rule, std::size_t file, const YamlNode& at);

  std::vector<RuleFile*> files_;
  std::vector<FileScope> scopes_;
  std::deque<NamedRule> rules_;  // in order of file and place in each list
  std::map<std::string_view, NamedRule*, std::less<>> by_id_;
  MadeNodes made_;
  std::size_t suggested_ = 0;
};

/// The lists of rules that a file may have.
std::span<const RuleList> rule_lists();

}  // namespace tocsin::rules
