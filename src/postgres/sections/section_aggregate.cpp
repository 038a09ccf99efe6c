// The aggregate section_agg, over rows, over JSON rows and over finished sections. Knows nothing of
// how sections are encoded.

#include <vector>

#include "postgres/sections/expanded_sections.hpp"
#include "postgres/sections/row_binding.hpp"
#include "postgres/sections/section_buffer.hpp"
#include "postgres/server/arguments.hpp"
#include "postgres/server/datums.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(section_agg_transition);
ONETRIP_SQL_FUNCTION(section_agg_transition_jsonb);
ONETRIP_SQL_FUNCTION(section_agg_transition_text);
ONETRIP_SQL_FUNCTION(section_agg_combine);
ONETRIP_SQL_FUNCTION(section_agg_serialize);
ONETRIP_SQL_FUNCTION(section_agg_deserialize);
ONETRIP_SQL_FUNCTION(section_agg_final);
ONETRIP_SQL_FUNCTION(section_agg_append);

namespace {

/// The first room of a group: a hash aggregate may have very many.
constexpr std::size_t first_room = 256;

constexpr int state_version = 1;

/// An expanded state has a memory context of its own, which takes about as much.
constexpr std::size_t largest_flat_state = 2048;

MemoryContext aggregate_context(FunctionCallInfo fcinfo) {
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("aggregate function called in non-aggregate context"),
                        errhint("Use the aggregate section_agg.")));
    }
    return context;
}

/// The state of section_agg(layout, record): sections in a buffer of the aggregate's own context,
/// in which a hash aggregate counts them.
SectionBuffer* make_state(MemoryContext context, std::size_t room) {
    void* const state = MemoryContextAlloc(context, sizeof(SectionBuffer));
    return new (state) SectionBuffer(context, room);
}

SectionBuffer* state_of(FunctionCallInfo fcinfo, int argument) {
    return PG_ARGISNULL(argument) ? nullptr
                                  : reinterpret_cast<SectionBuffer*>(PG_GETARG_POINTER(argument));
}

/// A state that no row has made yet is NULL, and must be returned as NULL.
Datum state_or_null(FunctionCallInfo fcinfo, SectionBuffer* state) {
    if (state == nullptr) {
        PG_RETURN_NULL();
    }
    return PointerGetDatum(state);
}

/// Encodes into a buffer of its own and appends the result to the state, so that a group takes no
/// more room than its sections.
class StateSink final : public section::SectionSink {
  public:
    StateSink(SectionBuffer& state, std::uint8_t* room) : state_(state), room_(room) {}

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }
    void end_section(std::size_t size) override {
        state_.append({reinterpret_cast<const char*>(room_), size});
    }

  private:
    SectionBuffer& state_;
    std::uint8_t* room_;
};

using AppendRow = void (*)(CompiledLayout*, Datum, StateSink&);

void append_record(CompiledLayout* compiled, Datum record, StateSink& sink) {
    const std::span<const section::Value> row =
        read_record(compiled, DatumGetHeapTupleHeader(record));
    call_cpp([&] { compiled->encoder.encode(row, sink, section::Splitting::allowed); });
}

void append_json_row(CompiledLayout* compiled, const section::Value& row, StateSink& sink) {
    call_cpp([&] {
        std::vector<std::uint8_t> document;
        std::vector<section::Value> values;
        compiled->encoder.encode(read_json_row(compiled->plan, row, document, values), sink,
                                 section::Splitting::allowed);
    });
}

void append_jsonb(CompiledLayout* compiled, Datum row, StateSink& sink) {
    append_json_row(compiled, read_jsonb(row, true), sink);
}

void append_text(CompiledLayout* compiled, Datum row, StateSink& sink) {
    append_json_row(compiled, read_json_text(row), sink);
}

Datum transition(FunctionCallInfo fcinfo, AppendRow append_row) {
    const MemoryContext context = aggregate_context(fcinfo);
    SectionBuffer* state = state_of(fcinfo, 0);
    refuse_null(fcinfo, 1, "layout");
    if (PG_ARGISNULL(2)) {
        return state_or_null(fcinfo, state);
    }
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(1));
    if (state == nullptr) {
        state = make_state(context, first_room);
    }
    StateSink sink(*state, static_cast<std::uint8_t*>(palloc(compiled->plan.max_bytes)));
    append_row(compiled, PG_GETARG_DATUM(2), sink);
    return PointerGetDatum(state);
}

}  // namespace

extern "C" {

Datum section_agg_transition(PG_FUNCTION_ARGS) {
    return transition(fcinfo, append_record);
}

Datum section_agg_transition_jsonb(PG_FUNCTION_ARGS) {
    return transition(fcinfo, append_jsonb);
}

Datum section_agg_transition_text(PG_FUNCTION_ARGS) {
    return transition(fcinfo, append_text);
}

/// The function is called with both states NULL as well, since it is not strict.
Datum section_agg_combine(PG_FUNCTION_ARGS) {
    const MemoryContext context = aggregate_context(fcinfo);
    SectionBuffer* state = state_of(fcinfo, 0);
    const SectionBuffer* const other = state_of(fcinfo, 1);
    if (other == nullptr) {
        return state_or_null(fcinfo, state);
    }
    if (state == nullptr) {
        state = make_state(context, other->view().size());
    }
    call_cpp([&] { state->append(other->view()); });
    return PointerGetDatum(state);
}

/// A version, the number of bytes (big-endian), and the sections.
Datum section_agg_serialize(PG_FUNCTION_ARGS) {
    aggregate_context(fcinfo);
    const std::string_view sections = state_of(fcinfo, 0)->view();
    StringInfoData message;
    pq_begintypsend(&message);
    pq_sendint8(&message, state_version);
    pq_sendint64(&message, sections.size());
    pq_sendbytes(&message, sections.data(), static_cast<int>(sections.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum section_agg_deserialize(PG_FUNCTION_ARGS) {
    aggregate_context(fcinfo);
    const std::string_view serialized = characters_of(PG_GETARG_BYTEA_PP(0));
    StringInfoData message;
    message.data = const_cast<char*>(serialized.data());
    message.len = message.maxlen = static_cast<int>(serialized.size());
    message.cursor = 0;
    const int version = pq_getmsgbyte(&message);
    const auto size = static_cast<std::uint64_t>(pq_getmsgint64(&message));
    if (version != state_version ||
        size != static_cast<std::uint64_t>(message.len - message.cursor)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("invalid serialized state of section_agg")));
    }
    // The combine function copies it: it need not live longer than this row.
    SectionBuffer* const state = make_state(CurrentMemoryContext, size);
    const char* const sections = pq_getmsgbytes(&message, static_cast<int>(size));
    call_cpp([&] { state->append({sections, size}); });
    return PointerGetDatum(state);
}

/// The state's own memory is the result. (Before 16, nodeAgg copies it out of the aggregate's
/// context all the same.)
Datum section_agg_final(PG_FUNCTION_ARGS) {
    aggregate_context(fcinfo);
    SectionBuffer* const state = state_of(fcinfo, 0);
    if (state == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BYTEA_P(state->as_bytea());
}

/// Transition and combine function of section_agg(bytea). Strict: the first section is the first
/// state. While it is small it stays flat, since a hash aggregate may hold very many; then it
/// becomes an expanded object, which grows in place.
Datum section_agg_append(PG_FUNCTION_ARGS) {
    const MemoryContext context = aggregate_context(fcinfo);
    const std::string_view bytes = characters_of(PG_GETARG_BYTEA_PP(1));
    if (!is_expanded_sections(PG_GETARG_DATUM(0))) {
        const std::string_view state = characters_of(PG_GETARG_BYTEA_PP(0));
        if (state.size() + bytes.size() <= largest_flat_state) {
            SectionBuffer together(CurrentMemoryContext, state.size() + bytes.size());
            call_cpp([&] {
                together.append(state);
                together.append(bytes);
            });
            PG_RETURN_BYTEA_P(together.as_bytea());
        }
    }
    ExpandedSections* const state = expand_sections(PG_GETARG_DATUM(0), context);
    call_cpp([&] { state->sections.append(bytes); });
    return EOHPGetRWDatum(&state->header);
}

}  // extern "C"

}  // namespace onetrip::postgres
