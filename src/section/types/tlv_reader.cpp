// Reads the items of a tlv field, shows them, and reports their faults. It knows no layout and no
// section; tlv.cpp writes the items.

#include "section/types/tlv_reader.hpp"

#include <algorithm>
#include <bit>

#include "base/bits.hpp"
#include "base/octets.hpp"
#include "base/words.hpp"
#include "section/types/decoded_text.hpp"

namespace onetrip::section {

namespace {

std::string name_of(const TlvItem& item) {
    return "item " + std::to_string(item.index) + " (tag " + std::to_string(item.tag) + ")";
}

/// Opens the object of an item with a value, and appends all but that.
void open_item(const TlvItem& item, jsonb::JsonbBuilder& json) {
    json.open_object();
    json.key("tag");
    json.key("value");
    json.integer(false, item.tag);
}

/// The value for display: as text, and else as bytes and the number that they may be.
std::string print_value(std::span<const std::uint8_t> value, HoldsText holds) {
    std::string printed;
    if (is_text(as_text(value), Controls::refused, holds)) {
        append_json_string(as_text(value), printed);
        return printed;
    }
    printed = "\\x";
    append_hex(value, printed);
    if (value.size() <= 8) {
        const auto width = static_cast<unsigned>(value.size()) * 8;
        printed += " (" + std::to_string(load_bits(value.data(), 0, width)) + ")";
    }
    return printed;
}

}  // namespace

bool TlvReader::next(TlvItem& item) {
    if (at_end()) {
        return false;
    }
    item = TlvItem();
    item.index = index_++;
    item.tag_at = at_;
    if (read_tag(item) && read_length(item)) {
        read_value(item);
        return true;
    }
    // All bytes that are left belong to an item whose end is not known.
    item.value_at = at_;
    item.length_at = std::min(item.length_at, at_);
    item.value = bytes_.subspan(at_);
    at_ = bytes_.size();
    return true;
}

bool TlvReader::take(std::size_t size, std::uint64_t& number) {
    if (size > room()) {
        return false;
    }
    number = load_bits(bytes_.data() + at_, 0, static_cast<unsigned>(size) * 8);
    at_ += size;
    return true;
}

bool TlvReader::refuse(TlvItem& item, std::size_t at, std::string problem) {
    item.problem = std::move(problem);
    item.problem_at = at;
    return false;
}

bool TlvReader::read_tag(TlvItem& item) {
    item.length_at = bytes_.size();
    return take(format_.tag_bytes, item.tag) ||
           refuse(item, at_, "item " + std::to_string(item.index) + " ends within its tag");
}

bool TlvReader::read_length(TlvItem& item) {
    item.length_at = at_;
    const std::size_t size = format_.length == TlvFormat::Length::bits_16 ? 2 : 1;
    if (!take(size, item.length)) {
        return refuse(item, at_, name_of(item) + " ends within its length");
    }
    if (format_.length == TlvFormat::Length::ber && item.length >= 0x80 && !read_ber_length(item)) {
        return false;
    }
    item.value_at = at_;
    return true;
}

/// The definite forms of ISO/IEC 8825-1, 8.1.3. The first byte of a long form has the number of
/// bytes after it; 0 of them is the indefinite form, and 127 are reserved.
bool TlvReader::read_ber_length(TlvItem& item) {
    const auto size = static_cast<std::size_t>(item.length & 0x7F);
    if (size == 0) {
        return refuse(item, item.length_at, name_of(item) + " has a length of the indefinite form");
    }
    if (size > 8) {
        return refuse(item, item.length_at,
                      name_of(item) + " has a length of " + std::to_string(size) + " bytes");
    }
    if (!take(size, item.length)) {
        return refuse(item, at_, name_of(item) + " ends within its length");
    }
    const auto needed = static_cast<std::size_t>(std::bit_width(item.length) + 7) / 8;
    if (item.length < 0x80 || needed < size) {
        refuse(item, item.length_at,
               name_of(item) + " has a length of " + std::to_string(1 + size) + " bytes, where " +
                   std::to_string(item.length < 0x80 ? 1 : 1 + needed) + " would do");
    }
    return true;
}

void TlvReader::read_value(TlvItem& item) {
    if (item.length > room()) {
        refuse(item, item.length_at,
               name_of(item) + " has a length of " + count(item.length, "byte") + ", but " +
                   std::to_string(room()) + (room() == 1 ? " is left" : " are left"));
    }
    item.value = bytes_.subspan(at_, item.length > room() ? room() : item.length);
    at_ += item.value.size();
}

void judge_items(std::span<const std::uint8_t> bytes, TlvFormat format, FaultsOfBytes& faults) {
    TlvItem item;
    for (TlvReader reader(bytes, format); reader.next(item);) {
        if (!item.problem.empty()) {
            faults.add(item.problem_at, std::move(item.problem));
        }
    }
}

void append_item(const TlvItem& item, HoldsText holds, jsonb::JsonbBuilder& json) {
    if (is_text(as_text(item.value), Controls::refused, holds)) {
        open_item(item, json);
        json.string(as_text(item.value));
    } else {
        std::string digits;
        append_hex(item.value, digits);
        json.open_object();
        json.key("hex");
        json.key("tag");
        json.string(digits);
        json.integer(false, item.tag);
    }
    json.close();
}

void append_items(std::span<const std::uint8_t> bytes, TlvFormat format, HoldsText holds,
                  jsonb::JsonbBuilder& json) {
    json.open_array();
    TlvItem item;
    for (TlvReader reader(bytes, format); reader.next(item);) {
        append_item(item, holds, json);
    }
    json.close();
}

bool append_common_items(const std::vector<CodedItems>& fields, HoldsText holds,
                         jsonb::JsonbBuilder& json) {
    std::vector<TlvReader> readers;
    readers.reserve(fields.size());
    for (const CodedItems& field : fields) {
        readers.emplace_back(field.bytes, field.format);
    }
    json.open_array();
    TlvItem first;
    while (readers.front().next(first)) {
        std::vector<CodedItems> values{{first.value, fields.front().format}};
        bool is_same = first.problem.empty();
        for (std::size_t i = 1; i < readers.size(); ++i) {
            TlvItem other;
            if (!readers[i].next(other) || other.tag != first.tag || !other.problem.empty()) {
                return false;
            }
            values.push_back({other.value, fields[i].format});
            is_same = is_same && as_text(other.value) == as_text(first.value);
        }
        if (is_same) {
            append_item(first, holds, json);
            continue;
        }
        open_item(first, json);
        if (!first.problem.empty() || !append_common_items(values, holds, json)) {
            return false;
        }
        json.close();
    }
    json.close();
    TlvItem more;
    return std::none_of(readers.begin() + 1, readers.end(),
                        [&](TlvReader& reader) { return reader.next(more); });
}

std::string print_items(std::span<const std::uint8_t> bytes, TlvFormat format) {
    std::size_t items = 0;
    TlvItem item;
    for (TlvReader reader(bytes, format); reader.next(item);) {
        ++items;
    }
    return count(items, "item") + ", " + count(bytes.size(), "byte");
}

void dissect_item(const TlvItem& item, const std::string& name, HoldsText holds,
                  InnerLines& lines) {
    if (item.length_at > item.tag_at) {
        lines.add(name + "tag", item.tag_at, item.length_at, std::to_string(item.tag));
    }
    if (item.value_at > item.length_at) {
        lines.add(name + "length", item.length_at, item.value_at, std::to_string(item.length));
    }
    lines.add(name + "value", item.value_at, item.value_at + item.value.size(),
              print_value(item.value, holds));
}

void dissect_items(std::span<const std::uint8_t> bytes, TlvFormat format, HoldsText holds,
                   InnerLines& lines) {
    TlvItem item;
    for (TlvReader reader(bytes, format); reader.next(item);) {
        dissect_item(item, "[" + std::to_string(item.index) + "].", holds, lines);
    }
}

}  // namespace onetrip::section
