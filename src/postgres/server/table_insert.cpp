// Rows put into a table past the executor, many at once. Knows no column by its meaning.

#include "postgres/server/table_insert.hpp"

extern "C" {
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

bool TableInsert::is_possible(Relation relation) {
    const FormData_pg_class* const table = relation->rd_rel;
    return table->relkind == RELKIND_RELATION && !table->relispartition && !table->relrowsecurity &&
           relation->rd_rules == nullptr && relation->trigdesc == nullptr &&
           ExecutorCheckPerms_hook == nullptr;
}

void TableInsert::begin(Relation relation) {
    CommandCounterIncrement();
    relation_ = relation;
    executor_ = CreateExecutorState();
    const MemoryContext caller = MemoryContextSwitchTo(executor_->es_query_cxt);
    target_ = makeNode(ResultRelInfo);
    InitResultRelInfo(target_, relation, 0, nullptr, 0);
    ExecOpenIndices(target_, false);
    command_ = GetCurrentCommandId(true);
    has_constraints_ = relation->rd_att->constr != nullptr;
    slots_ = static_cast<TupleTableSlot**>(palloc(most_rows * sizeof(TupleTableSlot*)));
    slots_[0] = table_slot_create(relation, &executor_->es_tupleTable);
    slot_count_ = 1;
    count_ = 0;
    bytes_ = 0;
    MemoryContextSwitchTo(caller);
}

void TableInsert::put() {
    TupleTableSlot* const slot = ExecStoreVirtualTuple(slots_[count_]);
    slot->tts_tableOid = RelationGetRelid(relation_);
    if (has_constraints_) {
        ExecConstraints(target_, slot, executor_);
    }
    ExecMaterializeSlot(slot);
    bytes_ += reinterpret_cast<HeapTupleTableSlot*>(slot)->tuple->t_len;
    ++count_;
    if (count_ == most_rows || bytes_ > most_bytes) {
        flush();
    } else if (count_ == slot_count_) {
        const MemoryContext caller = MemoryContextSwitchTo(executor_->es_query_cxt);
        slots_[slot_count_++] = table_slot_create(relation_, &executor_->es_tupleTable);
        MemoryContextSwitchTo(caller);
    }
}

void TableInsert::flush() {
    const MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(executor_));
    table_multi_insert(relation_, slots_, count_, command_, 0, nullptr);
    for (int i = 0; i < count_; ++i) {
        if (target_->ri_NumIndices > 0) {
            list_free(insert_index_tuples(target_, slots_[i], executor_));
        }
        ExecClearTuple(slots_[i]);
    }
    MemoryContextSwitchTo(caller);
    ResetPerTupleExprContext(executor_);
    count_ = 0;
    bytes_ = 0;
}

void TableInsert::end() {
    if (count_ > 0) {
        flush();
    }
    ExecResetTupleTable(executor_->es_tupleTable, false);
    ExecCloseIndices(target_);
    FreeExecutorState(executor_);
    CommandCounterIncrement();
}

}  // namespace onetrip::postgres
