// POST /-/reload: the answer is the outcome, whenever and on whatever thread it comes.

#include <future>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

ReloadOutcome switched() {
  ReloadOutcome outcome;
  outcome.result = ReloadResult::switched;
  outcome.rule_set = "payments";
  outcome.digest = {0x1b, 0x9f};
  outcome.position = Position{812};
  outcome.changes = {{"page"}, {"per-service"}, {"queue"}, {}};
  return outcome;
}

class HttpReload : public ServerTest {
 protected:
  /// Every reload comes to this.
  void answer_with(ReloadOutcome outcome) {
    hooks.reload = [outcome = std::move(outcome)](const RuleReloader::Answer& answer) { answer(outcome); };
    start();
  }
};

TEST_F(HttpReload, TellsWhatIsKeptResetNewAndRemoved) {
  answer_with(switched());
  auto client = connect();
  const Answer answer = client.ask(post("/-/reload", ""));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            R"({"reloaded":true,"changed":true,"rule_set":"payments","digest":"000000000000001b000000000000009f",)"
            R"("position":"812","kept":["page"],"reset":["per-service"],"new":["queue"],"removed":[],)"
            R"("diagnostics":[]})");
}

TEST_F(HttpReload, OfBadRulesIs400WithEveryFinding) {
  ReloadOutcome outcome;
  outcome.result = ReloadResult::refused;
  outcome.rule_set = "old";
  rules::Diagnostic finding;
  finding.file = "a.yaml";
  finding.line = 3;
  finding.column = 7;
  finding.code = "unknown_field";
  finding.message = "no such field";
  outcome.diagnostics = {finding, finding};
  answer_with(outcome);
  auto client = connect();
  const Answer answer = client.ask(post("/-/reload", ""));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(
      answer.body,
      HasSubstr(R"x({"reloaded":false,"error":{"code":"bad_rules","message":"a.yaml:3:7: error[unknown_field]: )x"
                R"x(no such field (and 1 more)"},"rule_set":"old")x"));
  EXPECT_THAT(answer.body, HasSubstr(R"("diagnostics":[{"file":"a.yaml","line":3,"column":7,)"));
  EXPECT_THAT(answer.body, HasSubstr(R"(},{"file":"a.yaml",)"));
}

TEST_F(HttpReload, IsTriedAgainLaterWhenTheJournalFails) {
  ReloadOutcome outcome;
  outcome.result = ReloadResult::failed;
  outcome.error = Error{Refusal::storage_failed, "the disk is full"};
  answer_with(outcome);
  auto client = connect();
  const Answer answer = client.ask(post("/-/reload", ""));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("error":{"code":"storage_failed","message":"the disk is full"})"));
  EXPECT_THAT(answer.head, HasSubstr("\r\nRetry-After: 10\r\n"));
}

TEST_F(HttpReload, WaitsForTheOutcomeAndServesOthersMeanwhile) {
  std::promise<RuleReloader::Answer> asked;
  hooks.reload = [&asked](RuleReloader::Answer answer) { asked.set_value(std::move(answer)); };
  start();
  auto client = connect();
  ASSERT_TRUE(client.send(post("/-/reload", "")));
  const RuleReloader::Answer answer = asked.get_future().get();
  EXPECT_EQ(connect().ask(get("/-/ready")).status, 200);
  answer(switched());
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(HttpReload, ThatTakesTooLongIs503AndItsOutcomeIsNobodys) {
  std::optional<RuleReloader::Answer> late;
  hooks.reload = [&late](RuleReloader::Answer answer) { late = std::move(answer); };
  options.limits.answer_span = std::chrono::milliseconds{20};
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(post("/-/reload", "")).status, 503);
  server->stop();
  (*late)(switched());
}

TEST_F(HttpReload, IsAPost) {
  answer_with(switched());
  auto client = connect();
  const Answer answer = client.ask(get("/-/reload"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("\r\nAllow: POST\r\n"));
}

TEST_F(HttpReload, WhereThereIsNothingToReloadIs404) {
  start();
  EXPECT_EQ(connect().ask(post("/-/reload", "")).status, 404);
}

TEST_F(HttpReload, ThatDidNotWorkIsARemarkOfAHealthyProcess) {
  hooks.remark = [] { return std::string("the rules were not reloaded"); };
  start();
  const Answer answer = connect().ask(get("/-/healthy"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "healthy\nthe rules were not reloaded\n");
}

}  // namespace
}  // namespace tocsin
