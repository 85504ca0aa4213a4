#include "connectors/sources/section_shapes.h"

#include <cstring>

#include "engine/model/check.h"

namespace tocsin {

static_assert(limits::kLabelsMax <= 256, "a place fits a byte");
static_assert(SectionShapes::kNamesBytesMax <= UINT16_MAX, "an end fits two bytes");

bool SectionShape::fits(std::span<const Label> section) const {
  if (section.size() != count) return false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = section[i].name;
    if (name.size() != ends[i] - begin || std::memcmp(name.data(), names.data() + begin, name.size()) != 0)
      return false;
    begin = ends[i];
  }
  return true;
}

SectionShape* SectionShapes::find(std::span<const Label> section) {
  TOCSIN_CHECK(!section.empty() && section.size() <= limits::kLabelsMax, "a section within its limit");
  SectionShape* const shape = shapes_[section.size() - 1].get();
  return shape != nullptr && shape->fits(section) ? shape : nullptr;
}

void SectionShapes::note(std::span<const Label> section, std::span<const std::uint8_t> order) {
  TOCSIN_CHECK(order.size() == section.size(), "each entry has its place");
  std::size_t bytes = 0;
  for (const Label& label : section) bytes += label.name.size();
  if (bytes > kNamesBytesMax) return;
  auto& place = shapes_[section.size() - 1];
  if (place == nullptr) place = std::make_unique<SectionShape>();
  SectionShape& shape = *place;
  shape.names.clear();
  shape.count = section.size();
  shape.batch = 0;
  shape.is_in_order = true;
  for (std::size_t i = 0; i < section.size(); ++i) {
    shape.names += section[i].name;
    shape.ends[i] = static_cast<std::uint16_t>(shape.names.size());
    shape.holds_word[i] = holds_word(section[i].name);
    shape.order[i] = order[i];
    shape.is_in_order = shape.is_in_order && order[i] == i;
  }
}

}  // namespace tocsin
