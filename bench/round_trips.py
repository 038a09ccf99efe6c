"""What the watch over round trips costs: instructions of the backend for each transaction of pgbench's select-only
script, prepared, one client.

Instructions in user space are counted by valgrind's callgrind, so that a shared machine does not matter. Two runs of
different length are subtracted from each other, which leaves the transactions alone. The servers are started for this,
in folders of their own; as root they run as the user postgres.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import time

from harness import ROUNDS, Report, size

TITLE = "the watch over round trips"
TRANSACTIONS = size("TRANSACTIONS", 2_000)

FLOOR, WATCHED = "without a library", "onetrip, watch = on"
SERVERS = {
    FLOOR: {},
    "onetrip, watch = off": {"shared_preload_libraries": "onetrip", "onetrip.watch": "off"},
    WATCHED: {"shared_preload_libraries": "onetrip"},
    "pg_stat_statements": {"shared_preload_libraries": "pg_stat_statements"},
}


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

    def instructions(self, transactions):
        """Of the backend that ran them: the one with the most of those that have ended since."""
        others, before = self.processes(), set(self.profiles.iterdir())
        self.pgbench("-n", "-S", "-M", "prepared", "-c", "1", "-t", str(transactions),
                     "--random-seed=1")
        for _ in range(600):
            if not self.processes() - others:
                break
            time.sleep(0.1)
        profiles = set(self.profiles.iterdir()) - before
        return max(int(re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE).group(1))
                   for path in profiles)


def measure(bindir, stage, settings):
    """A run a round: instructions for one transaction."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", folder], check=True)
        with Server(folder, bindir, stage, settings) as server:
            short, long = TRANSACTIONS // 10, TRANSACTIONS + TRANSACTIONS // 10
            # The first connection fills caches of the server itself.
            server.instructions(short)
            return [{"cost": (server.instructions(long) - server.instructions(short)) / TRANSACTIONS}
                    for _ in range(ROUNDS)]


def run():
    report = Report("round_trips", TITLE)
    bindir = subprocess.run([os.environ["PG_CONFIG"], "--bindir"], check=True, stdout=subprocess.PIPE,
                            text=True).stdout.strip()
    stage = pathlib.Path(os.environ["ONETRIP_STAGE"])
    costs = report.add(f"a transaction of pgbench -S -M prepared, {TRANSACTIONS:,} of them a run",
                       {name: measure(bindir, stage, settings) for name, settings in SERVERS.items()},
                       amount=1, unit="transaction", base=FLOOR, cost="instructions")
    report.figure("the watch's share of a transaction's instructions", 100 * (costs[WATCHED] / costs[FLOOR] - 1), " %",
                  at_most=4)
    return report
