#pragma once

#include <string>
#include <string_view>

#include "engine/model/alert.h"

namespace tocsin::fuzz {

/// Writes alerts as a body that their decoder reads as the same alerts.
using WriteBody = std::string (*)(const AlertBatch& batch);

/// What is checked for each input of a decoder's fuzzer. Aborts (TOCSIN_CHECK) when: the fast JSON reader, the slow
/// judge and the second look that mends disagree; a second read of the same bytes differs; labels are not as Labels
/// wants them; or what was accepted, written and read again is not equal or needs mending.
void check_decoder(std::string_view source, std::string_view body, WriteBody write);

std::string write_alertmanager_v2(const AlertBatch& batch);
std::string write_webhook(const AlertBatch& batch);
std::string write_generic(const AlertBatch& batch);

}  // namespace tocsin::fuzz
