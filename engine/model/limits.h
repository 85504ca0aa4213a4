#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds that more than one file goes by; those of one thing alone stand beside it. The answer at each is in
/// engine/README.md, or where it stands. Those that an operator may change are defaults of configuration keys of the
/// same name (connectors/config/option_table.cpp).
namespace tocsin::limits {

// What a sender may send.
inline constexpr std::size_t kHeaderBytesMax = 8 * 1024;
inline constexpr std::size_t kHeaderFieldsMax = 64;
inline constexpr std::size_t kBodyBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kAlertsPerBodyMax = 10'000;
inline constexpr std::size_t kLabelsMax = 64;
inline constexpr std::size_t kLabelNameBytesMax = 128;
inline constexpr std::size_t kLabelValueBytesMax = 1024;
inline constexpr std::size_t kAnnotationBytesMax = 16 * 1024;
inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kConnectionsMax = 4096;

// How long a sender may take, in seconds.
inline constexpr int kHeaderSecondsMax = 5;
inline constexpr int kBodySecondsMax = 30;
inline constexpr int kIdleSecondsMax = 60;
inline constexpr std::size_t kBodyBytesPerSecondMin = 1024;

// Inside.
inline constexpr std::size_t kBytesInFlightMax =
    256 * 1024 * 1024;  // bodies received and not yet applied, and what was made of them
inline constexpr std::size_t kSubmissionRingSlots = 1024;  // bodies a connector thread may have waiting
inline constexpr std::size_t kGroupCommitBodiesMax = 512;  // bodies in one sync
inline constexpr std::size_t kGroupCommitBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kEffectRingSlots = 4096;
inline constexpr std::size_t kOutboxMemoryBytesMax =
    64 * 1024 * 1024;  // effects of one sink kept in memory; the rest is on disk
inline constexpr std::size_t kOutboxTailBytesMax =
    64 * 1024 * 1024;  // effects of one sink on their way to disk; a disk that does not keep up makes the sink full
inline constexpr std::size_t kUndeliverableListMax = 1000;         // held records that one answer lists
inline constexpr std::size_t kRuleSetBytesMax = 64 * 1024 * 1024;  // rule files and tables together
inline constexpr std::size_t kQueryRingSlots = 256;
inline constexpr std::size_t kVoicesMax = 1000;  // of one condition; then the one that was silent longest gives way
inline constexpr std::size_t kEndedMembersMax = 1000;  // of an open incident; then the one that ended first is let go
inline constexpr std::size_t kNotesMax = 32;           // of an incident or alert, by rules that annotate; then no more
inline constexpr std::size_t kEndedConditionsMax = 100'000;  // outside of incidents; then the next one is forgotten now
inline constexpr std::size_t kClosedIncidentsMax = 10'000;   // kept for queries; then the one closed first is forgotten
inline constexpr std::size_t kClosedIncidentDaysMax = 7;     // and for so long
inline constexpr std::size_t kIncidentFieldsMax = 32;  // of its own; a rule set names no more, further ones are not set
inline constexpr std::size_t kTopologyReachMax = 1000;  // nodes that one depends on; further ones are out of reach
inline constexpr std::size_t kDerivationDepthMax = 3;   // alerts derived from alerts derived from …

// Commands.
inline constexpr std::size_t kCommandBytesMax = 64 * 1024;     // of one, as JSON
inline constexpr std::size_t kCommandNameBytesMax = 256;       // of names of people and things
inline constexpr std::size_t kCommandTextBytesMax = 4 * 1024;  // of a note, a comment, a matcher
inline constexpr std::size_t kCommandListMax = 100;            // matchers, alerts, roles of one command
inline constexpr std::size_t kCommandsRememberedMax = 10'000;  // in the audit log; and whose ids are known again
inline constexpr std::size_t kEscalationStepsMax = 100;        // of an incident, that are remembered
inline constexpr std::size_t kRaiseRulesMax = 1'000;           // of a rule set; each is remembered to have acted once
inline constexpr std::size_t kTimeSeriesMax = 300;       // of priority, service and team, whose times are counted apart
inline constexpr std::size_t kIncidentNotesMax = 100;    // kept with an incident; then the oldest goes
inline constexpr std::size_t kIncidentRolesMax = 32;     // that people give, or a plan keeps of one before
inline constexpr std::size_t kRoleBytesMax = 64;         // the name of one
inline constexpr std::size_t kStepsDoneMax = 200;        // of the plans of an incident; then no more
inline constexpr std::int64_t kScoreMax = 5;             // the best that people may say of the handling, from 1
inline constexpr std::size_t kSilencesMax = 20'000;      // that have not ended
inline constexpr std::size_t kEndedSilencesMax = 1'000;  // that are remembered

// A start.
inline constexpr std::uint64_t kStartBytesMin = 16 * 1024 * 1024;  // free on the disk of the data folder

// What a query may ask for.
inline constexpr std::size_t kQueryLookedAtMax = 5000;  // alerts or incidents that one page looks at
inline constexpr std::size_t kPageItemsDefault = 100;
inline constexpr std::size_t kPageItemsMax = 1000;

// What leaves.
inline constexpr std::size_t kTitleBytesMax = 160;
inline constexpr std::size_t kDescriptionBytesMax = 4000;
inline constexpr std::size_t kTicketFieldBytesMax = 100;
inline constexpr std::size_t kRecordAlertsMax = 20;
inline constexpr std::uint64_t kRevisionsSkippedByLoss = std::uint64_t{1} << 20;  // more than is known of any incident
inline constexpr std::size_t kRecordKeyBytesMax = 1024;  // of an audience's own key; cut beyond it

}  // namespace tocsin::limits
