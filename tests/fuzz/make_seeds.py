#!/usr/bin/env python3
"""Writes first inputs for the fuzz targets, made of the test vectors: tests/fuzz/make_seeds.py FOLDER

What is in tests/fuzz/corpus is these, minimised, and what fuzzing found: see docs/testing.md.
"""
import json
import pathlib
import random
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


# The language of tables, in short layouts.
TABLES = (
    'x { n 8 uimsbf = count(l) - 1; l[] { a 8 uimsbf default 3; b 8 bslbf }; c 8 uimsbf }',
    'x { m 8 uimsbf = length(v) + 1; v[] 16 bcd = w; f[2] 4 uimsbf }',
    'x { f 1 bslbf = present(o); r 7 bslbf = 0; if (f == 1) { o { a 8 uimsbf; b * bytes } } }',
    'x { a 8 uimsbf; if (a == 1 && (a & 6 != 2 || a < 9)) { b 8 bcd } else if (a >= 0x10) { c 16 bcd } else { } }',
    'x { n 8 uimsbf = length(o) - 1; o { a 8 uimsbf; optional { b 8 uimsbf; c * text } } }',
    'x (max 20) { i 8 uimsbf = part(); l 8 uimsbf = last_part(); s[] split { a 8 uimsbf } }',
    'x { i 8 uimsbf = part(); l 8 uimsbf = last_part(k); s[] split(8) by k { a 8 uimsbf } }',
    'x { s[] 1 bslbf; p * align = 1 }',
    'x (text 8859-15, time -3:30, library none) { t * dvbtext(arib) }',
    'x { d * tlv(8,8,dvb,own) }; a (dvb 0x48) { s 8 uimsbf }; b (dvb 0x7F 4) { }; c (own 0x83 after 0x5F 0x28) { v * bytes }',
    'x { a * t; b * t }; t { f 1 bslbf; r 7 bslbf default 0x7F; if (f == 1) { u * u } }; u { a 16 uimsbf }',
)


def table_seeds():
    for layout in TABLES:
        yield "layout", layout.encode()
        yield "stored_layout", b"\1" + layout.encode()
        yield "decode", layout.encode() + b"\0\x02\x01\x02\x03"
        yield "encode", layout.encode() + b'\0{"a":1,"l":[{"a":1,"b":2}],"w":[12],"f":[1,2],"s":[],"o":{"a":1},"d":[],"t":"x"}'


def decision_seeds():
    """Decisions for the targets that make their layouts themselves: any bytes are some."""
    for number in range(60):
        rng = random.Random('decisions %d' % number)
        yield "tables", rng.randbytes(rng.choice((60, 150, 400)))
        layout = bytes(byte for byte in rng.randbytes(rng.choice((60, 150, 300))) if byte)
        yield "table_bytes", layout + b"\0" + b"\x80\xf0" + rng.randbytes(rng.choice((5, 20, 80)))


def json_seeds():
    for vector in vectors("jsonb.json"):
        text = vector["text"].encode()
        yield "json", text
        yield "document_tree", text


def submission_seeds():
    fixtures = TESTS / "submission" / "fixtures"
    forms = [path.read_bytes() for path in sorted(fixtures.glob("*_schema.json"))]
    answers = [path.read_bytes() for path in sorted(fixtures.glob("*_responses.json"))]
    tests = "".join((TESTS / "submission" / name).read_text()
                    for name in ("submission_walk_test.cpp", "items_walk_test.cpp"))
    for literal in re.findall(r'R"\((.*?)\)"', tests, re.DOTALL):
        (forms if '"slug"' in literal else answers).append(literal.encode())
    for document in forms + answers:
        yield "document_tree", document
    for case in vectors("forms.json")[:40]:
        form, responses = (json.dumps(case[name]).encode() for name in ("form", "responses"))
        yield "flatten", form + b"\0" + responses
    for form in forms:
        for document in answers:
            yield "flatten", form + b"\0" + document


def dialect_seeds():
    """The forms of sql/form_from.sql, and those that refer into themselves."""
    sql = (TESTS.parent / "sql" / "form_from.sql").read_text()
    for form in re.findall(r"form_from\('(\{.*?|\[.*?)',\s+'[a-z]+'\)", sql, re.DOTALL):
        yield "dialects", form.encode()
    yield "dialects", b'{"$ref":"#","properties":{"a":{"$ref":"#/allOf/0"}},"allOf":[{"items":{"$ref":"#"}}]}'


def main():
    folder = pathlib.Path(sys.argv[1])
    for seeds in (section_seeds(), json_seeds(), submission_seeds(), dialect_seeds(), shared_seeds(),
                  table_seeds(), decision_seeds()):
        for number, (target, seed) in enumerate(seeds):
            (folder / target).mkdir(parents=True, exist_ok=True)
            (folder / target / f"{seeds.__name__[:-6]}{number:05}").write_bytes(seed)


main()
