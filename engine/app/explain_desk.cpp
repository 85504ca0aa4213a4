#include "engine/app/explain_desk.h"

#include "connectors/sources/decoders.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/thread_name.h"

namespace tocsin::app {
namespace {

using What = ExplainRequest::What;
using Form = ExplainRequest::Form;

QueryAnswer refused(Error error) {
  QueryAnswer answer;
  answer.ok = false;
  answer.error = std::move(error);
  return answer;
}

QueryAnswer answered(std::string text) {
  QueryAnswer answer;
  answer.json = std::move(text);
  return answer;
}

}  // namespace

QueryAnswer explain_from(const std::string& data_folder, const ExplainRequest& request, const StopsExplaining& stops) {
  auto journal = open_local_journal_for_reading(data_folder);
  if (!journal) return refused(journal.error());
  const auto decoders = make_decoders();
  if (request.what == What::why_not) {
    const auto report = explain_alerts(**journal, *decoders, request.matchers, request.at, stops);
    if (!report) return refused(report.error());
    return answered(request.form == Form::json ? why_not_json(*report) : why_not_text(*report));
  }
  const auto report = explain_incident(**journal, *decoders, request.incident, stops);
  if (!report) return refused(report.error());
  if (request.what == What::why) return answered(request.form == Form::json ? why_json(*report) : why_text(*report));
  return answered(request.form == Form::json   ? timeline_json(*report)
                  : request.form == Form::text ? timeline_text(*report)
                                               : timeline_markdown(*report));
}

ExplainDesk::ExplainDesk(std::string data_folder) : data_folder_(std::move(data_folder)), thread_([this] { run(); }) {}

ExplainDesk::~ExplainDesk() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool ExplainDesk::ask(ExplainRequest request, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    if (stops_ || waiting_.size() >= kWaitingMax) return false;
    waiting_.emplace_back(std::move(request), std::move(answer));
  }
  changed_.notify_one();
  return true;
}

void ExplainDesk::run() {
  name_this_thread("explain");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stops_ || !waiting_.empty(); });
    if (stops_) break;
    auto [request, answer] = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // relaxed: who reads it early or late only gives up a little earlier or later
    answer(explain_from(data_folder_, request, [this] { return stops_.load(std::memory_order_relaxed); }));
    lock.lock();
  }
  for (auto& [request, answer] : waiting_) answer(refused(Error{Refusal::stopping, "the process is stopping", -1, {}}));
}

}  // namespace tocsin::app
