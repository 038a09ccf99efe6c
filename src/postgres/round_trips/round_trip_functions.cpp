// The SQL functions of the view round_trips: its rows and their reset.
//
// This file decides which texts a role sees, and what a text of another database looks like in this
// one. It does not know how rows come about.

#include "postgres/round_trips/round_trip_columns.hpp"
#include "postgres/round_trips/round_trip_memory.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/server/rows.hpp"

extern "C" {
#include "catalog/pg_authid.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(round_trip_loops);
ONETRIP_SQL_FUNCTION(round_trip_rows);
ONETRIP_SQL_FUNCTION(round_trips_reset);

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

namespace {

void warn_without_query_ids() {
    if (!IsQueryIdEnabled()) {
        ereport(WARNING, (errmsg("round trips are not watched while compute_query_id is off"),
                          errhint("Set compute_query_id to auto or on.")));
    }
}

}  // namespace

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
        case Kind::page:
            return "page";
    }
    return "";
}

namespace {

/// A text of another database in the encoding of this one, with question marks for characters that
/// it does not have. A database without an encoding (SQL_ASCII) may hold any bytes.
const char* to_own_encoding(const char* text, int encoding) {
    const auto is_valid_in = [](int in, const char* of) {
        return pg_verify_mbstr(in, of, static_cast<int>(std::strlen(of)), true);
    };
    // A conversion would take the bytes after half a character for its rest.
    const bool is_text = encoding != PG_SQL_ASCII || is_valid_in(PG_UTF8, text);
    char* const own = pstrdup(is_text ? utf8_to_server(any_to_utf8(text, encoding)) : text);
    if (!is_text || !is_valid_in(GetDatabaseEncoding(), own)) {
        for (char* c = own; *c != '\0'; ++c) {
            *c = IS_HIGHBIT_SET(*c) ? '?' : *c;
        }
    }
    return own;
}

}  // namespace

Datum text_datum(const char* text, int encoding) {
    return CStringGetTextDatum(encoding == GetDatabaseEncoding() ? text
                                                                 : to_own_encoding(text, encoding));
}

const char* own_text(std::string_view text, int encoding) {
    const char* const copy = pnstrdup(text.data(), text.size());
    return encoding == GetDatabaseEncoding() ? copy : to_own_encoding(copy, encoding);
}

Datum tags_datum(const roundtrip::Tags& tags, int encoding) {
    StringInfoData json;
    initStringInfo(&json);
    for (std::size_t i = 0; i < tags.count(); ++i) {
        appendStringInfoString(&json, i == 0 ? "{" : ", ");
        escape_json(&json, own_text(tags[i].key, encoding));
        appendStringInfoString(&json, ": ");
        escape_json(&json, own_text(tags[i].value, encoding));
    }
    appendStringInfoChar(&json, '}');
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

namespace {

/// The columns of a loop, as far as the user may see them.
class LoopRow {
  public:
    LoopRow(const StoredRoundTrip& stored, bool shows_texts)
        : stored_(stored), shows_texts_(shows_texts) {}

    /// Puts the columns of 0.1, whose SQL is in use until ALTER EXTENSION UPDATE.
    void put_of_0_1(const Rows& rows) const {
        rows.put({database(), role(), kind(), leader(), text(stored_.repeated),
                  number(stored_.numbers.episodes), number(stored_.numbers.statements),
                  number(stored_.numbers.longest), number(stored_.numbers.leader_rows),
                  present(BoolGetDatum(stored_.numbers.has_distinct_parameters)),
                  time(stored_.numbers.server_time), time(stored_.numbers.wait_time),
                  instant(stored_.numbers.first_seen), instant(stored_.numbers.last_seen),
                  text(stored_.advice)});
    }

    void put(const Rows& rows) const {
        rows.put(
            {database(),
             role(),
             application(),
             tags(),
             trace(),
             kind(),
             leader(),
             leader_column(),
             evidence(),
             text(stored_.repeated),
             query_id(stored_.query_id),
             query_id(stored_.leader_query_id),
             number(stored_.numbers.episodes),
             number(stored_.numbers.statements),
             number(stored_.numbers.longest),
             number(stored_.numbers.round_trips),
             number(stored_.numbers.rows),
             number(stored_.numbers.transactions),
             present(Int32GetDatum(static_cast<int>(stored_.numbers.sessions))),
             number(stored_.numbers.leader_rows),
             shows_texts_ ? present(BoolGetDatum(stored_.numbers.has_distinct_parameters)) : absent,
             time(stored_.numbers.server_time),
             time(stored_.numbers.wait_time),
             instant(stored_.numbers.first_seen),
             instant(stored_.numbers.last_seen),
             text(stored_.advice)});
    }

  private:
    NullableDatum database() const { return present(ObjectIdGetDatum(stored_.key.base.database)); }
    NullableDatum role() const { return present(ObjectIdGetDatum(stored_.key.base.role)); }
    NullableDatum kind() const {
        return present(CStringGetTextDatum(name_of(static_cast<Kind>(stored_.key.base.kind))));
    }
    bool has_leader() const { return stored_.key.base.leader != 0; }
    bool shows_owner() const { return shows_texts_ && stored_.key.variant != 0; }
    NullableDatum application() const {
        return shows_owner() ? text(stored_.owner.application_name) : absent;
    }
    NullableDatum tags() const {
        return shows_owner() && stored_.owner.tags.count() > 0
                   ? present(tags_datum(stored_.owner.tags, stored_.encoding))
                   : absent;
    }
    NullableDatum trace() const {
        return shows_texts_ && stored_.owner.traceparent[0] != '\0'
                   ? text(stored_.owner.traceparent)
                   : absent;
    }
    NullableDatum query_id(std::uint64_t id) const {
        return shows_texts_ && id != 0 ? present(Int64GetDatum(static_cast<std::int64_t>(id)))
                                       : absent;
    }
    NullableDatum leader() const { return has_leader() ? text(stored_.leader) : absent; }
    NullableDatum leader_column() const {
        return stored_.numbers.is_by_values && stored_.leader_column[0] != '\0'
                   ? text(stored_.leader_column)
                   : absent;
    }
    NullableDatum evidence() const {
        return has_leader() && shows_texts_
                   ? present(CStringGetTextDatum(stored_.numbers.is_by_values ? "values" : "order"))
                   : absent;
    }
    NullableDatum text(const char* of_loop) const {
        return shows_texts_ ? present(text_datum(of_loop, stored_.encoding)) : absent;
    }
    static NullableDatum number(std::int64_t count) { return present(Int64GetDatum(count)); }
    static NullableDatum time(std::int64_t microseconds) {
        return present(Float8GetDatum(static_cast<double>(microseconds) / 1000));
    }
    static NullableDatum instant(TimestampTz at) { return present(TimestampTzGetDatum(at)); }

    const StoredRoundTrip& stored_;
    bool shows_texts_;
};

void put_loops(FunctionCallInfo fcinfo, void (LoopRow::*put)(const Rows& rows) const) {
    check_preloaded();
    warn_without_query_ids();
    end_paused_requests();
    const Rows rows(fcinfo);
    const Oid user = GetUserId();
    const bool sees_all = has_privs_of_role(user, ROLE_PG_READ_ALL_STATS);
    int count = 0;
    const RoundTripPlace* const places = round_trip_places(count);
    StoredRoundTrip loop;
    for (int i = 0; i < count; ++i) {
        CHECK_FOR_INTERRUPTS();
        // A loop of a request that is still open has no numbers yet.
        if (copy_round_trip(places[i].key, loop) && loop.numbers.statements > 0) {
            const LoopRow row(loop, sees_all || loop.key.base.role == user);
            (row.*put)(rows);
        }
    }
}

}  // namespace

extern "C" {

/// Returns the rows with the columns of 0.1.
Datum round_trip_loops(PG_FUNCTION_ARGS) {
    put_loops(fcinfo, &LoopRow::put_of_0_1);
    return Datum{0};
}

Datum round_trip_rows(PG_FUNCTION_ARGS) {
    put_loops(fcinfo, &LoopRow::put);
    return Datum{0};
}

Datum round_trips_reset([[maybe_unused]] PG_FUNCTION_ARGS) {
    check_preloaded();
    forget_requests();
    forget_round_trips();
    PG_RETURN_VOID();
}

}  // extern "C"

}  // namespace onetrip::postgres
