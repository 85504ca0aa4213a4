#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sinks/record.h"
#include "engine/model/limits.h"
#include "engine/model/refusal.h"
#include "tests/json_schema.h"
#include "tests/places.h"

namespace tocsin {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;

const fs::path kRoot = source_dir();

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

json::value schema(const std::string& name) {
  return json::parse(text_of(kRoot / "connectors/schema" / (name + ".v1.schema.json")));
}
json::value golden(const std::string& name) {
  return json::parse(text_of(kRoot / "tests/connectors/sinks/golden" / (name + ".json")));
}

class GoldenRecord : public testing::TestWithParam<std::string> {
 protected:
  json::value schema_of_it() const { return schema(GetParam().starts_with("incident") ? "incident" : "dead_letter"); }
};

TEST_P(GoldenRecord, IsValidByItsSchema) {
  EXPECT_THAT(test::schema_errors(golden(GetParam()), schema_of_it()), IsEmpty());
}

TEST_P(GoldenRecord, HasNoFieldThatTheSchemaDoesNotDescribe) {
  const json::value described = schema_of_it();
  const json::value record = golden(GetParam());
  for (const auto& field : record.as_object()) {
    EXPECT_TRUE(described.at("properties").as_object().contains(field.key())) << field.key();
  }
}

TEST_P(GoldenRecord, IsValidHoweverMuchItIsShortened) {
  const std::string whole = json::serialize(golden(GetParam()));
  std::size_t forms = 0;
  for (std::string value = whole; !value.empty(); value = fit_value(whole, value.size() - 1), ++forms) {
    EXPECT_THAT(test::schema_errors(json::parse(value), schema_of_it()), IsEmpty()) << value;
    EXPECT_EQ(json::parse(value).as_object().contains("shortened"), forms > 0 || GetParam() == "incident_shortened");
  }
  EXPECT_GE(forms, 4U);
}

TEST_P(GoldenRecord, IsNotValidWithoutAnyOfTheRequiredFields) {
  const json::value described = schema_of_it();
  json::array required = described.at("required").as_array();
  if (GetParam() != "incident_shortened" && described.as_object().contains("anyOf")) {
    for (const json::value& name : described.at_pointer("/anyOf/1/required").as_array()) required.push_back(name);
  }
  for (const json::value& name : required) {
    json::value record = golden(GetParam());
    record.as_object().erase(name.as_string());
    EXPECT_THAT(test::schema_errors(record, described), Not(IsEmpty())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, GoldenRecord,
                         testing::Values("incident_opened", "incident_updated_with_more_alerts_than_are_listed",
                                         "incident_closed", "incident_shortened", "dead_letter_body",
                                         "dead_letter_alerts"),
                         [](const auto& row) { return row.param; });

struct BadField {
  const char* name;
  const char* field;
  const char* value;
};
class IncidentSchemaRefuses : public testing::TestWithParam<BadField> {};

TEST_P(IncidentSchemaRefuses, TheField) {
  json::value record = golden("incident_opened");
  record.as_object()[GetParam().field] = json::parse(GetParam().value);
  EXPECT_THAT(test::schema_errors(record, schema("incident")), Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    Table, IncidentSchemaRefuses,
    testing::Values(BadField{"priority_of_no_matrix", "priority", R"("P6")"}, BadField{"revision_0", "revision", "0"},
                    BadField{"revision_as_text", "revision", R"("1")"},
                    BadField{"unknown_status", "status", R"("new")"},
                    BadField{"time_with_offset", "opened_at", R"("2026-03-29T06:12:04.250+02:00")"},
                    BadField{"time_that_is_none", "opened_at", R"("2026-13-29T06:12:04.250Z")"},
                    BadField{"opened_never", "opened_at", "null"}, BadField{"no_title", "title", R"("")"},
                    BadField{"nested_scalar", "service", R"({"name":"x"})"}, BadField{"unknown_nested", "more", "[1]"},
                    BadField{"id_with_i", "incident_id", R"("inc-3q5z8k0v7c2mtrw1xnb4hdeafi")"},
                    BadField{"label_number", "labels", R"({"a":1})"}, BadField{"other_version", "schema_version", "2"}),
    [](const auto& row) { return row.param.name; });

TEST(IncidentSchema, TakesAFieldThatALaterVersionAdds) {
  json::value record = golden("incident_opened");
  record.as_object()["postmortem_due_at"] = "2026-04-01";
  EXPECT_THAT(test::schema_errors(record, schema("incident")), IsEmpty());
}

TEST(IncidentSchema, HasTheLimitsOfTheEngine) {
  const json::value described = schema("incident");
  const json::value& fields = described.at("properties");
  EXPECT_EQ(fields.at("title").at("maxLength").as_int64(), static_cast<std::int64_t>(limits::kTitleBytesMax));
  EXPECT_EQ(fields.at("description").at("maxLength").as_int64(),
            static_cast<std::int64_t>(limits::kDescriptionBytesMax));
  for (const char* field : {"source", "node", "resource", "alert_class"}) {
    EXPECT_EQ(fields.at(field).at("maxLength").as_int64(), static_cast<std::int64_t>(limits::kTicketFieldBytesMax))
        << field;
  }
  EXPECT_EQ(fields.at("alerts").at("maxItems").as_int64(), static_cast<std::int64_t>(limits::kRecordAlertsMax));
}

TEST(IncidentSchema, KnowsEveryStatusAndChange) {
  const json::value described = schema("incident");
  const json::array& changes = described.at("properties").at("event_type").at("enum").as_array();
  const json::array& statuses = described.at("properties").at("status").at("enum").as_array();
  ASSERT_EQ(changes.size(), static_cast<std::size_t>(IncidentChange::closed) + 1);
  for (std::size_t i = 0; i < changes.size(); ++i)
    EXPECT_EQ(changes[i].as_string(), name_of(static_cast<IncidentChange>(i)));
  ASSERT_EQ(statuses.size(), kIncidentStatusCount);
  for (std::size_t i = 0; i < statuses.size(); ++i)
    EXPECT_EQ(statuses[i].as_string(), name_of(static_cast<IncidentStatus>(i)));
}

TEST(DeadLetterSchema, KnowsEveryRefusal) {
  const json::value described = schema("dead_letter");
  const json::array& codes = described.at_pointer("/$defs/error/properties/code/enum").as_array();
  ASSERT_EQ(codes.size(), kRefusalCount);
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(codes[i].as_string(), name_of(static_cast<Refusal>(i)));
}

}  // namespace
}  // namespace tocsin
