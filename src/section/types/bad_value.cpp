// The words of messages about values that cannot be written, which the writers of flat layouts and
// of tables have in common.

#include "section/types/bad_value.hpp"

#include "base/bits.hpp"
#include "base/words.hpp"
#include "section/language/layout.hpp"

namespace onetrip::section {

const char* describe(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::out_of_range:
            return "value out of range";
        case ErrorKind::null_not_allowed:
            return "null value not allowed";
        case ErrorKind::time_out_of_range:
            return "date or time out of range";
        case ErrorKind::undefined_column:
            return "no column";
        default:
            return "invalid value";
    }
}

std::string describe_width_and_type(const Field& field) {
    return (field.width ? count(*field.width, "bit") : std::string("width *")) + " and type " +
           print_type(field);
}

void refuse_computed(const Field& field, std::int64_t number, const char* hint) {
    throw BadValue{ErrorKind::out_of_range, std::to_string(number),
                   "of " + print_source(field.source) + " is outside 0 to " +
                       std::to_string(largest_unsigned(*field.width)),
                   hint};
}

void refuse_partly_numbered(const std::string& given) {
    throw BadValue{
        ErrorKind::invalid_value, "NULL",
        "stands for a key that is not there, though the row sets the part number \"" + given + "\"",
        "A row sets all part numbers or none of them. If \"" + given +
            "\" is a column but not a part number, leave it out, as in to_jsonb(r) - '" + given +
            "'."};
}

}  // namespace onetrip::section
