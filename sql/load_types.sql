-- load_response_events looks at the types of all columns that it reads and writes before it begins, and its parts,
-- called by somebody else while it runs, take nothing of another type than it has.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text);
CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses jsonb,
    date_created timestamptz);
INSERT INTO app.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.form_responses SELECT n, 1, NULL, jsonb_build_object('a', n), '2026-01-01'
FROM generate_series(1, 3) AS n;

-- Columns of events ----------------------------------------------------------------------------------

CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text);
ALTER TABLE dwh.response_events ADD processed_on bigint;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events DROP processed_on, ADD idx jsonb;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events DROP idx, ADD ord boolean;
CALL load_response_events('app', 'dwh');
-- What an assignment makes of them is taken.
ALTER TABLE dwh.response_events DROP ord, ADD ord numeric, ADD idx bigint[], ADD processed_on date;
CALL load_response_events('app', 'dwh');
SELECT submission_id, ord, idx, processed_on IS NOT NULL AS has_date FROM dwh.response_events ORDER BY 1;
-- A column whose values the server makes is left to it; one that must have a value of the submission's is refused.
TRUNCATE dwh.response_events, dwh.submission_loads;
ALTER TABLE dwh.response_events DROP ord, DROP idx, DROP processed_on, ADD ord int GENERATED ALWAYS AS IDENTITY;
CALL load_response_events('app', 'dwh');
SELECT * FROM dwh.response_events ORDER BY 1;
ALTER TABLE dwh.response_events DROP ord, DROP value, ADD value text GENERATED ALWAYS AS (schema_path) STORED;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events DROP submission_id, ADD submission_id int GENERATED ALWAYS AS IDENTITY;
CALL load_response_events('app', 'dwh');
DROP SCHEMA dwh CASCADE;

-- Columns of the ledger ------------------------------------------------------------------------------

CREATE SCHEMA dwh;
CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text);
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.submission_loads ALTER source TYPE name;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.submission_loads ALTER source TYPE varchar, ALTER row_hash TYPE int USING NULL;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.submission_loads ALTER row_hash TYPE text;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.submission_loads ALTER row_hash TYPE bytea USING NULL, ALTER form_id TYPE uuid USING NULL;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.submission_loads ALTER form_id TYPE numeric USING NULL,
    ALTER processed_on TYPE bigint USING 1;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.submission_loads ALTER processed_on TYPE timestamptz USING '2026-01-01';
-- An id of another type that is compared by the same operators: what is gone is found by the ledger's.
ALTER TABLE dwh.submission_loads ALTER submission_id TYPE bigint;
CALL load_response_events('app', 'dwh', 'changed');
DELETE FROM app.form_responses WHERE id = 3;
CALL load_response_events('app', 'dwh', 'changed');
DROP SCHEMA dwh CASCADE;
CREATE SCHEMA texts;
CREATE TABLE texts.form_schemas AS TABLE app.form_schemas;
CREATE TABLE texts.users AS TABLE app.users;
CREATE TABLE texts.form_responses AS SELECT id::text, form_id, user_id, responses, date_created
FROM app.form_responses;
CREATE TABLE texts.response_events (submission_id text, schema_path text, value text);
CALL load_response_events('texts', 'texts');
ALTER TABLE texts.submission_loads ALTER submission_id TYPE name;
DELETE FROM texts.form_responses WHERE id = '1';
CALL load_response_events('texts', 'texts', 'changed');
SELECT submission_id FROM texts.response_events;
DROP SCHEMA texts CASCADE;

-- Ids of types whose name alone means one character, or one bit.
CREATE SCHEMA codes;
CREATE TABLE codes.form_schemas (id char(3) PRIMARY KEY, name text, schema jsonb);
CREATE TABLE codes.users (id bit(3) PRIMARY KEY, given_name text, family_name text);
CREATE TABLE codes.form_responses (id char(3) PRIMARY KEY, form_id char(3), user_id bit(3), responses jsonb,
    date_created date);
CREATE TABLE codes.response_events (submission_id char(3), user_full_name text, form_name text, schema_path text,
    value text);
INSERT INTO codes.form_schemas SELECT id, id, '{"children": [{"slug": "a", "answerType": "text"}]}'
FROM unnest('{fa,fb}'::text[]) AS id;
INSERT INTO codes.users VALUES ('101', 'Ada', NULL), ('110', 'Grace', NULL);
INSERT INTO codes.form_responses VALUES ('sa', 'fa', '101', '{"a": 1}'), ('sb', 'fb', '110', '{"a": 2}'),
    ('sc', 'fb', '111', '{"a": 3}');
CALL load_response_events('codes', 'codes');
DELETE FROM codes.form_responses WHERE id = 'sb';
UPDATE codes.form_responses SET form_id = 'fa' WHERE id = 'sc';
CALL load_response_events('codes', 'codes', 'changed');
SELECT * FROM codes.response_events ORDER BY 1;
ALTER TABLE codes.response_events ALTER submission_id TYPE text;
DROP TABLE codes.submission_loads, codes.response_event_problems;
TRUNCATE codes.response_events, codes.form_responses;
ALTER TABLE codes.form_responses ALTER id TYPE bit(3) USING id::bit(3);
INSERT INTO codes.form_responses VALUES ('101', 'fa', '101', '{"a": 1}'), ('100', 'fb', '110', '{"a": 2}');
CALL load_response_events('codes', 'codes');
SELECT * FROM codes.response_events ORDER BY 1;
SELECT submission_id FROM codes.submission_loads ORDER BY 1;
DROP SCHEMA codes CASCADE;

-- The loader's parts, called by somebody else --------------------------------------------------------

CREATE SCHEMA dwh;
CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text);
CALL load_response_events('app', 'dwh');
DELETE FROM dwh.submission_loads;
DELETE FROM dwh.response_events;
CREATE FUNCTION app.say(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE WARNING 'done: %', statement;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING '% %', SQLSTATE, SQLERRM;
END $$;
CREATE FUNCTION app.call_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app.say(statement) FROM unnest(ARRAY[
        'SELECT id FROM load_rows() AS r (n int, id text)',
        'SELECT id FROM load_rows() AS r (n text, id int)',
        'SELECT user_id FROM load_rows() AS r (n int, id int, form_id text, form_name text, user_id text,
            user_full_name text, date_created timestamptz, processed_on timestamptz, has_user boolean, source text,
            responses_hash bytea, form_hash bytea, row_hash bytea, events int, problems int)',
        'SELECT id FROM load_rows() AS r (n int, id int, id2 int)',
        $s$SELECT load_change(1, 1, now(), 1, true, '', '{}'::jsonb, true, '', '', '', '', '')$s$,
        $s$SELECT load_change(1, 1, now(), '{}'::json, true, '', '{}'::jsonb, true, '', '', '', '', '')$s$,
        $s$SELECT load_change(1, 'x'::text, now(), '{}'::jsonb, true, '', '{}'::jsonb, true, '', '', '', '', '')$s$,
        $s$SELECT load_change(1, 1, now(), '{}'::jsonb, true, '', 1, true, '', '', '', '', '')$s$,
        $s$SELECT load_change(1, 1, 1, '{}'::jsonb, true, '', '{}'::jsonb, true, '', '', '', '', '')$s$,
        $s$SELECT load_change(1, 1, now(), '{}'::jsonb, true, '', '{}'::jsonb, true, '', '', '', '', NULL)$s$,
        'SELECT load_events(-1)', 'SELECT load_events(1000000)']) AS statement;
    RETURN NULL;
END $$;
CREATE TRIGGER calls AFTER INSERT ON dwh.submission_loads EXECUTE FUNCTION app.call_parts();
CALL load_response_events('app', 'dwh');
DROP TRIGGER calls ON dwh.submission_loads;
-- In the search, from a view.
CREATE SCHEMA views;
CREATE VIEW views.form_schemas AS TABLE app.form_schemas;
CREATE VIEW views.users AS TABLE app.users;
CREATE VIEW views.form_responses AS SELECT *
FROM app.form_responses WHERE load_change(1, 1, now(), 1, true, '', 1, true, '', '', '', '', '');
CREATE SCHEMA seen;
CREATE TABLE seen.response_events (submission_id int, schema_path text, value text);
CALL load_response_events('views', 'seen');
-- At the commit no part of a batch is under way.
CREATE FUNCTION app.call_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.id = 1 THEN
        SET CONSTRAINTS ALL DEFERRED;
        DELETE FROM app.form_responses WHERE id = 2;
    ELSE
        PERFORM app.say('SELECT load_events(0)');
        RAISE WARNING '% rows', (SELECT count(*) FROM load_rows() AS r (n int, id int));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER DELETE ON app.form_responses DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION app.call_late();
CREATE FUNCTION app.delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM app.form_responses WHERE id = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER deletes AFTER DELETE ON dwh.submission_loads EXECUTE FUNCTION app.delete();
UPDATE app.form_responses SET responses = '{"a": "other"}';
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id FROM dwh.submission_loads ORDER BY 1;

DROP SCHEMA app, dwh, views, seen CASCADE;

-- Columns that change between two batches ------------------------------------------------------------

CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text);
CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses jsonb,
    date_created timestamptz);
INSERT INTO app.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.form_responses SELECT n, 1, NULL, jsonb_build_object('a', n), '2026-01-01'
FROM generate_series(1, 5) AS n;
CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text);
CREATE TABLE app.alterations (n int PRIMARY KEY, statement text);
CREATE FUNCTION app.alter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE coalesce((SELECT statement FROM app.alterations WHERE n = NEW.submission_id), 'SELECT');
    RETURN NEW;
END $$;
CALL load_response_events('app', 'dwh');
TRUNCATE dwh.response_events, dwh.submission_loads;
CREATE TRIGGER alters AFTER INSERT ON dwh.submission_loads FOR EACH ROW EXECUTE FUNCTION app.alter();
INSERT INTO app.alterations VALUES (1, 'ALTER TABLE app.form_responses ALTER date_created TYPE timestamp'),
    (2, 'ALTER TABLE app.form_responses ALTER responses TYPE json'),
    (3, 'ALTER TABLE app.form_responses ALTER form_id TYPE bigint'),
    (4, 'ALTER TABLE app.form_responses ALTER id TYPE bigint');
CALL load_response_events('app', 'dwh', batch_size => 1);
CALL load_response_events('app', 'dwh', batch_size => 1);
CALL load_response_events('app', 'dwh', batch_size => 1);
CALL load_response_events('app', 'dwh', batch_size => 1);
\echo :LAST_ERROR_SQLSTATE
CALL load_response_events('app', 'dwh', batch_size => 1);
SELECT submission_id, value FROM dwh.response_events ORDER BY 1;

DROP SCHEMA app, dwh CASCADE;
