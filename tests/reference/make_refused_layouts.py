"""make_refused_layouts.py SEED COUNT: sound random layouts with one fault of chapter 2, and the line to be named.

Each fault is a few entries put on a byte boundary of a sound layout, of which one is at fault; what they add
leaves the rest sound, so that no other line can be meant. Faults of the header and of the end are cut by hand."""
import sys

from make_sections import Entry, new_name, print_cases, random_entries, render
from sections_reference import LayoutError, parse_layout

HEADER, CLOSING, AFTER = 'header', 'closing', 'after'       # where a fault is, if in no entry


def line_of(words, *others_after, before=()):
    """One faulty line between sound ones (words of fields that pad to whole bytes)."""
    return [Entry('', words=w.split()) for w in (*before, words, *others_after)], len(before)


def bad_widths(rng):
    whole = ('0 uimsbf', '72 uimsbf', '128 bslbf', '0 bcd', '72 bcd', '0 char', '0 text', '0 bytes', '32 utc', '48 utc',
             '16 duration', '40 duration', '16 dvbtext', '16 tlv(8,8)', '16 rpchof', '64 rpchof')
    split = (('1 tcimsbf', 7), ('6 bcd', 2), ('65 bslbf', 7), ('65 uimsbf', 7), ('65 tcimsbf', 7), ('12 char', 4), ('12 text', 4),
             ('9 bytes', 7))
    if rng.random() < 0.5:
        return line_of('bad_ ' + rng.choice(whole))
    words, rest = rng.choice(split)
    return line_of('bad_ ' + words, 'rest_ %d uimsbf' % rest)


def bad_stars(rng):
    """For layouts without a '*' field."""
    star = rng.choice(('uimsbf', 'tcimsbf', 'bslbf', 'bcd', 'utc', 'duration', 'uint', 'rpchof', 'tlv(4,8)', 'tlv(8,4)', 'tlv(8)',
                       'tlv', 'tlv(8,ber,1)', 'tlv(ber,8)', 'tlv(32,8)', 'text split', 'bytes split', 'dvbtext split',
                       'text = 5', 'tlv(8,8) = 0x10', 'bytes = length()', 'dvbtext = part()'))
    return line_of('bad_ * ' + star)


def two_stars(rng):
    """For layouts without a '*' field."""
    return rng.choice((
        line_of('s2_ * bytes', before=('s1_ * text',)),
        line_of('s2_ * tlv(8,8)', 'tail_ 8 uimsbf', before=('s1_ * text', 'n_ 8 uimsbf = length(s1_)')),
        line_of('s2_ * dvbtext', before=('s1_ * tlv(16,ber) split', 'mid_ 16 bcd')),
        line_of('s3_ * text', before=('n_ 8 uimsbf = length(s1_)', 's1_ * bytes', 's2_ * text')),
        line_of('s2_ * tlv(8,8) split', before=('n_ 16 uimsbf = length(s1_)', 's1_ * tlv(8,8) split')),
        line_of('s_ * text', 'b_ 4 uimsbf', before=('a_ 4 uimsbf',))))


def bad_types(rng):
    return line_of('bad_ 16 ' + rng.choice(('uint', 'int', 'uimsb', 'string', 'crc32', 'timestamp', 'tlv8', 'utcc')))


def bad_sources(rng):
    return line_of('bad_ ' + rng.choice((
        '8 char = length()', '16 text = 5', '8 bytes = 0x10', '40 utc = 5', '40 utc = part()', '24 duration = 0b1', '16 bcd = part()',
        '8 bcd = length()', '8 tcimsbf = last_part()', '16 tcimsbf = length()', '32 rpchof = x', '32 rpchof = 5', '8 uimsbf = size()',
        '8 uimsbf = part(x)', '8 uimsbf = parts(x)', '8 bslbf = last_part(bad_)', '16 uimsbf = offset()', '8 uimsbf = crc()',
        '8 uimsbf = length(', '8 uimsbf = =', '8 uimsbf =', '16 uimsbf split')))


def bad_references(rng, entries):
    fields = [e.name for e in entries if e.width is not None]
    labels = [e.name for e in entries if e.width is None]
    sources = ['length(nowhere_)', 'offset(nowhere_)', 'length(bad_)', 'offset(bad_)', 'offset(%s)' % rng.choice(fields)]
    if labels:
        sources.append('length(%s)' % rng.choice(labels))
    name = rng.choice(fields)
    if name.swapcase() not in fields:
        sources.append('length(%s)' % name.swapcase())
    return line_of('bad_ %d %s = %s' % (rng.choice((8, 16, 32)), rng.choice(('uimsbf', 'bslbf')), rng.choice(sources)))


def bad_constants(rng):
    return rng.choice((
        line_of('bad_ 4 uimsbf = 16', 'rest_ 4 uimsbf'), line_of('bad_ 1 bslbf = 2', 'rest_ 7 uimsbf'),
        line_of('bad_ 8 bcd = 100'), line_of('bad_ 8 bcd = 0xFF'), line_of('bad_ 8 tcimsbf = 128'), line_of('bad_ 8 uimsbf = 0x100'),
        line_of('bad_ 8 bslbf = 0b100000000'), line_of('bad_ 64 uimsbf = 18446744073709551616'),
        line_of('bad_ 64 tcimsbf = 0x8000000000000000'), line_of('bad_ 64 bcd = 10000000000000000'),
        line_of('bad_ 32 uimsbf = 99999999999999999999999999999'), line_of('bad_ 3 tcimsbf = 4', 'rest_ 5 uimsbf')))


def off_a_byte(rng):
    bits = rng.randint(1, 7)
    pad, rest = 'pad_ %d uimsbf' % bits, 'rest_ %d bslbf' % (8 - bits)
    return rng.choice((
        line_of('crc_ 32 rpchof', rest, before=(pad,)), line_of('mark_:', rest, before=(pad,)),
        line_of('n_ %d uimsbf = length()' % bits, rest), line_of('n_ 8 bslbf = length(f_)', pad, 'f_ 16 char', rest),
        line_of('n_ 8 uimsbf = length(f_)', 'f_ %d uimsbf' % bits, rest),
        line_of('n_ 16 uimsbf = length(f_)', before=(pad, 'f_ %d bslbf' % (8 - bits)))))


def bad_words(rng):
    return line_of(rng.choice((
        'bad_', 'bad_ 8', '8 uimsbf', 'bad_ uimsbf', 'bad_ 8 uimsbf ;', 'bad_ 8 uimsbf,', 'bad-name 8 uimsbf', '1bad 8 uimsbf',
        'bad_ -8 uimsbf', 'bad_ 8.5 uimsbf', 'bad_[ {', 'bad_ 8 uimsbf = "x"', 'if 8 uimsbf', 'else 8 uimsbf', 'n%s 8 uimsbf' % ('x' * 63),
        'bad_ 8 uimsbf = 0x', 'bad_ 8 uimsbf = 0b2', 'bad_ 8 uimsbf = 12ab', 'bad_ 8 uimsbf = 1.5', 'été 8 uimsbf', 'bad_ ? uimsbf',
        'bad_ 8 uimsbf = a.b', 'bad_ 8 uimsbf if')))


def duplicates(rng, entries):
    """The second of two is at fault, so the name is put after the entry it repeats, at the end."""
    return line_of(rng.choice(('%s 8 uimsbf', '%s:')) % rng.choice(entries).name)


def byte_boundaries(entries):
    found, bit = [0], 0
    for i, entry in enumerate(entries):
        bit += entry.width if isinstance(entry.width, int) else 0
        if bit % 8 == 0:
            found.append(i + 1)
    return found


# Each fault_...() gives (what is written for the header or None, max, entries, where the fault is, what
# follows the last entry in place of the closing brace or None).

def fault_inside(rng):
    kind = rng.choice((bad_widths, bad_widths, bad_types, bad_stars, two_stars, bad_sources, bad_references, bad_constants,
                       off_a_byte, bad_words, duplicates))
    entries = random_entries(rng, 0 if kind in (bad_stars, two_stars) else None)
    lines, at = kind(rng, entries) if kind in (bad_references, duplicates) else kind(rng)
    place = rng.choice(byte_boundaries(entries))
    if kind is duplicates:
        place = len(entries)
    elif any(line.words[0] == 'mark_:' for line in lines):
        place = 0                               # a label elsewhere could become the nearest one of a '*' field
    return None, None, entries[:place] + lines + entries[place:], place + at, None


def fault_of_header(rng):
    head = rng.choice(('x-y {', '1x {', 'x (max 2) {', 'x (max 0) {', 'x (max 4097) {', 'x (max 65536) {', 'x (max) {', 'x (max *) {',
                       'x (min 100) {', 'x (100) {', 'x max 100 {', 'x (max 100 {', 'x 8 {', '{', 'x [ {', 'x (max -5) {', 'x, {',
                       'n%s {' % ('x' * 63), 'x () {', 'x = {', 'x[] {'))
    return head, None, random_entries(rng), HEADER, None


def fault_of_the_end(rng):
    entries = random_entries(rng)
    kind = rng.choice(('bits', 'after', 'same line', 'unclosed', 'empty'))
    if kind == 'bits':                          # length() measures to the end: without it, the brace alone is meant
        if any(e.source == 'length()' for e in entries):
            return None
        return None, None, entries + [Entry('rest_', rng.randint(1, 7), 'uimsbf')], CLOSING, None
    if kind == 'empty':
        return None, None, [], CLOSING, None
    if kind == 'after':
        return None, None, entries, AFTER, '}\n' + rng.choice(('y', '}', 'b {', 'a 8 uimsbf', '5', '%')) + '\n'
    return None, None, entries, CLOSING, rng.choice(('} y', '}}', '} ;', '} 5')) if kind == 'same line' else ''


def fixed_fields_over_max(rng):
    """The last fixed field alone crosses max."""
    entries = random_entries(rng)
    fixed = [i for i, e in enumerate(entries) if isinstance(e.width, int)]
    total = sum(entries[i].width for i in fixed) // 8
    if not fixed or entries[fixed[-1]].width < 8 or total < 4:
        return None
    return None, total - 1, entries, fixed[-1], None


def random_refused(rng, number):
    made = rng.choice((fault_inside,) * 12 + (fault_of_header, fault_of_header, fault_of_the_end, fixed_fields_over_max))(rng)
    if made is None:
        return None
    head, max_bytes, entries, fault, end = made
    text, header_line, entry_lines, closing_line = render(rng, new_name(rng, set()), max_bytes, entries, head)
    if end is not None:
        text = '\n'.join(text.split('\n')[:closing_line - 1]) + '\n' + end
    line = entry_lines[fault] if isinstance(fault, int) else {
        HEADER: header_line, CLOSING: closing_line, AFTER: closing_line + 1}[fault]
    if end == '' and not text.split('\n')[-2].strip():
        return None                             # blank lines at the end of an unclosed layout: which line is left open
    try:
        parse_layout(text)
    except LayoutError as error:
        assert error.line == line, (text, error, line)
        return {'name': 'refused %d' % number, 'layout': text, 'line': line}
    raise AssertionError('accepted: ' + text)


if __name__ == '__main__':
    print_cases(random_refused, int(sys.argv[1]), int(sys.argv[2]))
