"""Random texts of layouts with every construct of tables.md; random_tables.py judges them and makes rows for them.

A text is made to be acceptable; one in four is then made slightly wrong, or is made carelessly from the beginning.
"""
from layout_language import tokens_of

CONSTANTS = ('%d', '0x%X', '0x%02x')
BASES = ('service_id event_id tag_ version running_status network name_ text_ data_ flags loop_ items_ kind PID codes start length count '
         'part split optional max dvbtext present default a b c d e f g h').split()
TEXTS = ('text', 'bytes', 'dvbtext', 'char', 'utf16', 'dvbtext(8859-15)', 'dvbtext(6937)', 'dvbtext(8859-1)')
FIXED = ('40 utc', '24 duration', '16 mjd', '32 inet', '128 inet', '48 macaddr', '32 float', '64 float', '24 char', '8 char', '16 text',
         '32 bytes', '32 utf16', '8 bytes')
SETS, LIBRARY_SETS = ('own', 'priv', 'ext_'), ('mpeg', 'dvb', 'ait')
OPERATORS = ('==', '==', '==', '!=', '<', '<=', '>', '>=')


class Braces:
    """What the maker knows of the braces that it fills."""
    def __init__(self, outer=None, is_section=False, end_known=False):
        self.outer, self.is_section, self.end_known = outer, is_section, end_known
        self.names, self.constants, self.integers, self.columns = set(), set(), [], {}
        self.is_split = False

    def all_integers(self):
        return self.integers + (self.outer.all_integers() if self.outer else [])


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.is_sloppy = rng.random() < 0.25
        self.is_wrong = not self.is_sloppy and rng.random() < 0.15
        self.count, self.types, self.sets, self.has_library = 0, [], [], True

    def chance(self, probability):
        return self.rng.random() < probability

    def slip(self, probability=0.08):
        return self.is_sloppy and self.chance(probability)

    def new_name(self, b):
        if self.slip(0.03) and b.names:
            return self.rng.choice(sorted(b.names))
        while True:
            name = self.rng.choice(BASES)
            if self.chance(0.5):
                name += str(self.rng.randint(0, 20))
            if name not in b.names:
                b.names.add(name)
                return name

    # fields

    def integer(self, b, width, source=None):
        rng = self.rng
        type_ = rng.choice(['uimsbf', 'uimsbf', 'bslbf'] + ['tcimsbf'] * (width > 1) + ['bcd'] * (width % 4 == 0))
        high = {'bcd': 10 ** (width // 4) - 1, 'tcimsbf': (1 << width - 1) - 1}.get(type_, (1 << width) - 1)
        if source is None and self.chance(0.18):
            return self.constant_field(b, width, type_, high)
        name = self.new_name(b)
        text = '%s %d %s' % (name, width, type_)
        if source is not None:
            return text.rsplit(' ', 1)[0] + ' %s = %s' % (rng.choice(('uimsbf', 'bslbf')), source)
        b.integers.append((name, width, type_))
        if self.slip(0.05):
            return text + ' = ' + rng.choice(sorted(b.names))
        if self.chance(0.12) and b.columns.get('integer'):
            return text + ' = ' + rng.choice(b.columns['integer'])
        if self.chance(0.18):
            b.integers[-1] = (name, width, 'default')
            return text + ' default ' + self.spelled(rng.choice((0, 1, high, rng.randint(0, high))) % (high + 1 + self.slip()))
        if self.chance(0.1):
            text += ' = col_' + name
            name = 'col_' + name
        b.columns.setdefault('integer', []).append(name)
        return text

    def constant_field(self, b, width, type_, high):
        name = self.rng.choice(('reserved', 'zero', 'marker'))
        if name in b.names and name not in b.constants:
            name = self.new_name(b)
        self.note_constant(b, name)
        return '%s %d %s = %s' % (name, width, type_, self.spelled(self.rng.choice((0, high, self.rng.randint(0, high)))))

    def spelled(self, number):
        return bin(number) if self.chance(0.2) else self.rng.choice(CONSTANTS) % number

    def bit_group(self, b, sources=()):
        """Integers that are whole bytes together, or are filled up by align."""
        rng = self.rng
        if not sources and self.chance(0.4):
            return [self.integer(b, rng.choice((8, 8, 16, 24, 32, 64)))]
        widths = [rng.choice((1, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13)) for _ in range(rng.randint(1, 3))]
        fields = [self.integer(b, w) for w in widths]
        total = sum(widths)
        if sources and sources[0][0] == 'length()':         # measures from a byte boundary
            width = -total % 8 + 8
            return fields + [self.integer(b, width, 'length()')]
        for source, least in sources:
            width = rng.choice([w for w in (4, 6, 8, 8, 8, 10, 12, 16) if w >= least])
            fields.insert(rng.randint(0, len(fields)), self.integer(b, width, source))
            total += width
        if self.chance(0.1):
            return fields + [self.align(b)]
        rest = -total % 8 + self.slip(0.05)
        return fields + ([self.integer(b, rest)] if rest else [])

    def note_constant(self, b, name):
        b.names.add(name)
        b.constants.add(name)

    def align(self, b):
        name = 'padding' if 'padding' not in b.names or 'padding' in b.constants else self.new_name(b)
        self.note_constant(b, name)
        return '%s * align = %s' % (name, self.rng.choice('01'))

    def measured(self, b, kind, name):
        """Fields that say how long or how many something is, with what is between them and it."""
        n = ' %s %d' % (self.rng.choice('++-'), self.rng.randint(1, 3)) if self.chance(0.15) else ''
        if self.slip():
            return []
        source = [('%s(%s)%s' % (kind, name, n), 8 if kind == 'length' else 4)]
        if self.chance(0.08):
            source.append(('%s(%s)' % (kind, name), 8 if kind == 'length' else 4))
        lines = self.bit_group(b, source) if self.chance(0.6) else [self.integer(b, 8, source[0][0])]
        if self.slip(0.06) and b.all_integers():
            lines = [[('if (%s)' % self.comparison(b), lines)]]
        return lines + (self.bit_group(b) if self.chance(0.15) else [])

    def fixed(self, b):
        name, type_ = self.new_name(b), self.rng.choice(FIXED)
        if self.chance(0.15) and b.columns.get(type_):
            return ['%s %s = %s' % (name, type_, self.rng.choice(b.columns[type_]))]
        b.columns.setdefault(type_, []).append(name)
        return ['%s %s' % (name, type_)]

    def tlv_text(self):
        words = [self.rng.choice(('8', '8', '8', '16')), self.rng.choice(('8', '8', '16', 'ber'))]
        if self.sets and self.chance(0.7):
            words += self.rng.sample(self.sets, self.rng.randint(1, len(self.sets)))
        if self.slip(0.04):
            words.append('nowhere')
        return 'tlv(%s)' % ','.join(words)

    def star(self, b, name):
        type_ = self.tlv_text() if self.chance(0.4) else self.rng.choice(TEXTS)
        return '%s * %s' % (name, type_)

    # constructs: lists of lines and of blocks, a block being a list of (opening, lines)

    def bounded_star(self, b):
        name = self.new_name(b)
        star = self.star(b, name)
        kind = 'count' if 'tlv' in star and self.chance(0.25) else 'length'
        return self.measured(b, kind, name) + [star]

    def item_width(self):
        return self.rng.choice(('8 uimsbf', '16 uimsbf', '13 uimsbf', '3 bslbf', '1 bslbf', '8 bcd', '16 tcimsbf') + FIXED)

    def value_list(self, b):
        name = self.new_name(b)
        type_ = self.item_width()
        column = ' = list_' + name if self.chance(0.1) else ' = ' + self.rng.choice(sorted(b.names)) if self.slip(0.1) else ''
        aligned = int(type_.split()[0]) % 8 == 0
        n = self.rng.choice((1, 2, 3, 8, 16)) if self.chance(0.25) else None
        before = []
        if n is None:
            before = self.measured(b, 'length' if aligned and self.chance(0.4) else 'count', name)
        lines = before + ['%s[%s] %s%s' % (name, n or '', type_, column)]
        return lines if aligned else lines + [self.align(b)]

    def object_list(self, b, depth):
        name = self.new_name(b)
        n = self.rng.choice((1, 2, 3)) if self.chance(0.15) else None
        before = [] if n else self.measured(b, self.rng.choice(('length', 'count')), name)
        return before + [[('%s[%s]%s' % (name, n or '', ' = list_' + name if self.chance(0.1) else ''), self.item(b, depth))]]

    def item(self, b, depth):
        """The inside of a list's braces: it ends by itself, or begins with its length."""
        inner = Braces(b)
        lines = []
        if self.chance(0.25):
            lines = self.bit_group(inner, [('length()', 8)]) if self.chance(0.3) else [self.integer(inner, 8, 'length()')]
            inner.end_known = True
        lines += self.bit_group(inner) + self.several(inner, self.rng.randint(0, 2), depth + 1)
        return lines + (self.tail(inner, depth + 1) if inner.end_known and self.chance(0.6) else [])

    def object_(self, b, depth):
        name = self.new_name(b)
        inner = Braces(b)
        before = []
        if self.chance(0.4):
            before = self.measured(b, 'length', name)
            inner.end_known = True
        lines = self.several(inner, self.rng.randint(1, 3), depth + 1)
        lines += self.tail(inner, depth + 1) if inner.end_known and self.chance(0.5) else []
        return before + [[(name, lines)]]

    def definition_field(self, b):
        closed = [name for name, is_closed in self.types if is_closed]
        opened = [name for name, is_closed in self.types if not is_closed]
        name = self.new_name(b)
        if opened and self.chance(0.4):
            return self.measured(b, 'length', name) + ['%s * %s' % (name, self.rng.choice(opened))]
        if not closed:
            return self.bounded_star(b)
        before = self.measured(b, 'length', name) if self.chance(0.2) else []
        return before + ['%s * %s' % (name, self.rng.choice(closed))]

    def comparison(self, b):
        name, width, type_ = self.rng.choice(b.all_integers())
        high = 10 ** (width // 4) - 1 if type_ == 'bcd' else (1 << width) - 1
        constant = self.rng.choice((0, 1, min(2, high), self.rng.randint(0, high)))
        mask = ' & ' + self.spelled(self.rng.randint(0, high)) if self.chance(0.1) and type_ in ('uimsbf', 'default') else ''
        if self.slip():
            name = self.rng.choice(sorted(b.names) or [name])
        return '%s%s %s %s' % (name, mask, self.rng.choice(OPERATORS), self.spelled(constant))

    def condition(self, b):
        parts = [self.comparison(b) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
        text = parts[0]
        for part in parts[1:]:
            text = '%s %s %s' % (text, self.rng.choice(('&&', '||')), part)
            if self.chance(0.2):
                text = '(%s)' % text
        return text

    def choice(self, b, depth):
        if not b.all_integers():
            return self.bit_group(b)
        names, integers = set(b.names), list(b.integers)
        arms, used, known = [], set(), []
        for i in range(self.rng.choice((1, 1, 2, 3))):
            opening = 'if (%s)' % self.condition(b)
            arms.append((opening, self.arm(b, depth, names, integers, used, known)))
        if self.chance(0.5):
            arms.append(('', self.arm(b, depth, names, integers, used, known)))
        b.names |= used
        b.integers = integers + [x for x in known if self.chance(0.5)]
        return [arms]

    def arm(self, b, depth, names, integers, used, known):
        """An arm may use the names of the other arms again."""
        b.names, b.integers = set(names), list(integers)
        columns = {kind: list(found) for kind, found in b.columns.items()}
        is_split, b.is_split, is_section, b.is_section = b.is_split, True, b.is_section, False
        lines = self.several(b, self.rng.randint(1, 2), depth + 1)
        b.is_split, b.is_section = is_split, is_section
        used |= b.names
        known += [x for x in b.integers if x not in integers]
        b.columns, b.integers = columns, list(integers)
        return lines

    def flagged(self, b, depth):
        """present(x) and the if that goes by it."""
        flag, rest = self.new_name(b), self.new_name(b)
        inner = self.rng.choice((self.bit_group, self.fixed, self.value_list, self.bounded_star))(b)
        target = self.last_name(inner)
        if target is None:
            return inner
        lines = ['%s 1 bslbf = present(%s)' % (flag, target), '%s 7 uimsbf default 0x7F' % rest]
        b.integers = [x for x in b.integers if x[0] not in ' '.join(str(i) for i in inner)]
        return lines + [[('if (%s == 1)' % flag, inner)]]

    def last_name(self, lines):
        for line in reversed(lines):
            if isinstance(line, str) and ' = ' not in line and 'default' not in line and ' utc' not in line and 'align' not in line:
                return line.split()[0].split('[')[0]
        return None

    def optional(self, b, depth):
        lines = self.bit_group(b) + self.several(b, self.rng.randint(0, 1), depth + 1)
        return [[('optional', lines + (self.tail(b, depth + 1) if self.chance(0.3) else []))]]

    def tail(self, b, depth):
        """What takes the rest of braces whose end is known, and what may come after it."""
        rng = self.rng
        name = self.new_name(b)
        after, integers = [], list(b.integers)
        if self.chance(0.25):
            after = self.fixed(b) if self.chance(0.5) else self.bit_group(b)
        b.integers = integers
        before = []
        if self.chance(0.12):
            later = self.new_name(b)
            before, after = [self.integer(b, 8, 'length(%s)' % later)], after + [self.star(b, later)]
        kind = rng.choice(('star', 'star', 'values', 'objects', 'objects', 'optional', 'definition', 'object', 'if'))
        if kind == 'star':
            return before + [self.star(b, name)] + after
        if kind == 'values':
            return before + ['%s[] %s' % (name, rng.choice(('8 uimsbf', '16 bcd', '24 char', '40 utc', '16 uimsbf')))] + after
        if kind == 'objects':
            return before + [[('%s[]' % name, self.item(b, depth))]] + after
        if kind == 'optional' and depth < 6:
            return before + self.optional(b, depth) + after
        opened = [name for name, is_closed in self.types if not is_closed]
        if kind == 'definition' and opened:
            return before + ['%s * %s' % (name, rng.choice(opened))] + after
        if kind == 'object' and depth < 6:
            return before + [[(name, self.bit_group(Braces(b)) + ['rest * bytes'])]] + after
        if kind == 'if' and b.all_integers():
            return before + [[('if (%s)' % self.condition(b), [self.star(b, name)]), ('', ['%s * bytes' % name])]] + after
        return before + [self.star(b, name)] + after

    def several(self, b, count, depth):
        lines = []
        for _ in range(count):
            lines += self.construct(b, depth)
        return lines

    def construct(self, b, depth):
        if self.slip(0.12):
            return self.tail(b, depth)
        if self.slip(0.06) and depth < 6:
            return self.optional(b, depth)
        flat = [self.bit_group, self.bit_group, self.fixed, self.bounded_star, self.value_list, self.definition_field]
        deep = [self.object_list, self.object_, self.choice, self.choice, self.flagged]
        if depth < 4 and self.chance(0.45):
            return self.rng.choice(deep)(b, depth)
        if b.is_section and not b.is_split and self.chance(0.1):
            return self.labelled(b)
        return self.rng.choice(flat)(b)

    def labelled(self, b):
        name, label = self.new_name(b), self.new_name(b)
        return [self.integer(b, 16, 'offset(%s)' % label), self.star(b, name), label + ':']

    # whole texts

    def header(self, b):
        lines = []
        if self.chance(0.7):
            lines = ['table_id 8 uimsbf' + self.rng.choice(('', ' = 0x%02X' % self.rng.randint(0, 255))),
                     'section_syntax_indicator 1 bslbf = 1', 'reserved 3 bslbf = 0b111', 'section_length 12 uimsbf = length()']
            b.names |= {'table_id', 'section_syntax_indicator', 'reserved', 'section_length'}
            b.constants.add('reserved')
        return lines

    def parts(self, b, functions):
        lines = []
        for function in functions:
            lines.append('%s %d uimsbf = %s' % (self.new_name(b), self.rng.choice((8, 8, 8, 8, 16)), function))
        return lines

    def split_element(self, b, lines):
        """A list or tlv that may take several sections."""
        name, key = self.new_name(b), self.rng.choice(('segment', 'position'))
        by = ' split(%d) by %s' % (self.rng.choice((1, 2, 8)), key) if self.chance(0.4) else ' split'
        functions = ['part()', 'last_part()', 'parts()']
        functions = self.rng.sample(functions, self.rng.randint(1, 3)) if by == ' split' else functions[:2]
        if by != ' split' and self.chance(0.7):
            functions.append('last_part(%s)' % key)
        if not self.slip():
            lines += self.parts(b, functions)
        if by == ' split' and self.chance(0.4):
            return ['%s * %s split' % (name, self.tlv_text())]
        count = [self.integer(b, 8, 'count(%s)' % name)] if self.chance(0.3) else []
        column = ' = list_' + name if self.chance(0.1) else ''
        return count + [[('%s[]%s%s' % (name, by, column), [line for line in self.item(b, 2)])]]

    def section(self):
        b = Braces(is_section=True, end_known=True)
        lines = self.header(b)
        if self.chance(0.3):
            b.is_split = True
            split = self.split_element(b, lines)
            lines += self.several(b, self.rng.randint(0, 2), 1) + split
            lines += self.bit_group(b) if self.chance(0.2) else []
        else:
            lines += self.parts(b, self.rng.sample(('part()', 'last_part()', 'parts()'), 2)) if self.chance(0.1) else []
            lines += self.several(b, self.rng.randint(1, 5), 1)
            lines += self.tail(b, 1) if self.chance(0.6) else []
        if not lines or self.chance(0.05):
            lines = self.bit_group(b) + lines
        if self.chance(0.25):
            lines.append('%s 32 rpchof' % self.new_name(b))
        return lines

    def head(self):
        words = []
        if self.chance(0.35):
            words.append('max %d' % self.rng.choice((24, 30, 40, 60, 64, 100, 200, 1024)))
        if self.chance(0.2):
            words.append('text ' + self.rng.choice(('8859-15', '8859-1', '6937', '8859-5', '8859-9')))
        if self.chance(0.1):
            words.append('time ' + self.rng.choice(('+9', '-3', '-3:30', '+5:45', '+1')))
        if not self.has_library:
            words.append('library none')
        self.rng.shuffle(words)
        return ' (%s)' % ', '.join(words) if words else ''

    def definitions(self):
        """Types, the closed ones first, and items of sets."""
        blocks = []
        self.has_library = self.chance(0.8)
        for i in range(self.rng.choice((0, 0, 1, 2))):
            is_closed = self.chance(0.6)
            b = Braces(end_known=not is_closed)
            lines = self.bit_group(b) + self.several(b, self.rng.randint(0, 2), 2)
            if not is_closed:
                lines += self.tail(b, 3)
            name = self.rng.choice(('mjd', 'macaddr', 'float', 'bytes')) if self.chance(0.04) and not i else 'type_%d' % i
            blocks.append([(name, lines)])
            self.types.append((name, is_closed))
        if self.chance(0.5):
            pool = SETS if self.has_library else SETS + LIBRARY_SETS
            self.sets = self.rng.sample(pool, self.rng.randint(1, 3))
            used = set()
            for set_ in self.sets:
                for i in range(self.rng.randint(1, 3)):
                    blocks.append(self.item_definition(set_, i, used))
        return blocks

    def item_definition(self, set_, i, used):
        b = Braces(end_known=True)
        scope = '0x%02X' % self.rng.choice((0x40, 0x41, 0x42, 0x83))
        if self.chance(0.2):
            scope += ' 0x%02X' % self.rng.randint(0, 2)
        if self.chance(0.3):
            scope += ' after 0x%02X 0x%s' % (self.rng.choice((0x40, 0x5F)), self.rng.choice(('00', '01', '0000', '0028')))
        while (set_, scope) in used and not self.slip():
            scope = '0x%02X' % self.rng.randint(0x50, 0xFF)
        used.add((set_, scope))
        lines = self.several(b, self.rng.randint(0, 2), 2) + (self.tail(b, 2) if self.chance(0.6) else [])
        return [('%s_descriptor_%d (%s %s)' % (set_, i, set_, scope), lines)]

    def text(self):
        definitions = self.definitions()
        section = [[('layout_' + self.head(), self.section())]]
        self.rng.shuffle(definitions)
        text = '\n'.join(self.rendered(section + definitions, 0))
        return self.spoiled(text) if self.is_wrong else text

    def rendered(self, lines, level):
        """The text of lines and blocks, now and then written in another way."""
        rng, out = self.rng, []
        for line in lines:
            indent = ' ' * rng.choice((4 * level, 4 * level, rng.randint(0, 9)))
            if isinstance(line, str):
                out.append(indent + line + rng.choice(('', '', '', '', '  -- comment }', '\t')))
                continue
            for i, (opening, inner) in enumerate(line):
                head = ('} else ' if i else '') + opening
                out.append(indent + head.rstrip() + rng.choice((' {', ' {', ' {', '{', '\n{', ' { -- so')))
                out += self.rendered(inner, level + 1)
            out.append(indent + '}')
        if level > 1 and rng.random() < 0.05 and not any('--' in line for line in out):
            return [';'.join(out).replace('\n', ' ')]
        return out

    # small faults

    def spoiled(self, text):
        rng = self.rng
        words = [t[1] for t in tokens_of(text)[:-1]]
        at = rng.randrange(len(words))
        names = [w for w in words if w.isidentifier()]
        what = rng.choice(('drop', 'twice', 'other', 'number', 'word', 'line'))
        if what == 'drop':
            del words[at]
        elif what == 'twice':
            words.insert(at, words[at])
        elif what == 'other':
            words[at] = rng.choice(words)
        elif what == 'number':
            places = [i for i, w in enumerate(words) if w.isdigit()]
            words[rng.choice(places)] = str(rng.choice((0, 1, 3, 7, 9, 12, 40, 65, 70)))
        elif what == 'word':
            places = [i for i, w in enumerate(words) if w.isidentifier()]
            words[rng.choice(places)] = rng.choice(names + ['nowhere_', 'length', 'default', 'split', 'bytes', 'align', 'utc', 'if', 'else'])
        else:
            lines = text.split('\n')
            place = rng.randrange(len(lines))
            if rng.random() < 0.5:
                del lines[place]
            else:
                lines.insert(place, rng.choice(lines))
            return '\n'.join(lines)
        return spaced(words)


def spaced(words):
    """A text of these tokens."""
    text = ''
    for word in words:
        text += word if word == '\n' else word + ' '
    return text


def random_text(rng):
    return Maker(rng).text()
