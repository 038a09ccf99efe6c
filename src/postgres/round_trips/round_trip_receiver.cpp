// The receiver that keeps the values of a result on its way to the client.
//
// It hands every call on to the receiver that it stands before, and looks at a row after that has
// sent it, when its columns lie apart already. It knows types and rows; evidence.hpp judges the
// values. Nothing of its own throws, and no object of C++ lives over a call of the server: its
// frames may be left by longjmp.

#include "postgres/round_trips/round_trip_receiver.hpp"

#include "postgres/server/list_range.hpp"

namespace onetrip::postgres {

using roundtrip::Evidence;

namespace {

/// Whether a row of these columns is so small, whatever its values are, that it is no large result
/// by itself: a row has at most MaxTupleAttributeNumber columns.
bool is_row_small(TupleDesc columns) {
    constexpr int longest = 64;
    for (int i = 0; i < columns->natts; ++i) {
        const int length = TupleDescAttr(columns, i)->attlen;
        if (length < 0 || length > longest) {
            return false;
        }
    }
    return true;
}

/// The table's column that a column of the result is; `number` counts from 1.
ColumnOfTable origin_of(const PlannedStmt* planned, int number) {
    for (const TargetEntry* entry : each<TargetEntry>(planned->planTree->targetlist)) {
        if (entry->resno == number) {
            return {entry->resorigtbl, entry->resorigcol};
        }
    }
    return {};
}

}  // namespace

void WatchedReceiver::start_up(DestReceiver* self, int operation, TupleDesc columns) {
    WatchedReceiver& owner = *reinterpret_cast<Receiver*>(self)->owner;
    owner.described_ = columns;
    owner.inner_->rStartup(owner.inner_, operation, columns);
}

/// An execution that fails does not come here (standard_ExecutorRun, execMain.c).
void WatchedReceiver::shut_down(DestReceiver* self) {
    WatchedReceiver& owner = *reinterpret_cast<Receiver*>(self)->owner;
    owner.is_unfinished_ = false;
    owner.inner_->rShutdown(owner.inner_);
}

void WatchedReceiver::destroy(DestReceiver* self) {
    DestReceiver* const inner = reinterpret_cast<Receiver*>(self)->owner->inner_;
    inner->rDestroy(inner);
}

/// The first row is here: finds the columns that are kept, wherever they stand. A row's own
/// description may be that of an index, without names.
inline void WatchedReceiver::find_columns(TupleDesc columns) {
    count_ = 0;
    const int width = columns == nullptr ? 0 : columns->natts;
    for (int i = 0; i < width && count_ < static_cast<int>(Evidence::columns); ++i) {
        const Oid type = type_of_values(TupleDescAttr(columns, i)->atttypid);
        if (has_value_hash(type)) {
            kept_[count_++] = {i, type};
        }
    }
}

inline void WatchedReceiver::begin(TupleDesc columns) {
    place_ = evidence_->begin_rows(source_.id, source_.parameters, source_.goes_on);
    is_unfinished_ = true;
    if (source_.is_measured) {
        sizes_.begin(columns);
    }
    find_columns(columns);
    // Other tables of the same name have other columns.
    if (columns_[place_].query_id != static_cast<std::uint64_t>(source_.planned->queryId)) {
        name_columns(columns);
    }
}

/// Keeps the names and tables of the columns that are kept.
[[gnu::cold]] void WatchedReceiver::name_columns(TupleDesc columns) {
    ColumnsOfResult& named = columns_[place_];
    named.query_id = static_cast<std::uint64_t>(source_.planned->queryId);
    named.count = count_;
    for (int i = 0; i < count_; ++i) {
        named.names[i] = TupleDescAttr(columns, kept_[i].number)->attname;
        named.origins[i] = origin_of(source_.planned, kept_[i].number + 1);
    }
}

inline roundtrip::ValueHash WatchedReceiver::value_of(const TupleTableSlot* row,
                                                      std::size_t place) const {
    const Column& column = kept_[place];
    return row->tts_isnull[column.number]
               ? 0
               : hash_of_value(column.type, row->tts_values[column.number]);
}

/// Sizes that depend on the values.
[[gnu::noinline]] void WatchedReceiver::measure(TupleTableSlot* row) {
    sizes_.begin(described_);
    if (sizes_.wants_row()) {
        sizes_.add(row);
    }
}

/// Keeps the row of a run that waits.
inline void WatchedReceiver::keep_to_wait(TupleTableSlot* row) {
    find_columns(described_);
    if (count_ > 0) {
        slot_getsomeattrs(row, kept_[count_ - 1].number + 1);
    }
    waiting_->has_row = true;
    waiting_->width = static_cast<std::uint8_t>(count_);
    for (int i = 0; i < count_; ++i) {
        waiting_->row[i] = value_of(row, i);
    }
    if (!is_row_small(described_)) {
        measure(row);
    }
}

/// The run does not wait: the row that was kept of it is the first of many.
[[gnu::cold]] void WatchedReceiver::begin_with_waiting() {
    receiver_.receiver.receiveSlot = receive;
    stops_waiting_();
    place_ = evidence_->begin_rows(source_.id, source_.parameters, source_.goes_on);
    is_unfinished_ = true;
    if (!sizes_.is_known()) {
        sizes_.begin(described_);
    }
    if (evidence_->is_full(place_)) {
        evidence_->count_row(place_);
    } else {
        evidence_->add_row(
            place_, waiting_->width, [&](std::size_t place) { return waiting_->row[place]; },
            *source_.asked);
    }
}

[[gnu::always_inline]] inline void WatchedReceiver::keep(TupleTableSlot* row) {
    if (place_ == Evidence::nowhere) {
        begin(described_);
    }
    if (sizes_.wants_row()) {
        sizes_.add(row);
    }
    if (evidence_->is_full(place_)) {
        evidence_->count_row(place_);
        return;
    }
    if (count_ > 0) {
        slot_getsomeattrs(row, kept_[count_ - 1].number + 1);
    }
    evidence_->add_row(
        place_, static_cast<std::size_t>(count_),
        [&](std::size_t place) { return value_of(row, place); }, *source_.asked);
}

[[gnu::cold]] void WatchedReceiver::keep_second(TupleTableSlot* row) {
    begin_with_waiting();
    keep(row);
}

ONETRIP_WITHOUT_ARRAYS bool WatchedReceiver::receive(TupleTableSlot* row, DestReceiver* self) {
    WatchedReceiver& owner = *reinterpret_cast<Receiver*>(self)->owner;
    const bool goes_on = owner.inner_->receiveSlot(row, owner.inner_);
    owner.keep(row);
    return goes_on;
}

ONETRIP_WITHOUT_ARRAYS bool WatchedReceiver::receive_to_wait(TupleTableSlot* row,
                                                             DestReceiver* self) {
    WatchedReceiver& owner = *reinterpret_cast<Receiver*>(self)->owner;
    const bool goes_on = owner.inner_->receiveSlot(row, owner.inner_);
    if (!owner.waiting_->has_row) {
        owner.keep_to_wait(row);
    } else {
        owner.keep_second(row);
    }
    return goes_on;
}

}  // namespace onetrip::postgres
