#include "rules/checks/ambiguity.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "rules/checks/required_values.h"

namespace tocsin::rules {
namespace {

/// Pairs that are compared; more can only be when many rules of overlapping files say nothing that tells them apart.
constexpr std::size_t kPairsMax = 2'000'000;

struct Candidate {
  const Draft::Write* write;
  std::vector<RequiredValue> required;
};

/// The rules of one file that write one thing, found by what tells most of them apart.
class Writers {
 public:
  void add(const Draft::Write& write) { all_.push_back({&write, required_values(write.when)}); }
  const std::vector<Candidate>& all() const { return all_; }

  void index() {
    if (is_indexed_) return;
    is_indexed_ = true;
    place_ = best_place();
    for (const Candidate& candidate : all_) {
      const RequiredValue* value = place_ ? required(candidate) : nullptr;
      if (value == nullptr) {
        rest_.push_back(&candidate);
      } else {
        for (const std::string& one : value->values) by_value_[one].push_back(&candidate);
      }
    }
  }

  /// Calls `look` with each that may act on the same alerts, until it says that this was enough.
  template <typename Look>
  void each_that_may_meet(const Candidate& other, Look look) const {
    const RequiredValue* value = place_ ? required(other) : nullptr;
    if (value == nullptr) {
      for (const Candidate& candidate : all_) {
        if (look(candidate)) return;
      }
      return;
    }
    for (const Candidate* candidate : rest_) {
      if (look(*candidate)) return;
    }
    for (const std::string& one : value->values) {
      const auto found = by_value_.find(one);
      if (found == by_value_.end()) continue;
      for (const Candidate* candidate : found->second) {
        if (look(*candidate)) return;
      }
    }
  }

 private:
  const RequiredValue* required(const Candidate& candidate) const {
    const auto found = std::ranges::find(candidate.required, *place_, &RequiredValue::place);
    return found == candidate.required.end() ? nullptr : &*found;
  }

  /// The place with the most different values.
  std::optional<FactPlace> best_place() const {
    std::map<FactPlace, std::set<std::string_view>> values;
    for (const Candidate& candidate : all_) {
      for (const RequiredValue& of : candidate.required) values[of.place].insert(of.values.begin(), of.values.end());
    }
    const auto best = std::ranges::max_element(values, {}, [](const auto& of) { return of.second.size(); });
    return best == values.end() ? std::nullopt : std::optional{best->first};
  }

  std::vector<Candidate> all_;
  std::optional<FactPlace> place_;
  std::map<std::string_view, std::vector<const Candidate*>> by_value_;
  std::vector<const Candidate*> rest_;
  bool is_indexed_ = false;
};

class AmbiguityCheck {
 public:
  explicit AmbiguityCheck(RuleBook& book) : book_(book) {}

  /// Rules of two files whose scopes overlap that write one thing.
  void compare(Writers& first, const Writers& second) {
    first.index();
    for (const Candidate& candidate : second.all()) {
      first.each_that_may_meet(candidate, [&](const Candidate& earlier) {
        if (++pairs_ > kPairsMax) {
          if (pairs_ == kPairsMax + 1) tell_too_many(candidate, book_);
          return true;
        }
        if (earlier.write->value == candidate.write->value) return false;
        if (exclude_each_other(earlier.required, candidate.required)) return false;
        tell(earlier, candidate, book_);
        return true;
      });
    }
  }

 private:
  static void tell(const Candidate& first, const Candidate& second, RuleBook& book) {
    Report& report = book.file(second.write->file).report;
    const Place place = report.place(*first.write->at);
    report.error(*second.write->at, "ambiguous_write",
                 "`" + std::string{second.write->what} + "` is set by `" + first.write->rule +
                     "` too, an alert may be within the scope of both files, and these have no order",
                 "the other is at " + place.file + ":" + std::to_string(place.line) + ":" +
                     std::to_string(place.column) + "; make the scopes or the conditions exclude each other");
  }

  static void tell_too_many(const Candidate& at, RuleBook& book) {
    book.file(at.write->file)
        .report.error(*at.write->at, "ambiguous_write",
                      "too many rules set `" + std::string{at.write->what} + "` in files whose scopes overlap",
                      "make the scopes exclude each other");
  }

  RuleBook& book_;
  std::size_t pairs_ = 0;
};

}  // namespace

void check_ambiguous_writes(const std::vector<Draft::Write>& writes, RuleBook& book) {
  std::map<std::string_view, std::map<std::size_t, Writers>> by_target;
  for (const Draft::Write& write : writes) {
    // A condition of a confined file is never empty: one that is could not be read, and that was told.
    if (book.scope(write.file).is_confined() && !write.when.empty()) by_target[write.what][write.file].add(write);
  }
  AmbiguityCheck check(book);
  for (auto& [what, by_file] : by_target) {
    for (auto second = by_file.begin(); second != by_file.end(); ++second) {
      for (auto first = by_file.begin(); first != second; ++first) {
        if (!may_share_alerts(book.scope(first->first), book.scope(second->first))) continue;
        check.compare(first->second, second->second);
      }
    }
  }
}

}  // namespace tocsin::rules
