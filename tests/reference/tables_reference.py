"""A slow, obvious reference of tables.md and of what it extends in sections.md (chapters 2, 3 and 6), made from these contracts alone.

parse_layout(text, library)   a layout, or Refused with line and column; library is a Library, a dict of its texts, or None
canonical(layout)             its canonical text
encode(layout, row)           the list of sections of a row, or SectionError with SQLSTATE and path
decode(layout, section)       the row of a section, or SectionError
check(layout, section)        a list of (path, problem), empty for a sound section

A row is JSON as read_json reads it. Every fault of a row is collected: SectionError.faults has them all, in order.
"""
import base64
import binascii

from field_values import (OTHER, OUT_OF_RANGE, NULL_VALUE, BadBits, BadValue, bits_of, bits_of_bytes, bytes_of_bits, hex_bytes,
                          is_number, read_json, value_bits, value_of_bits, whole_number)
from layout_language import (INTEGER_TYPES, ITEM_KEYS, PART_FUNCTIONS, Compare, Field, If, Label, Library, Object, ObjectList, Optional_, Refused,
                             ValueList, canonical, number)
from layout_rules import (Rules, function_of, is_align, is_tlv, key_of, keys_of, parse_layout, within_braces)

MAX_DEPTH = 8                                    # of tlv items in items
__all__ = ('Library', 'Refused', 'SectionError', 'canonical', 'check', 'decode', 'encode', 'parse_layout', 'read_json')


class SectionError(Exception):
    """The faults of a row or a section: (SQLSTATE, path, reason)."""
    def __init__(self, faults):
        self.faults = faults
        self.sqlstate, self.path = faults[0][:2]
        super().__init__('%s in field "%s": %s' % faults[0])


def joined(path, name):
    return path + '.' + name if path else name


def crc_32(data):
    """CRC_32 of ISO/IEC 13818-1 annex A."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


def holds(condition, scopes):
    """A condition over the integers of braces, the outermost first. What is not there makes every comparison false."""
    if not isinstance(condition, Compare):
        kind, parts = condition
        return (any if kind == 'or' else all)(holds(part, scopes) for part in parts)
    value = scopes[-1 - condition.up].get(condition.name)
    if value is None:
        return False
    if condition.mask is not None:
        value &= number(condition.mask)
    constant = number(condition.constant)
    return {'==': value == constant, '!=': value != constant, '<': value < constant,
            '<=': value <= constant, '>': value > constant, '>=': value >= constant}[condition.operator]


def arm_of(choice, scopes):
    for condition, elements in choice.arms:
        if holds(condition, scopes):
            return elements
    return choice.other or []


class Names:
    """The definitions that a layout's fields mean; those of a library are judged when they are first met."""
    def __init__(self, layout):
        self.layout, self.rules = layout, Rules(layout)
        self.judged = {id(d) for d in layout.definitions}
        self.memo = {}

    def of_braces(self, elements):
        """(everything in these braces, its keys, what present() names), worked out once."""
        if id(elements) not in self.memo:
            listed = [e for e, _ in within_braces(elements)]
            presents = {function_of(e)[1] for e in listed if function_of(e)[0] == 'present'}
            self.memo[id(elements)] = listed, keys_of(elements), presents
        return self.memo[id(elements)]

    def ready(self, definition):
        if id(definition) not in self.judged:
            self.judged.add(id(definition))
            self.rules.judge_body(definition)
        return definition

    def type_of(self, e, origin):
        return self.ready(self.layout.type_named(e.definition, origin))

    def in_sets(self, sets):
        return [d for name in sets for d in self.layout.set_named(name)]

    def found(self, sets, tag, body, last):
        """The definition that a reader takes for an item; `last` has the value of the last item of each tag before it."""
        for d in self.in_sets(sets):
            if number(d.tag) != tag or (d.extension is not None and body[:1] != bytes([number(d.extension)])):
                continue
            if not d.after or any(last.get(t, b'').startswith(v) and t in last for t, v in d.scopes()):
                return self.ready(d)
        return None

    def named(self, sets, name):
        return next((self.ready(d) for d in self.in_sets(sets) if d.name == name), None)


# ---------------------------------------------------------------------------------------------
# Writing

class Braces:
    """What is known of one pair of braces while it is written or read."""
    def __init__(self, names, elements, row, path, scopes, origin):
        self.elements, self.row, self.path, self.origin = elements, row, path, origin
        self.scopes = scopes + [{}]
        self.spans = {}                          # name: (begin, end, items)
        self.used, self.optional = set(), 0
        self.computed = []                       # (field, what is filled in later or was read, path, end of the field)
        self.listed, self.keys, self.presents = names.of_braces(elements)
        # for reading
        self.end = self.limit = None
        self.bounds, self.values = {}, {}

    def measure(self, field, end):
        """What a length or count must say of what is there."""
        function, argument = field.source[:2]
        if argument is None:
            return (end[1] - end[0]) // 8
        begin, stop, items = self.spans.get(argument, (0, 0, 0))
        return (items if function == 'count' else (stop - begin) // 8) + field.source[2]


class Writer:
    """Writes one section, or the body of one item."""
    def __init__(self, names, depth, numbers=None, given=None, chosen=None):
        self.names, self.layout, self.depth = names, names.layout, depth
        self.numbers, self.given, self.chosen = numbers or {}, given or {}, chosen
        self.bits, self.at, self.faults, self.late = [], 0, [], []
        self.labels, self.checksums = {}, []

    def put(self, bits):
        self.bits.append(bits)
        self.at += len(bits)

    def fault(self, sqlstate, path, reason=''):
        self.faults.append((sqlstate, path, reason))

    def write_body(self, elements, row, path, origin, scopes=(), extra_keys=()):
        b = Braces(self.names, elements, row, path, list(scopes), origin)
        self.write_all(elements, b)
        self.finish(b)
        if path:
            for key in row:
                if key not in b.keys and key not in extra_keys:
                    self.fault(OTHER, joined(path, key), 'a key that the layout does not name')
        return b

    def write_all(self, elements, b):
        for e in elements:
            begin = self.at
            items = self.write(e, b, joined(b.path, e.name) if e.name else b.path)
            if e.name and not isinstance(e, Label):
                b.spans[e.name] = (begin, self.at, items)

    def write(self, e, b, path):
        """Writes an element; a list returns how many items it has."""
        if isinstance(e, Label):
            self.labels[e.name] = self.at
        elif isinstance(e, If):
            self.write_all(arm_of(e, b.scopes), b)
        elif isinstance(e, Optional_):
            if any(b.row.get(key) is not None for key in self.names.of_braces(e.elements)[1]):
                b.optional += 1
                self.write_all(e.elements, b)
                b.optional -= 1
        elif isinstance(e, (ObjectList, ValueList)):
            return self.write_list(e, b, path)
        elif isinstance(e, Object):
            self.write_object(e, e.elements, b, path, b.origin, b.scopes)
        elif e.definition is not None:
            definition = self.names.type_of(e, b.origin)
            self.write_object(e, definition.elements, b, path, definition.origin, [])
        elif is_tlv(e):
            return self.write_tlv(e, b, path)
        else:
            self.write_field(e, b, path)
        return 0

    def fetch(self, e, b, path):
        b.used.add(e.key)
        if e.key in b.row:
            return b.row[e.key]
        if not b.optional and e.name not in b.presents and getattr(e, 'default', None) is None:
            self.fault(NULL_VALUE, path, 'the key is not there')
        return None

    # objects and lists

    def write_object(self, e, elements, b, path, origin, scopes):
        before = len(self.faults)
        value = self.fetch(e, b, path)
        if value is None:
            if not e.nullable and len(self.faults) == before:
                self.fault(NULL_VALUE, path, 'NULL')
            return
        self.write_braces(elements, value, path, origin, scopes)

    def write_braces(self, elements, value, path, origin, scopes, extra_keys=()):
        if value is None:
            self.fault(NULL_VALUE, path, 'NULL')
        elif not isinstance(value, dict):
            self.fault(OTHER, path, 'no object')
        else:
            self.write_body(elements, value, path, origin, scopes, extra_keys)

    def items_of(self, e, b, path):
        """(index, item) of what is to be written of a list."""
        before = len(self.faults)
        value = self.fetch(e, b, path)
        if value is None and e.n is not None and len(self.faults) == before:
            self.fault(NULL_VALUE, path, 'NULL has no items')
        value = [] if value is None else value
        if not isinstance(value, list):
            self.fault(OTHER, path, 'no array')
            value = []
        if getattr(e, 'split', None) and self.chosen is not None:
            return [(i, value[i]) for i in self.chosen]
        return list(enumerate(value))

    def write_list(self, e, b, path):
        items = self.items_of(e, b, path)
        if e.n is not None and len(items) != e.n and b.row.get(e.key) is not None:
            self.fault(OTHER, path, '%d items' % len(items))
        for i, item in items:
            place = '%s[%d]' % (path, i)
            if isinstance(e, ValueList):
                self.put_value(e, item, place)
            else:
                self.write_braces(e.elements, item, place, b.origin, b.scopes, {e.split[1]} if e.split else ())
        return len(items)

    def put_value(self, e, value, path):
        try:
            self.put(value_bits(value, e, self.layout))
        except BadValue as bad:
            self.fault(bad.sqlstate, path, bad.reason)
            self.put('0' * (e.width or 0))

    # fields

    def write_field(self, e, b, path):
        if is_align(e):
            return self.put(e.source[1][-1] * (-self.at % 8))
        if e.type == 'rpchof':
            self.checksums.append((len(self.bits), path))
            return self.put('0' * 32)
        if e.source[0] == 'constant':
            bits = value_bits(number(e.source[1]), e, self.layout)
            b.scopes[-1][e.name] = number(e.source[1])
            return self.put(bits)
        if e.source[0] == 'present':
            keys = {key_of(x) for x in b.listed if x.name == e.source[1]}
            flag = int(any(b.row.get(key) is not None for key in keys))
            b.scopes[-1][e.name] = flag
            b.computed.append((e, flag, path, self.at + e.width))
            return self.put(bits_of(flag, e.width))
        if e.source[0] != 'column':
            b.computed.append((e, len(self.bits), path, self.at + e.width))
            return self.put('0' * e.width)
        return self.write_column(e, b, path)

    def write_column(self, e, b, path):
        before = len(self.faults)
        value = self.fetch(e, b, path)
        if len(self.faults) > before:
            return self.put('0' * (e.width or 0))
        if value is None and e.default is not None:
            value = number(e.default)
        begin = len(self.bits)
        self.put_value(e, value, path)
        if e.type in INTEGER_TYPES and len(self.faults) == before:
            b.scopes[-1][e.name] = int(value)
        return begin

    # the end of braces: what was left open

    def finish(self, b):
        for e, chunk, path, end in b.computed:
            if e.source[0] == 'present':
                self.check_present(e, chunk, b)
            elif e.source[0] in ('length', 'count'):
                self.fill(chunk, e, b.measure(e, (end, self.at)), path)
            else:
                self.fill(chunk, e, self.section_number(e), path)
        taken = {}
        for e in b.listed:
            key = key_of(e)
            if key is not None and key not in b.used and b.row.get(key) is not None and key not in taken:
                taken[key] = e
                self.fault(OTHER, joined(b.path, e.name), 'a value where the layout writes none')

    def check_present(self, e, flag, b):
        name = e.source[1]
        if flag != is_written(name, b):
            self.fault(OTHER, joined(b.path, name), 'written and present differ')

    def section_number(self, e):
        function, argument = e.source[:2]
        if function == 'offset':
            return self.labels.get(argument, 0) // 8
        if e.name in self.given:
            return self.given[e.name]
        return self.numbers.get((function, argument), 0)

    def fill(self, chunk, e, value, path):
        if not 0 <= value < 1 << e.width:
            self.late.append((OUT_OF_RANGE, path, '%d does not fit' % value))
        self.bits[chunk] = bits_of(value, e.width)

    def section(self):
        for chunk, _ in self.checksums:
            before = ''.join(self.bits[:chunk])
            self.bits[chunk] = bits_of(crc_32(bytes_of_bits(before)), 32)
        return bytes_of_bits(''.join(self.bits))

    # items

    def write_tlv(self, e, b, path):
        value = self.fetch(e, b, path)
        try:
            items = as_items(value, e.tlv)
        except BadValue as bad:
            self.fault(bad.sqlstate, path, bad.reason)
            return 0
        chosen = range(len(items)) if not e.split or self.chosen is None else self.chosen
        last = {}
        for i in chosen:
            try:
                self.put(bits_of_bytes(self.item(items[i], e.tlv, last, '%s[%d]' % (path, i))))
            except BadValue as bad:
                self.fault(bad.sqlstate, '%s[%d]' % (path, i) if e.tlv[2] and is_named(items[i]) else path, bad.reason)
        return len(chosen)

    def item(self, item, tlv, last, path):
        if not isinstance(item, dict):
            raise BadValue(OTHER, 'no item')
        if is_named(item):
            tag, content = self.named_item(item, tlv, last, path)
        else:
            tag, content = plain_item(item, tlv)
        last[tag] = content
        return tag.to_bytes(tlv[0] // 8, 'big') + length_bytes(len(content), tlv[1]) + content

    def named_item(self, item, tlv, last, path):
        (name, value), = item.items()
        d = self.names.named(tlv[2], name)
        if d is None:
            raise BadValue(OTHER, 'no definition of this name')
        if self.depth > MAX_DEPTH:
            raise BadValue(OTHER, 'a named item too deep')
        if number(d.tag) >= 1 << tlv[0]:
            raise BadValue(OTHER, 'a tag that does not fit')
        inner = Writer(self.names, self.depth + 1)
        if d.extension is not None:
            inner.put(bits_of(number(d.extension), 8))
        inner.write_braces(d.elements, value, joined(path, name), d.origin, [])
        if inner.faults + inner.late:
            self.faults += inner.faults + inner.late
            raise BadValue(*(inner.faults + inner.late)[0][::2])
        content = inner.section()
        if self.names.found(tlv[2], number(d.tag), content, last) is not d:
            raise BadValue(OTHER, 'a reader would not find this definition')
        return number(d.tag), content


def is_named(item):
    """Whether an item is one of {"name": {...}}."""
    return isinstance(item, dict) and len(item) == 1 and not set(item) & set(ITEM_KEYS)


def is_written(name, b):
    """Whether something of this name is there: an object that may be NULL counts if it takes bytes."""
    if name not in b.spans:
        return False
    begin, end, _ = b.spans[name]
    named = [e for e in b.listed if e.name == name]
    return end > begin or not any(getattr(e, 'nullable', False) for e in named)


# ---------------------------------------------------------------------------------------------
# Plain items (chapter 3)

def tag_of(tag, tag_bits):
    if isinstance(tag, str):
        digits = tag[2:] if tag[:2] == '0x' else tag
        base = 16 if tag[:2] == '0x' else 10
        allowed = '0123456789abcdefABCDEF'[:22 if base == 16 else 10]
        if not digits or any(c not in allowed for c in digits):
            raise BadValue(OTHER, 'no tag')
        found = int(digits, base)
    else:
        found = whole_number(tag)
    if not 0 <= found < 1 << tag_bits:
        raise BadValue(OUT_OF_RANGE, 'a tag that does not fit')
    return found


def as_items(value, tlv):
    """The list of items of a tlv value: an object is that of its items in order of tag."""
    if value is None:
        return []
    if isinstance(value, dict):
        tagged = sorted(((tag_of(key, tlv[0]), v) for key, v in value.items()), key=lambda pair: pair[0])
        if len({tag for tag, _ in tagged}) < len(tagged):
            raise BadValue(OTHER, 'a tag twice')
        return [{'tag': tag, 'value': v} for tag, v in tagged]
    if not isinstance(value, list):
        raise BadValue(OTHER, 'no items')
    return value


def plain_item(item, tlv):
    if not isinstance(item, dict) or 'tag' not in item or set(item) - {'tag', 'value', 'size', 'hex', 'base64'}:
        raise BadValue(OTHER, 'no item')
    return tag_of(item['tag'], tlv[0]), item_content(item, tlv)


def item_content(item, tlv):
    if len([key for key in ('value', 'hex', 'base64') if key in item]) != 1 or ('size' in item and 'value' not in item):
        raise BadValue(OTHER, 'one of value, hex and base64')
    if 'hex' in item:
        return hex_bytes(item['hex'])
    if 'base64' in item:
        return base64_bytes(item['base64'])
    size = None
    if 'size' in item:
        size = whole_number(item['size'])
        if not 1 <= size <= 8:
            raise BadValue(OTHER, 'size is 1 to 8')
    return item_value(item['value'], size, tlv)


def base64_bytes(text):
    if not isinstance(text, str):
        raise BadValue(OTHER, 'no base64')
    try:
        data = base64.b64decode(text.encode('ascii'), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadValue(OTHER, 'no base64')
    if base64.b64encode(data).decode('ascii') != text:
        raise BadValue(OTHER, 'bits after the last byte')
    return data


def item_value(value, size, tlv):
    if is_number(value):
        return item_integer(whole_number(value), size)
    if size is not None:
        raise BadValue(OTHER, 'a size is for integers')
    if value is None:
        return b''
    if isinstance(value, bool):
        return b'\x01' if value else b'\x00'
    if isinstance(value, str):
        return value.encode('utf-8')
    content = b''
    for item in as_items(value, tlv):
        tag, inner = plain_item(item, tlv)
        content += tag.to_bytes(tlv[0] // 8, 'big') + length_bytes(len(inner), tlv[1]) + inner
    return content


def item_integer(value, size):
    if size is None:
        if value < 0:
            raise BadValue(OTHER, 'negative integers need a size')
        size = next((n for n in (1, 2, 4, 8) if value < 1 << 8 * n), None)
        if size is None:
            raise BadValue(OUT_OF_RANGE)
    elif not -(1 << 8 * size - 1) <= value < 1 << 8 * size:
        raise BadValue(OUT_OF_RANGE)
    return (value % (1 << 8 * size)).to_bytes(size, 'big')


def length_bytes(length, length_bits):
    if length_bits == 'ber':                     # the shortest form
        if length < 128:
            return bytes([length])
        digits = length.to_bytes((length.bit_length() + 7) // 8, 'big')
        return bytes([0x80 | len(digits)]) + digits
    if length >= 1 << length_bits:
        raise BadValue(OTHER, 'longer than a length can say')
    return length.to_bytes(length_bits // 8, 'big')


# ---------------------------------------------------------------------------------------------
# The sections of a row

def names_of(layout):
    if not hasattr(layout, 'names'):
        layout.names = Names(layout)
    return layout.names


def part_fields(layout):
    return [e for e in layout.elements if function_of(e)[0] in PART_FUNCTIONS]


def split_of(layout):
    return next((e for e in layout.elements if getattr(e, 'split', None)), None)


def encode(layout, row):
    if not isinstance(row, dict):
        raise SectionError([(OTHER, '', 'a row is an object')])
    faults, given, split = [], {}, split_of(layout)
    try:
        given = given_parts(layout, row)
    except SectionError as error:
        faults += error.faults
    writer = written(layout, row, {}, given, None)
    faults += writer.faults
    by_segment = is_by_segment(split) and not given
    if by_segment and isinstance(row.get(split.key), list):
        faults += segment_keys(layout, row[split.key], split)[1]
    if faults:
        raise SectionError(faults + writer.late + too_large(layout, row, split, given, writer.at))
    try:
        return sections_of(layout, row, split, given, by_segment, writer)
    except SectionError as error:
        raise SectionError(error.faults + [fault for fault in writer.late if fault not in error.faults]) from None


def too_large(layout, row, split, given, size):
    """A fault of a row that has others, too: it fits no section, or an item of it does not."""
    if size <= 8 * layout.max_bytes:
        return []
    try:
        items = [] if split is None or given else split_items(split, row)
        if isinstance(items, list) and items and all(fits(layout, row, [i]) for i in range(len(items))):
            return []
    except BadValue:
        pass
    return [(OTHER, largest(layout), 'the row does not fit')]


def sections_of(layout, row, split, given, by_segment, writer):
    if by_segment:
        return sections_by_segment(layout, row, split)
    if writer.at > 8 * layout.max_bytes:
        if split is None or given or not split_items(split, row):
            raise SectionError([(OTHER, largest(layout), 'the row does not fit')] + writer.late)
        return sections_by_size(layout, row, split)
    return [finished(layout, row, numbers(0, 1, 0), given, None)]


def is_by_segment(split):
    return isinstance(split, ObjectList) and split.split[1] is not None


def numbers(part, parts, last, key=None, segment_last=0):
    return {('part', None): part, ('last_part', None): last, ('parts', None): parts, ('last_part', key or ' '): segment_last}


def written(layout, row, numbers_, given, chosen):
    writer = Writer(names_of(layout), 1, numbers_, given, chosen)
    writer.write_body(layout.elements, row, '', layout)
    return writer


def finished(layout, row, numbers_, given, chosen):
    writer = written(layout, row, numbers_, given, chosen)
    if writer.faults + writer.late:
        raise SectionError(writer.faults + writer.late)
    return writer.section()


def largest(layout):
    """The element that a row which does not fit is an error of: the first of width *."""
    for e, _ in within_braces(layout.elements):
        if isinstance(e, (ObjectList, ValueList, Object)) or (isinstance(e, Field) and e.width is None and not is_align(e)):
            return e.name
    return layout.elements[-1].name or ''


def split_items(split, row):
    value = row.get(split.key)
    return as_items(value, split.tlv) if is_tlv(split) else (value or [])


def fits(layout, row, chosen):
    return written(layout, row, {}, {}, chosen).at <= 8 * layout.max_bytes


def filled(layout, row, split, indexes):
    """Items in order, as many to a section as fit."""
    groups, at = [], 0
    while at < len(indexes):
        low, high = at, len(indexes)             # low fits, or is nothing yet
        while low < high:
            middle = (low + high + 1) // 2
            if fits(layout, row, indexes[at:middle]):
                low = middle
            else:
                high = middle - 1
        if low == at:
            raise SectionError([(OTHER, split.name + ('' if is_tlv(split) else '[%d]' % indexes[at]), 'an item that fits no section')])
        groups.append(indexes[at:low])
        at = low
    return groups


def check_shared(layout, split, count):
    if count > 1 and any(key_of(e) == split.key and e is not split for e, _ in within_braces(layout.elements)):
        raise SectionError([(OTHER, split.name, 'another field would repeat the items')])


def sections_by_size(layout, row, split):
    groups = filled(layout, row, split, list(range(len(split_items(split, row)))))
    check_shared(layout, split, len(groups))
    return [finished(layout, row, numbers(i, len(groups), len(groups) - 1), {}, group) for i, group in enumerate(groups)]


def segment_keys(layout, items, split):
    """(the key of each item, faults)."""
    n, key = split.split
    width = min(e.width for e in layout.elements if function_of(e)[0] == 'part')
    keys, faults = [], []
    for i, item in enumerate(items):
        path = '%s[%d]' % (split.name, i)
        try:
            if not isinstance(item, dict):
                continue                         # a fault of the item itself
            if item.get(key) is None:
                raise BadValue(NULL_VALUE, 'no %s' % key)
            k = whole_number(item[key])
            if not 0 <= k or n * k + n - 1 >= 1 << width:
                raise BadValue(OUT_OF_RANGE)
            keys.append(k)
        except BadValue as bad:
            faults.append((bad.sqlstate, path, bad.reason))
    return keys, faults


def sections_by_segment(layout, row, split):
    n, key = split.split
    items = split_items(split, row)
    keys = segment_keys(layout, items, split)[0]
    segments = []
    for k in range(max(keys, default=0) + 1):
        indexes = [i for i, own in enumerate(keys) if own == k]
        groups = filled(layout, row, split, indexes) if indexes else [[]]
        if len(groups) > n:
            raise SectionError([(OTHER, '%s[%d]' % (split.name, groups[n][0]), 'more sections than a segment has')])
        if not indexes and not fits(layout, row, []):
            raise SectionError([(OTHER, largest(layout), 'the row does not fit')])
        segments.append(groups)
    count = sum(len(groups) for groups in segments)
    check_shared(layout, split, count)
    last = n * (len(segments) - 1) + len(segments[-1]) - 1
    return [finished(layout, row, numbers(n * k + i, count, last, key, n * k + len(groups) - 1), {}, group)
            for k, groups in enumerate(segments) for i, group in enumerate(groups)]


def given_parts(layout, row):
    """{part field: number} of those that a row sets: all of them or none."""
    fields = part_fields(layout)
    if not any(e.name in row for e in fields):
        return {}
    found, faults = {}, []
    for e in fields:
        try:
            if e.name not in row:
                raise BadValue(OTHER, 'a row sets all part numbers or none')
            if row[e.name] is None:
                raise BadValue(NULL_VALUE)
            value = row[e.name]
            found[e.name] = int(value) if isinstance(value, bool) else whole_number(value)
            if not 0 <= found[e.name] < 1 << e.width:
                raise BadValue(OUT_OF_RANGE)
        except BadValue as bad:
            faults.append((bad.sqlstate, e.name, bad.reason))
    faults = faults or part_faults(layout, found)
    if faults:
        raise SectionError(faults)
    return found


def part_faults(layout, found):
    """Part numbers that contradict one another."""
    by_segment, kinds = is_by_segment(split_of(layout)), {}
    for e in part_fields(layout):
        function, argument = function_of(e)
        if argument is not None or e.name not in found:
            continue                             # last_part(key) is not judged
        wrong = kinds.setdefault(function, found[e.name]) != found[e.name]
        part, last, parts = kinds.get('part'), kinds.get('last_part'), kinds.get('parts')
        wrong = wrong or (part is not None and last is not None and part > last)
        if parts is not None and not by_segment:
            wrong = wrong or parts == 0 or (part is not None and part >= parts) or (last is not None and last != parts - 1)
        if wrong:
            return [(OTHER, e.name, 'contradicts the other part numbers')]
    return []


# ---------------------------------------------------------------------------------------------
# Reading

class Hard(Exception):
    """A fault after which nothing more can be read."""


class Reader:
    """Reads one section, or the body of one item."""
    def __init__(self, names, data, depth, begin=0):
        self.names, self.layout, self.depth = names, names.layout, depth
        self.bits, self.at = bits_of_bytes(data), begin
        self.faults, self.notes, self.labels, self.found_parts = [], [], {}, {}

    def fault(self, path, problem):
        self.faults.append((path, problem))

    def hard(self, path, problem):
        self.fault(path, problem)
        raise Hard

    def read_body(self, elements, path, origin, end, limit, scopes=(), name=None):
        """The row of braces; `end` is where they end, if that is known."""
        b = Braces(self.names, elements, {}, path, list(scopes), origin)
        b.end, b.limit = end, end if end is not None else limit
        self.read_all(elements, b, [])
        if b.end is not None and self.at != b.end:
            self.fault(path or name or '', '%d bits are left over' % (b.end - self.at))
        if b.end is not None:
            self.at = b.end
        self.judge(b)
        self.gather(b)
        return b

    def read_all(self, elements, b, rest):
        for i, e in enumerate(elements):
            behind = elements[i + 1:] + rest
            begin = self.at
            items = self.read(e, b, behind, joined(b.path, e.name) if e.name else b.path)
            if e.name and not isinstance(e, Label):
                b.spans[e.name] = (begin, self.at, items)

    def read(self, e, b, behind, path):
        if isinstance(e, Label):
            self.labels[e.name] = self.at
        elif isinstance(e, If):
            self.read_all(arm_of(e, b.scopes), b, behind)
        elif isinstance(e, Optional_):
            if self.at < self.open_end(b, behind, path):
                self.read_all(e.elements, b, behind)
        elif isinstance(e, (ObjectList, ValueList)):
            return self.read_list(e, b, behind, path)
        elif isinstance(e, Object):
            self.read_object(e, e.elements, b, behind, path, b.origin, b.scopes)
        elif e.definition is not None:
            d = self.names.type_of(e, b.origin)
            self.read_object(e, d.elements, b, behind, path, d.origin, [])
        elif is_tlv(e):
            return self.read_tlv(e, b, behind, path)
        else:
            self.read_field(e, b, behind, path)
        return 0

    # where things end

    def take(self, size, b, path):
        if self.at + size > b.limit:
            self.hard(path, 'the section ends within this field')
        self.at += size
        return self.bits[self.at - size:self.at]

    def checked(self, end, b, path):
        if not self.at <= end <= b.limit:
            self.hard(path, 'more than is left')
        return end

    def bound(self, function, name, b):
        return b.bounds.get((function, name))

    def open_end(self, b, behind, path):
        """The end of what takes the rest, less what comes after it."""
        label = next((x for x in behind if isinstance(x, Label)), None)
        end = b.end
        if label is not None and ('offset', label.name) in b.bounds:
            end, behind = 8 * self.bound('offset', label.name, b), behind[:behind.index(label)]
        return self.checked(end - sum(self.size(x, b) for x in behind), b, path)

    def size(self, x, b):
        """The size of what comes after an element that takes the rest."""
        rules = self.names.rules
        rules.origin = b.origin
        fixed = rules.fixed(x)
        if fixed is not None:
            return fixed
        if self.bound('length', x.name, b) is not None:
            return 8 * self.bound('length', x.name, b)
        if isinstance(x, If):
            return sum(self.size(y, b) for y in arm_of(x, b.scopes))
        item = x.width if isinstance(x, ValueList) else rules.fixed_sum(x.elements)
        return item * self.bound('count', x.name, b)

    def end_of(self, e, b, behind, path):
        """The end of a field, list or object by its length, or by what comes after it."""
        length = self.bound('length', e.name, b)
        if length is not None:
            return self.checked(self.at + 8 * length, b, path)
        return self.open_end(b, behind, path)

    # objects and lists

    def read_object(self, e, elements, b, behind, path, origin, scopes):
        end = None
        if e.nullable or e.takes_rest:
            end = self.end_of(e, b, behind, path)
        begin = self.at
        if e.nullable and end == begin:
            return self.keep(e, b, None, begin)
        inner = self.read_body(elements, path, origin, end, b.limit, scopes, e.name)
        self.keep(e, b, inner.row, begin)

    def read_list(self, e, b, behind, path):
        begin, items = self.at, []
        wanted, end = e.n, None
        if wanted is None:
            wanted = self.bound('count', e.name, b)
        if wanted is None:
            end = self.end_of(e, b, behind, path)
        limit = b.limit if end is None else end
        while len(items) < wanted if wanted is not None else self.at < end:
            place = '%s[%d]' % (path, len(items))
            if isinstance(e, ValueList):
                items.append(self.value(e, self.take_within(e.width, limit, place), place))
            else:
                items.append(self.read_body(e.elements, place, b.origin, None, limit, b.scopes).row)
        self.keep(e, b, items, begin)
        return len(items)

    def take_within(self, size, limit, path):
        if self.at + size > limit:
            self.hard(path, 'the section ends within this field')
        self.at += size
        return self.bits[self.at - size:self.at]

    # fields

    def value(self, e, bits, path):
        try:
            return value_of_bits(bits, e, self.layout)
        except BadBits as bad:
            self.fault(path, str(bad))
            return None

    def read_field(self, e, b, behind, path):
        begin = self.at
        if is_align(e):
            if set(self.take(-self.at % 8, b, path)) - {e.source[1][-1]}:
                self.fault(path, 'other bits than the layout has')
            return
        size = e.width if e.width is not None else self.end_of(e, b, behind, path) - self.at
        bits = self.take(size, b, path)
        if e.type == 'rpchof':
            if int(bits, 2) != crc_32(bytes_of_bits(self.bits[:begin])):
                self.fault(path, 'another CRC_32')
            return
        value = self.value(e, bits, path)
        if e.type in INTEGER_TYPES:
            self.read_integer(e, b, value, path)
        if e.source[0] == 'column':
            self.keep(e, b, value, begin)

    def read_integer(self, e, b, value, path):
        if e.source[0] in ('column', 'constant', 'present'):
            b.scopes[-1][e.name] = value
        if e.source[0] == 'constant':
            if value != number(e.source[1]):
                self.fault(path, 'found %s, where the layout has %s' % (value, e.source[1]))
            return
        if e.source[0] == 'column':
            return
        b.computed.append((e, value, path, self.at))
        function, argument = e.source[:2]
        if function == 'length' and argument is None:
            end = self.at + 8 * value
            if b.end is None:
                b.end = b.limit = self.checked(end, b, path)
        elif function in ('length', 'count', 'offset'):
            bound = value - (e.source[2] if function != 'offset' else 0)
            if bound < 0:
                self.hard(path, 'less than it counts by itself')
            b.bounds.setdefault((function, argument), bound)

    def keep(self, e, b, value, begin):
        b.values.setdefault(e.key, []).append((e, value, self.bits[begin:self.at], begin))

    # items

    def read_tlv(self, e, b, behind, path):
        begin, items, last = self.at, [], {}
        wanted, end = self.bound('count', e.name, b), None
        if self.bound('length', e.name, b) is not None or wanted is None:
            wanted, end = None, self.end_of(e, b, behind, path)
        limit = b.limit if end is None else end
        while len(items) < wanted if wanted is not None else self.at < end:
            place = '%s[%d]' % (path, len(items))
            tag, body = self.tag_and_body(e.tlv, limit, place)
            items.append(self.item(tag, body, e.tlv, last, place))
            last[tag] = body
        self.keep(e, b, items, begin)
        return len(items)

    def tag_and_body(self, tlv, limit, path):
        tag = int(self.take_within(tlv[0], limit, path), 2)
        if tlv[1] != 'ber':
            length = int(self.take_within(tlv[1], limit, path), 2)
        else:
            length = int(self.take_within(8, limit, path), 2)
            if length >= 0x80:
                count = length & 0x7F
                length = int(self.take_within(8 * count, limit, path) or '0', 2)
                if length < 128 or (length.bit_length() + 7) // 8 != count:
                    self.hard(path, 'a length that is not in its shortest form')
        return tag, bytes_of_bits(self.take_within(8 * length, limit, path))

    def item(self, tag, body, tlv, last, path):
        d = self.names.found(tlv[2], tag, body, last) if self.depth <= MAX_DEPTH else None
        if d is not None:
            reader, row = read_item(self.names, d, body, self.depth + 1, joined(path, d.name))
            item = {d.name: row}
            if not reader.faults and same_item(self.names, item, tlv, last, self.depth, tag, body):
                self.notes += reader.notes
                return item
            self.notes += reader.faults or [(path, 'its definition does not write the same bytes')]
        return plain_value(tag, body)

    # the end of braces

    def judge(self, b):
        """Checks what lengths, counts and the like say of what was read."""
        for e, value, path, end in b.computed:
            function = e.source[0]
            if function in ('length', 'count'):
                if value != b.measure(e, (end, self.at)):
                    self.fault(path, 'found %d' % value)
            elif function == 'present':
                if value != is_written(e.source[1], b):
                    self.fault(path, 'found %d' % value)
            elif function == 'offset':
                if value != self.labels[e.source[1]] // 8:
                    self.fault(path, 'found %d' % value)
            else:
                self.found_parts[e.name] = value

    def gather(self, b):
        """The row: a key for each source, whose fields must hold one value."""
        for key, found in b.values.items():
            e, value = found[0][:2]
            default = getattr(e, 'default', None)
            if len(found) > 1:
                value = self.shared_value(found, b)
            if default is None or value != number(default):
                b.row[key] = value

    def shared_value(self, found, b):
        for candidate in candidates(found):
            if all(self.writes(e, candidate, bits, begin, b) for e, _, bits, begin in found):
                return candidate
        self.fault(joined(b.path, found[-1][0].name), 'differs from another field of the same source')
        return found[0][1]

    def writes(self, e, value, bits, begin, b):
        """Whether an element of these braces has these bits with another value."""
        writer, own = Writer(self.names, self.depth), Braces(self.names, b.elements, {e.key: value}, b.path, [], b.origin)
        writer.at, own.scopes = begin, b.scopes[:-1] + [dict(b.scopes[-1])]
        try:
            writer.write(e, own, '')
        except BadValue:
            return False
        return not writer.faults + writer.late and ''.join(writer.bits) == bits


def candidates(found):
    """Values that may stand for all fields of one source: what each decodes to, and its bytes."""
    for e, value, bits, _ in found:
        yield value
        if isinstance(e, Field) and is_tlv(e):
            yield [plain_value(tag, body) for tag, body in raw_items(e, bytes_of_bits(bits))]
        elif isinstance(e, Field) and len(bits) % 8 == 0:
            yield {'hex': bytes_of_bits(bits).hex()}


def raw_items(e, data):
    reader = Reader.__new__(Reader)
    reader.bits, reader.at, reader.faults = bits_of_bytes(data), 0, []
    items = []
    while reader.at < len(reader.bits):
        items.append(reader.tag_and_body(e.tlv, len(reader.bits), ''))
    return items


def plain_value(tag, body):
    """An item without a definition: its value is a string where it is UTF-8 without control characters."""
    try:
        text = body.decode('utf-8')
        if not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text):
            return {'tag': tag, 'value': text}
    except UnicodeDecodeError:
        pass
    return {'tag': tag, 'hex': body.hex()}


def read_item(names, d, body, depth, path):
    """(reader, row) of the body of an item that has a definition."""
    reader = Reader(names, body, depth, 8 if d.extension is not None else 0)
    try:
        size = 8 * len(body)
        return reader, reader.read_body(d.elements, path, d.origin, size, size).row
    except Hard:
        return reader, None


def same_item(names, item, tlv, last, depth, tag, body):
    try:
        writer = Writer(names, depth)
        data = writer.item(item, tlv, dict(last), '')
        return data == tag.to_bytes(tlv[0] // 8, 'big') + length_bytes(len(body), tlv[1]) + body
    except BadValue:
        return False


def read_section(layout, section):
    reader = Reader(names_of(layout), section, 1)
    row = None
    try:
        if len(section) > layout.max_bytes:
            reader.hard(largest(layout), 'more than max')
        size = 8 * len(section)
        last = layout.elements[-1].name
        row = reader.read_body(layout.elements, '', layout, size, size, (), last).row
        reader.faults += [(path, reason) for _, path, reason in part_faults(layout, reader.found_parts)]
        row.update(reader.found_parts)
    except Hard:
        pass
    return reader, row


def decode(layout, section):
    reader, row = read_section(layout, section)
    if reader.faults:
        raise SectionError([(OTHER, path, problem) for path, problem in reader.faults])
    return row


def check(layout, section):
    reader, _ = read_section(layout, section)
    return reader.faults + reader.notes
