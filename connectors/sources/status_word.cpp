#include "connectors/sources/status_word.h"

#include <array>

#include "connectors/sources/batch_builder.h"
#include "engine/model/word.h"

namespace tocsin {
namespace {

// Beside connectors/sources/README.md, which shows this table to people. A word that ends something has to be here: one
// that is not fires.
struct StatusWord {
  std::string_view word;
  AlertStatus status;
};
constexpr std::array kStatusWords{
    StatusWord{"firing", AlertStatus::firing},     StatusWord{"open", AlertStatus::firing},
    StatusWord{"opened", AlertStatus::firing},     StatusWord{"active", AlertStatus::firing},
    StatusWord{"alerting", AlertStatus::firing},   StatusWord{"triggered", AlertStatus::firing},
    StatusWord{"trigger", AlertStatus::firing},    StatusWord{"problem", AlertStatus::firing},
    StatusWord{"down", AlertStatus::firing},       StatusWord{"resolved", AlertStatus::resolved},
    StatusWord{"resolve", AlertStatus::resolved},  StatusWord{"ok", AlertStatus::resolved},
    StatusWord{"closed", AlertStatus::resolved},   StatusWord{"recovered", AlertStatus::resolved},
    StatusWord{"recovery", AlertStatus::resolved}, StatusWord{"cleared", AlertStatus::resolved},
    StatusWord{"normal", AlertStatus::resolved},   StatusWord{"up", AlertStatus::resolved},
    StatusWord{"clear", AlertStatus::resolved},    StatusWord{"close", AlertStatus::resolved},
    StatusWord{"inactive", AlertStatus::resolved}, StatusWord{"deactivated", AlertStatus::resolved},
    StatusWord{"ended", AlertStatus::resolved},    StatusWord{"fixed", AlertStatus::resolved},
    StatusWord{"healthy", AlertStatus::resolved},  StatusWord{"passing", AlertStatus::resolved},
    StatusWord{"success", AlertStatus::resolved},
};

}  // namespace

std::optional<AlertStatus> find_status_word(std::string_view word) {
  for (const StatusWord& known : kStatusWords) {
    if (equal_but_for_case(word, known.word)) return known.status;
  }
  return std::nullopt;
}

void read_status_word(std::string_view text, BatchBuilder& builder) {
  const std::string_view word = trim_blanks(text);
  if (word.size() != text.size()) builder.mend(Mending::blanks);
  if (word.empty()) return;
  if (const auto status = find_status_word(word))
    builder.alert().status = *status;
  else
    builder.take_unknown_status(word);
}

}  // namespace tocsin
