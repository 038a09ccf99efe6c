#include "section/library/library.hpp"

namespace onetrip::section {

bool is_library_type(std::string_view /*name*/) {
    return false;
}

}  // namespace onetrip::section
