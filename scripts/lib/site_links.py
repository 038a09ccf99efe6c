#!/usr/bin/env python3
"""Makes the manual's pages fit for the site: links to what is no page of it, such as a script, become plain text; fences
keep their language alone, since mkdocs knows no further words there; and long names in tables may be broken after _.

    scripts/lib/site_links.py FOLDER
"""

import pathlib
import re
import sys

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]*)(#[^)\s]*)?\)")

FENCE = re.compile(r"^(```\w+) .*$", re.MULTILINE)

NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")


def breakable(line):
    """A row of a table without links, whose names outside of code may be broken."""
    if not line.startswith("|") or "](" in line:
        return line
    parts = line.split("`")
    parts[::2] = [NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), part) for part in parts[::2]]
    return "`".join(parts)


def main(folder):
    for page in pathlib.Path(folder).rglob("*.md"):
        text = page.read_text(encoding="utf-8")

        def replaced(link, page=page):
            in_repository = page.relative_to(folder).parent / link[2]
            is_on_site = (page.parent / link[2]).exists()
            # What is in neither place is a broken link: mkdocs says so.
            return link[1] if in_repository.exists() and not is_on_site else link[0]

        text = LINK.sub(replaced, FENCE.sub(r"\1", text))
        page.write_text("".join(map(breakable, text.splitlines(keepends=True))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
