#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace onetrip::jsonb {

/// JSON text that the server's jsonb would refuse, or a document larger than JSONB can hold.
/// what() is a phrase that completes "is not valid JSON: …"; it counts bytes from 0.
class JsonError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The JSONB that the server makes of the same text (jsonb_in), without its varlena header: the
/// same bytes. The text is UTF-8, and so is the document. It raises no server error, so that a bad
/// `json` value can be reported and skipped. Iterative: any depth. Throws JsonError, bad_alloc.
std::vector<std::uint8_t> parse_json(std::string_view text);

}  // namespace onetrip::jsonb
