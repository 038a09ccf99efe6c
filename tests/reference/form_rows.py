"""The rows of a submission whose form says how foreign documents are read: a second reading of the rules, slow and obvious.
Only the words and the items; documents are Python values with numbers as Decimal.

    rows(form, document, include) -> [[ord, schema_path, keys, idx, value, answer_type, tag, status], ...]
"""
import datetime
import json
import re
from decimal import Decimal

TYPES = ("text", "number", "boolean", "date", "integer", "datetime", "time", "json")
STATUSES = ("null", "unknown", "structure", "missing", "part", "frame")
WHITE = " \t\n\v\f\r"


def parse(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def in_order(members):
    return sorted(members.items(), key=lambda member: (len(member[0].encode()), member[0].encode()))


def is_container(value):
    return isinstance(value, (dict, list))


def text(value):
    """As jsonb prints it; None for null."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    return json_text(value)


def json_text(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain[1:] if plain.startswith("-") and not plain.strip("-0.") else plain
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(json_text(element) for element in value) + "]"
    return "{" + ", ".join(json_text(key) + ": " + json_text(x) for key, x in in_order(value)) + "}"


def joined(path, key):
    quoted = '"' + key.replace('"', '""') + '"' if key == "" or set(key) & set('.[]" ') else key
    return path + "." + quoted if path else quoted


# ---- what an answer may be ----


def is_day(answer):
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", answer):
        return False
    try:
        datetime.date.fromisoformat(answer)
    except ValueError:
        return False
    return True


def is_time(answer):
    clock = "(?P<h>[0-9]{2}):(?P<m>[0-9]{2})(:(?P<s>[0-9]{2})([.][0-9]+)?)?"
    zone = "(Z|[+-](?P<zh>[0-9]{2})(:?(?P<zm>[0-9]{2}))?)?"
    found = re.fullmatch(clock + zone, answer, re.ASCII)
    most = {"h": 23, "m": 59, "s": 60, "zh": 14, "zm": 59}
    return bool(found) and all(int(found[name] or 0) <= most[name] for name in most)


def is_moment(answer):
    return is_day(answer[:10]) and answer[10:11] in ("T", " ") and is_time(answer[11:])


def is_partial(answer):
    return bool(re.fullmatch("[0-9]{4}(-[0-9]{2})?", answer)) and is_day((answer + "-01-01")[:10])


def fits(answer):
    """Whether numeric holds the text of a number."""
    mantissa, _, exponent = answer.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    if exponent and abs(int(exponent)) >= 1073741823:
        return False
    shift = int(exponent or 0)
    if len(fraction) - shift > 16383:
        return False
    digits = (whole + fraction).lstrip("0")
    return not digits or len(digits) - len(fraction) + shift <= 131072


def has_type(answer, node):
    kind = node["type"]
    partial = node["partial"] and isinstance(answer, str)
    if kind in ("text", "json"):
        return True
    if kind == "boolean":
        return isinstance(answer, bool)
    if kind in ("number", "integer") and not isinstance(answer, str):
        return isinstance(answer, Decimal) and (kind == "number" or answer == int(answer))
    if not isinstance(answer, str):
        return False
    if kind == "integer":
        return bool(re.fullmatch("-?(0|[1-9][0-9]*)", answer, re.ASCII)) and fits(answer)
    if kind == "number":
        grammar = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?"
        return bool(re.fullmatch(grammar, answer, re.ASCII)) and fits(answer)
    if kind == "date":
        return is_day(answer) or (partial and is_partial(answer))
    if kind == "datetime":
        return is_moment(answer) or (partial and (is_day(answer) or is_partial(answer)))
    return is_time(answer)


# ---- the form ----


def nodes_of(form):
    """All nodes by path, the last of each, with what is below the root; then the lookup."""
    known = isinstance(form, dict) and form.get("reading") in ("keys", "items")
    nodes = {(): describe({}, (), known)}
    if known:
        nodes[()] = describe(form, (), known)
    count = 0

    def add(items, way, hidden):
        nonlocal count
        for item in items if isinstance(items, list) else []:
            count += 1
            slug = item.get("slug") if isinstance(item, dict) else None
            below = way + (slug,) if isinstance(slug, str) else way
            is_hidden = hidden or not isinstance(slug, str)
            if not is_hidden:
                nodes[below] = {**describe(item, below, known), "number": count}
            add(item.get("children") if isinstance(item, dict) else None, below, is_hidden)

    add(form.get("children") if isinstance(form, dict) else None, (), False)
    places = {}
    for node in sorted((n for way, n in nodes.items() if way), key=lambda n: n["number"]):
        around = node["way"][:-1]
        while nodes[around]["inline"] and around:
            around = around[:-1]
        node["context"] = around
        if not node["inline"]:
            places[around, node["key"]] = node
    return nodes, places, known


def describe(item, way, known):
    word = item.get if known else lambda name: None
    has_children = isinstance(item.get("children"), list)
    named = item.get("nodeType") == "question" or word("nodeType") == "metadata"
    is_question = item.get("answerType") is not None or (named and not has_children)
    kind = item.get("answerType")
    tag = item.get("tag")
    choices = item.get("answerEnum")
    path = ""
    for slug in way:
        path = joined(path, slug)
    listed = None
    if isinstance(choices, list) and word("openChoices") is not True:
        values = [choice.get("value") for choice in choices if isinstance(choice, dict)]
        listed = {text(value) for value in values if value is not None and not is_container(value)}
    value_types = word("valueTypes")
    return {
        "way": way, "path": path, "question": is_question, "group": has_children or not is_question,
        "type": kind if isinstance(kind, str) and kind in TYPES else "text",
        "tag": None if is_container(tag) else text(tag), "choices": listed,
        "key": word("key") if isinstance(word("key"), str) else (way[-1] if way else ""),
        "inline": word("inline") is True and not is_question, "spaced": word("multiple") == "spaced",
        "partial": word("partialDates") is True, "repeats": word("repeats") is True,
        "metadata": word("nodeType") == "metadata",
        "value_types": [x for x in value_types if isinstance(x, str)] if isinstance(value_types, list) else None,
    }


class Rows:
    def __init__(self, form, include):
        self.nodes, self.places, known = nodes_of(form)
        self.by_items = known and form["reading"] == "items"
        self.empty_is_null = known and form.get("emptyIsNull") is True
        self.include = set(STATUSES) if "all" in include else set(include)
        self.rows = []
        self.ord = 0
        self.around = {}  # by node: the repetitions in the document, each [idx, what is answered, its parent]
        self.frames = []

    def find(self, node, key):
        return self.places.get((node["way"], key)) if node else None

    def put(self, status, path, keys, idx, value, node=None, repetition=None):
        self.ord += 1
        if node and repetition is not None:
            repetition[1].add(node["way"])
        if status in ("ok", "wrong_type", "not_in_choices") or status in self.include:
            is_question = node and node["question"]
            kind = "text" if status == "part" else node["type"] if is_question else None
            tag = node["tag"] if node and status != "part" else None
            self.rows.append([self.ord, path, keys, idx, value, kind, tag, status])

    def judge(self, node, answer):
        if answer is None or (answer == "" and isinstance(answer, str) and self.empty_is_null):
            return "null"
        if node["spaced"] and isinstance(answer, str) and not answer.strip(WHITE):
            return "null"
        if not has_type(answer, node):
            return "wrong_type"
        listed = node["choices"]
        return "ok" if listed is None or is_container(answer) or text(answer) in listed else "not_in_choices"

    def answer(self, node, answer, keys, idx, repetition):
        if node["spaced"] and isinstance(answer, str) and answer.strip(WHITE):
            for number, choice in enumerate(re.split("[" + WHITE + "]+", answer.strip(WHITE))):
                self.put(self.judge(node, choice), node["path"], keys, idx + [number], choice, node, repetition)
        else:
            self.put(self.judge(node, answer), node["path"], keys, idx, text(answer), node, repetition)

    def enter(self, node, idx, repetition):
        new = [idx, set(), {}]
        repetition[2].setdefault(node["way"], []).append(new)
        return new

    # ---- by keys ----

    def walk_object(self, members, node, path, keys, idx, repetition):
        for is_second in (False, True):
            for key, value in in_order(members):
                child = self.find(node, key)
                below = child["path"] if child else joined(path, key)
                if is_container(value) == is_second:
                    self.walk(value, child, below, keys + [key], idx, repetition, False)

    def walk_array(self, elements, node, path, keys, idx, repetition):
        for is_second in (False, True):
            for index, value in enumerate(elements):
                if is_container(value) == is_second:
                    self.walk(value, node, path, keys + [str(index)], idx + [index], repetition, True)

    def walk(self, value, node, path, keys, idx, repetition, is_element):
        if not is_container(value):
            if node is None:
                self.put("unknown", path, keys, idx, text(value))
            elif node["question"]:
                self.answer(node, value, keys, idx, repetition)
            else:
                self.put("structure", path, keys, idx, text(value), node, repetition)
        elif node is None:
            (self.walk_array if isinstance(value, list) else self.walk_object)(value, None, path, keys, idx, repetition)
        elif isinstance(value, list) and not is_element:
            if node["group"]:
                repetition[2].setdefault(node["way"], [])
            if value:
                self.walk_array(value, node, path, keys, idx, repetition)
            else:
                self.put("null", path, keys, idx, None, node, repetition)
        elif isinstance(value, dict) and node["group"]:
            self.walk_object(value, node, path, keys, idx, self.enter(node, idx, repetition))
        else:
            status = "ok" if node["type"] == "json" and not node["group"] else "structure"
            self.put(status, path, keys, idx, text(value), node, repetition)

    # ---- by items ----

    def items(self, items, node, path, keys, idx, repetition):
        if not isinstance(items, list):
            self.put("structure", path, keys, idx, text(items), node, repetition)
            return
        seen = []
        for index, item in enumerate(items):
            link = item.get("linkId") if isinstance(item, dict) else None
            if isinstance(link, str):
                self.item(item, link, seen.count(link), node, path, keys + [str(index)], idx, repetition)
                seen.append(link)
            else:
                self.put("structure", path, keys + [str(index)], idx, text(item), node, repetition)

    def item(self, item, link, number, parent, path, keys, idx, repetition):
        node = self.find(parent, link)
        path = node["path"] if node else joined(path, link)
        if node and node["repeats"] and not node["question"]:
            idx = idx + [number]
            repetition = self.enter(node, idx, repetition)
        elif number:
            idx = idx + [number]
        answers = item.get("answer", [])
        if isinstance(answers, list):
            for index, answer in enumerate(answers):
                has_index = index or (node and node["question"] and node["repeats"])
                self.item_answer(answer, node, path, keys + ["answer", str(index)],
                                 idx + [index] if has_index else idx, repetition)
        else:
            self.put("structure", path, keys + ["answer"], idx, text(answers), node, repetition)
        if "item" in item:
            self.items(item["item"], node, path, keys + ["item"], idx, repetition)
        self.frames.append(("item", keys, {k: v for k, v in item.items() if k not in ("answer", "item")}))

    def item_answer(self, answer, node, path, keys, idx, repetition):
        if not isinstance(answer, dict):
            self.put("structure", path, keys, idx, text(answer), node, repetition)
            return
        for name, value in in_order(answer):
            if name.startswith("value") and name != "value":
                self.value(name, value, node, path, keys + [name], idx, repetition)
        rest = {k: v for k, v in answer.items() if k != "item" and (k == "value" or not k.startswith("value"))}
        self.frames.append(("item.answer", keys, rest))
        if "item" in answer:
            self.items(answer["item"], node, path, keys + ["item"], idx, repetition)

    def value(self, name, value, node, path, keys, idx, repetition):
        is_wrong = node and node["question"] and node["value_types"] is not None and name not in node["value_types"]
        if isinstance(value, list):
            self.put("structure", path, keys, idx, text(value), node, repetition)
            return
        pick = None
        if isinstance(value, dict):
            names = {"valueCoding": ("code", "display"), "valueQuantity": ("value",),
                     "valueReference": ("reference", "display")}.get(name, ())
            pick = next((n for n in names if value.get(n) is not None and not is_container(value[n])), None)
            if pick is None:
                status = ("unknown" if node is None else "wrong_type" if is_wrong
                          else "ok" if node["question"] and node["type"] == "json" else "structure")
                self.put(status, path, keys, idx, text(value), node, repetition)
                return
        scalar, way = (value[pick], keys + [pick]) if pick else (value, keys)
        if node is None:
            self.put("unknown", path, way, idx, text(scalar))
        elif not node["question"]:
            self.put("structure", path, way, idx, text(scalar), node, repetition)
        elif is_wrong and scalar is not None:
            self.put("wrong_type", path, way, idx, text(scalar), node, repetition)
        else:
            self.answer(node, scalar, way, idx, repetition)
        if pick:
            self.leaves("part", path, keys, idx, {k: v for k, v in value.items() if k != pick})

    def leaves(self, status, path, keys, idx, value):
        if isinstance(value, dict):
            for key, x in in_order(value):
                self.leaves(status, joined(path, key), keys + [key], idx, x)
        elif isinstance(value, list):
            for index, x in enumerate(value):
                self.leaves(status, path, keys + [str(index)], idx, x)
        else:
            self.put(status, path, keys, idx, text(value))

    # ---- what is missing ----

    def repetitions(self, way, root):
        if way == ():
            return [root]
        node = self.nodes[way]
        outer = self.repetitions(node["context"], root)
        if self.by_items and not (node["repeats"] and not node["question"]):
            return outer
        return [inner for around in outer for inner in around[2].get(way, [[around[0], set(), {}]])]

    def missing(self, root):
        for node in sorted((n for way, n in self.nodes.items() if way), key=lambda n: n["number"]):
            if not node["question"] or node["metadata"]:
                continue
            around = [r for r in self.repetitions(node["context"], root) if node["way"] not in r[1]]
            for repetition in sorted(around, key=lambda r: r[0]):
                self.put("missing", node["path"], None, repetition[0], None, node)


def rows(form, document, include):
    made = Rows(form, include)
    root = [[], set(), {}]
    if not isinstance(document, dict):
        made.put("structure", "", [], [], text(document))
    elif made.by_items:
        if "item" in document:
            made.items(document["item"], made.nodes[()], "", ["item"], [], root)
        made.frames.append(("", [], {k: v for k, v in document.items() if k != "item"}))
        for path, keys, value in made.frames:
            made.leaves("frame", path, keys, [], value)
    else:
        made.walk_object(document, made.nodes[()], "", [], [], root)
    made.missing(root)
    return made.rows
