// Reads the tags in the comments of statements: controller='books',action='index' and the like.
//
// It knows the forms of sqlcommenter and marginalia, and bytes alone: their encoding, and which
// tags are kept, are its callers' concern.

#include "roundtrip/tags.hpp"

#include <algorithm>

#include "roundtrip/value_hash.hpp"

namespace onetrip::roundtrip {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

bool is_key_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool is_decimal(char c) {
    return c >= '0' && c <= '9';
}

int hex_digit(char c) {
    return is_decimal(c)            ? c - '0'
           : (c >= 'a' && c <= 'f') ? c - 'a' + 10
           : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                    : -1;
}

std::string_view without_leading_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t end = text.find_last_not_of(blanks);
    return end == std::string_view::npos ? std::string_view{}
                                         : without_leading_blanks(text.substr(0, end + 1));
}

/// Takes the item up to the next comma, and that comma, from the text.
std::string_view take_item(std::string_view& text) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return item;
}

}  // namespace

// ---- one comment --------------------------------------------------------------------------------

std::optional<RawTag> TagReader::next() noexcept {
    while (!text_.empty()) {
        text_ = without_leading_blanks(text_);
        const std::size_t size =
            std::find_if_not(text_.begin(), text_.end(), is_key_byte) - text_.begin();
        const std::string_view key = text_.substr(0, size);
        text_.remove_prefix(size);
        text_ = without_leading_blanks(text_);
        if (const std::optional<RawTag> tag = item(key)) {
            return tag;
        }
        take_item(text_);
    }
    return std::nullopt;
}

/// The tag of this key, if what follows the key is a value.
std::optional<RawTag> TagReader::item(std::string_view key) noexcept {
    if (key.empty() || text_.empty()) {
        return std::nullopt;
    }
    if (text_.front() == ':') {
        text_.remove_prefix(1);
        return RawTag{key, trimmed(take_item(text_)), false};
    }
    if (text_.front() != '=') {
        return std::nullopt;
    }
    text_ = without_leading_blanks(text_.substr(1));
    if (text_.empty() || text_.front() != '\'') {
        return std::nullopt;
    }
    text_.remove_prefix(1);
    return quoted(key);
}

/// A value up to its closing quote; without one, the rest of the text.
RawTag TagReader::quoted(std::string_view key) noexcept {
    std::size_t end = std::min(text_.find('\''), text_.size());
    // Mostly nothing in it is escaped.
    if (text_.substr(0, end).find('\\') != std::string_view::npos) {
        end = 0;
        while (end < text_.size() && text_[end] != '\'') {
            end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
        }
    }
    const RawTag tag{key, text_.substr(0, end), true};
    text_.remove_prefix(std::min(end + 1, text_.size()));
    take_item(text_);
    return tag;
}

bool has_encoded(const RawTag& tag) noexcept {
    const auto has = [&tag](char c) { return tag.value.find(c) != std::string_view::npos; };
    return has('\0') || (tag.is_encoded && (has('\\') || has('%')));
}

std::optional<std::size_t> decode_tag(const RawTag& tag, std::span<char> room) noexcept {
    const std::string_view value = tag.value;
    std::size_t size = 0;
    for (std::size_t at = 0; at < value.size(); ++at, ++size) {
        char c = value[at];
        if (tag.is_encoded && c == '\\' && at + 1 < value.size()) {
            c = value[++at];
        } else if (tag.is_encoded && c == '%' && at + 2 < value.size() &&
                   hex_digit(value[at + 1]) >= 0 && hex_digit(value[at + 2]) >= 0) {
            c = static_cast<char>(hex_digit(value[at + 1]) * 16 + hex_digit(value[at + 2]));
            at += 2;
        }
        if (c == '\0') {
            return std::nullopt;
        }
        if (size < room.size()) {
            room[size] = c;
        }
    }
    return size;
}

bool is_in_list(std::string_view list, std::string_view key) noexcept {
    while (!list.empty()) {
        if (trimmed(take_item(list)) == key) {
            return !key.empty();
        }
    }
    return false;
}

// ---- tags that are kept -------------------------------------------------------------------------

bool Tags::has(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        if ((*this)[i].key == key) {
            return true;
        }
    }
    return false;
}

bool Tags::add(std::string_view key, std::string_view value) noexcept {
    const std::size_t size = key.size() + value.size() + 2;
    if (key.size() > longest || value.size() > longest || count_ == most || size_ + size > room ||
        has(key)) {
        return false;
    }
    begins_[count_++] = size_;
    char* to = std::copy(key.begin(), key.end(), bytes_.data() + size_);
    *to++ = '\0';
    to = std::copy(value.begin(), value.end(), to);
    *to = '\0';
    size_ = static_cast<std::uint16_t>(size_ + size);
    return true;
}

bool Tags::are_sound() const noexcept {
    if (count_ > most || size_ > room) {
        return false;
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::string_view rest(bytes_.data() + begin, size_ - begin);
        const std::size_t key_end = rest.find('\0');
        const std::size_t end = key_end == std::string_view::npos ? std::string_view::npos
                                                                  : rest.find('\0', key_end + 1);
        if (begins_[i] != begin || end == std::string_view::npos) {
            return false;
        }
        begin += end + 1;
    }
    return begin == size_;
}

Tags::Tag Tags::operator[](std::size_t place) const noexcept {
    const char* const key = bytes_.data() + begins_[place];
    const std::string_view key_view(key);
    return {key_view, std::string_view(key + key_view.size() + 1)};
}

std::uint64_t Tags::hash() const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t end = i + 1 < count_ ? begins_[i + 1] : size_;
        const auto* const bytes = reinterpret_cast<const unsigned char*>(bytes_.data());
        sum += hash_of_bytes({bytes + begins_[i], end - begins_[i]});
    }
    return sum;
}

bool is_tag_key(std::string_view key) noexcept {
    return !key.empty() && std::all_of(key.begin(), key.end(), is_key_byte);
}

// ---- names of applications ----------------------------------------------------------------------

namespace {

/// Whether this is an address and a port as PgBouncer writes them, or what is left of them if it
/// `is_cut`.
bool is_address(std::string_view text, bool is_cut) {
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
                          std::all_of(text.begin() + colon + 1, text.end(), is_decimal);
    if (!has_port && !is_cut) {
        return false;
    }
    if (text.starts_with("unix")) {
        return true;
    }
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return hex_digit(c) >= 0 || c == ':' || c == '.' || c == '[' || c == ']' || c == '%';
    });
}

}  // namespace

std::string_view without_address(std::string_view application, std::size_t longest) noexcept {
    constexpr std::string_view before = " - ";
    const std::size_t at = application.rfind(before);
    if (at == std::string_view::npos ||
        !is_address(application.substr(at + before.size()), application.size() >= longest)) {
        return application;
    }
    return application.substr(0, at);
}

}  // namespace onetrip::roundtrip
