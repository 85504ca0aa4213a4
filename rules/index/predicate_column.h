#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <re2/set.h>

#include "rules/expressions/text_hash.h"
#include "rules/index/predicate_index.h"

namespace tocsin::rules {

/// What the conditions say about one place.
struct PredicateIndex::Column {
  using Rules = std::vector<std::uint32_t>;

  /// A predicate with a key. When it holds, `opens` become possible, unless `closes` of this or another say otherwise.
  struct Posting {
    Rules opens;
    Rules closes;
  };
  /// A predicate that must be evaluated; when it does not hold, `rules` are impossible.
  struct Test {
    Expression expression;
    std::size_t conjunct = 0;
    Rules rules;
  };
  using Keys = absl::flat_hash_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;
  struct Pattern {
    Test test;  // the same without the set, when the set gives up
    bool negated = false;
    Posting posting;
  };

  FactPlace place;
  std::vector<std::uint64_t> base;          // possible when nothing with a key holds
  std::vector<std::uint64_t> led;           // the rules that are looked for here, and in no other column
  std::vector<std::uint64_t> tested;        // rules that a test decides, where there are tests
  std::vector<std::uint64_t> base_summary;  // words of the base with possible rules that are looked for here
  Keys constants;
  Keys prefixes;
  std::vector<std::size_t> prefix_lengths;  // ascending
  std::vector<Posting> postings;            // of constants and prefixes
  std::vector<Pattern> patterns;            // in the order of the set
  std::unique_ptr<RE2::Set> set;
  std::vector<Test> tests;

  /// True when constants alone decide: all other values are alike.
  bool only_constants() const { return prefixes.empty() && patterns.empty() && tests.empty(); }
};

}  // namespace tocsin::rules
