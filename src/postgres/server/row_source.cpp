// The rows of a set-returning function one by one, or all at once if the caller wants that. Knows
// nothing of the rows' content.

#include "postgres/server/row_source.hpp"

extern "C" {
#include "storage/itemptr.h"
}

namespace onetrip::postgres {

namespace {

/// The callback by which the executor reports that it asks for no more rows, as for its own
/// bookkeeping of such calls (funcapi.c). The next call begins anew.
void stop_returning(Datum source) {
    reinterpret_cast<RowSource*>(DatumGetPointer(source))->set_returning(false);
}

/// Puts all rows into a tuplestore, which goes to disk past work_mem.
void collect_rows(RowSource& source, Tuplestorestate* rows) {
    HeapTupleData tuple{};
    ItemPointerSetInvalid(&tuple.t_self);
    while ((tuple.t_data = call_cpp([&] { return source.next(); })) != nullptr) {
        tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
        tuplestore_puttuple(rows, &tuple);
        CHECK_FOR_INTERRUPTS();
    }
}

Datum materialize(ReturnSetInfo* result, RowSource& source) {
    const MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    const bool random_access = (result->allowedModes & SFRM_Materialize_Random) != 0;
    result->setResult = tuplestore_begin_heap(random_access, false, work_mem);
    result->returnMode = SFRM_Materialize;
    MemoryContextSwitchTo(caller);
    collect_rows(source, result->setResult);
    return Datum{0};
}

}  // namespace

RowSource::RowSource(MemoryContext memory)
    : memory_(memory),
      call_memory_(call_server([&] { return make_memory_context(memory, "onetrip document"); })) {}

void require_set_context(FunctionCallInfo fcinfo) {
    const auto* const result = reinterpret_cast<const ReturnSetInfo*>(fcinfo->resultinfo);
    if (result == nullptr || !IsA(result, ReturnSetInfo)) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("set-valued function called in context that cannot accept a set")));
    }
}

TupleDesc row_descriptor(FunctionCallInfo fcinfo) {
    TupleDesc descriptor = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "return type must be a row type");
    }
    return BlessTupleDesc(descriptor);
}

Datum return_rows(FunctionCallInfo fcinfo, RowSource& source) {
    auto* const result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (result->allowedModes & SFRM_Materialize_Preferred) {
        return materialize(result, source);
    }
    const Datum self = PointerGetDatum(&source);
    const HeapTupleHeader row = call_cpp([&] { return source.next(); });
    if (row == nullptr) {
        if (source.is_returning()) {
            UnregisterExprContextCallback(result->econtext, stop_returning, self);
            source.set_returning(false);
        }
        result->isDone = ExprEndResult;
        PG_RETURN_NULL();
    }
    if (!source.is_returning()) {
        source.set_returning(true);
        RegisterExprContextCallback(result->econtext, stop_returning, self);
    }
    result->isDone = ExprMultipleResult;
    PG_RETURN_HEAPTUPLEHEADER(row);
}

}  // namespace onetrip::postgres
