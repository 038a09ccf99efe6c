"""What the watch over round trips costs where 32 sessions take turns, each of which finds the processor's caches and
page tables filled by the others: CPU time of the backends, in the kernel too. Half of the sessions are watched. Each
statement is sent by one of them after the other, so that what disturbs the machine disturbs both halves.

The server is started for this, in a folder of its own; as root it runs as the user postgres.
"""

import pathlib
import random
import statistics

import psycopg

from harness import Report, size
from round_trips import LIST, LOOK_UP, PROTOCOLS, WATCHED, Server, started

TITLE = "the watch over 32 sessions"
SESSIONS, PAIRS = 32, 20
TURNS = size("TURNS", 200)  # of a pair
AT_MOST = 3  # %
UNWATCHED = "onetrip, watch = off"
LIST_LENGTH = 20


class PlainServer(Server):
    """The same server without callgrind."""

    def __enter__(self):
        self.make()
        self.run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "start")
        return self

    def __exit__(self, *exception):
        self.run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")


class Session:
    def __init__(self, folder, protocol, watch):
        self.watch = watch
        self.prepare = protocol == "prepared"
        factory = psycopg.ClientCursor if protocol == "simple" else psycopg.Cursor
        self.connection = psycopg.connect(host=str(folder), port=5432, user="postgres", dbname="postgres", autocommit=True,
                                          cursor_factory=factory, options=f"-c onetrip.watch={watch}")

    def run(self, statement, parameters=None):
        self.connection.execute(statement, parameters, prepare=self.prepare).fetchall()

    def control(self, command):
        self.connection.execute(command)

    def cpu(self):
        """The first number of schedstat: nanoseconds on a processor, user and system."""
        return int(pathlib.Path(f"/proc/{self.connection.info.backend_pid}/schedstat").read_text().split()[0])


ROW = "SELECT abalance FROM pgbench_accounts WHERE aid = %s"
ROWS = "SELECT aid FROM pgbench_accounts WHERE aid BETWEEN %s AND %s"


def look_up(sessions):
    for session in sessions:
        session.run(ROW, (random.randint(1, 100_000),))


def list_and_look_ups(sessions):
    first = random.randint(1, 100_000 - LIST_LENGTH)
    for session in sessions:
        session.control("BEGIN")
    for session in sessions:
        session.run(ROWS, (first, first + LIST_LENGTH - 1))
    for key in range(first, first + LIST_LENGTH):
        for session in sessions:
            session.run(ROW, (key,))
    for session in sessions:
        session.control("COMMIT")


# As many statements in a run of each.
WORKS = {LOOK_UP: (look_up, TURNS), LIST: (list_and_look_ups, max(TURNS // LIST_LENGTH, 1))}


def pair(sessions, work, turns):
    """CPU seconds of both halves for the same."""
    random.shuffle(sessions)
    before = [session.cpu() for session in sessions]
    for _ in range(turns):
        work(sessions)
    taken = {"on": 0, "off": 0}
    for session, start in zip(sessions, before):
        taken[session.watch] += (session.cpu() - start) / 1e9
    return taken


def measure(folder, protocol, work, turns):
    sessions = [Session(folder, protocol, ("on", "off")[number % 2]) for number in range(SESSIONS)]
    pair(sessions, work, turns)
    pairs = [pair(sessions, work, turns) for _ in range(PAIRS)]
    for session in sessions:
        session.connection.close()
    return pairs


def run():
    report = Report("sessions", TITLE)
    with started(PlainServer, {"shared_preload_libraries": "onetrip"}) as server:
        for name, (work, turns) in WORKS.items():
            for protocol in PROTOCOLS:
                kind = f"{name}, {protocol}"
                pairs = measure(server.folder, protocol, work, turns)
                report.add(kind, {UNWATCHED: [{"cost": taken["off"]} for taken in pairs],
                                  WATCHED: [{"cost": taken["on"]} for taken in pairs]},
                           amount=turns * SESSIONS // 2, unit="transaction", base=UNWATCHED)
                added = statistics.median(100 * (taken["on"] / taken["off"] - 1) for taken in pairs)
                report.figure(f"{kind}: what the watch adds with 32 sessions", added, " %", at_most=AT_MOST)
    return report
