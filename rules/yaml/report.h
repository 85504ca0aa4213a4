#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/yaml/diagnostic.h"
#include "rules/yaml/place.h"
#include "rules/yaml/source_text.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// Takes what is found in one file. Bounded: after kMax findings the rest is only counted, but the first error is
/// never among it.
class Report {
 public:
  static constexpr std::size_t kMax = 200;

  explicit Report(const SourceText& source) : source_(source) {}

  /// At a node of this or another file of the rule set: it goes to the report of that file.
  void error(const YamlNode& node, std::string_view code, std::string message, std::string hint = {});
  void warning(const YamlNode& node, std::string_view code, std::string message, std::string hint = {});
  void at(std::size_t offset, std::size_t length, DiagnosticLevel level, std::string_view code, std::string message,
          std::string hint = {});

  bool has_findings() const { return !found_.empty(); }
  /// Nothing more is shown: what only serves a message need not be worked out.
  bool is_full() const { return found_.size() >= kMax; }

  const SourceText& source() const { return source_; }
  /// The report of the file that the node is from.
  Report& of(const YamlNode& node) { return node.home != nullptr ? *node.home : *this; }
  Place place(const YamlNode& node) const;

  /// What was found, by place; the report is empty afterwards.
  Diagnostics take();

 private:
  const SourceText& source_;
  Diagnostics found_;
  std::size_t left_out_ = 0;
  bool has_error_ = false;
};

}  // namespace tocsin::rules
