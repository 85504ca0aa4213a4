#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/explain/chronicle.h"

namespace tocsin {

/// All that is known of one incident: as `tocsin why` and `tocsin timeline` show it.
struct IncidentReport {
  std::string id{};
  std::string record{};  // its newest record, JSON, as queries have it
  std::vector<ChronicleEntry> entries{};
  std::size_t left_out = 0;
  std::vector<std::string> not_told{};  // who is not told now, and for which condition
  std::uint64_t repeats = 0;            // words that said the same again
};

/// What became of alerts that somebody asks for: as `tocsin why-not` shows it.
struct AlertReport {
  struct Of {
    std::uint64_t number = 0;
    std::string name{};
    std::string title{};
    std::vector<std::string> standing{};  // where it stands, see why_it_stands_so; empty: it is forgotten
    std::uint64_t repeats = 0;
    std::vector<ChronicleEntry> entries{};
  };
  std::string asked{};
  Instant from = kUnset;  // the first and the last input that were looked at
  Instant to = kUnset;
  std::vector<Of> alerts{};            // the newest of them, oldest first
  std::size_t more = 0;                // matched too, and are not shown
  std::vector<std::string> near{};     // alerts that all matchers but one match, and which
  std::vector<std::string> refused{};  // what was refused: how many, of which source, why
};

/// For people, on one screen: why it is there, why it has its priority, who is told and who is not.
std::string why_text(const IncidentReport& report);
std::string why_json(const IncidentReport& report);

/// Everything in order, with the instants of receipt and event.
std::string timeline_text(const IncidentReport& report);
std::string timeline_json(const IncidentReport& report);
/// What a review starts from.
std::string timeline_markdown(const IncidentReport& report);

std::string why_not_text(const AlertReport& report);
std::string why_not_json(const AlertReport& report);

}  // namespace tocsin
