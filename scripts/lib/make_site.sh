#!/usr/bin/env bash
# Makes the manual's site in build/site, by mkdocs, which must be there. scripts/site and debian/rules call it, the latter from
# sources without git.
set -euo pipefail

cd "$(dirname "$0")/../.."
SOURCE=build/site-source
rm -rf "$SOURCE" build/site
mkdir -p "$SOURCE"
# The pages at their places, so that their links are right here too; README.md is a folder's first page.
find . \( -path './.*' -o -path ./build -o -path ./debian -o -path ./tmp_check \) -prune -o -type f \
    \( -name '*.md' -o -path './docs/images/*' \) -print0 | xargs -0 cp --parents -t "$SOURCE"
cp scripts/lib/site.css "$SOURCE"
python3 scripts/lib/site_links.py "$SOURCE"
mkdocs build --strict --config-file scripts/lib/mkdocs.yml --site-dir "$PWD/build/site"
# The page for what is not found has links from the root of a web server, which the site need not be in.
rm build/site/404.html
python3 scripts/lib/check_site.py build/site
