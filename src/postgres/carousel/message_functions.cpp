// The SQL functions message_sections and message_problem, by which a carousel's statement encodes a
// message where its row is: on another server as well. Knows nothing of the statement.

#include "postgres/carousel/carousel.hpp"
#include "postgres/carousel/message_problem.hpp"
#include "postgres/sections/row_binding.hpp"
#include "postgres/sections/section_buffer.hpp"
#include "postgres/server/arguments.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(message_sections);
ONETRIP_SQL_FUNCTION(message_problem);

namespace {

using section::Value;

/// The arguments: the layout, the types of those to come, the ids, and a value for each slot. They
/// have positions and types, but no names that a statement could lose on its way.
constexpr int types_argument = 1;
constexpr int campagne_id_argument = 2;
constexpr int message_id_argument = 3;
constexpr int first_slot_argument = 4;

/// No row type has it (typcache.h): it stands for the arguments of a call.
constexpr std::uint64_t arguments_as_row = 0;

void check_arguments(FunctionCallInfo fcinfo, const section::Plan& plan) {
    const auto slots = static_cast<int>(plan.slots.size());
    if (PG_NARGS() != first_slot_argument + slots || get_fn_expr_variadic(fcinfo->flinfo)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("layout \"%s\" takes two ids and %d values, and no array of them",
                               plan.name.c_str(), slots),
                        errhint("Use encode_carousel and its family, which make these calls.")));
    }
}

/// The column of an argument, as messages name it.
const char* name_of_argument(const section::Plan& plan, int argument) {
    return argument == campagne_id_argument ? "campagne_id"
           : argument == message_id_argument
               ? "message_id"
               : plan.slots[argument - first_slot_argument].name.c_str();
}

/// Whether the arguments have the types that they have on the server which sends the statement, if
/// these are known. Values of other types would be read as they are here, and make other bytes.
void check_types(FunctionCallInfo fcinfo, const section::Plan& plan) {
    refuse_null(fcinfo, types_argument, "types");
    Datum* types = nullptr;
    int count = 0;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(types_argument), OIDOID, sizeof(Oid), true,
                      TYPALIGN_INT, &types, nullptr, &count);
    for (int i = 0; i < count && campagne_id_argument + i < PG_NARGS(); ++i) {
        const int argument = campagne_id_argument + i;
        const Oid expected = DatumGetObjectId(types[i]);
        const Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
        if (OidIsValid(expected) && getBaseType(type) != expected) {
            ereport(ERROR,
                    (errcode(ERRCODE_DATATYPE_MISMATCH),
                     errmsg("column \"%s\" has type %s on one server and type %s on another",
                            name_of_argument(plan, argument),
                            format_type_extended(expected, -1, FORMAT_TYPE_ALLOW_INVALID),
                            format_type_be(type)),
                     errhint("Declare the foreign table's column with the type that it has there, "
                             "or leave onetrip out of the server's option \"extensions\".")));
        }
    }
}

/// How the arguments of this call site are read.
RowBinding* bind_arguments(FunctionCallInfo fcinfo, const section::Plan& plan) {
    check_arguments(fcinfo, plan);
    check_types(fcinfo, plan);
    auto* const binding = static_cast<RowBinding*>(palloc0(sizeof(RowBinding)));
    binding->row_type = arguments_as_row;
    binding->count = plan.slots.size();
    binding->columns =
        static_cast<RowBinding::Column*>(palloc(binding->count * sizeof(RowBinding::Column)));
    binding->values = static_cast<Value*>(palloc(binding->count * sizeof(Value)));
    for (std::size_t slot = 0; slot < binding->count; ++slot) {
        const int argument = first_slot_argument + static_cast<int>(slot);
        binding->columns[slot].attribute = plan.slots[slot].names_part ? -1 : argument;
        binding->columns[slot].reader = column_reader(get_fn_expr_argtype(fcinfo->flinfo, argument),
                                                      LocalTimes::refused, plan, slot);
    }
    return binding;
}

RowBinding* binding_of_call(FunctionCallInfo fcinfo, CompiledLayout* compiled) {
    if (compiled->binding == nullptr) {
        const MemoryContext caller = MemoryContextSwitchTo(compiled->binding_memory);
        compiled->binding = bind_arguments(fcinfo, compiled->plan);
        MemoryContextSwitchTo(caller);
    }
    return compiled->binding;
}

void read_arguments(FunctionCallInfo fcinfo, RowBinding* binding) {
    for (std::size_t slot = 0; slot < binding->count; ++slot) {
        const RowBinding::Column& column = binding->columns[slot];
        Value& value = binding->values[slot];
        value = Value();
        if (column.attribute < 0) {
            value.kind = Value::Kind::absent;
        } else if (!PG_ARGISNULL(column.attribute)) {
            value = read_column(column.reader, PG_GETARG_DATUM(column.attribute));
        }
    }
}

Message::Id id_argument(FunctionCallInfo fcinfo, int argument) {
    return {PG_GETARG_DATUM(argument), PG_ARGISNULL(argument),
            get_fn_expr_argtype(fcinfo->flinfo, argument)};
}

CompiledLayout* layout_argument(FunctionCallInfo fcinfo) {
    refuse_null(fcinfo, 0, "layout");
    return layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
}

/// The message of a call. Valid until the next one.
Message message_of_call(FunctionCallInfo fcinfo, CompiledLayout* compiled) {
    RowBinding* const binding = binding_of_call(fcinfo, compiled);
    read_arguments(fcinfo, binding);
    return {id_argument(fcinfo, campagne_id_argument),
            id_argument(fcinfo, message_id_argument),
            {binding->values, binding->count},
            false};
}

}  // namespace

extern "C" {

Datum message_sections(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_argument(fcinfo);
    const Message message = message_of_call(fcinfo, compiled);
    SectionBuffer sections(CurrentMemoryContext, compiled->plan.max_bytes);
    encode_message(compiled, message, sections);
    PG_RETURN_BYTEA_P(sections.as_bytea());
}

/// NULL for a message that can be encoded.
Datum message_problem(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_argument(fcinfo);
    const Message message = message_of_call(fcinfo, compiled);
    NoSink sink(static_cast<std::uint8_t*>(palloc(compiled->plan.max_bytes)));
    CaughtError error;
    if (try_encode_message(compiled, message, sink, error)) {
        PG_RETURN_NULL();
    }
    return problem_to_array(error);
}

}  // extern "C"

}  // namespace onetrip::postgres
