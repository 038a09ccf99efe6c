#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.hpp"

namespace onetrip::jsonb {

/// JSON text that the server's jsonb would refuse, or a document larger than JSONB can hold.
/// what() is a phrase that completes "is not valid JSON: …"; it counts bytes from 0.
class JsonError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// An object that has a key twice, in a text in which that is refused. what() names the key, cut
/// short if it is long; key() is the whole key, in UTF-8.
class DuplicateKeyError : public JsonError {
  public:
    explicit DuplicateKeyError(std::string_view key);

    const std::string& key() const { return key_; }

  private:
    std::string key_;
};

/// The treatment of an object that has a key twice, at any depth.
enum class DuplicateKeys : std::uint8_t {
    last_wins,  ///< as in the server's jsonb
    refused,    ///< DuplicateKeyError
};

/// The JSONB that the server makes of the same text (jsonb_in), without its varlena header: the
/// same bytes. The text is UTF-8, and so is the document. It raises no server error, so that a bad
/// `json` value can be reported and skipped. Iterative: any depth; linear in the text, apart from
/// the sorting of keys. Throws JsonError and bad_alloc; exceptions of `interrupt` pass through.
std::vector<std::uint8_t> parse_json(std::string_view text,
                                     DuplicateKeys duplicates = DuplicateKeys::last_wins,
                                     Interrupt interrupt = never_interrupted);

}  // namespace onetrip::jsonb
