#include "engine/runtime/outbox/effect_record.h"

#include <string>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

Effect full_effect() {
  Effect effect;
  effect.name = {Position{9}, 2};
  effect.kind = EffectKind::dead_letter;
  effect.at = Instant{Duration{123}};
  effect.incident = {{1, 2}};
  effect.revision = Revision{3};
  effect.change = IncidentChange::reopened;
  effect.priority = Priority::p2;
  effect.tenant = "acme";
  effect.audiences = {{"incidents.page"}, {}, {"incidents.queue", "checkout", true}};
  effect.value = R"({"a":1,"b":[]})";
  effect.flat_value = R"({"a":1})";
  return effect;
}

TEST(EffectRecord, GivesBackEveryField) {
  const Effect effect = full_effect();
  std::string bytes;
  append_effect_record(bytes, effect);
  const EffectPtr read = read_effect_record(bytes);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->name, effect.name);
  EXPECT_EQ(read->kind, effect.kind);
  EXPECT_EQ(read->at, effect.at);
  EXPECT_EQ(read->incident, effect.incident);
  EXPECT_EQ(read->revision, effect.revision);
  EXPECT_EQ(read->change, effect.change);
  EXPECT_EQ(read->priority, effect.priority);
  EXPECT_EQ(read->tenant, effect.tenant);
  EXPECT_EQ(read->audiences, effect.audiences);
  EXPECT_EQ(read->value, effect.value);
  EXPECT_EQ(read->flat_value, effect.flat_value);
}

TEST(EffectRecord, RefusesCutOffAndLongerBytes) {
  std::string bytes;
  append_effect_record(bytes, full_effect());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(read_effect_record(std::string_view(bytes).substr(0, length)), nullptr) << length;
  EXPECT_EQ(read_effect_record(bytes + "x"), nullptr);
}

}  // namespace
}  // namespace tocsin
