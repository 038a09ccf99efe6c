#!/usr/bin/env python3
"""The table of signatures in docs/reference.md, as the server has them: the functions, procedures, aggregates and views for
users, and the version that has had each first.

    signatures.py DATABASE            writes the table anew, from a database that has the extension
    signatures.py DATABASE --check    prints what is not as the server has it

A function is of 0.1 if that version's script makes one of its name that takes the same first arguments.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference.md"
BEGIN, END = "<!-- tests/docs/signatures.py -->", "<!-- /tests/docs/signatures.py -->"

# The others serve a type, an aggregate, the planner, the loader or a view.
IS_FOR_USERS = """p.proname !~ '^section_(layout|agg)_|^load_(answers|change|events|hashes|rows|support)$|_rows$'
    AND p.proname NOT IN ('submission_support', 'jsonb_or_null', 'list_standard_layouts',
                          'round_trip_loops', 'round_trip_totals', 'running_round_trips')"""
FUNCTIONS = f"""
    SELECT p.proname, CASE p.prokind WHEN 'p' THEN 'CALL ' WHEN 'a' THEN 'aggregate ' ELSE '' END,
           pg_get_function_arguments(p.oid), coalesce(pg_get_function_result(p.oid), ''),
           array_to_string(p.proargtypes::regtype[], '|')
    FROM pg_depend AS d JOIN pg_proc AS p ON d.objid = p.oid
    WHERE d.classid = 'pg_proc'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
      AND {IS_FOR_USERS}"""
VIEWS = """
    SELECT c.relname, 'view ', string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum),
           '', 'view'
    FROM pg_depend AS d JOIN pg_class AS c ON d.objid = c.oid JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
      AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY c.relname"""

MADE = re.compile(r"^CREATE (?:FUNCTION|PROCEDURE|AGGREGATE|VIEW) (\w+)(?:\s*\(((?:[^()']|'[^']*'|\([^()]*\))*)\))?",
                  re.MULTILINE)
ARGUMENT = re.compile(r'(?:IN(?:OUT)? )?(?:"?\w+"? )?("?\w+"?(?: varying)?(?:\[\])?)(?: DEFAULT .*)?', re.DOTALL)


def asked(database, query):
    """The rows of a query, as lists of texts."""
    answer = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-d", database, "-c", query],
                            check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return [row.strip("\n").split("\x1f") for row in answer.split("\x1e") if row.strip("\n")]


def first_version(database):
    """The names that the script of 0.1 makes, each with the types of the arguments of all functions of the name."""
    script = (ROOT / "tests/upgrade/onetrip--0.1.0.sql").read_text(encoding="utf-8")
    made = {}
    for name, arguments in MADE.findall(script):
        parts = re.split(r",\s*(?=[^()]*(?:\(|$))", re.sub(r"\s+", " ", arguments.strip()))
        types = [ARGUMENT.fullmatch(part)[1] for part in parts if part and not part.startswith("OUT ")]
        made.setdefault(name, []).append(types)
    words = sorted({word for lists in made.values() for types in lists for word in types})
    known = asked(database, "SELECT w, w::regtype FROM unnest('{" + ",".join(words) + "}'::text[]) AS w")
    names = dict(known)
    return {name: [[names[word] for word in types] for types in lists] for name, lists in made.items()}


def since(made, name, types):
    taken = [] if types in ("", "view") else types.split("|")
    return "0.1" if any(taken[: len(first)] == first for first in made.get(name, [])) else "0.2"


def table(database):
    made = first_version(database)
    found = asked(database, FUNCTIONS) + asked(database, VIEWS)
    lines = []
    for name, kind, arguments, result, types in sorted(found, key=lambda row: (row[0], row[4])):
        arguments = re.sub(r"DEFAULT ('[^']*'|NULL)::[a-z\[\] ]+", r"DEFAULT \1", arguments)  # its type stands before it
        signature = f"{kind}{name}({arguments})" if types != "view" else f"{kind}{name}: {arguments}"
        returned = f"`{result}`" if result and kind != "CALL " else ""
        lines.append(f"| `{signature}` | {returned} | {since(made, name, types)} |\n")
    return "| signature | returns | since |\n|---|---|---|\n" + "".join(lines).replace("||", "\\|\\|")


def without_table(page):
    return page.split(BEGIN)[0] + page.split(END)[-1] if BEGIN in page else page


def faults(database):
    """What the page says otherwise than the server."""
    shown = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip().splitlines()
    right = table(database).strip().splitlines()
    return [f"missing: {line}" for line in right if line not in shown] + [
        f"wrong: {line}" for line in shown if line not in right]


def main(database, *options):
    if "--check" in options:
        found = faults(database)
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(database)}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
