#include "tests/connectors/http/fake_intake.h"

#include "engine/runtime/journal/body_packing.h"

namespace tocsin {

bool FakeIntake::submit(Submission&& submission) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::full) return false;
  std::string buffer;
  Submitted seen;
  seen.kind = submission.kind;
  seen.source = submission.source;
  if (const auto body = unpack_body(submission.payload, buffer)) seen.body = *body;
  seen.error = submission.error;
  seen.alerts = submission.batch ? submission.batch->alerts.size() : 0;
  submitted_.push_back(std::move(seen));
  if (mode_ == Mode::held)
    held_.push_back(submission.ticket);
  else
    give(submission.ticket, mode_ == Mode::at_once);
  arrived_.notify_all();
  return true;
}

void FakeIntake::give(std::uint64_t ticket, bool durable) {
  receipts_.push_back(durable ? Receipt{ticket, Position{++position_}, true, {}}
                              : Receipt{ticket, {}, false, Refusal::storage_failed});
  if (wake_) wake_();
}

bool FakeIntake::ask(Query&& query) {
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::full) return false;
  if (mode_ == Mode::held)
    held_queries_.push_back(query.ticket);
  else
    give_answer(query.ticket);
  queries_.push_back(std::move(query));
  arrived_.notify_all();
  return true;
}

void FakeIntake::give_answer(std::uint64_t ticket) {
  answer_.ticket = ticket;
  answers_.push_back(answer_);
  if (wake_) wake_();
}

bool FakeIntake::next_receipt(Receipt& receipt) {
  const std::lock_guard lock(mutex_);
  if (receipts_.empty()) return false;
  receipt = receipts_.front();
  receipts_.pop_front();
  return true;
}

bool FakeIntake::next_answer(QueryAnswer& answer) {
  const std::lock_guard lock(mutex_);
  if (answers_.empty()) return false;
  answer = answers_.front();
  answers_.pop_front();
  return true;
}

void FakeIntake::on_ready(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

std::optional<Refusal> FakeIntake::refusing() const {
  const std::lock_guard lock(mutex_);
  return refusing_;
}

void FakeIntake::set_mode(Mode mode) {
  const std::lock_guard lock(mutex_);
  mode_ = mode;
}

void FakeIntake::set_refusing(std::optional<Refusal> refusal) {
  const std::lock_guard lock(mutex_);
  refusing_ = refusal;
}

void FakeIntake::release() {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t ticket : held_) give(ticket, true);
  held_.clear();
  for (const std::uint64_t ticket : held_queries_) give_answer(ticket);
  held_queries_.clear();
}

void FakeIntake::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return submitted_.size() >= count; });
}

void FakeIntake::wait_for_queries(std::size_t count) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return queries_.size() >= count; });
}

std::vector<Submitted> FakeIntake::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

std::vector<Query> FakeIntake::queries() const {
  const std::lock_guard lock(mutex_);
  return queries_;
}

void FakeIntake::set_answer(QueryAnswer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

}  // namespace tocsin
