#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Tags that a client puts into a comment of its statements, to say which part of its code sent
/// them. Nothing here allocates or throws.
namespace onetrip::roundtrip {

/// A tag as it stands in a comment.
struct RawTag {
    std::string_view key;
    std::string_view value;
    bool is_encoded = false;  ///< as a URL is, and with a backslash before each quote
};

/// Reads the tags of one comment, which is given without its delimiters: those of sqlcommenter
/// (`key='value'`, the value encoded as in a URL) and those of marginalia (`key:value`), separated
/// by commas. Anything else is skipped.
class TagReader {
  public:
    explicit TagReader(std::string_view comment) noexcept : text_(comment) {}

    std::optional<RawTag> next() noexcept;

  private:
    std::optional<RawTag> item(std::string_view key) noexcept;
    RawTag quoted(std::string_view key) noexcept;

    std::string_view text_;  ///< that is left
};

/// Whether a tag's value is other than what stands in the text.
bool has_encoded(const RawTag& tag) noexcept;

/// Writes a tag's value as its client meant it, as far as there is room. Returns the size that it
/// needs in all; nothing if it has a zero byte, which no text of the server may have.
std::optional<std::size_t> decode_tag(const RawTag& tag, std::span<char> room) noexcept;

/// Whether a key is in a list of keys, which commas and blanks separate.
bool is_in_list(std::string_view list, std::string_view key) noexcept;

/// The tags of one statement, in a fixed place.
class Tags {
  public:
    static constexpr std::size_t most = 8;
    static constexpr std::size_t longest = 64;  ///< a key, or a value
    static constexpr std::size_t room = 512;    ///< keys and values with their ends

    struct Tag {
        std::string_view key;
        std::string_view value;
    };

    /// Takes a tag; the first one of a key counts. False if there is no room for it, or it is too
    /// long.
    bool add(std::string_view key, std::string_view value) noexcept;

    /// Whether these are tags, for those that come from elsewhere: the others always are.
    bool are_sound() const noexcept;

    std::size_t count() const noexcept { return count_; }
    Tag operator[](std::size_t place) const noexcept;

    /// A hash of the tags, which does not depend on their order; 0 if there are none.
    std::uint64_t hash() const noexcept;

  private:
    bool has(std::string_view key) const noexcept;

    std::array<std::uint16_t, most> begins_{};
    std::uint16_t size_ = 0;
    std::uint8_t count_ = 0;
    std::array<char, room> bytes_{};  ///< key, zero, value, zero
};

/// Whether this may be the key of a tag.
bool is_tag_key(std::string_view key) noexcept;

/// The name of an application without the address of its client, which PgBouncer appends if
/// application_name_add_host is on (`name - 10.0.0.1:5432`, `name - unix(123):6432`). The server
/// cuts names at `longest`: in a name so long the address may be cut.
std::string_view without_address(std::string_view application, std::size_t longest) noexcept;

}  // namespace onetrip::roundtrip
