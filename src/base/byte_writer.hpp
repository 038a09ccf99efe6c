#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace onetrip {

/// Appends bytes to room of a fixed size that the caller owns. A writer that lacks room for bytes
/// does not write them: it is then overflowed, and drops all that follows. An overflow is not an
/// error here, because a row that overflows one section may be split.
class ByteWriter {
  public:
    ByteWriter(std::uint8_t* begin, std::size_t room)
        : begin_(begin), cursor_(begin), room_(room) {}

    /// Room for `size` bytes, to be filled by the caller at once; nullptr if the writer overflows.
    std::uint8_t* extend(std::size_t size) {
        if (size > room_) {
            overflowed_ = true;
            room_ = 0;
            return nullptr;
        }
        std::uint8_t* at = cursor_;
        cursor_ += size;
        room_ -= size;
        return at;
    }

    void append(std::string_view bytes) {
        if (std::uint8_t* at = extend(bytes.size()); at != nullptr && !bytes.empty()) {
            std::memcpy(at, bytes.data(), bytes.size());
        }
    }

    void append_byte(std::uint8_t byte) {
        if (std::uint8_t* at = extend(1)) {
            *at = byte;
        }
    }

    /// Forgets all bytes after the first `size` bytes; an overflow stays.
    void truncate(std::size_t size) { cursor_ = begin_ + size; }

    std::uint8_t* begin() const { return begin_; }
    std::size_t size() const { return static_cast<std::size_t>(cursor_ - begin_); }
    bool overflowed() const { return overflowed_; }

  private:
    std::uint8_t* begin_;
    std::uint8_t* cursor_;
    std::size_t room_;  ///< none after an overflow
    bool overflowed_ = false;
};

}  // namespace onetrip
