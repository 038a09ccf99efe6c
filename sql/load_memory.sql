-- The memory of a CALL does not grow with its batches: rows that SPI fetched are freed with the part that they are of.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA memory_app;
CREATE SCHEMA memory_dwh;
SELECT create_submission_tables('memory_app', 'memory_dwh');
INSERT INTO memory_app.form_schemas (id, name, schema) VALUES
    (md5('form')::uuid, 'form', '{"slug": "form", "children": [{"slug": "q", "answerType": "text"}]}');
INSERT INTO memory_app.users VALUES (md5('user')::uuid, 'Given', 'Family');
INSERT INTO memory_app.form_responses (id, form_id, user_id, responses)
SELECT md5(n::text)::uuid, md5('form')::uuid, md5('user')::uuid, jsonb_build_object('q', n)
FROM generate_series(1, 20) AS n;

-- As many tables of rows are there in the last batch as in the first.
CREATE TABLE memory_dwh.seen (number serial, tables bigint);
CREATE FUNCTION memory_dwh.count_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO memory_dwh.seen (tables) SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'SPI TupTable';
    RETURN NULL;
END $$;
CREATE TRIGGER count_tables AFTER INSERT ON memory_dwh.submission_loads EXECUTE FUNCTION memory_dwh.count_tables();
CALL load_response_events('memory_app', 'memory_dwh', batch_size => 1);
SELECT count(*) AS batches, max(tables) - min(tables) AS grown FROM memory_dwh.seen WHERE number > 1;

-- Nor do the bytes in the memory that is there until the end of the CALL.
TRUNCATE memory_dwh.response_events, memory_dwh.submission_loads, memory_dwh.seen;
INSERT INTO memory_app.form_responses (id, form_id, user_id, responses)
SELECT md5(n::text)::uuid, md5('form')::uuid, md5('user')::uuid, jsonb_build_object('q', n)
FROM generate_series(21, 220) AS n;
CREATE OR REPLACE FUNCTION memory_dwh.count_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO memory_dwh.seen (tables)
    SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'SPI Proc';
    RETURN NULL;
END $$;
CALL load_response_events('memory_app', 'memory_dwh', batch_size => 1);
SELECT count(*) AS batches, max(tables) - min(tables) < 100000 AS is_flat FROM memory_dwh.seen
WHERE number > (SELECT min(number) + 10 FROM memory_dwh.seen);

DROP SCHEMA memory_app, memory_dwh CASCADE;
