"""A team's way from an exporter with a query for each message to one with a server-side cursor, and from a writer of single
bits to ctypes: each step next to export_carousel_to_file, in a process of its own. Not a part of a run of everything.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from harness import BENCH, ROUNDS, Report, agree, cost_of, make_database, md5_of_file, size
from story_peers import EXPORT, READERS, WRITERS

TITLE = "a team's steps, from a query for each message to one statement"
MESSAGES = size("STORY", 100_000)
BY_CAMPAIGN = "peewee: a query for each campaign"


def run_once(step, path):
    command = [sys.executable, BENCH / "story_peers.py", "story", step, path]
    run = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    facts = {"messages": run.pop("messages"), "md5 of the carousel": md5_of_file(path)}
    path.unlink()
    return run, facts


def compare(report, title, steps, folder):
    """The steps in turn, each in a process of its own; the median cost of each."""
    runs, facts = {step: [] for step in steps}, {}
    for _ in range(ROUNDS):
        for number, step in enumerate(steps):
            run, found = run_once(step, folder / f"{number}.bin")
            runs[step].append(run)
            agree(facts, step, found)
    report.add(title, runs, amount=MESSAGES, unit="messages", base=steps[0], facts=facts)
    return {step: cost_of(of_one) for step, of_one in runs.items()}


def scanned(backend):
    """How many rows of messages the plan for one campaign's messages reads."""
    plan = backend.one("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM messages WHERE campagne_id_fk = 50 ORDER BY id")
    nodes, rows = [plan[0]["Plan"]], 0
    for node in nodes:
        if "Relation Name" in node:
            rows += node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        nodes += node.get("Plans", [])
    return rows


def index_pair(report, backend, folder):
    """The query for each campaign with the index on the foreign key, and without it."""
    with_index, rows_with_index = compare(report, "with the index on campagne_id_fk", (EXPORT, BY_CAMPAIGN), folder), scanned(backend)
    for (index,) in backend.execute("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'messages'::regclass"
                                    " AND indkey[0] = (SELECT attnum FROM pg_attribute"
                                    " WHERE attrelid = indrelid AND attname = 'campagne_id_fk')"):
        backend.execute(f"DROP INDEX {index}")
    without, rows_without = compare(report, "without that index", (EXPORT, BY_CAMPAIGN), folder), scanned(backend)
    report.figure("a query for each campaign without the index / with it", without[BY_CAMPAIGN] / with_index[BY_CAMPAIGN],
                  " times the CPU")
    report.figure("rows that are read for a campaign, with the index", rows_with_index)
    report.figure("rows that are read for a campaign, without it", rows_without)


def run():
    report = Report("story", TITLE)
    # The export is written by the server's user, the steps by this one.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, \
            make_database("story", "carousel_data.sql", messages=MESSAGES) as backend:
        folder = pathlib.Path(folder)
        folder.chmod(0o777)
        compare(report, "how the rows are read", (EXPORT, *READERS), folder)
        compare(report, "how the bytes are written", (EXPORT, *WRITERS), folder)
        index_pair(report, backend, folder)
    return report
