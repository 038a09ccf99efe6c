// The values of the last results of a session, in filters.

#include "roundtrip/kept_results.hpp"

#include <algorithm>

namespace onetrip::roundtrip {

void KeptResults::forget() noexcept {
    ids_.fill(0);
    results_.fill(Result{});
}

void KeptResults::drop(Place place) noexcept {
    ids_[place] = 0;
    results_[place] = Result{};
    auto* const at = std::find(order_.begin(), order_.end(), place);
    std::rotate(at, at + 1, order_.end());
}

void KeptResults::move_to_front(Place place) noexcept {
    auto* const at = std::find(order_.begin(), order_.end(), place);
    std::rotate(order_.begin(), at, at + 1);
}

void KeptResults::begin_generation(Place place) noexcept {
    Result& result = results_[place];
    result.generation = ++generation_;
    result.rows = 0;
    result.distinct.fill(0);
    clear_filter(place);
}

bool KeptResults::is_out_of_turn(Place place, std::size_t column, std::uint32_t wanted,
                                 std::uint32_t turn) const noexcept {
    const OrderedRows& ordered = ordered_[place];
    const std::size_t rows = std::min<std::size_t>(results_[place].rows, ordered_rows);
    const auto value_at = [&](std::size_t row) { return ordered[row][column]; };
    if (turn >= 1 && turn <= rows && value_at(turn - 1) == wanted) {
        return false;
    }
    std::uint32_t distinct = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        bool is_new = value_at(row) != 0;
        for (std::size_t before = 0; before < row && is_new; ++before) {
            is_new = value_at(before) != value_at(row);
        }
        distinct += is_new ? 1 : 0;
        if (value_at(row) == wanted) {
            return distinct != turn;
        }
    }
    return distinct >= turn || results_[place].rows <= ordered_rows;
}

void KeptResults::clear_filter(Place place) noexcept {
    UsedWords& used = used_[place];
    Filter& filter = filters_[place];
    if (used.count > used.words.size()) {
        filter.fill(0);
    }
    for (std::size_t i = 0; i < used.count && i < used.words.size(); ++i) {
        filter[used.words[i]] = 0;
    }
    used.count = 0;
}

KeptResults::Place KeptResults::add(QueryId id) noexcept {
    const Place place = order_.back();
    ids_[place] = id;
    results_[place] = Result{};
    results_[place].id = id;
    results_[place].echo = results_[place].asked = 0xFF;
    begin_generation(place);
    return place;
}

}  // namespace onetrip::roundtrip
