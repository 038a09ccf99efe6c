"""check_tables.py [vectors.json ...]: the reference of tables.md against its vectors and against real sections.

Every section of ../shared/data/sections/given.json must decode with one of the layouts of its table_id in ../shared/data/layouts, and
the row must encode to the same bytes. Both folders are of another place than this project; without them that part is skipped.
"""
import glob
import json
import os
import sys

from layout_language import definitions_text
from layout_rules import with_library
from tables_reference import Library, Refused, SectionError, canonical, check, decode, encode, parse_layout, read_json

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, '..', 'vectors')
SHARED = os.environ.get('ONETRIP_SHARED') or next(
    (p for p in (os.path.join(HERE, *['..'] * up, 'shared') for up in (3, 4)) if os.path.isdir(p)), '')

OTHER_FILES = {0x46: ['42_sdt'], 0x4F: ['4e_eit'], **{table_id: ['4e_eit'] for table_id in range(0x50, 0x70)},
               0xC6: ['c5_nbit'], 0xC9: ['c8_vct']}


def layout_files():
    """{table_id: [file]}: candidates by the name of the file."""
    files = {}
    for path in sorted(glob.glob(os.path.join(SHARED, 'data', 'layouts', '[0-9a-f][0-9a-f]_*.layout'))):
        files.setdefault(int(os.path.basename(path)[:2], 16), []).append(path)
    for table_id, names in OTHER_FILES.items():
        files.setdefault(table_id, []).extend(os.path.join(SHARED, 'data', 'layouts', name + '.layout') for name in names)
    return files


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def shared_library():
    paths = sorted(glob.glob(os.path.join(SHARED, 'data', 'layouts', 'lib_*.layout')))
    return Library({os.path.basename(path)[4:-7]: read(path) for path in paths})


def table_texts():
    paths = sorted(glob.glob(os.path.join(SHARED, 'data', 'layouts', '*.layout')))
    return [read(path) for path in paths if not os.path.basename(path).startswith('lib_')]


def check_texts(library):
    """Each text of the library is canonical, and acceptable."""
    wrong = 0
    if definitions_text(library.definitions) != '\n'.join(text.rstrip('\n') for text in library.texts.values()):
        wrong += 1
        print('the library is not canonical')
    everything = parse_layout('x {\n a 8 uimsbf\n}\n' + '\n'.join(library.texts.values()), library)
    print('%d definitions of the library are acceptable' % len(everything.definitions))
    for text in table_texts():
        layout = parse_layout(text, library)
        closed = with_library(layout)
        if canonical(layout) != text.rstrip('\n') or canonical(parse_layout(closed)) != closed:
            wrong += 1
            print('%s is not canonical' % text.split()[0])
    return wrong


def comes_back(layout, section):
    try:
        return encode(layout, decode(layout, section)) == [section]
    except SectionError:
        return False


def check_given(library):
    """Real sections: which do not come back the same, and what stays opaque in the others."""
    files, layouts, failed, plain = layout_files(), {}, 0, 0
    sections = json.loads(read(os.path.join(SHARED, 'data', 'sections', 'given.json')))
    for case in sections:
        section, table_id = bytes.fromhex(case['hex']), int(case['table_id'], 16)
        for path in files.get(table_id, []):
            if path not in layouts:
                layouts[path] = parse_layout(read(path), library)
            if comes_back(layouts[path], section):
                plain += not check(layouts[path], section)
                break
        else:
            failed += 1
            print('%s of %s does not come back' % (case['table_id'], case['source']))
    print('%d of %d real sections come back the same, %d without a remark' % (len(sections) - failed, len(sections), plain))
    return len(sections) - failed, failed


# ---------------------------------------------------------------------------------------------
# Vectors: a layout with what it is refused for, or with rows and what they give

def outcome(case):
    """What the reference says of a case, in the form in which the case expects it."""
    try:
        layout = parse_layout(case['layout'])
    except Refused as refused:
        return {'refused': [refused.line, refused.column] if len(case.get('refused', [0, 0])) == 2 else [refused.line]}
    found = {}
    if 'refused' in case:
        return {'accepted': canonical(layout)}
    if 'canonical' in case:
        found['canonical'] = canonical(layout)
    try:
        if 'row' in case:
            found['sections'] = [section.hex() for section in encode(layout, case['row'])]
        if 'decoded' in case or ('section' in case and 'problems' not in case):
            given = [case['section']] if 'section' in case else found['sections']
            found['decoded'] = [decode(layout, bytes.fromhex(section)) for section in given]
        if 'problems' in case:
            found['problems'] = [path for path, _ in check(layout, bytes.fromhex(case['section']))]
    except SectionError as error:
        found['sqlstate'], found['path'] = error.sqlstate, error.path
    return found


def expected(case):
    return {key: case[key] for key in ('refused', 'canonical', 'sections', 'decoded', 'problems', 'sqlstate', 'path') if key in case}


def check_vectors(name):
    passed, failed = 0, 0
    for case in read_json(read(name)):
        found = outcome(case)
        if found == expected(case):
            passed += 1
        else:
            failed += 1
            print('%s: %s: %s instead of %s' % (os.path.basename(name), case['name'], found, expected(case)))
    return passed, failed


def main():
    passed, failed = map(sum, zip(*(check_vectors(name) for name in sys.argv[1:] or [os.path.join(VECTORS, 'tables.json')])))
    if os.path.isdir(os.path.join(SHARED, 'data', 'layouts')):
        library = shared_library()
        failed += check_texts(library)
        more, fewer = check_given(library)
        passed, failed = passed + more, failed + fewer
    else:
        print('skipped: no ../shared/data with layouts and real sections (ONETRIP_SHARED names another place)')
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
