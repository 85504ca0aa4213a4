#include "connectors/sinks/ndjson_sink.h"

#include <algorithm>
#include <thread>

#include <boost/json.hpp>

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

constexpr std::chrono::milliseconds kTryAgain{100};
constexpr std::chrono::seconds kLookSpan{1};
constexpr std::chrono::minutes kNoteSpan{1};

std::string now_text() { return to_rfc3339(Instant{std::chrono::system_clock::now().time_since_epoch()}); }

}  // namespace

Result<std::unique_ptr<NdjsonSink>> NdjsonSink::open(NdjsonSinkOptions options) {
  auto file = OutputFile::open(options.path);
  if (!file) return std::unexpected(file.error());
  return std::unique_ptr<NdjsonSink>(new NdjsonSink(std::move(options), std::move(*file)));
}

NdjsonSink::NdjsonSink(NdjsonSinkOptions options, std::unique_ptr<OutputFile> file)
    : options_(std::move(options)), name_("events:" + options_.path), file_(std::move(file)) {}

bool NdjsonSink::offer(const EffectPtr& effect) {
  if (buffer_.size() >= options_.buffer_bytes_max) return false;
  const OutRecord record = record_of(*effect, options_.records);
  for (const OutTopic& topic : record.topics) append_line(buffer_, record, topic);
  marks_.push_back({settled_ + buffer_.size(), record.topics.size(), effect->name});
  return true;
}

/// Its last line says which effect it was.
Told NdjsonSink::told() {
  Told told;
  const std::string line = file_->last_line(told.why);
  if (!told.why.empty()) told.is_known = false;
  if (line.empty()) return told;
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(line, error);
  EffectName name;
  const boost::json::value* id = error ? nullptr : parsed.find_pointer("/headers/ce_id", error);
  if (id != nullptr && id->is_string() && parse_effect_name({id->get_string().data(), id->get_string().size()}, name))
    told.note(name);
  else
    told = {.is_known = false, .why = "the last line of " + options_.path + " is none of ours"};
  return told;
}

bool NdjsonSink::is_in_place() {
  const Clock::time_point now = Clock::now();
  if (buffer_.empty() && now < next_look_) return true;  // before each write, else once a second
  next_look_ = now + kLookSpan;
  if (now >= note_until_) note_.clear();
  if (!file_->is_displaced()) return true;
  // All that is in the old one is written and synced, or is still in our buffer.
  auto file = OutputFile::open(options_.path);
  if (!file) {
    set_trouble("it was deleted or replaced, and " + file.error().message);
    return false;
  }
  file_ = std::move(*file);
  trouble_.clear();
  note_ = name_ + ": deleted or replaced at " + now_text() +
          " while it was written to; goes on in the file that is there now";
  note_until_ = now + kNoteSpan;
  return true;
}

void NdjsonSink::set_trouble(std::string_view why) {
  if (trouble_.empty()) trouble_ = name_ + ": not well since " + now_text() + ": " + std::string(why);
}

void NdjsonSink::poll(Duration wait) {
  if (!is_in_place() || buffer_.empty()) return;
  if (const Duration left = next_try_ - Clock::now(); left > Duration{0}) {
    std::this_thread::sleep_for(std::min(left, wait));
    if (left > wait) return;
  }
  std::string why;
  std::uint64_t done = file_->append(buffer_, wait, why);
  if (file_->is_reader_gone()) done = buffer_.size();
  if (why.empty()) {
    if (done > 0 && !file_->is_reader_gone()) trouble_.clear();
  } else {
    counts_.writes_failed.add(1);
    next_try_ = Clock::now() + kTryAgain;
    set_trouble(why);
  }
  settle(done);
}

/// So many more bytes are where they belong, or dropped because nobody reads them.
void NdjsonSink::settle(std::uint64_t bytes) {
  buffer_.erase(0, bytes);
  settled_ += bytes;
  for (; !marks_.empty() && marks_.front().end <= settled_; marks_.pop_front()) {
    (file_->is_reader_gone() ? counts_.lines_dropped : counts_.lines_written).add(marks_.front().lines);
    confirmed_ = marks_.front().name;
  }
}

std::string NdjsonSink::trouble() const {
  if (!file_->is_reader_gone()) return trouble_.empty() ? note_ : trouble_;
  return trouble_ + ": nobody reads any more, " + std::to_string(counts_.lines_dropped.value()) + " lines dropped";
}

void NdjsonSink::close(Duration wait) {
  const Clock::time_point end = Clock::now() + wait;
  do {
    poll(std::clamp<Duration>(end - Clock::now(), Duration{0}, std::chrono::milliseconds{50}));
  } while (!buffer_.empty() && Clock::now() < end);
}

}  // namespace tocsin
