// Sees to it that no message comes twice. Knows nothing of their content.

#include "postgres/carousel/message_ids.hpp"

namespace onetrip::postgres {

namespace {

IdColumn id_column(Form_pg_attribute attribute) {
    TypeCacheEntry* const type = lookup_type_cache(attribute->atttypid, TYPECACHE_EQ_OPR_FINFO);
    IdColumn column{};
    column.type = attribute->atttypid;
    column.collation = attribute->attcollation;
    column.by_value = attribute->attbyval;
    column.length = attribute->attlen;
    column.equal = &type->eq_opr_finfo;
    return column;
}

/// Ids are compared by the type's equality. NULL equals NULL here, since neither order would be
/// right.
bool is_last_id(const IdColumn& column, Datum datum, bool is_null) {
    if (is_null || column.last.isnull) {
        return is_null && column.last.isnull;
    }
    return (column.by_value && datum == column.last.value) ||
           DatumGetBool(
               FunctionCall2Coll(column.equal, column.collation, datum, column.last.value));
}

void keep_ids(MessageIds& ids, TupleTableSlot* row) {
    MemoryContextReset(ids.memory);
    const MemoryContext caller = MemoryContextSwitchTo(ids.memory);
    for (int i = 0; i < MessageIds::columns; ++i) {
        IdColumn& column = ids.ids[i];
        column.last.isnull = row->tts_isnull[i];
        if (!row->tts_isnull[i]) {
            column.last.value = datumCopy(row->tts_values[i], column.by_value, column.length);
        }
    }
    MemoryContextSwitchTo(caller);
    ids.has_last = true;
}

[[noreturn]] void refuse_message_twice(const MessageIds& ids, TupleTableSlot* row) {
    ereport(ERROR,
            (errcode(ERRCODE_CARDINALITY_VIOLATION),
             errmsg("message %s of campaign %s is there twice in table %s",
                    print_for_message(row->tts_values[1], row->tts_isnull[1], ids.ids[1].type),
                    print_for_message(row->tts_values[0], row->tts_isnull[0], ids.ids[0].type),
                    ids.tables->messages.qualified_name()),
             errdetail("It would be sent twice, in an order that nothing decides."),
             errhint("Delete one of the rows, and make column \"id\" the primary key.")));
    pg_unreachable();
}

}  // namespace

MessageIds make_message_ids(const CarouselTables& tables) {
    MessageIds ids{};
    ids.tables = &tables;
    ids.memory = make_memory_context(CurrentMemoryContext, "onetrip ids");
    return ids;
}

void start_message_ids(MessageIds& ids, TupleDesc descriptor) {
    for (int i = 0; i < MessageIds::columns; ++i) {
        ids.ids[i] = id_column(TupleDescAttr(descriptor, i));
    }
}

void check_message_ids(MessageIds& ids, TupleTableSlot* row) {
    // Messages come in the order of their ids, so that a pair that occurs twice comes in a row. The
    // message id is compared first, since it nearly always differs.
    if (ids.has_last && is_last_id(ids.ids[1], row->tts_values[1], row->tts_isnull[1]) &&
        is_last_id(ids.ids[0], row->tts_values[0], row->tts_isnull[0])) {
        refuse_message_twice(ids, row);
    }
    keep_ids(ids, row);
}

}  // namespace onetrip::postgres
