#include "engine/model/identity.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

/// An alert that owns its labels, sealed.
struct Sealed {
  std::vector<Label> labels{{"alertname", "DiskFull"}, {"host", "db1"}};
  std::vector<Label> annotations{{"summary", "disk of db1 is full"}};
  std::string tenant;
  std::string source = "alertmanager";
  Alert alert{};

  const Alert& seal() {
    std::string scratch;
    alert.labels = labels;
    alert.annotations = annotations;
    tocsin::seal(alert, tenant, source, published_key(), scratch);
    return alert;
  }
};

TEST(Identity, IsTheSameForTheSameLabels) {
  Sealed a;
  Sealed b;
  EXPECT_EQ(a.seal().identity, b.seal().identity);
  EXPECT_EQ(a.alert.content, b.alert.content);
}

TEST(Identity, DiffersByTenantSourceAndEveryLabel) {
  Sealed plain;
  const Hash128 identity = plain.seal().identity;
  Sealed tenant;
  tenant.tenant = "acme";
  EXPECT_NE(tenant.seal().identity, identity);
  Sealed source;
  source.source = "generic";
  EXPECT_NE(source.seal().identity, identity);
  Sealed value;
  value.labels[1].value = "db2";
  EXPECT_NE(value.seal().identity, identity);
  Sealed name;
  name.labels[1].name = "node";
  EXPECT_NE(name.seal().identity, identity);
}

TEST(Identity, DoesNotConfuseWhereOneTextEndsAndTheNextBegins) {
  Sealed a;
  a.labels = {{"a", "bc"}};
  Sealed b;
  b.labels = {{"ab", "c"}};
  EXPECT_NE(a.seal().identity, b.seal().identity);
  Sealed c;
  c.tenant = "ab";
  c.source = "c";
  Sealed d;
  d.tenant = "a";
  d.source = "bc";
  EXPECT_NE(c.seal().identity, d.seal().identity);
}

TEST(Identity, OfASourceWithKeysIsItsKeyAndNotItsLabels) {
  Sealed a;
  a.alert.source_key = "check-7";
  Sealed b;
  b.alert.source_key = "check-7";
  b.labels[1].value = "db2";
  EXPECT_EQ(a.seal().identity, b.seal().identity);
  EXPECT_NE(a.alert.content, b.alert.content) << "a rule can read the label";
  Sealed other;
  other.alert.source_key = "check-8";
  EXPECT_NE(other.seal().identity, a.alert.identity);
}

TEST(Identity, DoesNotReadAnnotationsStatusOrTimes) {
  Sealed plain;
  const Hash128 identity = plain.seal().identity;
  Sealed changed;
  changed.annotations.clear();
  changed.alert.status = AlertStatus::resolved;
  changed.alert.starts_at = from_unix_ns(1);
  changed.alert.link = "http://p/";
  EXPECT_EQ(changed.seal().identity, identity);
}

TEST(Content, ChangesWithLabelsAnnotationsAndStatus) {
  Sealed plain;
  const Hash128 content = plain.seal().content;
  Sealed label;
  label.labels[1].value = "db2";
  EXPECT_NE(label.seal().content, content);
  Sealed annotation;
  annotation.annotations[0].value = "disk of db1 is nearly full";
  EXPECT_NE(annotation.seal().content, content);
  Sealed status;
  status.alert.status = AlertStatus::firing;
  EXPECT_NE(status.seal().content, content);
}

TEST(Content, OfAPairOfPrometheusServersIsTheSame) {
  Sealed one;
  Sealed other;
  other.alert.starts_at = from_unix_ns(1);
  other.alert.link = "http://other-prometheus/";
  EXPECT_EQ(one.seal().content, other.seal().content);
}

TEST(Content, IgnoresTheEnd) {
  Sealed a;
  Sealed b;
  b.alert.ends_at = from_unix_ns(1'000);
  EXPECT_EQ(a.seal().content, b.seal().content);
}

TEST(Content, KeepsLabelsAndAnnotationsApart) {
  Sealed a;
  a.alert.source_key = "k";
  a.labels = {{"x", "1"}};
  a.annotations = {};
  Sealed b;
  b.alert.source_key = "k";
  b.labels = {};
  b.annotations = {{"x", "1"}};
  EXPECT_NE(a.seal().content, b.seal().content);
}

TEST(Content, DependsOnTheKey) {
  Sealed a;
  a.seal();
  Alert again = a.alert;
  std::string scratch;
  const HashKey other{HashKey::Seed{1}};
  seal(again, a.tenant, a.source, other, scratch);
  EXPECT_NE(again.identity, a.alert.identity);
  EXPECT_NE(again.content, a.alert.content);
}

TEST(Identity, IsOfTheKeyWhereThereIsOneElseOfTheLabels) {
  Sealed by_labels;
  by_labels.seal();
  std::string scratch;
  EXPECT_EQ(identity_of("", "alertmanager", "", by_labels.labels, published_key(), scratch), by_labels.alert.identity);
  Sealed by_key;
  by_key.alert.source_key = "k1";
  by_key.seal();
  EXPECT_EQ(identity_of("", "alertmanager", "k1", by_labels.labels, published_key(), scratch), by_key.alert.identity);
  EXPECT_EQ(identity_of("", "alertmanager", "k1", {}, published_key(), scratch), by_key.alert.identity);
}

}  // namespace
}  // namespace tocsin
