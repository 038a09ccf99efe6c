#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "roundtrip/kept_results.hpp"

namespace onetrip::roundtrip {

/// The counts of a statement under one generation of a result.
struct Tally {
    static constexpr std::uint16_t most_judged = 60'000;

    std::uint32_t generation = 0;
    std::uint16_t judged = 0;
    std::uint16_t found = 0;
    std::uint32_t since = 0;   ///< runs of the statement before this generation was looked in
    std::uint32_t asked = 0;   ///< runs that the result has led to
    std::uint32_t same = 0;    ///< those of them that asked for the same as the one before
    std::uint16_t passed = 0;  ///< runs whose values it held, to which another has led
    bool is_half = false;      ///< half of what there is to ask for has been asked for
    std::array<std::uint8_t, KeptResults::columns> hits{};

    bool holds() const noexcept { return found > 0 && found * 5U >= judged * 4U; }
    /// The columns among the first `width` in which values were found most often; none if no column
    /// held any.
    KeptResults::Columns columns_of_most(std::size_t width) const noexcept;
};

/// The values of its leader's result that a statement has asked for, approximately.
struct AskedValues {
    static constexpr std::size_t words = 16;

    std::uint32_t generation = 0;
    std::uint16_t values = 0;
    std::array<std::uint64_t, words> marks{};

    void add(ValueHash value) noexcept;
    bool is_half_of(std::uint64_t all) const noexcept;
};

/// Which values of a statement were others than those of the run before, over some runs.
struct ValueChanges {
    std::uint32_t changed = 0;  ///< a bit for each value that was another one at least once
    std::array<std::uint8_t, StatementValueHashes::most> times{};
};

/// The values that a statement has asked for, and the results that held them.
struct Asking {
    static constexpr std::uint8_t none = 0xFF;

    QueryId id = 0;
    std::uint32_t used = 0;
    std::uint8_t count = none;  ///< of its last values
    bool is_same = false;       ///< there were runs, and all of them asked for the same
    KeptResults::Place leader = KeptResults::nowhere;
    std::uint8_t column = 0;
    QueryId leader_id = 0;       ///< whose result is at that place, unless another has taken it
    std::uint16_t strays = 0;    ///< runs since `led` with a value that had changed
    std::uint32_t unsought = 0;  ///< runs since one was looked for in all results
    std::uint32_t runs = 0;
    std::uint32_t led = 0;      ///< runs until the last one that something led to
    std::uint32_t changed = 0;  ///< runs until the last one with a value that had changed
    std::array<std::uint32_t, StatementValueHashes::most> last{};
    std::array<Tally, KeptResults::results> tallies{};
    AskedValues asked;
    /// The last values that a result held, by a part of their hashes, each at the number of its run
    /// under that result; 0 if none was found.
    std::array<std::uint32_t, 4> recent{};
    /// Which values were others than those of the run before, as bits, each at the number of its
    /// run; a bit above them if the runs had not the same number of values.
    std::array<std::uint32_t, 32> changes{};
};

inline KeptResults::Columns Tally::columns_of_most(std::size_t width) const noexcept {
    std::uint8_t most = 1;
    std::uint32_t found = 0;
    for (std::size_t column = 0; column < width; ++column) {
        if (hits[column] >= most) {
            found = (hits[column] > most ? 0 : found) | 1U << column;
            most = hits[column];
        }
    }
    return static_cast<KeptResults::Columns>(found);
}

/// A value is two bits of one word, of which one at least is new.
inline void AskedValues::add(ValueHash value) noexcept {
    static_assert(words == 16, "the upper four bits of the hash say which word");
    const std::uint64_t hash = value * 0x9E3779B97F4A7C15U;
    const std::uint64_t bit = std::uint64_t{1} << ((hash >> 54U) % 64);
    const std::uint64_t mark = bit | std::rotl(bit, 1 + static_cast<int>((hash >> 48U) % 32));
    std::uint64_t& word = marks[hash >> 60U];
    values += (word & mark) != mark ? 1 : 0;
    word |= mark;
}

/// Some of many values look like others, so a little less than half is enough.
inline bool AskedValues::is_half_of(std::uint64_t all) const noexcept {
    const std::uint64_t half = (all + 1) / 2;
    return values >= half - half / 32;
}

}  // namespace onetrip::roundtrip
