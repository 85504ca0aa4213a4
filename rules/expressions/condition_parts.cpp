#include "rules/expressions/condition_parts.h"

#include <algorithm>

#include "rules/cel/text.h"
#include "rules/cel/type.h"
#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kValueBytesMax = 80;
constexpr std::size_t kTextBytesMax = 200;

/// In whole characters.
std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text += "…";
}

/// The field of a record, or the entry of a map, that was read; an error when it is neither.
cel::Value part_of(const cel::Value& whole, const std::string& key) {
  if (whole.is(cel::Kind::map)) return whole.map_find(cel::Value::string(key));
  if (!whole.is(cel::Kind::record)) return {};
  const cel::Record& record = whole.as_record();
  const auto& fields = record.type->fields();
  const auto field = std::ranges::find_if(fields, [&](const auto& one) { return one.name == key; });
  return field == fields.end() ? cel::Value{} : record.fields[field - fields.begin()];
}

std::string name_of(const std::string& variable, const std::optional<std::string>& key) {
  if (!key) return variable;
  return is_identifier(*key) ? variable + "." + *key : variable + "[" + cel::quoted(*key) + "]";
}

class Reader {
 public:
  Reader(const Expression::Impl& impl, const Facts& facts, Arena& scratch)
      : impl_(impl), facts_(facts), scratch_(scratch) {}

  ConditionPart part(std::size_t index) const {
    const cel::Conjunct& conjunct = impl_.program().conjuncts()[index];
    ConditionPart part;
    part.text = shortened(impl_.program().text().substr(conjunct.offset, conjunct.length), kTextBytesMax);
    Schema::Borrowed borrowed;
    give(impl_.conjunct_value(index, facts_, scratch_, borrowed), part);
    for (const cel::Read& read : conjunct.reads) {
      if (impl_.schema().is_fixed(impl_.scope(), read.slot)) continue;  // tables, names of severities
      Schema::Borrowed room;
      cel::Value value = impl_.schema().value(impl_.scope(), read.slot, facts_, true, room, scratch_);
      if (read.key) value = part_of(value, *read.key);
      if (value.is_error() || value.is(cel::Kind::map) || value.is(cel::Kind::record)) continue;
      const auto& variable = impl_.schema().environment(impl_.scope()).variables()[read.slot];
      part.values.emplace_back(name_of(variable.name, read.key), shortened(cel::to_text(value), kValueBytesMax));
    }
    return part;
  }

  ConditionPart whole() const {
    ConditionPart part;
    part.text = shortened(impl_.program().text(), kTextBytesMax);
    Schema::Borrowed borrowed;
    give(impl_.evaluate(facts_, scratch_, borrowed), part);
    return part;
  }

 private:
  static void give(const cel::Value& value, ConditionPart& part) {
    part.holds = value.is_true();
    if (value.is_error()) part.fault = value.message();
  }

  const Expression::Impl& impl_;
  const Facts& facts_;
  Arena& scratch_;
};

std::string joined(const Expression& condition, const Facts& facts, Arena& scratch, bool that_hold) {
  std::string text;
  for (const ConditionPart& part : parts_of(condition, facts, scratch)) {
    if (part.holds != that_hold) continue;
    if (!text.empty()) text += " and ";
    ((text += '`') += part.text) += '`';
    std::string values;
    for (const auto& [name, value] : part.values) {
      if (!values.empty()) values += ", ";
      ((values += name) += " is ") += value;
    }
    if (!part.fault.empty()) {
      if (!values.empty()) values += ", ";
      (values += "it has no value: ") += part.fault;
    }
    if (!values.empty()) ((text += " (") += values) += ')';
  }
  return text;
}

}  // namespace

std::vector<ConditionPart> parts_of(const Expression& condition, const Facts& facts, Arena& scratch) {
  std::vector<ConditionPart> parts;
  if (condition.empty()) return parts;
  const Reader reader(*condition.impl(), facts, scratch);
  for (std::size_t i = 0; i < condition.impl()->program().conjuncts().size(); ++i) parts.push_back(reader.part(i));
  if (parts.empty()) parts.push_back(reader.whole());
  return parts;
}

std::vector<FactPlace> places_read(const Expression& condition) {
  std::vector<FactPlace> places;
  if (condition.empty()) return places;
  const Expression::Impl& impl = *condition.impl();
  for (const cel::Read& read : impl.program().reads()) {
    const auto place = impl.schema().place(impl.scope(), read);
    if (place && std::ranges::find(places, *place) == places.end()) places.push_back(*place);
  }
  return places;
}

std::string what_fails(const Expression& condition, const Facts& facts, Arena& scratch) {
  return joined(condition, facts, scratch, false);
}

std::string what_holds(const Expression& condition, const Facts& facts, Arena& scratch) {
  return joined(condition, facts, scratch, true);
}

}  // namespace tocsin::rules
