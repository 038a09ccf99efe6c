#!/usr/bin/env python3
"""Writes first inputs for the fuzz targets, made of the test vectors: tests/fuzz/make_seeds.py FOLDER

What is in tests/fuzz/corpus is these, minimised, and what fuzzing found: see docs/testing.md.
"""
import json
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
TEXT_TYPES = ("text", "varchar", "char", "bpchar", "bytea", "interval")


def vectors(name):
    return json.loads((TESTS / "vectors" / name).read_text())


def json_value(sql_type, text):
    """A column of a vector as a JSON row may have it; the target judges whether it fits."""
    if text is None:
        return None
    if sql_type.startswith(("json", "int", "bigint", "smallint", "numeric", "bool")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if sql_type.startswith("timestamptz") or sql_type == "date":
        return re.sub(r"^(\S+) (\S+)$", r"\1T\2", text)
    return text


def row(columns):
    return {name: json_value(sql_type, text) for name, (sql_type, text) in columns.items()}


def packets(section):
    """The section in packets of PID 0x123, counter 0."""
    payload = b"\0" + section
    stream = b""
    for number, begin in enumerate(range(0, len(payload), 184)):
        part = payload[begin:begin + 184].ljust(184, b"\xff")
        stream += bytes([0x47, 0x41 if number == 0 else 0x01, 0x23, 0x10 | number & 15]) + part
    return stream


def section_seeds():
    for vector in vectors("sections.json") + vectors("random_sections.json"):
        layout = vector["layout"].encode()
        yield "layout", layout
        yield "stored_layout", b"\1" + layout
        document = json.dumps(row(vector.get("columns", {})), ensure_ascii=False).encode()
        yield "encode", layout + b"\0" + document
        for section in map(bytes.fromhex, vector.get("sections", [])[:2]):
            yield "decode", layout + b"\0" + section
            yield "packets", b"\x01\x23" + section
            yield "packets", b"\x01\x23" + packets(section)
    for vector in vectors("refused_layouts.json") + vectors("random_refused_layouts.json"):
        yield "layout", vector["layout"].encode()


# Part numbers that rows set, and fields that share a source: what vectors, whose rows are columns, lack.
SHARED = (
    ('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', ('{"i":1,"n":3}', '{"i":5,"n":3}', '{"i":5}', '{"n":0}')),
    ('x { i 8 uimsbf = part(); j 8 uimsbf = part(); l 8 bslbf = last_part() }',
     ('{"i":1,"j":1,"l":2}', '{"i":5,"j":3,"l":9}')),
    ('x { i 8 uimsbf = part(); a 8 uimsbf = i }', ('{"i":7}',)),
    ('x { l 8 uimsbf = length(a); a * dvbtext = s; b * text = s }', ('{"s":{"hex":"15c3a9"}}', '{"s":"\u00e9"}')),
    ('x { l 8 uimsbf = length(a); a * bytes = s; b 32 char = s; c * dvbtext = s }', ('{"s":"61E9"}',)),
    ('x (max 20) { l 8 uimsbf = length(a); a * tlv(8,8) split = s; b * tlv(16,ber) = s }',
     ('{"s":{"1":"abc","2":{"3":"defghi"}}}', '{"s":[]}')),
    ('x { a 24 duration = s; l 8 uimsbf = length(b); b * text = s }',
     ('{"s":"PT1H30M"}', '{"s":"@ 1 day 2 hours"}', '{"s":"1 2:03:04"}')),
)


def shared_seeds():
    for layout, rows in SHARED:
        yield "layout", layout.encode()
        for row_text in rows:
            yield "encode", layout.encode() + b"\0" + row_text.encode()
            yield "decode", layout.encode() + b"\0\x02\x15\xc3\xa9\x15\xc3\xa9"


def json_seeds():
    for vector in vectors("jsonb.json"):
        text = vector["text"].encode()
        yield "json", text
        yield "document_tree", text


def submission_seeds():
    fixtures = TESTS / "submission" / "fixtures"
    forms = [path.read_bytes() for path in sorted(fixtures.glob("*_schema.json"))]
    answers = [path.read_bytes() for path in sorted(fixtures.glob("*_responses.json"))]
    tests = (TESTS / "submission" / "submission_walk_test.cpp").read_text()
    for literal in re.findall(r'R"\((.*?)\)"', tests, re.DOTALL):
        (forms if '"slug"' in literal else answers).append(literal.encode())
    for document in forms + answers:
        yield "document_tree", document
    for form in forms:
        for document in answers:
            yield "flatten", form + b"\0" + document


def main():
    folder = pathlib.Path(sys.argv[1])
    for seeds in (section_seeds(), json_seeds(), submission_seeds(), shared_seeds()):
        for number, (target, seed) in enumerate(seeds):
            (folder / target).mkdir(parents=True, exist_ok=True)
            (folder / target / f"{seeds.__name__[:-6]}{number:05}").write_bytes(seed)


main()
