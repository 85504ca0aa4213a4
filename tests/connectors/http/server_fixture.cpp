#include "tests/connectors/http/server_fixture.h"

#include <charconv>

#include <sched.h>

namespace tocsin {

Result<void> FakeDecoder::decode(std::string_view body, const HashKey&, AlertBatch& batch) {
  if (body == "mixed") {
    batch.alerts.resize(1);
    batch.refused.push_back({Error{Refusal::bad_label_name, "not a label name", 1, "/1/labels/a-b"}});
    return {};
  }
  if (body == "mended") {
    batch.alerts.resize(2);
    batch.mended_count = 1;
    return {};
  }
  if (!body.starts_with("ok ")) return refuse(Refusal::malformed, "not what was expected", 0, "/0");
  std::size_t count = 0;
  std::from_chars(body.data() + 3, body.data() + body.size(), count);
  batch.alerts.resize(count);
  return {};
}

SourceDecoder* FakeDecoders::find(std::string_view source) {
  for (FakeDecoder* decoder : {&alertmanager_, &webhook_, &generic_})
    if (decoder->name() == source) return decoder;
  return nullptr;
}

ServerTest::ServerTest() { options.listen = {"127.0.0.1:0"}; }

ServerTest::~ServerTest() {
  for (const auto& intake : intakes) intake->release();
  if (server) server->stop();
}

void ServerTest::start(std::size_t threads) {
  std::vector<HttpThread> parts;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    intakes.push_back(std::make_unique<FakeIntake>());
    decoders.push_back(make_decoders());
    parts.push_back({intakes.back().get(), decoders.back().get()});
  }
  server = std::make_unique<HttpServer>(options, hooks, key, parts);
  const auto started = server->start();
  ASSERT_TRUE(started.has_value()) << started.error().message;
}

void yield_once() { sched_yield(); }

std::string code_of(const Answer& answer) {
  constexpr std::string_view kBegin = R"({"error":{"code":")";
  if (!answer.body.starts_with(kBegin)) return "no error: " + answer.body;
  return answer.body.substr(kBegin.size(), answer.body.find('"', kBegin.size()) - kBegin.size());
}

}  // namespace tocsin
