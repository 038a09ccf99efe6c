"""Runs the subjects that the arguments name, or all of them, and writes build/bench/results.json, results.md and
benchmark.svg. bench/run calls it on a throw-away server.
"""

import datetime
import importlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import bars
import harness
import tables
from tables import LONG, SUBJECTS

RESULTS = harness.BENCH.parent / "build/bench"


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          cwd=harness.BENCH.parent).stdout.strip()


def machine():
    """What bears on the figures, and nothing that names the machine."""
    models = {line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")}
    return {"processors": os.cpu_count(), "model": ", ".join(sorted(models)), "architecture": platform.machine(),
            "load before": round(os.getloadavg()[0], 1)}


def versions():
    with harness.Backend("postgres") as backend:
        server = backend.one("SELECT version()")
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return {"commit": output_of("git", "describe", "--always", "--dirty"), "server": server, "system": system,
            "compiler": output_of(os.environ.get("CXX", "g++"), "--version").splitlines()[0],
            "python": platform.python_version()}


def main():
    chosen = sys.argv[1:] or SUBJECTS
    if unknown := set(chosen) - {*SUBJECTS, *LONG}:
        sys.exit(f"bench/run: no subject {', '.join(sorted(unknown))}; there are: {', '.join((*SUBJECTS, *LONG))}")
    began = time.monotonic()
    results = {"date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(), "rounds": harness.ROUNDS,
               "machine": machine(), "versions": versions(), "subjects": {}}
    for name in chosen:
        before = time.monotonic()
        report = importlib.import_module(name).run()
        results["subjects"][name] = {**report.content, "seconds": round(time.monotonic() - before)}
    results["seconds"] = round(time.monotonic() - began)
    results["machine"]["load after"] = round(os.getloadavg()[0], 1)
    for name, content in (("results.json", json.dumps(results, indent=1) + "\n"),
                          ("results.md", tables.of_results(results)), ("benchmark.svg", bars.of_results(results))):
        (RESULTS / name).write_text(content)
    print(f"\nAll of it took {results['seconds']} s. Tables, single runs and bars: {RESULTS.relative_to(RESULTS.parents[1])}")


if __name__ == "__main__":
    main()
