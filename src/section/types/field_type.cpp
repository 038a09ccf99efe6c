// The functions that all types share, and the defaults of most of them. Knows no single type.

#include "section/types/field_type.hpp"

#include "base/bits.hpp"
#include "base/octets.hpp"
#include "base/words.hpp"
#include "jsonb/json_parser.hpp"

namespace onetrip::section {

bool WidthRule::allows(std::optional<std::uint32_t> width) const {
    if (!width) {
        return variable;
    }
    if (ends_alone) {
        return *width == smallest || *width == largest;
    }
    return smallest > 0 && *width >= smallest && *width <= largest && *width % multiple_of == 0;
}

std::string WidthRule::describe() const {
    if (smallest == 0) {
        return "*";
    }
    if (smallest == largest) {
        return std::to_string(smallest);
    }
    if (ends_alone) {
        return std::to_string(smallest) + " or " + std::to_string(largest);
    }
    if (multiple_of == 1) {
        return std::to_string(smallest) + " to " + std::to_string(largest);
    }
    const std::string multiple =
        "a multiple of " + std::to_string(multiple_of) + " up to " + std::to_string(largest);
    return variable ? "* or " + multiple : multiple;
}

std::uint64_t BitsType::largest(std::uint32_t width) const {
    return largest_unsigned(width);
}

std::uint64_t BitsType::number_to_bits(std::uint64_t number, std::uint32_t /*width*/) const {
    return number;
}

std::shared_ptr<const BitsType> BitsType::at_offset(std::int32_t /*minutes*/) const {
    return nullptr;
}

jsonb::Integer BitsType::number_of(std::uint64_t bits, std::uint32_t /*width*/) const {
    return {false, bits};
}

std::string BitsType::judge(std::uint64_t /*bits*/, std::uint32_t /*width*/) const {
    return {};
}

void BitsType::append_json(std::uint64_t bits, std::uint32_t /*width*/,
                           jsonb::JsonbBuilder& json) const {
    json.integer(false, bits);
}

std::string BitsType::print(std::uint64_t bits, std::uint32_t /*width*/) const {
    return std::to_string(bits);
}

std::string BitsType::print_constant(std::uint64_t bits, std::uint32_t width) const {
    return print(bits, width);
}

void BytesType::judge(std::span<const std::uint8_t> /*bytes*/, const Field& /*field*/,
                      FaultsOfBytes& /*faults*/) const {}

void BytesType::dissect(std::span<const std::uint8_t> /*bytes*/, const Field& /*field*/,
                        HoldsText /*holds*/, InnerLines& /*lines*/) const {}

std::unique_ptr<Items> BytesType::items_of(const Value& /*value*/, const Field& /*field*/) const {
    __builtin_unreachable();
}

bool BytesType::append_common_items(const std::vector<CodedField>& /*fields*/, HoldsText /*holds*/,
                                    jsonb::JsonbBuilder& /*json*/) const {
    __builtin_unreachable();
}

std::string print_hex(std::uint64_t bits, std::uint32_t width) {
    return "0x" + hex_of(bits, (width + 3) / 4);
}

void refuse_kind(const Value& value, std::string_view takes) {
    refuse_null(value);
    const std::string expected = "is not " + std::string(takes);
    switch (value.kind) {
        case Value::Kind::local_time:
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "has no time zone, so that what it means depends on the session",
                           "Say which instant is meant: column AT TIME ZONE 'zone'."};
        case Value::Kind::malformed_text:
            throw BadValue{ErrorKind::invalid_value, describe(value), "is not valid UTF-8"};
        default:
            throw BadValue{ErrorKind::invalid_value, describe(value), expected};
    }
}

void refuse_null(const Value& value) {
    if (value.kind == Value::Kind::absent) {
        throw BadValue{ErrorKind::null_not_allowed, "NULL", "stands for a key that is not there",
                       "The JSON row must have a key for every source of the layout."};
    }
    if (value.is_null()) {
        throw BadValue{ErrorKind::null_not_allowed, "NULL",
                       "cannot be sent: only fields of type utc and tlv take it",
                       "Replace it in the row, for example by coalesce."};
    }
}

std::vector<std::uint8_t> parse_json_text(const Value& value, Interrupt interrupt) {
    try {
        return jsonb::parse_json(value.view(), jsonb::DuplicateKeys::refused, interrupt);
    } catch (const jsonb::DuplicateKeyError& error) {
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       "has the key " + in_quotes(error.key()) + " twice in one object"};
    } catch (const jsonb::JsonError& error) {
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       std::string("is not valid JSON: ") + error.what()};
    }
}

}  // namespace onetrip::section
