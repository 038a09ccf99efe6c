"""The layout language of sections.md (chapter 2) and tables.md (chapter 2): text to a tree, and the tree to canonical text.

parse_text(text, library) gives a Layout or raises Refused with line and column. What the text means as a whole (references, byte
boundaries, where everything ends) is judged by layout_rules.py; here are the grammar, the names, the types and their widths.
"""
import re
from dataclasses import dataclass, field as member
from typing import Optional

MAX_BYTES, MAX_COUNT, MAX_BRACES, MAX_TEXT = 4096, 32768, 16, 1 << 20
INTEGER_TYPES = ('uimsbf', 'tcimsbf', 'bslbf', 'bcd')
COUNTING_TYPES = ('uimsbf', 'bslbf')            # those that take length(), count(), part() ...
PART_FUNCTIONS = ('part', 'last_part', 'parts')
FUNCTIONS = ('length', 'count', 'present', 'offset') + PART_FUNCTIONS
HEAD_WORDS = ('max', 'text', 'time', 'library')
ITEM_KEYS = ('tag', 'value', 'hex', 'base64', 'size')
RESERVED = ('if', 'else')
OPERATORS = ('==', '!=', '<=', '>=', '<', '>')


def multiple_of(unit, high):
    return lambda w: w is not None and unit <= w <= high and w % unit == 0


WIDTHS = {
    'uimsbf': multiple_of(1, 64), 'bslbf': multiple_of(1, 64), 'tcimsbf': lambda w: w is not None and 2 <= w <= 64,
    'bcd': multiple_of(4, 64), 'utc': lambda w: w == 40, 'duration': lambda w: w == 24, 'mjd': lambda w: w == 16,
    'inet': lambda w: w in (32, 128), 'macaddr': lambda w: w == 48, 'float': lambda w: w in (32, 64),
    'char': lambda w: w is None or multiple_of(8, 8 * MAX_BYTES)(w), 'text': lambda w: w is None or multiple_of(8, 8 * MAX_BYTES)(w),
    'bytes': lambda w: w is None or multiple_of(8, 8 * MAX_BYTES)(w), 'utf16': lambda w: w is None or multiple_of(16, 8 * MAX_BYTES)(w),
    'dvbtext': lambda w: w is None, 'tlv': lambda w: w is None, 'align': lambda w: w is None, 'rpchof': lambda w: w == 32}


class Refused(Exception):
    """A layout that is not taken."""
    def __init__(self, pos, reason):
        super().__init__('line %d, column %d: %s' % (*pos, reason))
        self.line, self.column = pos
        self.reason = reason


# ---------------------------------------------------------------------------------------------
# The tree

@dataclass(eq=False)
class Element:
    name: Optional[str]
    pos: tuple
    begins: set = member(default_factory=set, repr=False)    # bits of an unfinished byte at its beginning, and at its end
    ends: set = member(default_factory=set, repr=False)


@dataclass(eq=False)
class Label(Element):
    pass


@dataclass(eq=False)
class Valued(Element):
    """A field, or what an item of a list of plain values is."""
    width: Optional[int] = None          # None is '*'
    type: str = ''
    tlv: Optional[tuple] = None          # (tag bits, length bits or 'ber', names of sets)
    table: Optional[str] = None          # of dvbtext(TABLE)
    definition: Optional[str] = None     # the name of the definition that is the type
    source: tuple = ()                   # ('column', name), ('constant', spelling), ('length', name or None, n), ...
    source_pos: tuple = (0, 0)
    type_pos: tuple = (0, 0)
    default: Optional[str] = None        # its spelling
    nullable: bool = False               # a definition with length(x) before it

    @property
    def key(self):
        return self.source[1] if self.source[0] == 'column' else None


@dataclass(eq=False)
class Field(Valued):
    split: bool = False
    takes_rest: bool = False             # a definition that ends where its braces end


@dataclass(eq=False)
class ValueList(Valued):
    n: Optional[int] = None


@dataclass(eq=False)
class ObjectList(Element):
    n: Optional[int] = None
    split: Optional[tuple] = None        # (None, None) or (sections a segment, key)
    key: str = ''
    key_pos: tuple = (0, 0)
    elements: list = member(default_factory=list)
    end: tuple = (0, 0)


@dataclass(eq=False)
class Object(Element):
    elements: list = member(default_factory=list)
    end: tuple = (0, 0)
    takes_rest: bool = False
    nullable: bool = False               # length(x) stands before it

    @property
    def key(self):
        return self.name


@dataclass(eq=False)
class If(Element):
    arms: list = member(default_factory=list)        # (condition, elements)
    other: Optional[list] = None

    def branches(self):
        return [elements for _, elements in self.arms] + [self.other or []]


@dataclass(eq=False)
class Optional_(Element):
    elements: list = member(default_factory=list)


@dataclass(eq=False)
class Compare:
    name: str
    pos: tuple
    mask: Optional[str]
    operator: str
    constant: str
    up: int = 0                          # how many braces further out the field stands
    candidates: list = member(default_factory=list)


@dataclass(eq=False)
class Definition:
    name: str
    pos: tuple
    origin: object                       # the Layout or Library that it stands in
    set: Optional[str] = None
    tag: Optional[str] = None            # spellings
    extension: Optional[str] = None
    after: list = member(default_factory=list)       # (spelling of the tag, spelling of the bytes)
    elements: list = member(default_factory=list)
    end: tuple = (0, 0)

    def signature(self):
        return (number(self.tag), None if self.extension is None else number(self.extension))

    def scopes(self):
        return {(number(tag), bytes.fromhex(value[2:])) for tag, value in self.after}


@dataclass(eq=False)
class Layout:
    name: str = ''
    pos: tuple = (1, 1)
    max_bytes: int = MAX_BYTES
    text: Optional[str] = None
    minutes: int = 0                     # local time less UTC
    library_none: bool = False
    elements: list = member(default_factory=list)
    definitions: list = member(default_factory=list)
    end: tuple = (0, 0)
    library: object = None               # what names are looked up in, or None

    def type_named(self, name, origin):
        """The definition without a set that `name` means in the texts of `origin`."""
        own = next((d for d in self.definitions if d.set is None and d.name == name), None) if origin is self else None
        return own or (self.library.types.get(name) if self.library else None)

    def set_named(self, name):
        """The definitions of a set in the order in which they are searched."""
        own = [d for d in self.definitions if d.set == name]
        names = {d.name for d in own}
        far = [d for d in (self.library.sets.get(name, []) if self.library else []) if d.name not in names]
        ordered = []
        for group in (own, far):
            for scoped in (True, False):
                part = [d for d in group if bool(d.after) == scoped]
                ordered += [d for d in part if d.extension is not None] + [d for d in part if d.extension is None]
        return ordered


def number(spelling):
    return int(spelling, 16 if spelling[:2] == '0x' else 2 if spelling[:2] == '0b' else 10)


def integer_range(width, type_):
    if type_ == 'bcd':
        return 0, 10 ** (width // 4) - 1
    if type_ == 'tcimsbf':
        return -(1 << (width - 1)), (1 << (width - 1)) - 1
    return 0, (1 << width) - 1


# ---------------------------------------------------------------------------------------------
# Tokens

TOKEN = re.compile(r'(?P<blank>[ \t\r]+|--[^\n]*)|(?P<newline>[\n;])|(?P<number>(?:0x[0-9A-Fa-f]+|0b[01]+|[0-9]+)(?![A-Za-z0-9_]))'
                   r'|(?P<malformed>[0-9][A-Za-z0-9_]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)'
                   r'|(?P<mark>&&|\|\||==|!=|<=|>=|[(){}\[\],:=*&<>+-])|(?P<other>.)', re.S)


def tokens_of(text):
    """(kind, word, (line, column)) of each token, and an end."""
    tokens, line, begin, at = [], 1, 0, 1 if text.startswith('\ufeff') else 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match.lastgroup != 'blank':
            tokens.append((match.lastgroup, match.group(), (line, at - begin + 1)))
        at = match.end()
        if match.group() == '\n':
            line, begin = line + 1, at
    comment = re.search(r'--[^\n]*\Z', text[begin:])       # the text ends where a last comment begins
    return tokens + [('end', '', (line, (comment.start() if comment else at - begin) + 1))]


def is_mark(token, word):
    return token[0] == 'mark' and token[1] == word


def headings(tokens):
    """The names of definitions without a set and the names of sets, by a first look at the text."""
    types, sets, depth = [], set(), 0
    words = [t for t in tokens if t[0] != 'newline']
    for i, token in enumerate(words[:-1]):
        if is_mark(token, '{') or is_mark(token, '}'):
            depth += 1 if token[1] == '{' else -1
        elif depth == 0 and token[0] == 'name' and is_mark(words[i + 1], '{'):
            types.append(token[1])
        elif depth == 0 and token[0] == 'name' and is_mark(words[i + 1], '(') and i + 2 < len(words) and words[i + 2][0] == 'name':
            sets.add(words[i + 2][1])
            types.append(None)
    return types, sets - set(HEAD_WORDS)


# ---------------------------------------------------------------------------------------------
# The parser

class Parser:
    def __init__(self, text, origin, types, sets):
        self.tokens, self.at, self.origin, self.types, self.sets = tokens_of(text), 0, origin, types, sets
        self.depth = 0

    # what is at hand

    def word(self):
        return self.tokens[self.at][1]

    def kind(self):
        return self.tokens[self.at][0]

    def pos(self):
        return self.tokens[self.at][2]

    def refuse(self, reason, pos=None):
        raise Refused(pos or self.pos(), reason)

    def sees(self, *words):
        return self.kind() in ('mark', 'name') and self.word() in words

    def accept(self, word):
        if self.sees(word):
            self.at += 1
            return True
        return False

    def take(self, kind, word=None):
        if self.kind() != kind or (word is not None and self.word() != word):
            self.refuse('expected %s, found %r' % (word or kind, self.word()))
        self.at += 1
        return self.tokens[self.at - 1][1]

    def take_name(self, what):
        if self.kind() != 'name':
            self.refuse('expected %s, found %r' % (what, self.word()))
        if self.word() in RESERVED:
            self.refuse('reserved word %s' % self.word())
        if len(self.word()) > 63:
            self.refuse('name of more than 63 characters')
        return self.take('name')

    def take_number(self, what, low, high, decimal=True):
        if self.kind() != 'number' or (decimal and not self.word().isdigit()) or not low <= number(self.word()) <= high:
            self.refuse('expected %s from %d to %d, found %r' % (what, low, high, self.word()))
        return self.take('number')

    def skip_newlines(self):
        while self.kind() == 'newline':
            self.at += 1

    def sees_brace(self):
        return self.sees_mark('{')

    def sees_mark(self, mark):
        """A mark on this line or a later one, which is then the next token."""
        at = self.at
        while self.tokens[at][0] == 'newline':
            at += 1
        if is_mark(self.tokens[at], mark):
            self.at = at
            return True
        return False

    # texts

    def layout(self, layout):
        self.skip_newlines()
        layout.pos = self.pos()
        layout.name = self.take_name("a layout's name")
        if self.sees_mark('('):
            self.layout_head(layout)
        self.skip_newlines()
        if not self.sees_brace():
            self.refuse('expected {')
        return layout

    def layout_head(self, layout):
        self.take('mark', '(')
        seen = set()
        while True:
            if not self.sees(*HEAD_WORDS) or self.word() in seen:
                self.refuse('expected one of %s' % ', '.join(HEAD_WORDS))
            seen.add(self.word())
            getattr(self, 'head_' + self.take('name'))(layout)
            if not self.accept(','):
                break
        self.take('mark', ')')

    def head_max(self, layout):
        layout.max_bytes = int(self.take_number('a number of bytes', 3, MAX_BYTES))

    def head_text(self, layout):
        layout.text = self.text_table()

    def head_time(self, layout):
        if not self.sees('+', '-'):
            self.refuse('expected + or -')
        sign = -1 if self.take('mark') == '-' else 1
        minutes = 60 * int(self.take_number('hours', 0, 15))
        if self.accept(':'):
            if len(self.word()) != 2:
                self.refuse('expected two digits of minutes')
            minutes += int(self.take_number('minutes', 0, 59))
        layout.minutes = sign * minutes

    def head_library(self, layout):
        self.take('name', 'none')
        layout.library_none = True

    def text_table(self):
        if self.accept('arib'):
            return 'arib'
        if self.kind() != 'number' or self.word() not in ('6937', '8859'):
            self.refuse('expected a table: 6937, 8859-1 to 8859-15 or arib')
        if self.take('number') == '6937':
            return '6937'
        self.take('mark', '-')
        if self.word() == '12':
            self.refuse('there is no 8859-12')
        return '8859-' + str(int(self.take_number('a part of ISO 8859', 1, 15)))

    def definitions(self):
        found = []
        self.skip_newlines()
        while self.kind() != 'end':
            found.append(self.definition())
            self.check_twice(found)
            self.skip_newlines()
        return found

    def check_twice(self, found):
        last = found[-1]
        for d in found[:-1]:
            if d.set == last.set and d.name == last.name:
                self.refuse('two definitions of one name', last.pos)
            if d.set is not None and d.set == last.set and d.signature() == last.signature():
                if (not d.after and not last.after) or d.scopes() & last.scopes():
                    self.refuse('two definitions of one tag and scope', last.pos)

    def definition(self):
        d = Definition(None, self.pos(), self.origin)
        d.name = self.take_name("a definition's name")
        if self.sees_mark('('):
            self.take('mark', '(')
            if self.sees(*HEAD_WORDS):
                self.refuse("a layout's head on a definition")
            d.set = self.take_name('a set')
            if d.name in ITEM_KEYS:
                self.refuse('an item has the key %s' % d.name, d.pos)
            d.tag = self.take_number('a tag', 0, 0xFFFF, decimal=False)
            if self.kind() == 'number':
                d.extension = self.take_number('the first byte', 0, 0xFF, decimal=False)
            while self.accept('after'):
                tag = self.take_number('a tag', 0, 0xFFFF, decimal=False)
                if not re.fullmatch('0x([0-9A-Fa-f]{2})+', self.word()):
                    self.refuse('expected whole bytes in hexadecimal')
                d.after.append((tag, self.take('number')))
            self.take('mark', ')')
        d.elements, d.end = self.braces(Scope())
        return d

    # braces and what stands in them

    def braces(self, scope, path=()):
        """The elements between two braces and the place of the second."""
        self.skip_newlines()
        self.depth += 1
        if self.sees_brace() and self.depth > MAX_BRACES:
            self.refuse('braces more than %d deep' % MAX_BRACES)
        self.take('mark', '{')
        elements = []
        self.skip_newlines()
        while not self.sees('}'):
            elements.append(self.element(scope, path))
            if not self.sees('}'):
                self.take('newline')            # one element a line
            self.skip_newlines()
        self.depth -= 1
        end = self.pos()
        self.take('mark', '}')
        return elements, end

    def element(self, scope, path):
        pos = self.pos()
        if self.sees('if'):
            return self.choice(scope, path)
        name = self.take_name('a field, a label or }')
        if name == 'optional' and self.sees_brace():
            return Optional_(None, pos, elements=self.braces(scope, path)[0])
        found = self.named_element(name, pos, scope)
        scope.add(found, path, self)
        return found

    def named_element(self, name, pos, scope):
        if self.accept(':'):
            return Label(name, pos)
        if self.accept('['):
            return self.list_(name, pos)
        if self.sees_brace():
            elements, end = self.braces(Scope())
            return Object(name, pos, elements=elements, end=end)
        found = Field(name, pos)
        self.width_and_type(found)
        if self.sees('split'):
            if found.type != 'tlv':
                self.refuse('only a tlv can be split')
            found.split = self.accept('split')
        self.source_and_default(found)
        return found

    def choice(self, scope, path):
        found = If(None, self.pos())
        scope.choices += 1
        mine = scope.choices
        while self.accept('if'):
            self.take('mark', '(')
            condition = self.condition()
            self.take('mark', ')')
            found.arms.append((condition, self.braces(scope, path + ((mine, len(found.arms)),))[0]))
            if not self.accept('else'):
                return found
        found.other = self.braces(scope, path + ((mine, len(found.arms)),))[0]
        return found

    def list_(self, name, pos):
        n = None if self.sees(']') else int(self.take_number('a number of items', 1, MAX_COUNT))
        self.take('mark', ']')
        if not (self.sees('split', '=') or self.sees_brace()):
            return self.value_list(ValueList(name, pos, n=n))
        found = ObjectList(name, pos, n=n, key=name, key_pos=pos)
        if self.sees('split'):
            if n is not None:
                self.refuse('a list of so many items cannot be split')
            found.split = self.split_words()
        if self.accept('='):
            found.key_pos = self.pos()
            found.key = self.column_only()
        found.elements, found.end = self.braces(Scope())
        return found

    def split_words(self):
        self.take('name', 'split')
        if not self.accept('('):
            return (None, None)
        n = int(self.take_number('a number of sections', 1, MAX_COUNT))
        self.take('mark', ')')
        self.take('name', 'by')
        return (n, self.take_name('a key'))

    def column_only(self):
        name = self.take_name('a column')
        if self.sees('('):
            self.refuse('a list takes no computed source', self.tokens[self.at - 1][2])
        return name

    def value_list(self, found):
        if self.sees('*'):
            self.refuse('a list of *')
        pos = self.tokens[self.at + 1][2]
        self.width_and_type(found)
        if found.type == 'rpchof':
            self.refuse('a list of rpchof', pos)
        found.source = ('column', found.name)
        found.source_pos = found.pos
        if self.accept('='):
            found.source_pos = self.pos()
            found.source = ('column', self.column_only())
        return found

    # fields

    def width_and_type(self, found):
        pos = self.pos()
        if self.accept('*'):
            found.width = None
        elif self.kind() == 'number' and self.word().isdigit() and int(self.word()) < 1 << 64:
            found.width = int(self.take('number'))
        else:
            self.refuse('expected a width')
        if self.kind() != 'name' or self.word() not in self.types and self.word() not in WIDTHS:
            self.refuse('unknown type %r' % self.word())
        found.type_pos = self.pos()
        if self.word() in self.types:
            found.type = found.definition = self.take('name')
            if found.width is not None:
                self.refuse('a definition has the width *', pos)
            return
        found.type = self.take('name')
        if found.type == 'tlv':
            self.tlv_parameters(found)
        if found.type == 'dvbtext' and self.accept('('):
            found.table = self.text_table()
            self.take('mark', ')')
        if not WIDTHS[found.type](found.width):
            self.refuse('type %s does not allow this width' % found.type, pos)

    def tlv_parameters(self, found):
        self.take('mark', '(')
        if self.kind() != 'number' or self.word() not in ('8', '16'):
            self.refuse('expected a tag of 8 or 16 bits')
        tag_bits = int(self.take('number'))
        self.take('mark', ',')
        if not (self.kind() == 'number' and self.word() in ('8', '16')) and not self.sees('ber'):
            self.refuse('expected a length of 8, 16 or ber')
        length_bits = 'ber' if self.accept('ber') else int(self.take('number'))
        sets = []
        while self.accept(','):
            if self.kind() == 'name' and self.word() not in self.sets:
                self.refuse('unknown set %s' % self.word())
            sets.append(self.take_name('a set'))
        self.take('mark', ')')
        found.tlv = (tag_bits, length_bits, tuple(sets))

    def source_and_default(self, found):
        if found.type == 'rpchof':
            if self.sees('=', 'default'):
                self.refuse('rpchof takes no source')
            found.source = ('crc',)
            return
        if found.type == 'align' and found.definition is None:
            return self.padding(found)
        found.source, found.source_pos = ('column', found.name), found.pos
        if self.accept('='):
            found.source_pos = self.pos()
            found.source = self.source(found)
        if self.sees('default'):
            if found.definition is not None or found.type not in INTEGER_TYPES or found.source[0] != 'column':
                self.refuse('only an integer from a column has a default')
            self.take('name', 'default')
            found.default = self.constant(found)

    def padding(self, found):
        self.take('mark', '=')
        if self.kind() != 'number' or number(self.word()) > 1:
            self.refuse('expected 0 or 1')
        found.source = ('constant', self.take('number'))

    def source(self, found):
        if self.kind() == 'number':
            if found.definition is not None or found.type not in INTEGER_TYPES:
                self.refuse('type %s takes no constant' % found.type)
            return ('constant', self.constant(found))
        pos = self.pos()
        word = self.take_name('a column, a constant or a function')
        if not self.sees('('):
            return ('column', word)
        if word not in FUNCTIONS:
            self.refuse('unknown function %s' % word, pos)
        if found.definition is not None or found.type not in COUNTING_TYPES:
            self.refuse('type %s takes no computed source' % found.type, pos)
        return self.function(word)

    def function(self, word):
        self.take('mark', '(')
        argument = None
        if word in ('count', 'present', 'offset') or (word in ('length', 'last_part') and not self.sees(')')):
            found_at = self.pos()
            argument = self.take_name('a name')
        self.take('mark', ')')
        if argument is None:
            return (word, None)
        n = 0
        if word in ('length', 'count') and self.sees('+', '-'):
            sign = -1 if self.take('mark') == '-' else 1
            n = sign * int(self.take_number('a number', 1, 0xFFFF))
        return (word, argument, n, found_at)

    def constant(self, found):
        if self.kind() != 'number':
            self.refuse('expected a constant, found %r' % self.word())
        if number(self.word()) > integer_range(found.width, found.type)[1]:
            self.refuse('constant too large for its field')
        return self.take('number')

    # conditions: ('or', [...]), ('and', [...]), or a Compare

    def condition(self):
        return self.joined('||', 'or', lambda: self.joined('&&', 'and', self.comparison))

    def joined(self, mark, kind, operand):
        found = [operand()]
        while self.accept(mark):
            found.append(operand())
        flat = [c for f in found for c in (f[1] if isinstance(f, tuple) and f[0] == kind else [f])]
        return flat[0] if len(flat) == 1 else (kind, flat)

    def comparison(self):
        if self.accept('('):
            found = self.condition()
            self.take('mark', ')')
            return found
        pos, name, mask = self.pos(), self.take_name('a field'), None
        if self.accept('&'):
            mask = self.take_number('a mask', 0, (1 << 64) - 1, decimal=False)
        if not self.sees(*OPERATORS):
            self.refuse('expected a comparison')
        operator = self.take('mark')
        return Compare(name, pos, mask, operator, self.take_number('a constant', 0, (1 << 64) - 1, decimal=False))


class Scope:
    """The names of one pair of braces; an `if` opens none, but its arms may use the same names."""
    def __init__(self):
        self.names, self.choices = {}, 0

    def add(self, element, path, parser):
        is_constant = isinstance(element, Field) and element.source[0] == 'constant'
        for other_is_constant, other_path in self.names.get(element.name, []):
            if not (is_constant and other_is_constant) and not in_other_arms(path, other_path):
                parser.refuse('duplicate name %s' % element.name, element.pos)
        self.names.setdefault(element.name, []).append((is_constant, path))


def in_other_arms(a, b):
    for (choice_a, arm_a), (choice_b, arm_b) in zip(a, b):
        if choice_a != choice_b:
            return False
        if arm_a != arm_b:
            return True
    return False


# ---------------------------------------------------------------------------------------------
# Texts and the library

class Library:
    """Definitions only, of several texts, which see one another."""
    def __init__(self, texts):
        names, sets = set(), set()
        for text in texts.values():
            types, found = headings(tokens_of(text))
            names |= {t for t in types if t}
            sets |= found
        self.texts, self.types, self.sets, self.definitions = texts, {}, {}, []
        for text in texts.values():
            for d in Parser(text, self, names, sets).definitions():
                self.definitions.append(d)
                if d.set is None:
                    self.types[d.name] = d
                else:
                    self.sets.setdefault(d.set, []).append(d)


def parse_text(text, library=None):
    """The tree of a layout's text, not yet judged as a whole."""
    tokens = tokens_of(text)
    if len(text.encode('utf-8', 'surrogatepass')) > MAX_TEXT:
        raise Refused((1, 1), 'more than 1 MB')
    layout = Layout()
    types, sets = headings(tokens)
    parser = Parser(text, layout, set(), set())
    parser.layout(layout)
    layout.library = None if layout.library_none else library
    parser.types = {t for t in types[1:] if t} | set(layout.library.types if layout.library else ())
    parser.sets = sets | set(layout.library.sets if layout.library else ())
    scope = Scope()
    layout.elements, layout.end = parser.braces(scope)
    if all(isinstance(e, Label) for e in layout.elements):
        raise Refused(layout.end, 'a layout without fields')
    layout.definitions = parser.definitions()
    return layout


# ---------------------------------------------------------------------------------------------
# Canonical text

def canonical(layout):
    text = block(layout.name + head_text(layout), layout.elements, 0)
    for d in layout.definitions:
        text += block(definition_head(d), d.elements, 0)
    return '\n'.join(text)


def definitions_text(definitions):
    return '\n'.join(line for d in definitions for line in block(definition_head(d), d.elements, 0))


def time_text(minutes):
    hours, rest = divmod(abs(minutes), 60)
    return ('-' if minutes < 0 else '+') + str(hours) + (':%02d' % rest if rest else '')


def head_text(layout):
    words = []
    if layout.max_bytes != MAX_BYTES:
        words.append('max %d' % layout.max_bytes)
    if layout.text is not None:
        words.append('text ' + layout.text)
    if layout.minutes:
        words.append('time ' + time_text(layout.minutes))
    if layout.library_none:
        words.append('library none')
    return ' (%s)' % ', '.join(words) if words else ''


def definition_head(d):
    if d.set is None:
        return d.name
    words = [d.set, d.tag] + ([d.extension] if d.extension is not None else [])
    return '%s (%s)' % (d.name, ' '.join(words + ['after %s %s' % pair for pair in d.after]))


def block(opening, elements, level):
    lines = [' ' * 4 * level + opening + ' {']
    fields = [e for e in elements if isinstance(e, Valued)]
    columns = (max((len(field_name(f)) + 2 + len(width_text(f)) for f in fields), default=0),
               max((len(type_text(f)) for f in fields if source_text(f)), default=0))
    for e in elements:
        lines += element_lines(e, columns, level + 1)
    return lines + [' ' * 4 * level + '}']


def element_lines(e, columns, level):
    if isinstance(e, Label):
        return [' ' * (4 * level - 2) + e.name + ':']
    if isinstance(e, Valued):
        line = field_name(e) + width_text(e).rjust(columns[0] - len(field_name(e))) + '  '
        source = source_text(e)
        return [' ' * 4 * level + line + (type_text(e).ljust(columns[1]) + '  ' + source if source else type_text(e))]
    if isinstance(e, If):
        return if_lines(e, level)
    if isinstance(e, Optional_):
        return block('optional', e.elements, level)
    if isinstance(e, Object):
        return block(e.name, e.elements, level)
    return block(list_opening(e), e.elements, level)


def if_lines(e, level):
    lines = []
    for condition, elements in e.arms:
        more = block('%sif (%s)' % ('} else ' if lines else '', condition_text(condition)), elements, level)
        lines = lines[:-1] + more
    if e.other is not None:
        lines = lines[:-1] + block('} else', e.other, level)
    return lines


def list_opening(e):
    text = field_name(e)
    if e.split:
        text += ' split' if e.split[0] is None else ' split(%d) by %s' % e.split
    return text if e.key == e.name else '%s = %s' % (text, e.key)


def field_name(e):
    if isinstance(e, Field):
        return e.name
    return '%s[%s]' % (e.name, '' if e.n is None else e.n)


def width_text(e):
    return '*' if e.width is None else str(e.width)


def type_text(e):
    text = e.type
    if e.tlv and e.definition is None:
        text = 'tlv(%s)' % ','.join(str(p) for p in e.tlv[:2] + e.tlv[2])
    if e.table:
        text = 'dvbtext(%s)' % e.table
    return text + (' split' if isinstance(e, Field) and e.split else '')


def source_text(e):
    words = []
    if e.source[0] == 'constant' or (e.source[0] == 'column' and e.source[1] != e.name):
        words.append('= ' + e.source[1])
    elif e.source[0] in FUNCTIONS:
        text = '= %s(%s)' % (e.source[0], e.source[1] or '')
        if len(e.source) > 2 and e.source[2]:
            text += ' %s %d' % ('-' if e.source[2] < 0 else '+', abs(e.source[2]))
        words.append(text)
    if e.default is not None:
        words.append('default ' + e.default)
    return ' '.join(words)


def condition_text(c):
    if isinstance(c, Compare):
        return '%s%s %s %s' % (c.name, '' if c.mask is None else ' & ' + c.mask, c.operator, c.constant)
    kind, parts = c
    if kind == 'or':
        return ' || '.join(condition_text(part) for part in parts)
    return ' && '.join('(%s)' % condition_text(p) if isinstance(p, tuple) and p[0] == 'or' else condition_text(p) for p in parts)


def comparisons(c):
    return [c] if isinstance(c, Compare) else [found for part in c[1] for found in comparisons(part)]
