-- Exports of the sections that a query gives: what needs no file of the server.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
CREATE SCHEMA export_sections;
SET search_path = export_sections, public;
CREATE FUNCTION section(n int, size int DEFAULT 20) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$
    SELECT '\x92'::bytea || substring(int4send(12288 + size - 3) FROM 3) || int4send(n)
        || decode(repeat('a5', size - 7), 'hex')
$$;
CREATE TABLE sections AS SELECT n, section(n, 20 + n % 300) AS section FROM generate_series(1, 3000) AS n;
CREATE VIEW bytes AS SELECT string_agg(section, '' ORDER BY n) AS all_bytes FROM sections;

-- Bare sections, packets of one PID, and packets of several.
SELECT * FROM export_sections_to_large_object('SELECT section FROM sections ORDER BY n') \gset
SELECT :rows AS rows, :sections AS sections, :bytes = length(lo_get(:large_object)) AS bytes,
       :'elapsed'::interval >= '0' AS took_time, lo_get(:large_object) = all_bytes AS same,
       :'sha256'::bytea = sha256(lo_get(:large_object)) AS sha256 FROM bytes;
SELECT * FROM export_sections_to_large_object('SELECT section FROM sections ORDER BY n', 100) \gset
SELECT :rows AS rows, :sections AS sections,
       lo_get(:large_object) = ts_packets(all_bytes, 100, loop => true) AS same FROM bytes;
SELECT * FROM export_sections_to_large_object('SELECT section FROM sections ORDER BY n', 100, false) \gset
SELECT :rows AS rows, :sections AS sections, lo_get(:large_object) = ts_packets(all_bytes, 100) AS same FROM bytes;
SELECT * FROM export_sections_to_large_object('SELECT section, n / 7 % 3 FROM sections ORDER BY n') \gset
SELECT :rows AS rows, :sections AS sections, :bytes % (3 * 16 * 188) = 0 AS whole, count(*) AS pids,
       bool_and(theirs = (SELECT string_agg(section, '' ORDER BY n) FROM sections WHERE n / 7 % 3 = pid)) AS same
FROM generate_series(0, 2) AS pid, LATERAL (SELECT string_agg(section, '' ORDER BY ordinal) AS theirs
    FROM ts_sections(lo_get(:large_object), pid)) AS s;
-- The order of the rows is that of the packets; a packet is shared by what follows one another.
SELECT * FROM export_sections_to_large_object($$
    VALUES (section(1), 7), (section(2), 7), (section(3, 300), 8), (section(4), 7)$$, loop => false) \gset
SELECT string_agg((get_byte(packets, 188 * n + 2))::text, ' ' ORDER BY n) AS pids
FROM (SELECT lo_get(:large_object) AS packets) AS p, generate_series(0, length(packets) / 188 - 1) AS n;
-- A PID that comes once, early, and has its loop filled at the end; the other waits in a file for that.
SELECT * FROM export_sections_to_large_object($$
    SELECT section(0), 1 UNION ALL SELECT section(n, 4000), 2 FROM generate_series(1, 2000) AS n$$) \gset
SELECT :rows AS rows, :sections AS sections, :bytes % (16 * 188) AS rest,
    (SELECT count(DISTINCT section) || ' of ' || count(*) FROM ts_sections(lo_get(:large_object), 1)) AS once,
    (SELECT count(*) FROM ts_sections(lo_get(:large_object), 2)) AS others;

-- All statements that read; NULL rows are left out; a value may hold several sections.
CREATE TABLE some_rows AS SELECT section(1) || section(2) AS section UNION ALL SELECT NULL UNION ALL SELECT section(3);
SELECT rows, sections FROM export_sections_to_large_object('TABLE some_rows');
SELECT rows, sections FROM export_sections_to_large_object('  -- a comment
    WITH s AS (TABLE some_rows) SELECT section FROM s UNION ALL TABLE some_rows;');
SELECT rows, sections FROM export_sections_to_large_object($$VALUES ('\x923000'::bytea), (NULL)$$);
CREATE DOMAIN sections_domain AS bytea;
SELECT rows, sections FROM export_sections_to_large_object('SELECT section::sections_domain FROM some_rows');
-- Bare sections may be what no packet carries.
SELECT rows, sections FROM export_sections_to_large_object($$SELECT '\xff3000'::bytea$$);
SELECT rows, sections FROM export_sections_to_large_object($$SELECT '\xff3000'::bytea$$, 100);

-- What the rows may not be.
SELECT rows FROM export_sections_to_large_object('SELECT section, 1 FROM some_rows', 100);
SELECT rows FROM export_sections_to_large_object('SELECT section, nullif(n, 3) FROM sections ORDER BY n');
SELECT rows FROM export_sections_to_large_object('SELECT section, -1 FROM sections ORDER BY n');
SELECT rows FROM export_sections_to_large_object('SELECT section, 8189 + n::int FROM sections ORDER BY n');
SELECT rows FROM export_sections_to_large_object('SELECT section, n::bigint FROM sections');
SELECT rows FROM export_sections_to_large_object('SELECT n FROM sections');
SELECT rows FROM export_sections_to_large_object('SELECT section, n, n FROM sections');
SELECT rows FROM export_sections_to_large_object('SELECT');
SELECT rows FROM export_sections_to_large_object($$VALUES (NULL), ('\x923000'), (''::bytea)$$);
SELECT rows FROM export_sections_to_large_object($$SELECT section || '\x9230' FROM sections$$);
SELECT rows FROM export_sections_to_large_object($$SELECT '\x923001'::bytea$$);

-- What is no query to read from.
SELECT rows FROM export_sections_to_large_object(NULL);
SELECT rows FROM export_sections_to_large_object('');
SELECT rows FROM export_sections_to_large_object('TABLE some_rows; TABLE some_rows');
SELECT rows FROM export_sections_to_large_object('SELECT section INTO others FROM some_rows');
SELECT rows FROM export_sections_to_large_object('SELECT section FROM some_rows FOR UPDATE');
SELECT rows FROM export_sections_to_large_object('SELECT * FROM (SELECT section FROM some_rows FOR SHARE) AS s');
SELECT rows FROM export_sections_to_large_object('WITH d AS (DELETE FROM some_rows RETURNING section) TABLE d');
SELECT rows FROM export_sections_to_large_object('DELETE FROM some_rows RETURNING section');
SELECT rows FROM export_sections_to_large_object('EXPLAIN TABLE some_rows');
SELECT rows FROM export_sections_to_large_object('SELECT section FROM sections WHERE n = $1');
SELECT rows FROM export_sections_to_large_object('SELECT section FRM some_rows');

-- Nor may a function in it write, and it cannot turn that off.
CREATE FUNCTION writing() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM some_rows;
    RETURN '\x923000';
END $$;
CREATE FUNCTION turning_off() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    SET transaction_read_only = off;
    RETURN writing();
END $$;
SELECT rows FROM export_sections_to_large_object('SELECT writing()');
SELECT rows FROM export_sections_to_large_object('SELECT turning_off()');
BEGIN;
SAVEPOINT before;
SELECT rows FROM export_sections_to_large_object('SELECT writing()');
ROLLBACK TO before;
SHOW transaction_read_only;
SELECT rows FROM export_sections_to_large_object('TABLE some_rows');
SHOW transaction_read_only;
SELECT writing();
ROLLBACK;
BEGIN READ ONLY;
SELECT rows FROM export_sections_to_large_object('TABLE some_rows');
ROLLBACK;
BEGIN READ ONLY;
SELECT rows FROM export_sections_to_program('TABLE some_rows', 'cat >/dev/null');
SHOW transaction_read_only;
ROLLBACK;

-- Guards and arguments.
SELECT rows FROM export_sections_to_large_object('SELECT section FROM sections WHERE n < 0');
SELECT rows FROM export_sections_to_large_object('TABLE some_rows', at_least => 3);
SELECT rows FROM export_sections_to_large_object('SELECT section FROM sections WHERE n < 0', at_least => 0);
SELECT rows FROM export_sections_to_large_object('TABLE some_rows', at_least => NULL);
SELECT rows FROM export_sections_to_large_object('TABLE some_rows', at_least => -1);
SELECT rows FROM export_sections_to_large_object('TABLE some_rows', loop => NULL);
SELECT rows FROM export_sections_to_large_object('TABLE some_rows', 8191);
SELECT rows FROM export_sections_to_file('TABLE some_rows', 'sections.bin');
SELECT rows FROM export_sections_to_file('TABLE some_rows', NULL);
SELECT rows FROM export_sections_to_program('TABLE some_rows', NULL);
SELECT rows FROM export_sections_to_program('TABLE some_rows', 'cat >/dev/null; exit 3');

-- Rows that parallel workers read.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT rows, sections FROM export_sections_to_program('SELECT section FROM sections', 'cat >/dev/null');
SELECT rows, sections FROM export_sections_to_large_object('SELECT section FROM sections');
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;

-- Progress counts each row, although the bytes of a few are not written before the end.
CREATE FUNCTION seen(n int) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RAISE NOTICE 'row %: %', n, (SELECT tuples_processed FROM pg_stat_progress_copy WHERE pid = pg_backend_pid());
    RETURN section(n);
END $$;
SELECT rows FROM export_sections_to_large_object('SELECT seen(n) FROM generate_series(1, 3) AS n');
SELECT rows FROM export_sections_to_large_object('SELECT seen(n), n FROM generate_series(1, 3) AS n');

-- Rights: the caller's for the query, and for files and programs as COPY asks.
CREATE ROLE regress_export_sections;
GRANT USAGE ON SCHEMA export_sections TO regress_export_sections;
SET ROLE regress_export_sections;
SELECT rows FROM export_sections_to_large_object('TABLE some_rows');
SELECT rows FROM export_sections_to_large_object($$VALUES ('\x923000'::bytea)$$);
SELECT rows FROM export_sections_to_file($$VALUES ('\x923000'::bytea)$$, '/no/such/directory/sections.bin');
SELECT rows FROM export_sections_to_program($$VALUES ('\x923000'::bytea)$$, 'cat >/dev/null');
RESET ROLE;
GRANT EXECUTE ON FUNCTION export_sections_to_file, export_sections_to_program TO regress_export_sections;
SET ROLE regress_export_sections;
SELECT rows FROM export_sections_to_file($$VALUES ('\x923000'::bytea)$$, '/no/such/directory/sections.bin');
SELECT rows FROM export_sections_to_program($$VALUES ('\x923000'::bytea)$$, 'cat >/dev/null');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION export_sections_to_file, export_sections_to_program FROM regress_export_sections;

SELECT count(lo_unlink(oid)) > 0 AS cleaned FROM pg_largeobject_metadata;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA export_sections CASCADE;
DROP ROLE regress_export_sections;
