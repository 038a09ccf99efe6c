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

/// What `make` makes; nullopt if it refuses, which must say where and why.
template <typename Make>
auto unless_refused(Make make) -> std::optional<decltype(make())> {
    try {
        return make();
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::syntax_error, "a refused layout is 42601",
               error.message());
        expect(!error.message().empty() && !error.detail().empty(), "a refusal says why",
               error.message());
        return std::nullopt;
    }
}

/// The layout, of which only each element by itself has been judged.
inline std::optional<section::Layout> parsed_of(std::string_view text) {
    return unless_refused([&] { return section::parse_layout(text); });
}

inline std::optional<Compiled> compiled_of(std::string_view text) {
    return unless_refused([&] {
        section::Layout layout = section::parse_layout(text);
        section::Plan plan = section::compile(layout);
        return Compiled{std::move(layout), std::move(plan)};
    });
}

}  // namespace onetrip::fuzz
