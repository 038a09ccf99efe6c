// Checks of arguments that the SQL functions of every subject share. Knows no function.

#include "postgres/server/arguments.hpp"

namespace onetrip::postgres {

void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name) {
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("argument \"%s\" must not be null", name)));
    }
}

void append_valid_word(StringInfo list, const char* word, std::size_t index, std::size_t count) {
    const char* const separator = index == 0 ? "" : index + 1 < count ? ", " : " and ";
    appendStringInfo(list, "%s\"%s\"", separator, word);
}

void refuse_word(const char* name, std::string_view value, const char* valid_words) {
    constexpr int most_characters = 60;
    const auto size = static_cast<int>(value.size());
    const int kept = pg_mbcharcliplen(value.data(), size, most_characters);
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("unrecognized value for argument \"%s\": \"%.*s%s\"", name, kept,
                           value.data(), kept < size ? "..." : ""),
                    errhint("Valid values are %s.", valid_words)));
    pg_unreachable();
}

}  // namespace onetrip::postgres
