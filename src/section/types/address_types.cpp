// inet and macaddr: addresses of networks, as PostgreSQL prints them. Masks are not part of them.

#include <array>
#include <charconv>

#include "base/octets.hpp"
#include "section/types/all_types.hpp"

namespace onetrip::section {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;
constexpr std::size_t ipv6_words = 8;

std::string_view address_text(const Value& value, Value::Kind column, std::string_view takes) {
    if (value.kind == column) {
        return value.view();
    }
    if (!value.is_json_string()) {
        refuse_kind(value, takes);
    }
    return value.json.string();
}

/// The number of up to `most` digits of a base, no more than `largest`; moves the text past them.
std::optional<std::uint32_t> take_number(std::string_view& text, int base, std::size_t most,
                                         std::uint32_t largest) {
    std::uint32_t number = 0;
    const char* const end = text.data() + std::min(text.size(), most);
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc() || number > largest) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return number;
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

// ---- IPv4 --------------------------------------------------------------------------------------

/// Four numbers in decimal digits.
bool parse_ipv4(std::string_view text, std::uint8_t* address) {
    for (std::size_t i = 0; i < ipv4_size; ++i) {
        const auto number =
            i > 0 && !take(text, ".") ? std::nullopt : take_number(text, 10, 3, 0xFF);
        if (!number) {
            return false;
        }
        address[i] = static_cast<std::uint8_t>(*number);
    }
    return text.empty();
}

std::string print_ipv4(Bytes address) {
    std::string text;
    for (const std::uint8_t byte : address) {
        text += (text.empty() ? "" : ".") + std::to_string(byte);
    }
    return text;
}

// ---- IPv6 --------------------------------------------------------------------------------------

/// Words in hexadecimal digits, `::` once for a run of zeros, and an IPv4 address for the last two.
class Ipv6Parser {
  public:
    explicit Ipv6Parser(std::string_view text) : rest_(text) {}

    bool parse(std::uint8_t* address) {
        if (take(rest_, "::")) {
            gap_ = 0;
        }
        while (!rest_.empty()) {
            if (!parse_words()) {
                return false;
            }
        }
        return finish(address);
    }

  private:
    /// Reads one word, or the IPv4 address, and the separator after it.
    bool parse_words() {
        if (size_ + ipv4_size <= ipv6_size && parse_ipv4(rest_, bytes_.data() + size_)) {
            size_ += ipv4_size;
            rest_ = {};
            return true;
        }
        const auto word = take_number(rest_, 16, 4, 0xFFFF);
        if (!word || size_ == ipv6_size) {
            return false;
        }
        bytes_[size_++] = static_cast<std::uint8_t>(*word >> 8);
        bytes_[size_++] = static_cast<std::uint8_t>(*word);
        if (rest_.starts_with("::")) {
            const bool is_first = !gap_;
            gap_ = size_;
            rest_.remove_prefix(2);
            return is_first;
        }
        return rest_.empty() || (take(rest_, ":") && !rest_.empty());
    }

    /// The gap stands for one word of zeros at least.
    bool finish(std::uint8_t* address) const {
        if (gap_ ? size_ == ipv6_size : size_ != ipv6_size) {
            return false;
        }
        const std::size_t before = gap_.value_or(size_);
        std::fill_n(address, ipv6_size, std::uint8_t{0});
        std::copy_n(bytes_.begin(), before, address);
        std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(before),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(size_),
                  address + ipv6_size - (size_ - before));
        return true;
    }

    std::string_view rest_;
    std::array<std::uint8_t, ipv6_size> bytes_{};
    std::size_t size_ = 0;
    std::optional<std::size_t> gap_;  ///< after so many bytes
};

/// Words of zeros one after the other.
struct Run {
    std::size_t begin = 0;
    std::size_t size = 0;
};

/// The first of the longest runs, of two words or more.
Run longest_run(const std::array<std::uint32_t, ipv6_words>& words) {
    Run longest;
    Run current;
    for (std::size_t i = 0; i < words.size(); ++i) {
        current = words[i] != 0 ? Run{i + 1, 0} : Run{current.begin, current.size + 1};
        longest = current.size > longest.size ? current : longest;
    }
    return longest.size < 2 ? Run{} : longest;
}

/// An IPv4 address that follows only zeros, or ffff, is printed as one, as in inet_net_ntop.c.
std::string print_ipv6(Bytes address) {
    std::array<std::uint32_t, ipv6_words> words{};
    for (std::size_t i = 0; i < ipv6_words; ++i) {
        words[i] = static_cast<std::uint32_t>(address[2 * i] << 8 | address[2 * i + 1]);
    }
    const Run run = longest_run(words);
    const bool has_ipv4 = run.begin == 0 && (run.size == 6 || (run.size == 7 && words[7] != 1) ||
                                             (run.size == 5 && words[5] == 0xFFFF));
    std::string text;
    for (std::size_t i = 0; i < ipv6_words;) {
        if (run.size > 0 && i == run.begin) {
            text += "::";
            i += run.size;
            continue;
        }
        text += text.empty() || text.ends_with(':') ? "" : ":";
        if (i == 6 && has_ipv4) {
            return text + print_ipv4(address.last(ipv4_size));
        }
        std::array<char, 8> digits{};
        const auto end = std::to_chars(digits.begin(), digits.end(), words[i], 16);
        text.append(digits.data(), end.ptr);
        ++i;
    }
    return text;
}

/// An address of the family that the width says.
class InetType final : public BytesType {
  public:
    using BytesType::BytesType;

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        const std::string_view text = address_text(value, Value::Kind::inet, "an address (inet)");
        std::array<std::uint8_t, ipv6_size> address{};
        const std::size_t size = *field.width / 8;
        const bool is_ipv4 = size == ipv4_size;
        if (!parse(text, is_ipv4, address.data())) {
            refuse(value, text, is_ipv4);
        }
        writer.append({reinterpret_cast<const char*>(address.data()), size});
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        json.string(print(bytes, field, holds));
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& /*field*/,
                      HoldsText /*holds*/) const override {
        return bytes.size() == ipv4_size   ? print_ipv4(bytes)
               : bytes.size() == ipv6_size ? print_ipv6(bytes)
                                           : "\\x" + hex_of(bytes);
    }

  private:
    static bool parse(std::string_view text, bool is_ipv4, std::uint8_t* address) {
        return is_ipv4 ? parse_ipv4(text, address) : Ipv6Parser(text).parse(address);
    }

    static std::string hex_of(Bytes bytes) {
        std::string digits;
        append_hex(bytes, digits);
        return digits;
    }

    /// A column's address has no quotes, like other values that are not text.
    [[noreturn]] static void refuse(const Value& value, std::string_view text, bool is_ipv4) {
        const bool is_column = value.kind == Value::Kind::inet;
        const std::string shown = is_column ? std::string(text) : in_quotes(text);
        std::array<std::uint8_t, ipv6_size> other{};
        const std::string wanted = is_ipv4 ? "IPv4" : "IPv6";
        if (text.find('/') != std::string_view::npos) {
            throw BadValue{ErrorKind::invalid_value, shown, "has a mask",
                           "Send the address alone: host(column)::inet."};
        }
        const bool is_of_other_family = parse(text, !is_ipv4, other.data());
        throw BadValue{ErrorKind::invalid_value, shown,
                       is_of_other_family ? "is an address of the other family, not of " + wanted
                                          : "is not an address of " + wanted};
    }
};

// ---- MAC addresses -----------------------------------------------------------------------------

constexpr std::uint32_t mac_width = 48;

/// The separator between the bytes of an address, and the number of bytes between two.
struct MacSpelling {
    char separator;
    std::size_t bytes;
};

/// The spelling of a MAC address as PostgreSQL takes it: `08:00:2b:01:02:03` or `08-00-…`,
/// `0800.2b01.0203` or `0800-…`, `08002b:010203` or `08002b-…`, and `08002b010203`.
std::optional<MacSpelling> spelling_of_mac(std::string_view text) {
    constexpr MacSpelling spellings[] = {{':', 1}, {'-', 1}, {'.', 2},
                                         {'-', 2}, {':', 3}, {'-', 3}};
    for (const MacSpelling& spelling : spellings) {
        if (text.size() > 2 * spelling.bytes && text[2 * spelling.bytes] == spelling.separator) {
            return spelling;
        }
    }
    return std::nullopt;
}

/// Six bytes in hexadecimal digits of any case.
std::optional<std::uint64_t> parse_mac(std::string_view text) {
    std::uint64_t bits = 0;
    const auto spelling = spelling_of_mac(text);
    for (std::size_t i = 0; i < 6; ++i) {
        if (i > 0 && spelling && i % spelling->bytes == 0 &&
            !take(text, {&spelling->separator, 1})) {
            return std::nullopt;
        }
        if (text.size() < 2 || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0) {
            return std::nullopt;
        }
        bits = bits << 8 | static_cast<std::uint64_t>(hex_digit(text[0]) * 16 + hex_digit(text[1]));
        text.remove_prefix(2);
    }
    return text.empty() ? std::optional(bits) : std::nullopt;
}

class MacAddressType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t /*width*/) const override {
        const auto bits =
            parse_mac(address_text(value, Value::Kind::macaddr, "an address (macaddr)"));
        if (!bits) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "is not an address of six bytes, such as 08:00:2b:01:02:03"};
        }
        return *bits;
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        json.string(print(bits, width));
    }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        std::string text = print_hex(bits, width).substr(2);
        for (std::size_t at = 2; at < text.size(); at += 3) {
            text.insert(at, ":");
        }
        return text;
    }
};

constinit const InetType inet_object("inet", {false, 32, 128, 32, true});
constinit const MacAddressType macaddr_object("macaddr", {false, mac_width, mac_width, 1},
                                              SourceRule::column_only);

}  // namespace

const BytesType& inet = inet_object;
const BitsType& macaddr = macaddr_object;

}  // namespace onetrip::section
