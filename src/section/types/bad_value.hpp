#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace onetrip::section {

struct Field;

/// The complaint of a field type about a value that it cannot write. It knows neither field nor
/// layout: the encoder adds them and makes a FieldError of it.
struct BadValue {
    ErrorKind kind;
    std::string value;      ///< the value as a reader would write it, NULL included
    std::string complaint;  ///< completes "The value … " without a full stop
    std::string hint = {};
};

/// The words of a message for a value that is bad in this way.
const char* describe(ErrorKind kind);

/// `8 bits and type uimsbf`, `width * and type bytes`.
std::string describe_width_and_type(const Field& field);

/// Throws the BadValue of a number that is computed and does not fit.
[[noreturn]] void refuse_computed(const Field& field, std::int64_t number, const char* hint = "");

/// Throws the BadValue of a part number that is missing, though the row sets the one `given`.
[[noreturn]] void refuse_partly_numbered(const std::string& given);

}  // namespace onetrip::section
