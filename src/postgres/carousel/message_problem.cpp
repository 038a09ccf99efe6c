// Carries a message's problem from one server to another as an array of texts. Knows nothing of the
// message.

#include "postgres/carousel/message_problem.hpp"

extern "C" {
#include "utils/array.h"
}

namespace onetrip::postgres {

namespace {

/// The elements of the array.
enum ProblemText : std::uint8_t { field_text, detail_text, sqlstate_text, message_text, hint_text };
constexpr int text_count = 5;

template <std::size_t size>
void copy(char (&to)[size], const char* from) {
    strlcpy(to, from, size);
}

}  // namespace

Datum problem_to_array(const CaughtError& error) {
    Datum texts[text_count] = {};
    texts[field_text] = CStringGetTextDatum(error.field);
    texts[detail_text] = CStringGetTextDatum(utf8_to_server(error.detail));
    texts[sqlstate_text] = CStringGetTextDatum(unpack_sql_state(error.sqlstate));
    texts[message_text] = CStringGetTextDatum(utf8_to_server(error.message));
    texts[hint_text] = CStringGetTextDatum(utf8_to_server(error.hint));
    return PointerGetDatum(construct_array(texts, text_count, TEXTOID, -1, false, TYPALIGN_INT));
}

CaughtError problem_from_array(Datum array) {
    Datum* texts = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls,
                      &count);
    const auto utf8 = [&](int i) {
        return i < count && !nulls[i]
                   ? any_to_utf8(TextDatumGetCString(texts[i]), GetDatabaseEncoding())
                   : "";
    };
    CaughtError error{};
    copy(error.field, utf8(field_text));
    copy(error.detail, utf8(detail_text));
    copy(error.message, utf8(message_text));
    copy(error.hint, utf8(hint_text));
    const char* const state = utf8(sqlstate_text);
    error.sqlstate = std::strlen(state) == 5
                         ? MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])
                         : ERRCODE_INTERNAL_ERROR;
    return error;
}

}  // namespace onetrip::postgres
