#include <algorithm>
#include <array>
#include <optional>

#include "rules/cel/text.h"
#include "rules/layers/layering.h"
#include "rules/sections/draft.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

/// As in Falco's exceptions; all but `=` and `in` are CEL's own words.
constexpr std::array<std::string_view, 7> kComps{"=", "!=", "in", "startsWith", "endsWith", "contains", "matches"};
constexpr std::size_t kFieldsMax = 8;

enum class Form : std::uint8_t { text, number, word, flag };

struct OtherField {
  std::string_view name;
  Form form;
};
constexpr std::array<OtherField, 3> kOfAlerts{
    {{"tier", Form::number}, {"status", Form::text}, {"severity", Form::word}}};
constexpr std::array<OtherField, 19> kOfIncidents{{{"incident.priority", Form::text},
                                                   {"incident.status", Form::text},
                                                   {"incident.severity", Form::word},
                                                   {"incident.acked", Form::flag},
                                                   {"incident.service", Form::text},
                                                   {"incident.environment", Form::text},
                                                   {"incident.region", Form::text},
                                                   {"incident.team", Form::text},
                                                   {"incident.owner", Form::text},
                                                   {"incident.title", Form::text},
                                                   {"incident.rule_id", Form::text},
                                                   {"incident.tenant", Form::text},
                                                   {"incident.category", Form::text},
                                                   {"incident.plan", Form::text},
                                                   {"incident.update_overdue", Form::flag},
                                                   {"incident.alert_count", Form::number},
                                                   {"incident.active_alert_count", Form::number},
                                                   {"incident.service_count", Form::number},
                                                   {"incident.host_count", Form::number}}};

std::optional<Form> form_of(std::string_view name, bool of_incidents) {
  if (of_incidents) {
    const auto found = std::ranges::find(kOfIncidents, name, &OtherField::name);
    if (found != kOfIncidents.end()) return found->form;
    for (const std::string_view map : {"incident.labels.", "incident.fields."}) {
      if (name.starts_with(map) && is_label_name(name.substr(map.size()))) return Form::text;
    }
    if (name.starts_with("incident.lead.") && field_from(name.substr(14))) return Form::text;
    return std::nullopt;
  }
  const auto found = std::ranges::find(kOfAlerts, name, &OtherField::name);
  if (found != kOfAlerts.end()) return found->form;
  for (const std::string_view map : {"labels.", "annotations."}) {
    if (name.starts_with(map) && is_label_name(name.substr(map.size()))) return Form::text;
  }
  return field_from(name) ? std::optional{Form::text} : std::nullopt;
}

std::vector<std::string_view> names_of(bool of_incidents) {
  std::vector<std::string_view> names;
  if (of_incidents) {
    for (const OtherField& field : kOfIncidents) names.push_back(field.name);
    return names;
  }
  for (const OtherField& field : kOfAlerts) names.push_back(field.name);
  for (const FieldInfo& info : fields()) names.push_back(info.name);
  return names;
}

struct Column {
  std::string_view field;
  Form form = Form::text;
  std::string_view comp = "=";
};

/// Reads one exception into the condition that an alert is excepted.
class ExceptionReader {
 public:
  ExceptionReader(const RuleList& list, Report& report) : list_(list), report_(report) {}

  std::optional<std::string> read(const MapReader& map) {
    const YamlNode* fields = map.require("fields");
    const YamlNode* values = map.require("values");
    if (fields == nullptr || values == nullptr) return std::nullopt;
    is_single_ = fields->is_scalar();
    read_fields(*fields);
    if (const YamlNode* comps = map.find("comps")) read_comps(*comps);
    const auto rows = read_list(*values, "`values`", report_);
    if (values->is_sequence() && rows.empty())
      fail(*values, "empty_list", "an exception without values excepts nothing");
    std::string text = sound_ && is_single_ && columns_[0].comp == "in" ? cell(*values, columns_[0]) : "";
    for (std::size_t i = 0; text.empty() && i < rows.size() && sound_; ++i)
      rows_ += (i == 0 ? "" : " || ") + row(*rows[i]);
    if (text.empty()) text = std::move(rows_);
    return sound_ ? std::optional{std::move(text)} : std::nullopt;
  }

 private:
  void fail(const YamlNode& at, std::string_view code, std::string message, std::string hint = {}) {
    report_.error(at, code, std::move(message), std::move(hint));
    sound_ = false;
  }

  void read_fields(const YamlNode& node) {
    if (is_single_) return read_field(node, "in");
    for (const YamlNode* field : read_list(node, "`fields`", report_)) read_field(*field, "=");
    if (columns_.empty() || columns_.size() > kFieldsMax) {
      fail(node, "bad_fields", "an exception has 1 to 8 fields");
    }
  }

  void read_field(const YamlNode& node, std::string_view comp) {
    const auto name = read_text(node, "a field", report_);
    const auto form = name ? form_of(*name, list_.of_incidents) : std::nullopt;
    if (form) return columns_.push_back({*name, *form, comp});
    sound_ = false;
    columns_.emplace_back();
    if (!name) return;
    const auto names = names_of(list_.of_incidents);
    std::string hint = report_.is_full() ? "" : suggestion(*name, names);
    if (hint.empty())
      hint =
          list_.of_incidents ? "fields of incidents are written `incident.NAME`" : "a label is written `labels.NAME`";
    report_.error(node, "unknown_field",
                  std::string{list_.of_incidents ? "incidents" : "alerts"} + " have no field `" +
                      std::string{name->substr(0, 80)} + "`",
                  std::move(hint));
  }

  void read_comps(const YamlNode& node) {
    const std::array<const YamlNode*, 1> one{&node};
    const auto comps =
        is_single_ && node.is_scalar() ? std::span<const YamlNode* const>{one} : read_list(node, "`comps`", report_);
    if (comps.size() != columns_.size()) {
      return fail(node, "bad_comps",
                  "there are " + std::to_string(columns_.size()) + " fields and " + std::to_string(comps.size()) +
                      " comparisons");
    }
    for (std::size_t i = 0; i < comps.size(); ++i) {
      if (comps[i]->is_scalar() && comps[i]->text == "==") {
        columns_[i].comp = "=";
        continue;
      }
      const auto index = read_word(*comps[i], "a comparison", kComps, "unknown_comparison", report_);
      if (!index) {
        sound_ = false;
        continue;
      }
      columns_[i].comp = kComps[*index];
      if (*index > 2 && columns_[i].form != Form::text) {
        fail(*comps[i], "type_mismatch", "`" + std::string{columns_[i].comp} + "` is for texts");
      }
    }
  }

  /// One alternative: all of its fields compare.
  std::string row(const YamlNode& node) {
    if (is_single_) return cell(node, columns_[0]);
    const auto cells = read_list(node, "an item of `values`", report_);
    if (!node.is_sequence()) {
      sound_ = false;
      return {};
    }
    if (cells.size() != columns_.size()) {
      fail(node, "bad_values",
           "there are " + std::to_string(columns_.size()) + " fields and here are " + std::to_string(cells.size()) +
               " values");
      return {};
    }
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "(" : " && ") + cell(*cells[i], columns_[i]);
    return text + ")";
  }

  std::string cell(const YamlNode& node, const Column& column) {
    const std::string field{column.field};
    if (column.comp == "in") {
      std::string text = field + " in [";
      const auto items = read_list(node, "what `in` compares with", report_);
      if (!node.is_sequence()) sound_ = false;
      for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "" : ", ") + literal(*items[i], column.form);
      return text + "]";
    }
    const std::string value = literal(node, column.form);
    if (column.comp == "=") return field + " == " + value;
    if (column.comp == "!=") return field + " != " + value;
    return field + "." + std::string{column.comp} + "(" + value + ")";
  }

  std::string literal(const YamlNode& node, Form form) {
    const auto text = read_text(node, "a value", report_);
    if (!text) {
      sound_ = false;
      return {};
    }
    switch (form) {
      case Form::text:
        return cel::quoted(*text);
      case Form::number:
        if (!read_count(node, "a value", 0, 1'000'000'000, report_)) sound_ = false;
        break;
      case Form::flag:
        if (!read_bool(node, "a value", report_)) sound_ = false;
        break;
      case Form::word:
        if (!is_identifier(*text)) fail(node, "unknown_severity", "a value must be a name of the scale");
        break;
    }
    return std::string{*text};
  }

  const RuleList& list_;
  Report& report_;
  std::vector<Column> columns_;
  std::string rows_;
  bool is_single_ = false;
  bool sound_ = true;
};

void apply_exception(const YamlNode& item, RuleBook& book, std::size_t file) {
  Report& report = book.file(file).report;
  const MapReader map(item, "an exception", {"id", "name", "fields", "comps", "values"}, report);
  if (const YamlNode* name = map.find("name")) read_name(*name, "`name`", report);
  const YamlNode* id = map.require("id");
  NamedRule* rule = id == nullptr ? nullptr : book.find(*id, file, true);
  if (rule == nullptr) return;
  const auto excepted = ExceptionReader(*rule->list, report).read(map);
  if (!excepted) return;
  std::string text = "!(" + *excepted + ")";
  if (book.scope(file).is_confined() && rule->file != file) {
    const YamlNode* inside = book.scope_condition(file, *rule->list, *id);
    if (inside == nullptr) return;
    text = "!(" + std::string{inside->text} + " && (" + *excepted + "))";
  }
  const YamlNode& condition = book.made().text(text, *map.find("values"));
  rule->item.filter(condition);
  for (auto& variant : rule->variants) variant.item.filter(condition);
}

}  // namespace

void apply_exceptions(RuleBook& book, std::size_t file) {
  const YamlNode* node = book.file(file).section("exceptions");
  if (node == nullptr) return;
  for (const YamlNode* item : read_list(*node, "`exceptions`", book.file(file).report))
    apply_exception(*item, book, file);
}

}  // namespace tocsin::rules
