#!/usr/bin/env python3
"""Draws the path of a message through the house as an SVG, next to the path that it takes row by row.

The picture is a page of its own, so that it is readable on white and on dark.
"""

import sys
from html import escape

WIDTH, HEIGHT = 960, 474

STYLE = """
    text { font-family: system-ui, "DejaVu Sans", sans-serif; font-size: 13px; fill: #1b2733; text-anchor: middle; }
    .title { font-size: 15px; font-weight: bold; text-anchor: start; }
    .note { font-size: 11px; fill: #52616f; }
    .room { font-size: 12px; fill: #52616f; text-anchor: start; }
    .page { fill: #ffffff; }
    .house { fill: #f4f6f8; stroke: #9aa7b4; }
    .server { fill: #d9ecff; stroke: #33475b; }
    .pure { fill: #d8f3dc; stroke: #33475b; }
    .client { fill: #ffe9c7; stroke: #33475b; }
    .way { stroke: #33475b; stroke-width: 1.5; fill: none; marker-end: url(#head); }
    .loss { stroke: #b3261e; stroke-width: 1.5; fill: none; marker-end: url(#red); }
    .wall { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 6 4; }
"""
HEADS = "".join(f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
                f'<path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>' for name, colour in (("head", "#33475b"), ("red", "#b3261e")))


def text(x, y, content, css="", anchor=""):
    style = f' style="text-anchor: {anchor}"' if anchor else ""
    return f'<text class="{css}" x="{x}" y="{y}"{style}>{escape(content)}</text>'


def box(css, x, y, width, height, title, *notes):
    """A name, and below it what happens there."""
    middle, top = x + width / 2, y + (height - 16 * len(notes)) / 2 + 5
    return [f'<rect class="{css}" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>', text(middle, top, title),
            *(text(middle, top + 17 + 15 * number, note, "note") for number, note in enumerate(notes))]


def line(css, *points):
    return f'<path class="{css}" d="M{" L".join(f"{x} {y}" for x, y in points)}"/>'


def inside():
    """One statement: the message stays where the server is."""
    top, height = 96, 62
    return [
        text(24, 32, "One statement: the rows stay in the server", "title"),
        '<rect class="house" x="24" y="48" width="912" height="232" rx="6"/>',
        text(40, 70, "the server's process", "room"), text(436, 70, "pure C++", "room"),
        *box("server", 36, top, 116, height, "ordered join", "zones, campaigns,", "messages"),
        *box("server", 170, top, 100, height, "tuple slot", "a row as it lies", "in the buffer"),
        *box("server", 292, top, 108, height, "column_reader", "one for each", "SQL type"),
        *box("pure", 436, top, 100, height, "Value", "a view:", "nothing copied"),
        *box("pure", 558, top, 120, height, "Encoder", "image of constants,", "then the row's bits"),
        *box("server", 722, top, 144, height, "SectionSink", "memory of the result,", "or a block of 128 KB"),
        *(line("way", (x, top + height / 2), (to, top + height / 2))
          for x, to in ((152, 170), (270, 292), (400, 436), (536, 558), (678, 722))),
        line("wall", (418, 58), (418, 180)), line("wall", (700, 58), (700, 180)),
        text(418, 195, "wall", "note"), text(700, 195, "wall", "note"),
        *targets(),
    ]


def targets():
    """Where the sections go, all from the sink."""
    names = (("bytea", "up to 1 GB"), ("rows", "a section each"), ("file", "whole or not at all"),
             ("program", "such as an uploader"), ("large object", "for \\lo_export"))
    for number, (name, note) in enumerate(names):
        x = 40 + 163 * number
        yield from box("server", x, 226, 150, 42, name, note)
        yield line("way", (x + 75, 212), (x + 75, 226))
    yield line("way", (787, 158), (787, 212)).replace(' d="', ' style="marker-end: none" d="')
    yield line("way", (115, 212), (787, 212)).replace(' d="', ' style="marker-end: none" d="')


def outside():
    """Row by row: what the client's loop does."""
    top = 348
    return [
        text(24, 316, "Row by row: each row as text over the wire, and a wait for each", "title"),
        *box("server", 40, top, 108, 62, "ordered join", "or a query", "for each message"),
        *box("server", 182, top, 124, 62, "output function", "each column", "to text"),
        *box("client", 436, top, 100, 62, "driver", "text to objects", "of the language"),
        *box("client", 558, top, 120, 62, "structures", "packed field", "by field"),
        *box("client", 722, top, 130, 62, "file", "written by", "the client"),
        line("way", (148, 379), (182, 379)), line("loss", (306, 371), (436, 371)), line("loss", (436, 387), (306, 387)),
        line("way", (536, 379), (558, 379)), line("way", (678, 379), (722, 379)),
        text(371, 362, "the network", "note"), text(371, 405, "the next query", "note"),
        text(40, 434, "server", "room"), text(436, 434, "client", "room"),
        text(24, 460, "A wall: no ERROR of PostgreSQL skips the destructor of a C++ object, and no C++ exception reaches the server.", "note",
             "start"),
    ]


def svg(title, width, height, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{title}</title>", f"<style>{STYLE}</style>", f"<defs>{HEADS}</defs>",
        f'<rect class="page" width="{width}" height="{height}"/>', *parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(svg("The path of a message", WIDTH, HEIGHT, [*inside(), *outside()]))
