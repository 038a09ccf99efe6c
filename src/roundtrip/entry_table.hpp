#pragma once

#include <array>
#include <cstddef>

#include "roundtrip/entry.hpp"

namespace onetrip::roundtrip {

/// The entries of a detector, found by their statements. The table has a fixed size: the caller
/// removes an entry from a full one before it adds another.
class EntryTable {
  public:
    using Place = Entry::Place;
    static constexpr Place nowhere = Entry::nowhere;
    static constexpr std::size_t places = 64;

    Entry& operator[](Place place) { return entries_[place]; }
    const Entry& operator[](Place place) const { return entries_[place]; }
    Place place_of(const Entry& entry) const {
        return static_cast<Place>(&entry - entries_.data());
    }
    bool has(Place place) const { return place < used_places_; }
    /// The entry's bit in a word that has one for each place.
    std::uint64_t bit_of(const Entry& entry) const {
        static_assert(places <= 64);
        return std::uint64_t{1} << place_of(entry);
    }

    /// The statement, and the last execution, of the entry at a place; 0 if that is nowhere.
    QueryId id_at(Place place) const { return place == nowhere ? 0 : entries_[place].id; }
    std::uint64_t execution_at(Place place) const {
        return place == nowhere ? 0 : entries_[place].execution;
    }

    /// All entries.
    Entry* begin() { return entries_.data(); }
    Entry* end() { return entries_.data() + used_places_; }
    const Entry* begin() const { return entries_.data(); }
    const Entry* end() const { return entries_.data() + used_places_; }

    /// The entries of a statement, under any leaders.
    auto of(QueryId id) const {
        return Chain(this, heads_[bucket_of(id)],
                     [id](const Entry& entry) { return entry.id == id; });
    }
    auto of(QueryId id) {
        return Chain(this, heads_[bucket_of(id)],
                     [id](const Entry& entry) { return entry.id == id; });
    }

    /// The entries of an entry's statement under other leaders.
    auto others_of(const Entry& entry) const {
        return Chain(this, heads_[bucket_of(entry.id)], IsOther{entry});
    }
    auto others_of(const Entry& entry) {
        return Chain(this, heads_[bucket_of(entry.id)], IsOther{entry});
    }

    /// The place of a statement's entry under a leader; else nowhere. `one` is a statement, or an
    /// entry of it.
    template <typename One>
    Place find(const One& one, QueryId leader) const {
        for (Place at = heads_[bucket_of(one.id)]; at != nowhere; at = entries_[at].next) {
            if (are_alike(entries_[at], one) && entries_[at].leader == leader) {
                return at;
            }
        }
        return nowhere;
    }

    /// The entry of a statement that was executed last, under any leader; else nowhere.
    Place latest(QueryId id) const;

    bool is_full() const { return used_places_ == places && free_ == nowhere; }
    Place least_used() const;
    Place add(const Entry& entry);
    /// Removes an entry; those under it have no parent any more.
    void remove(Place place);
    /// Removes all entries but those at these places, as bits; they get other places.
    void keep(std::uint64_t kept);
    void clear();

  private:
    static constexpr std::size_t buckets = 64;

    /// The entries of one bucket that a filter wants.
    template <typename Table, typename Filter>
    class Chain {
      public:
        class Iterator {
          public:
            Iterator(const Chain* chain, Place at) : chain_(chain), at_(at) { skip(); }
            auto& operator*() const { return (*chain_->table_)[at_]; }
            Iterator& operator++() {
                at_ = (*chain_->table_)[at_].next;
                skip();
                return *this;
            }
            bool operator!=(const Iterator& other) const { return at_ != other.at_; }

          private:
            void skip() {
                while (at_ != nowhere && !chain_->is_wanted_((*chain_->table_)[at_])) {
                    at_ = (*chain_->table_)[at_].next;
                }
            }

            const Chain* chain_;
            Place at_;
        };

        Chain(Table* table, Place head, Filter is_wanted)
            : table_(table), head_(head), is_wanted_(is_wanted) {}
        Iterator begin() const { return {this, head_}; }
        Iterator end() const { return {this, nowhere}; }

      private:
        Table* table_;
        Place head_;
        Filter is_wanted_;
    };

    struct IsOther {
        const Entry& entry;
        bool operator()(const Entry& other) const {
            return are_alike(entry, other) && other.leader != entry.leader;
        }
    };

    static std::size_t bucket_of(QueryId id) { return (id ^ (id >> 32U)) % buckets; }
    static constexpr std::array<Place, buckets> all_nowhere() {
        std::array<Place, buckets> heads{};
        heads.fill(nowhere);
        return heads;
    }

    std::array<Entry, places> entries_{};
    std::array<Place, buckets> heads_ = all_nowhere();
    std::size_t used_places_ = 0;
    Place free_ = nowhere;  ///< among those that have been used
};

}  // namespace onetrip::roundtrip
