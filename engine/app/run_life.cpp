#include "engine/app/run_life.h"

#include <iostream>
#include <utility>

#include "engine/app/command.h"
#include "engine/app/start_checks.h"
#include "engine/runtime/thread_name.h"

namespace tocsin::app {

RunLife::RunLife(const Config& config, std::function<void()> changed) : config_(config), changed_(std::move(changed)) {
  thread_ = std::thread([this] {
    name_this_thread("life");
    run();
  });
}

RunLife::~RunLife() { thread_.join(); }

void RunLife::enter(Phase next) {
  phase_.store(next, std::memory_order_release);  // pairs with phase()'s acquire
  changed_();
}

void RunLife::run() {
  exit_code_ = live();
  enter(Phase::over);
}

int RunLife::live() {
  StartChecks checks = check_start(config_);
  // What is said of rules that the journal's may replace is said by the server.
  const bool has_findings = !checks.findings.empty();
  if (has_findings || checks.rules.reading.rules) tell_diagnostics(checks.rules.reading);
  for (const StartFinding& finding : checks.findings) std::cerr << "tocsin run: " << finding.message << "\n";
  if (has_findings) return exit_code_of(checks.findings);

  server_ = std::make_unique<Server>(config_, std::move(checks.rules), std::move(checks.sockets));
  enter(Phase::starting);
  if (const auto started = server_->start(); !started) {
    std::cerr << "tocsin run: " << started.error().message << "\n";
    server_->stop();
    return started.error().exit_code;
  }
  enter(Phase::ready);
  wait_for_stop();
  const bool has_failed = server_->has_failed();
  server_->stop();
  return has_failed ? kFindings : kOk;
}

void RunLife::wait_for_stop() {
  std::unique_lock lock(mutex_);
  told_.wait(lock, [this] { return stopping_; });
}

void RunLife::begin_stop(Duration span) {
  server_->begin_stop(span);
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  told_.notify_one();
}

}  // namespace tocsin::app
