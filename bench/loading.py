"""load_response_events beside INSERT ... SELECT of the same finished rows into the same tables."""

from harness import Report, Work, make_database
from submissions import SUBMISSIONS, digest

TITLE = "loading submissions"

TABLES = ("response_events", "response_event_problems", "submission_loads")

# Finished rows in the order in which the submissions had arrived, as a query over them gives them, and in the order of
# their key, as the loader inserts them.
FINISH = "".join(f"""
    CREATE TABLE arrived_{table} AS SELECT t.* FROM dwh.{table} AS t JOIN app.form_responses AS r ON r.id = submission_id
        ORDER BY r.ctid{order};
    CREATE TABLE sorted_{table} AS TABLE dwh.{table} ORDER BY submission_id{order};"""
    for table, order in zip(TABLES, (", ord", ", ord", "")))
EMPTY = "TRUNCATE " + ", ".join(f"dwh.{table}" for table in TABLES)

ARRIVED, SORTED, LOAD = "INSERT ... SELECT, as they arrived", "INSERT ... SELECT, by key", "load_response_events"


def inserts(kind):
    return "".join(f"INSERT INTO dwh.{table} SELECT * FROM {kind}_{table};" for table in TABLES)


def run():
    report = Report("loading", TITLE)
    with make_database("loading", "submission_data.sql", "loading_data.sql", submissions=SUBMISSIONS // 3) as backend:
        backend.execute("CALL load_response_events('app', 'dwh')")
        backend.execute(FINISH)
        backend.execute("VACUUM ANALYZE")
        same = digest("SELECT submission_id, ord, schema_path, idx, value, answer_type, tag, status,"
                      " user_full_name FROM dwh.response_events")

        def work(statement, prepare=EMPTY):
            return Work(statement, lambda _: {"rows": backend.one(same)}, prepare)
        costs = report.compare("events of submissions into tables with keys", backend, {
            LOAD: work("CALL load_response_events('app', 'dwh')"),
            f"{LOAD}, batches of 1,000": work("CALL load_response_events('app', 'dwh', batch_size => 1000)"),
            f"{LOAD}, changed, nothing has": work("CALL load_response_events('app', 'dwh', 'changed')", ""),
            ARRIVED: work(inserts("arrived")),
            SORTED: work(inserts("sorted")),
        }, amount=backend.one("SELECT count(*) FROM dwh.response_events"), unit="rows", base=ARRIVED)
        report.figure(f"{LOAD} / {ARRIVED}", costs[LOAD] / costs[ARRIVED], at_most=1.25)
        report.figure(f"{LOAD} / {SORTED}", costs[LOAD] / costs[SORTED])
    return report
