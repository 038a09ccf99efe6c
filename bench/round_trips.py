"""What the watch over round trips costs: instructions of the backend for each transaction of pgbench with one client.
The transactions are a look-up by key, a list of 20 rows with a look-up for each of them, and an insert, each by the
simple protocol, by the extended one, and prepared.

Instructions in user space are counted by valgrind's callgrind, so that a shared machine does not matter, and one run
is as good as many. Two runs of different length are subtracted from each other, which leaves the transactions alone.
The servers are started for this, in folders of their own; as root they run as the user postgres.
"""

import contextlib
import math
import os
import pathlib
import re
import subprocess
import tempfile
import time

from harness import Report, size

TITLE = "the watch over round trips"
TRANSACTIONS = size("TRANSACTIONS", 2_000)

FLOOR, WATCHED, WITHOUT_VALUES = "without a library", "onetrip, watch = on", "onetrip, watch_values = off"
REQUESTED = "onetrip, watch_request = traceparent"
PEER = "pg_stat_statements"
SERVERS = {
    FLOOR: {},
    "onetrip, watch = off": {"shared_preload_libraries": "onetrip", "onetrip.watch": "off"},
    WITHOUT_VALUES: {"shared_preload_libraries": "onetrip", "onetrip.watch_values": "off"},
    WATCHED: {"shared_preload_libraries": "onetrip"},
    REQUESTED: {"shared_preload_libraries": "onetrip", "onetrip.watch_request": "traceparent"},
    PEER: {"shared_preload_libraries": "pg_stat_statements"},
}

PROTOCOLS = ("prepared", "extended", "simple")
LOOK_UP, LIST, INSERT = "a look-up by key", "a list of 20 and a look-up for each", "an insert"
TAGGED = "a tagged look-up by key"
SCRIPTS = {
    LOOK_UP: """\\set aid random(1, 100000)
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
""",
    LIST: """\\set first random(1, 99980)
BEGIN;
SELECT aid FROM pgbench_accounts WHERE aid BETWEEN :first AND :first + 19;
""" + "".join(f"""\\set aid :first + {n}
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
""" for n in range(20)) + "COMMIT;\n",
    INSERT: """\\set aid random(1, 100000)
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, 0, CURRENT_TIMESTAMP);
""",
}
# All of one request, so that each is looked for in the shared table: the dearest case.
SCRIPTS[TAGGED] = SCRIPTS[LOOK_UP].replace(";", " /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/;")
# As many statements in a run of each.
SHARE = {LOOK_UP: 1, LIST: 20, INSERT: 1, TAGGED: 1}

# What the watch may add, in %: by itself, compared with pg_stat_statements, and without the proof by values.
AT_MOST = {(LOOK_UP, "prepared"): 4, (LIST, "prepared"): 5}
ABOVE_PEER = 1.5
WITHOUT_VALUES_AT_MOST = 2.34  # 0.5 points more than version 0.1, which had no such proof
REQUESTS_AT_MOST = 2  # points, of a look-up


# Without what names the server on which bench/run has started us.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def as_server_user(command):
    """The server refuses to be root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


class Server:
    """A server under callgrind, in a folder of its own."""

    def __init__(self, folder, bindir, stage, settings):
        self.folder = pathlib.Path(folder)
        self.bindir = pathlib.Path(bindir)
        self.data = self.folder / "data"
        self.profiles = self.folder / "profiles"
        library = stage / "usr/lib/postgresql" / self.bindir.parent.name / "lib"
        self.settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "fsync": "off",
            "autovacuum": "off", "jit": "off", "extension_destdir": str(stage),
            "dynamic_library_path": f"{library}:$libdir", **settings,
        }

    def run(self, program, *arguments):
        return subprocess.run(as_server_user([str(self.bindir / program), *arguments]), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=self.folder, env=ENVIRONMENT).stdout

    def pgbench(self, *arguments):
        return self.run("pgbench", "-h", str(self.folder), *arguments, "postgres")

    def make(self):
        self.run("initdb", "-D", str(self.data), "-E", "UTF8", "--locale=C", "-A", "trust")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())
        for number, script in enumerate(SCRIPTS.values()):
            self.script(number).write_text(script)
            self.script(number).chmod(0o644)
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "start")
        self.pgbench("-i", "-q")
        self.run("pg_ctl", "-D", str(self.data), "-w", "stop")

    def __enter__(self):
        self.make()
        subprocess.run(as_server_user(["mkdir", str(self.profiles)]), check=True)
        self.process = subprocess.Popen(
            as_server_user(["valgrind", "--quiet", "--tool=callgrind", "--trace-children=yes",
                            f"--callgrind-out-file={self.profiles}/%p",
                            str(self.bindir / "postgres"), "-D", str(self.data)]),
            cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(120):
            time.sleep(0.5)
            if (self.folder / ".s.PGSQL.5432").exists() and self.is_ready():
                return self
        raise SystemExit(f"bench/run: the server under valgrind does not start, see {self.folder}")

    def is_ready(self):
        command = [str(self.bindir / "pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(command, check=False, env=ENVIRONMENT).returncode == 0

    def __exit__(self, *exception):
        self.run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")
        self.process.wait()

    def processes(self):
        """Those that the server has started."""
        postmaster = (self.data / "postmaster.pid").read_text().split()[0]
        return set(pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())

    def script(self, number):
        return self.folder / f"script{number}.sql"

    def instructions(self, name, protocol, transactions):
        """Of the backend that ran them: the one with the most of those that have ended since."""
        others, before = self.processes(), set(self.profiles.iterdir())
        self.pgbench("-n", "-f", str(self.script(list(SCRIPTS).index(name))), "-M", protocol, "-c", "1",
                     "-t", str(transactions), "--random-seed=1")
        for _ in range(600):
            if not self.processes() - others:
                break
            time.sleep(0.1)
        profiles = set(self.profiles.iterdir()) - before
        return max(int(re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE).group(1))
                   for path in profiles)


@contextlib.contextmanager
def started(kind, settings):
    """A server of this kind with the extension that bench/run has built, in a folder that goes with it."""
    bindir = subprocess.run([os.environ["PG_CONFIG"], "--bindir"], check=True, stdout=subprocess.PIPE,
                            text=True).stdout.strip()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", folder], check=True)
        with kind(folder, bindir, pathlib.Path(os.environ["ONETRIP_STAGE"]), settings) as server:
            yield server


def measure(settings):
    """Instructions for one transaction of each kind."""
    with started(Server, settings) as server:
        # The first connection fills caches of the server itself.
        server.instructions(LOOK_UP, "prepared", TRANSACTIONS // 10)
        costs = {}
        for name in SCRIPTS:
            amount = TRANSACTIONS // SHARE[name]
            for protocol in PROTOCOLS:
                short, long = (server.instructions(name, protocol, amount // 10 + more) for more in (0, amount))
                costs[name, protocol] = (long - short) / amount
        return costs


def run():
    report = Report("round_trips", TITLE)
    costs = {server: measure(settings) for server, settings in SERVERS.items()}
    for kind in costs[FLOOR]:
        report.add(", ".join(kind), {server: [{"cost": costs[server][kind]}] for server in SERVERS},
                   amount=1, unit="transaction", base=FLOOR, cost="instructions")
        added = {server: 100 * (costs[server][kind] / costs[FLOOR][kind] - 1) for server in SERVERS}
        report.figure(f"{', '.join(kind)}: what the watch adds", added[WATCHED], " %",
                      at_most=min(AT_MOST.get(kind, math.inf), round(added[PEER] + ABOVE_PEER, 2)))
        if kind == (LOOK_UP, "prepared"):
            report.figure("the same without the proof by values", added[WITHOUT_VALUES], " %",
                          at_most=WITHOUT_VALUES_AT_MOST)
        if kind[0] == LOOK_UP:
            report.figure(f"{', '.join(kind)}: what watch_request adds to that", added[REQUESTED] - added[WATCHED], " points",
                          at_most=REQUESTS_AT_MOST)
        if kind[0] == TAGGED:
            report.figure(f"{', '.join(kind)}: what watch_request adds to that", added[REQUESTED] - added[WATCHED], " points")
    return report
