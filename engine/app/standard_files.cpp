#include "engine/app/standard_files.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/app/command.h"

namespace tocsin::app {
namespace {

bool output_was_closed = false;

}  // namespace

void open_standard_files() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) >= 0) continue;
    if (wanted == STDOUT_FILENO) output_was_closed = true;
    // The lowest free number is taken, which is this one: those below it are open by now.
    // What is written to a standard output that is closed is lost, and must not look written: nothing can be written to
    // this one. A log that nobody wants is fine.
    if (::open("/dev/null", wanted == STDOUT_FILENO ? O_RDONLY : O_RDWR) != wanted) ::_exit(kFindings);
  }
}

bool standard_output_was_closed() { return output_was_closed; }

}  // namespace tocsin::app
