-- An EIT schedule from rows: the same bytes with parallel workers, and decoded to the jsonb of its own text.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET timezone = 'UTC';
CREATE SCHEMA epg_sections;
SET search_path = epg_sections, public;

CREATE TABLE layouts AS
SELECT standard_layout('eit_schedule') AS writing, standard_layout('eit') AS reading;
CREATE TABLE events AS
SELECT s AS service_id, n AS event_id, timestamptz '2026-10-22Z' + n * interval '30 minutes' AS starts,
    jsonb_build_array(
        jsonb_build_object('short_event_descriptor', jsonb_build_object('ISO_639_language_code', 'eng',
            'event_name', 'The dinner ' || n, 'text', repeat('About food. ', n % 7))),
        jsonb_build_object('short_event_descriptor', jsonb_build_object('ISO_639_language_code', 'fra',
            'event_name', 'Le dîner à l''été ' || n, 'text', repeat('Émission de gastronomie. ', n % 5))),
        jsonb_build_object('content_descriptor', jsonb_build_object('contents', jsonb_build_array(jsonb_build_object(
            'content_nibble_level_1', n % 11, 'content_nibble_level_2', n % 16, 'user_byte', 0)))),
        jsonb_build_object('tag', 128 + n % 100, 'value', 'private'),
        jsonb_build_object('tag', 240, 'hex', 'ff00')) AS descriptors
FROM generate_series(1, 12) AS s, generate_series(0, 95) AS n;
CREATE TABLE rows AS
SELECT (80 + n / 32)::int AS table_id, service_id, 1 AS transport_stream_id, 8442 AS original_network_id,
    7 AS version_number, 80 AS last_table_id,
    jsonb_agg(jsonb_build_object('segment', n % 32, 'event_id', event_id, 'start_time', starts,
        'duration', '00:30:00', 'running_status', 0, 'free_CA_mode', false, 'descriptors', descriptors)
        ORDER BY starts) AS events
FROM events, LATERAL (SELECT event_id / 6) AS segment (n)
GROUP BY service_id, n / 32;
ANALYZE rows;

CREATE VIEW digest AS
SELECT count(s) AS sections, md5(string_agg(md5(s), '' ORDER BY service_id, table_id, part)) AS digest
FROM (
    SELECT r.service_id, r.table_id, s.part, s.s
    FROM layouts, rows AS r, encode_sections(writing, r) WITH ORDINALITY AS s (s, part)) AS s;
CREATE TABLE serial AS TABLE digest;

-- With parallel workers
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        IF line LIKE '%Gather%' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
SELECT pg_temp.is_parallel('TABLE digest');
CREATE TABLE parallel AS TABLE digest;
SELECT sections, p.digest = s.digest AS same_bytes FROM parallel AS p JOIN serial AS s USING (sections);
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;

-- The jsonb is byte for byte that of its own text, and is encoded to the same section.
CREATE TABLE decoded AS
SELECT s AS section, decode_section(reading, s) AS row
FROM layouts, rows AS r, encode_sections(writing, r) AS s;
SELECT count(*) AS sections, sum(jsonb_array_length(row -> 'events')) AS events,
    bool_and(record_image_eq(ROW(row), ROW(row::text::jsonb))) AS same_jsonb,
    bool_and(encode_section(reading, row) = section) AS same_section
FROM decoded, layouts;
SELECT record_image_eq(ROW('{"a": 1.0}'::jsonb), ROW('{"a": 1.0}'::jsonb)) AS same,
    record_image_eq(ROW('{"a": 1.0}'::jsonb), ROW('{"a": 1.00}'::jsonb)) AS other;

DROP SCHEMA epg_sections CASCADE;
