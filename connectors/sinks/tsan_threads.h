#pragma once

namespace tocsin {

/// Does nothing; to call it links the functions of threads.h that the thread sanitizer sees.
void use_threads_that_tsan_sees();

}  // namespace tocsin
