"""make_sections.py SEED COUNT: random layouts and rows with the sections or the error they must give.

Every row is first made sound; about 30 % then get one fault, and a case whose faults the reference sees as
more than one is thrown away, so that SQLSTATE and field are never a matter of order."""
import base64
import json
import random
import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from sections_reference import (COUNTING_TYPES, INTEGER_TYPES, LayoutError, SectionError, encode, integer_range,
                                parse_layout)

NAMES = ('table_id service_id transport_stream_id version_number running_status network_id event_id start_time '
         'Genre _flags bouquet_id original_network_id component_tag PID language iso_639 teletext_page price message '
         'Payload descriptors caption CamelCase x y z count_ total label_text private_data a1 b_2 hash filter').split()
ASCII = ''.join(map(chr, range(0x20, 0x7F)))
LATIN1 = ASCII + ''.join(map(chr, range(0xA1, 0x100)))
UNICODE = 'abc XYZ019~éèßÅøЖя€™漢字😀🚀𝄞\u00ad\u2028\ufeff\uffff\t\n\\\'"$%{}'


@dataclass
class Entry:
    """One line of a layout; width None is a label, '*' and numbers are fields."""
    name: str
    width: object = None
    type: str = ''
    source: str = ''
    split: bool = False
    words: tuple = None                          # what is written instead, for a fault

    def written(self):
        if self.words is not None:
            return list(self.words)
        if self.width is None:
            return [self.name + ':']
        return ([self.name, str(self.width), self.type] + ['split'] * self.split
                + (['=', self.source] if self.source else []))


def new_name(rng, used):
    while True:
        name = rng.choice(NAMES)
        if rng.random() < 0.3:
            name = rng.choice((name + str(rng.randint(0, 99)), name.upper(), '_' + name, name.ljust(63, 'x')))
        if name not in used:
            used.add(name)
            return name


# ---------------------------------------------------------------------------------------------
# Layouts

def integer_field(rng, used, width):
    types = ['uimsbf', 'bslbf'] + ['tcimsbf'] * (width > 1) + ['bcd'] * (width % 4 == 0)
    return Entry(new_name(rng, used), width, rng.choice(types))


def byte_group(rng, used):
    """Fields that together are whole bytes: one, or several that cross bytes, with whole-byte types off a byte."""
    shape = rng.random()
    if shape < 0.3:
        return [integer_field(rng, used, rng.choice((8, 8, 16, 24, 32, 40, 48, 64)))]
    whole = lambda: Entry(new_name(rng, used), *rng.choice(
        ((40, 'utc'), (40, 'utc'), (24, 'duration'), (8 * rng.randint(1, 6), rng.choice(('char', 'text', 'bytes'))))))
    if shape < 0.6:
        return [whole()]
    widths = [rng.choice((1, 2, 3, 4, 5, 7, 9, 12, 13, 17, 20, 31, 33, 63)) for _ in range(rng.randint(1, 4))]
    widths.append(-sum(widths) % 8 or 8)
    rng.shuffle(widths)
    group = [integer_field(rng, used, width) for width in widths]
    if rng.random() < 0.5:
        group.insert(rng.randint(0, len(group)), whole())
    return group


def star_field(rng, used):
    kind = rng.choice(('tlv', 'tlv', 'text', 'bytes', 'dvbtext'))
    if kind == 'tlv':
        kind = 'tlv(%d,%s)' % (rng.choice((8, 16)), rng.choice(('8', '16', 'ber')))
    return Entry(new_name(rng, used), '*', kind)


def star_part(rng, used, count):
    """`count` fields of width '*', decodable: all but one bounded, each before the unbounded one is met."""
    unbounded = rng.randint(0, count)
    body, bounds_before = [], []
    for i in range(count):
        star = star_field(rng, used)
        after = byte_group(rng, used) if rng.random() < 0.4 else []
        if i != unbounded and (i > unbounded or rng.random() < 0.6):
            bound = Entry(new_name(rng, used), rng.choice((8, 16)), rng.choice(COUNTING_TYPES), 'length(%s)' % star.name)
        elif i != unbounded:
            label = Entry(new_name(rng, used))
            bound = Entry(new_name(rng, used), 16, rng.choice(COUNTING_TYPES), 'offset(%s)' % label.name)
            after.insert(rng.choice((0, len(after))), label)
        if i != unbounded and (i > unbounded or rng.random() < 0.5):
            bounds_before.append(bound)
        elif i != unbounded:
            body.append(bound)
        body += [star] + after
    return bounds_before + body


def header(rng, used):
    kinds = rng.choice(('none', 'short', 'short', 'long'))
    if kinds == 'none':
        return []
    names = ('tid', 'section_syntax_indicator', 'reserved_future_use', 'reserved', 'section_length')
    used.update(names)
    first = [(8, 'uimsbf', rng.choice(('0x92', '0xfE', '146', '0b10010010'))), (1, 'bslbf', rng.choice('01')),
             (1, 'bslbf', '1'), (2, 'bslbf', '0b11'), (12, 'uimsbf', 'length()')]
    return [Entry(name, *rest) for name, rest in zip(names, first)]


def part_fields(rng, used):
    width = rng.choice((8, 8, 8, 16, 4, 2))
    fields = [Entry(new_name(rng, used), width, rng.choice(COUNTING_TYPES), f)
              for f in rng.sample(('part()', 'last_part()', 'parts()'), rng.randint(1, 3))]
    rest = -sum(f.width for f in fields) % 8
    return fields + ([Entry(new_name(rng, used), rest, 'uimsbf')] if rest else [])


def random_entries(rng, stars=None):
    used = set()
    entries = header(rng, used)
    if rng.random() < 0.4:
        entries += part_fields(rng, used)
    for _ in range(rng.randint(0 if entries else 1, 3)):
        entries += byte_group(rng, used)
    entries += star_part(rng, used, rng.choice((0, 0, 1, 1, 1, 2, 3)) if stars is None else stars)
    if rng.random() < 0.3:
        entries += byte_group(rng, used)
    if rng.random() < 0.3:
        entries.append(Entry(new_name(rng, used)))
    entries += measures(rng, used, entries)
    if rng.random() < 0.3:
        entries.append(Entry(new_name(rng, used), 32, 'rpchof'))
    if rng.random() < 0.1:
        entries.append(Entry(new_name(rng, used), 8 * rng.randint(1, 2), 'uimsbf'))
    choose_sources(rng, used, entries)
    tlvs = [e for e in entries if e.type.startswith('tlv')]
    if tlvs and rng.random() < 0.6:
        rng.choice(tlvs).split = True
    return entries


def measures(rng, used, entries):
    """Lengths and offsets that bound nothing; what they measure is found by trying the layout."""
    choices = ['length()'] + ['length(%s)' % e.name if e.width else 'offset(%s)' % e.name for e in entries]
    found = []
    for _ in range(rng.choice((0, 0, 1, 2))):
        field = Entry(new_name(rng, used), rng.choice((8, 16, 24, 64)), rng.choice(COUNTING_TYPES), rng.choice(choices))
        if is_sound(entries + found + [field]):
            found.append(field)
    return found


def is_sound(entries):
    try:
        parse_layout(render(random.Random(0), 'x', None, entries)[0])
        return True
    except LayoutError:
        return False


def sharing_class(entry):
    if entry.type in INTEGER_TYPES:
        return 'integer'
    return (entry.width, 'utf8' if entry.type in ('text', 'dvbtext') else entry.type)


def choose_sources(rng, used, entries):
    columns = {}
    for entry in entries:
        if entry.width is None or entry.source or entry.type == 'rpchof':
            continue
        kind, chance = sharing_class(entry), rng.random()
        if kind == 'integer' and chance < 0.12:
            entry.source = constant(rng, entry)
        elif columns.get(kind) and chance < 0.35:
            entry.source = rng.choice(columns[kind])
        elif chance < 0.5:
            entry.source = new_name(rng, used)
        if not entry.source[:1].isdigit():
            columns.setdefault(kind, []).append(entry.source or entry.name)


def constant(rng, entry):
    high = integer_range(entry)[1]
    number = rng.choice((0, 1, high, high // 2, rng.randint(0, high)))
    return rng.choice(('%d', '0x%x', '0x%X')) % number if rng.random() < 0.7 else bin(number)


# ---------------------------------------------------------------------------------------------
# The text of a layout

def noise(rng):
    return rng.choice(('', '', '  -- comment', '--}', '-- a 8 uimsbf', '\t'))


def spaced(rng, words):
    line = words[0]
    for word in words[1:]:
        tight = '=' in (word, line[-1:]) and rng.random() < 0.3
        if rng.random() < 0.1:
            word = word.replace('(', ' ( ').replace(',', ' , ').replace(')', ' )')
        line += ('' if tight else rng.choice((' ', '  ', '\t', ' ' * 7))) + word
    return rng.choice(('', ' ', '    ', '\t')) + line


def render(rng, name, max_bytes, entries, head=None):
    """The text, the line of the header, of each entry and of the closing brace."""
    odd = rng.random() < 0.5
    lines, at = [], []

    def put(line):
        while odd and rng.random() < 0.15:
            lines.append(rng.choice(('', '   ', '-- Kommentar: é }', '\t')))
        at.append(len(lines) + 1)
        lines.append(line + (noise(rng) if odd else ''))
    put(head or name + (' (max %d)' % max_bytes if max_bytes else '') + ' {')
    for entry in entries:
        put(spaced(rng, entry.written()) if odd else ' ' + ' '.join(entry.written()))
    put('}')
    return '\n'.join(lines) + ('\n' if odd else ''), at[0], at[1:-1], at[-1]


# ---------------------------------------------------------------------------------------------
# Rows

def text_of_bytes(rng, alphabet, length):
    """A text of exactly that many UTF-8 bytes."""
    text = ''
    while length:
        char = rng.choice(alphabet)
        if len(char.encode()) > length:
            char = 'o'
        text, length = text + char, length - len(char.encode())
    return text


def some_length(rng):
    return rng.choice((0, 1, 2, rng.randint(0, 20), rng.randint(0, 60)))


def integer_column(rng, fields):
    ranges = [integer_range(f) for f in fields]
    low, high = max(r[0] for r in ranges), min(r[1] for r in ranges)
    number = rng.choice((low, high, low + 1, high - 1, 0, 1, rng.randint(low, high)))
    number = min(max(number, low), high)
    if number in (0, 1) and all(f.type in COUNTING_TYPES for f in fields) and rng.random() < 0.4:
        return ['boolean', 'true' if number else 'false']
    return typed_integer(rng, number)


def typed_integer(rng, number):
    types = [t for t, bits in (('smallint', 15), ('int', 31), ('int', 31), ('bigint', 63))
             if -(1 << bits) <= number < 1 << bits]
    sql_type = rng.choice(types + ['numeric'])
    return [sql_type, str(number) + (rng.choice(('', '', '.0', '.000', 'e0')) if sql_type == 'numeric' else '')]


def timestamp_text(rng, instant):
    zone = timezone(timedelta(minutes=rng.choice((0, 0, 60, -300, 330, 825, -570))))
    text = instant.astimezone(zone).isoformat(' ')
    return text


def utc_column(rng):
    first, last = datetime(1948, 8, 5, tzinfo=timezone.utc), datetime(2128, 1, 9, 23, 59, 59, 999999, timezone.utc)
    if rng.random() < 0.25:
        return [rng.choice(('timestamptz', 'date')), rng.choice((None, 'infinity'))]
    seconds = rng.choice((0, 0, rng.randint(0, 5664 * 10 ** 6), rng.randint(0, 5664 * 10 ** 6)))
    instant = rng.choice((first + timedelta(seconds=seconds), last - timedelta(seconds=seconds),
                          datetime(2038, 4, 22, 23, 59, 59, tzinfo=timezone.utc), datetime(2024, 2, 29, tzinfo=timezone.utc)))
    if rng.random() < 0.25:
        return ['date', instant.date().isoformat()]
    instant = instant.replace(microsecond=rng.choice((0, 0, 1, 500000, 999999)))
    return ['timestamptz', timestamp_text(rng, instant)]


def duration_column(rng):
    return ['interval', rng.choice(('00:00:00', '99:59:59', '4 days 03:59:59.999999', '4 days', '1 day 01:02:03',
                                    '%d:%02d:%02d' % (rng.randint(0, 99), rng.randint(0, 59), rng.randint(0, 59)),
                                    '90 minutes', '3600 seconds', '00:00:00.999', '2 days 1 hour', '1 day -00:00:01'))]


def tag_value(rng, bits):
    number = rng.choice((0, 1, (1 << bits) - 1, rng.randrange(1 << bits)))
    return rng.choice((number, number, str(number), hex(number)))


def item_value(rng, kinds, depth):
    kind = rng.randint(0, 9)
    if kind < 3:
        return text_of_bytes(rng, rng.choice((ASCII, UNICODE)), some_length(rng))
    if kind < 6:
        bits = rng.choice((8, 16, 32, 63, 64))
        return rng.choice((0, 1, (1 << bits) - 1, 1 << bits - 1, rng.getrandbits(bits), 1.0, 1e2))
    if kind < 8 or depth > 2:
        return rng.choice((True, False, None))
    return tlv_value(rng, kinds, depth + 1, 3)


def tlv_item(rng, kinds, depth):
    item, kind = {'tag': tag_value(rng, kinds[0])}, rng.random()
    data = rng.randbytes(some_length(rng))
    if kind < 0.6:
        item['value'] = item_value(rng, kinds, depth)
    elif kind < 0.75:
        size = rng.randint(1, 8)
        low, high = -(1 << 8 * size - 1), (1 << 8 * size) - 1
        item.update(value=rng.choice((0, 1, -1, low, high, rng.randint(low, high))), size=size)
    elif kind < 0.9:
        item['hex'] = rng.choice((data.hex(), data.hex().upper()))
    else:
        item['base64'] = base64.b64encode(data).decode()
    keys = list(item)
    rng.shuffle(keys)
    return {key: item[key] for key in keys}


def tlv_value(rng, kinds, depth=0, most=5):
    if rng.random() < 0.2:
        tags = rng.sample(range(1 << kinds[0]), rng.randint(0, 4))
        return {rng.choice((str, hex))(tag): item_value(rng, kinds, depth) for tag in tags}
    return [tlv_item(rng, kinds, depth) for _ in range(rng.randint(0, most))]


def tlv_column(rng, fields):
    if rng.random() < 0.08:
        return [rng.choice(('json', 'jsonb')), None]
    kinds = parse_layout('x {\n a * %s\n}' % fields[0].type).entries[0].tlv
    if any(f.split for f in fields) and rng.random() < 0.7:
        value = [{'tag': rng.randrange(256), 'value': text_of_bytes(rng, UNICODE, rng.randint(0, 16))}
                 for _ in range(rng.choice((3, 10, 25, 60)))]
    else:
        value = tlv_value(rng, kinds)
    return [rng.choice(('jsonb', 'json')), json.dumps(value, ensure_ascii=rng.random() < 0.5)]


def text_column(rng, field):
    if field.type == 'char':
        text = ''.join(rng.choice(LATIN1) for _ in range(rng.choice((0, field.width // 8, rng.randint(0, field.width // 8)))))
    else:
        length = field.width // 8 if field.width != '*' else some_length(rng)
        text = text_of_bytes(rng, rng.choice((ASCII, UNICODE)), length)
    return [rng.choice(('text', 'text', 'varchar(%d)' % max(len(text), 1))), text]


def column_for(rng, fields):
    field = fields[0]
    if field.type in INTEGER_TYPES:
        return integer_column(rng, fields)
    if field.type == 'bytes':
        length = field.width // 8 if field.width != '*' else some_length(rng)
        return ['bytea', '\\x' + rng.randbytes(length).hex()]
    if field.type.startswith('tlv'):
        return tlv_column(rng, fields)
    return {'utc': lambda: utc_column(rng), 'duration': lambda: duration_column(rng)}.get(
        field.type, lambda: text_column(rng, field))()


def fields_by_column(entries):
    columns = {}
    for entry in entries:
        source = entry.source or entry.name
        if entry.width is not None and entry.type != 'rpchof' and not source[0].isdigit() and '(' not in source:
            columns.setdefault(source, []).append(entry)
    return columns


# ---------------------------------------------------------------------------------------------
# One fault

def integer_fault(rng, field):
    low, high = integer_range(field)
    faults = [('22003', typed_integer(rng, high + 1)), ('22003', typed_integer(rng, low - 1)),
              ('22003', ['bigint', str(high + rng.randint(1, 1 << 40))] if high < 1 << 60 else ['numeric', '1' + '0' * 30]),
              ('22023', ['text', '1']), ('22023', ['double precision', '1']), ('22023', ['date', '2024-01-01'])]
    if high > 1:
        faults.append(('22023', ['numeric', rng.choice(('0.5', '1.9', '1.000000001'))]))
    return rng.choice(faults)


def utc_fault(rng):
    return rng.choice((('22008', ['timestamptz', '2128-01-10 00:00:00+00:00']), ('22008', ['date', '2128-01-10']),
                       ('22008', ['timestamptz', '1948-08-04 23:59:59.999999+00:00']), ('22008', ['date', '1948-08-04']),
                       ('22008', ['timestamptz', '2128-01-09 23:30:00-01:00']), ('22008', ['timestamptz', '9999-12-31 00:00:00+00:00']),
                       ('22023', ['timestamp', '2024-01-01 00:00:00']), ('22023', ['bigint', '0']), ('22023', ['interval', '01:00:00'])))


def duration_fault(rng):
    return rng.choice((('22008', ['interval', '100:00:00']), ('22008', ['interval', '4 days 04:00:00']),
                       ('22008', ['interval', '-00:00:01']), ('22008', ['interval', '-1 days']), ('22008', ['interval', '5 days']),
                       ('22023', ['int', '60'])))


def text_fault(rng, field):
    faults = [['int', '5'], ['boolean', 'true'], ['numeric', '1.5']]
    if field.type == 'char':
        faults += [['text', 'x' * (field.width // 8 + 1)], ['text', '€'], ['text', '😀']] * 2
    elif field.width != '*':
        faults += [['text', 'x' * n] for n in (field.width // 8 - 1, field.width // 8 + 1)] * 2
    return '22023', rng.choice(faults)


def bytes_fault(rng, field):
    faults = [['int', '5'], ['boolean', 'true']]
    if field.width != '*':
        faults += [['bytea', '\\x' + '00' * n] for n in (field.width // 8 - 1, field.width // 8 + 1)] * 2
    return '22023', rng.choice(faults)


def tlv_fault(rng, entry):
    over = 65536 if entry.type.startswith('tlv(16') else 256
    v = lambda sqlstate, **item: (sqlstate, {'tag': 1, **item})
    faults = [v('22003', value=1 << 64), v('22023', value=-1), v('22023', value=1.5), v('22003', value=256, size=1),
              v('22003', value=-129, size=1), v('22003', value=-(1 << 63) - 1, size=8), v('22003', value=1 << 32, size=4),
              v('22023', value=1, size=0), v('22023', value=1, size=9), v('22023', value=1, size=1.5), v('22023', value=1, size='1'),
              v('22023', value='x', size=1), v('22023', value=True, size=1), v('22023', value=[], size=1),
              v('22023', value=1, hex='00'), v('22023', hex='00', base64='AA=='), v('22023', hex='00', size=1), v('22023'),
              v('22023', value=1, name='x'), v('22023', Value=1), v('22023', hex='0'), v('22023', hex='0g'), v('22023', hex='00 00'),
              v('22023', hex=0), v('22023', base64='AA'), v('22023', base64='A A='), v('22023', base64='_w=='), v('22023', base64=None),
              v('22003', tag=over, value=1), v('22003', tag=str(over), value=1), v('22003', tag=hex(over), value=1),
              v('22003', tag=-1, value=1), v('22023', tag=1.5, value=1), v('22023', tag='x', value=1), v('22023', tag='', value=1),
              v('22023', tag=None, value=1), v('22023', tag=True, value=1), v('22023', tag=[1], value=1), v('22023', tag='0x', value=1),
              ('22023', {'value': 1}), ('22023', 5), ('22023', 'x'), ('22023', None), ('22023', [])]
    if entry.type.endswith(',8)'):
        faults.append(v('22023', value='x' * 256))
    sqlstate, item = rng.choice(faults)
    value, chance = [item], rng.random()
    if chance < 0.3:
        value = [{'tag': 2, 'value': 'sound'}, item]
    elif chance < 0.5:
        value = [{'tag': 2, 'value': {'7': [item]}}]
    if rng.random() < 0.2:
        sqlstate, value = rng.choice((('22023', {'1': 1, '0x1': 2}), ('22003', {str(over): 1}), ('22023', {'x': 1}), ('22023', {'1': 1.5}),
                                      ('22023', 5), ('22023', 'x'), ('22023', True)))
    if rng.random() < 0.1:
        return '22023', ['int', '5']
    return sqlstate, [rng.choice(('json', 'jsonb')), json.dumps(value)]


def plant_fault(rng, entries, row):
    """A row with one fault, and the (SQLSTATE, field) that it should give; None where none is found."""
    columns = fields_by_column(entries)
    if not columns:
        return None
    tlvs = [name for name, fields in columns.items() if fields[0].type.startswith('tlv')]
    name = rng.choice(tlvs if tlvs and rng.random() < 0.4 else list(columns))
    field, row = columns[name][0], dict(row)
    if not field.source and len(columns[name]) == 1 and len(row) > 1 and rng.random() < 0.1:
        del row[name]
        return row, ('42703', field.name)
    kind = field.type.split('(')[0]
    if kind not in ('utc', 'tlv') and rng.random() < 0.15:
        row[name] = [row[name][0], None]
        return row, ('22004', field.name)
    makers = {'utc': lambda: utc_fault(rng), 'duration': lambda: duration_fault(rng), 'tlv': lambda: tlv_fault(rng, field),
              'bytes': lambda: bytes_fault(rng, field)}
    field = rng.choice(columns[name])
    maker = makers.get(kind, (lambda: integer_fault(rng, field)) if kind in INTEGER_TYPES else lambda: text_fault(rng, field))
    sqlstate, row[name] = maker()
    return row, (sqlstate, field.name)


# ---------------------------------------------------------------------------------------------
# Cases

def random_max(rng, entries, row):
    """At random, or so that the row just fits or is a byte too long."""
    fixed = (sum(int(e.width) for e in entries if e.width not in (None, '*')) + 7) // 8
    if rng.random() < 0.3 and any(e.width == '*' for e in entries):
        try:
            room = len(encode(render(rng, 'x', None, entries)[0], row)[0]) - fixed - rng.choice((0, 1))
        except SectionError:
            room = 0
    elif rng.random() < 0.35 and not any(e.split for e in entries):
        return None
    else:
        room = rng.choice((20, 40, 70, 100)) if any(e.split for e in entries) else rng.choice((0, 5, 40, 200, 4096))
    return min(max(fixed + max(room, 0), 3), 4096)


def is_left_open(layout, row):
    """Cases the contract does not decide: a section of no bytes; a row too long whose '*' fields are several, or
    whose fields next to the split one are already over max."""
    try:
        return b'' in encode(layout, row)
    except SectionError as error:
        return len(set(error.faults)) > 1


def case_of(layout, row):
    try:
        return {'sections': [section.hex() for section in encode(layout, row)]}
    except SectionError as error:
        return {'sqlstate': error.sqlstate, 'field': error.field}


def random_case(rng, number):
    entries = random_entries(rng)
    row = {name: column_for(rng, fields) for name, fields in fields_by_column(entries).items()}
    text = render(rng, new_name(rng, set()), random_max(rng, entries, row), entries)[0]
    layout = parse_layout(text)
    if not row or rng.random() < 0.15:
        row['unused_remark'] = ['text', 'no field takes this']
    if rng.random() < 0.27:
        planted = plant_fault(rng, entries, row)
        if planted is None or 'sqlstate' in case_of(layout, row):
            return None
        row, expected = planted
        found = case_of(layout, row)
        if not is_left_open(layout, row):
            assert (found.get('sqlstate'), found.get('field')) == expected, (text, row, found, expected)
    if is_left_open(layout, row):
        return None
    return {'name': 'random %d' % number, 'layout': text, 'columns': row, **case_of(layout, row)}


def print_cases(make, seed, count):
    rng, cases = random.Random(seed), []
    while len(cases) < count:
        case = make(rng, len(cases) + 1)
        if case and len(json.dumps(case)) < 9000:
            cases.append(case)
    print('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]')


if __name__ == '__main__':
    print_cases(random_case, int(sys.argv[1]), int(sys.argv[2]))
