// The words of what is wrong with bytes. It reads none.

#include "section/problems.hpp"

#include "base/words.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

/// A constant that is written in hexadecimal or binary digits is shown in hexadecimal ones.
std::string constant_problem(const Field& field, std::uint64_t bits, std::uint64_t constant) {
    if (bits == constant) {
        return {};
    }
    const auto& type = static_cast<const BitsType&>(*field.type);
    const bool is_decimal = field.source.name.find_first_of("xXbB") == std::string::npos;
    const auto print = [&](std::uint64_t number) {
        return is_decimal ? type.print_constant(number, *field.width)
                          : print_hex(number, *field.width);
    };
    return "found " + print(bits) + ", where the layout has " + print(constant);
}

std::string checksum_problem(std::uint64_t bits, std::uint32_t crc) {
    return bits == crc ? std::string()
                       : "found " + print_hex(bits, 32) +
                             ", but the CRC_32 of the bytes before is " + print_hex(crc, 32);
}

std::string cut_problem(const std::string& what, std::size_t end, bool is_begun) {
    return what + " at byte " + std::to_string(end) +
           (is_begun ? ", within this field" : ", before this field");
}

std::string left_over_problem(std::size_t bytes) {
    return count(bytes, "byte") + (bytes == 1 ? " is" : " are") + " left over after the last field";
}

std::string too_long_problem(std::size_t bytes, std::uint32_t most) {
    return "the section takes " + count(bytes, "byte") + ", more than the " + std::to_string(most) +
           " that the layout allows";
}

}  // namespace onetrip::section
