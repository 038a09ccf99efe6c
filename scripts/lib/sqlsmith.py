#!/usr/bin/env python3
"""Lets sqlsmith loose on the server of PGHOST and PGPORT, and says what the server's log says.

    sqlsmith.py SECONDS STATEMENTS SEED JOBS LOG

It ends when both are reached. LOG is the server's log in JSON, with log_error_verbosity = verbose. The exit status is 1
where a server process died, or where an internal error (XX000) was raised by a file of ours: these alone are C++.
"""

import collections
import json
import re
import subprocess
import sys
import threading
import time

DATABASE = "tests/fuzz/sqlsmith.sql"
OURS = re.compile(r"\b(onetrip|called)\.\w+\(")
OPERANDS = re.compile(r'"[^"]*"|\d+|(?<=does not exist: ).*|(?<=operator for type ).*|(?<=types ).* cannot be matched')
STATEMENTS_A_RUN = 2000
SECONDS_A_RUN = 1200  # a guard: sqlsmith waits for a server that does not come back


class Runs:
    """Runs of sqlsmith, one after the other in each thread, each with a seed of its own."""

    def __init__(self, seconds, statements, seed):
        self.end = time.monotonic() + seconds
        self.wanted = statements
        self.seed = seed
        self.statements = 0
        self.ours = 0
        self.lock = threading.Lock()

    def next_seed(self):
        with self.lock:
            if time.monotonic() >= self.end and self.statements >= self.wanted:
                return None
            self.seed += 1
            return self.seed - 1

    def work(self):
        while (seed := self.next_seed()) is not None:
            self.run(seed)

    def seconds_left(self):
        """Of a run that begins now. Where statements are asked for too, it may go on for them."""
        return SECONDS_A_RUN if self.wanted > 0 else max(1, min(SECONDS_A_RUN, self.end - time.monotonic()))

    def run(self, seed):
        command = ["timeout", f"{self.seconds_left():.1f}", "sqlsmith", "--target=user=fuzz password=fuzz", "--exclude-catalog", "--dump-all-queries",
                   f"--seed={seed}", f"--max-queries={STATEMENTS_A_RUN}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace") as sqlsmith:
            self.count(sqlsmith.stdout)

    def count(self, lines):
        statement = []
        for line in lines:
            statement.append(line)
            if line.endswith(";\n"):
                with self.lock:
                    self.statements += 1
                    self.ours += bool(OURS.search("".join(statement)))
                statement = []


def ask(query):
    return subprocess.run(["psql", "-X", "-A", "-t", "-c", query], check=True, capture_output=True, text=True).stdout.splitlines()


def records(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            try:
                yield json.loads(line)
            except ValueError:
                print(f"not a line of a log: {line!r}")


def report_errors(path):
    """Distinct errors, numbers and names in them aside; returns how many are to be fixed."""
    errors, bad = collections.Counter(), []
    for record in records(path):
        state, message = record.get("state_code", ""), record.get("message", "")
        if "was terminated by signal" in message or record["error_severity"] == "PANIC":
            bad.append(record)
        elif record["error_severity"] in ("ERROR", "FATAL"):
            file = record.get("file_name", "")
            errors[state, file, OPERANDS.sub("…", message)[:100]] += 1
            if state == "XX000" and file.endswith(".cpp"):
                bad.append(record)
    print(f"\n{sum(errors.values())} errors, {len(errors)} distinct ones:")
    for (state, file, message), count in sorted(errors.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"{count:8} {state} {file}: {message}")
    for record in bad:
        print(f"\nTO BE MENDED: {json.dumps(record, indent=1)}")
    return len(bad)


def main():
    seconds, statements, seed, jobs = map(int, sys.argv[1:5])
    subprocess.run(["psql", "-X", "-q", "-f", DATABASE], check=True)
    runs = Runs(seconds, statements, seed)
    begin = time.monotonic()
    threads = [threading.Thread(target=runs.work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{runs.statements} statements in {time.monotonic() - begin:.0f} s, {runs.ours} of them with a function of ours; "
          f"seeds {seed} to {runs.seed - 1}")
    print("calls:", " ".join(ask("SELECT string_agg(funcname || ' ' || calls, ', ' ORDER BY calls DESC) FROM pg_stat_user_functions "
                                 "WHERE schemaname = 'onetrip'")))
    if report_errors(sys.argv[5]) > 0 or runs.ours == 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
