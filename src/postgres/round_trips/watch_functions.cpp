// The SQL functions of the views round_trips_now, round_trips_total, heavy_results and heavy_plans,
// and of round_trips_reset(bigint).
//
// This file decides which texts a role sees: in others' rows, all columns but database, role, kind,
// counts and times are NULL.

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_columns.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/round_trips/round_trip_running.hpp"
#include "postgres/round_trips/round_trip_totals.hpp"

extern "C" {
#include "catalog/pg_authid.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(running_round_trips);
ONETRIP_SQL_FUNCTION(round_trip_totals);
ONETRIP_SQL_FUNCTION(heavy_result_rows);
ONETRIP_SQL_FUNCTION(heavy_plan_rows);
ONETRIP_SQL_FUNCTION(round_trips_reset_of);

namespace {

NullableDatum number(std::int64_t count) {
    return present(Int64GetDatum(count));
}

NullableDatum milliseconds(std::int64_t microseconds) {
    return present(Float8GetDatum(static_cast<double>(microseconds) / 1000));
}

NullableDatum instant(TimestampTz at) {
    return present(TimestampTzGetDatum(at));
}

NullableDatum object(Oid oid) {
    return present(ObjectIdGetDatum(oid));
}

/// Judges whether the user may see the texts of rows of a role.
class Reader {
  public:
    bool sees(Oid role) const { return sees_all_ || role == user_; }

  private:
    Oid user_ = GetUserId();
    bool sees_all_ = has_privs_of_role(user_, ROLE_PG_READ_ALL_STATS);
};

/// Texts of one row: NULL if they are not for the user's eyes.
struct Texts {
    bool are_shown;
    int encoding;

    NullableDatum operator()(const char* text) const {
        return are_shown ? present(text_datum(text, encoding)) : absent;
    }
    NullableDatum or_null(const char* text) const {
        return text[0] != '\0' ? (*this)(text) : absent;
    }
    NullableDatum shown(Datum datum) const { return are_shown ? present(datum) : absent; }
};

void put(const Rows& rows, const RunningLoop& loop, const Texts& texts) {
    rows.put({object(loop.database), object(loop.role), texts.shown(Int32GetDatum(loop.pid)),
              texts(loop.application_name), instant(loop.since),
              present(CStringGetTextDatum(name_of(loop.key.kind))), texts.or_null(loop.leader),
              texts(loop.repeated), number(loop.statements), number(loop.round_trips),
              milliseconds(loop.wait_time)});
}

void put(const Rows& rows, const HeavyResult& row, const Texts& texts) {
    const bool has_widest = row.has_bytes && row.widest_column[0] != '\0';
    rows.put({object(row.key.database), object(row.key.role), texts(row.application_name),
              texts.shown(Int64GetDatum(static_cast<std::int64_t>(row.key.query))),
              texts(row.query), number(row.executions), number(row.rows), number(row.most_rows),
              row.has_bytes ? number(row.bytes) : absent, present(Int32GetDatum(row.columns)),
              has_widest ? texts(row.widest_column) : absent,
              has_widest ? texts.shown(Float8GetDatum(row.widest_share)) : absent,
              instant(row.first_seen), instant(row.last_seen), texts(row.advice)});
}

void put(const Rows& rows, const HeavyPlan& row, const Texts& texts) {
    rows.put({object(row.key.database), object(row.key.role), texts(row.application_name),
              texts.shown(Int64GetDatum(static_cast<std::int64_t>(row.key.query))),
              texts(row.query), number(row.plans), milliseconds(row.planning_time),
              number(row.executions), milliseconds(row.server_time),
              present(Int32GetDatum(row.relations)), present(Int32GetDatum(row.or_arms)),
              texts.or_null(row.seq_scan), instant(row.first_seen), instant(row.last_seen),
              texts(row.advice)});
}

/// All rows of a shared table, one at a time, so that nobody waits for all of them.
template <typename Row>
void put_all(FunctionCallInfo fcinfo, const SharedRows<Row>& table) {
    check_preloaded();
    const Rows rows(fcinfo);
    const Reader reader;
    int count = 0;
    const auto* const keys = table.keys(count);
    auto* const row = static_cast<Row*>(palloc(sizeof(Row)));
    for (int i = 0; i < count; ++i) {
        CHECK_FOR_INTERRUPTS();
        if (table.copy(keys[i], *row)) {
            put(rows, *row, {reader.sees(row->key.role), row->encoding});
        }
    }
}

}  // namespace

extern "C" {

Datum running_round_trips(PG_FUNCTION_ARGS) {
    check_preloaded();
    end_paused_requests();
    const Rows rows(fcinfo);
    const Reader reader;
    auto* const loop = static_cast<RunningLoop*>(palloc(sizeof(RunningLoop)));
    for (int slot = 0; slot < slots_of_running_loops(); ++slot) {
        CHECK_FOR_INTERRUPTS();
        if (copy_running_loop(slot, *loop)) {
            put(rows, *loop, {reader.sees(loop->role), loop->encoding});
        }
    }
    return Datum{0};
}

Datum round_trip_totals(PG_FUNCTION_ARGS) {
    check_preloaded();
    end_paused_requests();
    const Rows rows(fcinfo);
    auto* const totals = static_cast<RoundTripTotals*>(palloc0(sizeof(RoundTripTotals)));
    copy_totals(*totals);
    for (int i = 0; i < totals->count; ++i) {
        const RoundTripTotal& total = totals->totals[i];
        rows.put({object(total.database), number(total.loops), number(total.statements),
                  number(total.round_trips), milliseconds(total.server_time),
                  milliseconds(total.wait_time), number(total.evictions), instant(totals->since)});
    }
    return Datum{0};
}

Datum heavy_result_rows(PG_FUNCTION_ARGS) {
    put_all(fcinfo, heavy_results);
    return Datum{0};
}

Datum heavy_plan_rows(PG_FUNCTION_ARGS) {
    put_all(fcinfo, heavy_plans);
    return Datum{0};
}

/// The function is called on NULL, which means all rows.
Datum round_trips_reset_of(PG_FUNCTION_ARGS) {
    check_preloaded();
    if (PG_ARGISNULL(0)) {
        forget_requests();
        forget_round_trips();
        forget_heavy_rows();
    } else {
        const auto id = static_cast<std::uint64_t>(PG_GETARG_INT64(0));
        forget_round_trips(id);
        forget_heavy_rows(id);
    }
    PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace onetrip::postgres
