#include "rules/expressions/fact_place.h"

#include "engine/model/check.h"

namespace tocsin::rules {
namespace {

std::string_view bytes_of(std::uint64_t value, std::uint64_t& number) {
  number = value;
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string_view bytes_of(FactPlace::OfIncident of, const IncidentFacts& incident, std::uint64_t& number) {
  using enum FactPlace::OfIncident;
  switch (of) {
    case priority:
      return name_of(incident.priority);
    case severity:
      return bytes_of(incident.severity.level, number);
    case status:
      return name_of(incident.status);
    case acked:
      return bytes_of(incident.acked ? 1 : 0, number);
    case service:
      return incident.service;
    case environment:
      return incident.environment;
    case region:
      return incident.region;
    case team:
      return incident.team;
    case owner:
      return incident.owner;
    case title:
      return incident.title;
    case rule_id:
      return incident.rule_id;
    case tenant:
      return incident.tenant;
    case escalated_to:
      return incident.escalated_to;
    case category:
      return incident.category;
    case plan:
      return incident.plan;
    case update_overdue:
      return bytes_of(incident.update_overdue ? 1 : 0, number);
  }
  return {};
}

std::string_view label_of(Labels labels, const cel::LabelDirectory* directory, const FactPlace& place) {
  return directory != nullptr ? directory->find(place.key, place.index) : value_of(labels, place.key);
}

}  // namespace

bool FactPlace::is_text() const {
  if (kind == Kind::incident) {
    const auto of = static_cast<OfIncident>(index);
    return of != OfIncident::severity && of != OfIncident::acked && of != OfIncident::update_overdue;
  }
  return kind != Kind::tier && kind != Kind::severity;
}

std::string name_for_people(const FactPlace& place) {
  using enum FactPlace::Kind;
  switch (place.kind) {
    case field:
      return std::string{fields()[place.index].name};
    case label:
      return "label " + place.key;
    case annotation:
      return "annotation " + place.key;
    case status:
      return "status";
    case tier:
      return "tier";
    case severity:
      return "severity";
    case incident:
      return "incident";
  }
  return {};
}

std::string_view bytes_at(const FactPlace& place, const Facts& facts, std::uint64_t& number) {
  using enum FactPlace::Kind;
  switch (place.kind) {
    case field:
      return facts.text[place.index];
    case label:
      return label_of(facts.labels, facts.label_directory, place);
    case annotation:
      return label_of(facts.annotations, facts.annotation_directory, place);
    case status:
      return facts.resolved ? "resolved" : "firing";
    case tier:
      return bytes_of(static_cast<std::uint64_t>(facts.tier), number);
    case severity:
      return bytes_of(facts.severity.level, number);
    case incident:
      TOCSIN_CHECK(facts.incident != nullptr, "routes are evaluated on an incident");
      return bytes_of(static_cast<FactPlace::OfIncident>(place.index), *facts.incident, number);
  }
  return {};
}

}  // namespace tocsin::rules
