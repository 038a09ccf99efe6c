-- load_response_events counts, compares and removes exactly: what is written is what is compared, what is absent
-- is not gone until that is sure, and an answer that the target refuses keeps nothing else out.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, version, schema) SELECT pg_temp.id(n), 'visit', n::text,
    '{"children": [{"slug": "a", "answerType": "text"}]}' FROM generate_series(1, 2) AS n;
INSERT INTO app.form_schemas (id, name, schema) VALUES (pg_temp.id(3), 'other',
    '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.users VALUES (pg_temp.id(1), 'Ada', 'Lovelace'), (pg_temp.id(2), 'Grace', 'Hopper');
INSERT INTO app.form_responses
SELECT pg_temp.id(n), pg_temp.id(1), pg_temp.id(1), jsonb_build_object('a', 'answer ' || n), '2026-01-01'
FROM generate_series(1, 12) AS n;
CREATE VIEW app.loaded AS
    SELECT right(submission_id::text, 2) AS submission, right(form_id::text, 1) AS form, form_name,
    right(user_id::text, 1) AS "user", user_full_name, submission_created::date AS created, value
FROM dwh.response_events ORDER BY submission_id, ord;

-- What is written is what is compared --------------------------------------------------------------

CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', 'changed');
UPDATE app.form_responses SET form_id = pg_temp.id(2) WHERE id = pg_temp.id(1);
UPDATE app.form_responses SET user_id = pg_temp.id(2) WHERE id = pg_temp.id(2);
UPDATE app.form_responses SET date_created = '2026-02-02' WHERE id = pg_temp.id(3);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM app.loaded WHERE submission IN ('01', '02', '03', '04');
-- A user is renamed, and another erased: its name goes, and with a foreign key on the target its id as well.
ALTER TABLE app.form_responses DROP CONSTRAINT form_responses_user_id_fkey;
UPDATE app.users SET given_name = 'Augusta Ada' WHERE id = pg_temp.id(1);
DELETE FROM app.users WHERE id = pg_temp.id(2);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM app.loaded WHERE submission IN ('01', '02');
INSERT INTO app.users VALUES (pg_temp.id(2), 'Grace', 'Hopper');
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM app.loaded WHERE submission = '02';
UPDATE app.form_schemas SET name = 'another' WHERE id = pg_temp.id(2);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM app.loaded WHERE submission = '01';
-- A setting of the session changes nothing; a column that is added later is filled.
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
CALL load_response_events('app', 'dwh', 'changed');
RESET timezone;
SET datestyle = 'ISO';
ALTER TABLE dwh.response_events DROP COLUMN form_name CASCADE;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.response_events ADD COLUMN form_name text;
CALL load_response_events('app', 'dwh', 'changed');
SELECT form_name, count(*) FROM dwh.response_events GROUP BY 1 ORDER BY 1;
ALTER TABLE dwh.response_events DROP COLUMN tag;
ALTER TABLE dwh.response_events ADD COLUMN tag text;
UPDATE dwh.submission_loads SET row_hash = NULL;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
-- A status that another takes the place of.
CREATE SCHEMA texts;
CREATE VIEW texts.form_schemas AS TABLE app.form_schemas;
CREATE VIEW texts.users AS TABLE app.users;
CREATE TABLE texts.form_responses (id uuid PRIMARY KEY, form_id uuid,
    user_id uuid, responses json, date_created date);
CREATE TABLE texts.response_events (submission_id uuid, schema_path text, value text, user_full_name text NOT NULL);
INSERT INTO texts.form_responses VALUES (pg_temp.id(1), pg_temp.id(1), pg_temp.id(9), '{"a": "\u0000"}');
CALL load_response_events('texts', 'texts');
SELECT status, ord, schema_path, value FROM texts.response_event_problems;
UPDATE texts.form_responses SET responses = '{"a": 1}';
CALL load_response_events('texts', 'texts', 'changed');
SELECT status FROM texts.response_event_problems;
INSERT INTO app.users VALUES (pg_temp.id(9), 'Nine', NULL);
CALL load_response_events('texts', 'texts', 'changed');
SELECT user_full_name, value FROM texts.response_events;
DROP SCHEMA texts CASCADE;

-- Absence is not deletion until that is sure -------------------------------------------------------

CREATE SCHEMA app2;
CREATE TABLE app2.form_schemas AS TABLE app.form_schemas;
CREATE TABLE app2.users AS TABLE app.users;
CREATE TABLE app2.form_responses AS SELECT pg_temp.id(100 + n) AS id, form_id, user_id, responses, date_created
FROM app.form_responses, generate_series(1, 2) AS n WHERE id = pg_temp.id(1);
CALL load_response_events('app2', 'dwh', 'changed');
SELECT source, count(*) FROM dwh.submission_loads GROUP BY 1 ORDER BY 1;
-- Ids of one source that are another's.
INSERT INTO app2.form_responses SELECT * FROM app.form_responses WHERE id < pg_temp.id(4);
CALL load_response_events('app2', 'dwh');
DELETE FROM app2.form_responses WHERE id < pg_temp.id(4);
-- A part is gone, and is removed and counted; a tenth of more than a thousand may be, all may not.
DELETE FROM app.form_responses WHERE id IN (pg_temp.id(11), pg_temp.id(12));
CALL load_response_events('app', 'dwh', 'changed');
CREATE TABLE app.kept AS TABLE app.form_responses;
DELETE FROM app.form_responses;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed', removals => 'none');
CALL load_response_events('app', 'dwh', 'changed', removals => 'some');
CALL load_response_events('app', 'dwh', 'changed', removals => NULL);
INSERT INTO app.form_responses TABLE app.kept;
CALL load_response_events('app', 'dwh', 'changed');
INSERT INTO app.form_responses SELECT pg_temp.id(1000 + n), pg_temp.id(3), NULL, '{}', '2026-03-01'
FROM generate_series(1, 490) AS n;
CALL load_response_events('app', 'dwh');
DELETE FROM app.form_responses WHERE id BETWEEN pg_temp.id(1001) AND pg_temp.id(1101);
CALL load_response_events('app', 'dwh', 'changed');
INSERT INTO app.form_responses VALUES (pg_temp.id(1001), pg_temp.id(3), NULL, '{}', '2026-03-01');
CALL load_response_events('app', 'dwh', 'changed');
-- Row security hides nothing: the server refuses, also through a view that has the rights of its reader.
CREATE ROLE regress_exactly;
CREATE SCHEMA seen;
CREATE TABLE seen.all_responses AS TABLE app.form_responses;
ALTER TABLE seen.all_responses ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON seen.all_responses USING (id < pg_temp.id(3));
CREATE VIEW seen.form_responses WITH (security_invoker) AS TABLE seen.all_responses;
CREATE VIEW seen.form_schemas AS TABLE app.form_schemas;
CREATE VIEW seen.users AS TABLE app.users;
CREATE TABLE seen.response_events (submission_id uuid, schema_path text, value text);
GRANT ALL ON SCHEMA seen TO regress_exactly;
GRANT ALL ON ALL TABLES IN SCHEMA seen TO regress_exactly;
SET ROLE regress_exactly;
CALL load_response_events('seen', 'seen', 'changed');
RESET ROLE;
CALL load_response_events('seen', 'seen', 'changed');
DROP SCHEMA seen CASCADE;
DROP ROLE regress_exactly;

-- A part of the forms, or of the time --------------------------------------------------------------

CREATE SCHEMA part;
CREATE TABLE part.response_events (LIKE dwh.response_events INCLUDING ALL);
CALL load_response_events('app', 'part', form_name => 'nothing');
CALL load_response_events('app', 'part', form_name => 'another');
CALL load_response_events('app', 'part', since => '2026-02-01', form_name => 'visit');
CALL load_response_events('app', 'part', form_name => 'visit');
UPDATE app.form_responses SET form_id = pg_temp.id(3) WHERE id = pg_temp.id(5);
DELETE FROM app.form_responses WHERE id IN (pg_temp.id(6), pg_temp.id(1001));
CALL load_response_events('app', 'part', 'changed', form_name => 'visit');
SELECT form_name, count(*) FROM part.response_events GROUP BY 1 ORDER BY 1;
CALL load_response_events('app', 'part', 'changed', since => '2026-03-01');
CALL load_response_events('app', 'part', 'changed', since => '2026-03-01');
UPDATE app.form_schemas SET dialect = 'typeform' WHERE id = pg_temp.id(3);
CALL load_response_events('app', 'part');
CALL load_response_events('app', 'part', form_name => 'visit');
DROP SCHEMA part, app2 CASCADE;
DROP SCHEMA app, dwh CASCADE;

-- Refused ------------------------------------------------------------------------------------------

CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema) VALUES (pg_temp.id(1), 'f',
    '{"children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "answerType": "text"}]}');
INSERT INTO app.form_responses (id, form_id, responses)
SELECT pg_temp.id(n), pg_temp.id(1), jsonb_build_object('a', 'answer ' || n, 'b', n % 10)
    FROM generate_series(1, 40) AS n;
CREATE VIEW app.refused AS
    SELECT right(submission_id::text, 2) AS submission, p.ord, schema_path, idx, p.value, p.status,
    events, problems, coalesce(responses_hash, form_hash, row_hash) IS NULL AS no_hash,
    l.processed_on = p.processed_on AS one
FROM dwh.response_event_problems AS p JOIN dwh.submission_loads AS l USING (submission_id)
    ORDER BY submission_id, p.ord;
ALTER TABLE dwh.response_events ADD CONSTRAINT no_seven CHECK (value <> 'answer 7');
CREATE FUNCTION dwh.look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF NEW.value = 'answer 13' THEN RAISE 'the secret %', NEW.value USING ERRCODE = 'PX001'; END IF;
    IF NEW.value = 'answer 14' THEN EXECUTE format('SELECT %L::int', NEW.value); END IF;
    RETURN NEW;
END$$;
CREATE TRIGGER look BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION dwh.look();
CREATE TABLE dwh.known (value text PRIMARY KEY);
INSERT INTO dwh.known SELECT 'answer ' || n FROM generate_series(1, 40) AS n UNION SELECT n::text
    FROM generate_series(0, 9) AS n;
DELETE FROM dwh.known WHERE value = 'answer 20';
ALTER TABLE dwh.response_events ADD FOREIGN KEY (value) REFERENCES dwh.known DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE dwh.response_events ADD FOREIGN KEY (submission_id) REFERENCES dwh.submission_loads
    DEFERRABLE INITIALLY DEFERRED;
CALL load_response_events('app', 'dwh');
TABLE app.refused;
SELECT count(DISTINCT submission_id) AS loaded, count(DISTINCT processed_on) AS times FROM dwh.response_events;
-- new leaves them alone; changed tries them, and leaves what is refused as it was.
CREATE TABLE app.before AS SELECT submission_id, xmin::text AS version FROM dwh.submission_loads;
CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', 'changed');
SELECT count(*) AS untouched FROM app.before AS b JOIN dwh.submission_loads AS l USING (submission_id)
    WHERE version = l.xmin::text;
-- One is refused for another reason, one is repaired, one that was loaded is refused now.
UPDATE app.form_responses SET responses = '{"a": "answer 13"}' WHERE id = pg_temp.id(7);
UPDATE app.form_responses SET responses = '{"a": "answer 1"}' WHERE id = pg_temp.id(20);
UPDATE app.form_responses SET responses = '{"a": "answer 7"}' WHERE id = pg_temp.id(30);
CALL load_response_events('app', 'dwh', 'changed', batch_size => 3);
TABLE app.refused;
SELECT right(submission_id::text, 2) AS submission, value FROM dwh.response_events
WHERE submission_id IN (pg_temp.id(20), pg_temp.id(30));
-- A hundred that are refused for one reason: the target is wrong.
INSERT INTO app.form_responses (id, form_id, responses)
SELECT pg_temp.id(1000 + n), pg_temp.id(1), '{"a": "answer 7"}' FROM generate_series(1, 150) AS n;
CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', batch_size => 1);
SELECT count(*) FROM dwh.submission_loads;
-- Fewer are answers.
DELETE FROM app.form_responses WHERE id > pg_temp.id(1090);
CALL load_response_events('app', 'dwh');
INSERT INTO app.form_responses (id, form_id, responses)
SELECT pg_temp.id(1000 + n), pg_temp.id(1), '{"a": "answer 7"}' FROM generate_series(91, 150) AS n;
CALL load_response_events('app', 'dwh', batch_size => 50);
SELECT count(*) FROM dwh.submission_loads;
-- Those that are known as refused do not stop a later load.
INSERT INTO app.form_responses (id, form_id, responses) VALUES (pg_temp.id(2000), pg_temp.id(1), '{"a": "answer 9"}');
CALL load_response_events('app', 'dwh', 'changed');
-- The target is wrong as well if it takes no problem.
INSERT INTO app.form_responses (id, form_id, responses) VALUES (pg_temp.id(2001), pg_temp.id(1), '{"a": "answer 7"}');
ALTER TABLE dwh.response_event_problems ADD CONSTRAINT no_refusals CHECK (status <> 'refused') NOT VALID;
CALL load_response_events('app', 'dwh');
SELECT count(*) FROM dwh.submission_loads WHERE submission_id = pg_temp.id(2001);
DROP SCHEMA app, dwh CASCADE;

-- No answer in a message ---------------------------------------------------------------------------

CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema)
    VALUES (pg_temp.id(1), 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.form_responses (id, form_id, responses) VALUES (pg_temp.id(1), pg_temp.id(1), '{"a": "SECRET & ("}');
ALTER TABLE dwh.response_events ADD COLUMN query tsquery GENERATED ALWAYS AS (value::tsquery) STORED;
ALTER TABLE dwh.response_event_problems ADD COLUMN query tsquery
    GENERATED ALWAYS AS ((value || ' & (')::tsquery) STORED;
\set SHOW_CONTEXT always
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_event_problems DROP COLUMN query;
CREATE FUNCTION dwh.fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    EXECUTE format('SELECT 1 / 0, %L', NEW.value); RETURN NEW;
EXCEPTION WHEN division_by_zero THEN RAISE 'no room for %', NEW.value USING ERRCODE = 'disk_full',
    DETAIL = NEW.value; END$$;
ALTER TABLE dwh.response_events DROP COLUMN query;
CREATE TRIGGER fail BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION dwh.fail();
CALL load_response_events('app', 'dwh');
DROP TRIGGER fail ON dwh.response_events;
-- A view that computes something of an answer, in the search and in a batch.
ALTER TABLE app.form_responses RENAME TO raw;
CREATE VIEW app.form_responses AS SELECT id, form_id, user_id, responses, date_created FROM app.raw
    WHERE (responses ->> 'a')::int > 0;
CALL load_response_events('app', 'dwh');
DROP VIEW app.form_responses;
CREATE VIEW app.form_responses AS
    SELECT id, form_id, user_id, ('[' || (responses ->> 'a'))::jsonb AS responses, date_created FROM app.raw;
CALL load_response_events('app', 'dwh');
\set SHOW_CONTEXT never
DROP SCHEMA app, dwh CASCADE;

-- Ids and types ------------------------------------------------------------------------------------

CREATE SCHEMA ids;
CREATE TYPE ids.pair AS (a int, b text);
CREATE TABLE ids.form_schemas (id ids.pair PRIMARY KEY, name text, schema jsonb);
CREATE TABLE ids.users (id int[] PRIMARY KEY, given_name text, family_name text);
CREATE TABLE ids.form_responses (id int[] PRIMARY KEY, form_id ids.pair, user_id int[],
    responses jsonb, date_created timestamp);
CREATE TABLE ids.response_events (submission_id int[],
    user_id int[], form_id ids.pair, user_full_name text, schema_path text, value text);
INSERT INTO ids.form_schemas VALUES ((1, 'x'), 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO ids.users VALUES ('{7,8}', 'Ada', NULL);
INSERT INTO ids.form_responses VALUES ('{2,1}', (1, 'x'), '{7,8}', '{"a": 1}'), ('{1}', (1, 'x'), '{}', '{"a": 2}');
CALL load_response_events('ids', 'ids', batch_size => 1);
UPDATE ids.form_responses SET responses = '{"a": 3}' WHERE id = '{1}';
CALL load_response_events('ids', 'ids', 'changed');
SELECT * FROM ids.response_events ORDER BY submission_id;
DROP SCHEMA ids CASCADE;
-- What has an equality of its own is compared by it: here text without regard to case.
CREATE COLLATION ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE SCHEMA ids;
CREATE TABLE ids.form_schemas (id text COLLATE ignoring_case PRIMARY KEY, name text, schema jsonb);
CREATE TABLE ids.users (id varchar(9), given_name text, family_name text);
CREATE TABLE ids.form_responses (id text, form_id text COLLATE ignoring_case, user_id text,
    responses jsonb, date_created timestamp);
CREATE TABLE ids.response_events (submission_id text, schema_path text, value text);
INSERT INTO ids.form_schemas VALUES ('Visit', 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO ids.form_responses VALUES ('s', 'visit', 'u', '{"a": 1}');
CALL load_response_events('ids', 'ids');
SELECT events FROM ids.submission_loads;
-- Ids that are there twice, or are none.
INSERT INTO ids.form_responses VALUES ('s', 'visit', 'u', '{"a": 1}');
CALL load_response_events('ids', 'ids');
UPDATE ids.form_responses SET id = NULL;
CALL load_response_events('ids', 'ids');
DELETE FROM ids.form_responses;
INSERT INTO ids.users VALUES ('u'), ('u');
CALL load_response_events('ids', 'ids');
ALTER TABLE ids.users ALTER id TYPE int USING 1;
CALL load_response_events('ids', 'ids');
ALTER TABLE ids.form_responses ALTER id TYPE point USING NULL;
DROP TABLE ids.submission_loads;
CALL load_response_events('ids', 'ids');
DROP SCHEMA ids CASCADE;
DROP COLLATION ignoring_case;
-- Text that is stored as it is, and enums with all that may have to be written.
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
ALTER TABLE dwh.response_events ALTER schema_path TYPE name;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events ALTER schema_path TYPE char(100);
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events ALTER schema_path TYPE varchar(100);
CREATE TYPE dwh.status AS ENUM ('ok', 'wrong_type');
ALTER TABLE dwh.response_events ALTER status TYPE dwh.status USING status::dwh.status;
CALL load_response_events('app', 'dwh');
ALTER TYPE dwh.status ADD VALUE 'not_in_choices';
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_event_problems ALTER status TYPE dwh.status USING status::dwh.status;
CALL load_response_events('app', 'dwh');
DROP SCHEMA app, dwh CASCADE;

-- A ledger of 0.1 ----------------------------------------------------------------------------------

CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema)
    VALUES (pg_temp.id(1), 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.form_responses (id, form_id, responses) SELECT pg_temp.id(n), pg_temp.id(1), '{"a": 1}'
    FROM generate_series(1, 5) AS n;
DROP TABLE dwh.submission_loads;
CREATE TABLE dwh.submission_loads (submission_id uuid PRIMARY KEY, responses_hash bytea, form_hash bytea,
    events int NOT NULL, problems int NOT NULL, processed_on timestamptz NOT NULL);
INSERT INTO dwh.submission_loads
    SELECT pg_temp.id(n), sha256('{"a": 1}'), sha256(schema::text::bytea), 1, 0, timestamptz '2026-01-01'
FROM app.form_schemas, generate_series(1, 3) AS n UNION ALL SELECT pg_temp.id(9), NULL, NULL, 0, 1, '2026-01-01';
INSERT INTO dwh.response_events (submission_id, processed_on, schema_path, idx, value, ord, status)
SELECT pg_temp.id(n), '2026-01-01', 'a', '{}', 1, 1, 'ok' FROM generate_series(1, 3) AS n;
CREATE ROLE regress_exactly;
GRANT USAGE ON SCHEMA app, dwh TO regress_exactly;
GRANT ALL ON ALL TABLES IN SCHEMA app, dwh TO regress_exactly;
SET ROLE regress_exactly;
CALL load_response_events('app', 'dwh');
RESET ROLE;
DO $$
DECLARE
    s bigint; e bigint; p bigint; b bigint; r bigint;
BEGIN
    CALL load_response_events('app', 'dwh', submissions => s, events => e, problems => p, batches => b, removed => r);
    RAISE WARNING '% % % % %', s, e, p, b, r;
END$$;
SELECT right(submission_id::text, 1) AS submission, source, row_hash IS NULL AS no_row_hash
    FROM dwh.submission_loads ORDER BY submission_id;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
SELECT right(submission_id::text, 1) AS submission, source, form_id IS NULL AS no_form, row_hash IS NULL AS no_row_hash
FROM dwh.submission_loads ORDER BY submission_id;
DROP OWNED BY regress_exactly;
DROP ROLE regress_exactly;
DROP SCHEMA app, dwh CASCADE;
