#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace onetrip::section::test {

struct Refusal {
    std::string where;  ///< line:column
    std::string problem;
    std::string detail;
};

/// Why `read` does not take a layout.
inline Refusal refusal_by(void (*read)(std::string_view), std::string_view text) {
    try {
        read(text);
    } catch (const Error& error) {
        int line = 0, column = 0;
        std::sscanf(error.what(), "invalid section layout, line %d, column %d:", &line, &column);
        CHECK(error.kind() == ErrorKind::syntax_error);
        return {std::to_string(line) + ':' + std::to_string(column), error.message(),
                error.detail()};
    }
    return {"accepted", "", ""};
}

struct Wrong {
    std::string text;
    const char* where;
    const char* fragment;  ///< of the message or the detail
};

inline void check_refusals_by(Refusal (*refusal)(std::string_view),
                              const std::vector<Wrong>& table) {
    for (const Wrong& wrong : table) {
        INFO(wrong.text.substr(0, 200));
        const Refusal found = refusal(wrong.text);
        CHECK(found.where == wrong.where);
        CHECK_THAT(found.problem + '\n' + found.detail, Catch::Contains(wrong.fragment));
        CHECK_THAT(found.detail, Catch::Matches("Found [^]*; expected [^]*\\."));
    }
}

}  // namespace onetrip::section::test
