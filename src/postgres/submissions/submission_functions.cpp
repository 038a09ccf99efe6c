// flatten_submission, and the estimates of functions of forms for the planner.

#include <optional>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "postgres/server/arguments.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/row_source.hpp"
#include "postgres/submissions/document_columns.hpp"
#include "postgres/submissions/event_tuples.hpp"
#include "postgres/submissions/form_cache.hpp"
#include "submission/submission_walk.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(flatten_submission_jsonb);
ONETRIP_SQL_FUNCTION(flatten_submission_json);
ONETRIP_SQL_FUNCTION(flatten_submission_text);
ONETRIP_SQL_FUNCTION(submission_support);

namespace {

using submission::Status;
using submission::Statuses;

/// Where flatten_submission has its form.
constexpr int form_argument_of_flatten = 1;

// ---- flatten_submission ----

class EventSource final : public RowSource {
  public:
    EventSource(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory),
          builder_(memory, descriptor),
          tuples_(builder_),
          walk_(check_for_interrupts) {}

    FormCache& forms() { return forms_; }

    void begin(CompiledForm* compiled, jsonb::Value responses, Statuses included) {
        compiled_ = compiled;
        walk_.begin(compiled->form, responses, included);
    }

    HeapTupleHeader next() override {
        const submission::EventRow* const row = walk_.next();
        return row == nullptr ? nullptr : tuples_.make(*compiled_, *row, walk_);
    }

  private:
    FormCache forms_;
    CompiledForm* compiled_ = nullptr;
    TupleBuilder builder_;
    EventTuples tuples_;
    submission::SubmissionWalk walk_;
};

/// The statuses that the words of `include` stand for.
constexpr ArgumentWord<Statuses> words_of_include[] = {
    {"null", submission::bit_of(Status::null)},
    {"unknown", submission::bit_of(Status::unknown)},
    {"structure", submission::bit_of(Status::structure)},
    {"missing", submission::bit_of(Status::missing)},
    {"part", submission::bit_of(Status::part)},
    {"frame", submission::bit_of(Status::frame)},
    {"all", submission::all_statuses}};

Statuses included_by(Datum word) {
    return value_of_word("include", characters_of(DatumGetTextPP(word)), words_of_include);
}

Statuses included_by_array(ArrayType* words) {
    if (ARR_NDIM(words) == 0) {
        return 0;
    }
    Datum* elements = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(words, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
    Statuses included = 0;
    for (int index = 0; index < count; ++index) {
        // The word null in an array's text is a NULL.
        included |= nulls[index] ? submission::bit_of(Status::null) : included_by(elements[index]);
    }
    return included;
}

const varlena* fetch_jsonb(Datum argument) {
    return PG_DETOAST_DATUM_PACKED(argument);
}

/// parse_json takes memory that the server does not see, and no interrupts: not for bulk.
constexpr std::size_t largest_parsed = std::size_t{1} << 20;

/// The jsonb that the cast to jsonb makes of a text. The server's own cast takes twice as long. It
/// decides if jsonb does not take the text, if that is large, and in databases that are not in
/// UTF-8.
const varlena* fetch_json(Datum argument) {
    const text* const json = DatumGetTextPP(argument);
    const std::string_view characters = characters_of(json);
    if (GetDatabaseEncoding() == PG_UTF8 && characters.size() <= largest_parsed) {
        if (const varlena* const parsed = call_cpp([&] { return parse_or_null(characters); })) {
            return parsed;
        }
    }
    char* const copy = text_to_cstring(json);
    const varlena* const document = jsonb_by_server(copy);
    pfree(copy);
    return document;
}

/// JSON text in which a key that is there twice is refused. In a database that is not in UTF-8, it
/// is parsed for that alone.
const varlena* fetch_text(Datum argument) {
    char* const json = TextDatumGetCString(argument);
    const auto size = static_cast<int>(std::strlen(json));
    const std::string_view utf8 = pg_server_to_any(json, size, PG_UTF8);
    const bool is_utf8 = GetDatabaseEncoding() == PG_UTF8;
    const varlena* const parsed = call_cpp([&]() -> const varlena* {
        const std::vector<std::uint8_t> document =
            jsonb::parse_json(utf8, jsonb::DuplicateKeys::refused, check_for_interrupts);
        const std::span<const std::uint8_t> bytes = document;
        return is_utf8 ? call_server([&] { return make_varlena(bytes); }) : nullptr;
    });
    return is_utf8 ? parsed : jsonb_by_server(json);
}

using FetchDocument = const varlena* (*)(Datum);

Datum flatten(FunctionCallInfo fcinfo, FetchDocument fetch) {
    auto* const source = source_of_call<EventSource>(fcinfo);
    if (!source->is_returning()) {
        CompiledForm* const compiled =
            form_of_call(fcinfo, form_argument_of_flatten, source->forms());
        const Statuses included = included_by_array(PG_GETARG_ARRAYTYPE_P(2));
        MemoryContextReset(source->call_memory());
        const MemoryContext caller = MemoryContextSwitchTo(source->call_memory());
        const jsonb::Value responses = document_of(fetch(PG_GETARG_DATUM(0)));
        MemoryContextSwitchTo(caller);
        call_cpp([&] { source->begin(compiled, responses, included); });
    }
    return return_rows(fcinfo, *source);
}

// ---- the planner ----

/// The number of questions of a form, once it is known what form it is.
std::optional<double> estimate_rows(const SupportRequestRows* request) {
    if (!IsA(request->node, FuncExpr)) {
        return std::nullopt;
    }
    const List* const arguments = reinterpret_cast<FuncExpr*>(request->node)->args;
    const int index = list_length(arguments) > 1 ? form_argument_of_flatten : 0;
    const Node* const argument =
        estimate_expression_value(request->root, static_cast<Node*>(list_nth(arguments, index)));
    if (!IsA(argument, Const)) {
        return std::nullopt;
    }
    const auto* const form = reinterpret_cast<const Const*>(argument);
    if (form->constisnull) {
        return 0;
    }
    const jsonb::Value document = document_of(PG_DETOAST_DATUM_PACKED(form->constvalue));
    return call_cpp([&] {
        const submission::Form compiled(document, check_for_interrupts);
        return static_cast<double>(compiled.questions().size());
    });
}

}  // namespace

extern "C" {

Datum flatten_submission_jsonb(PG_FUNCTION_ARGS) {
    return flatten(fcinfo, fetch_jsonb);
}

Datum flatten_submission_json(PG_FUNCTION_ARGS) {
    return flatten(fcinfo, fetch_json);
}

Datum flatten_submission_text(PG_FUNCTION_ARGS) {
    return flatten(fcinfo, fetch_text);
}

Datum submission_support(PG_FUNCTION_ARGS) {
    auto* const node = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
    if (!IsA(node, SupportRequestRows)) {
        return Datum{0};
    }
    auto* const request = reinterpret_cast<SupportRequestRows*>(node);
    const std::optional<double> rows = estimate_rows(request);
    if (!rows) {
        return Datum{0};
    }
    request->rows = *rows;
    PG_RETURN_POINTER(request);
}

}  // extern "C"

}  // namespace onetrip::postgres
