-- encode_section and encode_sections over records and JSON rows; crc32_mpeg2.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET intervalstyle = 'postgres';
SET datestyle = 'ISO';

-- What a call answers: its bytes, or SQLSTATE, message, DETAIL and HINT of its error.
CREATE FUNCTION pg_temp.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    section bytea;
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE 'SELECT ' || call INTO section;
    RETURN coalesce(section::text, 'NULL');
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n    ', SQLSTATE || ' ' || message, nullif(detail, ''), nullif('Hint: ' || hint, 'Hint: '));
END $$;

-- A field of this width and type, between two bytes, given a value as a column.
CREATE FUNCTION pg_temp.column(field text, value text) RETURNS text LANGUAGE sql AS $$
    SELECT format('encode_section(%L, r) FROM (SELECT %s AS v) AS r',
                  format(E'x {\n a 8 uimsbf = 0xAA\n v %s\n b 8 uimsbf = 0xBB\n}', field), value)
$$;

-- The same, given the value as JSON.
CREATE FUNCTION pg_temp.json(field text, value text) RETURNS text LANGUAGE sql AS $$
    SELECT format('encode_section(%L, %L::jsonb)',
                  format(E'x {\n a 8 uimsbf = 0xAA\n v %s\n b 8 uimsbf = 0xBB\n}', field), '{"v": ' || value || '}')
$$;

\pset tuples_only on
\pset format unaligned

-- Every type, by columns --------------------------------------------------------------------------

SELECT concat(field, ', ', value, E'\n  ', pg_temp.answer(pg_temp.column(field, value))) FROM (VALUES
    -- Integers of every kind; the edges of a width.
    (1, '8 uimsbf', '0::int2'), (2, '8 uimsbf', '255'), (3, '8 uimsbf', '256'), (4, '8 uimsbf', '-1'),
    (5, '64 uimsbf', '18446744073709551615'), (6, '64 uimsbf', '18446744073709551616'),
    (7, '64 uimsbf', '9223372036854775807'), (8, '32 uimsbf', '4294967295::bigint'), (9, '32 uimsbf', '4294967296'),
    -- Booleans are integers where they are bits.
    (10, '8 uimsbf', 'true'), (11, '8 bslbf', 'false'), (12, '8 tcimsbf', 'true'), (13, '8 bcd', 'true'),
    (14, '8 bslbf', '0'), (15, '8 bslbf', '256'),
    (16, '8 tcimsbf', '-128'), (17, '8 tcimsbf', '127'), (18, '8 tcimsbf', '128'), (19, '8 tcimsbf', '-129'),
    (20, '64 tcimsbf', '-9223372036854775808'), (21, '64 tcimsbf', '9223372036854775808'),
    (22, '16 bcd', '0'), (23, '16 bcd', '9999'), (24, '16 bcd', '10000'), (25, '16 bcd', '-1'),
    (26, '64 bcd', '9999999999999999::numeric'), (27, '64 bcd', '10000000000000000'),
    -- numeric: without fraction, however it is written.
    (30, '16 uimsbf', '258.00'), (31, '16 uimsbf', '1e3::numeric'), (32, '16 uimsbf', '0.5'),
    (33, '16 uimsbf', '65535.0001'),
    (34, '16 uimsbf', '-0.0::numeric'), (35, '16 uimsbf', '''NaN''::numeric'),
    (36, '16 uimsbf', '''Infinity''::numeric'),
    (37, '16 uimsbf', '1e40::numeric'), (38, '8 tcimsbf', '-5.000'), (39, '16 uimsbf', '1e-40::numeric'),
    -- What is no integer.
    (40, '8 uimsbf', '1::float8'), (41, '8 uimsbf', '1::float4'), (42, '8 uimsbf', '''1''::text'),
    (43, '8 uimsbf', '1::oid'),
    (44, '8 uimsbf', '1::money'), (45, '8 uimsbf', 'B''1'''), (46, '8 uimsbf', 'ARRAY[1]'),
    (47, '8 uimsbf', '''1''::jsonb'),
    (48, '8 uimsbf', 'NULL::int'), (49, '8 uimsbf', 'NULL::numeric'), (50, '8 uimsbf', 'NULL::float8'),
    -- UTC_time: EN 300 468 annex C gives 93/10/13 12:45:00 as 0xC079124500.
    (60, '40 utc', '''1993-10-13 12:45:00Z''::timestamptz'),
    (61, '40 utc', '''1993-10-13 14:45:00.999+02''::timestamptz'),
    (62, '40 utc', '''1948-08-05 00:00:00Z''::timestamptz'),
    (63, '40 utc', '''1948-08-04 23:59:59.999999Z''::timestamptz'),
    (64, '40 utc', '''2128-01-09 23:59:59.999999Z''::timestamptz'),
    (65, '40 utc', '''2128-01-10 00:00:00Z''::timestamptz'),
    (66, '40 utc', '''1993-10-13''::date'), (67, '40 utc', '''2128-01-10''::date'),
    (68, '40 utc', '''1948-08-05''::date'),
    (69, '40 utc', 'NULL::timestamptz'), (70, '40 utc', 'NULL::date'),
    (71, '40 utc', '''infinity''::timestamptz'), (72, '40 utc', '''-infinity''::date'),
    (73, '40 utc', '''1969-12-31 23:59:58.5Z''::timestamptz'),     (75, '40 utc', '''4713-01-01 BC''::date'),
    (76, '40 utc', '''1993-10-13 12:45:00''::timestamp'), (77, '40 utc', '''12:45''::time'), (78, '40 utc', '5'),
    (79, '40 utc', '''1993-10-13T12:45:00Z''::text'), (80, '40 utc', 'NULL::timestamp'),
    -- duration
    (90, '24 duration', '''01:45:30''::interval'), (91, '24 duration', '''99:59:59.999999''::interval'),
    (92, '24 duration', '''100:00:00''::interval'), (93, '24 duration', '''1 day 01:00:00''::interval'),
    (94, '24 duration', '''5 days -48:00:00''::interval'), (95, '24 duration', '''-00:00:01''::interval'),
    (96, '24 duration', '''-00:00:00.5''::interval'),
    (97, '24 duration', '''1 mon''::interval'), (98, '24 duration', '''1 year -12 mons 00:00:01''::interval'),
    (99, '24 duration', 'NULL::interval'), (100, '24 duration', '''01:45:30''::time'),
    (101, '24 duration', '''01:45:30''::text'),
    -- char: ISO 8859-1, padded with spaces.
    (110, '24 char', '''fra''::text'), (111, '24 char', '''é''::varchar'), (112, '24 char', '''fran'''),
    (113, '24 char', ''''''),
    (114, '24 char', '''€'''), (115, '24 char', '''f''::char(3)'), (116, '24 char', '''f''::char(10)'),
    (117, '8 char', '''ÿ'''),
    (118, '8 char', '''Ā'''), (119, '8 char', 'NULL::text'), (120, '8 char', '''M''::"char"'),
    (121, '8 char', '''M''::name'), (122, '8 char', '7'),
    -- text: UTF-8; a fixed width must match.
    (130, '* text', '''Événement €''::text'), (131, '16 text', '''é'''), (132, '16 text', '''éé'''),
    (133, '16 text', '''e'''),
    (134, '* text', ''''''), (135, '* text', 'NULL::varchar'), (136, '* text', '''\x00''::bytea'), (137, '* text', '5'),
    -- dvbtext: with a selector unless it is all of 0x20 to 0x7E.
    (140, '* dvbtext', '''Canal 1~''::text'), (141, '* dvbtext', '''é'''), (142, '* dvbtext', 'E''a\nb'''),
    (143, '* dvbtext', 'E''\x7f'''),
    (144, '* dvbtext', ''''''), (145, '* dvbtext', 'NULL::text'),
    -- bytes
    (150, '* bytes', '''\x00ff''::bytea'), (151, '16 bytes', '''\x00ff''::bytea'), (152, '16 bytes', '''\x00''::bytea'),
    (153, '* bytes', '''\x''::bytea'), (154, '* bytes', 'NULL::bytea'), (155, '* bytes', '''00ff''::text')
) AS t(n, field, value) ORDER BY n;

-- tlv: items and their errors ---------------------------------------------------------------------

SELECT concat(field, ', ', items, E'\n  ', pg_temp.answer(pg_temp.column(field, quote_literal(items) || '::jsonb')))
    FROM (VALUES
    (1, '* tlv(8,8)', '[]'), (2, '* tlv(8,8)', '{}'), (3, '* tlv(8,8)', '[{"tag": 128, "value": "été"}]'),
    (4, '* tlv(8,8)',
    '[{"tag": "0x80", "value": 1}, {"tag": "5", "value": 256}, {"tag": 5, "value": 65536}, '
    '{"tag": 5.0, "value": 4294967296}]'),
    (5, '* tlv(8,8)', '{"128": 1, "0x7f": true, "9": false, "10": null}'),
    (6, '* tlv(8,8)', '[{"tag": 1, "value": 18446744073709551615}]'),
    (7, '* tlv(8,8)', '[{"tag": 1, "value": 18446744073709551616}]'),
    (8, '* tlv(8,8)', '[{"tag": 1, "value": 1.0}, {"tag": 1, "value": 1e2}]'),
    (9, '* tlv(8,8)', '[{"tag": 1, "value": 1.5}]'),
    (10, '* tlv(8,8)', '[{"tag": 1, "value": -1}]'),
    (11, '* tlv(8,8)',
    '[{"tag": 1, "value": -1, "size": 1}, {"tag": 1, "value": -128, "size": 1}, {"tag": 1, "value": 255, '
    '"size": 1}, {"tag": 1, "value": 7, "size": 3}]'),
    (12, '* tlv(8,8)', '[{"tag": 1, "value": -129, "size": 1}]'),
    (13, '* tlv(8,8)', '[{"tag": 1, "value": 256, "size": 1}]'),
    (14, '* tlv(8,8)', '[{"tag": 1, "value": -9223372036854775808, "size": 8}]'),
    (15, '* tlv(8,8)', '[{"tag": 1, "value": -9223372036854775809, "size": 8}]'),
    (16, '* tlv(8,8)', '[{"tag": 1, "value": 1, "size": 0}]'),
    (17, '* tlv(8,8)', '[{"tag": 1, "value": 1, "size": 9}]'),
    (18, '* tlv(8,8)', '[{"tag": 1, "value": "a", "size": 1}]'),
    (19, '* tlv(8,8)', '[{"tag": 1, "hex": "aa", "size": 1}]'),
    (20, '* tlv(8,8)',
    '[{"tag": 1, "hex": "deadBEEF"}, {"tag": 2, "base64": "3q0="}, {"tag": 3, "hex": ""}, {"tag": 4, "base64": ""}]'),
    (21, '* tlv(8,8)', '[{"tag": 1, "hex": "dea"}]'), (22, '* tlv(8,8)', '[{"tag": 1, "hex": "de ad"}]'),
    (23, '* tlv(8,8)', '[{"tag": 1, "hex": "\\xdead"}]'),
    (24, '* tlv(8,8)', '[{"tag": 1, "hex": 12}]'), (25, '* tlv(8,8)', '[{"tag": 1, "base64": "3q0"}]'),
    (26, '* tlv(8,8)', '[{"tag": 1, "base64": "3q 0="}]'),
    (27, '* tlv(8,8)', '[{"tag": 1, "base64": null}]'),
    (28, '* tlv(8,8)',
    '[{"tag": 1, "value": [{"tag": 2, "value": "x"}, {"tag": 3, "value": {"4": 5}}]}, {"tag": 6, "value": []}]'),
    (29, '* tlv(16,16)', '[{"tag": 65535, "value": "x"}]'), (30, '* tlv(16,16)', '[{"tag": 65536, "value": "x"}]'),
    (31, '* tlv(8,8)', '[{"tag": 256, "value": "x"}]'), (32, '* tlv(8,8)', '[{"tag": -1, "value": "x"}]'),
    (33, '* tlv(8,8)', '[{"tag": 1.5, "value": "x"}]'),
    (34, '* tlv(8,8)', '[{"tag": "0x", "value": "x"}]'), (35, '* tlv(8,8)', '[{"tag": " 1", "value": "x"}]'),
    (36, '* tlv(8,8)', '[{"tag": null, "value": "x"}]'),
    (37, '* tlv(8,8)', '[{"value": "x"}]'), (38, '* tlv(8,8)', '[{"tag": 1}]'),
    (39, '* tlv(8,8)', '[{"tag": 1, "value": 1, "hex": "01"}]'),
    (40, '* tlv(8,8)', '[{"tag": 1, "value": 1, "Size": 1}]'), (41, '* tlv(8,8)', '[1]'), (42, '* tlv(8,8)', '[[]]'),
    (43, '* tlv(8,8)', '"items"'), (44, '* tlv(8,8)', '5'), (45, '* tlv(8,8)', 'null'),
    (46, '* tlv(8,8)', '{"5": 1, "0x05": 2}'),
    (47, '* tlv(8,8)', '{"tag": 1, "value": 2}'), (48, '* tlv(8,8)', '{"300": 2}')
) AS t(n, field, items) ORDER BY n;

-- A value that its length cannot say; nested items count too. BER says the same in more bytes.
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT jsonb_build_array(jsonb_build_object(''tag'', 9, '
    '''value'', repeat(''x'', 256))) AS v) AS r', 'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT jsonb_build_object(''9'', jsonb_build_object(''8'', '
    'repeat(''x'', 254))) AS v) AS r', 'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('substr(encode_section(%L, r), 1, 8) FROM (SELECT jsonb_build_object(''9'', '
    'jsonb_build_object(''8'', repeat(''x'', 254))) AS v) AS r', 'x { v * tlv(8,ber) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT NULL::jsonb AS v) AS r', 'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT ''{"2": 1, "1": "a"}''::json AS v) AS r',
    'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT ''{"2": 1, "0x2": "a"}''::json AS v) AS r',
    'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT 1 AS v) AS r', 'x { v * tlv(8,8) }'));
SELECT pg_temp.answer(format('encode_section(%L, r) FROM (SELECT ''[]''::text AS v) AS r', 'x { v * tlv(8,8) }'));

-- Every type, by JSON -----------------------------------------------------------------------------

SELECT concat(field, ', ', value, E'\n  ', pg_temp.answer(pg_temp.json(field, value))) FROM (VALUES
    (1, '8 uimsbf', '255'), (2, '8 uimsbf', '2.55e2'), (3, '8 uimsbf', '256'), (4, '8 uimsbf', 'true'),
    (5, '8 uimsbf', '"5"'),
    (6, '8 uimsbf', 'null'), (7, '8 uimsbf', '[5]'), (8, '8 uimsbf', '0.5'), (9, '64 uimsbf', '18446744073709551615'),
    (10, '8 tcimsbf', '-128'),
    (11, '8 bcd', '99'), (12, '8 bcd', 'true'),
    (20, '40 utc', '"1993-10-13T12:45:00Z"'), (21, '40 utc', '"1993-10-13T14:45:00.25+02:00"'),
    (22, '40 utc', '"1993-10-13 12:45:00z"'),
    (23, '40 utc', '"1993-10-13T12:45:00"'), (24, '40 utc', '"1993-10-13"'), (25, '40 utc', '"1993-02-30T12:45:00Z"'),
    (26, '40 utc', '"1993-10-13T25:00:00Z"'), (27, '40 utc', 'null'), (28, '40 utc', '"infinity"'),
    (29, '40 utc', '750516300'),
    (30, '40 utc', '"2128-01-10T00:00:00Z"'), (31, '40 utc', '"yesterday"'),
    (32, '40 utc', '"2128-01-10T01:00:00+01:30"'),
    (40, '24 duration', '"01:45:30"'), (41, '24 duration', '"1 day 01:45:30"'),
    (42, '24 duration', '"2 days 00:00:00"'),
    (43, '24 duration', '"99:59:59.9"'), (44, '24 duration', '"100:00:00"'), (45, '24 duration', '"1 mon"'),
    (46, '24 duration', '"PT1H"'),
    (47, '24 duration', '90'), (48, '24 duration', 'null'), (49, '24 duration', '"-00:00:01"'),
    (50, '24 duration', '"01:60:00"'),
    (60, '24 char', '"é"'), (61, '24 char', '"€"'), (62, '24 char', '{"hex": "0102ff"}'),
    (63, '24 char', '{"hex": "01"}'), (64, '24 char', 'null'), (65, '24 char', '5'),
    (70, '* text', '"é"'), (71, '* text', '{"hex": "ff00"}'), (72, '* text', '{"hex": "f"}'),
    (73, '* text', '{"hex": "ff", "n": 1}'), (74, '* text', '{}'), (75, '16 text', '{"hex": "ff"}'),
    (80, '* dvbtext', '"é"'), (81, '* dvbtext', '{"hex": "05c4"}'), (82, '* dvbtext', '[]'),
    (90, '* bytes', '"00ff"'), (91, '* bytes', '"\\x00FF"'), (92, '* bytes', '"0"'), (93, '* bytes', '"0x00"'),
    (94, '* bytes', '{"hex": "00"}'), (95, '8 bytes', '""'), (96, '* bytes', 'null'),
    (100, '* tlv(8,8)', '{"1": "é"}'), (101, '* tlv(8,8)', 'null'), (102, '* tlv(8,8)', '"x"')
) AS t(n, field, value) ORDER BY n;

-- A key that is not there is an error for every type, also where NULL is allowed.
SELECT concat(field, ': ', pg_temp.answer(format('encode_section(%L, ''{"V": 1}''::jsonb)',
    format('x { v %s }', field)))) FROM unnest(ARRAY[
    '8 uimsbf', '8 tcimsbf', '8 bslbf', '8 bcd', '40 utc', '24 duration', '8 char', '* text', '* dvbtext', '* bytes',
    '* tlv(8,8)']) WITH ORDINALITY AS f(field, n) ORDER BY n;

-- A JSON row is an object.
SELECT concat(row, ': ', split_part(pg_temp.answer(format('encode_section(''x { v 8 uimsbf }'', %L::jsonb)',
    row)), E'\n', 1))
FROM unnest(ARRAY['[]', '1', '"v"', 'null', '[{"v": 1}]', '{}', '{"v": 1, "w": 2}'])
    WITH ORDINALITY AS r(row, n) ORDER BY n;
\pset format aligned
\pset tuples_only off

-- A date further away than any field reaches; one that is not in the calendar of timestamptz.
\set VERBOSITY sqlstate
SELECT encode_section('x { v 40 utc }', r) FROM (SELECT date '5874897-12-31' AS v) AS r;
\set VERBOSITY default

-- At top level an error says all of it.
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT 256 AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section('x { v 40 utc }', r) FROM (SELECT timestamp '2026-11-21 12:00:00' AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section('x { v 40 utc }', r) FROM (SELECT timestamp '2026-11-21 12:00:00' AT TIME ZONE 'UTC' AS v) AS r;

-- Columns by their names --------------------------------------------------------------------------

-- Absent; other case; a bare ROW().
SELECT encode_section(E'x {\n v 8 uimsbf\n w 8 uimsbf = other\n}', r)
    FROM (SELECT 1 AS v, 2 AS "Other", 3 AS "odd name") AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(E'x {\n v 8 uimsbf\n Other 8 uimsbf\n}', r)
    FROM (SELECT 1 AS v, 2 AS "Other", 3 AS "odd name") AS r;
-- A name that is there twice is as ambiguous as it is to SQL; one that the layout does not ask for may be.
SELECT encode_section('x { id 8 uimsbf }', r) FROM (SELECT a.*, b.*
    FROM (SELECT 1 AS id, 3 AS v) AS a, (SELECT 2 AS id) AS b) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT a.*, b.*
    FROM (SELECT 1 AS id, 3 AS v) AS a, (SELECT 2 AS id) AS b) AS r;
SELECT encode_section('x { v 8 uimsbf }', ROW(1, 2));
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(E'x {\n f1 8 uimsbf\n f2 8 uimsbf\n}', ROW(1, 2));
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT 1 AS f2) AS r;

-- Of a table, with more columns than needed; of a composite type, a view, a function, a VALUES.
CREATE TYPE mood AS ENUM ('gai', 'été');
CREATE DOMAIN byte AS int CHECK (VALUE BETWEEN 0 AND 255);
CREATE DOMAIN small_byte AS byte CHECK (VALUE < 100);
CREATE DOMAIN items AS jsonb;
CREATE DOMAIN label AS varchar(20);
CREATE DOMAIN since AS timestamptz;
CREATE TABLE things (gone text, id bigint, n byte, m small_byte, how mood, name label, code char(4), at since,
    list items, more float8);
ALTER TABLE things DROP gone;
INSERT INTO things VALUES
    (1, 10, 11, 'gai', 'un', 'ab', '2026-11-21 00:00:00Z', '[]', 1.5),
    (2, 20, 21, 'été', 'deux', 'cdef', NULL, '{"1": "x"}', NULL);
\set thing 'E''thing {\n id 16 uimsbf\n n 8 uimsbf\n m 8 uimsbf\n how_size 8 uimsbf = length(how)\n how * text\n name_size 8 uimsbf = length(name)\n name * dvbtext\n code 48 char\n at 40 utc\n list * tlv(8,8)\n}'''
SELECT encode_section(:thing, t) FROM things AS t ORDER BY id;
SELECT encode_section(:thing, t) = encode_section(:thing, to_jsonb(t)) AS same_by_json FROM things AS t ORDER BY id;
CREATE VIEW few_things AS SELECT id, n FROM things;
SELECT encode_section(E'x {\n id 8 uimsbf\n n 8 uimsbf\n}', v) FROM few_things AS v ORDER BY id;
CREATE TYPE pair AS (a int, b text);
SELECT encode_section(E'x {\n a 8 uimsbf\n b * text\n}', (1, 'x')::pair);
SELECT encode_section(E'x {\n a 8 uimsbf\n b * text\n}', NULL::pair) IS NULL AS null_row;
SELECT encode_section(E'x {\n a 8 uimsbf\n b * text\n}', (NULL, 'x')::pair);
CREATE DOMAIN checked_pair AS pair CHECK ((VALUE).a < 10);
SELECT encode_section(E'x {\n a 8 uimsbf\n b * text\n}', (2, 'y')::checked_pair);
SELECT encode_section(E'x {\n column1 8 uimsbf\n column2 8 char\n}', v) FROM (VALUES (1, 'a'), (2, 'b')) AS v
    ORDER BY column1;
SELECT encode_section(E'x {\n i 8 uimsbf\n j 8 uimsbf\n}', t)
    FROM ROWS FROM (generate_series(1, 2), generate_series(5, 6)) AS t(i, j);

-- What is like text and is none of text, varchar, char(n): citext, say. A type that only looks so.
SET client_min_messages = warning;
CREATE TYPE likewise;
CREATE FUNCTION likewise_in(cstring) RETURNS likewise LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION likewise_out(likewise) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE likewise (INPUT = likewise_in, OUTPUT = likewise_out, LIKE = text, CATEGORY = 'S');
RESET client_min_messages;
SELECT encode_section('x { v * text }', r) FROM (SELECT 'Ça'::likewise AS v) AS r;

-- One call site, changing rows --------------------------------------------------------------------

-- The table changes while a prepared statement and a PL/pgSQL function are in use.
CREATE TABLE changing (a int);
INSERT INTO changing VALUES (1);
PREPARE encode_changing AS SELECT encode_section(E'x {\n a 8 uimsbf\n}', c) FROM changing AS c;
PREPARE encode_both AS SELECT encode_section(E'x {\n a 8 uimsbf\n b 8 uimsbf\n}', c) FROM changing AS c;
CREATE FUNCTION encode_changing() RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    c changing;
BEGIN
    SELECT * INTO c FROM changing;
    RETURN encode_section(E'x {\n a 8 uimsbf\n}', c);
END $$;
EXECUTE encode_changing;
EXECUTE encode_both;
SELECT encode_changing();
ALTER TABLE changing ADD COLUMN b int DEFAULT 2;
EXECUTE encode_changing;
EXECUTE encode_both;
SELECT encode_changing();
ALTER TABLE changing DROP COLUMN a;
ALTER TABLE changing ADD COLUMN a bigint DEFAULT 3;
EXECUTE encode_changing;
EXECUTE encode_both;
SELECT encode_changing();
ALTER TABLE changing ALTER COLUMN a TYPE text;
EXECUTE encode_changing;
SELECT encode_changing();
ALTER TABLE changing RENAME COLUMN a TO z;
EXECUTE encode_changing;
SELECT encode_changing();
DEALLOCATE ALL;

-- Records of different types at one call site.
SELECT encode_section('x { v 16 uimsbf }', r)
FROM (SELECT ROW(1, 'gai')::record AS r UNION ALL SELECT ROW('a', 2)) AS s;
CREATE TYPE vx AS (v int, x text);
CREATE TYPE xv AS (x text, v bigint);
CREATE FUNCTION pg_temp.row_of(n int) RETURNS record LANGUAGE plpgsql AS $$
DECLARE
    unnamed record;
BEGIN
    CASE n % 3
        WHEN 0 THEN RETURN (n, 'vx')::vx;
        WHEN 1 THEN RETURN ('xv', n)::xv;
        ELSE SELECT 'z' AS z, 'y' AS y, n::numeric AS v INTO unnamed;
             RETURN unnamed;
    END CASE;
END $$;
SELECT encode_section('x { v 16 uimsbf }', pg_temp.row_of(n)) FROM generate_series(1, 7) AS n;
SELECT encode_section('x { v 16 uimsbf }', r)
FROM (SELECT t::record AS r FROM (SELECT 1 AS v) AS t UNION ALL SELECT t::record FROM (SELECT 'x' AS x, 2 AS v) AS t
      UNION ALL SELECT t::record FROM (SELECT 'x' AS x, 3 AS w) AS t) AS s;

-- Row variables and records in PL/pgSQL: plain, expanded and changed in place.
DO $$
DECLARE
    r record;
    t things;
    p pair;
    sections text = '';
    layout section_layout = E'x {\n id 8 uimsbf\n n 8 uimsbf\n}';
BEGIN
    FOR r IN SELECT id, n FROM things ORDER BY id LOOP
        sections := sections || encode_section(layout, r)::text || ' ';
    END LOOP;
    FOR r IN SELECT 'other' AS shape, n, id FROM things ORDER BY id LOOP
        r.n := r.n + 1;
        sections := sections || encode_section(layout, r)::text || ' ';
    END LOOP;
    FOR t IN SELECT * FROM things ORDER BY id LOOP
        t.n := t.n + 2;
        sections := sections || encode_section(layout, t)::text || ' ';
    END LOOP;
    p.a := 7;
    p.b := repeat('x', 3);
    sections := sections || encode_section(E'x {\n a 8 uimsbf\n b * text\n}', p)::text;
    RAISE INFO '%', sections;
END $$;

-- A trigger has its row.
CREATE FUNCTION keep_section() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE INFO '%', encode_section(E'x {\n id 8 uimsbf\n n 8 uimsbf\n}', NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER keep_section BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION keep_section();
UPDATE things SET n = n + 1;
UPDATE things SET n = n + 1 WHERE id = 1;

-- An error leaves the session and its call sites well.
DO $$
DECLARE
    section bytea;
    sections text = '';
BEGIN
    FOR i IN 254..258 LOOP
        BEGIN
            section := encode_section('x { v 8 uimsbf }', r) FROM (SELECT CASE i WHEN 258 THEN 0 ELSE i END AS v) AS r;
            sections := sections || section::text || ' ';
        EXCEPTION WHEN numeric_value_out_of_range THEN
            sections := sections || 'out of range ';
        END;
    END LOOP;
    RAISE INFO '%', sections;
END $$;

-- Rows of several sections ------------------------------------------------------------------------

\set parts 'E''parts (max 12) {\n n 8 uimsbf\n part 8 uimsbf = part()\n last 8 uimsbf = last_part()\n all 8 uimsbf = parts()\n size 8 uimsbf = length()\n items * tlv(8,8) split\n}'''
CREATE TABLE long_rows (n int, items jsonb);
INSERT INTO long_rows VALUES (1, '[]'), (2, '{"1": "abcde"}'),
    (3, '{"1": "abcd", "2": "e", "3": null, "4": null, "5": 1}'), (4, NULL);

-- As many whole items as fit in each, in order.
SELECT n, encode_sections(:parts, r) FROM long_rows AS r ORDER BY n;
SELECT n, ordinality, section FROM long_rows AS r, encode_sections(:parts, r) WITH ORDINALITY AS e(section)
    ORDER BY n, ordinality;
SELECT n, count(section), sum(length(section)) FROM long_rows AS r
LEFT JOIN LATERAL encode_sections(:parts, to_jsonb(r)) AS section ON true GROUP BY n ORDER BY n;
SELECT encode_sections(:parts, to_jsonb(r)) AS section, generate_series(1, 2) AS beside FROM long_rows AS r WHERE n = 3;
SELECT encode_section(:parts, r) FROM long_rows AS r WHERE n <> 3 ORDER BY n;

-- One section is asked for, and several are needed.
SELECT encode_section(:parts, r) FROM long_rows AS r WHERE n = 3;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:parts, to_jsonb(r)) FROM long_rows AS r WHERE n = 3;

-- An item that fits no section; a row that has nothing to split; too many parts.
SELECT encode_sections(:parts, '{"n": 1, "items": {"1": "", "77": "abcdef"}}'::jsonb);
SELECT encode_sections('x (max 4) { v * text }', r) FROM (SELECT 'abcde' AS v) AS r;
SELECT encode_sections('x (max 4) { v * text }', r) FROM (SELECT 'abcd' AS v) AS r;
SELECT encode_sections(E'x (max 4) {\n p 1 uimsbf = parts()\n z 7 uimsbf = 0\n v * tlv(8,8) split\n}',
    '{"v": {"1": 1, "2": 2}}'::jsonb);
SELECT encode_sections(E'x (max 4) {\n p 1 uimsbf = part()\n z 7 uimsbf = 0\n v * tlv(8,8) split\n}',
    '{"v": {"1": 1, "2": 2}}'::jsonb);

-- A bad item after many good ones: an error, and no section.
SELECT encode_sections(:parts,
    '{"n": 1, "items": [{"tag": 1, "value": "abcd"}, {"tag": 2, "value": "abcd"}, {"tag": 3, "value": -1}]}'::jsonb);

-- A JSON row that says which part it is, is that part, and is not split.
SELECT encode_section(:parts, '{"n": 1, "part": 1, "last": 2, "all": 3, "items": {"2": "ab"}}'::jsonb);
SELECT encode_section(:parts, '{"n": 1, "last": 9, "items": {"2": "ab"}}'::jsonb);
SELECT encode_sections(:parts, '{"n": 1, "part": 1, "items": {"1": "abcd", "2": "ab"}}'::jsonb);
SELECT encode_section(:parts, '{"n": 1, "part": 256, "items": {}}'::jsonb);
SELECT encode_section(:parts, '{"n": 1, "part": null, "items": {}}'::jsonb);
-- A column of that name is a column like any other.
SELECT encode_section(:parts, r) FROM (SELECT 1 AS n, 9 AS part, '{}'::jsonb AS items) AS r;

-- Large documents: out of line, compressed; and the same in the row's own JSON.
CREATE TABLE large (id int, items jsonb);
ALTER TABLE large ALTER items SET STORAGE EXTERNAL;
INSERT INTO large SELECT 1, jsonb_agg(jsonb_build_object('tag', n % 256, 'value', md5(n::text)))
    FROM generate_series(1, 5000) AS n;
ALTER TABLE large ALTER items SET STORAGE EXTENDED;
INSERT INTO large SELECT 2, jsonb_agg(jsonb_build_object('tag', n % 256, 'value', repeat('x', 32)))
    FROM generate_series(1, 5000) AS n;
SELECT id, pg_column_size(items) < 200000 AS is_compressed, count(*) AS sections, sum(length(section)) AS bytes,
       bool_and(length(section) <= 4096) AS all_within, count(*)
           FILTER (WHERE length(section) + 34 <= 4096) AS short_sections
FROM large AS l, encode_sections(E'x {\n id 8 uimsbf\n part 16 uimsbf = part()\n items * tlv(8,8) split\n}',
    l) AS section
GROUP BY id, items ORDER BY id;
SELECT id, md5(string_agg(section, '' ORDER BY ordinality)) = (
           SELECT md5(string_agg(section, '' ORDER BY ordinality))
           FROM encode_sections('x { items * tlv(8,8) split }', to_jsonb(l))
               WITH ORDINALITY AS e(section)) AS same_by_json,
       md5(string_agg(section, '' ORDER BY ordinality)) = (
           SELECT md5(string_agg(decode(lpad(to_hex((item ->> 'tag')::int), 2, '0') || '20', 'hex')
               || convert_to(item ->> 'value', 'UTF8'), '' ORDER BY n))
           FROM jsonb_array_elements(items) WITH ORDINALITY AS i(item, n)) AS all_items_in_order
FROM large AS l, encode_sections('x { items * tlv(8,8) split }', l) WITH ORDINALITY AS e(section)
GROUP BY id, items, l ORDER BY id;
SELECT encode_section('x { items * tlv(8,8) split }', l) FROM large AS l WHERE id = 1;

-- Parallel plans ----------------------------------------------------------------------------------

CREATE TABLE many AS
SELECT n, 'nom ' || n AS name, jsonb_build_object('1', n, '2', md5(n::text)) AS items
    FROM generate_series(1, 20000) AS n;
ANALYZE many;
\set many 'E''many {\n n 32 uimsbf\n size 8 uimsbf = length(name)\n name * text\n items * tlv(8,8)\n}'''
SET max_parallel_workers_per_gather = 0;
SELECT sum(crc32_mpeg2(encode_section(:many, m))) AS crcs FROM many AS m \gset serial_
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE FUNCTION pg_temp.workers_planned(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        IF line LIKE '%Workers Planned%' THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
SELECT pg_temp.workers_planned($$SELECT sum(crc32_mpeg2(encode_section('many { n 32 uimsbf }', m))) FROM many AS m$$)
    AS parallel;
SELECT sum(crc32_mpeg2(encode_section(:many, m))) = :serial_crcs AS same FROM many AS m;
SELECT sum(crc32_mpeg2(encode_section(:many, to_jsonb(m)))) = :serial_crcs AS same_by_json FROM many AS m;
-- Rows whose type no table has: the workers have to learn it from the leader.
SELECT pg_temp.workers_planned($$SELECT sum(crc32_mpeg2(encode_section('many { n 32 uimsbf }', r)))
    FROM (SELECT name, items, n FROM many) AS r$$) AS parallel;
SELECT sum(crc32_mpeg2(encode_section(:many, r))) = :serial_crcs AS same_of_records
    FROM (SELECT name, items, n FROM many) AS r;
-- An error of a worker arrives as it is.
SET parallel_leader_participation = off;
SELECT sum(crc32_mpeg2(encode_section('x { n 8 uimsbf }', m))) FROM many AS m WHERE n <= 256;
RESET ALL;

-- crc32_mpeg2 -------------------------------------------------------------------------------------

SELECT crc32_mpeg2('123456789') AS check, crc32_mpeg2('123456789') = x'0376E6E7'::bigint AS known,
       crc32_mpeg2('') AS empty, crc32_mpeg2('\x00') AS zero, crc32_mpeg2(NULL) IS NULL AS of_null,
       pg_typeof(crc32_mpeg2(''));
-- The CRC of data with their CRC after them is 0; a section with rpchof is such data.
SELECT crc32_mpeg2(encode_section(E'x {\n n 32 uimsbf\n t * text\n crc 32 rpchof\n}', r)) AS residue
FROM (SELECT 5 AS n, repeat('été', 100) AS t) AS r;
SELECT encode_section(E'x {\n t * text\n crc 32 rpchof\n}', '{"t": "123456789"}'::jsonb);
-- Whatever the length and the alignment.
SELECT count(*), count(*) FILTER (WHERE crc32_mpeg2(data || decode(lpad(to_hex(crc32_mpeg2(data)), 8, '0'), 'hex'))
    = 0) AS residue_0
FROM (SELECT substr(convert_to(repeat('0123456789abcdef', 100), 'UTF8'), 1 + n % 17, n) AS data
    FROM generate_series(0, 1500) AS n) AS d;

DROP TABLE things, changing, long_rows, large, many CASCADE;
DROP TYPE vx, xv, pair, mood, likewise CASCADE;
DROP DOMAIN small_byte, byte, items, label, since CASCADE;
DROP FUNCTION encode_changing, keep_section CASCADE;
