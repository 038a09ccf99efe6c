// The entries of a detector in places of a fixed number, chained by a hash of their statements.

#include "roundtrip/entry_table.hpp"

#include <algorithm>

namespace onetrip::roundtrip {

EntryTable::Place EntryTable::latest(QueryId id) const {
    const Entry* found = nullptr;
    for (const Entry& entry : of(id)) {
        if (found == nullptr || entry.execution > found->execution) {
            found = &entry;
        }
    }
    return found == nullptr ? nowhere : place_of(*found);
}

EntryTable::Place EntryTable::least_used() const {
    return place_of(*std::min_element(
        begin(), end(), [](const Entry& a, const Entry& b) { return a.used < b.used; }));
}

EntryTable::Place EntryTable::add(const Entry& entry) {
    const Place place = free_ != nowhere ? free_ : static_cast<Place>(used_places_++);
    free_ = nowhere;
    entries_[place] = entry;
    Place& head = heads_[bucket_of(entry.id)];
    entries_[place].next = head;
    head = place;
    return place;
}

void EntryTable::remove(Place place) {
    Place* at = &heads_[bucket_of(entries_[place].id)];
    while (*at != place) {
        at = &entries_[*at].next;
    }
    *at = entries_[place].next;
    free_ = place;
    for (Entry& other : *this) {
        if (other.parent == place) {
            other.parent = nowhere;
        }
    }
}

void EntryTable::keep(std::uint64_t kept) {
    std::array<Place, places> moved;
    moved.fill(nowhere);
    std::size_t count = 0;
    for (std::size_t place = 0; place < used_places_; ++place) {
        if (((kept >> place) & 1U) != 0) {
            moved[place] = static_cast<Place>(count);
            entries_[count++] = entries_[place];
        }
    }
    clear();
    for (std::size_t place = 0; place < count; ++place) {
        const Place parent = entries_[place].parent;
        entries_[place].parent = parent == nowhere ? nowhere : moved[parent];
        add(entries_[place]);
    }
}

void EntryTable::clear() {
    heads_ = all_nowhere();
    used_places_ = 0;
    free_ = nowhere;
}

}  // namespace onetrip::roundtrip
