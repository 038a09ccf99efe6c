"""A slow, obvious reference of the encoding half of the contract (sections.md, chapters 2 to 4).

parse_layout(text) gives a Layout or raises LayoutError with the line the message must name.
encode(layout, row) gives a list of sections (bytes) or raises SectionError (SQLSTATE, field).
A row is {column: [SQL type, text or None]}. Bits are strings of '0' and '1', most significant first.
"""
import base64
import binascii
import ipaddress
import json
import math
import re
import struct
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Optional


class LayoutError(Exception):
    def __init__(self, line, problem):
        super().__init__('line %d: %s' % (line, problem))
        self.line = line


class SectionError(Exception):
    """The first fault of a row; `faults` holds every (SQLSTATE, field) that was seen."""
    def __init__(self, faults):
        self.faults = faults
        self.sqlstate, self.field = faults[0]
        super().__init__('%s in field "%s"' % faults[0])


class BadValue(Exception):
    """A value that a field cannot take; the field's name is added by whoever knows it."""
    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


OUT_OF_RANGE, NULL_VALUE, BAD_TIME, OTHER, NO_COLUMN = '22003', '22004', '22008', '22023', '42703'


@dataclass
class Field:
    name: str
    line: int
    type: str
    width: Optional[int]            # None is '*'
    tlv: Optional[tuple] = None     # (tag bits, length bits or 'ber')
    table: Optional[str] = None     # of dvbtext(TABLE)
    split: bool = False
    source: tuple = ()              # ('column', name), ('constant', n), ('length', field or None), ...


@dataclass
class Label:
    name: str
    line: int


@dataclass
class Layout:
    name: str
    max_bytes: int
    entries: list                   # fields and labels, in order
    closing_line: int

    def fields(self):
        return [e for e in self.entries if isinstance(e, Field)]

    def labels(self):
        return [e for e in self.entries if isinstance(e, Label)]

    def field(self, name):
        return next((f for f in self.fields() if f.name == name), None)


# ---------------------------------------------------------------------------------------------
# The layout language (chapter 2)

TOKEN = re.compile(r'(?P<blank>[ \t\r\f\v]+|--[^\n]*)|(?P<newline>[\n;])|(?P<number>0x[0-9A-Fa-f]+|0b[01]+|[0-9]+)'
                   r'|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[(){},:=*-])')
INTEGER_TYPES = ('uimsbf', 'tcimsbf', 'bslbf', 'bcd')
COUNTING_TYPES = ('uimsbf', 'bslbf')          # those that take length(), offset(), part() ...
PART_FUNCTIONS = ('part', 'last_part', 'parts')
TEXT_TYPES = ('char', 'text', 'dvbtext', 'utf16')
TYPES = INTEGER_TYPES + TEXT_TYPES + ('utc', 'duration', 'mjd', 'bytes', 'tlv', 'rpchof', 'inet', 'macaddr', 'float')
TEXT_TABLES = ('6937', 'arib') + tuple('8859-%d' % n for n in range(1, 16) if n != 12)
RESERVED = ('if', 'else')                     # kept for conditions


def tokens_of(text):
    tokens, line, at = [], 1, 1 if text.startswith('\ufeff') else 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise LayoutError(line, 'unexpected character %r' % text[at])
        kind, word = match.lastgroup, match.group()
        after = text[match.end():match.end() + 1]
        if kind == 'number' and re.match('[A-Za-z0-9_]', after):
            raise LayoutError(line, 'a number runs into a name')
        if kind == 'name' and (len(word) > 63 or word in RESERVED):
            raise LayoutError(line, 'not a name: %s' % word)
        if kind != 'blank':
            tokens.append((kind, word, line))
        line += word.count('\n')
        at = match.end()
    return tokens + [('end', '', line)]


class Parser:
    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.at = 0

    def kind(self):
        return self.tokens[self.at][0]

    def word(self):
        return self.tokens[self.at][1]

    def line(self):
        return self.tokens[self.at][2]

    def refuse(self, problem, line=None):
        raise LayoutError(line or self.line(), problem)

    def take(self, kind, word=None):
        if self.kind() != kind or (word is not None and self.word() != word):
            self.refuse('expected %s, found %r' % (word or kind, self.word()))
        self.at += 1
        return self.tokens[self.at - 1][1]

    def accept(self, word):
        if self.kind() in ('mark', 'name') and self.word() == word:
            self.at += 1
            return True
        return False

    def skip_newlines(self):
        while self.kind() == 'newline':
            self.at += 1

    def layout(self):
        self.skip_newlines()
        name, max_bytes = self.take('name'), 4096
        if self.accept('('):
            self.take('name', 'max')
            max_bytes = int(self.word()) if re.fullmatch('[0-9]+', self.word()) else 0
            if not 3 <= max_bytes <= 4096:
                self.refuse('max is 3 to 4096')
            self.at += 1
            self.take('mark', ')')
        self.take('mark', '{')
        entries = []
        self.skip_newlines()
        while not (self.kind() == 'mark' and self.word() == '}'):
            entries.append(self.entry(entries))
            if self.word() != '}':
                self.take('newline')            # one field a line
            self.skip_newlines()
        closing_line = self.line()
        if not any(isinstance(e, Field) for e in entries):
            self.refuse('a layout has at least one field')
        self.take('mark', '}')
        self.skip_newlines()
        self.take('end')                        # text after the closing brace
        return Layout(name, max_bytes, entries, closing_line)

    def entry(self, entries):
        line, name = self.line(), self.take('name')
        if any(e.name == name for e in entries):
            self.refuse('duplicate name', line)
        if self.accept(':'):
            return Label(name, line)
        field = Field(name, line, None, self.width())
        self.type(field)
        check_width(field)
        if self.word() == 'split':
            if field.type != 'tlv':
                self.refuse('split is for tlv')
            if any(isinstance(e, Field) and e.split for e in entries):
                self.refuse('a second split')
            field.split = self.accept('split')
        if self.word() == '=' and field.type == 'rpchof':
            self.refuse('rpchof takes no source')
        field.source = self.source(field) if self.accept('=') else ('column', name)
        if field.type == 'rpchof':
            field.source = ('crc',)
        return field

    def width(self):
        if self.accept('*'):
            return None
        if not re.fullmatch('[0-9]+', self.word()):
            self.refuse('expected a width')
        return int(self.take('number'))

    def type(self, field):
        if self.word() not in TYPES:
            self.refuse('unknown type')
        field.type = self.take('name')
        if field.type == 'tlv':
            self.take('mark', '(')
            if self.word() not in ('8', '16'):
                self.refuse('T is 8 or 16')
            tag_bits = int(self.take('number'))
            self.take('mark', ',')
            if self.word() not in ('8', '16', 'ber'):
                self.refuse('L is 8, 16 or ber')
            length_bits = 'ber' if self.accept('ber') else int(self.take('number'))
            self.take('mark', ')')
            field.tlv = (tag_bits, length_bits)
        if field.type == 'dvbtext' and self.accept('('):
            table = self.word()
            self.at += 1
            while self.word() != ')' and self.kind() in ('mark', 'number', 'name'):
                table += self.word()
                self.at += 1
            if table not in TEXT_TABLES:
                self.refuse('unknown table')
            field.table = table
            self.take('mark', ')')

    def source(self, field):
        if self.kind() == 'number':
            return self.constant(field)
        word = self.take('name')
        if not self.accept('('):
            return ('column', word)
        if word not in ('length', 'offset', 'part', 'last_part', 'parts'):
            self.refuse('unknown function')
        if field.type not in COUNTING_TYPES:
            self.refuse('the type does not take this source')
        takes_name = word == 'offset' or (word == 'length' and self.word() != ')')
        argument = self.take('name') if takes_name else None
        self.take('mark', ')')
        return (word, argument)

    def constant(self, field):
        if field.type not in INTEGER_TYPES:
            self.refuse('the type takes no constant')
        value = int(self.word(), 16 if self.word()[:2] == '0x' else 2 if self.word()[:2] == '0b' else 10)
        if value > integer_range(field)[1]:
            self.refuse('constant too large')
        self.take('number')
        return ('constant', value)


def check_width(field):
    allowed = {
        'uimsbf': lambda w: w is not None and 1 <= w <= 64,
        'tcimsbf': lambda w: w is not None and 2 <= w <= 64,
        'bslbf': lambda w: w is not None and 1 <= w <= 64,
        'bcd': lambda w: w is not None and 4 <= w <= 64 and w % 4 == 0,
        'utc': lambda w: w == 40,
        'duration': lambda w: w == 24,
        'char': lambda w: w is None or (w >= 8 and w % 8 == 0),
        'utf16': lambda w: w is None or (w >= 16 and w % 16 == 0),
        'mjd': lambda w: w == 16,
        'inet': lambda w: w in (32, 128),
        'macaddr': lambda w: w == 48,
        'float': lambda w: w in (32, 64),
        'text': lambda w: w is None or (w >= 8 and w % 8 == 0),
        'bytes': lambda w: w is None or (w >= 8 and w % 8 == 0),
        'dvbtext': lambda w: w is None,
        'tlv': lambda w: w is None,
        'rpchof': lambda w: w == 32}
    if not allowed[field.type](field.width):
        raise LayoutError(field.line, 'width not allowed for %s' % field.type)


def check_alignment_and_size(layout):
    """What must begin and end on a byte; a '*' is whole bytes and counts as none here."""
    bit, starts = 0, {}
    for entry in layout.entries:
        starts[entry.name] = bit
        if isinstance(entry, Label) or entry.width is None or entry.type == 'rpchof':
            if bit % 8:
                raise LayoutError(entry.line, 'not on a byte boundary')
        if isinstance(entry, Field):
            bit += entry.width or 0
            if entry.source == ('length', None) and bit % 8:
                raise LayoutError(entry.line, 'length() is not measured from a byte boundary')
            if bit > 8 * layout.max_bytes:
                raise LayoutError(entry.line, 'the fixed fields alone are over max')
    if bit % 8:
        raise LayoutError(layout.closing_line, 'the layout does not end on a byte boundary')
    return starts


def check_references(layout, starts):
    for field in layout.fields():
        function, argument = field.source[0], field.source[-1]
        if function == 'offset' and argument not in [label.name for label in layout.labels()]:
            raise LayoutError(field.line, 'unknown label')
        if function == 'length' and argument is not None:
            measured = layout.field(argument)
            if measured is None or measured is field:
                raise LayoutError(field.line, 'unknown field, or a field computed from itself')
            if starts[argument] % 8 or (measured.width or 0) % 8:
                raise LayoutError(field.line, 'measures a field that is not on byte boundaries')


def is_bounded(layout, index):
    """By a length(f), or an offset to the nearest label after f, that stands before f."""
    field = layout.entries[index]
    later_labels = [e.name for e in layout.entries[index:] if isinstance(e, Label)]
    bounds = [('length', field.name)] + [('offset', name) for name in later_labels[:1]]
    return any(isinstance(e, Field) and e.source in bounds for e in layout.entries[:index])


def check_decodable(layout):
    unbounded = [e for i, e in enumerate(layout.entries)
                 if isinstance(e, Field) and e.width is None and not is_bounded(layout, i)]
    if len(unbounded) > 1:
        raise LayoutError(unbounded[1].line, 'a second field of width * that nothing bounds')


def check_sources(layout):
    """In a JSON row the name of a part field sets it, so that no column may have it."""
    part_fields = {f.name for f in layout.fields() if f.source[0] in PART_FUNCTIONS}
    for field in layout.fields():
        if field.source[0] == 'column' and field.source[1] in part_fields:
            raise LayoutError(field.line, 'a column source named like a part field')


def parse_layout(text):
    layout = Parser(text).layout()
    check_sources(layout)
    check_references(layout, check_alignment_and_size(layout))
    check_decodable(layout)
    return layout


# ---------------------------------------------------------------------------------------------
# Values of columns (chapter 2, the two tables and what follows them)

def bits_of(number, width):
    return format(number % (1 << width), '0%db' % width)


def bits_of_bytes(data):
    return ''.join(bits_of(byte, 8) for byte in data)


def bytes_of_bits(bits):
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def integer_range(field):
    if field.type == 'bcd':
        return 0, 10 ** (field.width // 4) - 1
    if field.type == 'tcimsbf':
        return -(1 << (field.width - 1)), (1 << (field.width - 1)) - 1
    return 0, (1 << field.width) - 1


def integer_bits(field, number):
    low, high = integer_range(field)
    if not low <= number <= high:
        raise BadValue(OUT_OF_RANGE)
    if field.type == 'bcd':
        return bcd_bits(number, field.width // 4)
    return bits_of(number, field.width)


def bcd_bits(number, digits):
    return ''.join(bits_of(int(digit), 4) for digit in str(number).rjust(digits, '0'))


def integer_of(field, sql_type, text):
    if sql_type == 'boolean' and field.type in COUNTING_TYPES:
        return 1 if text == 'true' else 0
    if sql_type not in ('smallint', 'int', 'bigint', 'numeric'):
        raise BadValue(OTHER)
    number = Decimal(text)
    if number != number.to_integral_value():
        raise BadValue(OTHER)                   # a fraction
    return int(number)


def instant_of(sql_type, text):
    """None stands for 'undefined'."""
    if sql_type not in ('timestamptz', 'date'):
        raise BadValue(OTHER)
    if text is None or text == 'infinity':
        return None
    if sql_type == 'date':
        return datetime.fromisoformat(text + ' 00:00:00+00:00')
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def utc_bits(instant):
    """EN 300 468 annex C: 16 bits of Modified Julian Date, then hhmmss in BCD."""
    if instant is None:
        return '1' * 40
    if not date(1948, 8, 5) <= instant.date() <= date(2128, 1, 9):
        raise BadValue(BAD_TIME)
    mjd = (instant.date() - date(1858, 11, 17)).days
    return bits_of(mjd, 16) + ''.join(bcd_bits(n, 2) for n in (instant.hour, instant.minute, instant.second))


INTERVAL_UNITS = {'day': 86400, 'hour': 3600, 'minute': 60, 'second': 1, 'week': 7 * 86400}


def seconds_of_interval(text):
    """PostgreSQL's interval text without months: a list of amounts with units and at most one h:m:s."""
    total, words = Decimal(0), text.split()
    while words:
        clock = re.fullmatch(r'([+-]?)(\d+):(\d\d):(\d\d(?:\.\d+)?)', words[0])
        if clock:
            seconds = int(clock[2]) * 3600 + int(clock[3]) * 60 + Decimal(clock[4])
            total += -seconds if clock[1] == '-' else seconds
            words = words[1:]
        else:
            total += Decimal(words[0]) * INTERVAL_UNITS[words[1].rstrip('s')]
            words = words[2:]
    return total


ISO_DURATION = re.compile(r'P(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?'
                          r'(?:T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:\.\d+)?)S)?)?')


def seconds_of_iso_duration(text):
    """ISO 8601 without years and months, each part with its own sign, as IntervalStyle iso_8601 writes it."""
    match = ISO_DURATION.fullmatch(text)
    if not match or not any(match.groups()) or text.endswith('T'):
        raise BadValue(OTHER)
    return sum(Decimal(amount or 0) * size for amount, size in zip(match.groups(), (7 * 86400, 86400, 3600, 60, 1)))


def duration_bits(sql_type, text):
    if sql_type != 'interval':
        raise BadValue(OTHER)
    seconds = seconds_of_iso_duration(text) if text.startswith('P') else seconds_of_interval(text)
    if not 0 <= seconds < 100 * 3600:
        raise BadValue(BAD_TIME)
    seconds = int(seconds)
    return ''.join(bcd_bits(n, 2) for n in (seconds // 3600, seconds // 60 % 60, seconds % 60))


def text_bytes(field, sql_type, text):
    if sql_type not in ('text', 'varchar'):
        raise BadValue(OTHER)
    if field.type == 'char':
        try:
            latin1 = text.encode('latin-1')
        except UnicodeEncodeError:
            raise BadValue(OTHER)
        return latin1.ljust((field.width or 0) // 8, b' ')
    if field.type == 'utf16':
        return text.encode('utf-16-be').ljust((field.width or 0) // 8, b'\0')
    utf8 = text.encode('utf-8')
    if field.type == 'dvbtext' and field.table is not None:
        return bytes_in_table(field.table, text)
    if field.type == 'dvbtext' and not all(0x20 <= byte <= 0x7E for byte in utf8):
        return b'\x15' + utf8                   # EN 300 468 annex A: 0x15 announces UTF-8
    return utf8


def bytes_in_table(table, text):
    """Of ISO/IEC 8859 alone: the codec of Python has U+0080 to U+009F where the table has control codes."""
    if any(0x7F < ord(c) < 0xA0 or ord(c) < 0x20 for c in text):
        return b'\x15' + text.encode('utf-8')
    try:
        return text.encode('iso' + table.replace('-', '_'))
    except UnicodeEncodeError:
        return b'\x15' + text.encode('utf-8')


def mjd_bits(sql_type, text):
    if sql_type != 'date':
        raise BadValue(OTHER)
    if text.endswith('infinity') or not date(1948, 8, 5) <= date.fromisoformat(text) <= date(2128, 1, 9):
        raise BadValue(BAD_TIME)
    return bits_of((date.fromisoformat(text) - date(1858, 11, 17)).days, 16)


def address_bytes(field, sql_type, text):
    if sql_type != field.type:
        raise BadValue(OTHER)
    if field.type == 'macaddr':
        return bytes.fromhex(text.replace(':', ''))
    try:
        kind = ipaddress.IPv4Address if field.width == 32 else ipaddress.IPv6Address
        return kind(text).packed
    except ValueError:
        raise BadValue(OTHER)                   # a mask, or the other family


def float_bytes(field, sql_type, text):
    if sql_type not in ('real', 'double precision', 'smallint', 'int', 'bigint', 'numeric'):
        raise BadValue(OTHER)
    try:
        number = struct.pack('>f' if field.width == 32 else '>d', float(text))
    except OverflowError:
        raise BadValue(OUT_OF_RANGE)
    if math.isinf(float(text)) and 'inf' not in text.lower():
        raise BadValue(OUT_OF_RANGE)
    return number


def bytea_of(sql_type, text):
    if sql_type != 'bytea':
        raise BadValue(OTHER)
    return bytes.fromhex(text[2:])


# ---------------------------------------------------------------------------------------------
# TLV items (chapter 3)

def json_of(sql_type, text):
    if sql_type not in ('json', 'jsonb'):
        raise BadValue(OTHER)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def whole_number(value):
    if value != value.to_integral_value():
        raise BadValue(OTHER)
    return int(value)


def tag_of(tag, tag_bits):
    if isinstance(tag, str):
        if not re.fullmatch('[0-9]+|0x[0-9A-Fa-f]+', tag):
            raise BadValue(OTHER)
        number = int(tag, 16 if tag[:2] == '0x' else 10)
    elif isinstance(tag, Decimal):
        number = whole_number(tag)
    else:
        raise BadValue(OTHER)
    if not 0 <= number < 1 << tag_bits:
        raise BadValue(OUT_OF_RANGE)
    return number


def item_integer(number, size):
    if size is None:
        if number < 0:
            raise BadValue(OTHER)               # negative integers need a size
        size = next((n for n in (1, 2, 4, 8) if number < 1 << 8 * n), None)
        if size is None:
            raise BadValue(OUT_OF_RANGE)
    elif not -(1 << 8 * size - 1) <= number < 1 << 8 * size:
        raise BadValue(OUT_OF_RANGE)
    return (number % (1 << 8 * size)).to_bytes(size, 'big')


def item_value(value, size, kinds):
    if isinstance(value, Decimal):
        return item_integer(whole_number(value), size)
    if size is not None:
        raise BadValue(OTHER)                   # a size is for integers
    if value is None:
        return b''
    if isinstance(value, bool):
        return b'\x01' if value else b'\x00'
    if isinstance(value, str):
        return value.encode('utf-8')
    return b''.join(tlv_items(value, kinds))


def item_size(item):
    if 'size' not in item:
        return None
    size = item['size']
    if not isinstance(size, Decimal) or size not in range(1, 9) or 'value' not in item:
        raise BadValue(OTHER)
    return int(size)


def item_content(item, kinds):
    if len([key for key in ('value', 'hex', 'base64') if key in item]) != 1:
        raise BadValue(OTHER)
    size = item_size(item)
    if 'value' in item:
        return item_value(item['value'], size, kinds)
    key = 'hex' if 'hex' in item else 'base64'
    text = item[key]
    if not isinstance(text, str):
        raise BadValue(OTHER)
    if key == 'hex':
        if not re.fullmatch('([0-9A-Fa-f]{2})*', text):
            raise BadValue(OTHER)
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadValue(OTHER)


def length_bytes(length, length_bits):
    if length_bits == 'ber':                    # shortest form
        if length < 128:
            return bytes([length])
        digits = length.to_bytes((length.bit_length() + 7) // 8, 'big')
        return bytes([0x80 | len(digits)]) + digits
    if length >= 1 << length_bits:
        raise BadValue(OTHER)
    return length.to_bytes(length_bits // 8, 'big')


def tlv_item(tag, content, kinds):
    return tag.to_bytes(kinds[0] // 8, 'big') + length_bytes(len(content), kinds[1]) + content


def tlv_items(value, kinds):
    if isinstance(value, dict):
        tagged = sorted(((tag_of(key, kinds[0]), v) for key, v in value.items()), key=lambda pair: pair[0])
        if len({tag for tag, v in tagged}) < len(tagged):
            raise BadValue(OTHER)               # the same tag twice
        return [tlv_item(tag, item_value(v, None, kinds), kinds) for tag, v in tagged]
    if not isinstance(value, list):
        raise BadValue(OTHER)
    items = []
    for item in value:
        if not isinstance(item, dict) or 'tag' not in item or set(item) - {'tag', 'value', 'size', 'hex', 'base64'}:
            raise BadValue(OTHER)
        items.append(tlv_item(tag_of(item['tag'], kinds[0]), item_content(item, kinds), kinds))
    return items


# ---------------------------------------------------------------------------------------------
# Sections

def column_bits(field, sql_type, text):
    """The bits of one field from its column; for tlv a list of the items' bits."""
    if text is None and field.type not in ('utc', 'tlv'):
        raise BadValue(NULL_VALUE)
    if field.type in INTEGER_TYPES:
        return integer_bits(field, integer_of(field, sql_type, text))
    if field.type == 'utc':
        return utc_bits(instant_of(sql_type, text))
    if field.type == 'duration':
        return duration_bits(sql_type, text)
    if field.type == 'tlv':
        return [bits_of_bytes(i) for i in tlv_items([] if text is None else json_of(sql_type, text), field.tlv)]
    if field.type == 'mjd':
        return mjd_bits(sql_type, text)
    if field.type in ('inet', 'macaddr'):
        return bits_of_bytes(address_bytes(field, sql_type, text))
    if field.type == 'float':
        return bits_of_bytes(float_bytes(field, sql_type, text))
    data = bytea_of(sql_type, text) if field.type == 'bytes' else text_bytes(field, sql_type, text)
    if field.width is not None and len(data) * 8 != field.width:
        raise BadValue(OTHER)                   # never a truncation
    return bits_of_bytes(data)


def values_of_row(layout, row):
    values, faults = {}, []
    for field in layout.fields():
        try:
            if field.source[0] == 'constant':
                values[field.name] = integer_bits(field, field.source[1])
            elif field.source[0] == 'column':
                if field.source[1] not in row:
                    raise BadValue(NO_COLUMN)
                sql_type, text = row[field.source[1]]
                values[field.name] = column_bits(field, sql_type.split('(')[0], text)
        except BadValue as bad:
            faults.append((bad.sqlstate, field.name))
    if faults:
        raise SectionError(faults)
    return values


def split_items(layout, values, faults):
    """The items of the split field, one list a section (chapter 2, split); [None] where nothing is split."""
    room = 8 * layout.max_bytes
    split = next((f for f in layout.fields() if f.split), None)
    for f in layout.fields():
        if f is not split:
            room -= len(''.join(values[f.name])) if f.name in values else f.width
    if room < 0:                                # which field it is, the contract says for one '*' field alone
        faults += [(OTHER, f.name) for f in layout.fields() if f.width is None]
    if split is None:
        return [None]
    sections = [[]]
    for item in values[split.name]:
        if len(item) > room:
            faults.append((OTHER, split.name))
        if sections[-1] and len(''.join(sections[-1])) + len(item) > room:
            sections.append([])
        sections[-1].append(item)
    return sections


def crc_32(bits):
    """CRC_32 of ISO/IEC 13818-1 annex B, bit by bit."""
    register = 0xFFFFFFFF
    for bit in bits:
        feedback = (register >> 31) ^ int(bit)
        register = (register << 1) & 0xFFFFFFFF
        if feedback:
            register ^= 0x04C11DB7
    return register


def computed_number(field, starts, ends, part, parts, given):
    if field.name in given and field.source[0] in PART_FUNCTIONS:
        return given[field.name]
    function, argument = field.source[0], field.source[-1]
    if function == 'length' and argument is None:
        return (ends['the section'] - ends[field.name]) // 8
    if function == 'length':
        return (ends[argument] - starts[argument]) // 8
    if function == 'offset':
        return starts[argument] // 8
    return {'part': part, 'last_part': parts - 1, 'parts': parts}[function]


def check_given_parts(layout, given):
    """A JSON row sets all part numbers or none; {field: number} of those that it sets."""
    fields = [f for f in layout.fields() if f.source[0] in PART_FUNCTIONS]
    if not given:
        return
    numbers = {}
    for field in fields:
        if field.name not in given:
            raise SectionError([(OTHER, field.name)])
        kind = field.source[0]
        if numbers.setdefault(kind, given[field.name]) != given[field.name]:
            raise SectionError([(OTHER, field.name)])
        part, last, parts = numbers.get('part'), numbers.get('last_part'), numbers.get('parts')
        wrong = (parts == 0
                 or (part is not None and parts is not None and part >= parts)
                 or (part is not None and last is not None and part > last)
                 or (last is not None and parts is not None and last != parts - 1))
        if wrong:
            raise SectionError([(OTHER, field.name)])


def one_section(layout, values, part, parts, faults, given):
    starts, ends, at = {}, {}, 0
    for entry in layout.entries:
        starts[entry.name] = at
        if isinstance(entry, Field):
            at += len(values[entry.name]) if entry.name in values else entry.width
        ends[entry.name] = at
    ends['the section'] = at
    bits = ''
    for field in layout.fields():
        if field.name in values:
            bits += values[field.name]
        elif field.type == 'rpchof':
            bits += bits_of(crc_32(bits), 32)
        else:
            number = computed_number(field, starts, ends, part, parts, given)
            if number >= 1 << field.width:
                faults.append((OUT_OF_RANGE, field.name))
            bits += bits_of(number, field.width)
    return bytes_of_bits(bits)


def encode(layout, row, given_parts=None):
    """given_parts: {part field: number}, what a JSON row sets; such a row is not split."""
    given = given_parts or {}
    if isinstance(layout, str):
        layout = parse_layout(layout)
    values = values_of_row(layout, row)
    sections, faults = [], []
    groups = split_items(layout, values, faults)
    split = next((f for f in layout.fields() if f.split), None)
    check_given_parts(layout, given)
    if len(groups) > 1 and given:
        faults.append((OTHER, split.name))
    if len(groups) > 1 and any(f is not split and f.source == split.source for f in layout.fields()):
        faults.append((OTHER, split.name))      # the other field would repeat all items in each section
    for part, items in enumerate(groups):
        own = {f.name: ''.join(items) if f.split else ''.join(values[f.name])
               for f in layout.fields() if f.name in values}
        sections.append(one_section(layout, own, part, len(groups), faults, given))
    if faults:
        raise SectionError(faults)
    return sections
