#!/usr/bin/env python3
"""Draws the bits of a section as an SVG, 32 a row, as syntax tables of standards are drawn.

Standard input has a field a line, as layout_fields gives them: name, width in bits, type, source, by
tabs; \\N is NULL. The argument is the section's name. The fields of a list are drawn once.
"""

import sys
from html import escape
from itertools import takewhile

BITS = 32
REPEATED = ' style="fill: #7d5ba6; stroke: none"'  # the bar over the fields of a list
BIT_WIDTH, ROW_HEIGHT = 28, 44
LEFT, TOP = 56, 76  # room for byte numbers on the left, for the title and bit numbers above
VARIABLE_ROWS = 2  # what a field of width * is drawn with

STYLE = """
    text { font-family: ui-monospace, "DejaVu Sans Mono", monospace; fill: #1b2733; }
    .name { font-size: 12px; text-anchor: middle; }
    .source { font-size: 10px; text-anchor: middle; fill: #52616f; }
    .scale { font-size: 10px; text-anchor: middle; fill: #7b8794; }
    .byte { font-size: 10px; text-anchor: end; fill: #7b8794; }
    .title { font-size: 15px; font-weight: bold; }
    rect { stroke: #33475b; stroke-width: 1; }
    .row { fill: #d9ecff; }
    .constant { fill: #eef0f2; }
    .computed { fill: #ffe9c7; }
    .variable { fill: #d8f3dc; }
    .page { fill: #ffffff; stroke: none; }
    .seam { stroke: #ffffff; stroke-width: 2; stroke-dasharray: 4 4; }
"""
LEGEND = [("row", "from the row"), ("constant", "constant"), ("computed", "computed"), ("variable", "as long as its items")]


class Field:
    def __init__(self, line):
        path, width, self.type, source = line.rstrip("\n").split("\t")
        self.of, _, self.name = path.rpartition(".")  # the list or object that it is in
        self.width = None if width == "\\N" else int(width)
        self.source = "" if source == "\\N" else source

    @property
    def is_heading(self):
        return self.type.split()[0] in ("list", "object")

    @property
    def kind(self):
        if self.width is None:
            return "variable"
        if self.source[:1].isdigit():
            return "constant"
        return "computed" if self.source.endswith(")") or self.type == "rpchof" else "row"

    @property
    def note(self):
        """What stands below the name: the source where it says more than the name."""
        return self.type if self.source == self.name else self.source


class Piece:
    """The part of a field that lies in one row; `before` is its part in the row above."""

    def __init__(self, field, row, column, bits, before):
        self.field, self.row, self.column, self.bits, self.before = field, row, column, bits, before

    @property
    def end(self):
        return self.column + self.bits


def pieces_of(fields):
    row = column = 0
    for field in fields:
        left = field.width if field.width is not None else VARIABLE_ROWS * BITS
        piece = None
        while left > 0:
            bits = min(left, BITS - column)
            left -= bits
            piece = Piece(field, row, column, bits, piece)
            yield piece
            column += bits
            if column == BITS:
                row, column = row + 1, 0


def shortened(text, width):
    letters = int(width / 7.3)
    return text if len(text) <= letters else text[:max(letters - 1, 1)] + "…"


def text(css, x, y, content):
    return f'<text class="{css}" x="{x:g}" y="{y:g}">{escape(content)}</text>'


def seam(piece, y):
    """No border where a field goes on below itself, but a dashed line."""
    if piece.before is None or piece.end <= piece.before.column:
        return
    x1 = LEFT + max(piece.column, piece.before.column) * BIT_WIDTH + 1
    x2 = LEFT + min(piece.end, piece.before.end) * BIT_WIDTH - 1
    yield f'<line class="seam" x1="{x1}" y1="{y}" x2="{x2}" y2="{y}"/>'


def drawn(piece, labelled):
    field, width = piece.field, piece.bits * BIT_WIDTH
    x, y = LEFT + piece.column * BIT_WIDTH, TOP + piece.row * ROW_HEIGHT
    yield (f'<rect class="{field.kind}" x="{x}" y="{y}" width="{width}" height="{ROW_HEIGHT}">'
           f"<title>{escape(f'{field.name}: {field.width or chr(42)} {field.type} = {field.source}')}</title></rect>")
    if field.of.endswith("[]"):
        yield f'<rect x="{x + 1}" y="{y + 1}" width="{width - 2}" height="4"{REPEATED}/>'
    yield from seam(piece, y)
    if labelled:
        yield text("name", x + width / 2, y + 19, shortened(field.name, width))
        yield text("source", x + width / 2, y + 34, shortened(field.note, width * 1.15))
    else:
        yield text("source", x + width / 2, y + 26, shortened(f"… {field.name}", width * 1.15))


def widest_pieces(pieces):
    """Of each field the piece that takes its name: the widest, the first of several."""
    widest = {}
    for piece in pieces:
        if piece.field not in widest or piece.bits > widest[piece.field].bits:
            widest[piece.field] = piece
    return set(widest.values())


def scales(rows, fields):
    for bit in range(0, BITS + 1, 8):
        yield text("scale", LEFT + bit * BIT_WIDTH, TOP - 8, str(bit))
    # Bytes are numbered as far as they are the same for all sections.
    fixed_bits = sum(field.width for field in takewhile(lambda field: field.width is not None, fields))
    for row in range(min(rows, fixed_bits // BITS + 1)):
        yield text("byte", LEFT - 8, TOP + row * ROW_HEIGHT + 27, f"byte {row * BITS // 8}")


def legend(y, fields):
    x = LEFT
    for css, meaning in LEGEND:
        yield f'<rect class="{css}" x="{x}" y="{y}" width="14" height="14"/>'
        yield f'<text class="scale" x="{x + 20}" y="{y + 11}" style="text-anchor: start">{escape(meaning)}</text>'
        x += 60 + 7 * len(meaning)
    lists = dict.fromkeys(field.of for field in fields if field.of.endswith("[]"))
    for name in lists:
        yield f'<rect x="{x}" y="{y + 5}" width="14" height="4"{REPEATED}/>'
        yield f'<text class="scale" x="{x + 20}" y="{y + 11}" style="text-anchor: start">{escape(f"for each of {name[:-2]}")}</text>'
        x += 140 + 7 * len(name)


def picture(name, fields):
    pieces = list(pieces_of(fields))
    rows = pieces[-1].row + 1
    labelled = widest_pieces(pieces)
    width, height = LEFT + BITS * BIT_WIDTH + 20, TOP + rows * ROW_HEIGHT + 50
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
             f"<title>{escape(f'The bits of the {name}')}</title>", f"<style>{STYLE}</style>",
             f'<rect class="page" width="{width}" height="{height}"/>',
             text("title", LEFT, 28, f"The bits of the {name}")]
    for piece in pieces:
        lines += drawn(piece, piece in labelled)
    lines += scales(rows, fields)
    lines += legend(height - 32, fields)
    return "\n".join(lines + ["</svg>"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], [field for field in map(Field, sys.stdin) if not field.is_heading]))
