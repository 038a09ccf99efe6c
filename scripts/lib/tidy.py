#!/usr/bin/env python3
"""Runs clang-tidy over the .cpp files of src/, but for those that it has found clean before.

A file was found clean before if everything that decides is the same to the byte: clang-tidy itself, its configuration, the
flags, and each file that is read, the headers of the server and of the system too. A mark for each such state is kept in
${XDG_CACHE_HOME:-~/.cache}/onetrip/tidy, for the next clone as well. What was found not to be clean is looked at again.

    scripts/lib/tidy.py FOLDER OF THE SERVER'S HEADERS

The exit status is 1 if there is something to correct.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TIDY = "clang-tidy-14"
COMPILER = "clang++-14"
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Isrc"]
DAYS_KEPT = 60


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") and os.environ["HOME"] + "/.cache") or "build"
    return pathlib.Path(home) / "onetrip" / "tidy"


def forget_old_marks(folder):
    oldest = time.time() - DAYS_KEPT * 86400
    for mark in folder.iterdir():
        try:
            if mark.stat().st_mtime < oldest:
                mark.unlink()
        except FileNotFoundError:
            pass  # another run has forgotten it


@functools.cache
def hash_of_state(path, _time, _size):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def hash_of(path):
    state = os.stat(path)
    return hash_of_state(path, state.st_mtime_ns, state.st_size)


@functools.cache
def identity_of_tools():
    """A program's version says little: the packages of a distribution change under it."""
    programs = [pathlib.Path(shutil.which(program)).resolve() for program in (TIDY, COMPILER)]
    return [f"{program} {program.stat().st_size} {program.stat().st_mtime_ns}" for program in programs]


def configurations(source):
    """The files that clang-tidy takes its configuration from, the nearest first, and those above it that it may inherit."""
    folders = pathlib.Path(source).resolve().parents
    return [folder / ".clang-tidy" for folder in folders if (folder / ".clang-tidy").is_file()]


def files_read(source, flags):
    """All files that the compiler reads for a source file, or None if it does not compile."""
    run = subprocess.run([COMPILER, *flags, "-M", source], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None
    return re.split(r"\s+", run.stdout.replace("\\\n", " ").split(":", 1)[1].strip())


def key_of(source, flags):
    files = files_read(source, flags)
    if files is None:
        return None
    parts = [*identity_of_tools(), *flags, *(hash_of(path) for path in configurations(source))]
    parts += [f"{path} {hash_of(path)}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def check(source, flags, folder):
    """("known", "clean" or "found", what clang-tidy prints)"""
    key = key_of(source, flags)
    mark = folder / key if key else None
    if mark and mark.exists():
        mark.touch()
        return "known", ""
    run = subprocess.run([TIDY, "--quiet", source, "--", *flags], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        # "N warnings generated" counts what is not shown.
        return "found", run.stdout + re.sub(r"(?m)^\d+ warnings? .*\n", "", run.stderr)
    if mark and key == key_of(source, flags):  # it may have been edited in the meantime
        mark.touch()
    return "clean", run.stdout


def main(server_folder):
    flags = [*FLAGS, "-isystem", server_folder]
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    forget_old_marks(folder)
    sources = sorted(path.as_posix() for path in pathlib.Path("src").rglob("*.cpp"))
    counts = {"known": 0, "clean": 0, "found": 0}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for result, output in pool.map(lambda source: check(source, flags, folder), sources):
            counts[result] += 1
            print(output, end="", flush=True)
    print(f"{len(sources)} files: {counts['known']} known to be clean, {counts['clean']} found clean, {counts['found']} not")
    return 1 if counts["found"] or not sources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
