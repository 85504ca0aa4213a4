#include "tests/connectors/http/raw_client.h"

#include <array>

#include <boost/asio/write.hpp>

namespace tocsin {

namespace asio = boost::asio;

RawClient::RawClient(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  socket_.connect({asio::ip::make_address(address.substr(0, colon)),
                   static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))});
  socket_.set_option(asio::ip::tcp::no_delay(true));
}

bool RawClient::send(std::string_view bytes) {
  boost::system::error_code ec;
  asio::write(socket_, asio::buffer(bytes), ec);
  return !ec;
}

bool RawClient::send_in_pieces(std::string_view bytes, std::size_t size) {
  for (std::size_t at = 0; at < bytes.size(); at += size)
    if (!send(bytes.substr(at, size))) return false;
  return true;
}

bool RawClient::fill() {
  std::array<char, 65536> bytes;
  boost::system::error_code ec;
  const std::size_t count = socket_.read_some(asio::buffer(bytes), ec);
  received_.append(bytes.data(), count);
  return !ec;
}

std::string RawClient::read_until(std::string_view mark) {
  std::size_t found = 0;
  while ((found = received_.find(mark)) == std::string::npos)
    if (!fill()) return {};
  std::string text = received_.substr(0, found + mark.size());
  received_.erase(0, found + mark.size());
  return text;
}

Answer RawClient::read(bool without_body) {
  Answer answer;
  answer.head = read_until("\r\n\r\n");
  if (answer.head.size() < 12) return answer;
  answer.status = std::stoi(answer.head.substr(9, 3));
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t found = answer.head.find(kLength);
  const std::size_t length = found == std::string::npos ? 0 : std::stoul(answer.head.substr(found + kLength.size()));
  if (without_body) return answer;
  while (received_.size() < length)
    if (!fill()) return {};
  answer.body = received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

void RawClient::read_to_end() {
  while (fill()) received_.clear();
}

void RawClient::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string post(std::string_view path, std::string_view body, std::string_view more_fields) {
  std::string request = "POST " + std::string(path) + " HTTP/1.1\r\nHost: tocsin\r\nContent-Type: application/json\r\n";
  request.append(more_fields).append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return request.append(body);
}

std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: tocsin\r\n\r\n"; }

}  // namespace tocsin
