#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "rows.hpp"

/// Random layouts, rows for them, and a slow encoder of its own that says which sections they make:
/// bits are characters, and positions are counted from the front for every field anew.
namespace onetrip::section::test {

/// What a field is given: as the row has it, and as it is sent.
struct ModelValue {
    std::string json;                ///< in a JSON row
    Value value;                     ///< in a record
    std::string bits;                ///< of all types but tlv
    std::vector<std::string> items;  ///< of tlv
};

struct ModelElement {
    enum class Kind {
        column,
        constant,
        length,
        length_of,
        offset_of,
        part,
        last_part,
        parts,
        crc,
        label
    };

    Kind kind = Kind::column;
    std::string name;
    std::string type;
    int width = 0;  ///< 0 is `*`
    bool split = false;
    std::string source;  ///< column, or what length and offset are of
    std::string text;    ///< of the source, after `=`
    std::string constant_bits;

    bool is_field() const { return kind != Kind::label; }
};

inline std::string binary(std::uint64_t number, int width) {
    std::string bits;
    for (; width > 0; --width, number /= 2) {
        bits.insert(bits.begin(), number % 2 == 1 ? '1' : '0');
    }
    return bits;
}

inline std::string digits_as_bcd(const std::string& digits) {
    std::string bits;
    for (const char digit : digits) {
        bits += binary(static_cast<std::uint64_t>(digit - '0'), 4);
    }
    return bits;
}

inline std::string bytes_as_bits(const std::string& bytes) {
    std::string bits;
    for (const char byte : bytes) {
        bits += binary(static_cast<unsigned char>(byte), 8);
    }
    return bits;
}

inline std::string bits_as_hex(const std::string& bits) {
    std::string hex;
    for (std::size_t i = 0; i < bits.size(); i += 4) {
        hex += "0123456789abcdef"[std::stoi(bits.substr(i, 4), nullptr, 2)];
    }
    return hex;
}

inline std::string crc_bits(const std::string& bits) {
    std::uint64_t crc = 0xFFFFFFFF;
    for (const char bit : bits) {
        const bool flip = (crc >= 0x80000000) != (bit == '1');
        crc = crc * 2 % 0x100000000;
        crc ^= flip ? 0x04C11DB7U : 0U;
    }
    return binary(crc, 32);
}

/// The slow encoder.
class SlowEncoder {
  public:
    using Values = std::map<std::string, ModelValue>;  ///< by column

    SlowEncoder(const std::vector<ModelElement>& elements, std::size_t max_bytes,
                const Values& values, const std::map<std::string, std::uint64_t>& given_parts)
        : elements_(elements), max_(max_bytes), values_(values), given_parts_(given_parts) {}

    /// The sections in hexadecimal digits; nullopt where the row cannot be encoded.
    std::optional<std::vector<std::string>> sections() {
        const std::vector<std::string> all = items();
        std::vector<std::vector<std::string>> shares{all};
        if (!fits(all) && (!has_split() || !given_parts_.empty() || !spread(all, shares))) {
            return std::nullopt;
        }
        std::vector<std::string> sections;
        for (std::size_t part = 0; part < shares.size(); ++part) {
            sections.push_back(bits_as_hex(section(shares[part], part, shares.size())));
        }
        if (failed_ || !given_parts_go_together()) {
            return std::nullopt;
        }
        return sections;
    }

  private:
    /// All of them are given or none; each names one part of one number of parts.
    bool given_parts_go_together() const {
        using Kind = ModelElement::Kind;
        if (given_parts_.empty()) {
            return true;
        }
        std::optional<std::uint64_t> part, last, parts;
        for (const ModelElement& element : elements_) {
            std::optional<std::uint64_t>* const kind = element.kind == Kind::part        ? &part
                                                       : element.kind == Kind::last_part ? &last
                                                       : element.kind == Kind::parts     ? &parts
                                                                                         : nullptr;
            if (kind == nullptr) {
                continue;
            }
            const auto given = given_parts_.find(element.name);
            if (given == given_parts_.end() || (*kind && **kind != given->second)) {
                return false;
            }
            *kind = given->second;
        }
        return !(parts && *parts == 0) && !(parts && part && *part >= *parts) &&
               !(last && part && *part > *last) && !(parts && last && *last != *parts - 1);
    }

    bool has_split() const {
        return std::any_of(elements_.begin(), elements_.end(),
                           [](const ModelElement& element) { return element.split; });
    }

    std::vector<std::string> items() const {
        for (const ModelElement& element : elements_) {
            if (element.split) {
                return values_.at(element.source).items;
            }
        }
        return {};
    }

    static std::string joined(const std::vector<std::string>& items) {
        std::string bits;
        for (const std::string& item : items) {
            bits += item;
        }
        return bits;
    }

    std::size_t size_of(const ModelElement& element, const std::vector<std::string>& share) const {
        if (element.width > 0 || !element.is_field()) {
            return static_cast<std::size_t>(element.width);
        }
        const ModelValue& value = values_.at(element.source);
        return element.split ? joined(share).size()
                             : value.bits.size() + joined(value.items).size();
    }

    /// In bits, up to the element of this name; of all where there is none.
    std::size_t size_up_to(const std::string& name, const std::vector<std::string>& share) const {
        std::size_t bits = 0;
        for (const ModelElement& element : elements_) {
            if (element.name == name) {
                break;
            }
            bits += size_of(element, share);
        }
        return bits;
    }

    bool fits(const std::vector<std::string>& share) const {
        return size_up_to("", share) <= max_ * 8;
    }

    /// False where something fits no section.
    bool spread(const std::vector<std::string>& all,
                std::vector<std::vector<std::string>>& shares) {
        shares = {{}};
        for (const std::string& item : all) {
            shares.back().push_back(item);
            if (fits(shares.back())) {
                continue;
            }
            shares.back().pop_back();
            shares.push_back({item});
            if (!fits(shares.back())) {
                return false;
            }
        }
        return fits({}) && !shares.front().empty();
    }

    std::string number(const ModelElement& element, std::uint64_t number) {
        failed_ = failed_ || (element.width < 64 && number >> element.width != 0);
        return binary(number, element.width);
    }

    std::string part_number(const ModelElement& element, std::uint64_t computed) {
        const auto given = given_parts_.find(element.name);
        return number(element, given == given_parts_.end() ? computed : given->second);
    }

    std::string field(const ModelElement& element, const std::vector<std::string>& share,
                      std::size_t part, std::size_t parts, const std::string& before) {
        using Kind = ModelElement::Kind;
        switch (element.kind) {
            case Kind::constant:
                return element.constant_bits;
            case Kind::length:
                return number(element, (size_up_to("", share) - before.size() -
                                        static_cast<std::size_t>(element.width)) /
                                           8);
            case Kind::length_of:
                return number(element, length_of(element.source, share));
            case Kind::offset_of:
                return number(element, size_up_to(element.source, share) / 8);
            case Kind::part:
                return part_number(element, part);
            case Kind::last_part:
                return part_number(element, parts - 1);
            case Kind::parts:
                return part_number(element, parts);
            case Kind::crc:
                return crc_bits(before);
            case Kind::label:
                return "";
            case Kind::column:
                break;
        }
        const ModelValue& value = values_.at(element.source);
        return element.split ? joined(share) : value.bits + joined(value.items);
    }

    std::uint64_t length_of(const std::string& name, const std::vector<std::string>& share) const {
        for (const ModelElement& element : elements_) {
            if (element.name == name) {
                return size_of(element, share) / 8;
            }
        }
        return 0;
    }

    std::string section(const std::vector<std::string>& share, std::size_t part,
                        std::size_t parts) {
        std::string bits;
        for (const ModelElement& element : elements_) {
            bits += field(element, share, part, parts, bits);
        }
        return bits;
    }

    const std::vector<ModelElement>& elements_;
    std::size_t max_;
    const Values& values_;
    const std::map<std::string, std::uint64_t>& given_parts_;
    bool failed_ = false;
};

}  // namespace onetrip::section::test
