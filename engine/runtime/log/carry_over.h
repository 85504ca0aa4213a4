#pragma once

#include <string>
#include <vector>

#include "engine/runtime/log/disk.h"

namespace tocsin {

/// Format 1 had everything in one RocksDB at the top of the data folder.
bool is_journal_of_format_1(Disk& disk);

/// Carries such a journal over: its entries, with their positions and instants, become epoch 0 of a new log; what sinks
/// confirmed comes along; what is appended from then on is epoch 1. The old files are moved to journal-v1/ and are not
/// used any more. Nothing happens when there is no such journal. storage_damaged when RocksDB finds it damaged.
///
/// The new folder is built as carry.tmp; its renaming to carry.done is the moment that counts. What is left (old files
/// to journal-v1/, CURRENT last; new ones up) is done again from where it stopped when the process ends in between.
Result<void> carry_over(Disk& disk, std::vector<std::string>& remarks);
/// Gives back what one that did not get to that moment took.
Result<void> discard_unfinished_carry(Disk& disk);

}  // namespace tocsin
