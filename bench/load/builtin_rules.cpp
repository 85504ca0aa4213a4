#include <array>
#include <string_view>

#include <fmt/format.h>

#include "bench/load/rule_shape.h"

namespace tocsin {
namespace {

struct Row {
  std::string_view name;
  std::string_view severity;
  std::string_view instance_labels;  // separated by blanks
  std::string_view summary;
  std::string_view description;
};

constexpr std::array kRows = {
    // machines
    Row{"MachineUnreachable", "critical", "node", "A machine does not answer.",
        "{{ $labels.instance }} on {{ $labels.node }} has not answered its scrape for five minutes."},
    Row{"MachineMemoryNearlyGone", "warning", "node", "A machine is running out of memory.",
        "Only {{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} can still be given out."},
    Row{"MachineSwapsHard", "warning", "node", "A machine swaps all the time.",
        "{{ $labels.instance }} has moved {{ $value }} pages a second to and from swap for ten minutes."},
    Row{"FilesystemNearlyFull", "warning", "node device mountpoint", "A filesystem will be full within a day.",
        "{{ $labels.mountpoint }} on {{ $labels.instance }} ({{ $labels.device }}) has {{ $value }} % left."},
    Row{"FilesystemFull", "critical", "node device mountpoint", "A filesystem is full.",
        "Nothing more can be written to {{ $labels.mountpoint }} on {{ $labels.instance }}."},
    Row{"FilesystemReadOnly", "critical", "node device mountpoint", "A filesystem went read-only.",
        "The kernel took {{ $labels.mountpoint }} on {{ $labels.instance }} read-only after an error of its device."},
    Row{"InodesNearlyGone", "warning", "node mountpoint", "A filesystem runs out of inodes.",
        "{{ $value | humanizePercentage }} of the inodes of {{ $labels.mountpoint }} are left on {{ $labels.instance "
        "}}."},
    Row{"DiskSlow", "warning", "node device", "A disk takes long to answer.",
        "Writes to {{ $labels.device }} of {{ $labels.instance }} take {{ $value }} ms on average."},
    Row{"DiskFailing", "critical", "node device", "A disk reports its own failure.",
        "The self-test of {{ $labels.device }} in {{ $labels.node }} failed; replace it before the next one does."},
    Row{"RaidDegraded", "critical", "node device", "An array runs without one of its disks.",
        "Array {{ $labels.device }} of {{ $labels.instance }} has {{ $value }} failed members."},
    Row{"ClockOff", "warning", "node", "A clock is off.",
        "The clock of {{ $labels.instance }} differs by {{ $value }} seconds from its time servers."},
    Row{"LoadHigh", "info", "node", "A machine has more to run than cores.",
        "Load of {{ $labels.instance }} is {{ $value }} for each core."},
    Row{"NetworkErrors", "warning", "node device", "A network card drops packets.",
        "{{ $labels.device }} of {{ $labels.instance }} lost {{ $value }} packets a second on the way in."},
    Row{"ConnectionTableFull", "critical", "node", "A firewall can track no more connections.",
        "{{ $value | humanizePercentage }} of the connection table of {{ $labels.instance }} is in use."},
    Row{"PowerSupplyLost", "critical", "node rack", "A machine runs on one power supply.",
        "One supply of {{ $labels.node }} in rack {{ $labels.rack }} gives no power."},
    Row{"TemperatureHigh", "warning", "node sensor", "A sensor reads too warm.",
        "{{ $labels.sensor }} in {{ $labels.node }} reads {{ $value }} degrees Celsius."},
    // the platform
    Row{"PodRestartsOften", "warning", "namespace pod container", "A pod restarts again and again.",
        "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value }} times in ten "
        "minutes."},
    Row{"PodNotReady", "warning", "namespace pod", "A pod is not ready.",
        "{{ $labels.namespace }}/{{ $labels.pod }} has not been ready for a quarter of an hour."},
    Row{"PodOutOfMemory", "warning", "namespace pod container", "A container was ended for its memory.",
        "The kernel ended {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} at its memory limit."},
    Row{"PodPending", "warning", "namespace pod", "A pod finds no machine.",
        "{{ $labels.namespace }}/{{ $labels.pod }} waits for {{ $value | humanizeDuration }} to be scheduled."},
    Row{"ImageCannotBePulled", "warning", "namespace pod container", "An image cannot be pulled.",
        "The image of {{ $labels.container }} in {{ $labels.namespace }}/{{ $labels.pod }} cannot be had."},
    Row{"DeploymentStuck", "warning", "namespace deployment", "A roll-out does not get on.",
        "Deployment {{ $labels.namespace }}/{{ $labels.deployment }} still runs {{ $value }} pods of the last "
        "version."},
    Row{"ReplicasMissing", "warning", "namespace deployment", "Fewer pods run than asked for.",
        "{{ $labels.namespace }}/{{ $labels.deployment }} misses {{ $value }} replicas."},
    Row{"StatefulReplicaMissing", "critical", "namespace statefulset", "A member of a stateful set is missing.",
        "{{ $labels.namespace }}/{{ $labels.statefulset }} has {{ $value }} members fewer than it needs."},
    Row{"DaemonNotEverywhere", "warning", "namespace daemonset", "A daemon misses on some machines.",
        "{{ $labels.namespace }}/{{ $labels.daemonset }} does not run on {{ $value }} machines."},
    Row{"JobFailed", "warning", "namespace job_name", "A batch job failed.",
        "{{ $labels.namespace }}/{{ $labels.job_name }} ended with an error."},
    Row{"JobLate", "info", "namespace job_name", "A batch job takes too long.",
        "{{ $labels.namespace }}/{{ $labels.job_name }} has been running for {{ $value | humanizeDuration }}."},
    Row{"VolumeNearlyFull", "critical", "namespace persistentvolumeclaim", "A volume will be full within hours.",
        "Volume {{ $labels.persistentvolumeclaim }} of {{ $labels.namespace }} has {{ $value }} % left."},
    Row{"QuotaNearlyUsed", "info", "namespace resource", "A namespace has nearly used its quota.",
        "{{ $labels.namespace }} uses {{ $value | humanizePercentage }} of its {{ $labels.resource }}."},
    Row{"NodeNotReady", "critical", "node", "A node takes no pods.",
        "{{ $labels.node }} has not reported itself ready for ten minutes."},
    Row{"NodeUnderPressure", "warning", "node condition", "A node is short of something.",
        "{{ $labels.node }} reports {{ $labels.condition }} and evicts pods."},
    Row{"ApiServerSlow", "critical", "verb", "The cluster's API is slow.",
        "{{ $labels.verb }} requests take {{ $value }} seconds at the 99th percentile."},
    Row{"ApiServerErrors", "critical", "verb", "The cluster's API fails too often.",
        "{{ $value | humanizePercentage }} of {{ $labels.verb }} requests failed over the last hour."},
    Row{"CertificateEndsSoon", "warning", "namespace", "A certificate ends within a week.",
        "The certificate that {{ $labels.instance }} shows is good for {{ $value | humanizeDuration }} more."},
    Row{"CertificateEnded", "critical", "namespace", "A certificate has ended.",
        "{{ $labels.instance }} shows a certificate that ended; nobody can connect."},
    Row{"NameServerFails", "critical", "pod", "Names are not resolved.",
        "{{ $labels.pod }} answers {{ $value | humanizePercentage }} of the questions with an error."},
    // what stores
    Row{"DatabaseDown", "critical", "datname", "A database does not answer.",
        "{{ $labels.datname }} at {{ $labels.instance }} refuses connections."},
    Row{"DatabaseConnectionsNearlyGone", "warning", "datname", "A database has few connections left.",
        "{{ $value | humanizePercentage }} of the connections of {{ $labels.datname }} are taken."},
    Row{"ReplicaBehind", "warning", "datname", "A replica is behind its primary.",
        "The replica {{ $labels.instance }} of {{ $labels.datname }} is {{ $value }} seconds behind."},
    Row{"ReplicationBroken", "critical", "datname", "A replica receives nothing.",
        "The replica {{ $labels.instance }} of {{ $labels.datname }} has lost its primary."},
    Row{"DeadlocksFrequent", "warning", "datname", "Transactions block each other.",
        "{{ $labels.datname }} ended {{ $value }} transactions for deadlocks in five minutes."},
    Row{"SlowStatements", "info", "datname", "Statements take long.",
        "Statements in {{ $labels.datname }} take {{ $value }} seconds on average."},
    Row{"BackupMissing", "critical", "datname", "There is no fresh backup.",
        "The newest backup of {{ $labels.datname }} is {{ $value | humanizeDuration }} old."},
    Row{"CacheEvicts", "info", "pod", "A cache is too small.",
        "{{ $labels.pod }} throws {{ $value }} keys a second away before they end."},
    Row{"CacheDown", "critical", "pod", "A cache does not answer.",
        "{{ $labels.instance }} does not answer; its readers go to the database."},
    Row{"SearchClusterRed", "critical", "index", "An index misses primary shards.",
        "Index {{ $labels.index }} misses {{ $value }} primary shards."},
    Row{"SearchHeapHigh", "warning", "pod", "A search node has little heap left.",
        "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its heap."},
    // what carries
    Row{"PartitionsUnderReplicated", "critical", "topic", "Partitions have too few copies.",
        "{{ $value }} partitions of {{ $labels.topic }} have fewer copies than configured."},
    Row{"ConsumerBehind", "warning", "topic consumergroup", "A consumer falls behind.",
        "Group {{ $labels.consumergroup }} is {{ $value }} records behind on {{ $labels.topic }}."},
    Row{"QueueGrows", "warning", "queue", "A queue only grows.",
        "{{ $labels.queue }} holds {{ $value }} messages and nobody takes them."},
    Row{"BrokerOffline", "critical", "broker", "A broker left its cluster.",
        "Broker {{ $labels.broker }} at {{ $labels.instance }} has left the cluster."},
    Row{"ProxyErrors", "critical", "backend", "A proxy answers with errors.",
        "{{ $value | humanizePercentage }} of the answers of {{ $labels.backend }} are 5xx."},
    Row{"BackendEmpty", "critical", "backend", "A proxy has nobody to ask.",
        "All servers of {{ $labels.backend }} behind {{ $labels.instance }} are down."},
    // what customers see
    Row{"LatencyHigh", "warning", "namespace service route", "A service is slow.",
        "{{ $labels.route }} of {{ $labels.service }} takes {{ $value }} s at the 95th percentile."},
    Row{"ErrorBudgetBurns", "critical", "namespace service", "A service burns its error budget.",
        "At this pace {{ $labels.service }} has used the month's error budget in {{ $value | humanizeDuration }}."},
    Row{"PaymentsFail", "critical", "namespace service region", "Payments are refused.",
        "{{ $value | humanizePercentage }} of the payments in {{ $labels.region }} fail at {{ $labels.service }}."},
    Row{"CheckoutSlow", "warning", "namespace service region", "Customers wait at the checkout.",
        "{{ $labels.service }} in {{ $labels.region }} takes {{ $value }} seconds to confirm an order."},
    Row{"LoginFailuresUnusual", "info", "namespace service", "More logins fail than usual.",
        "{{ $labels.service }} counts {{ $value }} failed logins a minute; the usual is a tenth of that."},
    Row{"OrdersStopped", "critical", "service region", "There are no orders.",
        "No order has come in from {{ $labels.region }} for five minutes."},
    Row{"MailNotSent", "warning", "service queue", "Mail piles up.",
        "{{ $labels.queue }} of {{ $labels.service }} holds {{ $value }} mails that could not be sent."},
    // what watches
    Row{"ScrapeTargetsMissing", "warning", "namespace service", "Targets cannot be scraped.",
        "{{ $value }} % of the targets of {{ $labels.job }} in {{ $labels.namespace }} are down."},
    Row{"RuleEvaluationFails", "critical", "pod", "Rules are not evaluated.",
        "{{ $labels.pod }} failed to evaluate {{ $value }} rules in five minutes."},
    Row{"HeartbeatMissing", "critical", "service", "A heartbeat stayed out.",
        "{{ $labels.service }} has not sent its heartbeat for {{ $value | humanizeDuration }}."},
};

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    all.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return all;
}

}  // namespace

std::vector<RuleShape> builtin_rules() {
  std::vector<RuleShape> shapes;
  shapes.reserve(kRows.size());
  for (const Row& row : kRows) {
    shapes.push_back(RuleShape{.name = std::string(row.name),
                               .severity = std::string(row.severity),
                               .summary = std::string(row.summary),
                               .description = std::string(row.description),
                               .runbook_url = fmt::format("https://runbooks.example/alerts/{}", row.name),
                               .labels = {},
                               .instance_labels = split(row.instance_labels)});
  }
  return shapes;
}

}  // namespace tocsin
