// answer_at, answer_text, answer_number, … and answer_has of jsonb: cells of views. NULL if the
// answer is not of the type, and never an error.

#include "postgres/server/datums.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/walls.hpp"
#include "postgres/submissions/answer_datums.hpp"
#include "submission/answer_cells.hpp"
#include "submission/answers.hpp"

extern "C" {
#include "utils/array.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(answer_at);
ONETRIP_SQL_FUNCTION(answer_text);
ONETRIP_SQL_FUNCTION(answer_number_jsonb);
ONETRIP_SQL_FUNCTION(answer_integer);
ONETRIP_SQL_FUNCTION(answer_boolean_jsonb);
ONETRIP_SQL_FUNCTION(answer_date_jsonb);
ONETRIP_SQL_FUNCTION(answer_datetime_jsonb);
ONETRIP_SQL_FUNCTION(answer_time_jsonb);
ONETRIP_SQL_FUNCTION(answer_has);

namespace {

using submission::AnswerType;

jsonb::Value stored_answer(FunctionCallInfo fcinfo) {
    return document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
}

/// The text of the first answer; an empty one stands for an answer that is not a string, since no
/// type but text takes it.
std::string_view first_string(jsonb::Value stored) {
    const std::optional<jsonb::Value> answer = submission::first_answer(stored);
    return answer && answer->is_string() ? answer->string() : std::string_view();
}

varlena* make_text(const std::string& text) {
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()),
                                              text.size());
    return call_server([&] { return make_varlena(bytes); });
}

/// The numeric of the first answer, palloc'ed; nullptr if it is not of the type.
varlena* make_number(jsonb::Value stored, AnswerType type) {
    const std::optional<jsonb::Value> answer = submission::first_answer(stored);
    if (!answer || !submission::has_type(*answer, type)) {
        return nullptr;
    }
    if (answer->is_string()) {
        return make_numeric(answer->string());
    }
    const std::span<const std::uint8_t> numeric = answer->data();
    return call_server([&] { return make_varlena(numeric); });
}

Datum datum_or_null(FunctionCallInfo fcinfo, varlena* datum) {
    if (datum == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(datum);
}

/// Goes the way of the keys; false if it ends before. The array is read where it lies: its elements
/// are not aligned if their headers are short.
bool take_keys(const ArrayType* keys, submission::AnswerWay& way) {
    const int count = ArrayGetNItems(ARR_NDIM(keys), ARR_DIMS(keys));
    const char* element = ARR_DATA_PTR(keys);
    for (int index = 0; index < count; ++index) {
        element =
            reinterpret_cast<const char*>(att_align_pointer(element, TYPALIGN_INT, -1, element));
        const auto* const key = reinterpret_cast<const varlena*>(element);
        if (!way.take(characters_of(key))) {
            return false;
        }
        element += VARSIZE_ANY(key);
    }
    return true;
}

/// nullptr if there is no answer but an empty string.
varlena* make_filled(jsonb::Value answer) {
    if (!submission::has_empty_strings(answer)) {
        return call_server([&] { return make_jsonb(answer); });
    }
    if (answer.kind() != jsonb::Kind::array) {
        return nullptr;
    }
    const std::vector<std::uint8_t> filled = submission::without_empty_strings(answer.array());
    const std::span<const std::uint8_t> bytes = filled;
    return call_server([&] { return make_varlena(bytes); });
}

}  // namespace

extern "C" {

Datum answer_at(PG_FUNCTION_ARGS) {
    const jsonb::Value document = stored_answer(fcinfo);
    const ArrayType* const keys = PG_GETARG_ARRAYTYPE_P(1);
    const bool empty_is_null = PG_GETARG_BOOL(2);
    if (array_contains_nulls(const_cast<ArrayType*>(keys))) {
        PG_RETURN_NULL();
    }
    varlena* const datum = call_cpp([&]() -> varlena* {
        submission::AnswerWay way(document);
        if (!take_keys(keys, way)) {
            return nullptr;
        }
        const jsonb::Value answer = way.value();
        return empty_is_null ? make_filled(answer)
                             : call_server([&] { return make_jsonb(answer); });
    });
    return datum_or_null(fcinfo, datum);
}

Datum answer_text(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    const bool empty_is_null = PG_GETARG_BOOL(1);
    varlena* const datum = call_cpp([&]() -> varlena* {
        std::string text;
        const bool has_answer = submission::join_answers(stored, text);
        return has_answer && !(empty_is_null && text.empty()) ? make_text(text) : nullptr;
    });
    return datum_or_null(fcinfo, datum);
}

Datum answer_number_jsonb(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    return datum_or_null(fcinfo, call_cpp([&] { return make_number(stored, AnswerType::number); }));
}

Datum answer_integer(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    return datum_or_null(fcinfo,
                         call_cpp([&] { return make_number(stored, AnswerType::integer); }));
}

Datum answer_boolean_jsonb(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    const int truth = call_cpp([&] {
        const std::optional<jsonb::Value> answer = submission::first_answer(stored);
        return answer && answer->is_boolean() ? static_cast<int>(answer->boolean()) : -1;
    });
    if (truth < 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(truth == 1);
}

Datum answer_date_jsonb(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    return date_datum(fcinfo, call_cpp([&] { return first_string(stored); }));
}

Datum answer_datetime_jsonb(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    return datetime_datum(fcinfo, call_cpp([&] { return first_string(stored); }),
                          PG_GETARG_TEXT_PP(1));
}

Datum answer_time_jsonb(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    return time_datum(fcinfo, call_cpp([&] { return first_string(stored); }));
}

Datum answer_has(PG_FUNCTION_ARGS) {
    const jsonb::Value stored = stored_answer(fcinfo);
    const std::string_view choice = characters_of(PG_GETARG_TEXT_PP(1));
    const bool is_spaced = PG_GETARG_BOOL(2);
    const int truth = call_cpp([&] {
        const std::optional<bool> has = submission::has_choice(stored, choice, is_spaced);
        return has ? static_cast<int>(*has) : -1;
    });
    if (truth < 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(truth == 1);
}

}  // extern "C"

}  // namespace onetrip::postgres
