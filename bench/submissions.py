"""flatten_submission and jsonb_tree next to the designs that they replace."""

import time

import submission_peers as peers
from harness import ROUNDS, Backend, Report, Work, answer, make_database, size

TITLE = "submissions of forms"
SUBMISSIONS = size("SUBMISSIONS", 24_000)

FLATTEN, FLATTEN_JSON = "flatten_submission, jsonb", "flatten_submission, json"
JOIN = "FROM {submissions} AS s JOIN {forms} AS f ON f.id = s.form_id"


def in_select(submissions="submissions", forms="forms"):
    """OFFSET 0 keeps the rows as rows: count reads none of their columns."""
    source = JOIN.format(submissions=submissions, forms=forms)
    return f"SELECT count(*) FROM (SELECT flatten_submission(responses, schema) {source} OFFSET 0) AS e"


def in_from(submissions="submissions", forms="forms"):
    source = JOIN.format(submissions=submissions, forms=forms)
    return ("SELECT count(e.ord), count(schema_path), count(value), count(answer_type), count(tag), count(status)"
            f" {source}, flatten_submission(responses, schema) AS e")


def events(submissions="submissions", forms="forms"):
    source = JOIN.format(submissions=submissions, forms=forms)
    return f"SELECT s.id, schema_path, value, answer_type, tag {source}, flatten_submission(responses, schema) AS e"


def digest(rows):
    """A query for one number that stands for the rows of a query, in any order."""
    return f"SELECT sum(hashtextextended(d::text, 0))::text FROM ({rows}) AS d"


def expect_same_rows(backend, *queries):
    if len({backend.one(digest(query)) for query in queries}) > 1:
        raise SystemExit("bench/run: these queries have different rows:\n" + "\n".join(queries))


def counts(statements):
    return {name: Work(statement, answer("rows")) for name, statement in statements.items()}


# ---- the comparisons ------------------------------------------------------------------------------

def flatten(report, backend):
    """The forms in SQL see the same events, where every question is answered by a scalar."""
    expect_same_rows(backend, events(), events("json_submissions"), peers.sql_events("submissions"),
                     peers.sql_events("json_submissions"), peers.RECURSIVE_EVENTS)
    rows = backend.one(in_select())
    costs = report.compare("answers of 3 forms of 13 to 68 questions", backend, counts({
        FLATTEN: in_select(),
        f"{FLATTEN}, in FROM, columns read": in_from(),
        FLATTEN_JSON: in_select("json_submissions"),
        "SQL: each question by its path, jsonb": peers.sql("submissions"),
        "SQL: each question by its path, json": peers.sql("json_submissions"),
        "SQL: recursive query, jsonb": peers.RECURSIVE,
    }), amount=rows, unit="rows", base=FLATTEN)
    report.figure(FLATTEN, rows / costs[FLATTEN] / 1e6, " M rows/s", at_least=4)
    report.figure(FLATTEN_JSON, rows / costs[FLATTEN_JSON] / 1e6, " M rows/s", at_least=2)
    return rows


def large_form(report, backend):
    large = ("large_submissions", "large_forms")
    expect_same_rows(backend, events(*large), peers.sql_events("large_submissions", "large_questions"))
    rows = backend.one(in_select(*large))
    costs = report.compare("answers of a form of 1,000 questions, 20 answered", backend, counts({
        FLATTEN: in_select(*large),
        "SQL: each question by its path": peers.sql("large_submissions", "large_questions"),
    }), amount=rows, unit="rows", base=FLATTEN)
    report.figure(f"{FLATTEN}, form of 1,000 questions", rows / costs[FLATTEN] / 1e6, " M rows/s", at_least=3)


def tree(report, backend):
    expect_same_rows(backend, "SELECT d.id, keys, value FROM documents AS d, jsonb_tree(document, true)",
                     peers.TREE_LEAVES)
    leaves = backend.one("SELECT count(*) FROM documents, jsonb_tree(document, true)")
    ours = "jsonb_tree, leaves"
    costs = report.compare("leaves of documents of arrays", backend, counts({
        ours: "SELECT count(*) FROM (SELECT jsonb_tree(document, true) FROM documents OFFSET 0) AS t",
        "SQL: recursive query": peers.TREE,
    }), amount=leaves, unit="leaves", base=ours)
    report.figure(ours, leaves / costs[ours] / 1e6, " M leaves/s", at_least=2.5)


# Forms of other systems: 24 questions in groups and a repeat each, and a document of many items.
OTHER_SYSTEMS = """
    CREATE TABLE other_forms AS
    SELECT 'kobo' AS system, jsonb_build_object('survey', '[{"type": "begin_group", "name": "household"}]'::jsonb
        || jsonb_agg(jsonb_build_object('type', (ARRAY['text', 'integer', 'date', 'select_multiple l'])[n % 4 + 1],
            'name', 'question_' || n, 'label', 'Question ' || n) ORDER BY n) || '[{"type": "end_group"}]',
        'choices', '[{"list_name": "l", "name": "a"}, {"list_name": "l", "name": "b"}]'::jsonb) AS schema
    FROM generate_series(1, 24) AS n
    UNION ALL SELECT 'fhir', jsonb_build_object('resourceType', 'Questionnaire', 'item', jsonb_agg(jsonb_build_object(
        'linkId', '1.' || n, 'type', (ARRAY['string', 'integer', 'date', 'decimal'])[n % 4 + 1]) ORDER BY n))
    FROM generate_series(1, 24) AS n;
    ALTER TABLE other_forms ADD tree jsonb GENERATED ALWAYS AS (form_from(schema, system)) STORED;
    CREATE TABLE kobo_answers AS SELECT jsonb_object_agg('household/question_' || n,
        (ARRAY['some text', '42', '2026-02-28', 'a b'])[n % 4 + 1]) AS responses
    FROM generate_series(1, {submissions}) AS id, generate_series(1, 24) AS n GROUP BY id;
    CREATE TABLE fhir_answers AS SELECT jsonb_build_object('resourceType', 'QuestionnaireResponse', 'status', 'completed',
        'item', jsonb_agg(jsonb_build_object('linkId', '1.' || n, 'answer', jsonb_build_array(CASE n % 4
            WHEN 0 THEN '{"valueString": "some text"}'::jsonb WHEN 1 THEN '{"valueInteger": 42}'
            WHEN 2 THEN '{"valueDate": "2026-02-28"}' ELSE '{"valueDecimal": 1.5}' END)) ORDER BY n)) AS responses
    FROM generate_series(1, {submissions}) AS id, generate_series(1, 24) AS n GROUP BY id;
    CREATE TABLE long_answers AS SELECT size, jsonb_build_object('item', jsonb_agg(jsonb_build_object(
        'linkId', '1.' || n % 20 + 1, 'answer', '[{"valueString": "x"}]'::jsonb))) AS responses
    FROM (VALUES (10000), (100000)) AS s (size), generate_series(1, size) AS n GROUP BY size;
    CREATE TABLE forms_of_80_kb AS SELECT jsonb_build_object('survey', jsonb_agg(jsonb_build_object('type', 'integer',
        'name', 'form_' || form || '_question_' || n, 'label', repeat('x', 60)) ORDER BY n)) AS schema
    FROM generate_series(1, 50) AS form, generate_series(1, 600) AS n GROUP BY form;
"""


def of_system(system, form="tree"):
    """The form is in a join, as an application has it: not a constant."""
    return ("SELECT count(*) FROM (SELECT flatten_submission(responses, {form}) FROM {system}_answers"
            " JOIN other_forms ON system = '{system}' OFFSET 0) AS e").format(system=system, form=form)


def other_systems(report, backend):
    backend.execute(OTHER_SYSTEMS.replace("{submissions}", str(SUBMISSIONS // 4)))
    for system, least in (("kobo", 4), ("fhir", 2)):
        rows = backend.one(of_system(system))
        name = f"answers of a form of {system}"
        costs = report.compare(name, backend, counts({
            FLATTEN: of_system(system), f"{FLATTEN}, form_from in the join": of_system(system, "form_from(schema, system)"),
        }), amount=rows, unit="rows", base=FLATTEN)
        report.figure(name, rows / costs[FLATTEN] / 1e6, " M rows/s", at_least=least)
        report.figure(f"{name}: form_from in the join, over the tree's own column",
                      costs[f"{FLATTEN}, form_from in the join"] / costs[FLATTEN], "", at_most=1.5)
    # In the select list, so that each document is read as often as it is asked for, and no rows go to a file.
    many = ("SELECT count(*) FROM (SELECT flatten_submission(responses, tree) FROM generate_series(1, {times}) AS n, other_forms,"
            " long_answers WHERE system = 'fhir' AND size = {size} OFFSET 0) AS e")
    short, long = "10 x 10,000 items in one array", "100,000 items in one array"
    costs = report.compare("items in one array", backend, counts({
        short: many.format(times=10, size=10000), long: many.format(times=1, size=100000)}),
        amount=100000, unit="rows", base=short)
    report.figure(f"{long}, over {short}", costs[long] / costs[short], "", at_most=1.5)
    trees = "form_from of forms of 80 kB"
    costs = report.compare(trees, backend, counts({
        trees: "SELECT count(form_from(schema, 'kobo')) FROM forms_of_80_kb"}), amount=50, unit="rows", base=trees)
    report.figure(trees, costs[trees] / 50 * 1e3, " ms", at_most=1)


def into_a_table(report, backend, rows):
    """The ETL process: documents out over the wire, rows back by COPY."""
    same = digest("SELECT submission_id, schema_path, value, answer_type, tag FROM response_events")

    def work(load):
        return Work(lambda backend: load(backend.session), lambda _: {"rows": backend.one(same)}, peers.TARGET)
    ours = "INSERT ... SELECT flatten_submission"
    report.compare("answers into a table without indexes", backend, {
        ours: work(peers.load_in_server),
        "Python: server-side cursor, rows back by COPY": work(peers.load_by_client),
    }, amount=rows, unit="rows", base=ours)


def memory(report):
    """In a session of its own: the peak after all submissions, over that after the first few."""
    query = "SELECT flatten_submission(responses, schema) " + JOIN.format(submissions="submissions", forms="forms")
    with Backend("submissions") as backend:
        def private_peak():
            return backend.memory("VmHWM") - backend.memory("RssShmem") - backend.memory("RssFile")

        def temporary():
            backend.execute("SELECT pg_stat_force_next_flush()")
            return backend.one("SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()")
        backend.execute(f"COPY ({query} LIMIT 10000) TO '/dev/null'")
        before, files = private_peak(), temporary()
        for _ in range(ROUNDS):
            backend.execute(f"COPY ({query}) TO '/dev/null'")
        report.figure("private memory of streaming all rows, over that of the first 10,000",
                      (private_peak() - before) / 1024, " kB")
        time.sleep(0.1)
        report.figure("temporary files of streaming all rows", temporary() - files, " B", at_most=0)


def run():
    report = Report("submissions", TITLE)
    with make_database("submissions", "submission_data.sql", submissions=SUBMISSIONS // 3) as backend:
        rows = flatten(report, backend)
        large_form(report, backend)
        tree(report, backend)
        other_systems(report, backend)
        into_a_table(report, backend, rows)
        memory(report)
    return report
