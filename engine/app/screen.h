#pragma once

#include <expected>
#include <string>
#include <vector>

#include "engine/app/http_get.h"
#include "engine/app/incident_table.h"
#include "engine/model/instant.h"

namespace tocsin::app {

/// The screen that standard output is, or what COLUMNS says where it is none.
TableStyle style_of_screen();

/// Whether the cursor can be moved: a dumb terminal prints one look below the other.
bool is_screen();

/// The clock of this machine, for ages.
Instant now();

/// `--where FIELD=VALUE`, each as a parameter of a query with its `&`; what is none is the misuse.
std::expected<std::string, HttpFailure> where_as_query(const std::vector<std::string>& where);

}  // namespace tocsin::app
