#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/json_parser.hpp"

/// One input of any bytes; a broken promise or a sanitizer ends the process.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// What the fuzz targets share. A target states what the project promises of any input; what it
/// throws that nobody has promised ends it too.
namespace onetrip::fuzz {

/// Ends the process with what was promised; libFuzzer keeps the input.
[[noreturn]] inline void fail(std::string_view promise, std::string_view found = {}) {
    std::fprintf(stderr, "BROKEN: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
                 static_cast<int>(found.size()), found.data());
    std::abort();
}

inline void expect(bool holds, std::string_view promise, std::string_view found = {}) {
    if (!holds) {
        fail(promise, found);
    }
}

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The document; nullopt where the text is no JSON.
inline std::optional<std::vector<std::uint8_t>> parsed(std::string_view json) {
    try {
        return jsonb::parse_json(json);
    } catch (const jsonb::JsonError& error) {
        expect(!std::string_view(error.what()).empty(), "a refusal says why");
        return std::nullopt;
    }
}

}  // namespace onetrip::fuzz
