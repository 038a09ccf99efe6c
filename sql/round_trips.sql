-- The view of round trips and its functions: columns, and who may do what. What it says of a server that does not
-- preload the library is in round_trips_watch.sql, and what it shows of one that does, in tests/t.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\pset format unaligned
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute WHERE attrelid = 'round_trips'::regclass AND attnum > 0 ORDER BY attnum;
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute WHERE attrelid = 'missing_fk_indexes'::regclass AND attnum > 0 ORDER BY attnum;
SELECT attrelid::regclass AS view,
    string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
FROM pg_attribute WHERE attnum > 0
    AND attrelid = ANY ('{round_trips_now,round_trips_total,heavy_results,heavy_plans}'::regclass[])
GROUP BY attrelid ORDER BY attrelid::regclass::text COLLATE "C";
CREATE ROLE regress_onetrip_reader;
SELECT relation, has_table_privilege('regress_onetrip_reader', relation, 'SELECT') AS may_read,
    has_table_privilege('regress_onetrip_reader', relation, 'INSERT, UPDATE, DELETE') AS may_write
FROM unnest('{round_trips,round_trips_now,round_trips_total,heavy_results,heavy_plans,missing_fk_indexes}'
    ::regclass[]) AS relation;
SELECT has_function_privilege('regress_onetrip_reader', 'round_trips_reset(bigint)', 'EXECUTE') AS may_reset;
DROP ROLE regress_onetrip_reader;
