#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "section/language/layout.hpp"
#include "section/plan.hpp"

namespace onetrip::fuzz {

/// A layout as it was written, and what is run.
struct Compiled {
    section::Layout layout;
    section::Plan plan;
};

/// The layout; nullopt if the text is refused, which must say where and why.
inline std::optional<Compiled> compiled_of(std::string_view text) {
    try {
        section::Layout layout = section::parse_layout(text);
        section::Plan plan = section::compile(layout);
        return Compiled{std::move(layout), std::move(plan)};
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::syntax_error, "a refused layout is 42601",
               error.message());
        expect(!error.message().empty() && !error.detail().empty(), "a refusal says why",
               error.message());
        return std::nullopt;
    }
}

}  // namespace onetrip::fuzz
