#!/usr/bin/env python3
"""Runs clang-tidy over the .cpp files of src/, but for those that are known to be clean.

A file is known if everything of ours that decides is the same to the byte as when clang-tidy found nothing in it: the file,
the headers of src/ that it includes, directly or not, and the configuration; and if the version of clang-tidy, the flags and
the server's major version are the same. Lines of comment decide nothing, unless they speak to clang-tidy. Headers of the
system and of the server do not count: their packages' updates change nothing that our files are judged by.

RECORD, which is committed, has a hash of that for each file; it is written anew after each run. Merges keep the lines of
both sides (.gitattributes), and the next run drops what is of no use. The same hashes, of all states that this user has
seen, are in ${XDG_CACHE_HOME:-~/.cache}/onetrip/tidy, for branches that are on their way.

    scripts/lib/tidy.py FOLDER OF THE SERVER'S HEADERS [AGAIN]

So many of the known files, chosen at random, are looked at again: .ci/run believes no record unseen. The exit status is 1
if there is something to correct.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sys
import time

TIDY = "clang-tidy-14"
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wreserved-identifier", "-Wreserved-macro-identifier", "-Isrc"]
SOURCE = pathlib.Path("src")
CONFIGURATION = pathlib.Path(".clang-tidy")
RECORD = pathlib.Path("scripts/lib/tidy_clean.txt")
COMMENT = re.compile(rb"^[ \t]*//(?!.*NOLINT).*\n|[ \t]*///<.*$", re.MULTILINE)
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
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
def version():
    """clang-tidy's; that of the machine's processor, which it prints too, does not matter."""
    output = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"version \S+", output)[0]


def files_of_ours(source):
    """The file and the headers of src/ that it includes, directly or not, whether a condition lets it or not."""
    found, ahead = set(), [source]
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            names = [name.decode() for name in INCLUDE.findall(path.read_bytes())]
            ahead += [file for name in names for file in (SOURCE / name, path.parent / name) if file.is_file()]
    return sorted(found)


def digest_of(path):
    return hashlib.sha256(COMMENT.sub(b"", path.read_bytes())).hexdigest()


def key_of(source, flags):
    parts = [version(), *flags]
    for path in [CONFIGURATION, *files_of_ours(pathlib.Path(source))]:
        parts.append(f"{path.as_posix()} {digest_of(path)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def recorded_keys():
    if not RECORD.exists():
        return set()
    return {line.split()[0] for line in RECORD.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


def write_record(keys):
    """A line for each file that is clean now; the file is touched only if it changes."""
    lines = ["# Written by scripts/lint: states in which clang-tidy finds nothing. See scripts/lib/tidy.py."]
    lines += [f"{key} {source}" for source, key in sorted(keys.items())]
    text = "\n".join(lines) + "\n"
    if not RECORD.exists() or RECORD.read_text(encoding="utf-8") != text:
        RECORD.write_text(text, encoding="utf-8")
        print(f"{RECORD} is to be committed")


def run_tidy(source, flags):
    """Whether it is clean, and what clang-tidy prints."""
    run = subprocess.run([TIDY, "--quiet", source, "--", *flags], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return True, run.stdout
    # "N warnings generated" counts what is not shown.
    return False, run.stdout + re.sub(r"(?m)^\d+ warnings? .*\n", "", run.stderr)


def look_at(sources, flags):
    """The keys of the sources that are clean; what is wrong with others is printed."""
    clean = {}

    def look(source):
        key = key_of(source, flags)
        is_clean, output = run_tidy(source, flags)
        # It may have been edited in the meantime.
        return source, key if is_clean and key == key_of(source, flags) else None, output

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for source, key, output in pool.map(look, sources):
            print(output, end="", flush=True)
            if key:
                clean[source] = key
    return clean


def main(server_folder, again):
    flags = [*FLAGS, "-isystem", server_folder]
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    forget_old_marks(folder)
    recorded = recorded_keys()
    keys = {path.as_posix(): key_of(path, flags) for path in sorted(SOURCE.rglob("*.cpp"))}
    known = {source: key for source, key in keys.items() if key in recorded or (folder / key).exists()}
    doubted = random.sample(sorted(known), min(again, len(known)))
    unseen = sorted(keys.keys() - known.keys())
    clean = look_at(doubted + unseen, flags)
    for source in doubted:
        del known[source]
    known.update(clean)
    for key in known.values():
        (folder / key).touch()
    write_record(known)
    print(f"{len(keys)} files: {len(keys) - len(unseen)} were known to be clean, {len(doubted)} of them looked at again; "
          f"{len(unseen)} were not; {len(keys) - len(known)} have something to correct")
    return 1 if len(known) < len(keys) or not keys else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
