"""The EIT schedule of a relational EPG: what its sections cost over the rows that they are made of, compared with Python
that builds the same bytes and TSDuck's compiler of tables; and what reading them costs, compared with reading the same rows
as text.
"""

import hashlib
import resource
import shutil
import subprocess
import tempfile

import epg_peers
from harness import ROUNDS, Report, Work, agree, cost_of, in_turn, make_database, size

TITLE = "an EIT schedule from a relational EPG, and back"
SERVICES = size("EPG_SERVICES", 300)
DAYS = size("EPG_DAYS", 7)

FLOOR = "SQL: rows by jsonb_agg alone"
ENCODE = "encode_sections of them"
PYTHON = "Python: a query, struct"
TSDUCK = "TSDuck: tstabcomp, from XML"

ROWS = "SELECT count(events) FROM eit_schedule_rows"
SECTIONS = "SELECT count(s), sum(octet_length(s)) FROM layouts, eit_schedule_rows AS r, encode_sections(writing, r) AS s"
DIGEST = ("SELECT sha256(section_agg(section ORDER BY service_id, table_id, part)) FROM (SELECT r.service_id, r.table_id, s.part, s.section"
          " FROM layouts, rows AS r, encode_sections(writing, r) WITH ORDINALITY AS s (section, part)) AS s")
PARALLEL = ("max_parallel_workers_per_gather = 2", "min_parallel_table_scan_size = 0", "parallel_setup_cost = 0", "parallel_tuple_cost = 0")

READING = {
    "decode_section": "SELECT count(decode_section(reading, section)) FROM layouts, sections",
    "jsonb_in of the same rows' text": "SELECT count(row::jsonb) FROM texts",
}


def sizes(rows):
    return dict(zip(("sections", "bytes"), map(int, rows[0]), strict=True))


def digest_with_workers(backend):
    for setting in PARALLEL:
        backend.execute(f"SET {setting}")
    plan = "\n".join(line for line, in backend.execute(f"EXPLAIN {DIGEST}"))
    if "Gather" not in plan:
        raise SystemExit(f"bench/run: no parallel plan:\n{plan}")
    digest = bytes(backend.one(DIGEST))
    for setting in PARALLEL:
        backend.execute(f"RESET {setting.split()[0]}")
    return digest


def check_bytes(backend):
    """The same sections with parallel workers and from Python, and back to the same bytes."""
    digest = bytes(backend.one(DIGEST))
    if digest_with_workers(backend) != digest:
        raise SystemExit("bench/run: parallel workers make other sections")
    if hashlib.sha256(b"".join(epg_peers.sections_of(backend.session))).digest() != digest:
        raise SystemExit("bench/run: Python makes other sections")
    if not backend.one("SELECT bool_and(encode_section(reading, decode_section(reading, section)) = section) FROM layouts, sections"):
        raise SystemExit("bench/run: what is decoded does not encode to the same bytes")


def with_python(backend):
    lengths = [len(section) for section in epg_peers.sections_of(backend.session)]
    return [(len(lengths), sum(lengths))]


def runs_of_tsduck(backend, facts):
    """CPU seconds of tstabcomp alone: the XML is there already. It cuts events into sections as it likes."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        xml, binary = f"{folder}/eit.xml", f"{folder}/eit.bin"
        epg_peers.write_xml(backend.session, xml)
        for _ in range(ROUNDS):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(["tstabcomp", "--compile", xml, "--output", binary], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            runs.append({"cost": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime})
            with open(binary, "rb") as file:
                agree(facts, "tstabcomp", {"events": epg_peers.events_in(file.read())})
    return runs


def run():
    report = Report("epg", TITLE)
    with make_database("epg", "epg_data.sql", services=SERVICES, days=DAYS) as backend:
        check_bytes(backend)
        events = backend.one("SELECT count(*) FROM events")
        runs, facts = in_turn(backend, {FLOOR: Work(ROWS), ENCODE: Work(SECTIONS, sizes), PYTHON: Work(with_python, sizes)})
        if shutil.which("tstabcomp"):
            runs[TSDUCK] = runs_of_tsduck(backend, {**facts, "events": events})
        else:
            print("\nTSDuck's tstabcomp is not installed: left out")
        report.add(f"an EIT schedule of {SERVICES} services and {DAYS} days", runs, amount=events, unit="events", base=FLOOR, facts=facts)
        report.figure("what encode_sections costs over the rows", cost_of(runs[ENCODE]) / cost_of(runs[FLOOR]) - 1, " of their cost", at_most=0.5)
        costs = report.compare("its sections read", backend, {name: Work(job) for name, job in READING.items()},
                               amount=events, unit="events", base="decode_section")
        report.figure("decode_section, over jsonb_in of the same rows' text", costs["decode_section"] / costs["jsonb_in of the same rows' text"],
                      " of its cost", at_most=0.5)
    return report
