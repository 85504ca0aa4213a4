#include "tests/fuzz/decoder_fuzz.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {

void webhook(std::string_view body) { check_decoder("alertmanager-webhook", body, write_webhook); }

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::webhook({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
