#!/usr/bin/env python3
"""Draws a session of the demo as an SVG: a terminal with parts of what the demo printed, which is read from standard input.

Only parts that are the same on every day and on every machine are shown, so that a test can compare the picture.
"""

import re
import sys
from html import escape

# The headings of the parts, and how many lines of each are shown; None: all of them.
SHOWN = (("One statement makes a carousel of them", 5), ("What does not fit is refused, never cut", None),
         ("Flattened: a row for each answer", 19))
TAKES_TIME = re.compile(r"Time: [\d.]+ ms")  # psql's \timing
COLUMNS, WIDTH, LEFT, TOP, LINE = 136, 960, 24, 62, 16

STYLE = """
    text { font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 11px; fill: #d7dde3; white-space: pre; }
    .window { fill: #1b2733; stroke: #9aa7b4; }
    .bar { fill: #33475b; }
    .command { fill: #ffffff; font-weight: bold; }
    .heading { fill: #ffd166; font-weight: bold; }
    .sql { fill: #8ecbff; }
    .error { fill: #ff9d94; }
    .omitted { fill: #9aa7b4; }
"""


def parts_of(output):
    """What stands below each heading, by the heading's text."""
    parts, lines = {}, []
    for line in output.splitlines():
        if heading := re.fullmatch(r"== (.*) ==", line):
            lines = parts.setdefault(heading[1], [])
        elif not TAKES_TIME.fullmatch(line):
            lines.append(line.rstrip())
    return parts


def without_outer_blanks(lines):
    return "\n".join(lines).strip("\n").split("\n")


def wrapped(line):
    """As a terminal breaks a line that is too long."""
    return [line[begin:begin + COLUMNS] for begin in range(0, max(len(line), 1), COLUMNS)]


def kind_of(line, before):
    """Whether the line belongs to a statement, to an error, or to a result."""
    if re.match(r"(SELECT|UPDATE|CALL) ", line) or before == "sql" and re.match(r" *(FROM|WHERE|JOIN) | {4}\S", line):
        return "sql"
    return "error" if re.match(r"(ERROR|DETAIL|HINT): ", line) else ""


def session(parts):
    """The lines of the picture, each with its class."""
    yield "command", "$ scripts/demo"
    for title, limit in SHOWN:
        lines = without_outer_blanks(parts[title])
        yield from (("omitted", "…"), ("heading", f"== {title} =="), ("", ""))
        kind = ""
        for line in lines[:limit]:
            kind = kind_of(line, kind)
            yield from ((kind, piece) for piece in wrapped(line))
    yield "omitted", "…"


def picture(lines):
    height = TOP + LINE * len(lines) + 8
    dots = (f'<circle cx="{LEFT + 2 + 20 * number}" cy="26" r="6" fill="{colour}"/>'
            for number, colour in enumerate(("#ff9d94", "#ffd166", "#8fd19e")))
    texts = (f'<text class="{css}" x="{LEFT}" y="{TOP + LINE * number}" xml:space="preserve">{escape(line, quote=False)}</text>'
             for number, (css, line) in enumerate(lines) if line)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>A session of the demo</title>", f"<style>{STYLE}</style>",
        f'<rect class="window" x="8" y="8" width="{WIDTH - 16}" height="{height - 16}" rx="8"/>',
        f'<path class="bar" d="M8 44V16a8 8 0 0 1 8-8h{WIDTH - 32}a8 8 0 0 1 8 8v28z"/>', *dots, *texts, "</svg>"]) + "\n"


if __name__ == "__main__":
    found = parts_of(sys.stdin.read())
    if missing := [title for title, _ in SHOWN if not found.get(title)]:
        sys.exit(f"draw_demo.py: the demo did not show: {'; '.join(missing)}")
    sys.stdout.write(picture(list(session(found))))
