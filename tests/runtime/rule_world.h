#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/identity.h"
#include "engine/runtime/doorbell.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/recovery.h"
#include "engine/runtime/reload/rule_reloader.h"
#include "engine/runtime/shard/core_shard.h"
#include "tests/runtime/fakes.h"
#include "tests/runtime/manual_clock.h"
#include "tests/runtime/memory_journal.h"

namespace tocsin {

/// One alert a line, `[end] [until:NS] NAME=VALUE …` with its labels in order of name. `until` is the end that the
/// source states, in nanoseconds since 1970.
class LabelDecoder final : public SourceDecoder {
 public:
  std::string_view name() const override { return "lines"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    std::vector<std::pair<std::size_t, std::size_t>> places;
    std::vector<Alert> said;
    std::istringstream lines{std::string(body)};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      const std::size_t first = batch.label_pool.size();
      Alert& alert = said.emplace_back();
      alert.status = AlertStatus::firing;
      for (std::string word; words >> word;) {
        const std::size_t equals = word.find('=');
        if (word.starts_with("until:")) {
          alert.status = AlertStatus::by_end;
          alert.ends_at = from_unix_ns(std::stoll(word.substr(6)));
          continue;
        }
        if (equals == std::string::npos) {
          alert.status = AlertStatus::resolved;
          continue;
        }
        const std::string_view name = batch.arena.keep(word.substr(0, equals));
        batch.label_pool.push_back({name, batch.arena.keep(word.substr(equals + 1))});
      }
      places.emplace_back(first, batch.label_pool.size() - first);
    }
    std::string scratch;
    for (std::size_t i = 0; i < places.size(); ++i) {  // now that the pool moves no more
      Alert& alert = said[i];
      alert.labels = Labels{batch.label_pool}.subspan(places[i].first, places[i].second);
      seal(alert, batch.tenant, batch.source, key, scratch);
      batch.alerts.push_back(alert);
    }
    return {};
  }
};

class LabelDecoders final : public DecoderSet {
 public:
  SourceDecoder* find(std::string_view source) override { return source == "lines" ? &decoder_ : nullptr; }

 private:
  LabelDecoder decoder_;
};

/// Rule files and tables as if on a disk.
class RuleFolder final : public rules::TableReader {
 public:
  std::map<std::string, std::string, std::less<>> files;
  std::map<std::string, std::string, std::less<>> tables;

  RuleReading load() {
    std::vector<rules::SourceFile> sources;
    for (const auto& [name, bytes] : files) sources.push_back({name, bytes});
    return read_rules(std::move(sources), *this);
  }

  bool read(std::string_view, std::string_view table_file, std::string& bytes) override {
    const auto found = tables.find(table_file);
    if (found == tables.end()) return false;
    bytes = found->second;
    return true;
  }
};

/// An engine on the real core with a disk, a clock and rule files of the test's.
class RuleWorld {
 public:
  ~RuleWorld() { end(); }

  void begin() {
    RuleReading reading = folder.load();
    TOCSIN_CHECK(reading.rules != nullptr, "the test begins with good rules");
    EngineOptions options;
    options.storage = disk.open();
    options.make_shard = [first = reading.rules](const HashKey& key) { return make_core_shard(first, key); };
    options.rules = {reading.rules, reading.packed};
    options.decoders = &decoders;
    options.clock = &clock;
    options.sinks.push_back(std::make_unique<ScriptedSink>("sink", *sink));
    auto opened = Engine::open(std::move(options));
    TOCSIN_CHECK(opened.has_value(), "the test's engine opens");
    engine = std::move(*opened);
    TOCSIN_CHECK(engine->recover({}).has_value(), "the test's journal can be replayed");
    intake_ = &engine->intake(0);
    intake_->on_ready([bell = bell_] { bell->ring(); });
    engine->start();
    RuleReloader::Parts parts;
    parts.read = [this] { return folder.load(); };
    parts.pass = [this](RuleSwitch next) { return engine->switch_rules(std::move(next)); };
    parts.position = [this] { return engine->rules_position(); };
    parts.clock = &clock;
    reloader = std::make_unique<RuleReloader>(std::move(parts), reading.rules);
  }

  void end() {
    if (reloader) reloader->stop();
    reloader.reset();
    if (engine) engine->stop();
    engine.reset();
  }

  Receipt send(const std::string& body) {
    Submission submission;
    submission.ticket = ++tickets_;
    submission.source = "lines";
    submission.payload = pack_body(body);
    submission.body_bytes = body.size();
    submission.batch = intake_->fresh_batch();
    submission.batch->source = "lines";
    TOCSIN_CHECK(decoder_.decode(body, engine->key(), *submission.batch).has_value(), "the test's bodies are good");
    Receipt receipt;
    if (!intake_->submit(std::move(submission))) return receipt;
    while (!intake_->next_receipt(receipt)) bell_->wait();
    return receipt;
  }

  ReloadOutcome reload() {
    ReloadOutcome outcome;
    const auto done = std::make_shared<Doorbell>();  // it may still ring when we are on our way
    reloader->request([&outcome, done](const ReloadOutcome& came) {
      outcome = came;
      done->ring();
    });
    done->wait();
    return outcome;
  }

  std::vector<InputKind> kinds() {
    std::vector<InputKind> kinds;
    for (const auto& [position, record] : disk.records) kinds.push_back(read_journal_record(position, record)->kind);
    return kinds;
  }

  /// Name and value of each effect of a replay of the journal, which begins with `rules`.
  std::vector<std::string> replayed(rules::RuleSetPtr rules) {
    const auto journal = disk.open().journal;
    const auto shard = make_core_shard(std::move(rules), journal->key());
    std::vector<std::string> told;
    std::vector<EffectPtr> effects;
    const auto read = replay_inputs(*journal, Position{1}, decoders, [&](const Input& input) {
      effects.clear();
      shard->apply(input, effects);
      for (const EffectPtr& effect : effects) told.push_back(to_text(effect->name) + " " + effect->value);
      return true;
    });
    TOCSIN_CHECK(read.has_value(), "the test's journal can be replayed");
    return told;
  }

  std::vector<std::string> told() const {
    std::vector<std::string> told;
    for (const EffectPtr& effect : sink->taken()) told.push_back(to_text(effect->name) + " " + effect->value);
    return told;
  }

  MemoryDisk disk;
  ManualClock clock;
  RuleFolder folder;
  LabelDecoders decoders;
  std::unique_ptr<SinkScript> sink = std::make_unique<SinkScript>();
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RuleReloader> reloader;

 private:
  Intake* intake_ = nullptr;
  std::shared_ptr<Doorbell> bell_ = std::make_shared<Doorbell>();  // the engine may ring after us
  LabelDecoder decoder_;
  std::uint64_t tickets_ = 0;
};

}  // namespace tocsin
