#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "base/bits.hpp"

namespace onetrip::section::tables {

/// Thrown when bits do not fit: it is not an error yet, since a row may be split.
struct NoRoom {};

/// Appends fields of any number of bits, most significant bit first, to room that the caller owns.
class BitWriter {
  public:
    /// Room for `capacity` bytes. The first `skipped` (0 to 7) bits are left zero.
    BitWriter(std::uint8_t* begin, std::size_t capacity, unsigned skipped = 0)
        : begin_(begin), room_(capacity * 8) {
        advance(skipped);
    }

    /// The position in bits, from the begin.
    std::size_t position() const { return position_; }
    std::uint8_t* begin() const { return begin_; }

    void append(std::uint64_t bits, std::uint32_t width) {
        const std::size_t at = position_;
        advance(width);
        store_bits(begin_ + at / 8, static_cast<unsigned>(at % 8), width, bits);
    }

    void append_zeros(std::uint32_t width) { advance(width); }

    /// The bytes that are left, from a byte boundary on.
    std::span<std::uint8_t> rest() const {
        return {begin_ + position_ / 8, (room_ - position_) / 8};
    }

    /// Takes the first bytes of rest(), which the caller has written.
    void take(std::size_t bytes) { position_ += bytes * 8; }

    /// Appends bits that begin in their first byte where the next bit is written: `from` and `to`
    /// are bits of `bytes`.
    void append_bits(const std::uint8_t* bytes, std::size_t from, std::size_t to) {
        for (; from < to && from % 8 != 0; ++from) {
            append(bytes[from / 8] >> (7 - from % 8) & 1, 1);
        }
        const std::size_t whole = (to - from) / 8;
        if (whole * 8 > room_ - position_) {
            throw NoRoom();
        }
        if (whole > 0) {
            std::memcpy(begin_ + position_ / 8, bytes + from / 8, whole);
            position_ += whole * 8;
        }
        for (from += whole * 8; from < to; ++from) {
            append(bytes[from / 8] >> (7 - from % 8) & 1, 1);
        }
    }

    /// Forgets what was written after a place.
    void truncate(std::size_t position) {
        position_ = position;
        if (position % 8 != 0) {
            std::uint8_t& last = begin_[position / 8];
            last = static_cast<std::uint8_t>(last & ~(0xFFU >> position % 8));
        }
    }

  private:
    /// Moves on; the bits passed are zero.
    void advance(std::size_t width) {
        if (width > room_ - position_) {
            throw NoRoom();
        }
        const std::size_t first = (position_ + 7) / 8;
        position_ += width;
        const std::size_t end = (position_ + 7) / 8;
        if (end > first) {
            std::memset(begin_ + first, 0, end - first);
        }
    }

    std::uint8_t* begin_;
    std::size_t room_;
    std::size_t position_ = 0;
};

}  // namespace onetrip::section::tables
