#!/usr/bin/env python3
"""Draws a client's loop before and after its fix as an SVG: who works and who waits, from left to right.

The picture is a page of its own, so that it is readable on white and on dark.
"""

import sys

from draw_way import line, svg, text

WIDTH, HEIGHT = 960, 356
LEFT, RIGHT = 110, 940  # the lanes of client and server
LANE = 66  # from the client's to the server's
ROUND = 84  # of a statement and its result


def lane(y, name):
    return [text(24, y + 5, name, "room"), f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" stroke="#9aa7b4"/>']


def work(css, x, y, width):
    return f'<rect class="{css}" x="{x}" y="{y - 9}" width="{width}" height="18" rx="3"/>'


def round_trip(x, y, served, statement):
    """A statement that travels to the server, is served, and whose result travels back."""
    arrives, leaves = x + 24, x + 24 + served
    return [work("client", x - 8, y, 16), line("way", (x + 4, y + 10), (arrives, y + LANE - 11)), work("server", arrives - 4, y + LANE, served + 8),
            line("way", (leaves, y + LANE - 10), (leaves + 24, y + 11)), text((arrives + leaves) / 2, y + LANE + 26, statement, "note")]


def before():
    y = 74
    parts = [text(24, 32, "Before: a query for the list, and one for each of its rows", "title"), *lane(y, "client"), *lane(y + LANE, "server"),
             *round_trip(LEFT + 20, y, 22, "the list")]
    for number in range(6):
        name = ("row 1", "row 2", "row 3", "row 4", "…", "row n")[number]
        parts += round_trip(LEFT + 20 + 96 + number * ROUND, y, 8, name)
    end = LEFT + 20 + 96 + 6 * ROUND
    parts += [work("client", end - 20, y, 16), text(end + 10, y - 18, "n + 1 round trips", "note", "start")]
    return parts


def after():
    y = 242
    return [text(24, 204, "After: one query with a join", "title"), *lane(y, "client"), *lane(y + LANE, "server"),
            *round_trip(LEFT + 20, y, 52, "the list and all its rows"), work("client", LEFT + 112, y, 16),
            text(LEFT + 150, y - 18, "one round trip; the server works a little longer, and nobody waits for the network", "note", "start")]


if __name__ == "__main__":
    sys.stdout.write(svg("A loop before and after its fix", WIDTH, HEIGHT, [*before(), *after()]))
