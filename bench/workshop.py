"""The ETL workshop's own comparison: its scenarios and its seven processors next to load_response_events, each into the
workshop's tables, in a process of its own.
"""

import json
import subprocess
import sys

from harness import BENCH, ROUNDS, Backend, Report, agree, cost_of, make_database, size
from submissions import digest
from workshop_peers import PROCESSORS

LOADER = "CALL load_response_events"
TITLE = "the ETL workshop's scenarios and processors"
SUBMISSIONS = size("WORKSHOP", 3_000)

# Submissions and users. The forms are those of the subject submissions: three, of 13 to 68 questions, all answered.
SCENARIOS = {
    "empty": (0, 1),
    "basic": (1, 1),
    "small": (30, 10),
    "demo": (SUBMISSIONS // 10, 50),
    "medium": (SUBMISSIONS // 3, 100),
    "large, few users": (SUBMISSIONS, 10),
    "large, many users": (SUBMISSIONS, SUBMISSIONS),
}
# A small scenario is run so often; a large one once, since it takes minutes.
SMALL = 300

EVENTS = digest("SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path,"
                " value, answer_type, tag FROM dwh.response_events")


def run_once(database, name):
    program = ["workshop_loader.py", database] if name == LOADER else ["workshop_peers.py", database, name]
    command = [sys.executable, BENCH / program[0], *program[1:]]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def empty(backend):
    for table in ("response_events", "response_event_problems", "submission_loads"):
        if backend.one(f"SELECT to_regclass('dwh.{table}') IS NOT NULL"):
            backend.execute(f"TRUNCATE dwh.{table}")
    backend.execute("CHECKPOINT")


def scenario(report, name, submissions, users):
    database = "workshop_" + "".join(filter(str.isalpha, name))
    with make_database(database, "submission_data.sql", "workshop_data.sql", submissions=-(-submissions // 3),
                       limit=submissions, users=users) as backend:
        runs, facts = {work: [] for work in (LOADER, *PROCESSORS)}, {}
        for _ in range(ROUNDS if submissions <= SMALL else 1):
            for work, found in runs.items():
                empty(backend)
                found.append(run_once(database, work))
                agree(facts, work, {"rows": backend.one(EVENTS)})
        events = backend.one("SELECT count(*) FROM dwh.response_events")
    report.add(f"{name}: {submissions:,} submissions of {users:,} users", runs, amount=events, unit="events",
               base=LOADER, facts=facts)
    return runs


def run():
    report = Report("workshop", TITLE)
    for name, (submissions, users) in SCENARIOS.items():
        runs = scenario(report, name, submissions, users)
        if name.startswith("large"):
            fastest = min(cost_of(runs[processor]) for processor in PROCESSORS)
            report.figure(f"{name}: the fastest processor / {LOADER}", fastest / cost_of(runs[LOADER]),
                          " times the CPU")
    with Backend("postgres") as backend:
        for name in SCENARIOS:
            backend.execute("DROP DATABASE workshop_" + "".join(filter(str.isalpha, name)))
    return report
