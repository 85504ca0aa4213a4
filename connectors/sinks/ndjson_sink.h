#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/sinks/output_file.h"
#include "connectors/sinks/record.h"
#include "engine/model/refusal.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/outbox/sink.h"

namespace tocsin {

struct NdjsonSinkOptions {
  /// A file, or "-" for standard output.
  std::string path = "-";
  RecordOptions records{};
  /// Lines that are not written yet; at the bound offer() says no.
  std::size_t buffer_bytes_max = 4 * 1024 * 1024;
};

/// What the sink has done since it began. One writer; readable from any thread.
struct NdjsonSinkCounts {
  Counter lines_written;
  Counter lines_dropped;  // a stream whose reader is gone
  Counter writes_failed;
};

/// One line of JSON for each record that would go to Kafka, dead letters included (append_line in record.h has its
/// form).
///
/// A file: an effect is confirmed when its lines are synced. Disk full or broken: trouble(), and the same again until
/// it works; nothing is skipped and no half line stays. A stream (standard output, a pipe) is confirmed when it is
/// written. A file that was deleted, renamed or replaced while it was written to is noticed within a second and said;
/// from then on the lines go to a new one at the path (made, or appended to). When the reader of a stream has gone
/// (`tocsin run --events - | head`) the lines are dropped and counted, and trouble() says so: a view that nobody looks
/// at must not hold up the engine, whose outbox would grow until sources are refused. Who needs every line gives a
/// file.
class NdjsonSink final : public Sink {
 public:
  /// Refused (bad_value): the file cannot be opened.
  static Result<std::unique_ptr<NdjsonSink>> open(NdjsonSinkOptions options);

  std::string_view name() const override { return name_; }
  Told told() override;
  bool offer(const EffectPtr& effect) override;
  void poll(Duration wait) override;
  EffectName confirmed() const override { return confirmed_; }
  std::string trouble() const override;
  void close(Duration wait) override;

  const NdjsonSinkCounts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;
  NdjsonSink(NdjsonSinkOptions options, std::unique_ptr<OutputFile> file);
  void settle(std::uint64_t bytes);
  /// False: it is not where it should be, and cannot be made there.
  bool is_in_place();
  void set_trouble(std::string_view why);

  /// Where the lines of an effect end, counted in bytes since the sink began.
  struct Mark {
    std::uint64_t end = 0;
    std::uint64_t lines = 0;
    EffectName name{};
  };

  const NdjsonSinkOptions options_;
  const std::string name_;
  NdjsonSinkCounts counts_;
  std::unique_ptr<OutputFile> file_;
  std::string buffer_;         // lines from settled_ on
  std::uint64_t settled_ = 0;  // bytes written (or dropped) since the sink began
  std::deque<Mark> marks_;     // effects that are not confirmed, in order
  EffectName confirmed_{};
  Clock::time_point next_try_{};
  Clock::time_point next_look_{};
  Clock::time_point note_until_{};
  std::string note_;     // what happened to the file, said for a while
  std::string trouble_;  // with since when; empty: well
};

}  // namespace tocsin
