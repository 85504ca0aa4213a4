#pragma once

#include <string>
#include <string_view>

namespace tocsin {

/// The version of the time zone data of this machine, "2026a", as its `tzdata.zi` says it; "" where there is none.
/// Calendars of rules go by these data, so a replay under others may decide otherwise. Read once.
const std::string& zone_data_version();

/// Rules of a journal were in force under this version. Any thread.
void note_zone_data(std::string_view version);
/// The newest version noted that this machine does not have; "": none, or it is not known here.
std::string other_zone_data();

}  // namespace tocsin
