"""random_tables.py SEED COUNT [FIRST] [--library]: random layouts with every construct of tables.md and rows for them, one JSON object
a line. With --library the layouts are those of ../shared/data/layouts, which look up their descriptors in the library.

{"seed", "layout", "accepted", "position", "canonical", "rows", "results": [{"sections", "decoded"} or {"sqlstate", "path", "paths"}],
 "changed": [{"section", "decoded" or null}]}; the last are sections with a byte changed and what a reader makes of them.

Each line is made from "SEED:number" alone. For each accepted layout the generator asserts that its canonical text means the same, and
that whatever a reader takes, changed sections included, encodes to the same bytes again. Rows with faults of several SQLSTATEs are
left out: which of them is named is a matter of order.
"""
import json
import random
import sys
from decimal import Decimal

import check_tables
from layout_language import INTEGER_TYPES, Field, If, Label, Object, ObjectList, Optional_, ValueList, comparisons, integer_range, number
from layout_rules import function_of, is_tlv, key_of, within_braces
from random_layouts import random_text
from tables_reference import (Refused, SectionError, arm_of, canonical, check, crc_32, decode, encode, names_of, part_fields, parse_layout,
                              split_of)

ASCII = ''.join(map(chr, range(0x20, 0x7F)))
LATIN1 = ASCII + 'éèßÅø§±\u00a0ÿ'
UNICODE = ASCII + 'éèßÅøЖя€漢字😀\n\t\ue085ŁşΩ'
INSTANTS = ('2026-11-28T13:50:00Z', '1993-10-13T12:45:00+02:00', '2038-04-22T00:00:00Z', '1948-08-05T12:00:00Z', '2127-12-31T23:59:59Z')
DURATIONS = ('00:00:00', '01:45:30', '99:59:59', '1 day 02:00:00', 'PT90M')
ADDRESSES = {32: ('0.0.0.0', '192.0.2.1', '255.255.255.255'), 128: ('::', '2001:db8::1', '::ffff:1.2.3.4', '1:0:0:2::3', '::1:2')}
FLOATS = (0, 1, -1, Decimal('0.1'), Decimal('1E+30'), Decimal('-2.5E-20'), 'Infinity', '-Infinity', 'NaN', Decimal('123456.789'))


class Rows:
    """Makes rows of a layout: in order of its elements, as an encoder takes them."""
    def __init__(self, layout, rng):
        self.layout, self.names, self.rng = layout, names_of(layout), rng
        self.size = rng.choice((1, 3, 3, 6, 30 if split_of(layout) else 8))

    def row(self):
        return self.braces(self.layout.elements, [], 0)

    def braces(self, elements, scopes, depth, origin=None):
        row, scopes, wishes = {}, scopes + [{}], {}
        liked = {}
        for e, _ in within_braces(elements):
            if isinstance(e, If):
                for c in (c for condition, _ in e.arms for c in comparisons(condition)):
                    liked.setdefault(c.name, []).extend((number(c.constant), number(c.constant) + 1))
        self.fill(elements, row, scopes, wishes, liked, depth, origin or self.layout)
        return row

    def fill(self, elements, row, scopes, wishes, liked, depth, origin):
        for e in elements:
            if isinstance(e, If):
                self.fill(arm_of(e, scopes), row, scopes, wishes, liked, depth, origin)
            elif isinstance(e, Optional_):
                if self.rng.random() < 0.6:
                    self.fill(e.elements, row, scopes, wishes, liked, depth, origin)
            elif not isinstance(e, Label):
                self.element(e, row, scopes, wishes, liked, depth, origin)

    def element(self, e, row, scopes, wishes, liked, depth, origin):
        if isinstance(e, Field) and e.source[0] in ('constant', 'present'):
            value = number(e.source[1]) if e.source[0] == 'constant' else self.rng.randint(0, 1)
            if e.source[0] == 'present':
                wishes[e.source[1]] = value
            scopes[-1][e.name] = value
            return
        key = key_of(e)
        if key is None or wishes.get(e.name) == 0:
            return
        if key not in row:
            value = self.value(e, scopes, liked, depth, origin)
            if getattr(e, 'default', None) is not None and self.rng.random() < 0.6:
                value = number(e.default)
                if self.rng.random() < 0.7:
                    scopes[-1][e.name] = value
                    return
            row[key] = value
        if isinstance(e, Field) and e.definition is None and e.type in INTEGER_TYPES and isinstance(row[key], int):
            scopes[-1][e.name] = int(row[key])

    def value(self, e, scopes, liked, depth, origin):
        if isinstance(e, (ObjectList, ValueList)):
            n = e.n if e.n is not None else self.rng.randint(0, self.size if depth < 3 else 2)
            return [self.list_item(e, scopes, depth) for _ in range(n)]
        if isinstance(e, Object):
            return None if e.nullable and self.rng.random() < 0.15 else self.braces(e.elements, scopes, depth + 1, origin)
        if e.definition is not None:
            d = self.names.type_of(e, origin)
            return None if e.nullable and self.rng.random() < 0.15 else self.braces(d.elements, [], depth + 1, d.origin)
        if is_tlv(e):
            return self.items(e, depth)
        return self.plain(e, liked)

    def list_item(self, e, scopes, depth):
        if isinstance(e, ValueList):
            return self.plain(e, {})
        item = self.braces(e.elements, scopes, depth + 1)
        if e.split and e.split[1]:
            item[e.split[1]] = self.rng.randint(0, 3)
        return item

    def plain(self, e, liked):
        rng = self.rng
        if e.type in INTEGER_TYPES:
            return self.integer(e, liked)
        if e.type in ('utc', 'duration', 'mjd', 'macaddr'):
            return rng.choice({'utc': INSTANTS + (None,), 'duration': DURATIONS, 'mjd': ('2026-11-28', '1948-08-05', '2128-01-09'),
                               'macaddr': ('08:00:2b:01:02:03', '08002B010203')}[e.type])
        if e.type in ('inet', 'float'):
            return rng.choice(ADDRESSES[e.width] if e.type == 'inet' else FLOATS)
        if e.type == 'bytes':
            return rng.randbytes(e.width // 8 if e.width else rng.randint(0, 8)).hex()
        return self.text(e)

    def text(self, e):
        rng = self.rng
        size = e.width // 8 if e.width else rng.randint(0, 10)
        if rng.random() < 0.1:
            return {'hex': rng.randbytes(size).hex()}
        if e.type == 'dvbtext' and rng.random() < 0.15:
            return {'text': self.letters(ASCII, size), 'selector': rng.choice(('', '01', '05', '10000f', '15', '11', '13'))}
        if e.type == 'text' and e.width:
            return self.letters(ASCII, size)
        if e.type == 'utf16' and e.width:
            return self.letters(UNICODE.replace('😀', ''), rng.randint(0, size // 2))
        return self.letters({'char': LATIN1}.get(e.type, rng.choice((ASCII, UNICODE))), rng.randint(0, size))

    def letters(self, alphabet, count):
        return ''.join(self.rng.choice(alphabet) for _ in range(count))

    def integer(self, e, liked):
        rng = self.rng
        low, high = integer_range(e.width, e.type)
        if liked.get(e.name) and rng.random() < 0.6:
            value = rng.choice(liked[e.name])
            if low <= value <= high:
                return value
        return rng.choice((0, 1 if high else 0, high, low, rng.randint(low, high), rng.randint(low, high)))

    def items(self, e, depth):
        rng, found = self.rng, []
        if rng.random() < 0.05:
            return rng.choice((None, {}, {'1': 'a', '0x02': 258}))
        definitions = self.names.in_sets(e.tlv[2])
        for _ in range(rng.randint(0, self.size if depth < 3 else 1)):
            if definitions and rng.random() < 0.65 and depth < 12:
                d = rng.choice(definitions)
                for tag, value in d.after[:1]:
                    if rng.random() < 0.8:
                        found.append({'tag': number(tag), 'hex': value[2:] + rng.choice(('', '00'))})
                found.append({d.name: self.braces(self.names.ready(d).elements, [], depth + 1, d.origin)})
            else:
                found.append(self.plain_item(e, definitions))
        return found

    def plain_item(self, e, definitions):
        rng = self.rng
        tag = number(rng.choice(definitions).tag) if definitions and rng.random() < 0.5 else rng.randint(0, 255)
        tag = rng.choice((tag, tag, '0x%02x' % tag, str(tag)))
        return rng.choice(({'tag': tag, 'value': self.letters(UNICODE, rng.randint(0, 6))}, {'tag': tag, 'hex': rng.randbytes(rng.randint(0, 6)).hex()},
                           {'tag': tag, 'value': rng.randint(0, 70000)}, {'tag': tag, 'value': -3, 'size': 2}, {'tag': tag, 'base64': '3q0='},
                           {'tag': tag, 'value': [{'tag': 1, 'value': True}, {'tag': 2, 'value': None}]}))


# ---------------------------------------------------------------------------------------------
# Rows with a fault

def places(value, found):
    """Everything in a row that may be changed: (container, key)."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        found.append((value, key))
        if isinstance(value[key], (dict, list)):
            places(value[key], found)
    return found


def spoil(row, rng):
    found = places(row, [])
    if not found:
        row['more'] = 1
        return
    container, key = rng.choice(found)
    what = rng.random()
    if what < 0.15:
        container[key] = None
    elif what < 0.3:
        del container[key]
    elif what < 0.4 and isinstance(container, dict):
        container['nowhere'] = 1
    elif what < 0.6 and isinstance(container[key], int):
        container[key] = rng.choice((container[key] + 1, -1, 1 << 64, 256, 8, Decimal('1.5'), 0))
    elif what < 0.7 and isinstance(container[key], (str, list)):
        container[key] = container[key] * 2
    else:
        container[key] = rng.choice((1, 'x', [], {}, True, 'zz', [1], {'hex': '00'}, 255, '2026-11-28', {'a': 1}))


def part_row(layout, row, rng):
    """Part numbers that a row sets."""
    for e in part_fields(layout):
        row[e.name] = {'part': 0, 'last_part': 2, 'parts': 3}[function_of(e)[0]] if rng.random() < 0.9 else rng.randint(0, 3)


def copy_of(value):
    if isinstance(value, dict):
        return {key: copy_of(v) for key, v in value.items()}
    return [copy_of(v) for v in value] if isinstance(value, list) else value


def sound_row(layout, rng):
    """A row without a fault, if one is found in a few attempts."""
    for _ in range(4):
        row = Rows(layout, rng).row()
        try:
            encode(layout, row)
            break
        except SectionError:
            pass
    return row


def random_rows(layout, rng):
    rows = []
    for _ in range(4):
        row = sound_row(layout, rng)
        if rng.random() < 0.1:
            part_row(layout, row, rng)
        rows.append(row)
    for row in rows[:2]:
        other = copy_of(row)
        spoil(other, rng)
        rows.append(other)
    return rows


# ---------------------------------------------------------------------------------------------
# Results

def result_of(layout, row):
    """What a row gives, or None if its faults are of several SQLSTATEs."""
    try:
        sections = encode(layout, row)
    except SectionError as error:
        if len({fault[0] for fault in error.faults}) > 1:
            return None
        return {'sqlstate': error.sqlstate, 'path': error.path, 'paths': [fault[1] for fault in error.faults]}
    decoded = []
    for section in sections:
        assert len(section) <= layout.max_bytes, 'more than max'
        decoded.append(decode(layout, section))
        assert encode(layout, decoded[-1]) == [section], 'other bytes: %s' % section.hex()
    return {'sections': [section.hex() for section in sections], 'decoded': decoded}


def with_crc(layout, section):
    """The section with its last CRC_32 made good, so that the change before it is looked at."""
    if layout.elements[-1].__class__ is Field and layout.elements[-1].type == 'rpchof' and len(section) > 4:
        return section[:-4] + crc_32(section[:-4]).to_bytes(4, 'big')
    return section


def changed_section(section, rng):
    data = bytearray(section)
    what = rng.random()
    if not data or what < 0.1:
        return bytes(data) + rng.randbytes(1)
    at = rng.randrange(len(data))
    if what < 0.6:
        data[at] = rng.choice((data[at] ^ 1 << rng.randrange(8), (data[at] + 1) % 256, (data[at] - 1) % 256, rng.randrange(256), 0, 255))
    elif what < 0.8:
        del data[at]
    else:
        data.insert(at, rng.randrange(256))
    return bytes(data)


def read_again(layout, section):
    problems = check(layout, section)
    try:
        row = decode(layout, section)
    except SectionError:
        assert problems, 'refused, but sound'
        return None
    assert encode(layout, row) == [section], 'changed section, other bytes: %s' % section.hex()
    return row


def case_of(seed, texts=None, library=None):
    """One line: a random layout, or one of the texts of the library."""
    rng = random.Random(seed)
    text = rng.choice(texts) if texts else random_text(rng)
    case = {'seed': seed, 'layout': text, 'accepted': True, 'position': None, 'canonical': None, 'rows': [], 'results': [], 'changed': []}
    try:
        layout = parse_layout(text, library)
    except Refused as refused:
        case.update(accepted=False, position=[refused.line, refused.column], reason=refused.reason)
        return case
    case['canonical'] = canonical(layout)
    assert canonical(parse_layout(case['canonical'], library)) == case['canonical'], 'canonical text is not'
    add_results(case, layout, rng)
    return case


def add_results(case, layout, rng):
    for row in random_rows(layout, rng):
        result = result_of(layout, row)
        if result is not None:
            case['rows'].append(row)
            case['results'].append(result)
    sections = [bytes.fromhex(s) for result in case['results'] for s in result.get('sections', [])]
    for section in rng.sample(sections, min(3, len(sections))):
        for _ in range(3):
            other = with_crc(layout, changed_section(section, rng))
            case['changed'].append({'section': other.hex(), 'decoded': read_again(layout, other)})


def json_text(value):
    """JSON with Decimals as numbers."""
    if isinstance(value, dict):
        return '{%s}' % ', '.join('%s: %s' % (json.dumps(key), json_text(v)) for key, v in value.items())
    if isinstance(value, list):
        return '[%s]' % ', '.join(map(json_text, value))
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def main():
    words = [word for word in sys.argv[1:] if word != '--library']
    seed, count, first = words[0], int(words[1]), int(words[2]) if len(words) > 2 else 0
    print('seed %s' % seed, file=sys.stderr)
    texts = library = None
    if '--library' in sys.argv:
        texts, library = check_tables.table_texts(), check_tables.shared_library()
    for i in range(first, first + count):
        try:
            print(json_text(case_of('%s:%d' % (seed, i), texts, library)))
        except Exception:
            print('case %s:%d' % (seed, i), file=sys.stderr)
            raise


if __name__ == '__main__':
    main()
