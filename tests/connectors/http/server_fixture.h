#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/http/http_server.h"
#include "engine/model/hash.h"
#include "engine/runtime/intake/source_decoder.h"
#include "tests/connectors/http/fake_intake.h"
#include "tests/connectors/http/raw_client.h"

namespace tocsin {

/// A source whose bodies say what is to become of them: "ok N" is N good alerts, "mixed" one good and one refused,
/// "mended" two of which one was, anything else is malformed.
class FakeDecoder : public SourceDecoder {
 public:
  explicit FakeDecoder(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override;

 private:
  std::string name_;
};

class FakeDecoders : public DecoderSet {
 public:
  SourceDecoder* find(std::string_view source) override;

 private:
  FakeDecoder alertmanager_{"alertmanager"};
  FakeDecoder webhook_{"alertmanager-webhook"};
  FakeDecoder generic_{"generic"};
};

/// A server on a free port of the loopback, with an engine that the test plays.
class ServerTest : public testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  /// Starts with what `options` and `hooks` hold by now.
  void start(std::size_t threads = 1);
  /// Instead of the fake ones; before start().
  virtual std::unique_ptr<DecoderSet> make_decoders() { return std::make_unique<FakeDecoders>(); }

  RawClient connect() { return RawClient(server->addresses().front()); }
  FakeIntake& engine(std::size_t thread = 0) { return *intakes[thread]; }
  std::uint64_t refused(Refusal reason) const { return server->counts().refused[static_cast<std::size_t>(reason)]; }
  /// Waits, yielding, until `condition` holds: for counters that follow an answer.
  template <typename Condition>
  static void await(Condition condition);

  HttpOptions options;
  HttpHooks hooks;
  HashKey key{HashKey::Seed{}};
  std::vector<std::unique_ptr<FakeIntake>> intakes;
  std::vector<std::unique_ptr<DecoderSet>> decoders;
  std::unique_ptr<HttpServer> server;
};

void yield_once();

template <typename Condition>
void ServerTest::await(Condition condition) {
  while (!condition()) yield_once();
}

/// `"code":"…"` of an error.
std::string code_of(const Answer& answer);

}  // namespace tocsin
