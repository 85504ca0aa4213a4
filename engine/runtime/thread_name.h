#pragma once

#include <pthread.h>

namespace tocsin {

/// How the calling thread appears in `top -H` and in profiles; at most 15 bytes are kept.
inline void name_this_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace tocsin
