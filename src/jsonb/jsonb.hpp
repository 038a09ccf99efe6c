#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "jsonb/format.hpp"
#include "jsonb/numeric.hpp"

/// The binary JSONB format read in place (src/include/utils/jsonb.h): no copy, no allocation, no
/// call into the server. Every type here is a view of plain data that owns nothing and may be
/// copied freely; the bytes must outlive it. Strings are as the document holds them. The document
/// is trusted to be one that PostgreSQL or parse_json made, as the server trusts its own datums.
namespace onetrip::jsonb {

enum class Kind : std::uint8_t { null, boolean, numeric, string, array, object };

class Array;
class Object;

/// Two keys in JSONB's order, as they stand in an object that has no other. `size` is that of both
/// together. The JEntry of the first holds an offset and that of the second a length, as in every
/// document that the server or our writer made.
template <std::size_t size>
struct PairOfKeys {
    template <std::size_t first_size, std::size_t second_size>
    consteval PairOfKeys(const char (&first)[first_size], const char (&second)[second_size])
        : entries{format::jentry_isstring | format::jentry_has_off | (first_size - 1),
                  format::jentry_isstring | (second_size - 1)} {
        std::copy_n(second, second_size - 1, std::copy_n(first, first_size - 1, names.begin()));
    }

    std::array<std::uint32_t, 2> entries;
    std::array<char, size> names{};
};

template <std::size_t first_size, std::size_t second_size>
PairOfKeys(const char (&)[first_size], const char (&)[second_size])
    -> PairOfKeys<first_size + second_size - 2>;

/// One JSON value, as its JEntry describes it; nothing is read before an accessor is called. The
/// accessors require the matching kind().
class Value {
  public:
    /// JSON null.
    Value() = default;

    /// The value that a jsonb datum holds; `jsonb` is the datum after its varlena header, of any
    /// alignment. A scalar at the root is returned as the scalar.
    static Value root(std::span<const std::uint8_t> jsonb);

    Kind kind() const {
        switch (type_) {
            case format::jentry_isstring:
                return Kind::string;
            case format::jentry_isnumeric:
                return Kind::numeric;
            case format::jentry_isbool_false:
            case format::jentry_isbool_true:
                return Kind::boolean;
            case format::jentry_iscontainer:
                return header() & format::jb_fobject ? Kind::object : Kind::array;
            default:
                return Kind::null;
        }
    }

    bool is_string() const { return type_ == format::jentry_isstring; }

    bool is_boolean() const {
        return type_ == format::jentry_isbool_false || type_ == format::jentry_isbool_true;
    }

    /// Whether this is a number for Numeric::to_small_integer; then sets `integer`.
    bool is_small_integer(Integer& integer) const {
        return type_ == format::jentry_isnumeric && numeric().to_small_integer(integer);
    }

    bool boolean() const { return type_ == format::jentry_isbool_true; }
    std::string_view string() const { return {reinterpret_cast<const char*>(data_), size_}; }
    Numeric numeric() const {
        return Numeric({data_ + format::varhdrsz, size_ - format::varhdrsz});
    }
    Array array() const;
    Object object() const;

    /// Whether this is an object of these two keys and no other; then sets their values. A few
    /// comparisons and no walk, for objects whose shape is mostly the same.
    template <std::size_t size>
    bool is_pair(const PairOfKeys<size>& keys, Value& first, Value& second) const;

    /// The bytes of a string, a numeric (after its varlena header) or a container. Those of a
    /// container are a JSONB document in their own right. Empty for null and booleans.
    std::span<const std::uint8_t> data() const {
        return type_ == format::jentry_isnumeric ? numeric().data()
                                                 : std::span<const std::uint8_t>(data_, size_);
    }

  private:
    friend class Children;

    Value(std::uint32_t type, const std::uint8_t* data, std::uint32_t size)
        : data_(data), size_(size), type_(type) {}

    /// The header of a container.
    std::uint32_t header() const { return format::load<std::uint32_t>(data_); }

    const std::uint8_t* data_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint32_t type_ = format::jentry_isnull;  ///< the JEntry's
};

/// The common part of Array and Object: the JEntrys of a container, and after them their data. A
/// JEntry holds either its data's length or, if JENTRY_HAS_OFF is set, the offset of its end.
class Children {
  public:
    Children() = default;
    Children(const std::uint8_t* entries, std::uint32_t count) : entries_(entries), count_(count) {}

    std::uint32_t count() const { return count_; }
    const std::uint8_t* entries() const { return entries_; }
    const std::uint8_t* data() const { return entries_ + std::size_t{count_} * sizeof count_; }

    std::uint32_t entry(std::uint32_t index) const {
        return format::load<std::uint32_t>(entries_ + std::size_t{index} * sizeof index);
    }

    /// The begin of a child's data, which is the end of the data before. Walks back to the nearest
    /// JEntry that holds an offset, which the writer puts at every 32nd.
    std::uint32_t start(std::uint32_t index) const {
        std::uint32_t offset = 0;
        while (index-- > 0) {
            const std::uint32_t before = entry(index);
            offset += before & format::jentry_offlenmask;
            if (before & format::jentry_has_off) {
                break;
            }
        }
        return offset;
    }

    Value value(std::uint32_t index) const { return value(data(), entry(index), start(index)); }

    /// The end of the data of a child that begin at `start` (JBE_ADVANCE_OFFSET).
    static std::uint32_t end(std::uint32_t entry, std::uint32_t start) {
        return (entry & format::jentry_has_off ? 0 : start) + (entry & format::jentry_offlenmask);
    }

    static Value value(const std::uint8_t* data, std::uint32_t entry, std::uint32_t start);
    static Value value(const std::uint8_t* data, std::uint32_t entry, std::uint32_t start,
                       std::uint32_t end);

    static Value container(const std::uint8_t* container, std::uint32_t size) {
        return {format::jentry_iscontainer, container, size};
    }

  private:
    const std::uint8_t* entries_ = nullptr;
    std::uint32_t count_ = 0;
};

/// The elements of a JSON array, in order: `for (Value element : array)`.
class Array {
  public:
    class Iterator;
    Array() = default;
    std::size_t size() const { return children_.count(); }
    Iterator begin() const;
    Iterator end() const;

    /// The element of an index below size(); as fast as `++` of an iterator, wherever it is.
    Value at(std::size_t index) const { return children_.value(static_cast<std::uint32_t>(index)); }

  private:
    friend class Value;
    explicit Array(Children children) : children_(children) {}

    Children children_;
};

struct Member {
    std::string_view key;
    Value value;
};

/// The members of a JSON object in the order in which JSONB keeps them: shorter keys first, keys of
/// one length bytewise (lengthCompareJsonbStringValue in jsonb_util.c). `for (Member m : object)`.
class Object {
  public:
    class Iterator;
    Object() = default;
    std::size_t size() const { return size_; }
    Iterator begin() const;
    Iterator end() const;

    /// The member's value; a binary search, so O(log n).
    std::optional<Value> find(std::string_view key) const;

  private:
    friend class Value;
    explicit Object(Children children, std::uint32_t size) : children_(children), size_(size) {}

    int compare(std::uint32_t index, std::string_view key) const;

    Children children_;  // the keys, then the values
    std::uint32_t size_ = 0;
};

class Array::Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Value;

    Iterator() = default;

    Value operator*() const { return Children::value(data_, entry(), offset_); }
    Iterator& operator++() {
        offset_ = Children::end(entry(), offset_);
        entry_ += sizeof(std::uint32_t);
        return *this;
    }
    Iterator operator++(int) {
        const Iterator before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Iterator& other) const { return entry_ == other.entry_; }

  private:
    friend class Array;
    Iterator(const std::uint8_t* entry, const std::uint8_t* data) : entry_(entry), data_(data) {}

    std::uint32_t entry() const { return format::load<std::uint32_t>(entry_); }

    const std::uint8_t* entry_ = nullptr;
    const std::uint8_t* data_ = nullptr;
    std::uint32_t offset_ = 0;
};

class Object::Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Member;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Member;

    Iterator() = default;

    Member operator*() const {
        const std::uint32_t key_end = Children::end(key_entry(), key_offset_);
        return {{reinterpret_cast<const char*>(data_ + key_offset_), key_end - key_offset_},
                Children::value(data_, value_entry(), value_offset_)};
    }
    Iterator& operator++() {
        key_offset_ = Children::end(key_entry(), key_offset_);
        value_offset_ = Children::end(value_entry(), value_offset_);
        key_entry_ += sizeof(std::uint32_t);
        value_entry_ += sizeof(std::uint32_t);
        return *this;
    }
    Iterator operator++(int) {
        const Iterator before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Iterator& other) const { return key_entry_ == other.key_entry_; }

  private:
    friend class Object;
    Iterator(const std::uint8_t* key_entry, const std::uint8_t* value_entry,
             const std::uint8_t* data, std::uint32_t value_offset)
        : key_entry_(key_entry),
          value_entry_(value_entry),
          data_(data),
          value_offset_(value_offset) {}

    std::uint32_t key_entry() const { return format::load<std::uint32_t>(key_entry_); }
    std::uint32_t value_entry() const { return format::load<std::uint32_t>(value_entry_); }

    const std::uint8_t* key_entry_ = nullptr;
    const std::uint8_t* value_entry_ = nullptr;
    const std::uint8_t* data_ = nullptr;
    std::uint32_t key_offset_ = 0;
    std::uint32_t value_offset_ = 0;
};

// A numeric and a container are padded to four bytes; the padding counts as theirs
// (convertJsonbScalar and convertJsonbArray in jsonb_util.c). The numeric keeps a varlena header of
// four bytes: convertJsonbScalar copies VARSIZE_ANY bytes of a Numeric that came out of numeric_in
// or PG_DETOAST_DATUM, and neither leaves a short header.
inline Value Children::value(const std::uint8_t* data, std::uint32_t entry, std::uint32_t start,
                             std::uint32_t end) {
    const std::uint32_t type = entry & format::jentry_typemask;
    if (type == format::jentry_isnumeric || type == format::jentry_iscontainer) {
        start = format::int_align(start);
    }
    return {type, data + start, end - start};
}

inline Value Children::value(const std::uint8_t* data, std::uint32_t entry, std::uint32_t start) {
    return value(data, entry, start, end(entry, start));
}

inline Array Value::array() const {
    const std::uint32_t count = header() & format::jb_cmask;
    return Array(Children(data_ + sizeof count, count));
}

inline Object Value::object() const {
    const std::uint32_t count = header() & format::jb_cmask;
    return Object(Children(data_ + sizeof count, 2 * count), count);
}

template <std::size_t size>
inline bool Value::is_pair(const PairOfKeys<size>& keys, Value& first, Value& second) const {
    if (type_ != format::jentry_iscontainer || header() != (format::jb_fobject | 2)) {
        return false;
    }
    const std::uint8_t* const key_entries = data_ + sizeof(std::uint32_t);
    if (std::memcmp(key_entries, keys.entries.data(), sizeof keys.entries) != 0) {
        return false;
    }
    const std::uint8_t* const entries = key_entries + sizeof keys.entries;
    const auto entry = format::load<std::uint32_t>(entries);
    const auto second_entry = format::load<std::uint32_t>(entries + sizeof entry);
    const std::uint8_t* const children = entries + 2 * sizeof entry;
    if (((entry | second_entry) & format::jentry_has_off) != 0 ||
        std::memcmp(children, keys.names.data(), size) != 0) {
        return false;
    }
    const std::uint32_t end = size + (entry & format::jentry_offlenmask);
    first = Children::value(children, entry, size, end);
    second = Children::value(children, second_entry, end,
                             end + (second_entry & format::jentry_offlenmask));
    return true;
}

inline Array::Iterator Array::begin() const {
    return {children_.entries(), children_.data()};
}

inline Array::Iterator Array::end() const {
    return {children_.data(), children_.data()};
}

inline Object::Iterator Object::begin() const {
    const std::uint8_t* keys = children_.entries();
    const std::uint8_t* values = keys + std::size_t{size_} * sizeof size_;
    return {keys, values, children_.data(), children_.start(size_)};
}

inline Object::Iterator Object::end() const {
    const std::uint8_t* values = children_.entries() + std::size_t{size_} * sizeof size_;
    return {values, children_.data(), children_.data(), 0};
}

static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= 16);
static_assert(std::is_trivially_copyable_v<Array> && sizeof(Array) <= 16);
static_assert(std::is_trivially_copyable_v<Object> && sizeof(Object) <= 24);
static_assert(std::is_trivially_copyable_v<Member>);
static_assert(std::is_trivially_copyable_v<Array::Iterator>);
static_assert(std::is_trivially_copyable_v<Object::Iterator>);

}  // namespace onetrip::jsonb
