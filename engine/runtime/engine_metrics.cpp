#include "engine/runtime/engine_metrics.h"

#include <algorithm>

#include "engine/runtime/intake/sequencer.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/outbox/outbox.h"
#include "engine/runtime/shard/shard_runner.h"

namespace tocsin {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

void write_refusals(MetricsPage& page, std::string_view name, std::string_view help,
                    const std::array<Counter, kRefusalCount>& refused) {
  // All reasons, also those that never came: a series that begins at 0 can be alerted on.
  for (std::size_t i = 0; i < kRefusalCount; ++i)
    page.counter(name, help, refused[i].value(), {{"reason", name_of(static_cast<Refusal>(i))}});
}

void write_mended(MetricsPage& page, const ShardFigures::OfSource& source) {
  for (std::size_t i = 0; i < kMendingCount; ++i)
    page.counter("tocsin_alerts_mended_total", "Alerts that were mended so that they need not be refused, by kind",
                 source.mended[i].value(), {{"source", source.name}, {"kind", name_of(static_cast<Mending>(i))}});
}

void write_unknown_words(MetricsPage& page, std::string_view field, const WordFigures& words) {
  words.for_each([&](const WordFigures::Entry& entry) {
    page.counter("tocsin_words_unknown_total", "Words for a severity or a status that no map knows",
                 entry.times.value(), {{"source", entry.source}, {"field", field}, {"word", entry.word}});
  });
}

void write_times(MetricsPage& page, const TimesFigures& times) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, TimesBook::kKindCount> kNames{
      {{"tocsin_incident_time_to_detect_seconds",
        "Of closed incidents: from the start of the earliest alert, as its source dates it, to the opening"},
       {"tocsin_incident_time_to_acknowledge_seconds",
        "Of closed incidents that somebody acknowledged: from the opening to the first acknowledgement"},
       {"tocsin_incident_time_to_resolve_seconds", "Of closed incidents: from the opening to the last resolution"}}};
  for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
    times.for_each([&](const TimesFigures::Entry& entry) {
      page.histogram(kNames[kind].first, kNames[kind].second, entry.spans[kind], 1,
                     {{"priority", name_of(entry.priority)}, {"service", entry.service}, {"team", entry.team}});
    });
  }
  times.for_each([&](const TimesFigures::Entry& entry) {
    page.counter("tocsin_incident_reopenings_total", "Of closed incidents: how often they were reopened",
                 entry.reopened.value(),
                 {{"priority", name_of(entry.priority)}, {"service", entry.service}, {"team", entry.team}});
  });
  page.counter("tocsin_incident_times_left_out_total",
               "Closed incidents that count in no time: drills, maintenance, what the rules leave out",
               times.left_out());
}

/// A family after the other: what is of one stands together on the page.
void write_rules(MetricsPage& page, const RuleFigures& rules) {
  using Entry = RuleFigures::Entry;
  rules.for_each_used([&](const Entry& one) {
    page.gauge("tocsin_rule_keys", "Keys that a rule that sees patterns keeps", static_cast<double>(one.counts.keys),
               {{"rule", one.rule}});
  });
  rules.for_each_used([&](const Entry& one) {
    page.gauge("tocsin_rule_keys_max", "How many keys the rule may have: its max_keys",
               static_cast<double>(one.counts.keys_max), {{"rule", one.rule}});
  });
  rules.for_each_used([&](const Entry& one) {
    page.counter("tocsin_rule_keys_evicted_total", "Keys of the rule given up at max_keys", one.counts.evicted,
                 {{"rule", one.rule}});
  });
  rules.for_each_used([&](const Entry& one) {
    page.counter("tocsin_rule_alerts_refused_total", "Alerts that the rule did not count because of max_keys",
                 one.counts.refused, {{"rule", one.rule}});
  });
  rules.for_each_used([&](const Entry& one) {
    page.counter("tocsin_rule_fired_total", "Times that the rule made an alert, or found what it marks",
                 one.counts.fired, {{"rule", one.rule}});
  });
}

}  // namespace

void write_shard_metrics(MetricsPage& page, const ShardRunner& shard) {
  const ShardFigures& figures = shard.figures();
  const ShardCounts counts = figures.read();
  // acquire: pairs with the shard's release, so the names are there
  const std::size_t sources = figures.sources.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < sources; ++i)
    page.counter("tocsin_alerts_received_total", "Alerts applied, replay included, refused ones too",
                 figures.source[i].alerts.value(), {{"source", figures.source[i].name}});
  for (std::size_t i = 0; i < sources; ++i) write_mended(page, figures.source[i]);
  write_unknown_words(page, "severity", figures.unknown_severities);
  write_unknown_words(page, "status", figures.unknown_statuses);
  page.counter("tocsin_alerts_duplicates_total", "Alerts that only repeat what is known", counts.alerts_repeated);
  page.counter("tocsin_alerts_updates_total", "Alerts that change what is known of their condition",
               counts.alerts_updated);
  page.counter("tocsin_alerts_new_total", "Alerts of a condition that was not firing", counts.alerts_opened);
  page.counter("tocsin_alerts_resolved_total", "Alerts that end their condition", counts.alerts_resolved);
  page.counter("tocsin_alerts_stale_total", "Alerts that are late, or ends of an earlier life or of what never fired",
               counts.alerts_stale);
  page.counter("tocsin_alerts_dropped_total", "Words that a normalise rule drops", counts.alerts_dropped);
  page.counter("tocsin_alerts_without_key_total", "Words that have none of the fields of dedup.key",
               counts.alerts_without_key);
  page.counter("tocsin_alerts_derived_total", "Alerts that rules made of others, part of the counts above",
               counts.alerts_derived);
  for (std::size_t i = 0; i < kCommandOutcomeCount; ++i)
    page.counter("tocsin_commands_total", "Commands applied or refused, by what became of them", counts.commands[i],
                 {{"result", name_of(static_cast<CommandOutcome>(i))}});
  page.counter("tocsin_silences_unmatched_total", "Silences that ended and that no alert ever came under",
               counts.silences_unmatched);
  page.counter("tocsin_silences_hid_p1_total", "Silences that ended and had held back an alert of P1",
               counts.silences_hid_p1);
  page.counter("tocsin_members_let_go_total", "Ended members that open incidents hold no more, because of their bound",
               counts.members_let_go);
  page.counter("tocsin_alerts_expired_total", "Conditions ended by time", counts.alerts_expired);
  write_refusals(page, "tocsin_alerts_refused_total", "Alerts refused one by one, among good ones",
                 figures.alerts_refused);
  write_refusals(page, "tocsin_bodies_refused_total", "Bodies refused as a whole", figures.bodies_refused);
  page.gauge("tocsin_alerts_firing", "Conditions that fire now", static_cast<double>(counts.alerts_firing));
  page.gauge("tocsin_alerts_suppressed", "Conditions that fire now and are held back",
             static_cast<double>(counts.alerts_held));
  page.gauge("tocsin_alerts_known", "Conditions that are remembered", static_cast<double>(counts.alerts_known));
  page.gauge("tocsin_incidents_open", "Incidents open or acknowledged now", static_cast<double>(counts.incidents_open));
  page.counter("tocsin_incidents_opened_total", "Incidents opened", counts.incidents_opened);
  page.counter("tocsin_incidents_resolved_total", "Incidents resolved", counts.incidents_resolved);
  page.counter("tocsin_incidents_reopened_total", "Incidents reopened", counts.incidents_reopened);
  page.counter("tocsin_incidents_closed_total", "Incidents closed", counts.incidents_closed);
  write_times(page, figures.times);
  page.counter("tocsin_incidents_merged_total", "Incidents that turned out to be part of another",
               counts.incidents_merged);
  page.counter("tocsin_storms_total", "Storms that began, shadows too", counts.storms_begun);
  page.gauge("tocsin_storms", "Storms that last", static_cast<double>(counts.storms_on));
  page.counter("tocsin_alerts_folded_total", "Alerts that fired as members of the incidents of storms",
               counts.alerts_folded);
  page.counter("tocsin_sources_silent_total", "Times that a source was silent that was expected to speak",
               counts.silences_of_sources);
  page.gauge("tocsin_sources_silent", "Sources that are silent now", static_cast<double>(counts.sources_silent));
  page.counter("tocsin_groups_evicted_total", "Group keys given up at max_keys: their incidents take no more alerts",
               counts.groups_evicted);
  page.counter("tocsin_correlation_keys_evicted_total", "Keys of temporal rules given up at max_keys",
               counts.patterns_evicted);
  page.counter("tocsin_correlation_refused_total", "Alerts that temporal rules did not count because of max_keys",
               counts.patterns_refused);
  write_rules(page, figures.rules);
  page.counter("tocsin_groups_refused_total", "Alerts that opened no incident because of max_keys",
               counts.groups_refused);
  page.counter("tocsin_open_without_close_total",
               "Incidents of which an audience was not told all to the end, or that ended without a word: stays 0",
               figures.told_wrongly.value());
  page.gauge("tocsin_shard_position", "Journal position of the last input applied",
             static_cast<double>(figures.position.value()));
  page.histogram("tocsin_received_to_effect_seconds", "From a body's receipt to the effects that it caused",
                 figures.received_to_effect, kNanosecondsPerSecond);
}

void write_journal_metrics(MetricsPage& page, const Sequencer& sequencer, const Gate& gate) {
  const SequencerFigures& figures = sequencer.figures();
  page.counter("tocsin_journal_entries_total", "Inputs made durable since the start", figures.entries.value());
  page.counter("tocsin_journal_groups_total", "Groups made durable with one sync", figures.groups.value());
  page.counter("tocsin_journal_bytes_total", "Bytes of bodies made durable, packed", figures.payload_bytes.value());
  page.counter("tocsin_journal_deadlines_total", "Entries that only say that time passed", figures.deadlines.value());
  page.counter("tocsin_journal_rule_sets_total", "Rule sets made durable since the start", figures.rule_sets.value());
  page.counter("tocsin_journal_unheard_total",
               "Times that nothing could be taken for over 30 s: what fired had a whole expiry more",
               figures.unheard.value());
  page.gauge("tocsin_journal_failed", "1: the journal cannot be written, and nothing is accepted",
             static_cast<double>(figures.failed.value()));
  page.gauge("tocsin_journal_full", "1: there is no space for the journal, and nothing is accepted until there is",
             static_cast<double>(figures.full.value()));
  page.counter("tocsin_journal_full_total", "Times that there was no space for the journal", figures.fulls.value());
  page.histogram("tocsin_journal_group_size", "Inputs in a group", figures.group_size, 1);
  page.histogram("tocsin_journal_sync_seconds", "One append with its sync", figures.sync_span, kNanosecondsPerSecond);
  page.histogram("tocsin_received_to_durable_seconds", "From a body's receipt to its durability",
                 figures.received_to_durable, kNanosecondsPerSecond);
  page.gauge("tocsin_bytes_in_flight", "Bytes of bodies received and not yet applied, and of the alerts made of them",
             static_cast<double>(gate.bytes_in_flight.load(std::memory_order_relaxed)));
  page.counter("tocsin_clock_jumps_total", "Times that the clock was set by a second or more",
               sequencer.timekeeper().jumps_back().value(), {{"direction", "back"}});
  page.counter("tocsin_clock_jumps_total", "Times that the clock was set by a second or more",
               sequencer.timekeeper().jumps_forward().value(), {{"direction", "forward"}});
  const Timekeeper& time = sequencer.timekeeper();
  page.gauge("tocsin_clock_trusted", "0: what the clock says is not believed, time goes on by the steady clock",
             time.is_trusted() ? 1 : 0);
  page.gauge("tocsin_clock_offset_seconds",
             "The engine's time less the time of day: above 0 after the clock was set back",
             static_cast<double>(time.offset().count()) / kNanosecondsPerSecond);
  page.counter("tocsin_clock_steps_total", "Steps of the clock by more than 2 s, by what a second look found",
               time.steps_confirmed().value(), {{"outcome", "confirmed"}});
  page.counter("tocsin_clock_steps_total", "Steps of the clock by more than 2 s, by what a second look found",
               time.steps_rejected().value(), {{"outcome", "rejected"}});
  page.gauge("tocsin_clock_last_step_seconds",
             "By how much the clock was set when a step was last believed; back: below 0",
             static_cast<double>(time.last_step().count()) / kNanosecondsPerSecond);
}

void write_outbox_metrics(MetricsPage& page, const Outbox& outbox, const ShardRunner& shard) {
  struct OfSink {
    std::string name;
    std::uint64_t confirmed;
  };
  std::vector<OfSink> sinks;
  for (const auto& queue : outbox.queues()) sinks.push_back({queue->name(), queue->confirmed_count()});
  // Read after what was confirmed, so that it is not less; what the shard has not published yet is not there yet.
  std::uint64_t effects = shard.figures().read().effects;
  for (const auto& sink : sinks) effects = std::max(effects, sink.confirmed);

  page.counter("tocsin_effects_total", "Effects made, replay included", effects);
  for (const auto& sink : sinks)
    page.counter("tocsin_effects_confirmed_total", "Effects that are durable at their destination", sink.confirmed,
                 {{"sink", sink.name}});
  for (const auto& sink : sinks)
    page.gauge("tocsin_effects_waiting", "Effects that the sink has not confirmed",
               static_cast<double>(effects - sink.confirmed), {{"sink", sink.name}});
  for (const auto& queue : outbox.queues())
    page.gauge("tocsin_outbox_disk_bytes", "Bytes of effects held back on disk",
               static_cast<double>(queue->disk_bytes()), {{"sink", queue->name()}});
  for (const auto& queue : outbox.queues())
    page.gauge("tocsin_sink_full", "1: as much waits for the sink as may, and no alerts are accepted",
               queue->is_full() ? 1 : 0, {{"sink", queue->name()}});
  for (const auto& queue : outbox.queues())
    page.gauge("tocsin_effects_undeliverable", "Records held because their destination does not take them",
               static_cast<double>(queue->held().count()), {{"sink", queue->name()}});
  for (const auto& queue : outbox.queues())
    page.counter("tocsin_effects_undeliverable_total", "Records that became undeliverable since the start",
                 queue->held().held_ever(), {{"sink", queue->name()}});
  for (const auto& queue : outbox.queues())
    page.gauge("tocsin_sink_unwell", "1: the sink or its place on disk has trouble, see /-/healthy",
               queue->trouble().empty() ? 0 : 1, {{"sink", queue->name()}});
  for (const auto& queue : outbox.queues())
    page.histogram("tocsin_effect_to_confirmed_seconds",
                   "From an effect's making to its durability at the destination; without those held back on disk",
                   queue->made_to_confirmed(), kNanosecondsPerSecond, {{"sink", queue->name()}});
}

}  // namespace tocsin
