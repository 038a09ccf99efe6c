#pragma once

#include <string>

#include "base/error.hpp"

namespace onetrip::section {

/// What a field type says of a value that it cannot write. It knows neither field nor layout: the
/// encoder adds them and makes a FieldError of it.
struct BadValue {
    ErrorKind kind;
    std::string value;      ///< the value as a reader would write it, NULL included
    std::string complaint;  ///< completes "The value … " without a full stop
    std::string hint = {};
};

}  // namespace onetrip::section
