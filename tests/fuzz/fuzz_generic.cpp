#include "tests/fuzz/decoder_fuzz.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {

void generic(std::string_view body) { check_decoder("generic", body, write_generic); }

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::generic({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
