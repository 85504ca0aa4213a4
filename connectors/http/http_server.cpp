#include "connectors/http/http_server.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connectors/http/bound_socket.h"
#include "connectors/http/worker.h"
#include "engine/model/check.h"
#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::size_t kToldTheyAreTooMany = 64;  // connections over the limit that are told so; others are just closed
constexpr std::chrono::milliseconds kAcceptRetrySpan{100};

std::unexpected<Error> refused(const BindError& error) {
  return refuse(error.kind == BindError::Kind::in_use ? Refusal::overloaded : Refusal::bad_value, error.message);
}

}  // namespace

struct HttpServer::Parts {
  HttpOptions options;
  HttpHooks hooks;
  std::vector<std::shared_ptr<Worker>> workers;
  std::vector<tcp::acceptor> acceptors;  // of the first worker's io_context, on its thread once started
  std::vector<std::string> addresses;
  std::vector<std::thread> threads;
  Counter accept_errors;
  std::size_t turn = 0;

  Result<void> listen(BoundSocket& bound);
  asio::awaitable<void> accept(tcp::acceptor& acceptor);
  Worker& least_loaded();
  std::size_t load() const;
};

Result<void> HttpServer::Parts::listen(BoundSocket& bound) {
  tcp::acceptor acceptor(workers.front()->io());
  boost::system::error_code ec;
  acceptor.assign(bound.endpoint().protocol(), bound.release(), ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return refused(bind_error(bound.wanted(), ec.value()));
  addresses.push_back(text_of(bound.endpoint()));
  acceptors.push_back(std::move(acceptor));
  return {};
}

std::size_t HttpServer::Parts::load() const {
  std::size_t sum = 0;
  for (const auto& worker : workers) sum += worker->load();
  return sum;
}

// Fewest connections first, in turn among equals: even, whatever the kernel's hash of the addresses would have made.
Worker& HttpServer::Parts::least_loaded() {
  ++turn;
  Worker* best = workers[turn % workers.size()].get();
  for (std::size_t step = 1; step < workers.size(); ++step) {
    Worker* other = workers[(turn + step) % workers.size()].get();
    if (other->load() < best->load()) best = other;
  }
  return *best;
}

asio::awaitable<void> HttpServer::Parts::accept(tcp::acceptor& acceptor) {
  asio::steady_timer pause(acceptor.get_executor());
  while (acceptor.is_open()) {
    Worker& worker = least_loaded();
    auto [ec, socket] = co_await acceptor.async_accept(worker.io(), as_tuple(use_awaitable));
    if (!acceptor.is_open()) co_return;
    if (ec) {
      // Out of descriptors, for example: without the pause the loop would burn a core.
      accept_errors.add(1);
      pause.expires_after(kAcceptRetrySpan);
      co_await pause.async_wait(as_tuple(use_awaitable));
      continue;
    }
    const std::size_t open = load();
    if (open >= options.limits.connections_max + kToldTheyAreTooMany) continue;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    worker.adopt(std::move(socket), open >= options.limits.connections_max);
  }
}

HttpServer::HttpServer(HttpOptions options, HttpHooks hooks, const HashKey& key, std::vector<HttpThread> threads)
    : parts_(std::make_unique<Parts>()) {
  TOCSIN_CHECK(!threads.empty(), "a server has a thread");
  parts_->options = std::move(options);
  parts_->options.limits.body_bytes_max = std::min(parts_->options.limits.body_bytes_max, limits::kBodyBytesMax);
  parts_->hooks = std::move(hooks);
  for (const HttpThread& thread : threads)
    parts_->workers.push_back(std::make_shared<Worker>(parts_->options, parts_->hooks, key, thread, threads.size()));
}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::start() {
  std::vector<BindError> errors;
  std::vector<BoundSocket> sockets = bind_all(parts_->options.listen, errors);
  if (!errors.empty()) return refused(errors.front());
  return start(std::move(sockets));
}

Result<void> HttpServer::start(std::vector<BoundSocket> sockets) {
  for (BoundSocket& bound : sockets)
    if (auto listening = parts_->listen(bound); !listening) {
      parts_->acceptors.clear();
      return listening;
    }
  for (tcp::acceptor& acceptor : parts_->acceptors)
    asio::co_spawn(parts_->workers.front()->io(), parts_->accept(acceptor),
                   [](const std::exception_ptr& failure) { TOCSIN_CHECK(!failure, "accepting does not throw"); });
  for (const auto& worker : parts_->workers) {
    parts_->threads.emplace_back([worker] {
      name_this_thread("http");
      worker->run();
    });
  }
  return {};
}

std::vector<std::string> HttpServer::addresses() const { return parts_->addresses; }

void HttpServer::publish(const EffectPtr& effect) {
  if (effect->kind != EffectKind::incident) return;
  Worker::Frame frame;
  for (const auto& worker : parts_->workers) {
    if (!worker->has_stream_clients()) continue;
    if (!frame)
      frame = std::make_shared<const std::string>("id: " + to_text(effect->name) +
                                                  "\nevent: incident\ndata: " + effect->value + "\n\n");
    worker->publish(frame);
  }
}

void HttpServer::stop() {
  if (parts_->threads.empty()) return;
  std::promise<void> closed;
  asio::post(parts_->workers.front()->io(), [this, &closed] {
    boost::system::error_code ignored;
    for (tcp::acceptor& acceptor : parts_->acceptors) acceptor.close(ignored);
    closed.set_value();
  });
  closed.get_future().wait();
  for (const auto& worker : parts_->workers) worker->begin_stop();
  for (std::thread& thread : parts_->threads) thread.join();
  parts_->threads.clear();
}

HttpCounts HttpServer::counts() const {
  HttpCounts sum;
  for (const auto& worker : parts_->workers) add_counts(sum, worker->counters());
  sum.accept_errors += parts_->accept_errors.value();
  return sum;
}

}  // namespace tocsin
