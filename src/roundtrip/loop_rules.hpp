#pragma once

#include <algorithm>

#include "roundtrip/statement.hpp"

/// The rules by which runs make a loop, wherever they are counted: in one session, or in a request.
namespace onetrip::roundtrip {

/// Values lead if four of five runs asked for values of the leader's result.
constexpr bool is_led_by_values(std::uint64_t value_runs, std::uint64_t runs) noexcept {
    return value_runs > 0 && value_runs * 5 >= runs * 4;
}

/// So many rows at once are worth their trip.
constexpr std::uint64_t rows_worth_a_trip = 100;

/// Whether runs write many rows at once. An INSERT of many rows is what the advice asks for; an
/// UPDATE or DELETE that nothing leads may do its work in parts, such as a thousand rows at a time.
constexpr bool writes_many(Kind kind, QueryId leader, std::uint64_t rows,
                           std::uint64_t runs) noexcept {
    switch (kind) {
        case Kind::insert:
            return rows >= 2 * runs;
        case Kind::update:
        case Kind::remove:
            return leader == 0 && rows >= rows_worth_a_trip * runs;
        default:
            return false;
    }
}

/// Whether one run in eight has a single value: then the lists of others are lists of a loop, not
/// batches.
constexpr bool has_single_runs(std::uint64_t lists, std::uint64_t runs) noexcept {
    return lists > 0 && (runs - std::min(lists, runs)) * 8 >= runs;
}

/// Whether the statements after this one may be looped over its rows, by order alone. Catalogs are
/// read by libraries, for themselves. The first row of a cursor may be looked at before the second
/// is fetched.
constexpr bool may_be_looped_over(const Statement& statement, std::uint64_t last_rows) noexcept {
    const bool is_fetch = statement.role != Statement::Role::execution;
    return !statement.is_of_catalogs && (last_rows >= 2 || (is_fetch && last_rows == 1));
}

}  // namespace onetrip::roundtrip
