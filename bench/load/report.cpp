#include "bench/load/report.h"

#include <cmath>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tocsin {
namespace {

namespace json = boost::json;

double ratio(double of, double to) { return to > 0.0 ? of / to : 0.0; }
double a_second(std::uint64_t count, const Tally& tally) { return ratio(static_cast<double>(count), tally.elapsed_s); }
double microseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000.0; }

/// Failures are answers other than 2xx.
std::uint64_t failures(const Tally& tally) {
  std::uint64_t count = tally.requests_answered;
  for (std::size_t status = 200; status < 300; ++status) count -= tally.by_status[status];
  return count;
}

/// Three decimals are more than any figure here is good for, and keep the JSON readable.
double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

json::object latency_of(const Histogram& latency) {
  return {
      {"p50", rounded(microseconds(latency.at_share(0.50)))}, {"p90", rounded(microseconds(latency.at_share(0.90)))},
      {"p99", rounded(microseconds(latency.at_share(0.99)))}, {"p999", rounded(microseconds(latency.at_share(0.999)))},
      {"max", rounded(microseconds(latency.longest()))},      {"mean", rounded(latency.mean() / 1000.0)}};
}

json::value server_of(const Options& options, const Measured& measured) {
  if (!measured.server) return nullptr;
  const ServerUse& use = *measured.server;
  const auto accepted = static_cast<double>(measured.tally.alerts_accepted);
  return json::object{{"pid", options.cpu_of},
                      {"user_s", rounded(use.cpu.user)},
                      {"system_s", rounded(use.cpu.system)},
                      {"cpu_share", rounded(ratio(use.cpu.sum(), measured.tally.elapsed_s))},
                      {"cpu_us_per_alert", rounded(ratio(use.cpu.sum() * 1e6, accepted))},
                      {"resident_bytes", use.resident_bytes}};
}

json::value first_error_of(const Tally& tally) {
  if (tally.first_error_status == 0) return nullptr;
  return json::object{{"status", tally.first_error_status}, {"body", tally.first_error_body}};
}

}  // namespace

std::string as_json(const Options& options, const Measured& measured) {
  const Tally& tally = measured.tally;
  json::object responses;
  for (std::size_t status = 0; status < tally.by_status.size(); ++status) {
    if (tally.by_status[status] > 0) responses[std::to_string(status)] = tally.by_status[status];
  }
  const json::object all{
      {"target", options.target.text},
      {"path", options.path},
      {"connections", options.connections},
      {"pipeline", options.pipeline},
      {"batch", options.batch},
      {"duplicates", options.duplicates},
      {"resolve_share", options.resolve_share},
      {"rate", options.rate},
      {"services", options.services},
      {"live_alerts", options.alerts_live},
      {"shape_seed", options.shape_seed},
      {"mean_body_bytes", rounded(measured.mean_body_bytes)},
      {"mean_alert_bytes", rounded(measured.mean_body_bytes / options.batch)},
      {"ended_by", word_of(tally.ending)},
      {"elapsed_s", rounded(tally.elapsed_s)},
      {"requests_sent", tally.requests_sent},
      {"requests_answered", tally.requests_answered},
      {"requests_lost", tally.requests_lost},
      {"requests_unanswered", tally.requests_unanswered},
      {"alerts_new", tally.mix.fresh},
      {"alerts_repeated", tally.mix.repeated},
      {"alerts_resolved", tally.mix.resolved},
      {"alerts_accepted", tally.alerts_accepted},
      {"requests_per_s", rounded(a_second(tally.requests_answered, tally))},
      {"alerts_per_s", rounded(a_second(tally.alerts_accepted, tally))},
      {"bytes_per_s", rounded(a_second(tally.bytes_sent, tally))},
      {"responses", responses},
      {"failures", failures(tally)},
      {"first_error", first_error_of(tally)},
      {"malformed_replies", tally.malformed_replies},
      {"connection_losses", tally.connection_losses},
      {"reconnects", tally.reconnects},
      {"latency_us", latency_of(tally.latency)},
      {"generator_cpu_share", rounded(ratio(measured.own_cpu.sum(), tally.elapsed_s))},
      {"generator_wait_share", rounded(ratio(measured.own_wait_s, tally.elapsed_s))},
      {"generator_cpu_us_per_alert",
       rounded(ratio(measured.own_cpu.sum() * 1e6, static_cast<double>(tally.requests_sent) * options.batch))},
      {"server", server_of(options, measured)},
  };
  return json::serialize(all) + "\n";
}

std::string as_text(const Options& options, const Measured& measured) {
  const Tally& tally = measured.tally;
  const Histogram& latency = tally.latency;
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    fmt::format_to(std::back_inserter(text), "{:<17}{}\n", name, value);
  };
  line("load", fmt::format("http://{}{}, {} connections, {} alerts a request, {:g} % repeats{}", options.target.text,
                           options.path, options.connections, options.batch, options.duplicates * 100.0,
                           options.rate > 0.0 ? fmt::format(", {:.0f} alerts/s offered", options.rate) : ""));
  line("body", fmt::format("{:.0f} bytes, {:.0f} an alert", measured.mean_body_bytes,
                           measured.mean_body_bytes / options.batch));
  line("window", fmt::format("{:.3f} s, ended by {}", tally.elapsed_s, word_of(tally.ending)));
  line("requests", fmt::format("{} sent, {} answered, {} lost, {} unanswered, {:.0f}/s", tally.requests_sent,
                               tally.requests_answered, tally.requests_lost, tally.requests_unanswered,
                               a_second(tally.requests_answered, tally)));
  line("alerts", fmt::format("{} accepted ({} new, {} repeated, {} of them resolved were sent)", tally.alerts_accepted,
                             tally.mix.fresh, tally.mix.repeated, tally.mix.resolved));
  line("throughput", fmt::format("{:.0f} alerts/s, {:.1f} MB/s", a_second(tally.alerts_accepted, tally),
                                 a_second(tally.bytes_sent, tally) / 1e6));
  std::string statuses;
  for (std::size_t status = 0; status < tally.by_status.size(); ++status) {
    if (tally.by_status[status] > 0) statuses += fmt::format("{} x {}  ", tally.by_status[status], status);
  }
  line("answers", statuses.empty() ? "none" : statuses);
  if (tally.first_error_status != 0) {
    line("first error", fmt::format("{}: {}", tally.first_error_status, tally.first_error_body));
  }
  line("latency", fmt::format("p50 {:.3f} ms, p90 {:.3f}, p99 {:.3f}, p99.9 {:.3f}, max {:.3f}",
                              microseconds(latency.at_share(0.50)) / 1e3, microseconds(latency.at_share(0.90)) / 1e3,
                              microseconds(latency.at_share(0.99)) / 1e3, microseconds(latency.at_share(0.999)) / 1e3,
                              microseconds(latency.longest()) / 1e3));
  line("connections", fmt::format("{} lost, {} opened again, {} malformed replies", tally.connection_losses,
                                  tally.reconnects, tally.malformed_replies));
  const double own_share = ratio(measured.own_cpu.sum(), tally.elapsed_s);
  line("generator CPU", fmt::format("{:.0f} % of a core, {:.0f} % waiting for others on it{}", own_share * 100.0,
                                    ratio(measured.own_wait_s, tally.elapsed_s) * 100.0,
                                    own_share > 0.9 ? ": the generator may have been the limit" : ""));
  if (measured.server) {
    const ServerUse& use = *measured.server;
    line("server CPU",
         fmt::format("{:.3f} us an alert, {:.0f} % of a core (user {:.2f} s, system {:.2f} s), {:.0f} MB resident",
                     ratio(use.cpu.sum() * 1e6, static_cast<double>(tally.alerts_accepted)),
                     ratio(use.cpu.sum(), tally.elapsed_s) * 100.0, use.cpu.user, use.cpu.system,
                     static_cast<double>(use.resident_bytes) / 1e6));
  }
  return text;
}

}  // namespace tocsin
