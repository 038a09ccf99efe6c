"""What a layout is refused for as a whole (sections.md chapter 2, tables.md 2.1 to 2.9): references, byte boundaries, sizes, sources,
and that a reader knows where everything ends. parse_layout(text, library) is the way in; it also notes in the tree what the encoder
and the decoder go by: `begins`, `ends`, `nullable`, `takes_rest`, and where the field of a comparison stands.
"""
from dataclasses import dataclass, field as member, replace

from layout_language import (INTEGER_TYPES, PART_FUNCTIONS, Field, If, Label, Layout, Library, Object, ObjectList, Optional_,
                             Refused, ValueList, Valued, canonical, comparisons, in_other_arms, number, parse_text)

MAX_NESTED = 16
ALIGNED = {0}


def parse_layout(text, library=None):
    layout = parse_text(text, Library(library) if isinstance(library, dict) else library)
    Rules(layout).judge()
    return layout


def with_library(layout):
    """The text of a layout that no library changes any more: every definition that it can reach stands in it."""
    own, found = list(layout.definitions), []
    left = [(layout.elements, layout)] + [(d.elements, d.origin) for d in own]
    while left:
        elements, origin = left.pop(0)
        for e in all_fields(elements):
            named = [layout.type_named(e.definition, origin)] if e.definition else []
            for d in named + [d for name in (e.tlv or ((),) * 3)[2] for d in layout.set_named(name)]:
                if d not in own and d not in found:
                    found.append(d)
                    left.append((d.elements, d.origin))
    return canonical(replace(layout, library_none=True, definitions=own + found))


def within_braces(elements, path=(), counter=None):
    """(element, path of arms) of everything in one pair of braces, what `if` and `optional` hold included."""
    counter = [0] if counter is None else counter
    for e in elements:
        yield e, path
        if isinstance(e, Optional_):
            yield from within_braces(e.elements, path, counter)
        if isinstance(e, If):
            counter[0] += 1
            mine = counter[0]
            for arm, inner in enumerate(e.branches()):
                yield from within_braces(inner, path + ((mine, arm),), counter)


def inner_braces(elements):
    """The lists and objects of one pair of braces."""
    return [e for e, _ in within_braces(elements) if isinstance(e, (Object, ObjectList))]


def key_of(e):
    return getattr(e, 'key', None)


def keys_of(elements):
    return {key_of(e) for e, _ in within_braces(elements)} - {None}


def is_align(e):
    return isinstance(e, Field) and e.type == 'align' and e.definition is None


def holds_json(e):
    """Whether it is a list, an object, or items with sets."""
    return isinstance(e, (ObjectList, ValueList, Object)) or (is_tlv(e) and bool(e.tlv[2])) or (
        isinstance(e, Field) and e.definition is not None)


def is_tlv(e):
    return isinstance(e, Field) and e.tlv is not None and e.definition is None


def function_of(e):
    """(function, argument) of a computed field, else (None, None)."""
    if isinstance(e, Field) and e.source[0] not in ('column', 'constant', 'crc'):
        return e.source[0], e.source[1]
    return None, None


@dataclass
class State:
    """What a reader knows at a place in braces."""
    end_known: bool
    lengths: set = member(default_factory=set)
    counts: set = member(default_factory=set)
    offsets: set = member(default_factory=set)

    def copy(self):
        return State(self.end_known, set(self.lengths), set(self.counts), set(self.offsets))

    def read(self, e):
        function, argument = function_of(e)
        if function == 'length' and argument is None:
            self.end_known = True
        elif function in ('length', 'count', 'offset'):
            getattr(self, function + 's').add(argument)

    def meet(self, states):
        self.end_known = all(s.end_known for s in states)
        self.lengths = set.intersection(*(s.lengths for s in states))
        self.counts = set.intersection(*(s.counts for s in states))
        self.offsets = set.intersection(*(s.offsets for s in states))


class Rules:
    def __init__(self, layout):
        self.layout = layout
        self.least_memo, self.ends_memo, self.closed_memo, self.depth_memo = {}, {}, {}, {}
        self.braces_ends = {}

    def judge(self):
        for d in self.layout.definitions:
            self.depth(d, [])
        self.judge_body(self.layout)
        for d in self.layout.definitions:
            self.judge_body(d)
        self.check_max()

    def judge_body(self, body):
        """The section's layout, or one definition."""
        is_section = isinstance(body, Layout)
        self.origin = self.layout if is_section else body.origin
        self.flow(body.elements, {0})
        self.note_nullable(body.elements)
        if is_section:
            self.check_part_keys(body.elements)
        self.check_boundaries(body.elements)
        if (is_section or body.set is not None) and self.braces_ends[id(body.elements)] != ALIGNED:
            raise Refused(body.end, 'does not end on a byte boundary')
        self.check_braces(body.elements, [], is_section)
        self.check_sizes(body.elements)
        self.walk(body.elements, State(end_known=True), [])
        self.check_optionals(body.elements)

    def note_nullable(self, elements):
        """Which objects may be NULL has to be known before the sizes of what stands after others are asked for."""
        try:
            self.walk(elements, State(end_known=True), [])
        except Refused:
            pass                                 # walk refuses it again, in its turn

    def type_of(self, e):
        return self.layout.type_named(e.definition, self.origin)

    # definitions in definitions

    def depth(self, d, stack):
        """How many definitions deep one is, itself counted."""
        if id(d) in self.depth_memo:
            return self.depth_memo[id(d)]
        deepest = 0
        for e in all_fields(d.elements):
            if e.definition is None:
                continue
            inner = self.layout.type_named(e.definition, d.origin)
            if inner is d or inner in stack:
                raise Refused(e.type_pos, 'a definition that contains itself')
            deepest = max(deepest, self.depth(inner, stack + [d]))
            if deepest >= MAX_NESTED:
                raise Refused(e.type_pos, 'definitions more than %d deep' % MAX_NESTED)
        self.depth_memo[id(d)] = 1 + deepest
        return 1 + deepest

    # byte boundaries: sets of the bits that an unfinished byte may have

    def flow(self, elements, bits):
        """Notes where everything may begin and end, and says where the braces may."""
        bits = set(bits)
        for e in elements:
            e.begins |= bits
            bits = self.flow_element(e, bits)
            e.ends |= bits
        self.braces_ends.setdefault(id(elements), set()).update(bits)
        return bits

    def flow_element(self, e, bits):
        if isinstance(e, ValueList):
            return repeated(lambda b: shifted(b, e.width), bits, e.n)
        if isinstance(e, ObjectList):
            return repeated(lambda b: self.flow(e.elements, b), bits, e.n)
        if isinstance(e, Object):
            return self.flow(e.elements, bits)
        if isinstance(e, If):
            return set().union(*(self.flow(inner, bits) for inner in e.branches()))
        if isinstance(e, Optional_):
            return bits | self.flow(e.elements, bits)
        if isinstance(e, Label):
            return bits
        return self.flow_field(e, bits)

    def flow_field(self, e, bits):
        if e.definition is not None:
            return self.ends_of(self.type_of(e))
        if is_align(e):
            return {0}
        return bits if e.width is None else shifted(bits, e.width)

    def ends_of(self, d):
        if id(d) not in self.ends_memo:
            before, self.origin = self.origin, d.origin
            self.ends_memo[id(d)] = self.flow(d.elements, {0})
            self.origin = before
        return self.ends_memo[id(d)]

    def check_boundaries(self, elements):
        for e, _ in within_braces(elements):
            must_begin = isinstance(e, Label) or (isinstance(e, Field) and not is_align(e) and (e.width is None or e.type == 'rpchof'))
            if must_begin and e.begins - ALIGNED:
                raise Refused(e.pos, 'not on a byte boundary')
            function, argument = function_of(e)
            if function == 'length':
                measured = [] if argument is None else self.named(elements, argument, e)
                ends = [(e.ends, self.braces_ends[id(elements)])] if argument is None else [(m.begins, m.ends) for m in measured]
                if any((begin | end) - ALIGNED for begin, end in ends):
                    raise Refused(e.pos, 'what it measures is not on byte boundaries')
        for e in inner_braces(elements):
            self.check_boundaries(e.elements)

    # sizes in bits

    def fixed(self, e):
        """The size that an element always has, or None."""
        if getattr(e, 'nullable', False):
            return None
        if isinstance(e, (ValueList, ObjectList)):
            item = e.width if isinstance(e, ValueList) else self.fixed_sum(e.elements)
            return None if e.n is None or item is None else e.n * item
        if isinstance(e, Object):
            return self.fixed_sum(e.elements)
        if isinstance(e, If):
            sizes = {self.fixed_sum(inner) for inner in e.branches()}
            return sizes.pop() if len(sizes) == 1 else None
        if isinstance(e, Label):
            return 0
        if isinstance(e, Optional_):
            return None
        if e.definition is not None:
            return self.of_definition(self.type_of(e), self.fixed_sum)
        if is_align(e):
            return -min(e.begins) % 8 if len(e.begins) == 1 else None
        return e.width

    def of_definition(self, d, function):
        before, self.origin = self.origin, d.origin
        self.ends_of(d)
        found = function(d.elements)
        self.origin = before
        return found

    def fixed_sum(self, elements):
        sizes = [self.fixed(e) for e in elements]
        return None if None in sizes else sum(sizes)

    def least(self, e):
        """The fewest bits that an element takes."""
        if getattr(e, 'nullable', False):
            return 0
        if isinstance(e, (ValueList, ObjectList)):
            return (e.n or 0) * (e.width if isinstance(e, ValueList) else self.least_sum(e.elements))
        if isinstance(e, Object):
            return self.least_sum(e.elements)
        if isinstance(e, If):
            return min(self.least_sum(inner) for inner in e.branches())
        if isinstance(e, (Label, Optional_)):
            return 0
        if e.definition is not None:
            return self.least_of(self.type_of(e))
        return self.fixed(e) or 0

    def least_of(self, d):
        if id(d) not in self.least_memo:
            self.least_memo[id(d)] = self.of_definition(d, self.least_sum)
        return self.least_memo[id(d)]

    def least_sum(self, elements):
        return sum(self.least(e) for e in elements)

    def check_sizes(self, elements):
        for e, _ in within_braces(elements):
            if isinstance(e, ObjectList) and self.least_sum(e.elements) < 1:
                raise Refused(e.pos, 'an item that may take no bits')
            if isinstance(e, Optional_) and self.least_sum(e.elements) < 1:
                raise Refused(e.pos, 'an optional that may take no bits')
            if isinstance(e, Field) and e.definition is not None and self.least_of(self.type_of(e)) < 1:
                raise Refused(e.type_pos, 'a definition that may take no bits')
        for e in inner_braces(elements):
            self.check_sizes(e.elements)
        self.check_constant_measures(elements)

    def check_max(self):
        """By the fewest bits of each element: of an object that may be NULL, none."""
        self.origin = self.layout
        self.least_memo.clear()
        bits = 0
        for e in self.layout.elements:
            bits += self.least(e)
            if bits > 8 * self.layout.max_bytes:
                raise Refused(e.pos, 'what is always there exceeds max')

    def check_constant_measures(self, elements):
        """Lengths and offsets that no row changes must fit their fields."""
        for i, e in enumerate(elements):
            function, argument = function_of(e)
            if function not in ('length', 'offset'):
                continue
            if argument is None:
                bits = self.fixed_sum(elements[i + 1:])
            elif function == 'offset':
                bits = self.fixed_sum(elements[:[x.name for x in elements].index(argument)])
            else:
                named = self.named(elements, argument, e)
                bits = self.fixed(named[0]) if len(named) == 1 and named[0] in elements else None
            if bits is not None and not 0 <= bits // 8 + (e.source[2] if argument else 0) < 1 << e.width:
                raise Refused(e.source_pos, 'what it measures never fits')

    # names, sources and conditions

    def named(self, elements, name, near):
        """What a function of the field `near` means by a name: what may be there together with that field, if anything may."""
        listed = list(within_braces(elements))
        path = next(path for e, path in listed if e is near)
        found = [(e, own) for e, own in listed if e.name == name and not isinstance(e, Label)]
        return [e for e, own in found if not in_other_arms(path, own)] or [e for e, _ in found]

    def check_braces(self, elements, outer, is_section):
        before = {}
        self.check_sequence(elements, elements, outer, before, is_section)
        self.check_defaults(elements)
        self.check_shared(elements)

    def check_sequence(self, sequence, braces, outer, before, is_direct):
        for e in sequence:
            self.check_place(e, is_direct)
            self.check_references(e, braces)
            if isinstance(e, If):
                for condition, inner in e.arms + [(None, e.other or [])]:
                    for c in comparisons(condition) if condition else []:
                        self.resolve(c, outer + [before])
                    self.check_sequence(inner, braces, outer, before, False)
            elif isinstance(e, Optional_):
                self.check_sequence(e.elements, braces, outer, before, False)
            elif isinstance(e, (Object, ObjectList)):
                self.check_braces(e.elements, outer + [before], False)
            if e.name is not None and not isinstance(e, Label):
                before.setdefault(e.name, []).append(e)

    def check_place(self, e, is_direct):
        if is_direct:
            if getattr(e, 'split', None):
                self.check_split(e)
            return
        if isinstance(e, Label):
            raise Refused(e.pos, 'a label stands directly in the section')
        if isinstance(e, Field) and e.type == 'rpchof':
            raise Refused(e.pos, 'rpchof stands directly in the section')
        if function_of(e)[0] in PART_FUNCTIONS + ('offset',):
            raise Refused(e.source_pos, '%s stands directly in the section' % e.source[0])
        if getattr(e, 'split', None):
            raise Refused(e.pos, 'what is split stands directly in the section')

    def check_split(self, e):
        first = next(x for x in self.layout.elements if getattr(x, 'split', None))
        if first is not e:
            raise Refused(e.pos, 'a second split')
        if isinstance(e, ObjectList) and e.split[1] is not None:
            if not any(function_of(x)[0] == 'part' for x in self.layout.elements):
                raise Refused(e.pos, 'split by needs a field of part()')
            names = {x.name for x, _ in within_braces(e.elements)} | keys_of(e.elements)
            if e.split[1] in names:
                raise Refused(e.pos, 'the key of split is also a field of the item')

    def check_references(self, e, braces):
        function, argument = function_of(e)
        if argument is None:
            return
        pos = e.source[3]
        if function == 'offset':
            if not any(isinstance(x, Label) and x.name == argument for x in braces):
                raise Refused(pos, 'unknown label')
            return
        if function == 'last_part':
            split = next((x.split for x in braces if isinstance(x, ObjectList) and x.split), (None, None))
            if split[1] != argument:
                raise Refused(pos, 'last_part needs split by this key')
            return
        found = self.named(braces, argument, e)
        if not found:
            raise Refused(pos, 'unknown field')
        if e in found:
            raise Refused(pos, 'a field computed from itself')
        if function == 'count' and not all(isinstance(x, (ValueList, ObjectList)) or is_tlv(x) for x in found):
            raise Refused(pos, 'count is of lists')
        if function == 'present':
            self.check_present(e, braces, pos)

    def check_present(self, flag, braces, pos):
        """Of every element of the name that has a key, in other arms too: a writer asks for all these keys."""
        listed = [e for e, _ in within_braces(braces)]
        named = [e for e in listed if getattr(e, 'name', None) == flag.source[1] and key_of(e) is not None]
        if not named:
            raise Refused(pos, 'present is of what has a key')
        for x in named:
            is_utc = isinstance(x, Field) and x.type == 'utc' and x.definition is None
            if is_utc or getattr(x, 'default', None) is not None:
                raise Refused(pos, 'present is of what has no NULL of its own')
        keys = {key_of(x) for x in named}
        if any(key_of(x) in keys and x not in named for x in listed):
            raise Refused(pos, 'present is not of a source that others share')

    def resolve(self, c, scopes):
        for up, names in enumerate(reversed(scopes)):
            if c.name in names:
                c.up, c.candidates = up, list(names[c.name])
                break
        else:
            raise Refused(c.pos, 'no field of this name stands before')
        for x in c.candidates:
            is_integer = isinstance(x, Field) and x.definition is None and x.type in INTEGER_TYPES
            if not is_integer or x.source[0] not in ('column', 'constant', 'present'):
                raise Refused(c.pos, 'a condition is on integers that are not computed')

    def check_defaults(self, elements):
        defaults = {}
        for e, _ in within_braces(elements):
            if key_of(e) is not None:
                spelled = getattr(e, 'default', None)
                value = None if spelled is None else number(spelled)
                if defaults.setdefault(key_of(e), value) != value:
                    raise Refused(e.pos, 'fields of one source have the same default or none')

    def check_shared(self, elements):
        """What is written from JSON of its own has its source to itself, but for what stands in another arm."""
        taken = {}
        for e, path in within_braces(elements):
            if key_of(e) is None:
                continue
            others = taken.setdefault(key_of(e), [])
            for other, own in others:
                if (holds_json(e) or holds_json(other)) and not in_other_arms(own, path):
                    raise Refused(e.key_pos if isinstance(e, ObjectList) else getattr(e, 'source_pos', e.pos),
                                  'a list, an object or items share no source')
            others.append((e, path))

    def check_part_keys(self, elements):
        parts = {e.name for e in elements if function_of(e)[0] in PART_FUNCTIONS}
        for e, _ in within_braces(elements):
            if key_of(e) in parts:
                raise Refused(e.key_pos if isinstance(e, ObjectList) else getattr(e, 'source_pos', e.pos),
                              'a column named like a part field')

    # where everything ends

    def walk(self, sequence, state, rest):
        for i, e in enumerate(sequence):
            self.visit(e, state, sequence[i + 1:] + rest)
            state.read(e)

    def visit(self, e, state, behind):
        if isinstance(e, Label):
            return
        if isinstance(e, If):
            states = [state.copy() for _ in e.branches()]
            for inner, own in zip(e.branches(), states):
                self.walk(inner, own, behind)
            state.meet(states)
        elif isinstance(e, Optional_):
            self.check_open(e, state, behind)
            self.walk(e.elements, state.copy(), behind)
        elif isinstance(e, Object) or (isinstance(e, Field) and e.definition is not None):
            self.visit_object(e, state, behind)
        else:
            self.visit_rest(e, state, behind)

    def visit_object(self, e, state, behind):
        e.nullable = e.name in state.lengths
        elements = e.elements if isinstance(e, Object) else self.type_of(e).elements
        is_closed = self.is_closed(elements, self.origin if isinstance(e, Object) else self.type_of(e).origin)
        if not e.nullable and not is_closed:
            self.check_open(e, state, behind)
            e.takes_rest = True
        if isinstance(e, Object):
            self.walk(elements, State(end_known=e.nullable or e.takes_rest), [])

    def visit_rest(self, e, state, behind):
        if isinstance(e, ObjectList):
            self.walk(e.elements, State(end_known=False), [])
        is_list = isinstance(e, (ObjectList, ValueList))
        if not is_list and (e.width is not None or is_align(e)):
            return
        bounded = e.name in state.lengths or ((is_list or is_tlv(e)) and e.name in state.counts) or (is_list and e.n is not None)
        if not bounded:
            self.check_open(e, state, behind)

    def is_closed(self, elements, origin):
        """Whether a reader finds the end of these braces without knowing it."""
        if id(elements) not in self.closed_memo:
            before, self.origin = self.origin, origin
            try:
                self.walk(elements, State(end_known=False), [])
                self.closed_memo[id(elements)] = True
            except Refused:
                self.closed_memo[id(elements)] = False
            self.origin = before
        return self.closed_memo[id(elements)]

    def check_open(self, e, state, behind):
        """An element that nothing bounds needs a known end, and known sizes from it to there."""
        label = next((x for x in behind if isinstance(x, Label)), None)
        if label is not None and label.name in state.offsets:
            behind = behind[:behind.index(label)]
        elif not state.end_known:
            raise Refused(e.pos, 'where it ends is not known')
        for x in behind:
            if not self.is_sized(x, e, state):
                raise Refused(x.pos, 'where %s ends and this begins is not known' % (e.name or 'optional'))

    def is_sized(self, x, e, state):
        if self.fixed(x) is not None or x.name in state.lengths:
            return True
        if isinstance(x, If):
            known = all(c.pos and all(f.pos < e.pos for f in c.candidates) for condition, _ in x.arms for c in comparisons(condition))
            return known and all(self.is_sized(y, e, state) for inner in x.branches() for y in inner)
        if isinstance(x, (ValueList, ObjectList)) and x.name in state.counts:
            return (x.width if isinstance(x, ValueList) else self.fixed_sum(x.elements)) is not None
        return False

    # optional

    def check_optionals(self, elements):
        listed = list(within_braces(elements))
        for o, path in listed:
            if not isinstance(o, Optional_):
                continue
            if not has_sure_key(o.elements):
                raise Refused(o.pos, 'an optional holds a key that is never NULL')
            inside = {id(e) for e, _ in within_braces(o.elements)}
            keys = keys_of(o.elements)
            for e, other_path in listed:
                if id(e) not in inside and key_of(e) in keys and not in_other_arms(path, other_path):
                    raise Refused(o.pos, 'a key of an optional is also one outside of it')
        for e in inner_braces(elements):
            self.check_optionals(e.elements)


def has_sure_key(elements):
    """Whether whatever is written of these elements decodes to a key that is not NULL."""
    for e in elements:
        if isinstance(e, (ValueList, ObjectList)) or is_tlv(e):
            return True
        if isinstance(e, (Object, Field)) and key_of(e) is not None and not e.nullable:
            is_utc = isinstance(e, Field) and e.type == 'utc' and e.definition is None
            if not is_utc and getattr(e, 'default', None) is None:
                return True
        if isinstance(e, If) and e.other is not None and all(has_sure_key(inner) for inner in e.branches()):
            return True
    return False


def all_fields(elements):
    """The fields of braces and of those in them."""
    for e, _ in within_braces(elements):
        if isinstance(e, Valued):
            yield e
        if isinstance(e, (Object, ObjectList)):
            yield from all_fields(e.elements)


def shifted(bits, width):
    return {(b + width) % 8 for b in bits}


def repeated(step, bits, n):
    """Where a list may end that begins at one of these bits: after n items, or after any number."""
    after = {}

    def once(found):
        for b in found:
            if b not in after:
                after[b] = step({b})
        return set().union(*(after[b] for b in found))

    if n is not None:
        for _ in range(n if n < 1680 else 840 + n % 840):   # any relation of 8 states has come to a cycle that 840 holds
            bits = once(bits)
        return bits
    while not once(bits) <= bits:
        bits = bits | once(bits)
    return bits
