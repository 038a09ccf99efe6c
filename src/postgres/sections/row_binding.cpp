// Binds the columns of a record, or the keys of a JSON row, to the inputs of a layout, and refuses
// records that lack one. Knows nothing of how fields are encoded.

#include <vector>

#include "jsonb/json_parser.hpp"
#include "postgres/sections/row_binding.hpp"
#include "postgres/server/interrupts.hpp"

extern "C" {
#include "storage/itemptr.h"
}

namespace onetrip::postgres {

namespace {

using section::Plan;
using section::Slot;
using section::Value;

/// The first attribute of that name, at `from` or after it; -1 if none exists.
int find_attribute(TupleDesc descriptor, const char* name, int from = 0) {
    for (int i = from; i < descriptor->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
        if (!attribute->attisdropped && std::strcmp(NameStr(attribute->attname), name) == 0) {
            return i;
        }
    }
    return -1;
}

char* list_columns(TupleDesc descriptor) {
    StringInfoData list;
    initStringInfo(&list);
    for (int i = 0; i < descriptor->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
        if (!attribute->attisdropped) {
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", NameStr(attribute->attname));
        }
    }
    return list.data;
}

/// Whether the columns have the names that ROW(…) gives them.
bool is_bare_row(TupleDesc descriptor) {
    return descriptor->tdtypeid == RECORDOID && find_attribute(descriptor, "f1") == 0;
}

/// Whether the columns have lost their names, as a record may on its way through another extension.
bool is_nameless(TupleDesc descriptor) {
    for (int i = 0; i < descriptor->natts; ++i) {
        if (NameStr(TupleDescAttr(descriptor, i)->attname)[0] != '\0') {
            return false;
        }
    }
    return descriptor->natts > 0;
}

[[noreturn]] void refuse_missing_column(const Plan& plan, std::size_t slot, TupleDesc descriptor) {
    const char* const column = plan.slots[slot].name.c_str();
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_COLUMN),
             errmsg("the row has no column \"%s\" for field \"%s\" of layout \"%s\"", column,
                    plan.fields[plan.slots[slot].field].name.c_str(), plan.name.c_str()),
             descriptor->natts == 0 ? errdetail("The row has no columns.")
             : is_nameless(descriptor)
                 ? errdetail("The row has columns without names.")
                 : errdetail("The row has the columns %s.", list_columns(descriptor)),
             is_bare_row(descriptor)
                 ? errhint("ROW() names its columns f1, f2 and so on: name them by a subquery, as "
                           "in SELECT encode_section(layout, r) FROM (SELECT 1 AS \"%s\") AS r.",
                           column)
                 : 0));
    pg_unreachable();
}

/// A subquery may have a column name twice, and nothing decides between them (parse_relation.c).
void refuse_ambiguous_column(const Plan& plan, std::size_t slot, TupleDesc descriptor,
                             int attribute) {
    const char* const column = plan.slots[slot].name.c_str();
    if (find_attribute(descriptor, column, attribute + 1) < 0) {
        return;
    }
    ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
                    errmsg("column \"%s\" for field \"%s\" of layout \"%s\" is ambiguous", column,
                           plan.fields[plan.slots[slot].field].name.c_str(), plan.name.c_str()),
                    errdetail("The row has the columns %s.", list_columns(descriptor)),
                    errhint("Name the columns of the subquery one by one.")));
}

RowBinding* bind_row(const Plan& plan, TupleDesc descriptor, std::uint64_t row_type) {
    auto* const binding = static_cast<RowBinding*>(palloc0(sizeof(RowBinding)));
    const auto natts = static_cast<std::size_t>(descriptor->natts);
    binding->row_type = row_type;
    binding->descriptor = CreateTupleDescCopy(descriptor);
    binding->datums = static_cast<Datum*>(palloc(natts * sizeof(Datum)));
    binding->nulls = static_cast<bool*>(palloc(natts * sizeof(bool)));
    binding->count = plan.slots.size();
    binding->columns =
        static_cast<RowBinding::Column*>(palloc(binding->count * sizeof(RowBinding::Column)));
    binding->values = static_cast<Value*>(palloc(binding->count * sizeof(Value)));
    for (std::size_t slot = 0; slot < binding->count; ++slot) {
        RowBinding::Column& column = binding->columns[slot];
        column.attribute = -1;
        if (plan.slots[slot].names_part) {
            continue;
        }
        column.attribute = find_attribute(descriptor, plan.slots[slot].name.c_str());
        if (column.attribute < 0 && plan.slots[slot].may_be_missing) {
            continue;
        }
        if (column.attribute < 0) {
            refuse_missing_column(plan, slot, descriptor);
        }
        refuse_ambiguous_column(plan, slot, descriptor, column.attribute);
        column.reader = column_reader(TupleDescAttr(descriptor, column.attribute)->atttypid,
                                      LocalTimes::refused, plan, slot);
    }
    return binding;
}

/// The binding for a record's row type: the last one, while the type is the same.
RowBinding* binding_of(CompiledLayout* compiled, HeapTupleHeader record) {
    const Oid type = HeapTupleHeaderGetTypeId(record);
    const int32 typmod = HeapTupleHeaderGetTypMod(record);
    const std::uint64_t row_type = assign_record_type_identifier(type, typmod);
    if (compiled->binding != nullptr && compiled->binding->row_type == row_type) {
        return compiled->binding;
    }
    compiled->binding = nullptr;
    MemoryContextReset(compiled->binding_memory);
    const TupleDesc descriptor = lookup_rowtype_tupdesc_copy(type, typmod);
    const MemoryContext caller = MemoryContextSwitchTo(compiled->binding_memory);
    compiled->binding = bind_row(compiled->plan, descriptor, row_type);
    MemoryContextSwitchTo(caller);
    return compiled->binding;
}

/// JSON text, or JSONB as it lies.
jsonb::Value document_of(const Value& row, std::vector<std::uint8_t>& scratch) {
    if (row.kind == Value::Kind::json) {
        return row.json;
    }
    if (row.kind != Value::Kind::json_text) {
        throw Error(ErrorKind::invalid_value, "the JSON row is not valid UTF-8",
                    "It begins with " + section::describe(row) + ".");
    }
    scratch = jsonb::parse_json(row.view(), jsonb::DuplicateKeys::refused, check_for_interrupts);
    return jsonb::Value::root(scratch);
}

}  // namespace

std::span<const Value> read_record(CompiledLayout* compiled, HeapTupleHeader record) {
    RowBinding* const binding = binding_of(compiled, record);
    HeapTupleData tuple{};
    tuple.t_len = HeapTupleHeaderGetDatumLength(record);
    tuple.t_data = record;
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_tableOid = InvalidOid;
    heap_deform_tuple(&tuple, binding->descriptor, binding->datums, binding->nulls);
    for (std::size_t slot = 0; slot < binding->count; ++slot) {
        const RowBinding::Column& column = binding->columns[slot];
        Value& value = binding->values[slot];
        value = Value();
        if (column.attribute < 0) {
            value.kind = Value::Kind::absent;
        } else if (!binding->nulls[column.attribute]) {
            value = read_column(column.reader, binding->datums[column.attribute]);
        }
    }
    return {binding->values, binding->count};
}

std::span<const Value> read_json_row(const Plan& plan, const Value& row,
                                     std::vector<std::uint8_t>& scratch,
                                     std::vector<Value>& values) {
    const jsonb::Value document = document_of(row, scratch);
    if (document.kind() != jsonb::Kind::object) {
        throw Error(ErrorKind::invalid_value,
                    "a JSON row for layout \"" + plan.name + "\" must be an object",
                    std::string("It is ") + section::describe_kind(document.kind()) + ".");
    }
    values.clear();
    for (const Slot& slot : plan.slots) {
        const auto member = document.object().find(slot.name);
        values.push_back(member ? Value::of_json(*member, true) : Value());
        if (!member) {
            values.back().kind = Value::Kind::absent;
            values.back().from_json_row = true;
        }
    }
    return values;
}

}  // namespace onetrip::postgres
