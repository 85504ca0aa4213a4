#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/limits.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/outbox/sink.h"
#include "engine/runtime/shard/shard_port.h"

namespace tocsin {

/// One alert a line. A line "bad" is refused alone, one that begins with "mended" is marked so; a body that begins with
/// "malformed" is refused as a whole.
class LineDecoder final : public SourceDecoder {
 public:
  std::string_view name() const override { return "lines"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    if (body.starts_with("malformed")) return refuse(Refusal::malformed, "as the test wants");
    const std::string_view kept = batch.arena.keep(body);
    std::int32_t index = 0;
    for (std::size_t at = 0; at < kept.size(); ++index) {
      const std::size_t end = std::min(kept.find('\n', at), kept.size());
      const std::string_view line = kept.substr(at, end - at);
      at = end + 1;
      if (line == "bad") {
        batch.refused.push_back({Error{Refusal::bad_value, "a bad line", index, ""}});
        continue;
      }
      Alert alert;
      alert.link = line;
      alert.identity = key.hash(line);
      if (line.starts_with("mended")) {
        alert.mended.add(Mending::status);
        alert.mended.add(Mending::blanks);
        ++batch.mended_count;
        batch.unknown_statuses.push_back(line);
      }
      batch.alerts.push_back(alert);
    }
    return {};
  }
};

class LineDecoders final : public DecoderSet {
 public:
  SourceDecoder* find(std::string_view source) override { return source == "lines" ? &decoder_ : nullptr; }

 private:
  LineDecoder decoder_;
};

/// A small deterministic machine: each alert makes one effect that says position, instant, identity, line and a count;
/// refused things make dead letters with the bytes; a line "wait SECONDS" sets a deadline, which makes an effect.
class SmallShard final : public ShardPort {
 public:
  void apply(const Input& input, std::vector<EffectPtr>& effects) override {
    index_ = 0;
    ++counts_.inputs;
    while (!deadlines_.empty() && deadlines_.begin()->first <= input.at) {
      emit(input, effects, EffectKind::incident, "due " + deadlines_.begin()->second);
      deadlines_.erase(deadlines_.begin());
    }
    if (input.kind == InputKind::refused_body) {
      ++counts_.bodies_refused;
      emit(input, effects, EffectKind::dead_letter, input.error->message + ": " + std::string(input.bytes));
    }
    if (input.batch == nullptr) return;
    for (const Alert& alert : input.batch->alerts) {
      ++counts_.alerts_taken;
      ++counts_.alerts_opened;
      const std::string line(alert.link);
      if (line.starts_with("wait "))
        deadlines_.emplace(input.at + std::chrono::seconds{std::stoi(line.substr(5))}, line);
      emit(input, effects, EffectKind::incident, std::to_string(alert.identity.low) + " " + line);
    }
    for (const RefusedAlert& refused : input.batch->refused) {
      ++counts_.alerts_refused;
      emit(input, effects, EffectKind::dead_letter,
           std::to_string(refused.error.index) + " of " + std::string(input.bytes));
    }
  }

  Instant next_deadline() const override { return deadlines_.empty() ? kNever : deadlines_.begin()->first; }
  const ShardCounts& counts() const override { return counts_; }

  QueryAnswer answer(const Query& query) const override {
    QueryAnswer answer;
    answer.json = query.id + " " + std::to_string(counts_.inputs);
    return answer;
  }

 private:
  void emit(const Input& input, std::vector<EffectPtr>& effects, EffectKind kind, std::string text) {
    auto effect = std::make_shared<Effect>();
    effect->name = {input.position, index_++};
    effect->kind = kind;
    if (kind == EffectKind::incident) {  // each is the opening of one of its own
      effect->incident = IncidentId{Hash128{0, ++counts_.incidents_opened}};
      effect->revision = Revision{1};
    }
    effect->at = input.at;
    effect->value = std::to_string(to_unix_ns(input.at)) + " " + std::to_string(++counts_.effects) + " " + text;
    effects.push_back(std::move(effect));
  }

  ShardCounts counts_;
  std::multimap<Instant, std::string> deadlines_;
  std::uint32_t index_ = 0;
};

/// What a scripted sink was given, and how it behaves; the test keeps it while the engine owns the sink. Any thread.
class SinkScript {
 public:
  void set_up(bool up) {
    change([&] { up_ = up; });
  }
  /// Takes effects, but confirms none.
  void set_confirms(bool confirms) {
    change([&] { confirms_ = confirms; });
  }

  /// Its calls do not return while it hangs, as a sync of a slow disk does.
  void set_hangs(bool hangs) {
    change([&] { hangs_ = hangs; });
  }
  /// What it says it was told; before the engine opens.
  void set_told(Told told) {
    change([&] { told_ = std::move(told); });
  }
  /// Effects whose value has this in it are not taken by the destination in any form; "": it takes all.
  void set_refuses(std::string part) {
    change([&] { refuses_ = std::move(part); });
  }

  /// Where the records are that it refuses; "newest" is compacted.
  void set_topic(std::string topic) {
    change([&] { topic_ = std::move(topic); });
  }
  std::string topic() const {
    const std::lock_guard lock(mutex_);
    return topic_;
  }

  std::vector<EffectPtr> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  /// What was sent again and taken, by topic.
  std::vector<std::string> taken_again() const {
    const std::lock_guard lock(mutex_);
    return taken_again_;
  }

  /// Until a call hangs.
  void wait_until_hanging() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hanging_; });
  }
  void wait_until_sent_again(std::size_t times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sent_again_ >= times; });
  }

  void wait_until_taken(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_.size() >= count; });
  }
  /// Until the sink has refused an effect `times` more times.
  void wait_until_refused(std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    const std::size_t target = refused_ + times;
    changed_.wait(lock, [&] { return refused_ >= target; });
  }

 private:
  friend class ScriptedSink;

  template <typename Change>
  void change(Change&& how) {
    const std::lock_guard lock(mutex_);
    how();
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool up_ = true;
  bool confirms_ = true;
  bool hangs_ = false;
  bool hanging_ = false;
  Told told_;
  std::string refuses_;
  std::string topic_ = "topic";
  std::vector<std::string> taken_again_;
  std::size_t sent_again_ = 0;
  std::vector<EffectPtr> taken_;
  EffectName confirmed_{};
  std::size_t refused_ = 0;
};

class ScriptedSink final : public Sink {
 public:
  /// `window`: effects that it holds without having confirmed them, as a producer's queue does.
  ScriptedSink(std::string name, SinkScript& script, std::size_t window = 8)
      : name_(std::move(name)), script_(script), window_(window) {}

  std::string_view name() const override { return name_; }
  Told told() override {
    const std::lock_guard lock(script_.mutex_);
    return script_.told_;
  }
  void hold_in(UndeliverableShelf& shelf) override { shelf_ = &shelf; }

  bool offer(const EffectPtr& effect) override {
    bool takes = false;
    if (!accepts(effect->value)) {
      if (unconfirmed_ > 0) return false;  // those before it first
      if (!shelf_->hold({effect, script_.topic(), "the test refuses it", effect->at})) return false;
      script_.change([&] { script_.confirmed_ = effect->name; });
      return true;
    }
    script_.change([&] {
      takes = script_.up_ && unconfirmed_ < window_;
      if (takes)
        script_.taken_.push_back(effect);
      else
        ++script_.refused_;
    });
    if (takes) ++unconfirmed_;
    return takes;
  }

  bool keeps_only_newest(std::string_view topic) const override { return topic == "newest"; }
  bool send_again(const Undeliverable& record) override {
    const bool takes = accepts(record.effect->value);
    outcomes_.push_back({record.key(), takes, takes ? "" : "still"});
    script_.change([&] {
      if (takes) script_.taken_again_.push_back(record.topic);
      ++script_.sent_again_;
    });
    return true;
  }
  std::vector<ResendOutcome> resent() override { return std::exchange(outcomes_, {}); }

  void poll(Duration) override {
    {
      std::unique_lock lock(script_.mutex_);
      script_.hanging_ = script_.hangs_;
      script_.changed_.notify_all();
      script_.changed_.wait(lock, [&] { return !script_.hangs_; });
      script_.hanging_ = false;
    }
    script_.change([&] {
      if (!script_.up_ || !script_.confirms_ || script_.taken_.empty()) return;
      script_.confirmed_ = script_.taken_.back()->name;
      unconfirmed_ = 0;
    });
  }

  EffectName confirmed() const override {
    const std::lock_guard lock(script_.mutex_);
    return script_.confirmed_;
  }

  std::string trouble() const override {
    const std::lock_guard lock(script_.mutex_);
    return script_.up_ ? "" : "the test switched it off";
  }

  void close(Duration) override {}

 private:
  bool accepts(std::string_view value) const {
    const std::lock_guard lock(script_.mutex_);
    return script_.refuses_.empty() || value.find(script_.refuses_) == std::string_view::npos;
  }

  std::string name_;
  SinkScript& script_;
  UndeliverableShelf* shelf_ = nullptr;
  std::vector<ResendOutcome> outcomes_;
  std::size_t window_;
  std::size_t unconfirmed_ = 0;
};

}  // namespace tocsin
