#pragma once

#include <memory>

namespace tocsin {

class JsonReader;
class SourceDecoder;

/// `generic`: for tools that can post JSON of a shape that people choose: one object, an array of objects, or
/// {"alerts": [objects]}. README.md beside this file says what each field means. `reader` must outlive the decoder.
std::unique_ptr<SourceDecoder> make_generic(JsonReader& reader);

}  // namespace tocsin
