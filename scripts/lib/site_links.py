#!/usr/bin/env python3
"""Makes the manual's pages fit for the site: links to what is no page of it, such as a script, become plain text, and fences
keep their language alone, since mkdocs knows no further words there.

    scripts/lib/site_links.py FOLDER
"""

import pathlib
import re
import sys

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]*)(#[^)\s]*)?\)")

FENCE = re.compile(r"^(```\w+) .*$", re.MULTILINE)


def main(folder):
    for page in pathlib.Path(folder).rglob("*.md"):
        text = page.read_text(encoding="utf-8")

        def replaced(link, page=page):
            in_repository = page.relative_to(folder).parent / link[2]
            is_on_site = (page.parent / link[2]).exists()
            # What is in neither place is a broken link: mkdocs says so.
            return link[1] if in_repository.exists() and not is_on_site else link[0]

        page.write_text(LINK.sub(replaced, FENCE.sub(r"\1", text)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
