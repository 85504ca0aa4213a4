#include "bench/load/options.h"

#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

namespace tocsin {
namespace {

constexpr const char* kAbout =
    "Drives the HTTP path of an alert engine on this machine and says how much it took.\n"
    "Alerts look like what Prometheus posts to /api/v2/alerts. One thread; it ends by itself.\n";

constexpr const char* kExamples = R"help(
Examples
  Ten seconds of never-seen alerts, 64 a body, on 16 connections:
    load --target 127.0.0.1:9099
  A storm of repeats after a second of warm-up, with the server's CPU per alert:
    load --target 127.0.0.1:9099 --duplicates 0.99 --warmup 1 --cpu-of "$(pidof tocsin)"
  Exactly a million alerts, figures as JSON:
    load --target 127.0.0.1:9099 --batch 1000 --requests 1000 --format json
  Latency at a steady 50,000 alerts/s (counted from when a request was due, not from when it could be sent):
    load --target 127.0.0.1:9099 --rate 50000
  What the generator itself can do, two shells:
    taskset -c 0 load --sink --listen 127.0.0.1:9990
    taskset -c 1 load --target 127.0.0.1:9990

Good to know
  A share of repeats needs something to repeat: before the measured window all --live-alerts are sent once.
  When "generator CPU" in the report is near 100 %, the generator was the limit, not the server.
  Exit code: 0 measured, 1 nothing accepted or the server went away, 2 misuse.
)help";

struct Raw {
  std::string target;
  std::string listen = "127.0.0.1:0";
  bool is_sink = false;
  bool is_check = false;
};

/// What no single option can see.
std::string contradiction_in(const Options& options, const Raw& raw) {
  if (raw.is_sink && raw.is_check) return "--sink and --check exclude each other";
  if (options.mode == Mode::drive && raw.target.empty()) return "--target HOST:PORT is missing (see --help)";
  if (options.resolve_share > 0.0 && options.duplicates <= 0.0) {
    return "--resolve-share speaks of repeats: give --duplicates too";
  }
  if (!options.path.starts_with('/')) return "--path starts with /";
  if (options.path.find_first_of(" \r\n") != options.path.npos) return "--path has no blanks and line ends";
  return {};
}

}  // namespace

std::optional<Options> read_options(int argc, char** argv, int& exit_code) {
  Options options;
  Raw raw;
  CLI::App app(kAbout, "load");
  app.footer(kExamples);
  app.get_formatter()->column_width(34);

  app.add_option("--target", raw.target, "The server: 127.0.0.1:PORT, localhost:PORT or [::1]:PORT; no other machine")
      ->group("What");
  app.add_option("--path", options.path, "Where the alerts are posted to")->capture_default_str()->group("What");
  app.add_flag("--sink", raw.is_sink, "Be a server instead, that reads requests and answers 200 at once")
      ->group("What");
  app.add_option("--listen", raw.listen, "Where the sink listens; port 0 takes a free one; printed when ready")
      ->capture_default_str()
      ->group("What");
  app.add_flag("--check", raw.is_check, "Send nothing: render alerts, read them back, exit 1 when one is wrong")
      ->group("What");

  app.add_option("--batch", options.batch, "Alerts a request")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str()
      ->group("Load");
  app.add_option("--duplicates", options.duplicates,
                 "Share of alerts that repeat one sent before in this run: 0 all new, 0.99 a storm of repeats")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group("Load");
  app.add_option("--resolve-share", options.resolve_share, "Share of the repeats that are sent as resolved")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group("Load");
  app.add_option("--connections", options.connections, "Keep-alive connections")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group("Load");
  app.add_option("--pipeline", options.pipeline, "Requests that a connection sends ahead of their answers")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->group("Load");
  app.add_option("--rate", options.rate, "Alerts a second, whatever the answers do (open loop); 0: as fast as answered")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str()
      ->group("Load");

  app.add_option("--catalog", options.catalog,
                 "JSON Lines with name, severity, labels, summary, description, runbook_url, instance_labels;\n"
                 "without it, about 60 rules of its own")
      ->group("Alerts");
  app.add_option("--services", options.services, "Services that the alerts speak of")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->group("Alerts");
  app.add_option("--live-alerts", options.alerts_live, "Alerts held ready, and so the choice that repeats have")
      ->check(CLI::Range(1, 2000000))
      ->capture_default_str()
      ->group("Alerts");
  app.add_option("--shape-seed", options.shape_seed, "Another seed: other alerts, other identities")
      ->capture_default_str()
      ->group("Alerts");

  app.add_option("--duration", options.duration_s, "Seconds to measure [10, or no limit when --requests is given]")
      ->check(CLI::Range(0.01, 86400.0))
      ->group("Limits");
  app.add_option("--requests", options.requests, "Requests to measure; with --duration, what is reached first")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->group("Limits");
  app.add_option("--warmup", options.warmup_s, "Seconds of the same load before the measured window")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str()
      ->group("Limits");
  app.add_option("--warmup-requests", options.warmup_requests, "Requests before the measured window, at most")
      ->group("Limits");
  app.add_option("--answer-wait", options.answer_wait_s, "Seconds without any answer after which it gives up")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str()
      ->group("Limits");

  app.add_option("--cpu-of", options.cpu_of, "Process whose CPU time is read before and after (the server)")
      ->check(CLI::Range(1, 1 << 30))
      ->group("Report");
  app.add_option("--format", options.format, "text or json (one object, its keys are in bench/README.md)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Format>{{"text", Format::text}, {"json", Format::json}})
                      .description("{text,json}"))
      ->group("Report");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    exit_code = app.exit(end) == 0 ? 0 : 2;
    return std::nullopt;
  }
  options.mode = raw.is_sink ? Mode::sink : raw.is_check ? Mode::check : Mode::drive;
  if (options.mode == Mode::drive && options.duration_s <= 0.0 && options.requests == 0) options.duration_s = 10.0;

  std::string wrong = contradiction_in(options, raw);
  if (wrong.empty() && options.mode != Mode::check) {
    auto address = parse_loopback(raw.is_sink ? raw.listen : raw.target, raw.is_sink);
    if (address) {
      options.target = *address;
    } else {
      wrong = (raw.is_sink ? "--listen: " : "--target: ") + address.error();
    }
  }
  if (wrong.empty()) return options;
  fmt::print(stderr, "load: {}\n", wrong);
  exit_code = 2;
  return std::nullopt;
}

}  // namespace tocsin
