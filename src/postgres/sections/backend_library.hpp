#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "section/tables/shared_library.hpp"

namespace onetrip::postgres {

/// The parts of the library that a backend keeps from their first use on: the definitions that have
/// been compiled, and the texts of standard_layout.
struct BackendLibrary {
    section::tables::SharedLibrary definitions;

    /// The canonical text of a standard's table. Throws Error if none exists.
    std::string_view layout(std::string_view name, std::string_view standard);

  private:
    std::map<std::pair<std::string, std::string>, std::string> layouts_;
};

/// May ERROR.
BackendLibrary* backend_library();

}  // namespace onetrip::postgres
