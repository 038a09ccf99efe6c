"""load_response_events, to be compared with the processors of workshop_peers.py. As a program:

    workshop_loader.py DATABASE

loads and prints what that took as JSON. A process of its own, since its memory is measured too.
"""

import json
import pathlib
import sys
import time

import psycopg2


def sizes_of(process):
    """What the kernel says of a process's memory, in bytes."""
    lines = (process / "status").read_text().splitlines()
    return {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":", 1) for line in lines)
            if name.startswith(("Vm", "Rss"))}


class Costs:
    """What this process and a backend take from now on; of memory, from their beginning."""

    def __init__(self, pid):
        self.process = pathlib.Path(f"/proc/{pid}")
        self.backend, self.client, self.wall = self.backend_seconds(), time.process_time(), time.perf_counter()

    def backend_seconds(self):
        return int((self.process / "schedstat").read_text().split()[0]) / 1e9

    def taken(self):
        wall = time.perf_counter() - self.wall
        client = time.process_time() - self.client
        # The backend answers before it goes to sleep, and is charged when it does.
        time.sleep(0.02)
        backend = self.backend_seconds() - self.backend
        sizes = sizes_of(self.process)
        return {"cost": backend + client, "backend": backend, "client": client, "wall": wall,
                "client peak": sizes_of(pathlib.Path("/proc/self"))["VmHWM"],
                "backend peak": sizes["VmHWM"] - sizes["RssShmem"] - sizes["RssFile"]}


def run_loader(database):
    session = psycopg2.connect(dbname=database)
    session.autocommit = True
    costs = Costs(session.info.backend_pid)
    with session.cursor() as cursor:
        cursor.execute("SET client_min_messages = warning")
        cursor.execute("CALL load_response_events('app', 'dwh')")
        cursor.fetchall()
    return costs.taken()


if __name__ == "__main__":
    print(json.dumps(run_loader(sys.argv[1])))
