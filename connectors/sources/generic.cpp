#include "connectors/sources/generic.h"

#include <string>

#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/generic_alert.h"
#include "connectors/sources/json_reader.h"
#include "connectors/sources/number_texts.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

using simdjson::dom::element;

/// The alerts of a body, whichever of the three shapes it has.
struct AlertsInBody {
  bool is_list = false;
  simdjson::dom::array list{};
  std::string_view parent = "";  // where the list stands
  std::size_t first_number = 0;  // numbers of the document before the list
};

Result<void> find_alerts(element document, AlertsInBody& found) {
  if (document.is_array()) {
    found.is_list = true;
    return read_list(document, "", found.list);
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return refuse(Refusal::wrong_type, "must be an object or an array of objects");
  }
  std::size_t numbers = 0;
  for (const auto field : object) {
    if (field.key == "alerts" && field.value.is_array()) {
      if (found.is_list) return refuse(Refusal::duplicate_key, "the same field twice", -1, "/alerts");
      found.is_list = true;
      found.parent = "/alerts";
      found.first_number = numbers;
      if (const auto list = read_list(field.value, "/alerts", found.list); !list) return list;
    }
    numbers += NumberTexts::count(field.value);
  }
  return {};
}

class Generic final : public SourceDecoder {
 public:
  explicit Generic(JsonReader& reader) : reader_(reader) {}

  std::string_view name() const override { return "generic"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    const auto document = reader_.read(body);
    if (!document) return std::unexpected(document.error());
    AlertsInBody found;
    if (const auto alerts = find_alerts(*document, found); !alerts) return alerts;
    numbers_.scan(reader_.text());
    builder_.begin(batch, key, body.size(),
                   {.parent = found.parent, .is_list = found.is_list, .count = found.is_list ? found.list.size() : 1},
                   reader_.mends());
    if (!found.is_list) {
      take(*document, 0);
      return builder_.finish();
    }
    std::size_t number = found.first_number;
    for (const element alert : found.list) {
      take(alert, number);
      number += NumberTexts::count(alert);
    }
    return builder_.finish();
  }

 private:
  void take(element value, std::size_t first_number) {
    builder_.open();
    if (const auto read = alert_.read(value, first_number, numbers_, builder_); read)
      builder_.accept();
    else
      builder_.refuse(read.error());
  }

  JsonReader& reader_;
  BatchBuilder builder_;
  NumberTexts numbers_;
  GenericAlert alert_;
};

}  // namespace

std::unique_ptr<SourceDecoder> make_generic(JsonReader& reader) { return std::make_unique<Generic>(reader); }

}  // namespace tocsin
