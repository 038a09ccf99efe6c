// The statements of load_response_events for tables that Citus distributes. Each joins by the id of
// the submission alone, which places the rows, so that every node runs it on its own.

#include "postgres/submissions/distributed_statements.hpp"

#include "postgres/submissions/submission_statements.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace onetrip::postgres {

namespace {

/// A submission with its form and user. {form_columns} and the like are those of the local search.
constexpr const char* shown =
    "r.id, r.form_id, r.user_id, r.date_created, r.responses, {form_flag} AS form_flag,"
    " f.name::pg_catalog.text AS form_name, f.schema, u.id IS DISTINCT FROM NULL AS has_user,"
    " {full_name} AS user_full_name, {form_dialect} AS dialect";

constexpr const char* sources =
    "{submissions} AS r LEFT JOIN {forms} AS f ON {r=f} LEFT JOIN {users} AS u ON {r=u}";

/// The arguments of load_hashes and load_answers, of a row that is shown.
constexpr const char* arguments =
    "r.form_id, r.user_id, r.date_created, r.responses, r.form_flag, r.form_name, r.schema,"
    " r.has_user, r.user_full_name, r.dialect, {target}";

constexpr const char* is_under_way = "l.events OPERATOR(pg_catalog.=) -1";
constexpr const char* is_gone = "l.events OPERATOR(pg_catalog.=) -2";

constexpr const char* mark_gone =
    "UPDATE {loads} AS l SET events = -2 WHERE l.source OPERATOR(pg_catalog.=) {source}"
    "{ledger_filter} AND NOT EXISTS (SELECT FROM {submissions} AS r WHERE {l=r})";

/// No hash is empty.
constexpr const char* differs =
    "COALESCE(l.responses_hash, '')::pg_catalog.bytea OPERATOR(pg_catalog.<>)"
    " COALESCE(h.responses_hash, '')::pg_catalog.bytea"
    " OR COALESCE(l.form_hash, '')::pg_catalog.bytea OPERATOR(pg_catalog.<>)"
    " COALESCE(h.form_hash, '')::pg_catalog.bytea"
    " OR COALESCE(l.row_hash, '')::pg_catalog.bytea OPERATOR(pg_catalog.<>)"
    " COALESCE(h.row_hash, '')::pg_catalog.bytea";

constexpr const char* mark_changed =
    "UPDATE {loads} AS l SET form_id = r.form_id, submission_created = {created},"
    " responses_hash = h.responses_hash, form_hash = h.form_hash, row_hash = h.row_hash,"
    " events = -1, problems = 0, processed_on = $3"
    " FROM (SELECT {shown} FROM {sources}) AS r,"
    " LATERAL {extension}.load_hashes({arguments}) AS h"
    " WHERE {l=r} AND {is_of_source} AND ({differs}){changed_filter}";

/// One that another load has taken in the meantime is its own.
constexpr const char* mark_new =
    "INSERT INTO {loads} (submission_id, source, form_id, submission_created, responses_hash,"
    " form_hash, row_hash, events, problems, processed_on)"
    " SELECT r.id, {source}, r.form_id, {created}, h.responses_hash, h.form_hash, h.row_hash,"
    " -1, 0, $3 FROM (SELECT {shown} FROM {sources}"
    " WHERE NOT EXISTS (SELECT FROM {loads} AS l WHERE {l=r}){new_filter}) AS r,"
    " LATERAL {extension}.load_hashes({arguments}) AS h ON CONFLICT DO NOTHING";

constexpr const char* delete_taken =
    "DELETE FROM {table} AS t USING {loads} AS l WHERE {l=t} AND {is_taken}";

constexpr const char* delete_gone_loads = "DELETE FROM {loads} AS l WHERE {is_gone}";

constexpr const char* event_source =
    "(SELECT {shown}, $3 AS processed_on FROM {loads} AS l JOIN ({sources}) ON {l=r}"
    " WHERE {is_under_way}) AS r,"
    " LATERAL {extension}.load_answers({arguments}, {are_problems}) AS e";

/// All submissions at once: a subquery for each would be a scan for each if no index begins with
/// submission_id. Two joins, each planned on its own: an index of one table is used whether or not
/// the other has one. The first is grouped before the second, so that rows do not multiply.
constexpr const char* count =
    "UPDATE {loads} AS k SET events = c.events, problems = c.problems"
    " FROM (SELECT l.submission_id, l.events, pg_catalog.count(t.submission_id) AS problems"
    " FROM (SELECT l.submission_id, pg_catalog.count(t.submission_id) AS events"
    " FROM {loads} AS l LEFT JOIN {events} AS t ON {l=e} WHERE {is_under_way}"
    " GROUP BY l.submission_id) AS l LEFT JOIN {problems} AS t ON {l=p}"
    " GROUP BY l.submission_id, l.events) AS c WHERE {k=c}";

/// The ledger's row of a row of the table, whose alias is t.
const char* is_row_of(const Tables& tables, const Table& table) {
    return compare(require_equality(tables.loads, "submission_id", table, "submission_id"),
                   "l.submission_id", "t.submission_id");
}

const char* delete_from(Words words, const Tables& tables, const Table& table,
                        const char* is_taken) {
    words.add("table", table.qualified());
    words.add("l=t", is_row_of(tables, table));
    words.add("is_taken", is_taken);
    return words.fill(delete_taken);
}

const char* insert_answers(Words words, const Table& table, bool are_problems) {
    words.add("are_problems", are_problems ? "true" : "false");
    return insert_from(words, table, "r.id", words.fill(event_source));
}

const char* is_same_load(const Tables& tables) {
    return compare(require_equality(tables.loads, "submission_id", tables.loads, "submission_id"),
                   "k.submission_id", "c.submission_id");
}

const char* created_for_ledger(const Tables& tables) {
    const Oid type = getBaseType(type_of_column(tables.loads, "submission_created"));
    return type == TIMESTAMPTZOID
               ? with_zone(tables.submissions, "date_created", date_for_ledger(tables))
               : date_for_ledger(tables);
}

Words words_of(const Words& search, const Tables& tables, const char* target) {
    Words words = search;
    words.add("target", psprintf("%s::pg_catalog.text", quote_literal_cstr(target)));
    words.add("created", created_for_ledger(tables));
    words.add("events", tables.events.qualified());
    words.add("l=e", is_row_of(tables, tables.events));
    words.add("l=p", is_row_of(tables, tables.problems));
    words.add("k=c", is_same_load(tables));
    words.add("is_under_way", is_under_way);
    words.add("is_gone", is_gone);
    words.add("differs", differs);
    words.add("shown", words.fill(shown));
    words.add("sources", words.fill(sources));
    words.add("arguments", words.fill(arguments));
    return words;
}

}  // namespace

const char* with_zone(const Table& table, const char* column, const char* value) {
    const Oid type = getBaseType(type_of_column(table, column));
    if (type != TIMESTAMPOID && type != DATEOID) {
        return value;
    }
    return psprintf("pg_catalog.timezone(%s::pg_catalog.text, %s::pg_catalog.timestamp)",
                    quote_literal_cstr(GetConfigOption("TimeZone", false, false)), value);
}

DistributedStatements distributed_statements(const Words& search, const Tables& tables,
                                             const char* target) {
    const Words words = words_of(search, tables, target);
    DistributedStatements statements{};
    statements.lock = words.fill("LOCK TABLE {loads} IN SHARE UPDATE EXCLUSIVE MODE");
    statements.mark_gone = words.fill(mark_gone);
    statements.delete_gone[0] = delete_from(words, tables, tables.events, is_gone);
    statements.delete_gone[1] = delete_from(words, tables, tables.problems, is_gone);
    statements.delete_gone[2] = words.fill(delete_gone_loads);
    statements.mark_changed = words.fill(mark_changed);
    statements.delete_changed[0] = delete_from(words, tables, tables.events, is_under_way);
    statements.delete_changed[1] = delete_from(words, tables, tables.problems, is_under_way);
    statements.insert_loads = words.fill(mark_new);
    statements.insert_events = insert_answers(words, tables.events, false);
    statements.insert_problems = insert_answers(words, tables.problems, true);
    statements.count = words.fill(count);
    return statements;
}

}  // namespace onetrip::postgres
