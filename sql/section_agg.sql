-- section_agg, over rows and over finished sections.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET jit = off;
SET max_parallel_workers_per_gather = 0;
\set SHOW_CONTEXT never
CREATE SCHEMA agg;
SET search_path = agg, public;

-- What the tests stand on -------------------------------------------------------------------------

-- A layout whose sections say how long they are, with an item list that may be split.
CREATE FUNCTION agg.layout() RETURNS section_layout LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT section_layout '
agg (max 64) {
    table_id        8  uimsbf  = 0x80
    flags           4  bslbf   = 0
    section_length 12  uimsbf  = length()
    id             32  uimsbf
    part            8  uimsbf  = part()
    items           *  tlv(8,8) split
}'$$;
-- The sections, one by one, by their section_length alone: it knows nothing of the extension.
CREATE FUNCTION agg.cut(sections bytea) RETURNS SETOF bytea LANGUAGE plpgsql AS $$
DECLARE
    at int := 0;
    size int;
BEGIN
    WHILE at < length(sections) LOOP
        size := 3 + get_byte(sections, at + 1) % 16 * 256 + get_byte(sections, at + 2);
        IF at + size > length(sections) THEN
            RAISE EXCEPTION 'a cut section at %', at;
        END IF;
        RETURN NEXT substr(sections, at + 1, size);
        at := at + size;
    END LOOP;
END $$;
-- What must not depend on the order: how many sections, and which.
CREATE FUNCTION agg.multiset(sections bytea, OUT count bigint, OUT md5 text) LANGUAGE sql AS $$
    SELECT count(*), md5(string_agg(s, '' ORDER BY s)) FROM agg.cut(sections) AS s
$$;
-- 20,000 rows; every tenth needs two or three sections.
CREATE TABLE rows (id int, items jsonb, g int);
INSERT INTO rows
SELECT n, CASE WHEN n % 10 = 0 THEN jsonb_build_array(jsonb_build_object('tag', 1, 'value', repeat('x', n % 23)),
    jsonb_build_object('tag', 2, 'value', repeat('y', 40)), jsonb_build_object('tag', 3, 'value', repeat('z', 20)))
                ELSE jsonb_build_object('1', n) END, n % 70
FROM generate_series(1, 20000) AS n;
ALTER TABLE rows SET (parallel_workers = 4);
ANALYZE rows;
-- By encode_sections, which has tests of its own.
CREATE TABLE finished AS
SELECT id, ordinality AS part, section, g FROM rows, LATERAL encode_sections(agg.layout(), rows)
    WITH ORDINALITY AS s(section) ORDER BY id, ordinality;
ALTER TABLE finished SET (parallel_workers = 4);
ANALYZE finished;
SELECT count(*) AS sections, count(*) FILTER (WHERE part > 1) AS further_parts, max(part) AS most_parts,
    max(length(section)) AS largest FROM finished;

-- What the aggregates are: section_agg(bytea) has a state that can be sent home, and it combines.
SELECT aggfnoid::regprocedure, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggtranstype::regtype,
    agginitval, aggkind, proparallel, provolatile, proisstrict
FROM pg_aggregate JOIN pg_proc ON oid = aggfnoid WHERE proname = 'section_agg'
    ORDER BY aggfnoid::regprocedure::text COLLATE "C";
SELECT oid::regprocedure AS support_function, provolatile, proparallel FROM pg_proc
WHERE proname LIKE 'section\_agg\_%' ORDER BY oid::regprocedure::text COLLATE "C";

-- Rows: the bytes ---------------------------------------------------------------------------------

-- By hand: 80, length 00 08, id, part, item 01 01 and the value.
SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id) AS ascending,
    section_agg('x { id 8 uimsbf }', r ORDER BY id DESC) AS descending,
       section_agg('x { id 8 uimsbf }', r ORDER BY id % 3, id) AS by_remainder
FROM (SELECT id FROM generate_series(1, 7) AS id) AS r;
SELECT section_agg(agg.layout(), r ORDER BY id) = '\x'::bytea || '\x800008' || '\x00000001' || '\x00' || '\x010101'
    || '\x800008' || '\x00000002' || '\x00' || '\x010102' AS as_by_hand
FROM rows AS r WHERE id IN (1, 2);
-- A row that splits, between others: of the 56 bytes for items, 2 + 10 and 2 + 40 are taken in the
-- first section, 2 + 20 in the second.
SELECT ordinality, encode(substr(s, 1, 10), 'hex') AS begins, length(s)
FROM (SELECT section_agg(agg.layout(), r ORDER BY id) AS c FROM rows AS r WHERE id BETWEEN 9 AND 11) AS a,
    LATERAL agg.cut(c) WITH ORDINALITY AS s(s);
-- All of them, in order: what encode_sections gives, one after the other.
SELECT section_agg(agg.layout(), r ORDER BY id) = (SELECT string_agg(section, '' ORDER BY id, part)
    FROM finished) AS as_by_encode_sections FROM rows AS r;
SELECT section_agg(agg.layout(), r ORDER BY id DESC)
    = (SELECT string_agg(section, '' ORDER BY id DESC, part) FROM finished) AS as_by_encode_sections FROM rows AS r;
-- Rows of a subquery in order, without ORDER BY in the call, as with array_agg.
SELECT section_agg('x { id 8 uimsbf }', r) FROM (SELECT id FROM generate_series(1, 5) AS id ORDER BY -id) AS r;

-- NULL rows are skipped; a row of NULLs is a row. No row gives NULL.
SELECT section_agg('x { id 8 uimsbf }', CASE WHEN id % 2 = 0 THEN r END ORDER BY id)
    FROM (SELECT id FROM generate_series(1, 7) AS id) AS r;
SELECT section_agg('x { at 40 utc }', r) AS undefined_time FROM (SELECT NULL::timestamptz AS at) AS r;
SELECT section_agg('x { id 8 uimsbf }', r) IS NULL AS no_row FROM (SELECT id FROM generate_series(1, 0) AS id) AS r;
SELECT section_agg('x { id 8 uimsbf }', NULL::rows) IS NULL AS null_rows FROM generate_series(1, 3);
SELECT id % 2 AS odd, section_agg('x { id 8 uimsbf }', r ORDER BY id) FILTER (WHERE id % 2 = 0)
    FROM (SELECT id FROM generate_series(1, 7) AS id) AS r GROUP BY 1 ORDER BY 1;
SELECT section_agg('x { id 8 uimsbf }', r) FROM (SELECT id FROM generate_series(1, 3) AS id) AS r HAVING count(*) > 5;
-- A layout that takes no column of the row, and a row that has none.
SELECT section_agg('x { a 8 uimsbf = 7 }', r) FROM (SELECT id FROM generate_series(1, 5) AS id) AS r;
SELECT section_agg('x { a 8 uimsbf = 7 }', r) FROM (SELECT FROM generate_series(1, 5)) AS r;

-- A NULL layout is an error, wherever there is a row for it.
SELECT section_agg(NULL, r) FROM (SELECT 1 AS id) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg(NULL, NULL::rows) FROM generate_series(1, 3);
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg(CASE WHEN id < 3 THEN section_layout 'x { id 8 uimsbf }' END, r)
    FROM (SELECT id FROM generate_series(1, 3) AS id) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg(NULL, r) IS NULL AS no_row FROM (SELECT 1 AS id WHERE false) AS r;

-- A bad value is an error that names field and layout, whatever came before it; so is a column that
-- there is not, and a row that does not fit.
SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id) FROM (SELECT id FROM generate_series(250, 260) AS id) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg(agg.layout(), r) FROM (SELECT id, CASE WHEN id = 9000 THEN '{"256": 1}' ELSE items END AS items
    FROM rows) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg('x { number 8 uimsbf = numero }', r) FROM rows AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg('x { id 8 uimsbf }', ROW(1)) FROM generate_series(1, 3);
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg(E'x (max 10) {\n items * tlv(8,8)\n}', r ORDER BY id) FROM rows AS r WHERE id IN (1, 10);
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg('x { at 40 utc }', r) FROM (SELECT timestamp '2026-11-21' AS at) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT section_agg('x { id 8 }', r) FROM (SELECT 1 AS id) AS r;
\echo :LAST_ERROR_SQLSTATE
-- The session goes on.
SELECT section_agg('x { id 8 uimsbf }', r) FROM (SELECT 1 AS id) AS r;

-- Rows of every make: a table's, a view's, a function's, with columns dropped and added, of a child
-- table; rows of two types in turn.
CREATE TABLE base (gone int, id int, txt text);
INSERT INTO base VALUES (1, 1, 'a'), (1, 2, 'b');
ALTER TABLE base DROP gone, ADD COLUMN late int DEFAULT 9;
CREATE TABLE child (own int) INHERITS (base);
INSERT INTO child VALUES (3, 'c', 8, 0);
CREATE VIEW seen AS SELECT late, id, txt FROM base;
\set wide 'E''x {\n id 8 uimsbf\n txt 8 char\n late 8 uimsbf\n}'''
SELECT section_agg(:wide, r ORDER BY id) AS of_tables FROM base AS r;
SELECT section_agg(:wide, r ORDER BY id) AS of_a_view FROM seen AS r;
SELECT section_agg(:wide, r ORDER BY id) AS of_a_function
    FROM (SELECT * FROM jsonb_to_recordset('[{"id": 1, "txt": "a", "late": 9}, {"late": 7, "txt": "b", "id": 2}]')
    AS j(txt text, late int, id numeric)) AS r;
SELECT section_agg(:wide, CASE WHEN a.id % 2 = 0 THEN a ELSE b END ORDER BY a.id) AS of_two_types
FROM (SELECT id, chr(64 + id) AS txt, 1 AS late FROM generate_series(1, 6) AS id) AS a
    JOIN (SELECT 2::smallint AS late, id::numeric AS id, chr(96 + id) AS txt
    FROM generate_series(1, 6) AS id) AS b USING (id);

-- DISTINCT compares layouts too, and orders the rows.
SELECT section_agg(DISTINCT 'x { id 8 uimsbf }'::section_layout, r)
FROM (SELECT n % 3 AS id FROM generate_series(1, 9) AS n) AS r;
SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id) AS distinct_before
    FROM (SELECT DISTINCT n % 3 AS id FROM generate_series(1, 9) AS n) AS r;

-- A layout from a column: one a group, of more groups than layouts are kept compiled.
CREATE TABLE layouts AS SELECT n, format(E'l%s {\n table_id 8 uimsbf = %s\n id 16 uimsbf\n}', n,
    n)::section_layout AS layout FROM generate_series(0, 199) AS n;
SELECT n, section_agg(layout, r ORDER BY id) FROM (SELECT id::int FROM generate_series(1, 12) AS id) AS r
    JOIN layouts ON n = id % 3 GROUP BY n ORDER BY n;
-- In group order and in row order, where the layout is another for every row.
SELECT plan, count(*) AS groups, bool_and(sections = by_hand) AS as_by_hand FROM (
    SELECT 'sorted' AS plan, section_agg(layout, r ORDER BY id) AS sections,
        string_agg(decode(lpad(to_hex(n), 2, '0') || lpad(to_hex(id), 4, '0'), 'hex'), '' ORDER BY id) AS by_hand
    FROM (SELECT id FROM generate_series(1, 4000) AS id) AS r JOIN layouts ON n = id % 200 GROUP BY n
    UNION ALL
    SELECT 'in turn', section_agg(layout, r), string_agg(decode(lpad(to_hex(n), 2, '0')
        || lpad(to_hex(id), 4, '0'), 'hex'), '')
    FROM (SELECT id, id % 200 AS n FROM generate_series(1, 4000) AS id ORDER BY id OFFSET 0) AS r JOIN layouts USING (n)
        GROUP BY n) AS s
GROUP BY plan ORDER BY plan;

-- Rows: plans -------------------------------------------------------------------------------------

-- In parallel, where there is no ORDER BY in the call. EXPLAIN shows it, and the multiset of
-- sections is the same with any number of workers.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT section_agg(agg.layout(), r) FROM rows AS r;
EXPLAIN (COSTS OFF) SELECT g, section_agg(agg.layout(), r) FROM rows AS r GROUP BY g;
EXPLAIN (COSTS OFF) SELECT section_agg(section) FROM finished;
CREATE TABLE tried (workers int, leader boolean, planned text, of text, count bigint, md5 text);
CREATE FUNCTION agg.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        plan := concat_ws(', ', nullif(plan, ''), substring(line FROM '(Partial|Finalize|Workers Planned: \d+)'));
    END LOOP;
    RETURN plan;
END $$;
-- With ORDER BY no aggregate is partial.
SELECT agg.plan_of('SELECT section_agg(agg.layout(), r ORDER BY id) FROM rows AS r') AS of_rows,
    agg.plan_of('SELECT section_agg(section ORDER BY id, part) FROM finished') AS of_finished_sections;
CREATE PROCEDURE agg.try(of text, query text) LANGUAGE plpgsql AS $$
DECLARE
    try record;
    sections bytea;
BEGIN
    FOR try IN SELECT * FROM (VALUES (0, true), (1, true), (2, true), (2, false), (4, true), (4, false)) AS v(workers,
        leader) LOOP
        PERFORM set_config('max_parallel_workers_per_gather', try.workers::text, true),
            set_config('parallel_leader_participation', try.leader::text, true);
        EXECUTE query INTO sections;
        INSERT INTO tried SELECT try.workers, try.leader, agg.plan_of(query), of, m.* FROM agg.multiset(sections) AS m;
    END LOOP;
END $$;
BEGIN; CALL agg.try('rows', 'SELECT section_agg(agg.layout(), r) FROM rows AS r'); COMMIT;
BEGIN; CALL agg.try('groups of rows',
    'SELECT string_agg(sections, '''') FROM (SELECT section_agg(agg.layout(), r) AS sections FROM rows AS r GROUP BY '
    'g) AS s'); COMMIT;
BEGIN; CALL agg.try('finished sections', 'SELECT section_agg(section) FROM finished'); COMMIT;
BEGIN; CALL agg.try('groups of finished sections',
    'SELECT string_agg(sections, '''') FROM (SELECT section_agg(section) AS sections FROM finished GROUP BY g) AS s');
COMMIT;
SELECT of, workers, leader, planned, bool_and(t.count = m.count AND t.md5 = m.md5) AS same_multiset
FROM tried AS t, (SELECT string_agg(section, '') AS all FROM finished) AS f, LATERAL agg.multiset(f.all) AS m
GROUP BY of, workers, leader, planned ORDER BY of, workers, leader DESC;
-- Workers that find no row, and workers that find bad ones.
SELECT section_agg(agg.layout(), r) IS NULL AS no_row FROM rows AS r WHERE id < 0;
SELECT section_agg(section) IS NULL AS no_row FROM finished WHERE id < 0;
SELECT section_agg(agg.layout(), CASE WHEN id < 0 THEN r END) IS NULL AS null_rows FROM rows AS r;
SELECT count(*) AS groups, count(sections) AS not_null
    FROM (SELECT section_agg(agg.layout(), CASE WHEN g = 7 THEN r END) AS sections FROM rows AS r GROUP BY g) AS s;
SELECT section_agg(CASE WHEN id < 0 THEN section END) IS NULL AS null_sections FROM finished;
SELECT length(section_agg(agg.layout(), r)) AS one_row FROM rows AS r WHERE id = 7;
SELECT length(section_agg(section)) AS one_section FROM finished WHERE id = 7;
\set VERBOSITY terse
SELECT section_agg(NULL, r) FROM rows AS r;
SELECT section_agg(E'x {\n id 14 uimsbf\n r 2 bslbf = 0\n}', r) FROM rows AS r WHERE id IN (1, 16384);
\set VERBOSITY default
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SET max_parallel_workers_per_gather = 0;

-- By partitions: the partial states are combined in one process, in the order of the partitions and
-- of the rows on disk, so that the bytes themselves can be compared. It serialises as workers do.
CREATE TABLE parted (id int, items jsonb, g int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (6000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (6000) TO (6001);
CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (6001) TO (15000);
CREATE TABLE parted_4 PARTITION OF parted FOR VALUES FROM (15000) TO (16000);
CREATE TABLE parted_5 PARTITION OF parted FOR VALUES FROM (16000) TO (30000);
-- The second partition has one row, the fourth none.
INSERT INTO parted SELECT * FROM rows WHERE id < 15000 OR id >= 16000;
ANALYZE parted;
SET enable_partitionwise_aggregate = on;
CREATE VIEW on_disk AS
SELECT f.*, row_number() OVER (ORDER BY p.tableoid::regclass::text COLLATE "C", p.ctid, part) AS place FROM parted AS p
    JOIN finished AS f USING (id);
EXPLAIN (COSTS OFF) SELECT section_agg(agg.layout(), r) FROM parted AS r;
SELECT section_agg(agg.layout(), r) = (SELECT string_agg(section, '' ORDER BY place) FROM on_disk) AS same_bytes
    FROM parted AS r;
EXPLAIN (COSTS OFF) SELECT g, section_agg(agg.layout(), r) FROM parted AS r GROUP BY g;
SELECT bool_and(sections = by_hand) AS same_bytes, count(*) AS groups
FROM (SELECT g, section_agg(agg.layout(), r) AS sections FROM parted AS r GROUP BY g) AS a
FULL JOIN (SELECT g, string_agg(section, '' ORDER BY place) AS by_hand FROM on_disk GROUP BY g) AS b USING (g);
-- No state yet is a NULL state, which is not serialised: where all rows of a process or a partition
-- are NULL. In all but the first, in the first, in the middle, in all.
SELECT section_agg(agg.layout(), CASE WHEN id < 6000 THEN r END)
    = (SELECT string_agg(section, '' ORDER BY place) FROM on_disk WHERE id < 6000) AS first_alone,
       section_agg(agg.layout(), CASE WHEN id > 6000 THEN r END)
           = (SELECT string_agg(section, '' ORDER BY place) FROM on_disk WHERE id > 6000) AS without_first,
       section_agg(agg.layout(), CASE WHEN id IN (1, 17777) THEN r END)
           = (SELECT string_agg(section, '' ORDER BY place) FROM on_disk WHERE id IN (1, 17777)) AS without_middle,
       section_agg(agg.layout(), CASE WHEN id < 0 THEN r END) IS NULL AS none
FROM parted AS r;
EXPLAIN (COSTS OFF) SELECT section_agg(int4send(id)) FROM parted;
SELECT section_agg(int4send(id)) = (SELECT string_agg(int4send(id), '' ORDER BY place) FROM on_disk
    WHERE part = 1) AS same_bytes,
       section_agg(CASE WHEN id > 6000 THEN int4send(id) END)
           = (SELECT string_agg(int4send(id), '' ORDER BY place) FROM on_disk
           WHERE part = 1 AND id > 6000) AS without_first,
       section_agg(CASE WHEN id IN (1, 17777) THEN int4send(id) END) = '\x0000000100004571' AS without_middle,
       section_agg(CASE WHEN id < 0 THEN int4send(id) END) IS NULL AS none
FROM parted;
SELECT bool_and(sections = by_hand) AS same_bytes, count(*) AS groups
FROM (SELECT g, section_agg(int4send(id)) AS sections FROM parted GROUP BY g) AS a
FULL JOIN (SELECT g, string_agg(int4send(id), '' ORDER BY place) AS by_hand FROM on_disk WHERE part = 1
    GROUP BY g) AS b USING (g);
RESET enable_partitionwise_aggregate;

-- Many groups under a hash aggregate: what the states take is seen by work_mem, and it spills.
CREATE FUNCTION agg.spilled(query text, OUT batches boolean, OUT disk boolean, OUT peak_within boolean)
    LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    node json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
    node := plan -> 0 -> 'Plan';
    WHILE node ->> 'Strategy' IS DISTINCT FROM 'Hashed' LOOP
        node := node -> 'Plans' -> 0;
    END LOOP;
    batches := (node ->> 'HashAgg Batches')::int > 1;
    disk := (node ->> 'Disk Usage')::int > 0;
    peak_within := (node ->> 'Peak Memory Usage')::int <= 3 * pg_size_bytes(current_setting('work_mem')) / 1024;
END $$;
SET enable_sort = off;
SET work_mem = '2MB';
SET hash_mem_multiplier = 1;
-- 100,000 groups of two rows, in an order that differs between versions.
CREATE FUNCTION agg.short(id int) RETURNS bytea LANGUAGE sql RETURN '\x800005'::bytea || int4send(id) || '\x00';
CREATE TABLE many AS SELECT n % 100000 AS g, n AS id, '{}'::jsonb AS items FROM generate_series(0, 199999) AS n;
ANALYZE many;
EXPLAIN (COSTS OFF) SELECT g, section_agg(agg.layout(), r) FROM many AS r GROUP BY g;
SELECT * FROM agg.spilled('SELECT g, section_agg(agg.layout(), r) FROM many AS r GROUP BY g');
SELECT count(*) AS groups, count(DISTINCT g) AS different,
    bool_and(sections IN (agg.short(g) || agg.short(g + 100000), agg.short(g + 100000) || agg.short(g))) AS as_by_hand
FROM (SELECT g, section_agg(agg.layout(), r) AS sections FROM many AS r GROUP BY g) AS s;
-- A group must not take much more room at its second section than it did when it was let in.
SELECT * FROM agg.spilled('SELECT g, section_agg(int4send(id)) FROM many AS r GROUP BY g');
SELECT count(*) AS groups, count(DISTINCT g) AS different,
    bool_and(sections IN (int4send(g) || int4send(g + 100000), int4send(g + 100000) || int4send(g))) AS as_by_hand
FROM (SELECT g, section_agg(int4send(id)) AS sections FROM many AS r GROUP BY g) AS s;
-- 200 groups, which is few enough for work_mem, of 1,000 sections each, which take 12 MB.
CREATE TABLE large AS SELECT n / 1000 AS g, n AS id, jsonb_build_object('1', repeat('x', 50)) AS items
    FROM generate_series(0, 199999) AS n;
ANALYZE large;
SELECT * FROM agg.spilled('SELECT g, section_agg(agg.layout(), r) FROM large AS r GROUP BY g');
SELECT * FROM agg.spilled('SELECT g, section_agg((''\x'' || repeat(''ab'', 60))::bytea) FROM large AS r GROUP BY g');
SELECT * FROM agg.spilled('SELECT g, count(*) FROM large AS r GROUP BY g') AS "without section_agg";
SELECT count(*) AS groups, bool_and(length(sections) = 1000 * 60) AS right_length
    FROM (SELECT g, section_agg(agg.layout(), r) AS sections FROM large AS r GROUP BY g) AS s;
-- 10,000 groups that grow in turn, by 20 sections each: those that were let in small must not grow to many times
-- work_mem.
SELECT * FROM agg.spilled('SELECT id % 10000, section_agg(agg.layout(), r) FROM large AS r GROUP BY 1');
SELECT *
    FROM agg.spilled('SELECT id % 10000, section_agg((''\x'' || repeat(''ab'', 60))::bytea) FROM large AS r GROUP BY '
    '1');
SELECT *
    FROM agg.spilled('SELECT id % 10000, section_agg((''\x'' || repeat(''ab'', 200))::bytea) FROM large AS r GROUP BY '
    '1');
DROP TABLE many, large;
RESET work_mem;
RESET hash_mem_multiplier;
RESET enable_sort;

-- Groups in several ways at once: each has states of its own.
SELECT bool_and(sections = by_string_agg) AS same, count(*) AS groups FROM (
    SELECT section_agg(agg.layout(), r ORDER BY id) AS sections,
        string_agg(encode_section(agg.layout(), r), '' ORDER BY id) AS by_string_agg
    FROM rows AS r WHERE id % 10 <> 0 AND id < 3000
        GROUP BY GROUPING SETS ((id % 3, id % 7), (id % 3), (id % 7), (), ())) AS s;
SET enable_sort = off;
SELECT bool_and(sections = by_string_agg) AS same, count(*) AS groups FROM (
    SELECT section_agg(agg.layout(), r) AS sections, string_agg(encode_section(agg.layout(), r), '') AS by_string_agg,
        section_agg(int4send(id)) = string_agg(int4send(id), '') AS finished
    FROM rows AS r WHERE id % 10 <> 0 AND id < 3000 GROUP BY CUBE (id % 3, id % 7)) AS s WHERE finished;
RESET enable_sort;

-- Windows: frames that grow, that move, that leave rows out; every row's result is kept.
SELECT id, section_agg(l, r) OVER (ORDER BY id) AS grows,
    section_agg(l, r) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moves,
       section_agg(l, r) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS behind,
           section_agg(l, r) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT
           ROW) AS rest,
       section_agg(l, r) FILTER (WHERE id % 2 = 0) OVER (PARTITION BY id > 3) AS parted
FROM (SELECT id FROM generate_series(1, 5) AS id) AS r, (VALUES (section_layout 'x { id 8 uimsbf }')) AS v(l)
    ORDER BY id;
SELECT id, section_agg(s) OVER (ORDER BY id) AS grows,
    section_agg(s) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moves,
       section_agg(s) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS behind,
           section_agg(s) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT
           ROW) AS rest,
       section_agg(s) FILTER (WHERE id % 2 = 0) OVER (PARTITION BY id > 3) AS parted
FROM (SELECT id, decode(lpad(to_hex(id), 2, '0'), 'hex') AS s FROM generate_series(1, 5) AS id) AS r ORDER BY id;
-- States that were moved as they grew must leave the results of earlier rows alone.
SELECT count(*), bool_and(a = c AND b = c) AS same FROM (
    SELECT section_agg(agg.layout(), r) OVER w AS a, section_agg(encode_section(agg.layout(), r)) OVER w AS b,
        string_agg(encode_section(agg.layout(), r), '') OVER w AS c
    FROM rows AS r WHERE id % 10 <> 0 AND id < 1000 WINDOW w AS (ORDER BY id) OFFSET 0) AS s;
SELECT count(*), bool_and(a = c AND b = c) AS same FROM (
    SELECT section_agg(agg.layout(), r) OVER w AS a, section_agg(encode_section(agg.layout(), r)) OVER w AS b,
        string_agg(encode_section(agg.layout(), r), '') OVER w AS c
    FROM rows AS r WHERE id % 10 <> 0 AND id < 1000
        WINDOW w AS (ORDER BY id ROWS BETWEEN 30 PRECEDING AND 10 FOLLOWING EXCLUDE CURRENT ROW) OFFSET 0) AS s;

-- In PL/pgSQL, in a correlated subquery, next to other aggregates; the result used more than once.
CREATE FUNCTION agg.in_plpgsql(first int, last int) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    a bytea;
    b bytea;
BEGIN
    SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id),
        section_agg(decode(lpad(to_hex(id), 2, '0'), 'hex') ORDER BY id) INTO a, b
        FROM (SELECT id FROM generate_series(first, last) AS id) AS r;
    IF a <> b THEN
        RAISE EXCEPTION '% and %', a, b;
    END IF;
    a := set_byte(a, 0, 255);
    RETURN a || '\xee' || b;
END $$;
SELECT agg.in_plpgsql(first, 5) FROM generate_series(1, 4) AS first;
SELECT n, (SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id)
    FROM (SELECT id FROM generate_series(1, n) AS id) AS r) AS of_rows,
          (SELECT section_agg(decode(lpad(to_hex(id), 2, '0'), 'hex') ORDER BY id)
          FROM generate_series(1, n) AS id) AS of_sections FROM generate_series(0, 3) AS n;
SELECT length(a), get_byte(a, 2) AS third, a, set_byte(a, 0, 255) AS changed, a || b AS both, b, a = b AS same, count
FROM (SELECT section_agg('x { id 8 uimsbf }', r ORDER BY id) AS a,
    section_agg(decode(lpad(to_hex(id), 2, '0'), 'hex') ORDER BY id) AS b, count(*)
    FROM (SELECT id FROM generate_series(1, 4) AS id) AS r OFFSET 0) AS s;
WITH s AS MATERIALIZED (SELECT section_agg(section ORDER BY id, part) AS sections FROM finished)
SELECT a.sections = b.sections AS same, length(a.sections || b.sections) = 2 * length(a.sections) AS twice
    FROM s AS a, s AS b;

-- Finished sections -------------------------------------------------------------------------------

SELECT section_agg(s ORDER BY n DESC) AS descending, section_agg(s ORDER BY s) AS ascending,
    section_agg(DISTINCT s) AS distinct, section_agg(DISTINCT s ORDER BY s DESC) AS distinct_descending,
       section_agg(s ORDER BY n) FILTER (WHERE n > 2) AS filtered,
           section_agg(NULLIF(s, '\x02') ORDER BY n) AS without_02
FROM (VALUES (1, '\x01'::bytea), (2, '\x02'), (3, '\x0303'), (4, '\x01'), (5, NULL), (6, '\x')) AS v(n, s);
SELECT section_agg(s) IS NULL AS no_row FROM (VALUES ('\x01'::bytea)) AS v(s) WHERE false;
SELECT section_agg(NULL::bytea) IS NULL AS nulls FROM generate_series(1, 3);
SELECT section_agg('\x'::bytea) AS empty FROM generate_series(1, 3);
SELECT section_agg(s ORDER BY n) AS one FROM (VALUES (1, NULL), (2, '\x0102'::bytea), (3, NULL)) AS v(n, s);
SELECT n % 3 AS g, section_agg(decode(lpad(to_hex(n), 2, '0'), 'hex') ORDER BY n) FROM generate_series(1, 10) AS n
    GROUP BY 1 ORDER BY 1;
SELECT section_agg('\x01') AS unknown_literal;
-- What is stored compressed or out of line.
CREATE TABLE toasted (n int, s bytea);
ALTER TABLE toasted ALTER s SET STORAGE external;
INSERT INTO toasted SELECT n, decode(repeat(lpad(to_hex(n), 2, '0'), 5000), 'hex') FROM generate_series(1, 3) AS n;
ALTER TABLE toasted ALTER s SET STORAGE extended;
INSERT INTO toasted SELECT n, decode(repeat(lpad(to_hex(n), 2, '0'), 5000), 'hex') FROM generate_series(4, 6) AS n;
SELECT bool_or(pg_column_size(s) = 5000) AS out_of_line, bool_or(pg_column_size(s) < 1000) AS compressed FROM toasted;
SELECT section_agg(s ORDER BY n) = string_agg(s, '' ORDER BY n) AS same,
    section_agg(s ORDER BY n DESC) = string_agg(s, '' ORDER BY n DESC) AS descending FROM toasted;
SELECT n, section_agg(s) = string_agg(s, '') AS same FROM toasted GROUP BY n ORDER BY n;
SELECT n, section_agg(s) OVER w = string_agg(s, '') OVER w AS same FROM toasted WINDOW w AS (ORDER BY n) ORDER BY n;

-- 200,000 sections; what would take minutes if every one of them copied those before it.
SET statement_timeout = '60s';
SELECT md5(section_agg(s)) = md5(string_agg(s, '')) AS same, length(section_agg(s)) AS bytes
FROM (SELECT int4send(n) || decode(repeat('ab', 200 + n % 100), 'hex') AS s FROM generate_series(1, 200000) AS n) AS v;
SELECT md5(section_agg(s)) = md5(string_agg(s, '')) AS same, length(section_agg(s)) AS bytes
    FROM (SELECT int4send(n) AS s FROM generate_series(1, 500000) AS n) AS v;
RESET statement_timeout;

-- An aggregate of the user's own shares the state within a query, and takes it over as it is.
CREATE AGGREGATE agg.section_md5(bytea) (SFUNC = section_agg_append, STYPE = bytea, FINALFUNC = md5);
CREATE AGGREGATE agg.from_begin(bytea) (SFUNC = section_agg_append, STYPE = bytea, INITCOND = '\xff');
SELECT md5(section_agg(section ORDER BY id, part)) = section_md5(section ORDER BY id, part) AS same,
    substr(from_begin(section ORDER BY id, part), 1, 9) AS begins FROM finished;
SELECT n, section_md5(s) OVER w = md5(string_agg(s, '') OVER w) AS same, section_agg(s) OVER w AS sections,
    from_begin(s) OVER w FROM (SELECT n, int2send(n::smallint) AS s FROM generate_series(1, 4) AS n) AS v
    WINDOW w AS (ORDER BY n) ORDER BY n;

-- The support functions by themselves -------------------------------------------------------------

-- None of them can be called outside an aggregate: by the type internal, which the server refuses in
-- another way in newer minor versions, or by an error.
CREATE FUNCTION agg.is_refused(query text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN false;
EXCEPTION WHEN undefined_function OR feature_not_supported THEN
    RETURN true;
END $$;
SELECT call, agg.is_refused('SELECT ' || call) AS is_refused FROM unnest(ARRAY[
    $$section_agg_serialize('x')$$, $$section_agg_deserialize('\x01', NULL)$$, $$section_agg_final(NULL)$$,
    $$section_agg_combine(NULL, NULL)$$, $$section_agg_transition(NULL, message_layout(), ROW(1))$$]) AS call;
\set VERBOSITY sqlstate
SELECT section_agg_append('\x01', '\x02');
\set VERBOSITY default

-- Serialised states of another make, by an aggregate of a superuser's: its state is a bytea that is
-- sent home as it is, and then read as if it were a state of section_agg.
CREATE FUNCTION agg.take(internal, bytea) RETURNS internal LANGUAGE internal IMMUTABLE PARALLEL SAFE AS 'int8larger';
CREATE FUNCTION agg.give(internal) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8up';
CREATE AGGREGATE agg.hostile(bytea) (
    SFUNC = agg.take, STYPE = internal, FINALFUNC = section_agg_final, COMBINEFUNC = section_agg_combine,
        SERIALFUNC = agg.give, DESERIALFUNC = section_agg_deserialize, PARALLEL = SAFE);
CREATE TABLE states (n int, state bytea) PARTITION BY LIST (n);
CREATE TABLE states_1 PARTITION OF states FOR VALUES IN (1);
CREATE TABLE states_2 PARTITION OF states FOR VALUES IN (2);
SET enable_partitionwise_aggregate = on;
EXPLAIN (COSTS OFF) SELECT hostile(state) FROM states;
CREATE FUNCTION agg.combine_states(one bytea, other bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    TRUNCATE states;
    INSERT INTO states VALUES (1, one), (2, other);
    SELECT hostile(state)::text INTO result FROM states;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
-- A version, the length in 8 bytes, the sections.
SELECT what, agg.combine_states(one, '\x01000000000000000405060708'),
    agg.combine_states('\x01000000000000000405060708', one) FROM (VALUES
    (1, 'right', '\x010000000000000003010203'::bytea), (2, 'right, no section', '\x010000000000000000'),
    (3, 'nothing', '\x'), (4, 'version alone', '\x01'), (5, 'cut length', '\x0100000000000000'),
    (6, 'later version', '\x020000000000000003010203'), (7, 'version 0', '\x000000000000000003010203'),
    (8, 'less than said', '\x0100000000000000040102'), (9, 'more than said', '\x01000000000000000301020304'),
    (10, 'nothing of 3', '\x010000000000000003'),
    (11, 'more than memory', '\x017fffffffffffffff010203'), (12, 'negative', '\x01ffffffffffffffff010203'),
    (13, '4 GB too much', '\x010000000100000003010203'), (14, '1 GB', '\x01000000003fffffff010203')) AS v(n, what,
    one) ORDER BY n;
RESET enable_partitionwise_aggregate;

DROP SCHEMA agg CASCADE;
