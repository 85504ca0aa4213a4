#include "engine/runtime/outbox/sink_status.h"

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

std::string count_text(std::uint64_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKiB = 1024;
  constexpr std::uint64_t kMiB = 1024 * kKiB;
  constexpr std::uint64_t kGiB = 1024 * kMiB;
  const auto tenths = [bytes](std::uint64_t unit, std::string_view name) {
    const std::uint64_t value = bytes * 10 / unit;
    return std::to_string(value / 10) + "." + std::to_string(value % 10) + " " + std::string(name);
  };
  if (bytes >= kGiB) return tenths(kGiB, "GiB");
  if (bytes >= kMiB) return tenths(kMiB, "MiB");
  if (bytes >= 10 * kKiB) return tenths(kKiB, "KiB");
  return count_text(bytes, "byte");
}

}  // namespace

std::string waiting_text(const SinkStatus& sink) {
  return count_text(sink.effects_waiting, "effect") + ", " + bytes_text(sink.bytes_waiting);
}

std::string unwell_text(const SinkStatus& sink) {
  std::string text = "sink " + sink.name + ": ";
  text += sink.trouble.empty() ? "nothing was acknowledged since " + to_rfc3339(sink.stuck_since) : sink.trouble;
  return text + "; " + waiting_text(sink) + " waiting";
}

std::string full_text(const SinkStatus& sink) {
  return "sink " + sink.name + " is full since " + to_rfc3339(sink.full_since) + ": " + waiting_text(sink) +
         " waiting, at most " + bytes_text(sink.disk_bytes_max) +
         " are kept on disk; no alerts are accepted until there is room";
}

std::string undeliverable_text(const SinkStatus& sink) {
  std::string text = "sink " + sink.name + ": " + count_text(sink.undeliverable, "record") +
                     " held as undeliverable, " + bytes_text(sink.undeliverable_bytes);
  if (!sink.undeliverable_last.empty()) text += "; the last one: " + sink.undeliverable_last;
  return text + "; `tocsin undeliverable` lists them and sends them again";
}

std::vector<std::string> sentences(const SinkStatus& sink) {
  std::vector<std::string> all;
  if (sink.full_since != kUnset) all.push_back(full_text(sink));
  if (sink.is_unwell()) all.push_back(unwell_text(sink));
  if (sink.undeliverable > 0) all.push_back(undeliverable_text(sink));
  return all;
}

}  // namespace tocsin
