"""What the benchmarks share: databases, the CPU time of a backend and of its client, works that are measured in
turn and must come to the same, and the report of all that.
"""

import dataclasses
import hashlib
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psycopg2

import tables

BENCH = pathlib.Path(__file__).resolve().parent


def size(name, default):
    """ONETRIP_BENCH_<name> of the environment, or the default."""
    return int(os.environ.get(f"ONETRIP_BENCH_{name}", default))


ROUNDS = size("ROUNDS", 5)


# ---- the server -----------------------------------------------------------------------------------

class Backend:
    """A session whose backend's use of the processor and of memory can be read."""

    def __init__(self, database):
        self.session = psycopg2.connect(dbname=database)
        self.session.autocommit = True
        self.cursor = self.session.cursor()
        self.pid = self.session.info.backend_pid
        self.execute("SET client_min_messages = warning")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.session.close()

    def execute(self, statement):
        self.cursor.execute(statement)
        return self.cursor.fetchall() if self.cursor.description else []

    def one(self, statement):
        return self.execute(statement)[0][0]

    def cpu_seconds(self):
        """The first number of schedstat: nanoseconds on a processor, user and system."""
        return int(pathlib.Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9

    def memory(self, kind):
        """RssAnon is private memory, VmHWM the highest resident set, in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == kind:
                return int(rest.split()[0]) * 1024
        raise RuntimeError(f"the kernel does not tell {kind}")


def make_database(name, *files, **variables):
    """A database with the extension and what the files put there, read into the buffers."""
    with Backend("postgres") as backend:
        backend.execute(f"CREATE DATABASE {name}")
    words = [word for key, value in variables.items() for word in ("-v", f"{key}={value}")]
    words += [word for file in files for word in ("-f", BENCH / file)]
    subprocess.run(["psql", "-Xq", "-d", name, "-v", "ON_ERROR_STOP=1", "-c", "CREATE EXTENSION onetrip",
                    "-c", "CREATE EXTENSION pg_prewarm", *words], check=True, stdout=subprocess.DEVNULL)
    backend = Backend(name)
    backend.execute("SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i') AND relnamespace IN"
                    " ('public'::regnamespace, 'pg_toast'::regnamespace)")
    return backend


# ---- measuring ------------------------------------------------------------------------------------

@dataclasses.dataclass
class Work:
    """What is measured: a statement, or a function of the backend. `facts` are what its result comes to, as a
    function of that result; a fact of one name is the same for all works that are compared."""

    do: str | Callable
    facts: Callable = lambda result: {}
    prepare: str = ""

    def __call__(self, backend):
        return self.do(backend) if callable(self.do) else backend.execute(self.do)


def answer(name):
    """The fact that a statement has one value, and this one."""
    return lambda rows: {name: rows[0][0]}


def measure(backend, work):
    """CPU seconds of the backend and of this process, seconds of the clock on the wall, and the work's result."""
    if work.prepare:
        backend.execute(work.prepare)
    client, server, wall = time.process_time(), backend.cpu_seconds(), time.perf_counter()
    result = work(backend)
    wall = time.perf_counter() - wall
    # The backend answers before it goes to sleep, and is charged when it does.
    time.sleep(0.02)
    run = {"backend": backend.cpu_seconds() - server, "client": time.process_time() - client, "wall": wall}
    return {"cost": run["backend"] + run["client"], **run}, result


def in_turn(backend, works):
    """The runs of each work, and the facts. All go once to warm up, and then in turn, so that what disturbs the
    machine for a while disturbs all of them."""
    runs, facts = {name: [] for name in works}, {}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            run, result = measure(backend, work)
            if number > 0:
                runs[name].append(run)
            agree(facts, name, work.facts(result))
    return runs, facts


def agree(facts, name, found):
    for fact, value in found.items():
        if facts.setdefault(fact, value) != value:
            sys.exit(f"bench/run: \"{name}\" has another {fact} than the others: {value}, not {facts[fact]}")


def peak_of(backend, statement, interval=0.002):
    """The most private memory while a statement runs, over that before it."""
    before = peak = backend.memory("RssAnon")
    done = threading.Event()

    def sample():
        nonlocal peak
        while not done.wait(interval):
            peak = max(peak, backend.memory("RssAnon"))

    sampler = threading.Thread(target=sample)
    sampler.start()
    backend.execute(statement)
    done.set()
    sampler.join()
    return peak - before


def md5_of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def run_program(source, folders):
    """Builds bench/<source> with the objects that the extension is made of, and runs it. It prints a run a line:
    group, name, how much it did, and CPU seconds, by tabs."""
    repository = BENCH.parent
    program = repository / "build/bench" / pathlib.Path(source).stem
    objects = [path for folder in folders for path in sorted((repository / "src" / folder).glob("*.o"))]
    subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O2", f"-I{repository / 'src'}",
                    f"-I{repository / 'tests'}", "-o", program, BENCH / source, *objects], check=True)
    output = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    groups = {}
    for line in output.splitlines():
        group, name, amount, seconds = line.split("\t")
        amount, runs = groups.setdefault(group, (float(amount), {}))
        runs.setdefault(name, []).append({"cost": float(seconds)})
    return groups


# ---- the report -----------------------------------------------------------------------------------

def cost_of(runs):
    return statistics.median(run["cost"] for run in runs)


class Report:
    """Of one subject: groups of works that were compared, and figures that follow from them. All is printed as
    soon as it is known."""

    def __init__(self, subject, title):
        self.content = {"title": title, "groups": [], "figures": []}
        print(f"\n## {subject}: {title}", flush=True)

    def compare(self, title, backend, works, **how):
        """Measures the works in turn; returns the median cost of each."""
        runs, facts = in_turn(backend, works)
        return self.add(title, runs, facts=facts, **how)

    def add(self, title, runs, amount, unit, base, cost="CPU s", facts=None):
        group = {"title": title, "amount": amount, "unit": unit, "base": base, "cost": cost,
                 "facts": facts or {}, "runs": runs}
        self.content["groups"].append(group)
        print("\n" + tables.of_group(group), flush=True)
        return {name: cost_of(of_one) for name, of_one in runs.items()}

    def figure(self, name, value, unit="", at_most=None, at_least=None):
        figure = {"name": name, "value": value, "unit": unit, "at_most": at_most, "at_least": at_least}
        self.content["figures"].append(figure)
        print(f"\n{tables.of_figure(figure)}", flush=True)
