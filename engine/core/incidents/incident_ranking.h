#pragma once

#include <compare>
#include <cstdint>

#include <absl/container/btree_set.h>

#include "engine/core/incidents/incident_state.h"

namespace tocsin {

/// All incidents in the order in which people look at them: what is live first, then what has resolved, then what is
/// over; within these the most pressing first, the oldest of a priority first. Kept, so that a page of the most
/// pressing ones costs what it shows and not what is there.
///
/// Invariant: between two inputs each incident stands where its status and priority of now put it.
class IncidentRanking {
 public:
  enum class Group : std::uint8_t { live = 1, resolved, over };  // 0: an incident stands nowhere
  struct Place {
    Group group = Group::live;
    Priority priority = Priority::p1;
    std::uint64_t number = 0;  // order of opening
    std::uint32_t slot = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  static Group group_of(IncidentStatus status) {
    if (status == IncidentStatus::open || status == IncidentStatus::acknowledged) return Group::live;
    return status == IncidentStatus::resolved ? Group::resolved : Group::over;
  }

  /// Where it stands now; costs a comparison when nothing changed.
  void put(IncidentState& incident, std::uint32_t slot) {
    const Place now{group_of(incident.status), incident.priority(), incident.number, slot};
    if (incident.ranked_group == static_cast<std::uint8_t>(now.group) && incident.ranked_priority == now.priority)
      return;
    take_out(incident, slot);
    places_.insert(now);
    incident.ranked_group = static_cast<std::uint8_t>(now.group);
    incident.ranked_priority = now.priority;
  }

  void take_out(IncidentState& incident, std::uint32_t slot) {
    if (incident.ranked_group == 0) return;
    places_.erase(Place{static_cast<Group>(incident.ranked_group), incident.ranked_priority, incident.number, slot});
    incident.ranked_group = 0;
  }

  using Places = absl::btree_set<Place>;
  const Places& places() const { return places_; }

 private:
  Places places_;
};

}  // namespace tocsin
