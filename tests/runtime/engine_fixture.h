#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/doorbell.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/journal/body_packing.h"
#include "tests/runtime/fakes.h"
#include "tests/runtime/manual_clock.h"
#include "tests/runtime/memory_journal.h"

namespace tocsin {

/// What a connector thread does, for tests: decodes, packs, submits, waits for receipts.
class TestConnector {
 public:
  TestConnector(Engine& engine, std::size_t index = 0) : engine_(engine), intake_(engine.intake(index)) {
    intake_.on_ready([bell = bell_] { bell->ring(); });
  }

  Submission make(std::string_view body) {
    Submission submission;
    submission.ticket = ++tickets_;
    submission.source = "lines";
    submission.payload = pack_body(body);
    submission.body_bytes = body.size();
    submission.batch = intake_.fresh_batch();
    submission.batch->source = "lines";
    if (auto decoded = decoder_.decode(body, engine_.key(), *submission.batch); !decoded) {
      submission.kind = InputKind::refused_body;
      submission.error = decoded.error();
      submission.batch.reset();
    }
    return submission;
  }

  /// False: it was refused.
  bool submit(std::string_view body) { return intake_.submit(make(body)); }

  Receipt wait_for_receipt() {
    Receipt receipt;
    while (!intake_.next_receipt(receipt)) bell_->wait();
    return receipt;
  }

  Receipt send(std::string_view body) { return submit(body) ? wait_for_receipt() : Receipt{}; }

  QueryAnswer ask(std::string id) {
    Query query;
    query.ticket = ++tickets_;
    query.id = std::move(id);
    QueryAnswer answer;
    if (!intake_.ask(std::move(query))) return answer;
    while (!intake_.next_answer(answer)) bell_->wait();
    return answer;
  }

  Intake& intake() { return intake_; }

 private:
  Engine& engine_;
  Intake& intake_;
  std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();  // the engine may ring after us
  LineDecoder decoder_;
  std::uint64_t tickets_ = 0;
};

/// An engine with small parts, from a disk that may have been used before.
inline EngineOptions small_engine(Storage storage, ManualClock& clock, LineDecoders& decoders) {
  EngineOptions options;
  options.storage = std::move(storage);
  options.make_shard = [](const HashKey&) { return std::make_unique<SmallShard>(); };
  options.decoders = &decoders;
  options.clock = &clock;
  options.version = "test";
  return options;
}

inline std::unique_ptr<Engine> begin(EngineOptions options) {
  auto engine = Engine::open(std::move(options));
  TOCSIN_CHECK(engine.has_value(), "the test's engine opens");
  const auto recovered = (*engine)->recover({});
  TOCSIN_CHECK(recovered.has_value(), "the test's journal can be replayed");
  (*engine)->start();
  return std::move(*engine);
}

inline std::vector<std::string> values_of(const std::vector<EffectPtr>& effects) {
  std::vector<std::string> values;
  for (const EffectPtr& effect : effects) values.push_back(to_text(effect->name) + " " + effect->value);
  return values;
}

}  // namespace tocsin
