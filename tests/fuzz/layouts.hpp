#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "section/language/layout.hpp"

namespace onetrip::fuzz {

/// The layout; nullopt where the text is refused, which must say where and why.
inline std::optional<section::Layout> layout_of(std::string_view text) {
    try {
        return section::parse_layout(text);
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::syntax_error, "a refused layout is 42601",
               error.message());
        expect(!error.message().empty() && !error.detail().empty(), "a refusal says why",
               error.message());
        return std::nullopt;
    }
}

}  // namespace onetrip::fuzz
