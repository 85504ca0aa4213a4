#include "engine/model/label.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin {
namespace {

const std::vector<Label> kDisk{{"alertname", "DiskFull"}, {"host", "db1"}, {"severity", "warning"}};

TEST(Labels, GiveTheValueOfANameOrNothing) {
  EXPECT_EQ(value_of(kDisk, "alertname"), "DiskFull");
  EXPECT_EQ(value_of(kDisk, "host"), "db1");
  EXPECT_EQ(value_of(kDisk, "severity"), "warning");
  for (const char* name : {"", "a", "alertnam", "alertname2", "zone"}) EXPECT_EQ(value_of(kDisk, name), "") << name;
  EXPECT_EQ(value_of({}, "host"), "");
}

TEST(Labels, NamesAreThoseOfPrometheus) {
  for (const char* name : {"a", "_", "A", "__name__", "le", "a1", "Z_9", "alertname"}) {
    EXPECT_TRUE(is_label_name(name)) << name;
  }
  for (const char* name :
       {"", "1", "1a", "a-b", "a.b", "a b", " a", "a ", "\u00e4", "a\u00e4", "a:b", "@", "[", "`", "{"}) {
    EXPECT_FALSE(is_label_name(name)) << name;
  }
  EXPECT_FALSE(is_label_name({"a\0", 2}));
}

TEST(LabelSet, OwnsWhatItWasMadeOf) {
  LabelSet set;
  {
    std::string name = "host";
    std::string value(1000, 'x');
    const std::vector<Label> labels{{"alertname", "A"}, {name, value}};
    set = LabelSet(labels);
    name.assign(name.size(), '#');
    value.assign(value.size(), '#');
  }
  EXPECT_EQ(value_of(set.view(), "host"), std::string(1000, 'x'));
}

TEST(LabelSet, CopiesAndMovesKeepTheLabels) {
  LabelSet first{kDisk};
  const LabelSet copy = first;
  EXPECT_NE(copy.view()[0].name.data(), first.view()[0].name.data()) << "a copy has bytes of its own";
  const LabelSet moved = std::move(first);
  LabelSet assigned;
  assigned = moved;
  assigned = *&assigned;
  for (const LabelSet* set : std::initializer_list<const LabelSet*>{&copy, &moved, &assigned}) {
    EXPECT_TRUE(std::ranges::equal(set->view(), kDisk));
  }
  EXPECT_TRUE(LabelSet{}.view().empty());
}

}  // namespace
}  // namespace tocsin
