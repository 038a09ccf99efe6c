#!/usr/bin/env python3
"""Runs the examples of README.md and docs/*.md as a reader would, and compares what they show.

    check_pages.py [PAGE...]    all of them, or these

Each page gets a database of its own on the server that PGHOST and PGPORT name, those of docs/ with the
extension in it, and its SQL blocks are given to one psql in the page's order. What a page says by its
fences:

    ```sql                    run; without a block of output after it, it must raise nothing
    ```                       right after a SQL block: what psql prints for it, errors included
    ```sql volatile=a,b       run; the cells of these columns are not compared
    ```sh, ```text            no SQL, not run

"(2 rows)" is left out of pages, and so are blanks at the ends of lines. Output that begins with \\x
shows the values of a single column without their heading, broken where the page likes; a value
begins at the left margin. /srv/carousels is a scratch folder while the page is run. Any other fence is
an error, so that no example is left out by mistake.

Links within the repository must lead somewhere, docs/ must name every function, view and setting of the
extension that is for users, and docs/reference.md must have the signatures of all of them.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import signatures

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "/srv/carousels"
SEPARATOR = "-- the next block --"
RAISED = re.compile(r"^(WARNING|ERROR|FATAL|PANIC):  ", re.MULTILINE)
FOOTER = re.compile(r"^\(\d+ rows?\)$")
OUTPUT, NOT_SQL = "", ("sh", "text")


class PageError(Exception):
    """A page that breaks the conventions above."""


class Block:
    def __init__(self, info, line, text):
        self.info = info
        self.line = line
        self.text = text


class Example:
    def __init__(self, block):
        self.line = block.line
        self.sql = block.text
        self.volatile = set()
        self.shown = None  # the text of its block of output
        for word in block.info.split()[1:]:
            name, _, value = word.partition("=")
            if name == "volatile" and value:
                self.volatile.update(value.split(","))
            else:
                raise PageError(f"line {block.line}: unknown word {word!r} after ```sql")


def blocks_of(page):
    """Everything between fences, and None for each stretch of prose."""
    block = None
    for number, line in enumerate(page.splitlines(), start=1):
        fence = re.match(r"^ *```(.*)$", line)
        if block is None and fence:
            block = Block(fence[1].strip(), number, "")
        elif block is not None and fence:
            yield block
            block = None
        elif block is not None:
            block.text += line + "\n"
        elif line.strip():
            yield None
    if block is not None:
        raise PageError(f"line {block.line}: a fence that is never closed")


def examples_of(page):
    examples = []
    before = None  # the example that a block of output belongs to
    for block in blocks_of(page):
        if block is None or block.info in NOT_SQL:
            before = None
        elif block.info == OUTPUT:
            if before is None:
                raise PageError(f"line {block.line}: output that belongs to no SQL block")
            before.shown = block.text
            before = None
        elif block.info.split()[0] == "sql":
            before = Example(block)
            examples.append(before)
        else:
            raise PageError(f"line {block.line}: unknown fence ```{block.info}")
    return examples


def ends_its_statement(sql):
    last = re.sub(r"--.*", "", sql.rstrip().splitlines()[-1]).rstrip()
    return last.endswith(";") or "\\" in last


# The server lets DROP DATABASE and a TEMPLATE wait for the sessions before this one, but for 5 s only.
WAIT = """DO $$
BEGIN
    FOR i IN 1..18000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname IN ({}) AND pid <> pg_backend_pid());
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
"""


def with_waits(script):
    """The script; where it leaves a database that it has made, it waits until its session there has ended."""
    made = ", ".join(f"'{name}'" for name in re.findall(r"^CREATE DATABASE (\w+)", script, flags=re.MULTILINE))
    if not made:
        return script
    return re.sub(r"^\\connect .*\n", lambda connect: connect[0] + WAIT.format(made), script, flags=re.MULTILINE)


def outputs_of(examples, database, scratch):
    """What psql prints for each example."""
    script = "\\pset footer off\n"
    for example in examples:
        script += example.sql.replace(FOLDER, scratch + FOLDER) + f"\\echo {SEPARATOR}\n"
    psql = subprocess.run(
        ["psql", "-X", "-q", "-d", database], input=with_waits(script), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, cwd=scratch, encoding="utf-8", check=False,
        # A zone that no page has in mind: what depends on it must set its own.
        env={**os.environ, "PGTZ": "Asia/Kathmandu", "PGCLIENTENCODING": "UTF8"})
    printed = psql.stdout.replace(scratch + FOLDER, FOLDER).split(SEPARATOR + "\n")
    if len(printed) != len(examples) + 1:
        raise PageError(f"psql ended early, with status {psql.returncode}:\n{printed[-1]}")
    return printed[:-1]


def plain_lines(text):
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return [line for line in lines if not FOOTER.match(line)]


def without_trailing_blank(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def cells_without(volatile, lines):
    """The cells of aligned tables, those of volatile columns replaced by an ellipsis."""
    headings, rows = [], []
    for line, following in zip(lines, lines[1:] + [""]):
        if re.fullmatch(r"[-+]+", line):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if re.fullmatch(r"-[-+]*", following):
            headings = cells
        elif len(cells) == len(headings):
            cells = ["…" if heading in volatile else cell for heading, cell in zip(headings, cells)]
        rows.append(cells)
    return rows


def joined_values(lines):
    """Values that were broken over several lines, those after the first indented."""
    return re.sub(r"\n\s+", "", "\n".join(lines)).splitlines()


def is_as_shown(example, printed):
    shown = without_trailing_blank(plain_lines(example.shown))
    got = without_trailing_blank(plain_lines(printed))
    if shown and shown[0].startswith("\\x"):
        return joined_values(shown) == [line.strip() for line in got[2:]]
    if example.volatile:
        return cells_without(example.volatile, shown) == cells_without(example.volatile, got)
    return shown == got


def fault_of(example, printed):
    """What is wrong with an example that was run; None if nothing is."""
    if not ends_its_statement(example.sql):
        return "the last statement has no end"
    if example.shown is None:
        return f"it raised\n{printed}" if RAISED.search(printed) else None
    if is_as_shown(example, printed):
        return None
    return f"the page shows\n{example.shown}but it prints\n{printed}"


def prose_of(text):
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors_of(path):
    """What the headings of a page are called in links to it."""
    headings = re.findall(r"^#+ (.*)$", prose_of(path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links_of(path):
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(path.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if link.startswith("http"):
            continue
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    return dead


# What a user may call, read or set. The others serve a type, an aggregate, the planner or the loader,
# and have no page.
FOR_USERS = """
    SELECT DISTINCT p.proname FROM pg_depend AS d JOIN pg_proc AS p ON d.objid = p.oid
    WHERE d.classid = 'pg_proc'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
      AND p.proname !~ '^section_(layout|agg)_' AND p.proname <> 'submission_support'
    UNION SELECT c.relname FROM pg_depend AS d JOIN pg_class AS c ON d.objid = c.oid
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
    UNION SELECT name FROM pg_settings WHERE name LIKE 'onetrip.%'"""


def names_for_users(database):
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-d", database, "-c", FOR_USERS],
                          check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout.split()


def undocumented(pages, names):
    """Names that no page of docs/ has, in more than the list of signatures."""
    manual = "".join(signatures.without_table(page.read_text(encoding="utf-8")) for page in pages if page.parent != ROOT)
    if len(names) < 30:
        return ["(too few names were found to be all of them)"]
    return [name for name in names if not re.search(rf"\b{re.escape(name)}\b", manual)]


def make_database(database, with_extension):
    subprocess.run(["createdb", database], check=True)
    if with_extension:
        subprocess.run(["psql", "-X", "-q", "-d", database, "-c", "CREATE EXTENSION onetrip"], check=True)


def check_page(path, database):
    """Runs a page; returns how many examples passed, and the faults of the others."""
    name = path.relative_to(ROOT)
    try:
        examples = examples_of(path.read_text(encoding="utf-8"))
        make_database(database, with_extension=path.parent != ROOT)
        with tempfile.TemporaryDirectory() as scratch:
            os.chmod(scratch, 0o755)
            folder = Path(scratch + FOLDER)
            folder.mkdir(parents=True)
            folder.chmod(0o777)  # the server is another user
            printed = outputs_of(examples, database, scratch)
    except PageError as error:
        return 0, [f"{name}, {error}"]
    faults = [f"{name}, line {example.line}: {fault}"
              for example, output in zip(examples, printed)
              if (fault := fault_of(example, output))]
    return len(examples) - len(faults), faults


def main():
    all_pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    chosen = [Path(name).resolve() for name in sys.argv[1:]] or all_pages
    passed = failed = 0
    for number, path in enumerate(chosen):
        page_passed, faults = check_page(path, f"page_{number}")
        passed += page_passed
        faults += [f"{path.relative_to(ROOT)}: dead link {link}" for link in dead_links_of(path)]
        failed += len(faults)
        for fault in faults:
            print(fault, end="\n\n")
    if chosen == all_pages:
        names = names_for_users("page_1")
        for title, wrong in (("no page of docs/ has", undocumented(all_pages, names)),
                             ("docs/reference.md (see tests/docs/signatures.py):", signatures.faults("page_1"))):
            for name in wrong:
                print(f"{title} {name}")
            passed, failed = passed + (not wrong), failed + len(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
