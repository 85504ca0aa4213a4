#pragma once

#include <span>
#include <string_view>

namespace tocsin::cel {

/// At most so many code points of a headline.
inline constexpr std::size_t kHeadlineMax = 160;

/// What the name of a pod or of a job's run was made from: without the hashes of a Deployment
/// (`cart-7d9f8b6c5d-x2k4q`), the suffix of a DaemonSet (`fluent-bit-zz9qk`), the number of a StatefulSet
/// (`orders-db-0`), the time of a CronJob's run (`report-28391040`). What has none of these is given back as it stands.
/// A part of `text`.
std::string_view workload_of(std::string_view text);

/// Whose metrics a collector collects, from its name: `postgres` of `postgres_exporter`, `orders-redis` of
/// `orders-redis-exporter`, `karpenter` of `prometheus-karpenter`, `kafka` of `kafka-jmx`. "" of those that tell of
/// whatever there is: `kube-state-metrics`, `node-exporter`, `kubelet`, `blackbox`. What is no collector is given back.
/// A part of `text`.
std::string_view product_of(std::string_view text);

/// `text` as one line for people: without `(instance …)`, templates that nobody filled in, dumps of values and labels,
/// line breaks; with the first of `objects` that is not empty where none of them is in it; cut to kHeadlineMax. Written
/// into `out`, which has room for headline_bytes_max, and is what comes back.
std::string_view headline(std::string_view text, std::span<const std::string_view> objects, std::span<char> out);
std::size_t headline_bytes_max(std::string_view text, std::span<const std::string_view> objects);

}  // namespace tocsin::cel
