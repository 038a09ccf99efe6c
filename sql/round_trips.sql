-- The watch over round trips where the library was not preloaded: the view says what to do. What it
-- shows where it was is in tests/t.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
SELECT name FROM pg_settings WHERE name LIKE 'onetrip.%';
\pset format unaligned
DO $$
DECLARE
    statement text;
    state text;
    message text;
    detail text;
    hint text;
BEGIN
    FOREACH statement IN ARRAY ARRAY['SELECT * FROM round_trips', 'SELECT round_trips_reset()'] LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
            RAISE WARNING USING MESSAGE = format('%s: %s: %s', statement, state, message), DETAIL = detail, HINT = hint, ERRCODE = 'object_not_in_prerequisite_state';
        END;
    END LOOP;
END $$;
-- The view's columns, and who may do what.
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'round_trips'::regclass AND attnum > 0 ORDER BY attnum;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'missing_fk_indexes'::regclass AND attnum > 0 ORDER BY attnum;
CREATE ROLE regress_onetrip_reader;
SELECT relation, has_table_privilege('regress_onetrip_reader', relation, 'SELECT') AS may_read, has_table_privilege('regress_onetrip_reader', relation, 'INSERT, UPDATE, DELETE') AS may_write FROM unnest('{round_trips,missing_fk_indexes}'::regclass[]) AS relation;
SELECT has_function_privilege('regress_onetrip_reader', 'round_trips_reset()', 'EXECUTE') AS may_reset;
DROP ROLE regress_onetrip_reader;
