#pragma once

#include <string>
#include <string_view>

#include "engine/model/effect.h"

namespace tocsin {

/// An effect on disk while its sink is behind: read by the process that wrote it. Also the last part of a record that
/// is held as undeliverable, which later versions read: a change of this form is a new format there.
void append_effect_record(std::string& out, const Effect& effect);

/// Null when `bytes` is not what append_effect_record makes.
EffectPtr read_effect_record(std::string_view bytes);

}  // namespace tocsin
