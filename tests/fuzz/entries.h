#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What each fuzzer does with an input: returns, or aborts when something is not as it must be. Called by libFuzzer,
/// and in all other builds with the files of tests/fuzz/corpus/NAME/.
namespace tocsin::fuzz {

void alertmanager_v2(std::string_view body);
/// A body a line, three times over.
void known_alerts(std::string_view bodies);
/// A command as JSON; what is taken is obeyed too.
void command(std::string_view body);
void webhook(std::string_view body);
void generic(std::string_view body);
void log(std::string_view bytes);
void rule_format(std::string_view text);
void expression(std::string_view text);
void rule_file(std::string_view bytes);

}  // namespace tocsin::fuzz
