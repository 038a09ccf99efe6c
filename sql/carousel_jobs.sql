-- carousel_sections and carousel_problems.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET datestyle = 'ISO';
SET jit = off;
\set SHOW_CONTEXT never
CREATE SCHEMA jobs;
SET search_path = jobs, public;
SELECT create_carousel_tables('jobs');

-- carousel_sections -------------------------------------------------------------------------------

INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8), ('OCEANIE', 9);
INSERT INTO campagnes SELECT n * 7 % 11, 'AFRIQUE', 'A', '2026-11-01', '2026-11-30' FROM generate_series(1, 10) AS n;
INSERT INTO campagnes VALUES (100, 'AFRIQUE', 'A', '2026-12-01', '2026-12-30'),
    (101, 'EUROPE', 'A', '2026-11-01', '2026-11-30'), (102, 'AFRIQUE', 'A', '2026-11-01', '2026-11-30');
-- Every fifth message needs several sections; campaign 102 has no message, 100 is not on air.
INSERT INTO messages
SELECT n * 7919 % 10007, CASE n % 100 WHEN 0 THEN 100 WHEN 1 THEN 101 ELSE 1 + n % 10 END, n, n,
       CASE WHEN n % 5 = 0 THEN (SELECT jsonb_agg(jsonb_build_object('tag', i, 'value', repeat('x', 100 + n % 50)))
           FROM generate_series(1, 3 + n % 40) AS i) ELSE jsonb_build_object('1', n) END
FROM generate_series(1, 3000) AS n;
ANALYZE;
CREATE TEMP TABLE sections AS SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21')
    WITH ORDINALITY AS s(campagne_id, message_id, part, section, place);
SELECT attname AS column, format_type(atttypid, atttypmod) AS type FROM pg_attribute
    WHERE attrelid = 'sections'::regclass AND attnum > 0 ORDER BY attnum;
-- One after the other they are what encode_carousel gives.
SELECT string_agg(section, '' ORDER BY place) = encode_carousel('AFRIQUE', '2026-11-21') AS as_encode_carousel,
    section_agg(section ORDER BY place) = encode_carousel('AFRIQUE', '2026-11-21') AS by_section_agg FROM sections;
-- In the order of campaign, message, part; every message once; parts from 0.
SELECT bool_and(place = by_key) AS in_order FROM (SELECT place,
    row_number() OVER (ORDER BY campagne_id, message_id, part) AS by_key FROM sections) AS s;
SELECT count(*) AS wrong_messages FROM (SELECT campagne_id, message_id, max(part), count(*) FROM sections
    GROUP BY 1, 2) AS s
FULL JOIN (SELECT campagne_id_fk AS campagne_id, m.id AS message_id FROM messages AS m
    JOIN campagnes AS c ON c.id = campagne_id_fk WHERE zone_diffusion = 'AFRIQUE' AND c.id <> 100) AS m
    USING (campagne_id, message_id)
WHERE s.campagne_id IS NULL OR m.campagne_id IS NULL OR max <> count - 1;
-- What the sections say of themselves: index, total_count, section_length, target_filter.
SELECT count(*) AS sections, count(*) FILTER (WHERE parts > 1) AS of_split_messages, max(parts) AS most_parts,
    max(length(section)) AS largest, bool_and(get_byte(section, 3) = part) AS index,
    bool_and(get_byte(section, 4) = parts) AS total_count,
       bool_and(get_byte(section, 1) % 16 * 256 + get_byte(section, 2) = length(section) - 3) AS section_length,
           bool_and(substr(section, 6, 4) = int4send(numero_abonne::int)) AS target_filter
FROM (SELECT *, count(*) OVER (PARTITION BY campagne_id, message_id) AS parts FROM sections) AS s
    JOIN messages ON id = message_id;
-- Two of them, by hand: from 31 October 23:00 to 29 November 23:00 UTC, one item of three bytes.
SELECT campagne_id, numero_abonne, part, section = '\x'::bytea || '\x9270300001' || int4send(numero_abonne::int)
    || '\x07' || int4send(campagne_id::int) || int4send(template_id::int) || '\x41' || '\xefa0230000' || '\xefbd230000'
       || '\x000000' || '\x00000000' || '\x0029' || '\x0101' || substr(int8send(numero_abonne), 8) || '\x0108'
       || int8send(numero_abonne) AS as_by_hand
FROM sections JOIN messages ON id = message_id WHERE numero_abonne BETWEEN 211 AND 212 ORDER BY place;

-- An empty carousel has no rows; one message; another zone.
SELECT count(*) AS empty FROM carousel_sections('OCEANIE', '2026-11-21');
SELECT count(*) AS empty FROM carousel_sections('AFRIQUE', '2027-01-01');
SELECT count(*), count(DISTINCT campagne_id), min(campagne_id) FROM carousel_sections('EUROPE', '2026-11-21');
SELECT count(*) AS not_yet_on_air, min(campagne_id) FROM carousel_sections('AFRIQUE', '2026-12-24');

-- LIMIT, OFFSET, in the SELECT list, by a cursor, for each zone, by names; today by default.
SELECT campagne_id, message_id, part, length(section) FROM carousel_sections('AFRIQUE', '2026-11-21') LIMIT 3;
SELECT bool_and(s.section = sections.section) AS same, count(*)
    FROM (SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21') OFFSET 100 LIMIT 50) AS s
    JOIN sections USING (campagne_id, message_id, part);
SELECT (s).campagne_id, (s).message_id, (s).part FROM (SELECT carousel_sections('AFRIQUE', '2026-11-21') AS s
    LIMIT 3) AS s;
BEGIN;
DECLARE c CURSOR FOR SELECT campagne_id, message_id, part FROM carousel_sections('AFRIQUE', '2026-11-21');
FETCH 2 FROM c;
MOVE 1000 IN c;
FETCH 1 FROM c;
CLOSE c;
COMMIT;
SELECT zone_diffusion, count(s.*) AS sections FROM zones_diffusion
    LEFT JOIN LATERAL carousel_sections(zone_diffusion, '2026-11-21') AS s ON true GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM carousel_sections(on_date => '2026-11-21', layout => E'x {\n message_id 32 uimsbf\n}',
    zone => 'AFRIQUE') AS s WHERE section = int4send(message_id::int) AND part = 0;
SELECT (SELECT count(*) FROM carousel_sections('EUROPE'))
    = (SELECT count(*) FROM carousel_sections('EUROPE', current_date)) AS today_by_default;
-- Out of work_mem it goes to disk.
SET work_mem = '64kB';
SELECT section_agg(section ORDER BY ordinality) = encode_carousel('AFRIQUE', '2026-11-21') AS same
    FROM carousel_sections('AFRIQUE', '2026-11-21') WITH ORDINALITY;
SELECT count(*) FROM (SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21') LIMIT 5) AS s;
RESET work_mem;
-- While another reads, and after an own change.
DO $$
DECLARE
    section record;
    own bigint := 0;
BEGIN
    FOR section IN SELECT * FROM carousel_sections('EUROPE', '2026-11-21') LOOP
        DELETE FROM messages WHERE id = section.message_id;
        own := own + 1;
        EXIT WHEN own = 7;
    END LOOP;
    RAISE WARNING 'deleted %, left %', own, (SELECT count(*) FROM carousel_sections('EUROPE', '2026-11-21'));
    RAISE SQLSTATE 'DONE1';
EXCEPTION WHEN SQLSTATE 'DONE1' THEN
END $$;
SELECT count(*) AS all_there FROM carousel_sections('EUROPE', '2026-11-21');

-- Arguments, as those of encode_carousel.
SELECT * FROM carousel_sections('ASIE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_sections(NULL, '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT (SELECT count(*) FROM carousel_sections('AFRIQUE', NULL))
    = (SELECT count(*) FROM carousel_sections('AFRIQUE', current_date)) AS today_if_null;
SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21', NULL);
SELECT * FROM carousel_problems('ASIE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_problems(NULL, '2026-11-21');
SELECT count(*) AS today_if_null FROM carousel_problems('AFRIQUE', NULL);
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', NULL);
\echo :LAST_ERROR_SQLSTATE
-- What no message can be blamed for is an error of carousel_problems too.
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', 'x { colour 8 uimsbf }');
\echo :LAST_ERROR_SQLSTATE
-- A column of a type that the field does not take is a problem of every message.
SELECT field, problem, count(*) FROM carousel_problems('AFRIQUE', '2026-11-21', 'x { storables 8 uimsbf }')
    GROUP BY 1, 2;
-- A bad message ends carousel_sections, and is named.
INSERT INTO messages VALUES (20000, 101, -5, 1, DEFAULT);
SELECT count(*) FROM carousel_sections('EUROPE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_problems('EUROPE', '2026-11-21');
SELECT count(*) AS other_zone FROM carousel_problems('AFRIQUE', '2026-11-21');
SELECT count(*) AS other_day FROM carousel_problems('EUROPE', '2026-12-21');
DELETE FROM messages WHERE id = 20000;
SELECT count(*) AS none FROM carousel_problems('EUROPE', '2026-11-21');

-- carousel_problems -------------------------------------------------------------------------------

-- A layout with many a way to go wrong.
CREATE FUNCTION jobs.layout() RETURNS section_layout LANGUAGE sql IMMUTABLE AS $$SELECT section_layout '
own (max 512) {
    table_id        8  uimsbf   = 0x80
    flags           4  bslbf    = 0
    section_length 12  uimsbf   = length()
    index           8  uimsbf   = part()
    total           8  uimsbf   = parts()
    target         32  uimsbf   = numero_abonne
    shift          16  tcimsbf
    code           16  bcd
    begins         40  utc
    lasts          24  duration
    title         160  char
    key            32  bytes
    size           16  uimsbf   = length(words)
    words           *  text
    storables       *  tlv(8,8) split
}'$$;
TRUNCATE messages;
ALTER TABLE messages DROP CONSTRAINT messages_campagne_id_fk_fkey;
ALTER TABLE messages ADD shift int DEFAULT 1, ADD code numeric DEFAULT 1, ADD begins timestamptz DEFAULT '2026-11-21',
    ADD lasts interval DEFAULT '1 hour', ADD title text DEFAULT 'Événement', ADD key bytea DEFAULT '\xdeadbeef',
    ADD words text DEFAULT 'mots';
UPDATE campagnes SET zone_diffusion = 'AFRIQUE', valid_start = '2026-11-01', valid_end = '2026-11-30';
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
    SELECT n, 1 + n % 10, n, n, jsonb_build_array(jsonb_build_object('tag', 1, 'value', n),
    jsonb_build_object('tag', 2, 'value', 'été')) FROM generate_series(1, 100000) AS n;
-- Good ones at the very edge of each kind.
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, shift, code, begins, lasts, title, key, words,
    storables) VALUES
    (100001, 1, 4294967295, 1, 32767, 9999, '2128-01-09 23:59:59Z', '99:59:59', repeat('é', 20), '\x00000000',
    repeat('x', 465), DEFAULT),
    (100002, 1, 0, 1, -32768, 0.0, '1948-08-05 00:00:00Z', '0', '', '\xffffffff', '', '{}'),
    (100003, 1, 0, 1, 0, 1e3, 'infinity', '4 days 3:59:59.999', ' ', '\xffffffff', '',
    '[{"tag": 255, "hex": ""}, {"tag": "0x00", "base64": ""}, {"tag": 1, "value": null}]'),
    (100004, 1, 0, 1, 0, 7, '-infinity', '1:00', 'x', '\xffffffff', '',
    jsonb_build_array(jsonb_build_object('tag', 1, 'value', repeat('x', 255)))),
    (100005, 1, 0, 1, 0, 7, NULL, '1:00', 'x', '\xffffffff', '',
    '[{"tag": 1, "value": -1, "size": 1}, {"tag": 1, "value": 18446744073709551615}, {"tag": 1, "value": 1e2},
    {"tag": 1, "value": 1.0}]'),
    (100006, 1, 0, 1, 0, 7, NULL, '1:00', 'x', '\xffffffff', '',
    (SELECT jsonb_agg('{"tag": 1, "value": "x"}'::jsonb) FROM generate_series(1, 5000)));
-- Every hundredth message is bad, of 21 kinds in turn.
CREATE TABLE kinds (kind int PRIMARY KEY, what text, field text, change text);
INSERT INTO kinds VALUES
    (0, 'number out of range', 'target', 'numero_abonne = 4294967296'),
    (1, 'negative number', 'target', 'numero_abonne = -1'),
    (2, 'NULL', 'shift', 'shift = NULL'),
    (3, 'signed number out of range', 'shift', 'shift = -32769'),
    (4, 'too many digits', 'code', 'code = 10000'),
    (5, 'fraction in a column', 'code', 'code = 1.5'),
    (6, 'not a number', 'code', 'code = ''NaN'''),
    (7, 'date out of range', 'begins', 'begins = ''1948-08-04 23:59:59Z'''),
    (8, 'duration out of range', 'lasts', 'lasts = ''100 hours'''),
    (9, 'text too long', 'title', 'title = repeat(''x'', 21)'),
    (10, 'character outside Latin-1', 'title', 'title = ''10 €'''),
    (11, 'bytes too short', 'key', 'key = ''\xdead'''),
    (12, 'too long, with nothing to split', 'words', 'words = repeat(''x'', 466)'),
    (13, 'tag out of range', 'storables', 'storables = ''[{"tag": 1, "value": 1}, {"tag": 256, "value": 1}]'''),
    (14, 'negative item without size', 'storables', 'storables = ''{"1": -1}'''),
    (15, 'fraction in an item', 'storables', 'storables = ''{"1": [{"tag": 2, "value": 0.5}]}'''),
    (16, 'item too long for its length', 'storables', 'storables = jsonb_build_object(''1'', repeat(''x'', 256))'),
    (17, 'item too large for a section', 'storables',
    'storables = jsonb_build_object(''1'', repeat(''x'', 254)), words = repeat(''x'', 250)'),
    (18, 'invalid base64', 'storables', 'storables = ''[{"tag": 1, "base64": "3q0"}]'''),
    (19, 'no list of items', 'storables', 'storables = ''"text"'''),
    (20, 'more sections than can be counted', 'total',
    'storables = (SELECT jsonb_agg(jsonb_build_object(''tag'', 1, ''value'', repeat(''x'', 255))) FROM '
    'generate_series(1, 257))');
CREATE TABLE planted AS SELECT id, kind FROM messages, LATERAL (SELECT id / 100 % 21 AS kind) AS k
    WHERE id % 100 = 0 AND id <= 100000;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM kinds LOOP
        EXECUTE format('UPDATE messages SET %s WHERE id IN (SELECT id FROM planted WHERE kind = %s)',
            one.change, one.kind);
    END LOOP;
END $$;
ANALYZE;
SELECT count(*) AS planted, count(DISTINCT kind) AS kinds FROM planted;
-- All of them in one pass, and nothing raised. The timeout is a guard against one that crawls.
SET statement_timeout = '60s';
CREATE TEMP TABLE problems AS SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', jobs.layout())
    WITH ORDINALITY AS p(campagne_id, message_id, field, problem, place);
RESET statement_timeout;
SELECT count(*), count(DISTINCT message_id) AS messages FROM problems;
SELECT count(*) FILTER (WHERE p.message_id IS NULL) AS missed, count(*)
    FILTER (WHERE planted.id IS NULL) AS never_planted, count(*) FILTER (WHERE p.field <> kinds.field) AS wrong_field,
    count(*) FILTER (WHERE p.campagne_id <> m.campagne_id_fk) AS wrong_campaign
FROM problems AS p FULL JOIN planted ON id = message_id LEFT JOIN kinds USING (kind)
    LEFT JOIN messages AS m ON m.id = message_id;
SELECT bool_and(place = by_key) AS in_order FROM (SELECT place,
    row_number() OVER (ORDER BY campagne_id, message_id) AS by_key FROM problems) AS p;
SELECT kind, what, p.field, problem, count(*) FROM problems AS p JOIN planted ON id = message_id JOIN kinds USING (kind)
    GROUP BY 1, 2, 3, 4 ORDER BY kind;
-- The first is the one that encode_carousel and carousel_sections stumble over.
\set VERBOSITY terse
SELECT length(encode_carousel('AFRIQUE', '2026-11-21', jobs.layout()));
SELECT count(*) FROM carousel_sections('AFRIQUE', '2026-11-21', jobs.layout());
\set VERBOSITY default
SELECT campagne_id, message_id, field FROM problems WHERE place = 1;
-- The same in parallel, next to another, inside of a function that catches, with LIMIT.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), count(DISTINCT message_id) AS messages,
    bool_and(EXISTS (SELECT FROM planted WHERE id = message_id)) AS planted
    FROM carousel_problems('AFRIQUE', '2026-11-21', jobs.layout());
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT message_id, field FROM carousel_problems('AFRIQUE', '2026-11-21', jobs.layout()) LIMIT 2;
SELECT count(*) AS in_the_message_section, count(DISTINCT field) AS fields
    FROM carousel_problems('AFRIQUE', '2026-11-21') AS p JOIN planted ON id = message_id;
-- Without the bad ones all is well, at the edges too.
DELETE FROM messages WHERE id IN (SELECT message_id FROM problems);
SELECT count(*) AS problems FROM carousel_problems('AFRIQUE', '2026-11-21', jobs.layout());
SELECT count(DISTINCT message_id) AS messages, sum(length(section))
    = length(encode_carousel('AFRIQUE', '2026-11-21', jobs.layout())) AS same_length
    FROM carousel_sections('AFRIQUE', '2026-11-21', jobs.layout());
SELECT message_id, count(*) AS sections, max(length(section)) AS largest
    FROM carousel_sections('AFRIQUE', '2026-11-21', jobs.layout()) WHERE message_id > 100000 GROUP BY 1 ORDER BY 1;

-- The same with a column of type json, which holds text that jsonb refuses.
DELETE FROM messages WHERE id > 100000 OR id % 10 <> 1;
ALTER TABLE messages ALTER storables DROP DEFAULT, ALTER storables TYPE json USING storables::json;
CREATE TABLE texts (n int, storables json);
INSERT INTO texts VALUES
    (1, '{"1": "\u0000"}'), (2, '{"1": "a\ud83d"}'), (3, '{"1": "\ude00"}'), (4, '{"1": "\ud83d\ude00"}'),
    (5, '{"\u0000": 1}'),
    (6, '{"1": 1e400000}'), (7, '{"1": 1e131072}'), (8, '{"1": -1e400000}'), (9, '{"1": 1e-400000}'),
    (10, '{"1": 1e-2147483648}'), (11, '{"1": 1e99999999999999999999}'),
    (12, '{"1": 0e400000}'), (13, '{"1": 1e19}'), (14, '{"1": 18446744073709551616}'), (15, '{"1": 10e-1}'),
    (16, '{"1": -0}'), (17, '{"1": 1.50}'),
    (18, '{"1": 1, "1": 2}'), (19, '{"1": 1, "0x01": 2}'), (20, '[{"tag": 1, "value": 1, "value": 2}]'),
    (21, '[{"tag": 300, "tag": 1, "value": 1}]'), (22, '{"1": -1, "1": 1}'),
    (23, '"x"'), (24, '1'), (25, 'null'), (26, 'true'), (27, '[]'), (28, '{}'), (29, ' [ ] '), (30, '[[]]'),
    (31, '{"1": "\\u0041\u00e9"}'), (32, '{"1": "\/\b\f\n\r\t\"\\"}'), (33, NULL),
    (34, (repeat('[', 3000) || repeat(']', 3000))::json), (35, (repeat('{"1":', 200) || '1' || repeat('}', 200))::json),
    (36, ('{"1": ' || repeat('9', 200000) || '}')::json),
    (37, ('{"1": ' || repeat('0.', 1) || repeat('0', 20000) || '}')::json);
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
    SELECT 200000 + n, 1, n, n, coalesce(storables, 'null') FROM texts;
-- What jsonb makes of each.
CREATE FUNCTION jobs.by_jsonb(storables json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value jsonb;
BEGIN
    BEGIN
        value := storables::text::jsonb;
    EXCEPTION WHEN OTHERS THEN
        RETURN 'refused: ' || SQLSTATE;
    END;
    RETURN encode(encode_section(E'x {\n storables * tlv(8,8)\n}', jsonb_build_object('storables', value)), 'hex');
EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN
    RETURN 'problem';
END $$;
\set items 'E''x {\n storables * tlv(8,8)\n}'''
-- What jsonb refuses is a problem of that message, not an error; the rest is as with jsonb.
CREATE TEMP TABLE problems_of_json AS SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', :items);
SELECT n, left(storables::text, 30) AS begins, by_jsonb, field, problem FROM texts
    LEFT JOIN problems_of_json ON message_id = 200000 + n,
    LATERAL (SELECT by_jsonb(storables)) AS b(by_jsonb) ORDER BY n;
SELECT count(*) AS of_the_others FROM problems_of_json WHERE message_id <= 200000;
DELETE FROM messages WHERE id IN (SELECT message_id FROM problems_of_json);
SELECT count(*) AS sections, count(*) FILTER (WHERE encode(section, 'hex') <> by_jsonb) AS differ
FROM carousel_sections('AFRIQUE', '2026-11-21', :items)
    JOIN texts ON message_id = 200000 + n, LATERAL (SELECT by_jsonb(storables)) AS b(by_jsonb);
-- The 21 kinds again, as json.
DELETE FROM messages WHERE id > 200000;
TRUNCATE planted;
INSERT INTO planted SELECT id, id / 10 % 21 FROM messages WHERE id % 1000 = 1;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM kinds LOOP
        EXECUTE format('UPDATE messages SET %s WHERE id IN (SELECT id FROM planted WHERE kind = %s)',
            replace(replace(one.change, 'jsonb', 'json'), 'storables = ''"text"''',
            'storables = ''"\u0000"'''), one.kind);
    END LOOP;
END $$;
SELECT count(*) AS planted, count(DISTINCT kind) AS kinds FROM planted;
SELECT count(*) AS problems, count(DISTINCT message_id) AS messages, count(*)
    FILTER (WHERE p.message_id IS NULL) AS missed, count(*) FILTER (WHERE planted.id IS NULL) AS never_planted, count(*)
    FILTER (WHERE p.field <> kinds.field) AS wrong_field
FROM carousel_problems('AFRIQUE', '2026-11-21', jobs.layout()) AS p FULL JOIN planted ON id = message_id
    LEFT JOIN kinds USING (kind);

DROP SCHEMA jobs CASCADE;
