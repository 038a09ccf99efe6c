-- carousel_stats, against counts by other means.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET jit = off;
\set SHOW_CONTEXT never
CREATE SCHEMA stats;
SET search_path = stats, public;
SELECT create_carousel_tables('stats');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8), ('OCEANIE', 9), ('ANTARCTIQUE', 10);
INSERT INTO campagnes SELECT n, CASE WHEN n <= 20 THEN 'AFRIQUE' ELSE 'EUROPE' END, 'A', date '2026-11-25' - n % 9,
    date '2026-11-25' + n % 7 FROM generate_series(1, 30) AS n;
-- A campaign on air without messages; one message of one section; messages of up to 14 sections.
INSERT INTO campagnes VALUES (100, 'AFRIQUE', 'A', '2026-11-01', '2026-12-30'),
    (101, 'OCEANIE', 'A', '2026-11-01', '2026-12-30');
INSERT INTO messages VALUES (9000, 101, 1, 1, DEFAULT);
INSERT INTO messages
SELECT n, 1 + n % 30, n, n, CASE WHEN n % 5 = 0 THEN (SELECT jsonb_agg(jsonb_build_object('tag', i, 'value',
    repeat('x', 100 + n % 50))) FROM generate_series(1, 3 + n % 40) AS i)
    ELSE jsonb_build_object('1', n, '2', repeat('y', n % 256)) END
FROM generate_series(1, 3000) AS n;
ANALYZE;

-- The row: names and types.
CREATE TEMP TABLE stats AS SELECT * FROM carousel_stats('AFRIQUE', '2026-11-25');
SELECT attname AS column, format_type(atttypid, atttypmod) AS type FROM pg_attribute
    WHERE attrelid = 'stats'::regclass AND attnum > 0 ORDER BY attnum;
SELECT pg_get_function_arguments('carousel_stats'::regproc) AS arguments, provolatile, proretset FROM pg_proc
    WHERE oid = 'carousel_stats'::regproc;

-- Counted by other means: over carousel_sections, and over the packets of the whole carousel.
CREATE FUNCTION stats.counted(zone text, day date, layout section_layout DEFAULT message_layout(),
    OUT campagnes bigint, OUT messages bigint, OUT sections bigint, OUT bytes bigint, OUT ts_packets bigint,
        OUT largest_section int) LANGUAGE sql AS $$
    SELECT count(DISTINCT campagne_id), count(DISTINCT (campagne_id, message_id)), count(*),
        coalesce(sum(length(section)), 0), octet_length(public.ts_packets(encode_carousel(zone, day, layout), 100))
        / 188, coalesce(max(length(section)), 0)
    FROM carousel_sections(zone, day, layout)
$$;
SELECT zone, day::date, s.campagnes, s.messages, s.sections, s.bytes, s.ts_packets, s.largest_section,
    s.cycle IS NULL AS no_cycle,
       (s.campagnes, s.messages, s.sections, s.bytes, s.ts_packets,
       coalesce(s.largest_section, 0)) IS NOT DISTINCT FROM (c.campagnes, c.messages, c.sections, c.bytes, c.ts_packets,
       c.largest_section) AS as_counted
FROM (VALUES ('AFRIQUE'), ('EUROPE'), ('OCEANIE')) AS z(zone),
    generate_series(timestamp '2026-11-16', '2026-12-03', '1 day') AS day, carousel_stats(zone, day::date) AS s,
    stats.counted(zone, day::date) AS c
ORDER BY zone, day;
-- A message counts once however many sections it takes, and bytes are those of encode_carousel.
SELECT messages < sections AS some_are_split, bytes
    = length(encode_carousel('AFRIQUE', '2026-11-25')) AS bytes_of_the_carousel,
    messages = (SELECT count(*) FROM messages AS m JOIN campagnes AS c ON c.id = campagne_id_fk
    WHERE zone_diffusion = 'AFRIQUE' AND date_trunc('day', valid_start) <= '2026-11-25'
    AND '2026-11-25' <= date_trunc('day', valid_end)) AS messages_of_the_tables
FROM carousel_stats('AFRIQUE', '2026-11-25');
-- By hand: one message section of 48 bytes takes one packet; none takes none.
SELECT * FROM carousel_stats('OCEANIE', '2026-11-25');
SELECT campagnes, messages, sections, bytes, ts_packets, coalesce(largest_section, 0) AS largest_section, cycle
    FROM carousel_stats('ANTARCTIQUE', '2026-11-25');
SELECT campagnes, messages, sections, bytes, ts_packets, coalesce(largest_section, 0) AS largest_section, cycle
    FROM carousel_stats('ANTARCTIQUE', '2026-11-25', 1000000);

-- Sizes at the edges of a packet: 188 bytes with a header of 4, a pointer_field of 1 where a section
-- begins, and a next section in the same packet where at least 3 bytes of it fit, 8 where its
-- section_syntax_indicator is 1.
CREATE FUNCTION stats.of_size(syntax int) RETURNS section_layout LANGUAGE sql
    IMMUTABLE AS $$SELECT
    format(E'sized {\n table_id 8 uimsbf = 0x80\n section_syntax_indicator 1 bslbf = %s\n flags 3 bslbf = 0\n '
    'section_length 12 uimsbf = length()\n storables * tlv(8,16)\n}', syntax)::section_layout$$;
INSERT INTO zones_diffusion VALUES ('TAILLES', 11);
INSERT INTO campagnes VALUES (200, 'TAILLES', 'A', '2026-11-25', '2026-11-25');
CREATE TEMP TABLE by_size (sizes text, syntax int, sections bigint, bytes bigint, ts_packets bigint, counted bigint);
CREATE PROCEDURE stats.try_sizes(sizes int[]) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM messages WHERE campagne_id_fk = 200;
    INSERT INTO messages SELECT 10000 + n, 200, 1, 1, jsonb_build_object('1', repeat('x', size - 6))
        FROM unnest(sizes) WITH ORDINALITY AS u(size, n);
    INSERT INTO by_size SELECT sizes::text, syntax, s.sections, s.bytes, s.ts_packets, c.ts_packets
    FROM generate_series(0, 1) AS syntax, carousel_stats('TAILLES', '2026-11-25', layout => stats.of_size(syntax)) AS s,
        stats.counted('TAILLES', '2026-11-25', stats.of_size(syntax)) AS c;
END $$;
DO $$
DECLARE
    first int;
    second int;
BEGIN
    FOR first IN SELECT * FROM generate_series(170, 190) LOOP
        CALL stats.try_sizes(ARRAY[first]);
        FOREACH second IN ARRAY ARRAY[6, 7, 8, 175, 183, 184, 185, 186, 190, 191, 367] LOOP
            CALL stats.try_sizes(ARRAY[first, second]);
        END LOOP;
        CALL stats.try_sizes(ARRAY[first, first, first, first]);
    END LOOP;
    FOR first IN SELECT * FROM generate_series(360, 372) LOOP
        CALL stats.try_sizes(ARRAY[first, 10, 4000, 6, 6, 6, first]);
    END LOOP;
END $$;
SELECT count(*) AS tried, count(*) FILTER (WHERE ts_packets <> counted) AS wrong FROM by_size;
-- By hand: 183 bytes after header and pointer_field fill a packet, 184 take two. After 180 bytes 3
-- are left, in which a section begins whose other 183 fill a packet without pointer_field; with the
-- syntax indicator it begins in the next packet and needs one more. 176 leave 7, 175 leave 8, 181 leave 2.
SELECT sizes, syntax, ts_packets FROM by_size WHERE sizes IN ('{183}', '{184}', '{175,8}', '{176,8}', '{180,186}',
    '{176,190}', '{175,191}', '{181,185}') ORDER BY sizes COLLATE "C", syntax;

-- The cycle: 188 x 8 bits a packet.
SELECT bitrate, s.cycle, abs(extract(epoch FROM s.cycle) - s.ts_packets * 1504
    / bitrate::numeric) <= 0.000001 AS as_by_hand
FROM (VALUES (1504::bigint), (1), (64000), (1000000), (38014706), (9223372036854775807)) AS b(bitrate),
    carousel_stats('AFRIQUE', '2026-11-25', bitrate) AS s ORDER BY bitrate;
SELECT cycle FROM carousel_stats('OCEANIE', '2026-11-25', 1504);
SELECT cycle FROM carousel_stats('OCEANIE', '2026-11-25', NULL);
SELECT cycle FROM carousel_stats('OCEANIE', '2026-11-25', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT cycle FROM carousel_stats('OCEANIE', '2026-11-25', -1);
\echo :LAST_ERROR_SQLSTATE

-- Own layouts; by names; today by default; in parallel; next to another.
SELECT * FROM carousel_stats('AFRIQUE', '2026-11-25',
    layout => E'x {\n table_id 12 uimsbf = 0x801\n section_length 12 uimsbf = length()\n message_id 32 uimsbf\n}');
SELECT (carousel_stats(layout => message_layout(), bitrate => 1504, on_date => '2026-11-25', zone => 'OCEANIE')).*;
SELECT (SELECT s FROM carousel_stats('OCEANIE') AS s) IS NOT DISTINCT FROM (SELECT s
    FROM carousel_stats('OCEANIE', current_date) AS s) AS today_by_default;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT s = stats AS same FROM carousel_stats('AFRIQUE', '2026-11-25') AS s, stats;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
BEGIN TRANSACTION READ ONLY;
SELECT sum(messages) AS messages FROM zones_diffusion, carousel_stats(zone_diffusion, '2026-11-25')
    WHERE zone_diffusion <> 'TAILLES';
COMMIT;

-- Arguments, as those of encode_carousel; a message that cannot be encoded.
SELECT * FROM carousel_stats('ASIE', '2026-11-25');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_stats(NULL, '2026-11-25');
\echo :LAST_ERROR_SQLSTATE
SELECT (SELECT n FROM carousel_stats('AFRIQUE', NULL) AS n)
    = (SELECT n FROM carousel_stats('AFRIQUE', current_date) AS n) AS today_if_null;
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_stats('AFRIQUE', '2026-11-25', layout => NULL);
\echo :LAST_ERROR_SQLSTATE
INSERT INTO messages VALUES (20000, 101, -5, 1, DEFAULT);
SELECT * FROM carousel_stats('OCEANIE', '2026-11-25');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS other_zone FROM carousel_stats('AFRIQUE', '2026-11-25');

DROP SCHEMA stats CASCADE;
