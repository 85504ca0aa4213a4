#include "bench/micro/alert_bodies.h"

#include <numeric>
#include <vector>

#include "engine/model/json_writer.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin::bench {
namespace {

void write_alert(JsonWriter& json, std::size_t number, std::size_t services, std::string_view ends_at) {
  const std::string pod = "checkout-7d8f9c6b5d-" + std::to_string(10'000 + number);
  const std::string node = "10.0." + std::to_string(number / 250) + "." + std::to_string(number % 250);
  json.begin_object().key("annotations").begin_object();
  json.field("description", "Pod shop/" + pod + " (checkout) is in waiting state (reason: \"CrashLoopBackOff\").");
  json.field("runbook_url", "https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping");
  json.field("summary", "Pod is crash looping.").end_object();
  json.field("endsAt", ends_at).field("startsAt", "2026-03-28T22:58:30.326990857Z");
  json.field("generatorURL",
             "http://prometheus-k8s-0:9090/graph?g0.expr=max_over_time%28kube_pod_container_status_waiting_reason%29");
  json.key("labels").begin_object();
  json.field("alertname", "KubePodCrashLooping").field("cluster", "eu-1").field("container", "checkout");
  json.field("instance", node + ":8443").field("job", "kube-state-metrics").field("namespace", "shop");
  json.field("pod", pod)
      .field("prometheus", "monitoring/k8s")
      .field("reason", "CrashLoopBackOff")
      .field("service", "service-" + std::to_string(number % services));
  json.field("severity", "warning").field("uid", "5b8c1d34-9f52-4f7e-8d1a-" + std::to_string(100'000'000'000 + number));
  json.end_object().end_object();
}

}  // namespace

AlertBody make_alert_body(std::size_t alerts, std::size_t first) {
  std::vector<std::size_t> numbers(alerts);
  std::iota(numbers.begin(), numbers.end(), first);
  return make_alert_body(numbers, 200, "2026-03-28T23:04:00.326Z");
}

AlertBody make_alert_body(std::span<const std::size_t> numbers, std::size_t services, std::string_view ends_at) {
  AlertBody body;
  JsonWriter json(body.bytes);
  json.begin_array();
  for (const std::size_t number : numbers) write_alert(json, number, services, ends_at);
  json.end_array();
  body.body_bytes = body.bytes.size();
  body.bytes.append(SourceDecoder::kBodyPadding, '\0');
  return body;
}

}  // namespace tocsin::bench
