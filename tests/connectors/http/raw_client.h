#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace tocsin {

/// An answer as it was read from the wire.
struct Answer {
  int status = 0;  // 0: the connection ended instead
  std::string head;
  std::string body;
};

/// A connection that sends exactly the bytes that a test gives it, and waits for what comes back.
class RawClient {
 public:
  /// ADDRESS:PORT.
  explicit RawClient(const std::string& address);

  /// False when the server has closed already.
  bool send(std::string_view bytes);
  /// `size` bytes for each write.
  bool send_in_pieces(std::string_view bytes, std::size_t size);
  bool send_bytewise(std::string_view bytes) { return send_in_pieces(bytes, 1); }
  /// The next answer; the body by its Content-Length (none after HEAD).
  Answer read(bool without_body = false);
  Answer ask(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// The next bytes up to and with `mark`, "" when the connection ended before.
  std::string read_until(std::string_view mark);
  /// Waits for the end of the connection; what came before is thrown away.
  void read_to_end();
  void close();
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool fill();

  std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>(1);
  boost::asio::ip::tcp::socket socket_{*io_};
  std::string received_;
};

/// A POST with these bytes as its body.
std::string post(std::string_view path, std::string_view body, std::string_view more_fields = {});
std::string get(std::string_view path);

}  // namespace tocsin
