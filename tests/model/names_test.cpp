#include <cstddef>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/model/field.h"
#include "engine/model/incident.h"
#include "engine/model/label.h"
#include "engine/model/mending.h"
#include "engine/model/refusal.h"
#include "engine/model/severity.h"

namespace tocsin {
namespace {

TEST(Names, EveryRefusalHasAWordOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRefusalCount; ++i) {
    const std::string_view name = name_of(static_cast<Refusal>(i));
    EXPECT_TRUE(is_label_name(name)) << "it is the value of a metric's label: " << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kRefusalCount);
}

TEST(Names, RefusalsAreCalledAsTheyAreWritten) {
  // Senders and dashboards read these words; a line moved in the enum but not in the table would change them all.
  EXPECT_EQ(name_of(Refusal::malformed), "malformed");
  EXPECT_EQ(name_of(Refusal::invalid_utf8), "invalid_utf8");
  EXPECT_EQ(name_of(Refusal::too_deep), "too_deep");
  EXPECT_EQ(name_of(Refusal::wrong_type), "wrong_type");
  EXPECT_EQ(name_of(Refusal::missing_field), "missing_field");
  EXPECT_EQ(name_of(Refusal::duplicate_key), "duplicate_key");
  EXPECT_EQ(name_of(Refusal::bad_label_name), "bad_label_name");
  EXPECT_EQ(name_of(Refusal::bad_time), "bad_time");
  EXPECT_EQ(name_of(Refusal::ends_before_start), "ends_before_start");
  EXPECT_EQ(name_of(Refusal::bad_value), "bad_value");
  EXPECT_EQ(name_of(Refusal::too_many_alerts), "too_many_alerts");
  EXPECT_EQ(name_of(Refusal::too_many_labels), "too_many_labels");
  EXPECT_EQ(name_of(Refusal::too_long), "too_long");
  EXPECT_EQ(name_of(Refusal::body_too_large), "body_too_large");
  EXPECT_EQ(name_of(Refusal::unknown_source), "unknown_source");
  EXPECT_EQ(name_of(Refusal::unsupported_media), "unsupported_media");
  EXPECT_EQ(name_of(Refusal::not_found), "not_found");
  EXPECT_EQ(name_of(Refusal::method_not_allowed), "method_not_allowed");
  EXPECT_EQ(name_of(Refusal::bad_request), "bad_request");
  EXPECT_EQ(name_of(Refusal::timed_out), "timed_out");
  EXPECT_EQ(name_of(Refusal::overloaded), "overloaded");
  EXPECT_EQ(name_of(Refusal::storage_failed), "storage_failed");
  EXPECT_EQ(name_of(Refusal::stopping), "stopping");
  EXPECT_EQ(name_of(Refusal::storage_full), "storage_full");
  EXPECT_EQ(name_of(Refusal::storage_damaged), "storage_damaged");
}

TEST(Names, MendingsAreCalledAsTheyAreWritten) {
  EXPECT_EQ(name_of(Mending::byte_order_mark), "byte_order_mark");
  EXPECT_EQ(name_of(Mending::surrogate), "surrogate");
  EXPECT_EQ(name_of(Mending::number), "number");
  EXPECT_EQ(name_of(Mending::long_text), "long_text");
  EXPECT_EQ(name_of(Mending::many_labels), "many_labels");
  EXPECT_EQ(name_of(Mending::label_name), "label_name");
  EXPECT_EQ(name_of(Mending::blanks), "blanks");
  EXPECT_EQ(name_of(Mending::status), "status");
  EXPECT_EQ(name_of(Mending::time), "time");
  EXPECT_EQ(name_of(Mending::duplicate), "duplicate");
  EXPECT_EQ(name_of(Mending::type), "type");
}

TEST(Names, AnErrorCarriesItsPlace) {
  const auto refused = refuse(Refusal::bad_time, "not a time", 3, "/3/startsAt");
  EXPECT_EQ(refused.error(), (Error{Refusal::bad_time, "not a time", 3, "/3/startsAt"}));
}

TEST(Names, OfSeveritiesAreReadAsTheyAreWritten) {
  for (const Impact impact : {Impact::high, Impact::medium, Impact::low})
    EXPECT_EQ(impact_from(name_of(impact)), impact);
  for (const Urgency urgency : {Urgency::high, Urgency::medium, Urgency::low}) {
    EXPECT_EQ(urgency_from(name_of(urgency)), urgency);
  }
  for (const Priority priority : {Priority::p1, Priority::p2, Priority::p3, Priority::p4, Priority::p5}) {
    EXPECT_EQ(priority_from(name_of(priority)), priority);
  }
  EXPECT_EQ(name_of(Priority::p1), "P1");
  EXPECT_EQ(name_of(Priority::p5), "P5");
  for (const char* other : {"", "p1", "P0", "P6", "High", "urgent"}) {
    EXPECT_FALSE(priority_from(other).has_value()) << other;
    EXPECT_FALSE(impact_from(other).has_value()) << other;
    EXPECT_FALSE(urgency_from(other).has_value()) << other;
  }
}

TEST(Names, OfFieldsAreReadAsTheyAreWritten) {
  std::size_t place = 0;
  for (const FieldInfo& info : fields()) {
    EXPECT_EQ(static_cast<std::size_t>(info.field), place++) << "in the order of the enum: " << info.name;
    EXPECT_EQ(field_from(info.name), info.field);
    EXPECT_EQ(name_of(info.field), info.name);
  }
  EXPECT_EQ(place, kFieldCount);
  EXPECT_FALSE(field_from("").has_value());
  EXPECT_FALSE(field_from("Service").has_value());
}

TEST(Names, OfIncidentsAreThoseOfTheContract) {
  EXPECT_EQ(name_of(IncidentStatus::open), "open");
  EXPECT_EQ(name_of(IncidentStatus::acknowledged), "acknowledged");
  EXPECT_EQ(name_of(IncidentStatus::resolved), "resolved");
  EXPECT_EQ(name_of(IncidentStatus::closed), "closed");
  EXPECT_EQ(name_of(IncidentStatus::merged), "merged");
  EXPECT_EQ(name_of(IncidentChange::opened), "opened");
  EXPECT_EQ(name_of(IncidentChange::updated), "updated");
  EXPECT_EQ(name_of(IncidentChange::acknowledged), "acknowledged");
  EXPECT_EQ(name_of(IncidentChange::escalated), "escalated");
  EXPECT_EQ(name_of(IncidentChange::resolved), "resolved");
  EXPECT_EQ(name_of(IncidentChange::reopened), "reopened");
  EXPECT_EQ(name_of(IncidentChange::merged), "merged");
  EXPECT_EQ(name_of(IncidentChange::closed), "closed");
}

}  // namespace
}  // namespace tocsin
