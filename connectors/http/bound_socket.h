#pragma once

#include <expected>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace tocsin {

/// Why an address cannot be listened on.
struct BindError {
  enum class Kind {
    not_an_address,  // not ADDRESS:PORT, or given twice
    in_use,          // another program has it: may go by itself
    not_possible,    // not an address of this machine, a port that one may not have
  };
  Kind kind{};
  std::string message;  // a sentence
};

/// An address that nobody else can have from now on. It is not listened on yet: who connects is refused by the system,
/// as before. So that a start that cannot have its address ends before it has written anything. Owns the socket.
class BoundSocket {
 public:
  /// `text` is ADDRESS:PORT; IPv6 in brackets; port 0 picks a free one.
  static std::expected<BoundSocket, BindError> bind(const std::string& text);
  ~BoundSocket();
  BoundSocket(BoundSocket&& other) noexcept;
  BoundSocket& operator=(BoundSocket&&) = delete;

  /// As it was asked for, and as it is: with the port that was picked.
  const std::string& wanted() const { return wanted_; }
  const boost::asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }
  /// Gives the descriptor to the caller.
  int release();

 private:
  BoundSocket(std::string wanted, boost::asio::ip::tcp::endpoint endpoint, int descriptor);

  std::string wanted_;
  boost::asio::ip::tcp::endpoint endpoint_;
  int descriptor_;
};

/// Binds all; what goes wrong is added to `errors`.
std::vector<BoundSocket> bind_all(const std::vector<std::string>& addresses, std::vector<BindError>& errors);

/// ADDRESS:PORT.
std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint);

/// The sentence for a system's error when `text` is bound or listened on.
BindError bind_error(const std::string& text, int error);

}  // namespace tocsin
