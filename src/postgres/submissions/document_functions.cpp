// jsonb_tree.

#include "postgres/server/json_documents.hpp"
#include "postgres/server/row_source.hpp"
#include "postgres/submissions/document_columns.hpp"
#include "postgres/submissions/form_cache.hpp"
#include "submission/document_tree.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(jsonb_tree);

namespace {

class TreeSource final : public RowSource {
  public:
    TreeSource(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory), builder_(memory, descriptor), walk_(check_for_interrupts) {}

    void begin(jsonb::Value document, bool leaves_only) { walk_.begin(document, leaves_only); }

    HeapTupleHeader next() override {
        const submission::TreeRow* const row = walk_.next();
        return row == nullptr ? nullptr : make(*row);
    }

  private:
    HeapTupleHeader make(const submission::TreeRow& row) {
        builder_.begin();
        builder_.put_int8(row.ord);
        if (row.parent_ord == 0) {
            builder_.put_null();
        } else {
            builder_.put_int8(row.parent_ord);
        }
        builder_.put_int4(row.depth);
        put_keys(builder_, walk_.trail());
        put_indexes(builder_, walk_.trail());
        builder_.put_text(walk_.path());
        builder_.put_text(submission::name_of(row.value.kind()));
        put_jsonb(builder_, row.value);
        return builder_.finish();
    }

    TupleBuilder builder_;
    submission::DocumentTreeWalk walk_;
};

}  // namespace

extern "C" {

Datum jsonb_tree(PG_FUNCTION_ARGS) {
    auto* const source = source_of_call<TreeSource>(fcinfo);
    if (!source->is_returning()) {
        const bool leaves_only = PG_GETARG_BOOL(1);
        MemoryContextReset(source->call_memory());
        const MemoryContext caller = MemoryContextSwitchTo(source->call_memory());
        const jsonb::Value document = document_of(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)));
        MemoryContextSwitchTo(caller);
        call_cpp([&] { source->begin(document, leaves_only); });
    }
    return return_rows(fcinfo, *source);
}

}  // extern "C"

}  // namespace onetrip::postgres
