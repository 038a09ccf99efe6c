#pragma once

namespace onetrip {

/// Appends a code point to a string or a vector of bytes.
template <typename Bytes>
void append_character(Bytes& to, char32_t code_point) {
    const auto put = [&](char32_t byte) {
        to.push_back(static_cast<typename Bytes::value_type>(byte));
    };
    if (code_point < 0x80) {
        put(code_point);
        return;
    }
    if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
    } else {
        if (code_point < 0x10000) {
            put(0xE0 | code_point >> 12);
        } else {
            put(0xF0 | code_point >> 18);
            put(0x80 | (code_point >> 12 & 0x3F));
        }
        put(0x80 | (code_point >> 6 & 0x3F));
    }
    put(0x80 | (code_point & 0x3F));
}

}  // namespace onetrip
