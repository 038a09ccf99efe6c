// tlv: writes items of tag, length and value from JSON. It knows no layout and no section;
// tlv_reader.cpp reads the items.

#include "section/types/tlv.hpp"

#include <algorithm>
#include <limits>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "base/octets.hpp"
#include "jsonb/json_parser.hpp"
#include "section/types/all_types.hpp"
#include "section/types/tlv_reader.hpp"

namespace onetrip::section {

namespace {

using jsonb::Integer;
using jsonb::IntegerResult;
using jsonb::Kind;

[[noreturn]] void refuse(const std::string& value, std::string complaint) {
    throw BadValue{ErrorKind::invalid_value, value, std::move(complaint)};
}

[[noreturn]] void refuse_range(const std::string& value, std::string complaint) {
    throw BadValue{ErrorKind::out_of_range, value, std::move(complaint)};
}

std::string item_name(std::uint64_t tag) {
    return "item with tag " + std::to_string(tag);
}

std::string of_item(std::uint64_t tag) {
    return "of the " + item_name(tag);
}

// ---- tags -------------------------------------------------------------------------------------

std::uint64_t largest_tag(TlvFormat format) {
    return largest_unsigned(format.tag_bytes * 8U);
}

[[noreturn]] void refuse_tag_range(const std::string& tag, TlvFormat format) {
    refuse_range(tag, "is a tag outside 0 to " + std::to_string(largest_tag(format)));
}

/// "128" or "0x80".
std::uint64_t tag_of_text(std::string_view text, TlvFormat format) {
    const bool is_hexadecimal = text.starts_with("0x");
    const std::string_view digits = is_hexadecimal ? text.substr(2) : text;
    const char* const allowed = is_hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    if (digits.empty() || digits.find_first_not_of(allowed) != std::string_view::npos) {
        refuse(in_quotes(text), "is not a tag, which is a number such as 128 or \"0x80\"");
    }
    std::uint64_t tag = 0;
    for (const char digit : digits) {
        tag = tag * (is_hexadecimal ? 16 : 10) + static_cast<std::uint64_t>(hex_digit(digit));
        if (tag > largest_tag(format)) {
            refuse_tag_range(in_quotes(text), format);
        }
    }
    return tag;
}

std::uint64_t tag_of(jsonb::Value value, TlvFormat format) {
    if (value.kind() == Kind::string) {
        return tag_of_text(value.string(), format);
    }
    if (value.kind() != Kind::numeric) {
        refuse(describe(value), "is not a tag, which is a number such as 128 or \"0x80\"");
    }
    Integer tag;
    const IntegerResult result = value.numeric().to_integer(tag);
    if (result == IntegerResult::fraction) {
        refuse(describe(value), "is a tag with a fraction");
    }
    if (result != IntegerResult::integer || tag.negative || tag.magnitude > largest_tag(format)) {
        refuse_tag_range(describe(value), format);
    }
    return tag.magnitude;
}

[[noreturn]] void refuse_length(std::uint64_t tag, std::size_t length, std::size_t largest) {
    refuse(of_item(tag), "takes " + count(length, "byte") + ", more than the " +
                             std::to_string(largest) + " that its length can say");
}

// ---- items ------------------------------------------------------------------------------------

/// An item of an array, its keys distinguished.
struct Item {
    std::uint64_t tag = 0;
    std::optional<jsonb::Value> value;
    std::optional<jsonb::Value> hex;
    std::optional<jsonb::Value> base64;
    std::optional<jsonb::Value> size;
};

/// The keys that nearly all items have.
constexpr jsonb::PairOfKeys plain_item("tag", "value");

/// Writes the items of one field; nested items have the field's own T and L.
///
/// A carousel has millions of plain items, which are recognised and written without a call. All
/// other items are handled by functions that are not inlined.
class ItemWriter {
  public:
    ItemWriter(TlvFormat format, ByteWriter& writer)
        : format_(format),
          is_narrow_(format.tag_bytes == 1 && format.length == TlvFormat::Length::bits_8),
          largest_tag_(largest_tag(format)),
          largest_length_(largest_length(format.length)),
          writer_(writer) {}

    /// All items of an array, or those that fit.
    void write_items(jsonb::Array array) {
        for (const jsonb::Value element : array) {
            write_element(element);
            if (writer_.overflowed()) {
                return;
            }
        }
    }

    /// One item with all that is nested in it.
    void write_item(const JsonItem& item) {
        if (item.tag) {
            write_value(*item.tag, item.value);
        } else {
            write_element(item.value);
        }
    }

  private:
    /// An item that holds items, its header written and its length not yet known.
    struct Level {
        std::uint64_t tag;
        std::size_t header_at;
        TlvCursor items;
    };

    [[gnu::always_inline]] void write_element(jsonb::Value element) {
        jsonb::Value tag;
        jsonb::Value value;
        Integer number;
        if (element.is_pair(plain_item, tag, value) && tag.is_small_integer(number) &&
            number.magnitude <= largest_tag_) {
            write_value(number.magnitude, value);
        } else {
            write_rare_element(element);
        }
    }

    [[gnu::always_inline]] void write_value(std::uint64_t tag, jsonb::Value value) {
        Integer number;
        if (value.is_string()) {
            write_bytes(tag, value.string());
        } else if (value.is_small_integer(number)) {
            write_number(tag, number.magnitude);
        } else if (value.is_boolean()) {
            write_number(tag, value.boolean() ? 1 : 0, 1);
        } else {
            write_rare_value(tag, value);
        }
    }

    [[gnu::noinline]] void write_rare_element(jsonb::Value element) {
        const Item item = item_of(element);
        if (item.hex) {
            write_octets(item, *item.hex, bytes_of_hex, "pairs of hexadecimal digits");
        } else if (item.base64) {
            write_octets(item, *item.base64, bytes_of_base64, "padded base64");
        } else if (item.size) {
            write_sized(item.tag, *item.value, size_of(item));
        } else {
            write_value(item.tag, *item.value);
        }
    }

    [[gnu::noinline]] void write_rare_value(std::uint64_t tag, jsonb::Value value) {
        if (value.kind() == Kind::numeric) {
            write_integer(tag, value);
        } else if (value.kind() == Kind::null) {
            write_bytes(tag, {});
        } else {
            write_level(tag, value);
        }
    }

    void write_bytes(std::uint64_t tag, std::string_view bytes) {
        if (bytes.size() > largest_length_) {
            refuse_length(tag, bytes.size(), largest_length_);
        }
        std::uint8_t* const at = extend(tag, bytes.size());
        if (at != nullptr && !bytes.empty()) {
            std::memcpy(at, bytes.data(), bytes.size());
        }
    }

    /// Writes a number in the fewest bytes.
    void write_number(std::uint64_t tag, std::uint64_t number) {
        write_number(tag, number,
                     number <= 0xFF         ? 1
                     : number <= 0xFFFF     ? 2
                     : number <= 0xFFFFFFFF ? 4
                                            : 8);
    }

    void write_number(std::uint64_t tag, std::uint64_t number, unsigned size) {
        if (std::uint8_t* const at = extend(tag, size)) {
            store_big_endian(at, size, number);
        }
    }

    /// Writes tag and length, and returns the place of the `length` bytes after them; nullptr if
    /// all that does not fit.
    [[gnu::always_inline]] std::uint8_t* extend(std::uint64_t tag, std::size_t length) {
        if (!is_narrow_) {
            return extend_any(tag, length);
        }
        std::uint8_t* const at = writer_.extend(2 + length);
        if (at == nullptr) {
            return nullptr;
        }
        at[0] = static_cast<std::uint8_t>(tag);
        at[1] = static_cast<std::uint8_t>(length);
        return at + 2;
    }

    template <typename Decode>
    void write_octets(const Item& item, jsonb::Value text, Decode decode, const char* form) {
        const auto bytes =
            text.kind() == Kind::string ? decode(text.string()) : decltype(decode({})){};
        if (!bytes) {
            refuse(describe(text), of_item(item.tag) + " is not " + form);
        }
        write_bytes(item.tag, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    }

    std::uint8_t* extend_any(std::uint64_t tag, std::size_t length);
    Item item_of(jsonb::Value element) const;
    static std::size_t size_of(const Item& item);
    void write_integer(std::uint64_t tag, jsonb::Value value);
    void write_sized(std::uint64_t tag, jsonb::Value value, std::size_t size);
    void write_level(std::uint64_t tag, jsonb::Value container);
    void write_levels();
    void close_level(const Level& level);

    static Integer integer_of(std::uint64_t tag, jsonb::Value value);

    TlvFormat format_;
    bool is_narrow_;  ///< tag and length take a byte each
    std::uint64_t largest_tag_;
    std::size_t largest_length_;
    ByteWriter& writer_;
    std::vector<Level> levels_;  ///< the innermost last
};

std::uint8_t* ItemWriter::extend_any(std::uint64_t tag, std::size_t length) {
    const unsigned length_size = size_of_length(format_.length, length);
    const std::size_t header_size = format_.tag_bytes + length_size;
    std::uint8_t* const at = writer_.extend(header_size + length);
    if (at == nullptr) {
        return nullptr;
    }
    store_big_endian(at, format_.tag_bytes, tag);
    store_length(format_.length, at + format_.tag_bytes, length_size, length);
    return at + header_size;
}

Item ItemWriter::item_of(jsonb::Value element) const {
    if (element.kind() != Kind::object) {
        refuse(describe(element), "is no item, which has a tag and a value");
    }
    Item item;
    bool has_tag = false;
    for (const jsonb::Member member : element.object()) {
        if (member.key == "tag") {
            item.tag = tag_of(member.value, format_);
            has_tag = true;
        } else if (member.key == "value") {
            item.value = member.value;
        } else if (member.key == "hex") {
            item.hex = member.value;
        } else if (member.key == "base64") {
            item.base64 = member.value;
        } else if (member.key == "size") {
            item.size = member.value;
        } else {
            refuse(in_quotes(member.key),
                   "is a key that items do not have (tag, value, hex, base64, size)");
        }
    }
    if (!has_tag) {
        refuse(describe(element), "is an item without tag");
    }
    const int contents =
        int{item.value.has_value()} + int{item.hex.has_value()} + int{item.base64.has_value()};
    if (contents != 1) {
        refuse(of_item(item.tag), contents == 0 ? "is missing: it has no value, hex or base64"
                                                : "is there twice: as value, hex or base64");
    }
    if (item.size && !item.value) {
        refuse(describe(*item.size), of_item(item.tag) + " is a size, which goes with value only");
    }
    return item;
}

std::size_t ItemWriter::size_of(const Item& item) {
    Integer size;
    if (item.size->kind() != Kind::numeric ||
        item.size->numeric().to_integer(size) != IntegerResult::integer || size.negative ||
        size.magnitude < 1 || size.magnitude > 8) {
        refuse(describe(*item.size), of_item(item.tag) + " is not a size of 1 to 8");
    }
    return size.magnitude;
}

Integer ItemWriter::integer_of(std::uint64_t tag, jsonb::Value value) {
    Integer integer;
    switch (value.numeric().to_integer(integer)) {
        case IntegerResult::integer:
            return integer;
        case IntegerResult::too_large:
            refuse_range(describe(value), of_item(tag) + " takes more than 64 bits");
        case IntegerResult::fraction:
        case IntegerResult::not_a_number:
            refuse(describe(value), of_item(tag) + " has a fraction");
    }
    __builtin_unreachable();
}

void ItemWriter::write_integer(std::uint64_t tag, jsonb::Value value) {
    const Integer integer = integer_of(tag, value);
    if (integer.negative) {
        refuse(describe(value), of_item(tag) + " is negative, which needs a size");
    }
    write_number(tag, integer.magnitude);
}

void ItemWriter::write_sized(std::uint64_t tag, jsonb::Value value, std::size_t size) {
    if (value.kind() != Kind::numeric) {
        refuse(describe(value), of_item(tag) + " is not an integer, but has a size");
    }
    const Integer integer = integer_of(tag, value);
    const auto bits = static_cast<unsigned>(size) * 8;
    const std::uint64_t most_negative = std::uint64_t{1} << (bits - 1);
    if (integer.magnitude > (integer.negative ? most_negative : largest_unsigned(bits))) {
        refuse_range(describe(value),
                     of_item(tag) + " does not fit into its size of " + std::to_string(size));
    }
    write_number(tag, integer.negative ? 0 - integer.magnitude : integer.magnitude,
                 static_cast<unsigned>(size));
}

/// Nested items are written without recursion, since documents may nest to any depth. The outermost
/// level writes those in it. Every level takes room, so that there are never more of them than
/// bytes in a section.
void ItemWriter::write_level(std::uint64_t tag, jsonb::Value container) {
    const std::size_t header_at = writer_.size();
    if (extend(tag, 0) == nullptr) {
        return;
    }
    levels_.push_back({tag, header_at, TlvCursor(container, format_)});
    if (levels_.size() == 1) {
        write_levels();
    }
}

void ItemWriter::write_levels() {
    while (!levels_.empty() && !writer_.overflowed()) {
        if (levels_.back().items.at_end()) {
            close_level(levels_.back());
            levels_.pop_back();
            continue;
        }
        const JsonItem item = levels_.back().items.current();
        levels_.back().items.advance();
        write_item(item);
    }
    levels_.clear();
}

/// The length is known only now: room for the shortest was kept, and a longer BER one moves the
/// items.
void ItemWriter::close_level(const Level& level) {
    const std::size_t length_at = level.header_at + format_.tag_bytes;
    const std::size_t items_at = length_at + size_of_length(format_.length, 0);
    const std::size_t length = writer_.size() - items_at;
    if (length > largest_length_) {
        refuse_length(level.tag, length, largest_length_);
    }
    const unsigned size = size_of_length(format_.length, length);
    const std::size_t moved = length_at + size - items_at;
    if (moved > 0 && writer_.extend(moved) == nullptr) {
        return;
    }
    std::uint8_t* const begin = writer_.begin();
    std::memmove(begin + items_at + moved, begin + items_at, length);
    store_length(format_.length, begin + length_at, size, length);
}

/// Items one after the other, in as much room as there is.
class TlvType final : public BytesType {
  public:
    using BytesType::BytesType;

    bool takes_tlv_format() const override { return true; }
    bool takes_json_text() const override { return true; }
    bool can_be_split() const override { return true; }
    bool has_inner_lines() const override { return true; }

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        if (value.kind == Value::Kind::json && value.json.kind() == Kind::array) {
            ItemWriter(field.tlv, writer).write_items(value.json.array());
            return;
        }
        for (TlvItems items(value, field.tlv); !items.at_end() && !writer.overflowed();) {
            items.write_next(writer);
        }
    }

    std::unique_ptr<Items> items_of(const Value& value, const Field& field) const override {
        return std::make_unique<TlvItems>(value, field.tlv);
    }

    void judge(std::span<const std::uint8_t> bytes, const Field& field,
               FaultsOfBytes& faults) const override {
        judge_items(bytes, field.tlv, faults);
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        append_items(bytes, field.tlv, holds, json);
    }

    bool append_common_items(const std::vector<CodedField>& fields, HoldsText holds,
                             jsonb::JsonbBuilder& json) const override {
        std::vector<CodedItems> coded;
        coded.reserve(fields.size());
        for (const CodedField& field : fields) {
            coded.push_back({field.bytes, field.field->tlv});
        }
        return section::append_common_items(coded, holds, json);
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                      HoldsText /*holds*/) const override {
        return print_items(bytes, field.tlv);
    }

    void dissect(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                 InnerLines& lines) const override {
        dissect_items(bytes, field.tlv, holds, lines);
    }
};

constinit const TlvType tlv_type("tlv", {true, 0, 0, 8});

}  // namespace

const BytesType& tlv = tlv_type;

/// ISO/IEC 8825-1, 8.1.3: the shortest definite form.
unsigned size_of_length(TlvFormat::Length form, std::size_t length) {
    switch (form) {
        case TlvFormat::Length::bits_8:
            return 1;
        case TlvFormat::Length::bits_16:
            return 2;
        case TlvFormat::Length::ber:
            return length < 0x80 ? 1 : 1 + (static_cast<unsigned>(std::bit_width(length)) + 7) / 8;
    }
    __builtin_unreachable();
}

void store_length(TlvFormat::Length form, std::uint8_t* at, unsigned size, std::size_t length) {
    if (form == TlvFormat::Length::ber && size > 1) {
        *at++ = static_cast<std::uint8_t>(0x80U | --size);
    }
    store_big_endian(at, size, length);
}

std::size_t largest_length(TlvFormat::Length form) {
    switch (form) {
        case TlvFormat::Length::bits_8:
            return 0xFF;
        case TlvFormat::Length::bits_16:
            return 0xFFFF;
        case TlvFormat::Length::ber:
            return std::numeric_limits<std::size_t>::max();
    }
    __builtin_unreachable();
}

void write_item(const JsonItem& item, TlvFormat format, ByteWriter& writer) {
    ItemWriter(format, writer).write_item(item);
}

TlvCursor::TlvCursor(jsonb::Value container, TlvFormat format) {
    if (container.kind() == Kind::object) {
        open_object(container.object(), format);
    } else if (container.kind() == Kind::array) {
        array_ = container.array();
        count_ = array_.size();
        position_ = array_.begin();
    } else {
        refuse(describe(container), "is neither an array nor an object of items");
    }
}

void TlvCursor::open_object(jsonb::Object object, TlvFormat format) {
    is_object_ = true;
    for (const jsonb::Member member : object) {
        by_tag_.push_back({member.value, tag_of_text(member.key, format)});
        if (by_tag_.size() > largest_tag(format) + 1) {
            break;  // one of them occurs twice
        }
    }
    std::sort(by_tag_.begin(), by_tag_.end(),
              [](const JsonItem& a, const JsonItem& b) { return *a.tag < *b.tag; });
    const auto twice =
        std::adjacent_find(by_tag_.begin(), by_tag_.end(),
                           [](const JsonItem& a, const JsonItem& b) { return *a.tag == *b.tag; });
    if (twice != by_tag_.end()) {
        refuse(std::to_string(*twice->tag), "is a tag that is there twice");
    }
    count_ = by_tag_.size();
}

JsonItem TlvCursor::current() const {
    return is_object_ ? by_tag_[next_] : JsonItem{*position_, std::nullopt};
}

void TlvCursor::advance() {
    ++next_;
    if (!is_object_) {
        ++position_;
    }
}

void TlvCursor::restart() {
    next_ = 0;
    if (!is_object_ && count_ > 0) {
        position_ = array_.begin();
    }
}

TlvItems::TlvItems(const Value& value, TlvFormat format) : format_(format) {
    open(value);
}

void TlvItems::open(const Value& value) {
    if (value.kind == Value::Kind::json_text) {
        document_ = parse_json_text(value, never_interrupted);
        open(Value::of_json(jsonb::Value::root(document_), false));
        return;
    }
    if (value.is_null()) {
        return;
    }
    if (value.kind != Value::Kind::json) {
        refuse_kind(value, "jsonb or json");
    }
    items_ = TlvCursor(value.json, format_);
}

void TlvItems::write_next(ByteWriter& writer) {
    const std::size_t before = writer.size();
    ItemWriter(format_, writer).write_item(items_.current());
    if (writer.overflowed()) {
        writer.truncate(before);
    } else {
        items_.advance();
    }
}

std::string TlvItems::describe_next() const {
    const JsonItem item = items_.current();
    return of_item(item.tag ? *item.tag : tag_of(*item.value.object().find("tag"), format_));
}

}  // namespace onetrip::section
