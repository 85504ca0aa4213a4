#include "tests/connectors/sinks/effects.h"

#include <chrono>

#include "engine/model/json_writer.h"

namespace tocsin::test {
namespace {

constexpr std::chrono::seconds kBound{60};
constexpr std::chrono::milliseconds kPollWait{10};

}  // namespace

Instant instant_of(std::uint64_t position) {
  return from_unix_ns(1'774'738'800'000'000'000 + static_cast<std::int64_t>(position) * 1'000'000'000);
}

EffectPtr incident_effect(std::uint64_t position, std::uint64_t incident, std::uint64_t revision,
                          std::vector<std::string> audiences, std::size_t filler_bytes) {
  auto effect = std::make_shared<Effect>();
  effect->name = {Position{position}, 0};
  effect->at = instant_of(position);
  effect->incident = {{incident * 0x9E37'79B9'7F4A'7C15U, incident}};
  effect->revision = Revision{revision};
  effect->change = revision == 1 ? IncidentChange::opened : IncidentChange::updated;
  effect->priority = Priority::p2;
  effect->tenant = "acme";
  for (std::string& audience : audiences) effect->audiences.push_back({std::move(audience)});
  JsonWriter json(effect->value);
  json.begin_object();
  json.field("schema_version", 1);
  json.field("incident_id", to_text(effect->incident));
  json.field("revision", revision);
  json.field("title", "Cellar \"five\" is under water, as always in spring: größer als gedacht");
  json.key("labels").begin_object().field("filler", std::string(filler_bytes, 'x')).end_object();
  json.end_object();
  return effect;
}

EffectPtr dead_letter_effect(std::uint64_t position) {
  auto effect = std::make_shared<Effect>();
  effect->name = {Position{position}, 0};
  effect->kind = EffectKind::dead_letter;
  effect->at = instant_of(position);
  effect->value = R"({"schema_version":1,"position":)" + std::to_string(position) + R"(,"body":"[{"})";
  return effect;
}

std::vector<EffectPtr> story(std::size_t count, std::size_t incidents) {
  std::vector<EffectPtr> effects;
  std::vector<std::uint64_t> revisions(incidents, 0);
  for (std::size_t i = 0; effects.size() < count; ++i) {
    const std::uint64_t position = effects.size() + 1;
    if (position % 11 == 0) {
      effects.push_back(dead_letter_effect(position));
      continue;
    }
    const std::size_t incident = i % incidents;
    std::vector<std::string> audiences;
    if (incident % 3 == 0) audiences.emplace_back("incidents.page");
    effects.push_back(incident_effect(position, incident + 1, ++revisions[incident], std::move(audiences)));
  }
  return effects;
}

bool poll_until(Sink& sink, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    sink.poll(kPollWait);
  }
  return true;
}

bool deliver(Sink& sink, const std::vector<EffectPtr>& effects) {
  for (const EffectPtr& effect : effects) {
    if (!sink.offer(effect) && !poll_until(sink, [&] { return sink.offer(effect); })) return false;
  }
  return effects.empty() || poll_until(sink, [&] { return sink.confirmed() == effects.back()->name; });
}

}  // namespace tocsin::test
