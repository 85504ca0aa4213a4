#pragma once

#include <string>
#include <vector>

#include "engine/runtime/log/log_folder.h"

namespace tocsin {

/// How far a journal goes on above everything that it knows of after a loss: what was lost without a trace is less.
inline constexpr std::uint64_t kPositionsSkippedAfterLoss = 1 << 20;

/// Goes on without what is lost. What is whole up to the damage stays as it is. Whole groups behind it are kept as
/// inputs of the new epoch, at new positions: the state that they meet is another one than at their first time, so what
/// follows from them must get other names. All files as they were are put aside in lost/NUMBER, never deleted.
///
/// A new log is built beside the old one (log.tmp, when complete log.new; mark.new, identity.new); then log becomes
/// lost/NUMBER/log (from that moment on there is a way forward only), and the three take their places. finish_repair()
/// does the rest of that at the next start if the process ends in between.
Result<void> repair_log(Disk& disk, const LogFindings& findings, const LogOptions& options,
                        std::vector<std::string>& remarks);
Result<void> finish_repair(Disk& disk);

/// A folder of that kind of its own under lost/.
Result<std::string> make_lost_folder(Disk& disk);

}  // namespace tocsin
