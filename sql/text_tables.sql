-- Texts in the tables of characters of EN 300 468 annex A and of ARIB STD-B24, and dvb_text.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';

-- One field, with its table or without.
CREATE FUNCTION pg_temp.layout(text_table text) RETURNS section_layout LANGUAGE sql AS $$
    SELECT format('x { v * dvbtext%s }', '(' || text_table || ')')::section_layout
$$;
CREATE FUNCTION pg_temp.both_ways(bytes bytea, text_table text = NULL, OUT value jsonb, OUT text text, OUT same boolean)
LANGUAGE sql AS $$
    SELECT v, dvb_text(v), encode_section(l, jsonb_build_object('v', v)) = bytes
    FROM (SELECT l, decode_section(l, bytes) -> 'v' AS v FROM pg_temp.layout(text_table) AS l) AS read
$$;

-- The forms, without a table and with one.
SELECT bytes, b.* FROM (VALUES (1, '\x4a6f75726e616c'::bytea), (2, '\x154c652064c3ae6e6572'),
    (3, '\x50cf72c26962cf6568'), (4, '\x05c5ecfeec'), (5, '\x10000fe9a4'), (6, '\x1100e9e08a0041'), (7, '\x12b0a1efcb'),
    (8, '\x13d6d0b9fa'), (9, '\x14a4a4b0ea'), (10, '\x1541'), (11, '\xcb67'), (12, '\x1f0142'), (13, '\x0841'),
    (14, '\xc1'), (15, '\x05418a8642'), (16, '\x')) AS v (n, bytes), pg_temp.both_ways(bytes) AS b ORDER BY n;
SELECT text_table, bytes, b.* FROM (VALUES (1, '8859-15', '\xe9a4'::bytea), (2, '8859-5', '\xb6e3da'),
    (3, '8859-5', '\x15c3a9'), (4, '8859-5', '\x01b6'), (5, '6937', '\xc265a4'), (6, '6937', '\x15c3a9'),
    (7, 'arib', '\x0e4e484b0f416d39670e31fe0f3d294544'), (8, 'arib', '\x0e4e484b1d4b1d65f91d39370f1b243b7a5a7a56'),
    (9, 'arib', '\x890e414d8a'), (10, 'arib', '\x1b28204121'), (11, 'arib', '\x15c3a9'), (12, 'arib', '\x05e9'))
    AS v (n, text_table, bytes), pg_temp.both_ways(bytes, text_table) AS b ORDER BY n;

-- The table is part of the type: canonical text, layout_fields, errors.
SELECT 'x{a 8 uimsbf = length(b);b * dvbtext( 8859 - 15 );c * dvbtext}'::section_layout;
SELECT field, type FROM layout_fields('x { a 8 uimsbf = length(b); b * dvbtext(arib); c * dvbtext }');
SELECT 'x { a * dvbtext(8859-12) }'::section_layout;
SELECT 'x { a * dvbtext(latin1) }'::section_layout;
SELECT 'x { a * dvbtext() }'::section_layout;
SELECT 'x { a * text(6937) }'::section_layout;

-- What is not taken.
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "ж", "selector": "05"}}');
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "ж", "selector": "08"}}');
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "ж", "selector": "1f01"}}');
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "è", "hex": "05e9"}}');
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "è", "language": "fra"}}');
SELECT encode_section('x { v * dvbtext }', '{"v": {"text": "è"}}');
SELECT encode_section('x { v * dvbtext }', r) FROM (SELECT '{"text": "è", "hex": "05e8"}'::jsonb AS v) AS r;

-- Fields of one source, in several tables.
SELECT l, s, decode_section(l, s) FROM (SELECT l, encode_section(l, '{"v": "é"}') AS s FROM (VALUES
    ('x { n 8 uimsbf = length(a); a * dvbtext(8859-15) = v; b * dvbtext(6937) = v }'::section_layout),
    ('x { n 8 uimsbf = length(a); a * dvbtext = v; b * text = v }')) AS v (l)) AS s;

-- dvb_text: a text, NULL for bytes, or an error.
SELECT dvb_text(v) FROM (VALUES ('"a"'::jsonb), ('{"text": "b", "selector": ""}'), ('{"text": "c", "hex": "00"}'),
    ('{"hex": "00"}'), (NULL)) AS v (v);
SELECT dvb_text('1');
SELECT dvb_text('{"text": "a", "other": 1}');
SELECT dvb_text('{"text": 1, "hex": ""}');
SELECT dvb_text('[]');

-- The same characters as the server's own conversions have, by all codes that it knows. What differs is shown:
-- codes of Big5 for which Unicode's map and the one that most programs have disagree.
CREATE FUNCTION pg_temp.by_server(code bytea, encoding name) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN convert_from(code, encoding);
EXCEPTION WHEN others THEN
    RETURN NULL;
END $$;
CREATE TEMP TABLE codes AS
    SELECT encoding, selector, set_byte(set_byte('\x0000', 0, hi), 1, lo) AS code
    FROM (VALUES ('EUC_KR', '\x12'::bytea), ('EUC_CN', '\x13'), ('BIG5', '\x14')) AS t (encoding, selector),
        generate_series(161, 254) AS hi, generate_series(64, 254) AS lo
    WHERE lo < 127 OR lo > 160
    UNION ALL
    SELECT encoding, '\x1000'::bytea || set_byte('\x00', 0, part), set_byte('\x00', 0, b)
    FROM (VALUES ('LATIN1', 1), ('LATIN2', 2), ('LATIN3', 3), ('LATIN4', 4), ('ISO_8859_5', 5), ('ISO_8859_6', 6),
        ('ISO_8859_7', 7), ('ISO_8859_8', 8), ('LATIN5', 9), ('LATIN6', 10), ('LATIN7', 13), ('LATIN8', 14),
        ('LATIN9', 15)) AS t (encoding, part), generate_series(160, 255) AS b;
SELECT encoding, count(ours) AS ours, count(server) AS server, count(*) FILTER (WHERE ours = server) AS same,
    string_agg(encode(code, 'hex'), ' ' ORDER BY code) FILTER (WHERE ours <> server) AS other
FROM (SELECT encoding, code, pg_temp.by_server(code, encoding) AS server,
          dvb_text(decode_section('x { v * dvbtext }', selector || code) -> 'v') AS ours
      FROM codes) AS c
GROUP BY encoding ORDER BY encoding;
