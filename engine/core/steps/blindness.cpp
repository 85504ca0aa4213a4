// Sources that are heard regularly and then are not: an alert of the engine's own says so, and absences that depend on
// them are held until they speak again, since nothing that they expect could be heard.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/identity.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

Hash128 silence_of(const Speaker& speaker) {
  std::string text{rules::kSilenceRule};
  for (const std::string* part : {&speaker.tenant, &speaker.source, &speaker.origin}) (text += '\xff') += *part;
  return published_key().hash(text);
}

/// `http://prometheus-1:9090` → `prometheus-1:9090`.
std::string host_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return std::string{scheme == std::string_view::npos ? origin : origin.substr(scheme + 3)};
}

}  // namespace

/// Who says the alert that is in hand: its number, 0: nobody who is remembered. Most alerts of a body are of the server
/// of the one before.
std::uint32_t ShardState::speaker_of(const Alert& alert, const AlertBatch& batch, Speaking& speaking) {
  if (speaking.newest != 0) {
    const std::string_view known = speaker_link_;
    const bool is_same = alert.link.starts_with(known) &&
                         (known.empty() || alert.link.size() == known.size() || alert.link[known.size()] == '/');
    if (is_same) return speaking.newest;
  }
  scratch_text_.clear();
  const bool names_server = is_of_alertmanager(batch.source);
  if (names_server) append_origin(alert.link, scratch_text_);
  const std::uint32_t number =
      sources_.number_of(batch.tenant, batch.source, scratch_text_, speaking.lease.has_value(), received_at_);
  // What makes the origin is before the first slash behind the scheme; where there is none nothing is kept.
  const std::size_t scheme = alert.link.find("://");
  const std::size_t end = scheme == std::string_view::npos ? scheme : alert.link.find('/', scheme + 3);
  const bool is_kept = !names_server || (end != std::string_view::npos && !scratch_text_.empty());
  speaking.newest = is_kept ? number : 0;
  if (is_kept) speaker_link_.assign(names_server ? alert.link.substr(0, end) : std::string_view{});
  return number;
}

/// A word of it. Many of a body are of one speaker, and say no more than the first that fires.
void ShardState::hear_speaker(std::uint32_t speaker, bool fires, Speaking& speaking) {
  if (speaker == 0 || (speaker == speaking.heard && (speaking.heard_fires || !fires))) [[likely]]
    return;
  speaking.heard_fires = fires || (speaker == speaking.heard && speaking.heard_fires);
  speaking.heard = speaker;
  if (sources_.hear(speaker, fires, now_)) speaking.spoke.push_back(speaker);
}

/// Those that were silent until this body: what waits for them goes on.
void ShardState::end_silences(const std::vector<std::uint32_t>& speakers) {
  for (const std::uint32_t number : speakers) {
    const Speaker* const speaker = sources_.find(number);
    TOCSIN_CHECK(speaker != nullptr, "who speaks is known");
    if (const VoicePlace told = conditions_.find(silence_of(*speaker)); told && conditions_.voice(told).firing)
      add_derived(silence_alert(*speaker, true));
    temporal_.go_on(number, now_);
  }
  counts_.sources_silent = sources_.silent_count();
  take_facts();
}

void ShardState::meet_source() {
  const std::uint32_t number = sources_.meet(now_);
  if (number == 0) return;
  ++counts_.silences_of_sources;
  counts_.sources_silent = sources_.silent_count();
  add_derived(silence_alert(*sources_.find(number), false));
  take_facts();
}

DerivedAlert ShardState::silence_alert(const Speaker& speaker, bool ends) const {
  DerivedAlert derived;
  derived.identity = silence_of(speaker);
  derived.ends = ends;
  derived.depth = 1;
  derived.severity = rules_->blind.severity;
  const auto text = [&](Field field) -> std::string& { return derived.texts[static_cast<std::size_t>(field)]; };
  text(Field::tenant) = speaker.tenant;
  text(Field::source) = kDerivedSource;
  text(Field::name) = rules::kSilenceRule;
  text(Field::level) = rules::name_of(*rules_, derived.severity);
  text(Field::host) = host_of(speaker.origin);
  const Duration usual = speaker.stated > Duration{0} ? speaker.stated : speaker.longest_gap();
  text(Field::title) = "Source " + speaker.source + (speaker.origin.empty() ? "" : " " + speaker.origin) +
                       " is silent: it spoke at least every " +
                       to_text(Duration{std::chrono::ceil<std::chrono::seconds>(usual)});
  std::vector<Label> labels{{"alertname", rules::kSilenceRule}};
  if (!speaker.origin.empty()) labels.push_back({"origin", speaker.origin});
  labels.push_back({"speaker", speaker.source});
  derived.labels = LabelSet(labels);
  return derived;
}

/// It says that a source is silent: it opens an incident of its own, whatever the rules group.
bool ShardState::is_silence_alert(const Condition& alert) const {
  return alert.depth == 1 && alert.texts[Field::source] == kDerivedSource &&
         alert.texts[Field::name] == rules::kSilenceRule;
}

/// Under another policy.
void ShardState::sources_anew() {
  const std::vector<std::uint32_t> ended = sources_.use(rules_->blind, now_);
  end_silences(ended);
}

}  // namespace tocsin
