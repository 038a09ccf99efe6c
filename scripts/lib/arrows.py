#!/usr/bin/env python3
"""Holds the arrows between the folders of src/ against the includes.

A file may include what lies in its own folder (the longest of KNOWS that it is in) and in those that KNOWS names for it.
A folder of src/ that KNOWS has not is a problem. Headers of the server are for
src/postgres/ alone, and its version for compat.hpp alone.

    scripts/lib/arrows.py [FOLDER OF THE SERVER'S HEADERS]...

The exit status is 1 if an include goes against the arrows.
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path("src")

# The pure folders, and what each knows.
PURE = {
    "base": [],
    "jsonb": ["base"],
    "transport": ["base"],
    "section": ["base", "jsonb", "transport"],
    "submission": ["base", "jsonb"],
    "submission/dialects": ["base", "jsonb"],
    "roundtrip": ["base"],
}
# The folders that may include headers of the server.
WITH_SERVER = {
    "postgres": [],
    "postgres/server": ["base", "jsonb"],
    "postgres/sections": ["postgres/server", "base", "jsonb", "transport", "section"],
    "postgres/carousel": ["postgres/server", "postgres/sections", "base", "jsonb", "transport", "section"],
    "postgres/submissions": ["postgres/server", "base", "jsonb", "submission", "submission/dialects"],
    "postgres/round_trips": ["postgres/server", "base", "roundtrip"],
}
KNOWS = {**PURE, **WITH_SERVER}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
VERSION = re.compile(r"\b(PG_VERSION_NUM|PG_MAJORVERSION_NUM)\b")
VERSION_FILE = "compat.hpp"


def folder_of(path):
    """The longest folder of KNOWS that a path relative to src/ is in."""
    parents = [parent.as_posix() for parent in pathlib.PurePosixPath(path).parents]
    return next((parent for parent in parents if parent in KNOWS), None)


def is_of_server(name, server_folders):
    return any((folder / name).is_file() for folder in server_folders)


def problem_of_include(folder, quote, name, server_folders):
    """What is wrong with an include in a file of the folder; None if nothing is."""
    if (SOURCE / name).is_file():
        target = folder_of(name)
        if target == folder or target in KNOWS[folder]:
            return None
        return f"src/{folder} does not know src/{target}"
    if folder in WITH_SERVER:
        return None
    if is_of_server(name, server_folders):
        return f"src/{folder} is a pure folder, and this is a header of the server"
    return f"there is no src/{name}" if quote == '"' else None


def problems_of_line(path, folder, line, server_folders):
    include = INCLUDE.match(line)
    if include:
        problem = problem_of_include(folder, include[1], include[2], server_folders)
        return [problem] if problem else []
    if path.name != VERSION_FILE and VERSION.search(line):
        return [f"only {VERSION_FILE} asks for the server's version"]
    return []


def problems_of(path, server_folders):
    folder = folder_of(path.relative_to(SOURCE).as_posix())
    if folder is None:
        return [f"{path}: scripts/lib/arrows.py does not say what this folder knows"]
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"{path}:{number}: {problem}: {line.strip()}"
        for number, line in enumerate(lines, 1)
        for problem in problems_of_line(path, folder, line, server_folders)
    ]


def main(server_folders):
    files = sorted(path for path in SOURCE.rglob("*") if path.suffix in (".c", ".cpp", ".hpp", ".h"))
    if not files:
        sys.exit("arrows.py: no files in src/")
    problems = [problem for path in files for problem in problems_of(path, server_folders)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main([pathlib.Path(folder) for folder in sys.argv[1:]]))
