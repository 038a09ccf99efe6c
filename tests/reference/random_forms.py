"""Random forms with the words for foreign documents, documents for them, and their rows by form_rows.py: one JSON a line.

    python3 random_forms.py SEED COUNT           # to be held against flatten_submission
    python3 random_forms.py SEED COUNT --check   # every scalar is in a row, and its keys lead to it
"""
import json
import random
import sys

import form_rows

WORDS = ["a", "b", "c", "a b", "a.b", "", "x/y", "ü"]
TEXTS = ["x", "y", "x y", " ", "", "\tx\n y\r", "2026", "2026-02", "2026-02-29", "2024-02-29", "2026-01-02T10:11",
         "2026-01-02 23:59:60.5+05:30", "10:30", "24:00", "7", "-0", "1.0", "1e5", "1e200000", "true", "ü"]
VALUES = ["valueString", "valueInteger", "valueCoding", "valueQuantity", "valueReference", "valueAttachment", "valueBoolean", "value"]


def scalar(r):
    return r.choice([None, True, False, 0, 2, 2.5, -1, 100000] + [r.choice(TEXTS) for _ in range(8)])


RIGHT = {"text": ["x", "y", 2], "number": [1.5, "1e5"], "boolean": [True, False], "date": ["2024-02-29", "2026-02"],
         "integer": [2, "7"], "datetime": ["2026-01-02T10:11", "2026"], "time": ["10:30"], "json": ["x", {"a": 1}]}


def fitting(r, item):
    return r.choice(RIGHT.get(item.get("answerType"), ["x y"])) if r.random() < 0.6 else scalar(r)


def noise(r, depth):
    kind = r.random()
    if depth == 0 or kind < 0.5:
        return scalar(r)
    if kind < 0.75:
        return [noise(r, depth - 1) for _ in range(r.randint(0, 3))]
    return {r.choice(WORDS): noise(r, depth - 1) for _ in range(r.randint(0, 3))}


def words(r, node):
    for word, values in (("key", WORDS), ("inline", [True, True, False, 1]), ("multiple", ["spaced", "spaced", "other", True]),
                         ("openChoices", [True, None]), ("partialDates", [True]), ("repeats", [True, True, "yes"]),
                         ("nodeType", ["metadata", "question", "section"]), ("tag", ["t", 7, {}]), ("required", [True, 1]),
                         ("valueTypes", [["valueString", "valueCoding"], [], [5], "valueString"]),
                         ("answerEnum", [[{"value": "x"}, {"value": 2}, {"value": None}, 5], [], {}])):
        if r.random() < 0.15:
            node[word] = r.choice(values)
    return node


def node(r, depth):
    made = words(r, {"slug": r.choice(WORDS) if r.random() < 0.95 else 5})
    if r.random() < 0.65:
        made["answerType"] = r.choice(form_rows.TYPES + ("other",))
    if depth and r.random() < 0.45:
        made["children"] = [node(r, depth - 1) for _ in range(r.randint(0, 4))]
    return made


def form(r, reading):
    made = words(r, {"slug": "form", "reading": reading, "children": [node(r, 3) for _ in range(r.randint(1, 5))]})
    if r.random() < 0.2:
        made["emptyIsNull"] = r.choice([True, True, "true"])
    return made


def children(item):
    return [c for c in item.get("children", []) if isinstance(c.get("slug"), str)]


def key_of(child):
    return child["key"] if isinstance(child.get("key"), str) else child["slug"]


def members(r, item, depth):
    made = {}
    for child in children(item):
        if child.get("inline") is True:
            made.update(members(r, child, depth))
        elif r.random() < 0.8:
            made[key_of(child)] = answer(r, child, depth)
    for _ in range(r.randint(0, 1)):
        made[r.choice(WORDS)] = noise(r, 2)
    return made


def answer(r, item, depth):
    kind = r.random()
    if depth and "children" in item and kind < 0.8:
        if kind < 0.4:
            return [members(r, item, depth - 1) if r.random() < 0.9 else noise(r, 1) for _ in range(r.randint(0, 3))]
        return members(r, item, depth - 1)
    return [noise(r, 1) for _ in range(r.randint(0, 3))] if kind < 0.2 else noise(r, 2) if kind < 0.3 else fitting(r, item)


def value(r, name, item):
    if r.random() < 0.15:
        return noise(r, 2)
    if name in ("valueCoding", "valueQuantity", "valueReference", "valueAttachment"):
        names = ["code", "display", "value", "reference", "unit", "system"]
        return {r.choice(names): noise(r, 1) if r.random() < 0.1 else fitting(r, item) for _ in range(r.randint(0, 3))}
    return fitting(r, item)


def item_answer(r, item, depth):
    if r.random() < 0.07:
        return noise(r, 1)
    made = {name: value(r, name, item) for name in r.sample(VALUES, r.choice([0, 1, 1, 1, 2]))}
    if depth and r.random() < 0.3:
        made["item"] = items(r, item, depth - 1)
    return made


def items(r, parent, depth):
    if r.random() < 0.04:
        return noise(r, 1)
    made = []
    for _ in range(r.randint(0, 4)):
        known = children(parent)
        child = r.choice(known) if known and r.random() < 0.85 else {"slug": r.choice(WORDS)}
        made.append({"linkId": key_of(child)})
        if r.random() < 0.7:
            made[-1]["answer"] = [item_answer(r, child, depth) for _ in range(r.choice([0, 1, 1, 2]))] if r.random() < 0.95 else noise(r, 1)
        if depth and r.random() < 0.4:
            made[-1]["item"] = items(r, child, depth - 1)
        if r.random() < 0.05:
            made[-1] = noise(r, 2)
    return made


def case(r):
    reading = r.choice(["keys", "items"])
    made = form(r, reading)
    document = members(r, made, 3) if reading == "keys" else {"item": items(r, made, 3), "status": noise(r, 1)}
    if r.random() < 0.03:
        document = noise(r, 2)
    include = r.choice([["all"], ["all"], ["all"], [], ["missing"], ["null", "unknown"], ["part", "frame", "structure"]])
    # As jsonb reads them: numbers keep their digits.
    made, document = (form_rows.parse(json.dumps(x)) for x in (made, document))
    return {"form": made, "responses": document, "include": include, "rows": form_rows.rows(made, document, include)}


def scalars(document, keys=()):
    if isinstance(document, dict):
        return [s for k, v in document.items() for s in scalars(v, keys + (k,))]
    if isinstance(document, list):
        return [s for i, v in enumerate(document) for s in scalars(v, keys + (str(i),))]
    return [keys]


def at(document, keys):
    for key in keys:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def check(made):
    """Every scalar is in exactly one row: by its own keys, or below those of a row of JSON text. Choices share theirs."""
    document = made["responses"]
    found = []
    before = None
    for row in form_rows.rows(made["form"], document, ["all"]):
        if row[7] != "missing" and row[2] != before:
            found += scalars(at(document, row[2]), tuple(row[2]))
        before = row[2]
    assert sorted(found) == sorted(scalars(document)), made


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    for number in range(count):
        made = case(random.Random(f"{seed}-{number}"))
        if "--check" in sys.argv:
            check(made)
        else:
            print(json.dumps(made, ensure_ascii=False, default=lambda x: int(x) if x == int(x) and "." not in str(x) and "E" not in str(x) else float(x)))


if __name__ == "__main__":
    main()
