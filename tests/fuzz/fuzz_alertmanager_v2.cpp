#include "tests/fuzz/decoder_fuzz.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {

void alertmanager_v2(std::string_view body) { check_decoder("alertmanager", body, write_alertmanager_v2); }

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::alertmanager_v2({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
