#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/hash.hpp"

namespace onetrip {

/// Keeps the objects that one caller has made of its arguments, and finds them again by the
/// arguments' very bytes. A query may mix as many arguments as it likes, but not fill the memory
/// with them: when the room is full, the objects that have not been used for the longest time go.
///
/// `Made` has `std::size_t weight(std::size_t argument_size) const`: how much of the room it takes
/// now, with an argument of so many bytes. It may grow while it is used.
template <typename Made>
class ArgumentCache {
  public:
    /// `room` has the unit of the weights.
    explicit ArgumentCache(std::size_t room) : room_(room) {}
    ArgumentCache(const ArgumentCache&) = delete;
    ArgumentCache& operator=(const ArgumentCache&) = delete;

    /// nullptr if the argument has not been seen, or not lately.
    Made* find(std::string_view argument) {
        const auto found = find_entry(argument);
        if (found == entries_.end()) {
            return nullptr;
        }
        if (found != entries_.begin()) {
            weigh(entries_.front());
            entries_.splice(entries_.begin(), entries_, found);
        }
        return &entries_.front().made;
    }

    /// Adds the object of a new argument, constructed from `arguments`. Forgets only what there is
    /// no room for; the new one is always kept.
    template <typename... Arguments>
    Made* add(std::string_view argument, Arguments&&... arguments) {
        if (!entries_.empty()) {
            weigh(entries_.front());
        }
        std::list<Entry> added;
        added.emplace_back(argument, std::forward<Arguments>(arguments)...);
        by_argument_.emplace(added.front().argument, added.begin());
        entries_.splice(entries_.begin(), added);
        weigh(entries_.front());
        while (weight_ > room_ && entries_.size() > 1) {
            forget_oldest();
        }
        return &entries_.front().made;
    }

    /// Whether nothing more can be added unless the oldest goes.
    bool is_full() const { return weight_ >= room_; }

    /// The object that has not been used for the longest time; there is one.
    Made& oldest() { return entries_.back().made; }

    void forget_oldest() {
        weight_ -= entries_.back().weight;
        by_argument_.erase(entries_.back().argument);
        entries_.pop_back();
    }

  private:
    struct Entry {
        template <typename... Arguments>
        explicit Entry(std::string_view argument, Arguments&&... arguments)
            : argument(argument), made(std::forward<Arguments>(arguments)...) {}

        std::string argument;
        Made made;
        std::size_t weight = 0;  ///< what weight_ has of it
    };

    /// Hashes all bytes: documents are often copies of one template, which differ anywhere.
    struct Hash {
        std::uint64_t seed;
        std::size_t operator()(std::string_view bytes) const { return hash_of(seed, bytes); }
    };

    using Place = typename std::list<Entry>::iterator;

    /// The last few are compared, which costs less than to hash them.
    Place find_entry(std::string_view argument) {
        int left = 4;
        for (auto entry = entries_.begin(); entry != entries_.end() && left-- > 0; ++entry) {
            if (entry->argument == argument) {
                return entry;
            }
        }
        const auto found = by_argument_.find(argument);
        return found == by_argument_.end() ? entries_.end() : found->second;
    }

    void weigh(Entry& entry) {
        const std::size_t weight = entry.made.weight(entry.argument.capacity());
        weight_ += weight - entry.weight;
        entry.weight = weight;
    }

    std::list<Entry> entries_;  ///< the last used first
    std::unordered_map<std::string_view, Place, Hash> by_argument_{
        0, Hash{reinterpret_cast<std::uintptr_t>(this)}};
    std::size_t room_;
    std::size_t weight_ = 0;
};

}  // namespace onetrip
