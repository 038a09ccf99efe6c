-- Readings of tables.md that random layouts asked for: what two implementations of it, made apart, took differently.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';

-- What a layout is refused for, or its canonical text.
CREATE FUNCTION pg_temp.refusal(layout text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN layout::section_layout;
EXCEPTION WHEN syntax_error THEN
    RETURN SQLERRM;
END $$;
CREATE FUNCTION pg_temp.row_error(layout section_layout, "row" jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN encode_section(layout, "row")::text;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- One element a line; a definition may follow a brace, and else stands on the line of the brace before it.
SELECT pg_temp.refusal('x { a[] { b 8 uimsbf } c 8 uimsbf }') AS list,
    pg_temp.refusal('x { a { b 8 uimsbf } c { d 8 uimsbf } }') AS object,
    pg_temp.refusal('x { f 8 uimsbf; if (f == 1) { a 8 uimsbf } c 8 uimsbf }') AS choice,
    pg_temp.refusal('x { f 8 uimsbf; optional { a 8 uimsbf } if (f == 1) { c 8 uimsbf } }') AS optional \gx
SELECT pg_temp.refusal(E'x {\n f 8 uimsbf\n if (f == 1) {\n  a 8 uimsbf\n }\n else {\n  b 8 uimsbf\n }\n}') AS newline,
    pg_temp.refusal('x { f 8 uimsbf; if (f == 1) { a 8 uimsbf }; else { b 8 uimsbf } }') AS semicolon,
    pg_temp.refusal(E'x { f 8 uimsbf; if (f == 1) { a 8 uimsbf } else\n{ b 8 uimsbf } }') AS braces \gx
SELECT pg_temp.refusal('x { a * y } y { b 8 uimsbf } z (s 1) { c 8 uimsbf }');

-- length() counts what follows, and nothing is added to it; to length(x) and count(x) it may be.
SELECT pg_temp.refusal('x { a 8 uimsbf = length() + 1; b 8 uimsbf }');
SELECT pg_temp.refusal('x { a 8 uimsbf = length(b) - 1; b * text }');

-- NULL is a value of a utc, but not of a list of them: it may be what present and optional go by.
SELECT encode_section(l, '{"a": 1, "t": ["2026-11-28T12:00:00Z", null]}'::jsonb) AS some,
    encode_section(l, '{"a": 1, "t": []}'::jsonb) AS empty, encode_section(l, '{"a": 1}'::jsonb) AS none,
    decode_section(l, '\x0100') AS empty_row, decode_section(l, '\x01') AS none_row
FROM (SELECT 'x { a 8 uimsbf; optional { n 8 uimsbf = count(t); t[] 40 utc } }'::section_layout) AS s (l) \gx
SELECT encode_section(l, '{"t": ["2026-11-28T12:00:00Z"]}'::jsonb) AS some, encode_section(l, '{}'::jsonb) AS none,
    decode_section(l, '\x00') AS none_row
FROM (SELECT 'x {
    f 8 uimsbf = present(t)
    if (f == 1) { n 8 uimsbf = count(t); t[] 40 utc }
}'::section_layout) AS s (l);
SELECT pg_temp.refusal('x { a 8 uimsbf; optional { t 40 utc } }') AS optional,
    pg_temp.refusal('x { f 8 uimsbf = present(t); if (f == 1) { t 40 utc } }') AS present \gx

-- Arms of one if may take one column as different things, of which a row has one; what may stand together may not.
SELECT j, encode_section(l, j), decode_section(l, encode_section(l, j)) = j AS same
FROM (SELECT 'x {
    kind 8 uimsbf
    if (kind == 0) {
        value 8 uimsbf = data
        copy 8 uimsbf = data
    } else if (kind == 1) {
        items[] = data { a 8 uimsbf }
    } else if (kind == 2) {
        numbers[] 16 uimsbf = data
    } else {
        data { b 8 uimsbf }
    }
}'::section_layout) AS s (l),
    (VALUES ('{"kind": 0, "data": 7}'::jsonb), ('{"kind": 1, "data": [{"a": 1}, {"a": 2}]}'),
            ('{"kind": 2, "data": [258]}'), ('{"kind": 3, "data": {"b": 5}}')) AS r (j);
SELECT pg_temp.refusal('x { n 8 uimsbf = a; a[] 8 uimsbf }') AS together,
    pg_temp.refusal('x { k 8 uimsbf; if (k == 1) { n 8 uimsbf = a } else { m 8 uimsbf }; a[] 8 bcd }') AS after_arms,
    pg_temp.refusal('x { k 8 uimsbf = a; if (k == 1) { a[] 8 uimsbf } }') AS before_arm,
    pg_temp.refusal('x { k 8 uimsbf; if (k == 1) { a[] 8 uimsbf; n 8 uimsbf = a } }') AS within_arm \gx

-- NULL of a list of a fixed number is not as many; a list without one takes it for none.
SELECT pg_temp.row_error('x { a[2] 8 uimsbf }', '{"a": null}') AS fixed,
    pg_temp.row_error('x { a[2] 8 uimsbf }', '{"a": []}') AS empty,
    pg_temp.row_error('x { n 8 uimsbf = count(a); a[] 8 uimsbf }', '{"a": null}') AS open \gx

-- An object that may be NULL takes no bytes at least.
SELECT encode_section(l, '{"o": null}'::jsonb) AS none, pg_temp.row_error(l, '{"o": {"b": "01020304"}}') AS too_large
FROM (SELECT 'x (max 4) { n 8 uimsbf = length(o); o { b 32 bytes } }'::section_layout) AS s (l);

-- Addresses in every spelling of PostgreSQL.
SELECT text, encode_section('x { v 48 macaddr }', jsonb_build_object('v', text)) = '\x08002b010203' AS same,
    text::macaddr = '08:00:2b:01:02:03' AS of_postgresql
FROM unnest(ARRAY['08:00:2b:01:02:03', '08-00-2B-01-02-03', '08002b:010203', '08002b-010203', '0800.2b01.0203',
    '0800-2b01-0203', '08002b010203']) AS text;
SELECT text, pg_temp.row_error('x { v 48 macaddr }', jsonb_build_object('v', text))
FROM unnest(ARRAY['08:00:2b:01:02', '08:00-2b:01:02:03', '0800.2b01:0203', '08002b.010203', '0800:2b01:0203',
    '08002b0102030', '', '08:00:2b:01:02:03:', '0800.2b010203', '8:0:2b:1:2:3']) AS text;
