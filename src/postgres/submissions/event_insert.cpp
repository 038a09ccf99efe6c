// Inserts rows of a load into response_events and response_event_problems without a statement, if
// the tables are such that there is no visible difference.

#include "postgres/submissions/event_insert.hpp"

#include "postgres/server/table_insert.hpp"
#include "postgres/submissions/event_columns.hpp"
#include "postgres/submissions/loaded_events.hpp"

extern "C" {
#include "access/table.h"
#include "nodes/makefuncs.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
}

namespace onetrip::postgres {

namespace {

constexpr int no_field = -1;

/// The source of each column of the table: an EventField, or no_field for NULL.
struct Columns {
    int* fields;
    int count;
};

// ---- whether it can be done ----

Oid type_of(const LoadStatements& statements, EventField field) {
    switch (field) {
        case field_form_id:
            return statements.form_id.oid;
        case field_user_id:
            return statements.user_id.oid;
        case field_submission_id:
            return statements.id.oid;
        case field_submission_created:
            return statements.created.oid;
        case field_processed_on:
            return TIMESTAMPTZOID;
        case field_ord:
            return INT4OID;
        case field_idx:
            return INT4ARRAYOID;
        default:
            return TEXTOID;
    }
}

/// Whether the column takes the field's value as it is, without a conversion or a check of its
/// type's.
bool takes(const FormData_pg_attribute* column, Oid type) {
    const bool is_text = type == TEXTOID && column->atttypid == VARCHAROID;
    return (column->atttypid == type || is_text) && column->atttypmod == -1 &&
           has_right(column->attrelid, NameStr(column->attname), ACL_INSERT);
}

/// Whether the column is NULL if no value is given.
bool is_null_by_default(const FormData_pg_attribute* column) {
    return !column->atthasdef && column->attidentity == '\0' &&
           get_typtype(column->atttypid) != TYPTYPE_DOMAIN &&
           get_typdefault(column->atttypid) == nullptr;
}

const EventColumn* find_column(const FormData_pg_attribute* column) {
    for (const EventColumn& known : event_columns) {
        if (std::strcmp(known.name, NameStr(column->attname)) == 0) {
            return &known;
        }
    }
    return nullptr;
}

bool fill_column(const LoadStatements& statements, const FormData_pg_attribute* column,
                 int& field) {
    field = no_field;
    if (column->attisdropped) {
        return true;
    }
    if (column->attgenerated != '\0' || column->attidentity == ATTRIBUTE_IDENTITY_ALWAYS) {
        return false;
    }
    const EventColumn* const known = find_column(column);
    if (known == nullptr) {
        return is_null_by_default(column);
    }
    field = known->field;
    return takes(column, type_of(statements, known->field));
}

bool fill_columns(const LoadStatements& statements, TupleDesc descriptor, Columns& columns) {
    columns.count = descriptor->natts;
    columns.fields = static_cast<int*>(palloc(descriptor->natts * sizeof(int)));
    for (int i = 0; i < descriptor->natts; ++i) {
        if (!fill_column(statements, TupleDescAttr(descriptor, i), columns.fields[i])) {
            return false;
        }
    }
    return true;
}

// ---- rows ----

/// The row type of load_events.
TupleDesc descriptor_of_events() {
    constexpr Oid types[field_count] = {INT4OID, TEXTOID, TEXTARRAYOID, INT4ARRAYOID,
                                        TEXTOID, TEXTOID, TEXTOID,      TEXTOID};
    const TupleDesc descriptor = CreateTemplateTupleDesc(field_count);
    for (int i = 0; i < field_count; ++i) {
        TupleDescInitEntry(descriptor, static_cast<AttrNumber>(i + 1), nullptr, types[i], -1, 0);
    }
    return descriptor;
}

/// An insertion on its way. `values` and `nulls` have a place for each EventField.
struct EventInsert {
    TableInsert target;
    Columns columns;
    TupleDesc descriptor;
    Datum values[all_field_count];
    bool nulls[all_field_count];
};

void set(EventInsert& insert, EventField field, NullableDatum value) {
    insert.values[field] = value.value;
    insert.nulls[field] = value.isnull;
}

void set_submission(EventInsert& insert, const LoadState& state, const Submission& submission) {
    set(insert, field_form_id, submission.form_id);
    set(insert, field_form_name, submission.form_name);
    set(insert, field_user_id, submission.user_id);
    set(insert, field_user_full_name, submission.full_name);
    set(insert, field_submission_id, {submission.id, false});
    set(insert, field_submission_created, submission.created);
    set(insert, field_processed_on, {TimestampTzGetDatum(state.processed_on), false});
}

void put_event(EventInsert& insert, HeapTupleHeader event) {
    HeapTupleData tuple{};
    tuple.t_len = HeapTupleHeaderGetDatumLength(event);
    tuple.t_data = event;
    heap_deform_tuple(&tuple, insert.descriptor, insert.values, insert.nulls);
    TupleTableSlot* const row = insert.target.row();
    for (int i = 0; i < insert.columns.count; ++i) {
        const int field = insert.columns.fields[i];
        row->tts_isnull[i] = field == no_field || insert.nulls[field];
        row->tts_values[i] = field == no_field ? Datum{0} : insert.values[field];
    }
    insert.target.put();
}

void put_submission(EventInsert& insert, LoadState& state, Submission& submission) {
    LoadedEvents* const source = state.events;
    begin_events(state, *source, submission);
    set_submission(insert, state, submission);
    while (const HeapTupleHeader event = call_cpp([&] { return source->next(); })) {
        put_event(insert, event);
        count_stored(submission, state.stage);
    }
}

void insert_all(LoadState& state, Relation relation, const Columns& columns) {
    EventInsert insert{};
    insert.columns = columns;
    insert.descriptor = descriptor_of_events();
    PushActiveSnapshot(GetTransactionSnapshot());
    insert.target.begin(relation);
    for (int i = 0; i < state.selected_count; ++i) {
        put_submission(insert, state, state.submissions[state.selected[i]]);
        CHECK_FOR_INTERRUPTS();
    }
    insert.target.end();
    PopActiveSnapshot();
}

}  // namespace

LoadedEvents* make_loaded_events() {
    return make_in_context<LoadedEvents>(CurrentMemoryContext, CurrentMemoryContext,
                                         descriptor_of_events());
}

bool insert_directly(LoadState& state, const Table& table) {
    // The memory is that of the subtransaction, so that the remains of an error do not wait for the
    // end of the batch.
    const MemoryContext memory = make_memory_context(CurTransactionContext, "onetrip insert");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const Relation relation = table_openrv(
        makeRangeVar(pstrdup(table.schema), pstrdup(table.name), -1), RowExclusiveLock);
    Columns columns{};
    const bool is_possible = TableInsert::is_possible(relation) &&
                             fill_columns(*state.statements, RelationGetDescr(relation), columns);
    if (is_possible) {
        insert_all(state, relation, columns);
    }
    table_close(relation, NoLock);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    return is_possible;
}

}  // namespace onetrip::postgres
