// answer_number, answer_boolean, answer_date: NULL where the text is none, and never an error.

#include <vector>

#include "jsonb/numeric_parser.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/walls.hpp"
#include "submission/answers.hpp"

extern "C" {
#include "utils/datetime.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(answer_number);
ONETRIP_SQL_FUNCTION(answer_boolean);
ONETRIP_SQL_FUNCTION(answer_date);

namespace {

/// The numeric that numeric_in makes of the text, palloc'ed; nullptr where it makes none. That can
/// only raise an ERROR then, at least in PostgreSQL 15.
varlena* make_numeric(std::string_view characters) {
    std::vector<std::uint8_t> numeric;
    if (!submission::is_number(characters) || !jsonb::append_numeric(characters, numeric)) {
        return nullptr;
    }
    const std::uint8_t* const from = numeric.data();
    const std::size_t size = numeric.size();
    return call_server(
        [&] { return static_cast<varlena*>(std::memcpy(palloc(size), from, size)); });
}

}  // namespace

extern "C" {

Datum answer_number(PG_FUNCTION_ARGS) {
    const std::string_view characters = characters_of(PG_GETARG_TEXT_PP(0));
    varlena* const numeric = call_cpp([&] { return make_numeric(characters); });
    if (numeric == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(numeric);
}

Datum answer_boolean(PG_FUNCTION_ARGS) {
    const std::string_view characters = characters_of(PG_GETARG_TEXT_PP(0));
    if (characters != "true" && characters != "false") {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(characters == "true");
}

Datum answer_date(PG_FUNCTION_ARGS) {
    const std::string_view characters = characters_of(PG_GETARG_TEXT_PP(0));
    const std::optional<submission::Day> day = submission::parse_day(characters);
    if (!day) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATEADT(date2j(day->year, day->month, day->day) - POSTGRES_EPOCH_JDATE);
}

}  // extern "C"

}  // namespace onetrip::postgres
