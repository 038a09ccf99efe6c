"""load_response_events next to INSERT ... SELECT of the same finished rows into the same tables."""

from harness import Report, Work, make_database
from submissions import SUBMISSIONS, digest

TITLE = "loading submissions"

TABLES = ("response_events", "submission_loads")

# Finished rows in the order of their key, as the loader inserts them, in tables that are not logged. No submission has
# a problem, so that the third table stays empty.
FINISH = "".join(f"CREATE UNLOGGED TABLE finished_{table} AS TABLE dwh.{table} ORDER BY submission_id{order};"
                 for table, order in zip(TABLES, (", ord", "")))
EMPTY = "TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads"
INSERT = "".join(f"INSERT INTO dwh.{table} SELECT * FROM finished_{table};" for table in TABLES)
# The same submissions as json, in a schema of their own; the ledger tells both apart by that.
AS_JSON = """
    CREATE SCHEMA json;
    CREATE TABLE json.form_schemas (LIKE app.form_schemas INCLUDING ALL);
    CREATE TABLE json.users (LIKE app.users INCLUDING ALL);
    CREATE TABLE json.form_responses (LIKE app.form_responses INCLUDING ALL);
    ALTER TABLE json.form_responses ALTER responses TYPE json USING responses::text::json;
    INSERT INTO json.form_schemas TABLE app.form_schemas;
    INSERT INTO json.users TABLE app.users;
    INSERT INTO json.form_responses (id, form_id, user_id, responses, date_created)
        SELECT id, form_id, user_id, responses::text::json, date_created FROM app.form_responses ORDER BY ctid;"""

FINISHED, LOAD = "INSERT ... SELECT of finished rows", "load_response_events"
FROM_JSON = f"{LOAD}, json"


def run():
    report = Report("loading", TITLE)
    with make_database("loading", "submission_data.sql", "loading_data.sql", submissions=SUBMISSIONS // 3) as backend:
        backend.execute(AS_JSON)
        backend.execute("CALL load_response_events('app', 'dwh')")
        backend.execute(FINISH)
        backend.execute("VACUUM ANALYZE")
        same = digest("SELECT submission_id, ord, schema_path, idx, value, answer_type, tag, status,"
                      " user_full_name FROM dwh.response_events")

        def work(statement, prepare=EMPTY):
            return Work(statement, lambda _: {"rows": backend.one(same)}, prepare)
        costs = report.compare("events of submissions into tables with keys", backend, {
            f"{LOAD}, batches of 1,000": work("CALL load_response_events('app', 'dwh', batch_size => 1000)"),
            LOAD: work("CALL load_response_events('app', 'dwh')"),
            f"{LOAD}, changed, nothing has": work("CALL load_response_events('app', 'dwh', 'changed')", ""),
            FINISHED: work(INSERT),
            FROM_JSON: work("CALL load_response_events('json', 'dwh')"),
        }, amount=backend.one("SELECT count(*) FROM dwh.response_events"), unit="rows", base=FINISHED)
        report.figure(f"{LOAD} / {FINISHED}", costs[LOAD] / costs[FINISHED], at_most=1.15)
        report.figure(f"{FROM_JSON} / jsonb", costs[FROM_JSON] / costs[LOAD], at_most=1.15)
    return report
