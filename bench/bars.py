"""Results as bars: an SVG that is readable on white and on dark pages, because it has a page of its own."""

import statistics
from html import escape

# What is drawn: subject, title of the group, heading.
PANELS = (
    ("carousel", "ways to make a carousel, a tenth of the rows", "A carousel of messages: CPU time a message"),
    ("submissions", "answers of 3 forms of 13 to 68 questions", "Answers out of submissions: CPU time a row"),
    ("submissions", "answers into a table without indexes", "Answers into a table: CPU time a row"),
)
# The same for the manual's page on submissions.
WORKSHOP = (
    ("workshop", "large, few users", "The ETL workshop's processors, few users: CPU time an event"),
    ("workshop", "large, many users", "The same, as many users as submissions: CPU time an event"),
)
OURS = ("export_", "encode_", "flatten_", "INSERT ... SELECT flatten_", "CALL load_")

WIDTH, LEFT, BAR, STEP = 900, 370, 18, 26
ROOM = WIDTH - LEFT - 170  # of the longest bar; after it are the figures
LONGEST = 30  # times the first bar; what is longer is broken off

STYLE = """
    text { font-family: system-ui, "DejaVu Sans", sans-serif; fill: #1b2733; font-size: 13px; }
    .heading { font-size: 15px; font-weight: bold; }
    .name { text-anchor: end; }
    .note { font-size: 11px; fill: #52616f; }
    .ours { fill: #1f77b4; }
    .theirs { fill: #9aa7b4; }
    .page { fill: #ffffff; }
    .break { stroke: #ffffff; stroke-width: 4; }
"""


def text(css, x, y, content):
    return f'<text class="{css}" x="{x:g}" y="{y:g}">{escape(content)}</text>'


def duration(seconds):
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"


def bar(name, seconds, first, longest, y):
    """One bar; with a gap near its end where it is longer than the picture has room for."""
    broken = seconds > longest
    width = ROOM * min(seconds / longest, 1)
    css = "ours" if name.startswith(OURS) else "theirs"
    yield text("name", LEFT - 10, y + 14, name)
    yield f'<rect class="{css}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
    if broken:
        x = LEFT + width - 24
        yield f'<line class="break" x1="{x:g}" y1="{y + BAR + 2}" x2="{x + 8:g}" y2="{y - 2}"/>'
    yield text("", LEFT + width + 8, y + 14, f"{duration(seconds)}, × {seconds / first:.3g}")


def panel(heading, group, y):
    each = {name: statistics.median(run["cost"] for run in runs) / group["amount"]
            for name, runs in group["runs"].items()}
    first = each[group["base"]]
    longest = max(seconds for seconds in each.values() if seconds <= LONGEST * first)
    yield text("heading", 20, y, f"{heading}, of {group['amount']:,.0f} {group['unit']}")
    for number, (name, seconds) in enumerate(each.items()):
        yield from bar(name, seconds, first, longest, y + 14 + number * STEP)


def found_panels(results, panels):
    for subject, title, heading in panels:
        for group in results["subjects"].get(subject, {"groups": []})["groups"]:
            if group["title"].split(":")[0] == title:
                yield heading, group


def of_results(results, panels=PANELS):
    lines, y = [], 36
    for heading, group in found_panels(results, panels):
        lines += panel(heading, group, y)
        y += 14 + len(group["runs"]) * STEP + 34
    groups = [group for _, group in found_panels(results, panels)]
    rounds = max((len(runs) for group in groups for runs in group["runs"].values()), default=0)
    note = (f"bench/run, {results['date']}: medians of {rounds}, CPU of backend and client together,"
            f" {results['machine']['processors']} processors. A bar with a gap is longer than it is drawn.")
    lines.append(text("note", 20, y - 10, note))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" width="{WIDTH}" height="{y + 8}" role="img">',
        "<title>What a row costs by onetrip, and by other ways</title>", f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{y + 8}"/>', *lines, "</svg>"]) + "\n"
