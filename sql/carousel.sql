-- create_carousel_tables and encode_carousel.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET client_min_messages = warning;
SET datestyle = 'ISO';
-- Plans whose cost is that of something disabled would be compiled, which takes seconds.
SET jit = off;
\set SHOW_CONTEXT never

-- The tables --------------------------------------------------------------------------------------

SELECT create_carousel_tables('public');
SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ('zones_diffusion', 'campagnes', 'messages')
ORDER BY c.relname COLLATE "C", a.attnum;
SELECT conrelid::regclass AS table, contype AS kind, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid IN ('zones_diffusion'::regclass, 'campagnes'::regclass, 'messages'::regclass)
    AND contype <> 'n'
ORDER BY conrelid::regclass::text COLLATE "C", contype, pg_get_constraintdef(oid) COLLATE "C";
SELECT substring(indexdef FROM 'USING.*') AS index FROM pg_indexes
    WHERE schemaname = 'public' AND tablename IN ('campagnes', 'messages')
ORDER BY tablename COLLATE "C", substring(indexdef FROM 'USING.*') COLLATE "C";
\set VERBOSITY terse
SELECT create_carousel_tables('public');
SELECT create_carousel_tables('nowhere');
\set VERBOSITY default
SELECT create_carousel_tables(NULL);

-- What the tables do not take.
INSERT INTO zones_diffusion VALUES ('X', 256);
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 255);
INSERT INTO campagnes VALUES (1, 'ASIE', 'A', '2026-11-01', '2026-11-02');
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'AB', '2026-11-01', '2026-11-02');
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'A', '2026-11-02', '2026-11-01');
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'A', NULL, '2026-11-01');
INSERT INTO messages VALUES (1, 1, 1, 1);

-- In a schema whose name must be quoted; and whatever the search_path says.
CREATE SCHEMA "My ""Schema";
SET search_path = "My ""Schema";
SELECT public.create_carousel_tables('My "Schema');
INSERT INTO zones_diffusion VALUES ('OCEANIE', 1);
SELECT public.encode_carousel('OCEANIE', '2026-11-21');
RESET search_path;

-- The bytes ---------------------------------------------------------------------------------------

-- No campaign yet, and campaigns without messages: an empty carousel, which is not NULL.
SELECT encode_carousel('AFRIQUE', '2026-11-21');
INSERT INTO campagnes VALUES
    (20, 'AFRIQUE', 'é', '2026-11-20 00:00:00+01', '2026-11-22 23:59:59+01', 3, 60),
    (3, 'AFRIQUE', 'M', '2026-11-21 12:00:00.5Z', 'infinity', DEFAULT, DEFAULT),
    (4, 'EUROPE', 'M', '2026-11-21', '2026-11-21', 0, 0),
    (5, 'AFRIQUE', 'M', '2026-11-23', '2026-11-24', 0, 0);
SELECT encode_carousel('AFRIQUE', '2026-11-21');
INSERT INTO messages VALUES
    (9, 3, 4294967295, 1, '[{"tag": 1, "value": "été"}]'),
    (100, 20, 1000000, 2, '{"128": 258}'),
    (12, 3, 2, 4294967295, DEFAULT),
    (99, 20, 1000001, 2, '[]'),
    (13, 4, 2, 3, '{}'),
    (14, 5, 2, 3, '{}');

-- By campaign, then message, both as numbers. Read by hand: 92 table_id; 7 flags and section_length
-- in 12 bits; part 0 of 1; target_filter; network_id 7; campaign; template; genre; two times of 40
-- bits; ack_count, ack_delay; two offsets of 0; offset_addressee; storables; 01 08 and the number.
SELECT ordinality, section FROM regexp_split_to_table(
    regexp_replace(encode(encode_carousel('AFRIQUE', '2026-11-21'), 'hex'), '(.)(9270[0-9a-f]{2}0001)',
        '\1|\2', 'g'), '\|')
    WITH ORDINALITY AS s(section, ordinality);
SELECT encode_carousel('AFRIQUE', '2026-11-21') = '\x'::bytea
    -- campaign 3, message 9: 45 bytes after section_length and 7 of storables make 0x34
    || '\x9270340001ffffffff070000000300000001' || '\x4d' || '\xefb5120000' || '\xffffffffff' || '\x000000'
    || '\x00000000' || '\x002d' || '\x0105c3a974c3a9' || '\x010800000000ffffffff'
    -- campaign 3, message 12
    || '\x92702d00010000000207000000' || '\x03ffffffff' || '\x4d' || '\xefb5120000' || '\xffffffffff' || '\x000000'
    || '\x00000000' || '\x0026' || '\x01080000000000000002'
    -- campaign 20, message 99
    || '\x92702d0001000f4241070000001400000002' || '\xe9' || '\xefb3230000' || '\xefb6225959' || '\x03003c'
    || '\x00000000' || '\x0026' || '\x010800000000000f4241'
    -- campaign 20, message 100
    || '\x9270310001000f4240070000001400000002' || '\xe9' || '\xefb3230000' || '\xefb6225959' || '\x03003c'
    || '\x00000000' || '\x002a' || '\x80020102' || '\x010800000000000f4240'
    AS as_by_hand;
-- The same as encode_section of rows that a join made.
SELECT encode_carousel('AFRIQUE', '2026-11-21') = string_agg(section, '' ORDER BY campagne_id, message_id) AS as_by_join
FROM (SELECT r.campagne_id, r.message_id, encode_section(message_layout(), r) AS section
      FROM (SELECT m.*, c.*, z.network_id, c.id AS campagne_id, m.id AS message_id
            FROM messages AS m JOIN campagnes AS c ON c.id = campagne_id_fk
                JOIN zones_diffusion AS z USING (zone_diffusion)
            WHERE c.zone_diffusion = 'AFRIQUE' AND c.id IN (3, 20)) AS r) AS s;
SELECT encode_carousel('EUROPE', '2026-11-21') IS NULL AS is_null, length(encode_carousel('EUROPE', '2026-11-21'));
-- By name, and today by default.
SELECT encode_carousel(on_date => '2026-11-23', zone => 'AFRIQUE')
    = encode_carousel('AFRIQUE', '2026-11-23', message_layout()) AS same;
SELECT encode_carousel('AFRIQUE') = encode_carousel('AFRIQUE', current_date) AS today_by_default;
UPDATE campagnes SET valid_start = current_date - 1, valid_end = current_date + 1 WHERE id = 4;
SELECT length(encode_carousel('EUROPE')) AS on_air_today;
UPDATE campagnes SET valid_start = '2026-11-21', valid_end = '2026-11-21' WHERE id = 4;

-- A message that needs several sections, between others.
INSERT INTO messages SELECT 10, 3, 5, 5, jsonb_agg(jsonb_build_object('tag', n, 'value', repeat('x', 200)))
    FROM generate_series(1, 5) AS n;
SELECT n, get_byte(c, o) AS table_id, get_byte(c, o + 3) AS index, get_byte(c, o + 4) AS total_count,
    l AS section_length, get_byte(c, o + l + 2) AS last_byte
FROM (WITH RECURSIVE s(n, c, o, l) AS (
          SELECT 1, c, 0, get_byte(c, 1) % 16 * 256 + get_byte(c, 2) FROM encode_carousel('AFRIQUE', '2026-11-21') AS c
          UNION ALL
          SELECT n + 1, c, o + l + 3, get_byte(c, o + l + 4) % 16 * 256 + get_byte(c, o + l + 5) FROM s
              WHERE o + l + 3 < length(c))
      SELECT * FROM s) AS s ORDER BY n;
DELETE FROM messages WHERE id = 10;

-- On air ------------------------------------------------------------------------------------------

-- Whole days of the session's TimeZone, the first and the last included: at its start and its last
-- microsecond, on the days before and after, where a zone is far from UTC and where a day has 23,
-- 25 or no hours. The rule is the manual's, without the wider bounds for the index.
DELETE FROM messages;
DELETE FROM campagnes;
INSERT INTO campagnes
SELECT row_number() OVER (ORDER BY s, e), 'AFRIQUE', 'A', s, e
FROM (VALUES ('-infinity'::timestamptz), ('2026-03-28 23:00:00Z'), ('2026-10-24 22:00:00Z'),
             ('2026-11-20 09:59:59.999999Z'), ('2026-11-20 10:00:00Z'), ('2026-11-20 22:59:59.999999Z'),
             ('2026-11-20 23:00:00Z'),
             ('2026-11-21 00:00:00Z'), ('2026-11-21 12:00:00Z'), ('2026-11-21 22:59:59.999999Z'),
             ('2026-11-21 23:00:00Z'),
             ('2026-11-22 00:00:00Z'), ('2026-11-22 11:59:59.999999Z'), ('2026-11-22 12:00:00Z'),
             ('2026-11-23 00:00:00Z'),
             ('2011-12-30 09:59:59Z'), ('2011-12-30 10:00:00Z'), ('infinity')) AS a(s),
     (VALUES ('2026-03-29 21:59:59Z'::timestamptz), ('2026-03-29 22:00:00Z'), ('2026-10-25 22:59:59Z'),
     ('2026-10-25 23:00:00Z'),
             ('2026-11-20 09:59:59.999999Z'), ('2026-11-20 10:00:00Z'), ('2026-11-20 22:59:59.999999Z'),
             ('2026-11-20 23:00:00Z'),
             ('2026-11-21 00:00:00Z'), ('2026-11-21 12:00:00Z'), ('2026-11-21 22:59:59.999999Z'),
             ('2026-11-21 23:00:00Z'),
             ('2026-11-22 11:59:59.999999Z'), ('2026-11-22 12:00:00Z'), ('2026-11-23 00:00:00Z'), ('infinity')) AS b(e)
WHERE s <= e;
INSERT INTO messages SELECT id, id, 1, 1 FROM campagnes;
\set ids 'E''ids {\n campagne_id 16 uimsbf\n}'''
CREATE FUNCTION pg_temp.on_air_by_the_rule(day date) RETURNS bytea LANGUAGE sql AS $$
    SELECT coalesce(string_agg(decode(lpad(to_hex(id), 4, '0'), 'hex'), '' ORDER BY id), '') FROM campagnes
    WHERE (valid_start AT TIME ZONE current_setting('timezone'))::date <= day
      AND day <= (valid_end AT TIME ZONE current_setting('timezone'))::date
$$;
CREATE TEMP TABLE on_air (zone text, day date, sections bytea, by_the_rule bytea);
CREATE PROCEDURE pg_temp.try_zones() LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['UTC', 'Europe/Paris', 'Pacific/Kiritimati', 'Pacific/Apia', 'Etc/GMT+12',
        'Asia/Kolkata', 'America/Sao_Paulo'] LOOP
        PERFORM set_config('timezone', name, false);
        INSERT INTO on_air SELECT name, day, encode_carousel('AFRIQUE', day, E'ids {\n campagne_id 16 uimsbf\n}'),
            pg_temp.on_air_by_the_rule(day)
        FROM unnest('{2011-12-29,2011-12-30,2011-12-31,2026-03-28,2026-03-29,2026-03-30,2026-10-24,2026-10-25,
            2026-10-26,2026-11-19,2026-11-20,2026-11-21,2026-11-22,2026-11-23,2026-11-24}'::date[]) AS day;
    END LOOP;
    PERFORM set_config('timezone', 'Europe/Paris', false);
END $$;
CALL pg_temp.try_zones();
SELECT zone, count(*) AS days, count(*) FILTER (WHERE sections = by_the_rule) AS right_days,
    sum(length(sections)) / 2 AS on_air
FROM on_air GROUP BY zone ORDER BY zone COLLATE "C";
-- The days of one campaign, by hand: 20 November 24:00 to 21 November 12:00, both of UTC.
DELETE FROM messages;
DELETE FROM campagnes;
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'A', '2026-11-21 00:00:00Z', '2026-11-21 12:00:00Z');
INSERT INTO messages VALUES (1, 1, 1, 1);
SET timezone = 'UTC';
SELECT day, encode_carousel('AFRIQUE', day::date, :ids) AS utc
    FROM generate_series(timestamp '2026-11-19', '2026-11-23', '1 day') AS day;
SET timezone = 'Pacific/Kiritimati';
SELECT day, encode_carousel('AFRIQUE', day::date, :ids) AS at_14_hours
    FROM generate_series(timestamp '2026-11-19', '2026-11-23', '1 day') AS day;
SET timezone = 'Etc/GMT+12';
SELECT day, encode_carousel('AFRIQUE', day::date, :ids) AS at_minus_12_hours
    FROM generate_series(timestamp '2026-11-19', '2026-11-23', '1 day') AS day;
SET timezone = 'Europe/Paris';
-- A cached plan of a PL/pgSQL caller follows the TimeZone too.
CREATE FUNCTION pg_temp.length_on(day date) RETURNS int
    LANGUAGE plpgsql AS $$BEGIN RETURN length(encode_carousel('AFRIQUE', day)); END$$;
SELECT pg_temp.length_on('2026-11-20') AS paris;
SET timezone = 'Etc/GMT+12';
SELECT pg_temp.length_on('2026-11-20') AS at_minus_12_hours;
SET timezone = 'Europe/Paris';

-- Arguments ---------------------------------------------------------------------------------------

SELECT encode_carousel('ASIE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT encode_carousel('afrique', '2026-11-21');
SELECT encode_carousel(NULL, '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
SELECT encode_carousel('AFRIQUE', NULL) = encode_carousel('AFRIQUE', current_date) AS today_if_null;
SELECT encode_carousel('AFRIQUE', '2026-11-21', NULL);
SET search_path = "My ""Schema", public;
DELETE FROM zones_diffusion;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
INSERT INTO zones_diffusion SELECT 'zone ' || lpad(n::text, 3, '0'), n FROM generate_series(1, 25) AS n;
SELECT encode_carousel('l''été "à" Nice', '2026-11-21');
SELECT encode_carousel('zone 025', '2026-11-21') AS empty;
RESET search_path;

-- Own layouts -------------------------------------------------------------------------------------

-- Columns of all three tables, and those that the user added.
ALTER TABLE messages ADD COLUMN texte text;
ALTER TABLE campagnes ADD COLUMN "couleurDeFond" int DEFAULT 255;
ALTER TABLE zones_diffusion ADD COLUMN pays text DEFAULT 'FR';
UPDATE messages SET texte = 'Événement';
SELECT encode_carousel('AFRIQUE', '2026-11-21', $$own {
    table_id        8  uimsbf  = 0x80
    flags           4  bslbf   = 0
    section_length 12  uimsbf  = length()
    campagne_id    16  uimsbf
    message_id     16  uimsbf
    campagne_id_fk 16  uimsbf
    zone           56  char    = zone_diffusion
    pays           16  char
    couleurDeFond   8  uimsbf
    texte           *  dvbtext
    crc            32  rpchof
}$$);

-- A name of several tables is that of messages, then campagnes, then zones_diffusion.
ALTER TABLE zones_diffusion ADD COLUMN a int DEFAULT 3, ADD COLUMN b int DEFAULT 3, ADD COLUMN c int DEFAULT 3;
ALTER TABLE campagnes ADD COLUMN a int DEFAULT 2, ADD COLUMN b int DEFAULT 2, ADD COLUMN message_id int DEFAULT 99;
ALTER TABLE messages ADD COLUMN a int DEFAULT 1, ADD COLUMN campagne_id int DEFAULT 99,
    ADD COLUMN message_id int DEFAULT 99;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n a 8 uimsbf\n b 8 uimsbf\n c 8 uimsbf\n id 8 uimsbf\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n}')
    AS "01 02 03 and ids";
ALTER TABLE messages DROP COLUMN a, DROP COLUMN campagne_id, DROP COLUMN message_id;
ALTER TABLE campagnes DROP COLUMN b;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n a 8 uimsbf\n b 8 uimsbf\n c 8 uimsbf\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n}')
    AS "02 03 03 and ids";
ALTER TABLE campagnes DROP COLUMN a, DROP COLUMN message_id;
ALTER TABLE zones_diffusion DROP COLUMN a, DROP COLUMN b, DROP COLUMN c;

-- A layout of constants alone; one that reads nothing but parts; a column with the name of a part.
SELECT encode_carousel('AFRIQUE', '2026-11-21', 'x { a 8 uimsbf = 7 }') AS constant;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n id 8 uimsbf = part()\n template_id 8 uimsbf = parts()\n}') AS parts;

-- A column that no table has.
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n colour 8 uimsbf = couleur\n}');
\echo :LAST_ERROR_SQLSTATE

-- Bad values --------------------------------------------------------------------------------------

-- Campaign and message are named; the first in the carousel's order, whatever the order of the rows.
INSERT INTO campagnes VALUES (2, 'AFRIQUE', 'A', '2026-11-21', '2026-11-21');
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables) VALUES
    (30, 2, 1, 1, '[{"tag": 300, "value": 1}]'), (20, 2, -1, 1, DEFAULT), (25, 2, 4294967296, 1, DEFAULT);
SELECT encode_carousel('AFRIQUE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM messages WHERE id = 20;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
DELETE FROM messages WHERE id = 25;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
-- Those that are not on air, or that the layout does not look at, harm nobody.
SELECT length(encode_carousel('AFRIQUE', '2026-11-22')) AS other_day;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS other_layout;
DELETE FROM messages WHERE id = 30;
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
    VALUES (31, 2, 1, 1, '{"1": {"2": -1}}');
SELECT encode_carousel('AFRIQUE', '2026-11-21');
DELETE FROM messages WHERE id = 31;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n texte * text\n}');
UPDATE messages SET texte = '';
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id) VALUES (32, 2, 1, 1);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n texte * text\n}');
-- The session goes on.
DELETE FROM messages WHERE id = 32;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids);

-- Plans -------------------------------------------------------------------------------------------

-- The same bytes whatever the plan. Ids are out of order on disk, rows have been updated.
DELETE FROM messages;
DELETE FROM campagnes;
INSERT INTO campagnes SELECT n * 7 % 101, 'AFRIQUE', 'A', date '2026-11-22' - n % 5, date '2026-11-20' + n % 7
    FROM generate_series(1, 100) AS n WHERE n % 5 + n % 7 > 2;
INSERT INTO campagnes SELECT n + 1000, 'EUROPE', 'A', '2026-11-21', '2026-11-21' FROM generate_series(1, 20) AS n;
INSERT INTO messages SELECT n * 7919 % 10007, c, n, n, jsonb_build_object('1', n, '2', repeat('x', n % 300 % 256))
FROM generate_series(1, 3000) AS n, LATERAL (SELECT id AS c FROM campagnes ORDER BY md5(id::text || n::text)
    LIMIT 1) AS c;
UPDATE messages SET template_id = template_id + 1 WHERE id % 3 = 0;
ANALYZE campagnes, messages;
SELECT string_agg(section, '' ORDER BY campagne_id, message_id) AS carousel, count(*) AS messages
FROM (SELECT r.campagne_id, r.message_id, encode_section(message_layout(), r) AS section
      FROM (SELECT m.*, c.genre, c.valid_start, c.valid_end, c.ack_count, c.ack_delay, z.network_id,
          c.id AS campagne_id, m.id AS message_id
            FROM messages AS m JOIN campagnes AS c ON c.id = campagne_id_fk
                JOIN zones_diffusion AS z USING (zone_diffusion)
            WHERE c.zone_diffusion = 'AFRIQUE' AND date_trunc('day', valid_start) <= '2026-11-21'
                AND '2026-11-21' <= date_trunc('day', valid_end)) AS r) AS s
\gset by_join_
SELECT :by_join_messages > 1000 AS enough;
-- The settings end with the subtransaction.
CREATE FUNCTION pg_temp.encode_under(settings text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    setting text;
    same boolean;
BEGIN
    FOREACH setting IN ARRAY string_to_array(settings, ', ') LOOP
        PERFORM set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), true);
    END LOOP;
    same := encode_carousel('AFRIQUE', '2026-11-21') = current_setting('test.carousel')::bytea;
    RAISE SQLSTATE 'DONE1';
EXCEPTION WHEN SQLSTATE 'DONE1' THEN
    RETURN same;
END $$;
SELECT set_config('test.carousel', :'by_join_carousel', false) IS NOT NULL AS kept;
\set parallel 'force_parallel_mode=on, parallel_setup_cost=0, parallel_tuple_cost=0, min_parallel_table_scan_size=0, min_parallel_index_scan_size=0, max_parallel_workers_per_gather=2'
SELECT current_setting('server_version_num')::int >= 160000 AS is_16 \gset
\if :is_16
\set parallel 'debug_parallel_query=on, parallel_setup_cost=0, parallel_tuple_cost=0, min_parallel_table_scan_size=0, min_parallel_index_scan_size=0, max_parallel_workers_per_gather=2'
\endif
CREATE TEMP TABLE plans (n serial, settings text);
INSERT INTO plans (settings) VALUES
    ('work_mem=4MB'), ('work_mem=64kB'),
    ('enable_hashjoin=off'), ('enable_mergejoin=off'), ('enable_nestloop=off'),
    ('enable_hashjoin=off, enable_mergejoin=off'), ('enable_hashjoin=off, enable_nestloop=off'),
    ('enable_mergejoin=off, enable_nestloop=off'),
    ('enable_indexscan=off'), ('enable_bitmapscan=off'), ('enable_seqscan=off'),
    ('enable_seqscan=off, enable_bitmapscan=off'),
    ('enable_seqscan=off, enable_indexscan=off'), ('enable_sort=off'), ('enable_incremental_sort=off'),
    ('enable_material=off'),
    ('plan_cache_mode=force_generic_plan'), ('jit=on, jit_above_cost=0');
SELECT settings, pg_temp.encode_under(settings) AS same FROM plans ORDER BY n;
SELECT settings, pg_temp.encode_under(:'parallel' || ', ' || settings) AS same_in_parallel FROM plans
    WHERE settings NOT LIKE 'jit%' ORDER BY n;
-- Without the indexes and without statistics.
ALTER TABLE messages DROP CONSTRAINT messages_pkey;
DROP INDEX messages_campagne_id_fk_id_idx, campagnes_zone_diffusion_valid_end_valid_start_idx;
DELETE FROM pg_statistic WHERE starelid IN ('campagnes'::regclass, 'messages'::regclass);
SELECT settings, pg_temp.encode_under(settings) AS same FROM plans WHERE n IN (1, 6, 7, 8, 14) ORDER BY n;
SELECT settings, pg_temp.encode_under(:'parallel' || ', ' || settings) AS same_in_parallel FROM plans
    WHERE n IN (1, 7, 8) ORDER BY n;
-- Per zone; in a CTE.
SELECT zone_diffusion, md5(encode_carousel(zone_diffusion, '2026-11-21')) = md5(:'by_join_carousel'::bytea) AS is_africa
FROM zones_diffusion ORDER BY 1;
WITH c AS MATERIALIZED (SELECT encode_carousel('AFRIQUE', '2026-11-21') AS carousel)
SELECT carousel = :'by_join_carousel' AS same FROM c;

-- Called many times: in PL/pgSQL, by a cursor, within a query over its own tables.
DO $$
DECLARE
    bytes bigint := 0;
BEGIN
    FOR i IN 1..50 LOOP
        bytes := bytes + length(encode_carousel(CASE i % 2 WHEN 0 THEN 'AFRIQUE' ELSE 'EUROPE' END, '2026-11-21',
            CASE i % 3 WHEN 0 THEN E'x {\n campagne_id 16 uimsbf\n}'
            ELSE 'y { template_id 32 uimsbf }' END::section_layout));
    END LOOP;
    RAISE WARNING 'not empty: %', bytes > 0;
END $$;
BEGIN;
DECLARE c CURSOR FOR SELECT n, md5(encode_carousel('AFRIQUE', date '2026-11-20' + n))
    = md5(:'by_join_carousel'::bytea) AS same FROM generate_series(0, 2) AS n ORDER BY n;
FETCH 2 FROM c;
FETCH 2 FROM c;
COMMIT;

-- Read-only, and of the caller's own snapshot.
BEGIN TRANSACTION READ ONLY;
SELECT encode_carousel('AFRIQUE', '2026-11-21') = :'by_join_carousel' AS same;
COMMIT;
BEGIN;
DELETE FROM messages WHERE id % 2 = 0;
SELECT length(encode_carousel('AFRIQUE', '2026-11-21')) < length(:'by_join_carousel'::bytea) AS sees_own_delete;
ROLLBACK;
SELECT encode_carousel('AFRIQUE', '2026-11-21') = :'by_join_carousel' AS same;

-- Tables that are missing -------------------------------------------------------------------------

CREATE SCHEMA own;
SET search_path = own, pg_catalog;
\set encode 'SELECT public.encode_carousel(''AFRIQUE'', ''2026-11-21'')'
:encode;
\echo :LAST_ERROR_SQLSTATE
SELECT public.create_carousel_tables('own');
:encode;
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 1);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'A', '2026-11-21', '2026-11-21');
INSERT INTO messages VALUES (1, 1, 1, 1);
:encode;
BEGIN; ALTER TABLE messages RENAME TO m; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes RENAME TO c; :encode; ROLLBACK;
-- Without zones_diffusion the columns must be those of campagnes.
BEGIN; ALTER TABLE zones_diffusion RENAME TO z; :encode; ROLLBACK;

-- Columns that are missing: those that every carousel needs, whatever the layout.
BEGIN; ALTER TABLE messages RENAME id TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE messages RENAME campagne_id_fk TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes RENAME id TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes RENAME zone_diffusion TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes RENAME valid_start TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes RENAME valid_end TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE zones_diffusion RENAME zone_diffusion TO x; :encode; ROLLBACK;
-- Those that the layout names.
BEGIN; ALTER TABLE messages RENAME storables TO x; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes DROP genre; :encode; ROLLBACK;
BEGIN; ALTER TABLE zones_diffusion RENAME network_id TO x; :encode; ROLLBACK;
-- Those that it does not name may be missing.
BEGIN;
ALTER TABLE messages DROP storables, DROP template_id; ALTER TABLE campagnes DROP genre;
ALTER TABLE zones_diffusion DROP network_id;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', E'x {\n campagne_id 16 uimsbf\n}');
ROLLBACK;

-- The search_path ---------------------------------------------------------------------------------

-- The first schema that has a table gives it; a schema may lack one; pg_temp
-- comes first unless it is named.
CREATE SCHEMA other;
CREATE TABLE other.messages (LIKE messages);
INSERT INTO other.messages VALUES (7, 1, 7, 7, '[]');
\set ids 'E''ids {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n}'''
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', :ids);
SET search_path = other, own;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', :ids);
SET search_path = own, other;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', :ids);
CREATE TEMP TABLE messages AS SELECT * FROM own.messages;
UPDATE pg_temp.messages SET id = 8;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', :ids);
SET search_path = own, pg_temp;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', :ids);
DROP TABLE pg_temp.messages;
-- Operators and functions of the user's own have no say.
SET search_path = own;
CREATE FUNCTION own.never(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.date_trunc(text, timestamptz) RETURNS timestamptz LANGUAGE sql AS $$SELECT
    '2000-01-01'::timestamptz$$;
CREATE OPERATOR own.= (FUNCTION = own.never, LEFTARG = bigint, RIGHTARG = bigint);
CREATE OPERATOR own.= (FUNCTION = own.never, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR own.<= (FUNCTION = own.never, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE DOMAIN own.text AS int;
SET search_path = own, pg_catalog, public;
SELECT encode_carousel('AFRIQUE'::pg_catalog.text, '2026-11-21', :ids);
DROP FUNCTION own.never(timestamptz, timestamptz), own.never(bigint, bigint),
    own.never(pg_catalog.text, pg_catalog.text), own.date_trunc CASCADE;
DROP DOMAIN own.text;

-- Rights ------------------------------------------------------------------------------------------

SET search_path = own, public;
CREATE ROLE regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
-- A schema without USAGE is not searched; the tables of public are another's.
SELECT encode_carousel('AFRIQUE', '2026-11-21');
RESET ROLE;
GRANT USAGE ON SCHEMA own TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT SELECT ON own.messages TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
RESET ROLE;
GRANT SELECT ON own.campagnes TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21');
RESET ROLE;
GRANT SELECT ON own.zones_diffusion TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS granted;
RESET ROLE;
-- On the columns alone that are needed.
REVOKE SELECT ON own.messages, own.campagnes, own.zones_diffusion FROM regress_onetrip_reader;
GRANT SELECT (id, campagne_id_fk) ON own.messages TO regress_onetrip_reader;
GRANT SELECT (id, zone_diffusion, valid_start, valid_end) ON own.campagnes TO regress_onetrip_reader;
GRANT SELECT (zone_diffusion) ON own.zones_diffusion TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS granted_by_column;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n campagne_id 8 uimsbf\n template_id 8 uimsbf\n}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT SELECT (template_id) ON own.messages TO regress_onetrip_reader;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n campagne_id 8 uimsbf\n template_id 8 uimsbf\n}')
    AS granted_by_column;
RESET ROLE;
-- A row that a policy hides is not in the carousel.
ALTER TABLE own.messages ENABLE ROW LEVEL SECURITY;
SET ROLE regress_onetrip_reader;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS hidden;
RESET ROLE;
ALTER TABLE own.messages DISABLE ROW LEVEL SECURITY;
-- The rights are those of the caller; of a SECURITY DEFINER function, those of its owner.
CREATE FUNCTION own.carousel() RETURNS bytea LANGUAGE sql SECURITY DEFINER SET search_path = own, pg_temp
    AS $$SELECT public.encode_carousel('AFRIQUE', '2026-11-21')$$;
SET ROLE regress_onetrip_reader;
SELECT length(own.carousel()) AS by_definer;
RESET ROLE;
DROP OWNED BY regress_onetrip_reader;
DROP ROLE regress_onetrip_reader;

-- Tables that an ORM made -------------------------------------------------------------------------

CREATE SCHEMA orm;
SET search_path = orm;
CREATE TYPE genre AS ENUM ('M', 'é');
CREATE TABLE campagnes (
    id serial PRIMARY KEY, zone_diffusion varchar(255), network_id smallint, genre genre,
    valid_start timestamp, valid_end timestamp(3), ack_count smallint, ack_delay numeric(10, 0), created_at timestamp);
CREATE TABLE messages (
    uuid uuid, id serial PRIMARY KEY, campagne_id_fk int
        REFERENCES campagnes, numero_abonne numeric(20), template_id int,
    storables json, updated_at timestamp);
INSERT INTO campagnes VALUES
    (1, 'AFRIQUE', 7, 'é', '2026-11-21 00:30:00', '2026-11-21 23:30:00', 1, 2),
    (2, 'AFRIQUE', 7, 'M', NULL, '2026-11-21', 1, 2), (3, 'AFRIQUE', 7, 'M', '2026-11-21', NULL, 1, 2),
    (4, NULL, 7, 'M', '2026-11-21', '2026-11-21', 1, 2), (5, 'EUROPE', 7, 'M', '2026-11-21', '2026-11-21', 1, 2);
INSERT INTO messages VALUES
    (NULL, 1, 1, 5, 6, '[ {"tag":1, "value":"x"} ]'), (NULL, 2, 2, 5, 6, '[]'), (NULL, 3, 3, 5, 6, '[]'),
    (NULL, 4, 4, 5, 6, '[]'),
    (NULL, 5, 1, 5, 6, NULL), (NULL, 6, NULL, 5, 6, NULL);
-- Midnight and a half in Paris is 23:30 UTC of the day before; a NULL bound is not on air.
SELECT public.encode_carousel('AFRIQUE', '2026-11-21') = '\x'::bytea
    || '\x9270300001000000050700000001' || '\x00000006' || '\xe9' || '\xefb4233000' || '\xefb5223000' || '\x010002'
    || '\x00000000' || '\x0029' || '\x010178' || '\x01080000000000000005'
    || '\x92702d0001000000050700000001' || '\x00000006' || '\xe9' || '\xefb4233000' || '\xefb5223000' || '\x010002'
    || '\x00000000' || '\x0026' || '\x01080000000000000005' AS as_by_hand;
SELECT day, public.encode_carousel('AFRIQUE', day::date, :ids) AS paris
    FROM generate_series(timestamp '2026-11-20', '2026-11-22', '1 day') AS day;
SET timezone = 'Pacific/Kiritimati';
SELECT day, public.encode_carousel('AFRIQUE', day::date, :ids) AS kiritimati
    FROM generate_series(timestamp '2026-11-20', '2026-11-22', '1 day') AS day;
SELECT substr(public.encode_carousel('AFRIQUE', '2026-11-21'), 20, 10) = '\xefb4103000'
    || '\xefb5093000'::bytea AS instants_of_kiritimati;
SET timezone = 'Europe/Paris';
SELECT public.encode_carousel('ASIE', '2026-11-21');
SELECT public.encode_carousel('AFRIQUE', '2026-11-21', E'x {\n at 40 utc = updated_at\n created_at 40 utc\n}');
DELETE FROM messages;
DELETE FROM campagnes;
SELECT public.encode_carousel('AFRIQUE', '2026-11-21');
-- An error in the middle names ids of any type.
INSERT INTO campagnes VALUES (6, 'AFRIQUE', 300, 'M', '2026-11-21', '2026-11-21', 1, 2);
INSERT INTO messages VALUES (NULL, 7, 6, 5, 6, '[]');
SELECT public.encode_carousel('AFRIQUE', '2026-11-21');
UPDATE campagnes SET network_id = 3;
UPDATE messages SET storables = '{"1": 1e30}';
SELECT public.encode_carousel('AFRIQUE', '2026-11-21');

-- Views, materialized views and partitioned tables in the tables' place.
CREATE SCHEMA shapes;
SET search_path = shapes, public;
CREATE TABLE messages_2026 (id bigint, campagne_id_fk bigint, n int);
CREATE VIEW zones_diffusion AS SELECT 'AFRIQUE'::text AS zone_diffusion, 9 AS network_id;
CREATE MATERIALIZED VIEW campagnes AS
    SELECT id::bigint, 'AFRIQUE'::varchar AS zone_diffusion, timestamptz '2026-11-21' AS valid_start,
        timestamptz '2026-11-21' AS valid_end FROM generate_series(1, 4) AS id;
CREATE TABLE messages (id bigint, n int, campagne_id_fk bigint) PARTITION BY HASH (id);
CREATE TABLE messages_0 PARTITION OF messages FOR VALUES WITH (MODULUS 2, REMAINDER 0);
ALTER TABLE messages ATTACH PARTITION messages_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO messages SELECT n, n, 1 + n % 4 FROM generate_series(1, 12) AS n;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n network_id 8 uimsbf\n n 8 uimsbf\n}');
ALTER TABLE messages RENAME TO all_messages;
CREATE VIEW messages AS SELECT id::text AS n, campagne_id_fk, id FROM all_messages WHERE id > 10;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n n 16 char\n}');

-- DROP EXTENSION ----------------------------------------------------------------------------------

RESET search_path;
DROP SCHEMA shapes, orm, own, other CASCADE;
DROP EXTENSION onetrip;
SELECT count(*) AS messages FROM messages;
SELECT count(*) AS zones FROM "My ""Schema".zones_diffusion;
CREATE EXTENSION onetrip;
SELECT encode_carousel('AFRIQUE', '2026-11-21') = :'by_join_carousel' AS same;
DROP TABLE messages, campagnes, zones_diffusion;
DROP SCHEMA "My ""Schema" CASCADE;
