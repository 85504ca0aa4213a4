#include "bench/load/reply_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tocsin {
namespace {

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kBodyBytesKept = 512;

bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool read_number(std::string_view text, int base, std::uint64_t& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return read.ec == std::errc{};
}

}  // namespace

ReplyReader::ReplyReader() {
  pending_.reserve(kHeadBytesMax);
  body_.reserve(kBodyBytesKept);
}

void ReplyReader::reset() {
  state_ = State::head;
  pending_.clear();
  body_.clear();
}

void ReplyReader::keep(std::string_view part) {
  if (status_ / 100 != 2 && body_.size() < kBodyBytesKept) body_ += part.substr(0, kBodyBytesKept - body_.size());
}

ReplyReader::Step ReplyReader::read_head(std::string_view& input) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (pending_.empty()) {
    body_.clear();
    if (const std::size_t end = input.find(kEnd); end != input.npos) {
      const std::string_view head = input.substr(0, end + 2);
      input.remove_prefix(end + kEnd.size());
      return understand(head) ? Step::complete : Step::malformed;
    }
  }
  const std::size_t searched_from = pending_.size() < 3 ? 0 : pending_.size() - 3;
  const std::size_t had = pending_.size();
  pending_ += input.substr(0, kHeadBytesMax - had);
  const std::size_t end = pending_.find(kEnd, searched_from);
  if (end == pending_.npos) {
    input = {};
    return pending_.size() < kHeadBytesMax ? Step::need_more : Step::malformed;
  }
  input.remove_prefix(end + kEnd.size() - had);
  const bool understood = understand(std::string_view(pending_).substr(0, end + 2));
  pending_.clear();
  return understood ? Step::complete : Step::malformed;
}

bool ReplyReader::understand(std::string_view head) {
  // HTTP/1.1 200 OK
  std::uint64_t status = 0;
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || !read_number(head.substr(9, 3), 10, status)) return false;
  status_ = static_cast<int>(status);
  closes_ = head[7] == '0';
  is_chunked_ = false;
  left_ = 0;
  head.remove_prefix(head.find('\n') + 1);
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length") && !read_number(value, 10, left_)) return false;
    if (same_word(name, "transfer-encoding")) is_chunked_ = same_word(value, "chunked");
    if (same_word(name, "connection")) closes_ = same_word(value, "close");
  }
  return true;
}

ReplyReader::Step ReplyReader::read_line(std::string_view& input, std::string_view& line) {
  const std::size_t end = input.find('\n');
  pending_ += input.substr(0, end);
  if (pending_.size() > kHeadBytesMax) return Step::malformed;
  if (end == input.npos) {
    input = {};
    return Step::need_more;
  }
  input.remove_prefix(end + 1);
  line = trimmed(pending_);
  return Step::complete;
}

ReplyReader::Step ReplyReader::read(std::string_view& input) {
  while (true) {
    std::string_view line;
    switch (state_) {
      case State::head: {
        if (input.empty()) return Step::need_more;
        if (const Step step = read_head(input); step != Step::complete) return step;
        if (status_ / 100 == 1) break;  // 100 Continue and the like: the reply proper follows
        if (is_chunked_) {
          state_ = State::chunk_size;
        } else if (left_ > 0 && status_ != 204 && status_ != 304) {
          state_ = State::counted;
        } else {
          return Step::complete;
        }
        break;
      }
      case State::counted:
      case State::chunk: {
        if (input.empty()) return Step::need_more;
        const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        keep(input.substr(0, taken));
        input.remove_prefix(taken);
        left_ -= taken;
        if (left_ > 0) return Step::need_more;
        if (state_ == State::counted) {
          state_ = State::head;
          return Step::complete;
        }
        state_ = State::chunk_end;
        break;
      }
      case State::chunk_size:
        if (const Step step = read_line(input, line); step != Step::complete) return step;
        if (!read_number(line, 16, left_)) return Step::malformed;
        pending_.clear();
        state_ = left_ == 0 ? State::trailer : State::chunk;
        break;
      case State::chunk_end:
        if (const Step step = read_line(input, line); step != Step::complete) return step;
        pending_.clear();
        state_ = State::chunk_size;
        break;
      case State::trailer:
        if (const Step step = read_line(input, line); step != Step::complete) return step;
        const bool is_last = line.empty();
        pending_.clear();
        if (!is_last) break;
        state_ = State::head;
        return Step::complete;
    }
  }
}

}  // namespace tocsin
