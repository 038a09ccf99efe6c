#!/usr/bin/env python3
"""Checks the manual's site: each link leads to a file that is there, and to a place in it; nothing comes from elsewhere.

    scripts/lib/check_site.py FOLDER
"""

import pathlib
import re
import sys
import urllib.parse

LINK = re.compile(r'<(\w+)[^>]*? (?:href|src)="([^"]+)"')
ELSEWHERE = re.compile(r"[a-z]+:|//")
LOADED = ("img", "link", "script")


def fault_of(page, tag, link):
    """What is wrong with a link; None if nothing is."""
    if ELSEWHERE.match(link):
        return "is loaded from elsewhere" if tag in LOADED else None
    path, _, place = map(urllib.parse.unquote, link.partition("#"))
    target = page.parent / path.partition("?")[0] if path else page
    if not target.is_file():
        return "leads nowhere"
    if place and f'id="{place}"' not in target.read_text(encoding="utf-8"):
        return "leads to no place in the page"
    return None


def main(folder):
    folder = pathlib.Path(folder)
    faults = [f"{page.relative_to(folder)}: {link} {fault}"
              for page in sorted(folder.rglob("*.html"))
              for tag, link in dict.fromkeys(LINK.findall(page.read_text(encoding="utf-8")))
              if (fault := fault_of(page, tag, link))]
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
