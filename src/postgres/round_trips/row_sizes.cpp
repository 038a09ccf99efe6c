// The sizes of a result's rows, by the headers of their values.
//
// Columns of a fixed size cost nothing for a row; it knows rows and types' lengths alone.

#include "postgres/round_trips/row_sizes.hpp"

extern "C" {
#include "access/detoast.h"
}

namespace onetrip::postgres {

namespace {

std::uint64_t size_of(Datum datum) {
    const auto* const value = static_cast<const char*>(DatumGetPointer(datum));
    // The header of a value that is stored out of line looks like a short one's.
    if (VARATT_IS_SHORT(value) && !VARATT_IS_EXTERNAL(value)) {
        return VARSIZE_SHORT(value) - VARHDRSZ_SHORT;
    }
    if (VARATT_IS_4B_U(value)) {
        return VARSIZE(value) - VARHDRSZ;
    }
    return toast_raw_datum_size(datum) - VARHDRSZ;
}

}  // namespace

void RowSizes::add(TupleTableSlot* row) {
    ++rows_;
    slot_getsomeattrs(row, last_ + 1);
    for (int i = 0; i < count_; ++i) {
        const int column = numbers_[i];
        if (!row->tts_isnull[column]) {
            const std::uint64_t size = size_of(row->tts_values[column]);
            sums_[i] += size;
            variable_ += size;
        }
    }
    if (has_more_) {
        slot_getallattrs(row);
        const TupleDesc columns = row->tts_tupleDescriptor;
        for (int i = last_ + 1; i < columns->natts; ++i) {
            if (TupleDescAttr(columns, i)->attlen == -1 && !row->tts_isnull[i]) {
                variable_ += size_of(row->tts_values[i]);
            }
        }
    }
}

RowSizes::Widest RowSizes::widest(TupleDesc columns) const {
    Widest widest{0, 0};
    double most = 0;
    for (int i = 0; i < columns->natts; ++i) {
        const double size = Max(TupleDescAttr(columns, i)->attlen, 0) * static_cast<double>(rows_);
        if (size > most) {
            most = size;
            widest.column = i;
        }
    }
    for (int i = 0; i < count_; ++i) {
        if (static_cast<double>(sums_[i]) > most) {
            most = static_cast<double>(sums_[i]);
            widest.column = numbers_[i];
        }
    }
    const double all = bytes(static_cast<std::uint64_t>(rows_));
    widest.share = all > 0 ? most / all : 0;
    return widest;
}

}  // namespace onetrip::postgres
