// The view heavy_results: results that a client fetches in one piece, and what to do instead.
//
// It knows what is said of a result. The session decides whether one went to the client whole.

#include "postgres/round_trips/heavy_results.hpp"

#include <algorithm>

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_apart.hpp"
#include "postgres/round_trips/round_trip_text.hpp"

namespace onetrip::postgres {

namespace {

/// A column with more than this share of the bytes is worth leaving out by itself.
constexpr double large_share = 0.5;

bool is_limited(const PlannedStmt* statement) {
    return IsA(statement->planTree, Limit);
}

void write_advice(HeavyResult& result, const PlannedStmt* statement, double bytes) {
    StringInfoData advice;
    initStringInfo(&advice);
    const RoundTripSettings& settings = round_trip_settings;
    const bool has_many_rows =
        settings.heavy_rows >= 0 && result.rows > std::int64_t{settings.heavy_rows};
    const bool has_many_bytes = result.has_bytes && settings.heavy_kb >= 0 &&
                                bytes > settings.heavy_kb * 1024.0 && result.columns > 1;
    if (has_many_bytes && result.widest_share > large_share) {
        appendStringInfo(&advice,
                         "leave out column %s (%.0f %% of the bytes) where it is not needed",
                         quote_identifier(result.widest_column), 100 * result.widest_share);
    } else if (has_many_bytes) {
        appendStringInfoString(&advice, "select only the columns that are needed");
    }
    if (has_many_rows || advice.len == 0) {
        appendStringInfo(
            &advice,
            "%sread it in parts: a cursor (DECLARE, FETCH 1000) or the driver's iterator "
            "(psycopg: a named cursor, Django: iterator(), Rails: find_each, JDBC: "
            "setFetchSize)%s",
            advice.len == 0 ? "" : "; ",
            is_limited(statement) ? "" : "; or LIMIT if not all rows are needed");
    }
    set_round_trip_text(result.advice, advice.data, false);
}

void set_widest(HeavyResult& result, const QueryDesc* query, const RowSizes& sizes) {
    const RowSizes::Widest widest = sizes.widest(query->tupDesc);
    result.widest_share = widest.share;
    if (widest.column < query->tupDesc->natts) {
        strlcpy(result.widest_column,
                NameStr(TupleDescAttr(query->tupDesc, widest.column)->attname),
                sizeof result.widest_column);
    }
}

/// Inserts a result that is not in the table yet.
void insert_result(const HeavyKey& key, const char* application_name, const QueryDesc* query,
                   const RowSizes& sizes, std::int64_t rows, TimestampTz now) {
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip heavy result");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    auto* const result = static_cast<HeavyResult*>(palloc0(sizeof(HeavyResult)));
    result->key = key;
    result->first_seen = result->last_seen = now;
    result->executions = 1;
    result->rows = result->most_rows = rows;
    result->columns = query->tupDesc->natts;
    result->has_bytes = sizes.is_known();
    const double bytes = sizes.bytes(static_cast<std::uint64_t>(rows));
    result->bytes = static_cast<std::int64_t>(bytes);
    if (result->has_bytes && result->columns > 0) {
        set_widest(*result, query, sizes);
    }
    strlcpy(result->application_name, application_name, sizeof result->application_name);
    result->encoding = GetDatabaseEncoding();
    normalise_statement(result->query, source_of(query->plannedstmt, query->sourceText));
    write_advice(*result, query->plannedstmt, bytes);
    heavy_results.insert(*result);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

}  // namespace

void store_heavy_result(const QueryDesc* query, const RowSizes& sizes) {
    if (!heavy_results.is_there()) {
        return;
    }
    char application_name[NAMEDATALEN];
    const HeavyKey key =
        heavy_key(static_cast<roundtrip::QueryId>(query->plannedstmt->queryId), application_name);
    const auto rows = static_cast<std::int64_t>(query->estate->es_processed);
    const auto bytes = static_cast<std::int64_t>(sizes.bytes(query->estate->es_processed));
    const bool has_bytes = sizes.is_known();
    const TimestampTz now = GetCurrentTimestamp();
    const bool is_known = heavy_results.change(key, [&](HeavyResult& result) {
        ++result.executions;
        result.rows += rows;
        result.most_rows = std::max(result.most_rows, rows);
        result.bytes += has_bytes ? bytes : 0;
        result.has_bytes |= has_bytes;
        result.last_seen = now;
    });
    if (!is_known) {
        run_apart([&] { insert_result(key, application_name, query, sizes, rows, now); });
    }
}

}  // namespace onetrip::postgres
