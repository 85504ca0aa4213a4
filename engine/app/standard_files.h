#pragma once

namespace tocsin::app {

/// Opens /dev/null in the place of each of the descriptors 0, 1, 2 that is closed: the next file that is opened would
/// get its number, and what is printed would be written into it. The first call of the program. Ends the process when
/// it is not possible.
void open_standard_files();

/// True when standard output was closed at that time: what is written there is read by nobody.
bool standard_output_was_closed();

}  // namespace tocsin::app
