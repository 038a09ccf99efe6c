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
