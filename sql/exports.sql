-- Exports of a carousel: what needs no file of the server. Files and programs are in tests/t.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';
CREATE SCHEMA exports;
SET search_path = exports, public;
SELECT create_carousel_tables('exports');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes VALUES
    (1, 'AFRIQUE', 'M', '2026-11-01', '2026-11-30'),
    (2, 'AFRIQUE', 'P', '2026-11-01', '2026-11-30');
INSERT INTO messages
SELECT n, 1 + n % 2, 1000 + n, 3, jsonb_build_object('1', 'Bonjour à tous n° ' || n, '2', n)
FROM generate_series(1, 6000) AS n;

-- A large object has the bytes of encode_carousel, and its owner is the caller.
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21') \gset
SELECT :messages AS messages, :sections AS sections, :skipped AS skipped,
       :bytes = length(lo_get(:large_object)) AS size_as_told, :'elapsed'::interval >= '0' AS took_time,
       lo_get(:large_object) = encode_carousel('AFRIQUE', '2026-11-21') AS same_bytes;
SELECT rolname = current_user AS owned
FROM pg_largeobject_metadata AS o JOIN pg_roles AS r ON r.oid = lomowner WHERE o.oid = :large_object;
SELECT count(*) AS short_pages FROM pg_largeobject
WHERE loid = :large_object AND length(data) < 2048
  AND pageno < (SELECT max(pageno) FROM pg_largeobject WHERE loid = :large_object);
SELECT lo_unlink(:large_object);

-- Transport packets: those of ts_packets over the whole carousel, in a loop unless the call says otherwise.
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', pid => 8190) \gset
SELECT :sections AS sections, :bytes % (16 * 188) AS rest, :'sha256'::bytea = sha256(lo_get(:large_object)) AS sha256,
       lo_get(:large_object) = ts_packets(encode_carousel('AFRIQUE', '2026-11-21'), 8190, loop => true) AS same;
SELECT lo_unlink(:large_object);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', pid => 8190, loop => false) \gset
SELECT :sections AS sections, :bytes % 188 AS rest, :'sha256'::bytea = sha256(lo_get(:large_object)) AS sha256,
       lo_get(:large_object) = ts_packets(encode_carousel('AFRIQUE', '2026-11-21'), 8190) AS same_packets;
SELECT lo_unlink(:large_object);

-- A zone without messages on air is an empty export, if that is allowed.
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21');
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21', at_least => 0) \gset
SELECT :messages AS messages, :sections AS sections, :bytes AS bytes, :skipped AS skipped,
       length(lo_get(:large_object)) AS length, :'sha256'::bytea = sha256('') AS sha256;
SELECT messages FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', at_least => 6000);
SELECT messages FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', at_least => 6001);

-- A layout of one's own, in parts.
INSERT INTO campagnes VALUES (3, 'EUROPE', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages
SELECT 7000 + n, 3, n, 3, jsonb_object_agg(i, repeat('é', 100))
FROM generate_series(1, 20) AS n, generate_series(1, 1 + n % 4 * 15) AS i GROUP BY n;
CREATE FUNCTION in_parts() RETURNS section_layout IMMUTABLE LANGUAGE sql AS $$
    SELECT 'parts (max 1000) {
        table_id 8 uimsbf = 0xF0
        section_syntax_indicator 1 bslbf = 0
        reserved 3 bslbf = 0b111
        section_length 12 uimsbf = length()
        message_id 32 uimsbf
        part 4 uimsbf = part()
        reserved_future_use 4 bslbf = 0b1111
        storables * tlv(8,8) split
    }'::section_layout $$;
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21', layout => in_parts()) \gset
SELECT :messages AS messages, :sections AS sections, :skipped AS skipped,
       lo_get(:large_object) = encode_carousel('EUROPE', '2026-11-21', in_parts()) AS same_bytes;

-- Messages that cannot be encoded: nothing is written, or all others are. The first one has more
-- parts than can be numbered, which shows when sixteen are encoded; none of them may stay.
UPDATE messages SET storables = (SELECT jsonb_object_agg(i, repeat('é', 100)) FROM generate_series(1, 100) AS i)
WHERE id = 7003;
UPDATE messages SET storables = '{"x": 1}' WHERE id = 7010;
SELECT count(*) AS objects FROM pg_largeobject_metadata \gset
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21', layout => in_parts());
SELECT count(*) - :objects AS left_behind FROM pg_largeobject_metadata;
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21', on_error => 'skip', layout => in_parts()) \gset
SELECT :messages AS messages, :skipped AS skipped, :sections AS sections;
CREATE TEMP TABLE bad AS SELECT * FROM messages WHERE id IN (7003, 7010);
DELETE FROM messages WHERE id IN (7003, 7010);
SELECT lo_get(:large_object) = encode_carousel('EUROPE', '2026-11-21', in_parts()) AS all_others;
INSERT INTO messages SELECT * FROM bad;
SELECT * FROM export_carousel_to_large_object('EUROPE', '2026-11-21', 100, 'skip', in_parts(), loop => false) \gset
-- No more than allowed are left out.
SELECT skipped FROM export_carousel_to_large_object('EUROPE', '2026-11-21', NULL, 'skip', in_parts(), max_skipped => 2);
SELECT skipped FROM export_carousel_to_large_object('EUROPE', '2026-11-21', NULL, 'skip', in_parts(), max_skipped => 1);
SELECT skipped FROM export_carousel_to_large_object('EUROPE', '2026-11-21', NULL, 'skip', in_parts(), max_skipped => 0);
DELETE FROM messages WHERE id IN (7003, 7010);
SELECT lo_get(:large_object) = ts_packets(encode_carousel('EUROPE', '2026-11-21', in_parts()), 100) AS all_others;

-- All bad.
INSERT INTO campagnes VALUES (4, 'EUROPE', 'M', '2020-01-01', '2020-01-01');
INSERT INTO messages SELECT 8000 + n, 4, -1, 3, '{}' FROM generate_series(1, 150) AS n;
CREATE FUNCTION count_warnings() RETURNS text LANGUAGE plpgsql AS $$
DECLARE result record;
BEGIN
    SELECT * INTO result
    FROM export_carousel_to_large_object('EUROPE', '2020-01-01', on_error => 'skip', at_least => 0);
    RETURN format('%s messages, %s skipped, %s bytes', result.messages, result.skipped, result.bytes);
END $$;
\set VERBOSITY terse
SET client_min_messages = error;
SELECT count_warnings();
RESET client_min_messages;
DELETE FROM messages WHERE id BETWEEN 8003 AND 8150;
SELECT count_warnings();
\set VERBOSITY default

-- Sections that no transport packet can carry are an error, whatever on_error says.
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', pid => 100, on_error => 'skip',
    layout => 'bare { message_id 32 uimsbf }');

-- Arguments.
SELECT * FROM export_carousel_to_large_object(NULL);
BEGIN;
UPDATE campagnes SET valid_end = current_date + 1 WHERE id = 2;
SELECT messages > 0 AS today_if_null FROM export_carousel_to_large_object('AFRIQUE', NULL);
ROLLBACK;
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', layout => NULL);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', on_error => NULL);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', on_error => 'ignore');
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', pid => 8191);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', pid => -1);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', loop => NULL);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', at_least => NULL);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', at_least => -1);
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', max_skipped => -1);
SELECT * FROM export_carousel_to_large_object('OCEANIE', '2026-11-21');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', NULL);
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', 'carousel.bin');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/tmp/..');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/no/such/directory/carousel.bin');
SELECT * FROM export_carousel_to_program('AFRIQUE', '2026-11-21', NULL);

-- A read-only transaction writes no large object; files and programs are none of its business.
BEGIN READ ONLY;
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21');
ROLLBACK;
BEGIN READ ONLY;
SELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
ROLLBACK;

-- Rows that parallel workers read: the large object is written all the same.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21') \gset
SELECT lo_get(:large_object) = encode_carousel('AFRIQUE', '2026-11-21') AS same_bytes;
SELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
RESET ALL;
SET timezone = 'UTC';
SET search_path = exports, public;

-- An error that a block catches undoes the export, and the session goes on.
DO $$
DECLARE
    result record;
BEGIN
    BEGIN
        SELECT * INTO result FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null; exit 7');
    EXCEPTION WHEN external_routine_exception THEN
        RAISE NOTICE '%', SQLERRM;
    END;
    SELECT * INTO result FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
    RAISE NOTICE '% messages', result.messages;
END $$;

-- Rights: as COPY asks, and by the roles that it asks for.
CREATE ROLE regress_exports_nobody;
CREATE ROLE regress_exports_files IN ROLE pg_write_server_files;
CREATE ROLE regress_exports_programs IN ROLE pg_execute_server_program;
GRANT USAGE ON SCHEMA exports TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA exports TO PUBLIC;
SET ROLE regress_exports_nobody;
SELECT messages FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21');
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/no/such/directory/carousel.bin');
SELECT * FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
RESET ROLE;
GRANT EXECUTE ON FUNCTION export_carousel_to_file, export_carousel_to_program TO regress_exports_nobody;
SET ROLE regress_exports_nobody;
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/no/such/directory/carousel.bin');
SELECT * FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
SET ROLE regress_exports_files;
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/no/such/directory/carousel.bin');
SELECT * FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
SET ROLE regress_exports_programs;
SELECT * FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '/no/such/directory/carousel.bin');
SELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'cat >/dev/null');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION export_carousel_to_file, export_carousel_to_program FROM regress_exports_nobody;
REVOKE SELECT ON ALL TABLES IN SCHEMA exports FROM PUBLIC;
REVOKE USAGE ON SCHEMA exports FROM PUBLIC;

SELECT count(lo_unlink(oid)) > 0 AS cleaned FROM pg_largeobject_metadata;
DROP ROLE regress_exports_nobody, regress_exports_files, regress_exports_programs;
\set VERBOSITY terse
DROP SCHEMA exports CASCADE;
