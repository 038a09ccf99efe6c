#pragma once

#include "postgres/carousel/carousel_tables.hpp"

namespace onetrip::postgres {

/// One of the two ids by which messages are ordered.
struct IdColumn {
    Oid type;
    Oid collation;
    bool by_value;
    std::int16_t length;
    FmgrInfo* equal;

    NullableDatum last;  ///< of the message before, in the memory of the MessageIds
};

/// The ids of messages as their rows come, in order: each pair may come once. They are the first
/// two columns of a row, campagne id and message id. Plain data.
struct MessageIds {
    static constexpr int columns = 2;

    const CarouselTables* tables;
    MemoryContext memory;
    bool has_last;
    IdColumn ids[columns];
};

MessageIds make_message_ids(const CarouselTables& tables);

/// Looks at the types, before the first row.
void start_message_ids(MessageIds& ids, TupleDesc descriptor);

/// ERRORs if the row before has the same ids. The row's attributes have been read.
void check_message_ids(MessageIds& ids, TupleTableSlot* row);

}  // namespace onetrip::postgres
