#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "rules/cel/program.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/fact_place.h"
#include "rules/expressions/schema.h"

namespace tocsin::rules {

/// A program and what gives its variables their values.
class Expression::Impl {
 public:
  Impl(std::shared_ptr<const Schema> schema, Scope scope, cel::Program program);

  cel::Value evaluate(const Facts& facts, Arena& scratch, Schema::Borrowed& borrowed) const;
  const cel::Program& program() const { return program_; }
  const Schema& schema() const { return *schema_; }
  const std::shared_ptr<const Schema>& shared_schema() const { return schema_; }
  Scope scope() const { return scope_; }

  /// Whether it reads how far an incident has spread, maybe as part of all of it.
  bool reads_spread() const { return reads_spread_; }
  /// The same of its lead and of the labels that its members share.
  bool reads_lead() const { return reads_lead_; }
  bool reads_shared_labels() const { return reads_shared_labels_; }
  /// The same of the group that it was escalated to.
  bool reads_escalation() const { return reads_escalation_; }

  /// Whether all that it reads is places; then these, each once.
  bool is_placed() const { return is_placed_; }
  const std::vector<FactPlace>& places() const { return places_; }

  /// The one place that one of program().conjuncts() depends on; nullopt when there are none or several.
  std::optional<FactPlace> place_of(const cel::Conjunct& conjunct) const;

  /// What one of program().conjuncts() gives by itself.
  cel::Value conjunct_value(std::size_t conjunct, const Facts& facts, Arena& scratch, Schema::Borrowed& borrowed) const;
  /// Whether it is true.
  bool conjunct_holds(std::size_t conjunct, const Facts& facts, Arena& scratch) const;

 private:
  bool find_places();
  template <typename Run>
  auto with_values(const Facts& facts, Arena& scratch, Schema::Borrowed& borrowed, Run run) const;

  std::shared_ptr<const Schema> schema_;
  Scope scope_;
  cel::Program program_;
  std::vector<std::uint32_t> slots_;  // those that the program reads, each once
  std::vector<FactPlace> places_;
  bool is_placed_ = false;
  bool reads_spread_ = false;
  bool reads_lead_ = false;
  bool reads_shared_labels_ = false;
  bool reads_escalation_ = false;
  bool reads_id_ = false;  // `incident.id`, the one that must be built
};

}  // namespace tocsin::rules
