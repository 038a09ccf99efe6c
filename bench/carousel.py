"""encode_carousel and exports between their floors, and next to the designs that they replace."""

import functools
import pathlib
import statistics
import tempfile

import carousel_peers as peers
from harness import ROUNDS, Backend, Report, Work, answer, make_database, md5_of_file, peak_of, size

TITLE = "carousels of messages"
MESSAGES = size("MESSAGES", 400_000)

CALL = "'AFRIQUE', '2021-02-10'"
ENCODE = f"SELECT octet_length(encode_carousel({CALL}))"
MERGE_JOIN = ("enable_sort", "enable_incremental_sort", "enable_hashjoin")
PLANS = {"the planner's plan": "DEFAULT", "in index order": "off"}

JOIN, COPY, ENCODED, EXPORTED = ("the ordered join alone", "COPY of the same rows, binary", "encode_carousel",
                                 "export_carousel_to_file")


def choose_plan(backend, plan):
    for setting in MERGE_JOIN:
        backend.execute(f"SET {setting} = {PLANS[plan]}")


# ---- what is measured -----------------------------------------------------------------------------

def read():
    """EXPLAIN runs the query and hands out none of its rows."""
    return Work(f"EXPLAIN (ANALYZE, FORMAT json, TIMING OFF) {peers.CAROUSEL}",
                lambda rows: {"messages": rows[0][0][0]["Plan"]["Actual Rows"]})


def copy():
    def run(backend):
        backend.execute(f"COPY ({peers.CAROUSEL}) TO '/dev/null' (FORMAT binary)")
        return backend.cursor.rowcount
    return Work(run, lambda rows: {"messages": rows})


def export(path):
    return Work(f"SELECT messages, bytes FROM export_carousel_to_file({CALL}, '{path}')",
                lambda rows: {"messages": rows[0][0], "bytes": rows[0][1], "md5": md5_of_file(path)})


def client(write, path):
    """A design in Python. Server-side cursors want a transaction."""
    def run(backend):
        backend.session.autocommit = False
        write(backend.session, path)
        backend.session.autocommit = True
    return Work(run, lambda _: {"md5": md5_of_file(path)})


# ---- the comparisons ------------------------------------------------------------------------------

def shares(report, backend, plan, folder):
    """What encoding costs on top of reading, as a share of what COPY costs on top of it."""
    choose_plan(backend, plan)
    works = {JOIN: read(), ENCODED: Work(ENCODE, answer("bytes")), EXPORTED: export(folder / "export"), COPY: copy()}
    costs = report.compare(f"encoding next to its floors, {plan}", backend, works, amount=MESSAGES,
                           unit="messages", base=ENCODED)
    for name in (ENCODED, EXPORTED):
        report.figure(f"({name} - join) / (COPY - join), {plan}",
                      (costs[name] - costs[JOIN]) / (costs[COPY] - costs[JOIN]), at_most=0.35)
    choose_plan(backend, "the planner's plan")


def designs(report, backend, messages, folder, with_queries):
    md5 = {"md5": backend.one(f"SELECT md5(encode_carousel({CALL}))")}
    if backend.one(f"SELECT md5({peers.SQL})") != md5["md5"]:
        raise SystemExit("bench/run: the carousel in SQL has other bytes than encode_carousel")
    works = {
        EXPORTED: export(folder / "export"),
        ENCODED: Work(ENCODE, lambda rows: {"bytes": rows[0][0], **md5}),
        COPY: copy(),
        "SQL: bytea concatenated, string_agg": Work(f"SELECT octet_length({peers.SQL})", answer("bytes")),
        "Python: one query, server-side cursor, ctypes": client(peers.write_by_cursor, folder / "cursor"),
    }
    if with_queries:
        works["Python: a query a campaign and a message (N+1)"] = client(peers.write_by_queries, folder / "queries")
    report.compare("ways to make a carousel" + (", a tenth of the rows" if with_queries else ""), backend, works,
                   amount=messages, unit="messages", base=EXPORTED)


def memory_of_result(plan):
    """In a session of its own. The value is held for a moment, so that the samples see it whole."""
    held = ("SELECT octet_length(sections), pg_sleep(0.2) FROM"
            f" (SELECT encode_carousel({CALL}) AS sections OFFSET 0) AS result")
    with Backend("carousel") as backend:
        choose_plan(backend, plan)
        backend.execute("SELECT encode_carousel('EUROPE', '2021-02-10')")
        size_of_result = backend.one(ENCODE)
        backend.execute("SELECT encode_carousel('EUROPE', '2021-02-10')")
        return (peak_of(backend, held) - size_of_result) / (1 << 20)


def memory_of_export(database, statement):
    with Backend(database) as backend:
        choose_plan(backend, "in index order")
        backend.execute("SELECT export_carousel_to_program('EUROPE', '2021-02-10', 'cat')")
        return peak_of(backend, statement) / (1 << 20)


def median_of_rounds(work):
    return statistics.median(work() for _ in range(ROUNDS))


def memory(report, folder):
    for plan in PLANS:
        report.figure(f"private memory of encode_carousel over its result, {plan}",
                      median_of_rounds(functools.partial(memory_of_result, plan)), " MB", at_most=32)
    for target, statement in {
        "file": f"SELECT export_carousel_to_file({CALL}, '{folder}/export')",
        "program": f"SELECT export_carousel_to_program({CALL}, 'cat >/dev/null')",
        "large object": f"SELECT export_carousel_to_large_object({CALL})",
    }.items():
        tenth, whole = (median_of_rounds(functools.partial(memory_of_export, database, statement))
                        for database in ("tenth", "carousel"))
        report.figure(f"private memory of an export to a {target}, over that of a tenth of the rows", whole - tenth,
                      " MB", at_most=16)


def aggregate(report, backend):
    """Sections that are finished already."""
    backend.execute("CREATE TABLE sections AS SELECT substr(decode(repeat(md5(n::text), 16), 'hex'), 1, 250) AS section"
                    f" FROM generate_series(1, {MESSAGES}) AS n")
    backend.execute("VACUUM ANALYZE sections")
    ours, theirs = "section_agg(section)", "string_agg(section, '')"
    if not backend.one(f"SELECT {ours} = {theirs} FROM sections"):
        raise SystemExit("bench/run: section_agg and string_agg have different bytes")
    works = {call: Work(f"SELECT octet_length({call}) FROM sections", answer("bytes")) for call in (ours, theirs)}
    costs = report.compare("putting sections of 250 bytes together", backend, works, amount=MESSAGES,
                           unit="sections", base=theirs)
    report.figure("section_agg / string_agg", costs[ours] / costs[theirs], at_most=2)
    backend.execute("DROP TABLE sections")


def run():
    report = Report("carousel", TITLE)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, \
            make_database("carousel", "carousel_data.sql", messages=MESSAGES) as whole, \
            make_database("tenth", "carousel_data.sql", messages=MESSAGES // 10) as tenth:
        folder = pathlib.Path(folder)
        folder.chmod(0o777)
        for plan in PLANS:
            shares(report, whole, plan, folder)
        designs(report, whole, MESSAGES, folder, with_queries=False)
        designs(report, tenth, MESSAGES // 10, folder, with_queries=True)
        memory(report, folder)
        aggregate(report, whole)
    return report
