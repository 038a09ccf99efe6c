"""Runs the reference against test vectors: check_reference.py [sections.json refused_layouts.json].

Files whose cases have a "line" are refused layouts, all others rows to encode."""
import json
import os
import sys

from sections_reference import LayoutError, SectionError, encode, parse_layout

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'vectors')


def outcome(case):
    if 'line' in case:
        try:
            parse_layout(case['layout'])
            return 'accepted'
        except LayoutError as error:
            return error.line
    try:
        return [section.hex() for section in encode(case['layout'], case['columns'])]
    except SectionError as error:
        return [error.sqlstate, error.field]
    except LayoutError as error:
        return str(error)


def expected(case):
    if 'line' in case:
        return case['line']
    return case['sections'] if 'sections' in case else [case['sqlstate'], case['field']]


def main():
    names = sys.argv[1:] or [os.path.join(VECTORS, n) for n in ('sections.json', 'refused_layouts.json')]
    passed = failed = 0
    for name in names:
        with open(name, encoding='utf-8') as file:
            cases = json.load(file)
        for case in cases:
            if outcome(case) == expected(case):
                passed += 1
            else:
                failed += 1
                print('%s: %s: %s instead of %s' % (name, case['name'], outcome(case), expected(case)))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
