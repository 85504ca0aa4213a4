#pragma once

#include <filesystem>

namespace tocsin {

/// The root of the source tree that this test was built from. In a file of its own, so that no other object depends on
/// where the tree lies.
std::filesystem::path source_dir();

/// Recorded payloads and public test cases that are no part of the project: the environment variable TOCSIN_SHARED, or
/// the folder `shared` beside the source tree. It may not exist; a test that wants it then skips and says so.
std::filesystem::path shared_dir();

}  // namespace tocsin
