#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/http/http_counts.h"
#include "connectors/http/http_options.h"
#include "engine/model/effect.h"
#include "engine/model/refusal.h"

namespace tocsin {

class BoundSocket;
class HashKey;

/// The HTTP listener: alerts in, queries, the live stream, health and metrics; its paths are in connectors/README.md.
/// Runs one thread for each HttpThread. Intakes and decoders are used on those threads only, and must outlive the
/// server; an intake may be ended before the server is destroyed only after stop().
class HttpServer {
 public:
  /// `key` is the journal's and outlives the server. At least one thread.
  HttpServer(HttpOptions options, HttpHooks hooks, const HashKey& key, std::vector<HttpThread> threads);
  /// Stops first.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Listens and starts the threads; bad_value when an address cannot be listened on, overloaded when that may go by
  /// itself: another program has it. Called once.
  Result<void> start();
  /// The same on sockets that were bound before, instead of the addresses of the options.
  Result<void> start(std::vector<BoundSocket> sockets);
  /// Where it listens, ADDRESS:PORT each with the port that was picked; after start().
  std::vector<std::string> addresses() const;

  /// Tells a revision of an incident to the clients of /v1/stream. From any one thread, between start() and stop();
  /// never waits. Costs next to nothing while there is no client.
  void publish(const EffectPtr& effect);

  /// Takes no more connections, lets requests in progress get their answers (at most stop_span), closes the others and
  /// ends the threads. The engine must go on giving receipts until it returns. Not from a thread of the server.
  void stop();

  /// From any thread, at any time.
  HttpCounts counts() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin
