// The SQL functions of the view round_trips: its rows and their reset.
//
// Who sees whose texts is decided here, and what a text of another database looks like in this one.
// How rows come about is not known.

#include "postgres/round_trips/round_trip_memory.hpp"
#include "postgres/server/rows.hpp"

extern "C" {
#include "catalog/pg_authid.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(round_trip_loops);
ONETRIP_SQL_FUNCTION(round_trips_reset);

namespace {

using roundtrip::Kind;

void check_preloaded() {
    if (!has_round_trip_memory()) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("round trips are not watched"),
                 errdetail("The library onetrip was not loaded when the server started."),
                 errhint("Add onetrip to shared_preload_libraries and restart the server.")));
    }
}

void warn_without_query_ids() {
    if (!IsQueryIdEnabled()) {
        ereport(WARNING, (errmsg("round trips are not watched while compute_query_id is off"),
                          errhint("Set compute_query_id to auto or on.")));
    }
}

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::select:
            return "select";
        case Kind::insert:
            return "insert";
        case Kind::update:
            return "update";
        case Kind::remove:
            return "delete";
    }
    return "";
}

/// A text of another database in the encoding of this one, with question marks for what that does
/// not have. A database without an encoding (SQL_ASCII) may hold any bytes.
const char* to_own_encoding(const char* text, int encoding) {
    char* const own = pstrdup(utf8_to_server(any_to_utf8(text, encoding)));
    if (!pg_verifymbstr(own, static_cast<int>(std::strlen(own)), true)) {
        for (char* c = own; *c != '\0'; ++c) {
            *c = IS_HIGHBIT_SET(*c) ? '?' : *c;
        }
    }
    return own;
}

Datum text_datum(const char* text, int encoding) {
    return CStringGetTextDatum(encoding == GetDatabaseEncoding() ? text
                                                                 : to_own_encoding(text, encoding));
}

double milliseconds(std::int64_t microseconds) {
    return static_cast<double>(microseconds) / 1000;
}

void put_row(const Rows& rows, const StoredRoundTrip& stored, bool shows_texts) {
    const bool has_leader = stored.key.leader != 0;
    const auto text = [&](const char* of_loop) {
        return shows_texts ? present(text_datum(of_loop, stored.encoding)) : absent;
    };
    rows.put({present(ObjectIdGetDatum(stored.key.database)),
              present(ObjectIdGetDatum(stored.key.role)),
              present(CStringGetTextDatum(name_of(static_cast<Kind>(stored.key.kind)))),
              has_leader ? text(stored.leader) : absent, text(stored.repeated),
              present(Int64GetDatum(stored.episodes)), present(Int64GetDatum(stored.statements)),
              present(Int64GetDatum(stored.longest)), present(Int64GetDatum(stored.leader_rows)),
              present(BoolGetDatum(stored.has_distinct_parameters)),
              present(Float8GetDatum(milliseconds(stored.server_time))),
              present(Float8GetDatum(milliseconds(stored.wait_time))),
              present(TimestampTzGetDatum(stored.first_seen)),
              present(TimestampTzGetDatum(stored.last_seen)), text(stored.advice)});
}

}  // namespace

extern "C" {

Datum round_trip_loops(PG_FUNCTION_ARGS) {
    check_preloaded();
    warn_without_query_ids();
    const Rows rows(fcinfo);
    const Oid user = GetUserId();
    const bool sees_all = has_privs_of_role(user, ROLE_PG_READ_ALL_STATS);
    int count = 0;
    const StoredRoundTrip::Key* const keys = round_trip_keys(count);
    StoredRoundTrip loop;
    for (int i = 0; i < count; ++i) {
        CHECK_FOR_INTERRUPTS();
        if (copy_round_trip(keys[i], loop)) {
            put_row(rows, loop, sees_all || loop.key.role == user);
        }
    }
    return Datum{0};
}

Datum round_trips_reset([[maybe_unused]] PG_FUNCTION_ARGS) {
    check_preloaded();
    forget_round_trips();
    PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace onetrip::postgres
