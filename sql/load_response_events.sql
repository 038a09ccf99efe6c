-- load_response_events: what it loads, what it refuses, and tables that were there before it. Kills, cancels and two
-- loaders at once are in tests/t and tests/isolation.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET jit = off;
\set SHOW_CONTEXT never
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;
INSERT INTO app.form_schemas (id, name, description, schema) VALUES
    (pg_temp.id(1), 'visit', NULL, '{"slug": "visit", "nodeType": "form", "children": [
        {"slug": "who", "nodeType": "section", "children": [
            {"slug": "name", "nodeType": "question", "answerType": "text", "tag": "member_name"},
            {"slug": "born", "nodeType": "question", "answerType": "date"}]},
        {"slug": "drug", "nodeType": "section", "children": [
            {"slug": "dose", "nodeType": "question", "answerType": "number", "tag": "dose"}]},
        {"slug": "pains", "nodeType": "question", "answerType": "text", "answerEnum": [{"value": "head"},
            {"value": "back"}]},
        {"slug": "again", "nodeType": "question", "answerType": "boolean"}]}'),
    (pg_temp.id(2), 'feedback', NULL, '{"slug": "feedback", "nodeType": "form", "children": [
        {"slug": "stars", "nodeType": "question", "answerType": "number"}]}');
INSERT INTO app.users VALUES (pg_temp.id(1), 'Ada', 'Lovelace'), (pg_temp.id(2), NULL, 'Zoé'),
    (pg_temp.id(3), NULL, NULL);
INSERT INTO app.form_responses (id, form_id, user_id, responses, date_created) VALUES
    (pg_temp.id(11), pg_temp.id(1), pg_temp.id(1),
    '{"who": {"name": "Ada", "born": "1815-12-10"}, "drug": [{"dose": 2},
    {"dose": "much"}], "pains": ["head", "toe"], "again": true}', '2026-01-11'),
    (pg_temp.id(12), pg_temp.id(1), pg_temp.id(2), '{"who": {"name": null, "nick": "Zo"}, "drug": 5, "pains": "back"}',
    '2026-01-12'),
    (pg_temp.id(13), pg_temp.id(2), pg_temp.id(3), '{"stars": 5}', '2026-01-13'),
    (pg_temp.id(14), pg_temp.id(2), NULL, '{"stars": "5"}', '2026-01-14'),
    (pg_temp.id(15), pg_temp.id(2), pg_temp.id(1), '{}', '2026-01-15'),
    (pg_temp.id(16), pg_temp.id(2), pg_temp.id(1), '[1, 2]', '2026-01-16'),
    (pg_temp.id(17), pg_temp.id(2), pg_temp.id(1), 'null', '2026-01-17');
CALL load_response_events('app', 'dwh');
SELECT right(form_id::text, 2) AS form, form_name, right(user_id::text, 2) AS "user", user_full_name,
    right(submission_id::text, 2) AS submission, submission_created::date AS created, ord, schema_path, idx, value,
    answer_type, tag, status
FROM dwh.response_events ORDER BY submission_id, ord;
SELECT form_name, user_full_name, right(submission_id::text, 2) AS submission, ord, schema_path, idx, value,
    answer_type, status FROM dwh.response_event_problems ORDER BY submission_id, ord;
SELECT right(submission_id::text, 2) AS submission, events, problems,
    responses_hash = sha256(responses::text::bytea) AS responses_right,
    form_hash = sha256(schema::text::bytea) AS form_right, l.processed_on <= now() AS processed
FROM dwh.submission_loads AS l JOIN app.form_responses AS r ON r.id = submission_id
    JOIN app.form_schemas AS f ON f.id = r.form_id ORDER BY submission_id;
-- Nothing is left to do. The next call finds what is new, whatever its date and id.
CALL load_response_events('app', 'dwh');
INSERT INTO app.form_responses VALUES (pg_temp.id(10), pg_temp.id(2), pg_temp.id(1), '{"stars": 1}', '1999-01-01');
CALL load_response_events('app', 'dwh', batch_size => 1);

-- What has been loaded is what flatten_submission says: of random documents, in batches of several sizes.
CREATE VIEW app.expected AS
SELECT f.id AS form_id, f.name AS form_name, u.id AS user_id,
    nullif(concat_ws(' ', given_name, family_name), '') AS user_full_name, r.id AS submission_id,
    date_created AS submission_created, schema_path, idx, value, answer_type, tag, ord, status
FROM app.form_responses AS r JOIN app.form_schemas AS f ON f.id = form_id
    LEFT JOIN app.users AS u ON u.id = user_id, flatten_submission(responses, schema, '{all}');
CREATE FUNCTION app.differences() RETURNS bigint LANGUAGE sql AS $$
    WITH e AS (TABLE app.expected), l AS (SELECT submission_id, events, problems FROM dwh.submission_loads),
    loaded AS (SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path, idx,
        value, answer_type, tag, ord, status FROM dwh.response_events),
    odd AS (SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path, idx,
        value, answer_type, tag, ord, status FROM dwh.response_event_problems),
    wanted AS (SELECT * FROM e WHERE status IN ('ok', 'wrong_type', 'not_in_choices')),
    wanted_odd AS (SELECT * FROM e WHERE status NOT IN ('ok', 'null', 'missing')),
    counted AS (SELECT r.id, count(e.ord) FILTER (WHERE status IN ('ok', 'wrong_type', 'not_in_choices')), count(e.ord)
        FILTER (WHERE status NOT IN ('ok', 'null', 'missing')) FROM app.form_responses AS r
        LEFT JOIN e ON submission_id = r.id GROUP BY r.id)
    SELECT (SELECT count(*) FROM ((TABLE wanted EXCEPT ALL TABLE loaded)
        UNION ALL (TABLE loaded EXCEPT ALL TABLE wanted) UNION ALL (TABLE wanted_odd EXCEPT ALL TABLE odd)
        UNION ALL (TABLE odd EXCEPT ALL TABLE wanted_odd)) AS d)
        + (SELECT count(*) FROM ((TABLE counted EXCEPT ALL TABLE l) UNION ALL (TABLE l EXCEPT ALL TABLE counted)) AS c)
$$;
SELECT app.differences();
INSERT INTO app.form_responses
SELECT pg_temp.id(1000 + n), pg_temp.id(1 + n % 2), pg_temp.id(1 + n % 3), CASE n % 2
    WHEN 0 THEN jsonb_build_object('who', jsonb_build_object('name', n, 'born', '2026-02-' || n % 32), 'drug',
        (SELECT coalesce(jsonb_agg(jsonb_build_object('dose', CASE WHEN i % 5 = 4 THEN to_jsonb('x'::text)
        ELSE to_jsonb(i) END)), '[]') FROM generate_series(1, n % 7) AS i), 'pains', '["head"]', 'again', n % 3 = 0)
    ELSE jsonb_build_object('stars', n % 6, 'other ' || n % 3, repeat('long ', n % 11)) END, '2026-02-01'
FROM generate_series(1, 500) AS n;
CALL load_response_events('app', 'dwh', batch_size => 64);
SELECT app.differences();

-- Changed -----------------------------------------------------------------------------------------

-- Nothing has changed: not a row is touched.
CREATE TABLE app.before AS SELECT 'event' AS kind, submission_id, ord, xmin::text AS version FROM dwh.response_events
    UNION ALL SELECT 'problem', submission_id, ord, xmin::text AS version FROM dwh.response_event_problems UNION ALL
    SELECT 'load', submission_id, 0, xmin::text AS version FROM dwh.submission_loads;
CREATE VIEW app.touched AS
SELECT kind, right(submission_id::text, 4) AS submission, count(b.version) AS rows_before,
    count(a.version) AS rows_behind
FROM app.before AS b FULL JOIN (SELECT 'event' AS kind, submission_id, ord, xmin::text AS version
    FROM dwh.response_events UNION ALL SELECT 'problem', submission_id, ord, xmin::text AS version
    FROM dwh.response_event_problems UNION ALL SELECT 'load', submission_id, 0, xmin::text AS version
    FROM dwh.submission_loads) AS a USING (kind, submission_id, ord)
WHERE a.version IS DISTINCT FROM b.version GROUP BY 1, 2 ORDER BY 2, 1;
CALL load_response_events('app', 'dwh', 'changed');
TABLE app.touched;
-- One answer more, one fewer, one document that is the same as jsonb, one new, one gone, one gone and back.
UPDATE app.form_responses SET responses = responses || '{"again": "perhaps"}' WHERE id = pg_temp.id(12);
UPDATE app.form_responses SET responses = '{}' WHERE id = pg_temp.id(13);
UPDATE app.form_responses SET responses = ' { "stars" : "5" } ' WHERE id = pg_temp.id(14);
DELETE FROM app.form_responses WHERE id IN (pg_temp.id(16), pg_temp.id(17), pg_temp.id(1002));
INSERT INTO app.form_responses VALUES (pg_temp.id(17), pg_temp.id(2), pg_temp.id(1), 'null', '2026-01-17'),
    (pg_temp.id(18), pg_temp.id(2), pg_temp.id(1), '{"stars": "none"}', '2026-01-18');
-- new does not look at what has been loaded
CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', 'changed');
TABLE app.touched;
SELECT app.differences();
-- A form that changes changes its submissions, and no others.
DROP TABLE app.before CASCADE;
CREATE TABLE app.before AS SELECT submission_id, ord, xmin::text AS version FROM dwh.response_events;
UPDATE app.form_schemas SET schema = replace(schema::text, '"dose", "nodeType"',
    '"dose", "answerEnum": [{"value": 2}], "nodeType"')::jsonb, name = 'visit 2' WHERE id = pg_temp.id(1);
CALL load_response_events('app', 'dwh', 'changed', batch_size => 100);
SELECT form_name, count(*) FILTER (WHERE b.version = e.xmin::text) AS untouched, count(*)
    FILTER (WHERE b.version <> e.xmin::text) AS replaced FROM dwh.response_events AS e
    JOIN app.before AS b USING (submission_id, ord) GROUP BY 1 ORDER BY 1;
SELECT app.differences();
CALL load_response_events('app', 'dwh', 'changed');
-- All of them are gone.
BEGIN;
DELETE FROM app.form_responses;
SAVEPOINT s;
CALL load_response_events('app', 'dwh', 'changed');
ROLLBACK;
CREATE TABLE app.kept AS TABLE app.form_responses;
DELETE FROM app.form_responses;
CALL load_response_events('app', 'dwh', 'changed', batch_size => 300);
CALL load_response_events('app', 'dwh', 'changed', batch_size => 300, removals => 'all');
SELECT (SELECT count(*) FROM dwh.response_events) AS events,
    (SELECT count(*) FROM dwh.response_event_problems) AS problems,
    (SELECT count(*) FROM dwh.submission_loads) AS loads;
INSERT INTO app.form_responses TABLE app.kept;
CALL load_response_events('app', 'dwh', 'changed');
SELECT app.differences();

-- Where it may commit -----------------------------------------------------------------------------

CREATE FUNCTION app.load() RETURNS void LANGUAGE plpgsql AS $$BEGIN
    EXECUTE $call$CALL load_response_events('app', 'dwh')$call$; END$$;
CREATE PROCEDURE app.load_twice() LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    CALL load_response_events('app', 'dwh', 'new', 2, submissions, events, problems, batches, removed => removed);
    RAISE WARNING '% submissions, % events, % problems, % batches', submissions, events, problems, batches;
    CALL load_response_events('app', 'dwh', 'new', 2, submissions, events, problems, batches, removed => removed);
    RAISE WARNING '% submissions, % events, % problems, % batches', submissions, events, problems, batches;
END $$;
CREATE PROCEDURE app.load_and_catch() LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    CALL load_response_events('app', 'dwh', 'new', 2, submissions, events, problems, batches, removed => removed);
EXCEPTION WHEN division_by_zero THEN
END $$;
INSERT INTO app.form_responses SELECT pg_temp.id(2000 + n), pg_temp.id(2), pg_temp.id(1), '{"stars": 1}'
    FROM generate_series(1, 5) AS n;
SELECT app.load();
CALL app.load_and_catch();
BEGIN;
CALL load_response_events('app', 'dwh');
ROLLBACK;
SELECT 1 AS one \; CALL load_response_events('app', 'dwh');
SELECT count(*) AS none_loaded FROM dwh.submission_loads WHERE submission_id > pg_temp.id(2000);
CALL app.load_twice();
-- The isolation levels that sessions have by default.
INSERT INTO app.form_responses SELECT pg_temp.id(2100 + n), pg_temp.id(2), pg_temp.id(1), '{"stars": 1}'
    FROM generate_series(1, 5) AS n;
SET default_transaction_isolation = 'serializable';
CALL load_response_events('app', 'dwh', batch_size => 3);
SHOW transaction_isolation;
RESET default_transaction_isolation;
INSERT INTO app.form_responses VALUES (pg_temp.id(2150), pg_temp.id(2), pg_temp.id(1), '{"stars": 1}');
SET default_transaction_read_only = on;
CALL load_response_events('app', 'dwh', 'changed');
RESET default_transaction_read_only;
-- Cursors and prepared statements of the session live on.
PREPARE load(text) AS SELECT count(*) FROM dwh.submission_loads WHERE $1 = 'x';
INSERT INTO app.form_responses VALUES (pg_temp.id(2200), pg_temp.id(2), pg_temp.id(1), '{"stars": 1}');
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT n FROM generate_series(1, 3) AS n;
COMMIT;
CALL load_response_events('app', 'dwh');
FETCH ALL FROM held;
EXECUTE load('x');

-- What is refused ---------------------------------------------------------------------------------

CALL load_response_events('app', 'dwh', 'newest');
CALL load_response_events('app', 'dwh', batch_size => 0);
CALL load_response_events('app', 'dwh', batch_size => -1);
CALL load_response_events('app', 'dwh', batch_size => 1000001);
CALL load_response_events('app', 'dwh', NULL);
CALL load_response_events(NULL, 'dwh');
CALL load_response_events('app', 'dwh', batch_size => NULL);
CALL load_response_events('nowhere', 'dwh');
CALL load_response_events('app', 'nowhere');
CALL load_response_events('dwh', 'app');
CALL load_response_events('app', 'public');
SELECT * FROM load_rows() AS r (n int, id uuid);
SELECT load_events(1);
ALTER TABLE app.form_responses RENAME responses TO answers;
CALL load_response_events('app', 'dwh');
ALTER TABLE app.form_responses RENAME answers TO responses;
ALTER TABLE dwh.response_events RENAME value TO answer;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events RENAME answer TO value;
-- A column of answers that is no text would show answers in its errors.
CREATE SCHEMA numbers;
CREATE TABLE numbers.response_events (submission_id uuid, schema_path text, value numeric);
CALL load_response_events('app', 'numbers');
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'numbers'::regnamespace;
CREATE VIEW numbers.form_schemas AS TABLE app.form_schemas;
CREATE VIEW numbers.users AS TABLE app.users;
CREATE VIEW numbers.form_responses AS SELECT id, form_id, user_id, responses::text, date_created
    FROM app.form_responses;
CALL load_response_events('numbers', 'dwh');

-- Rights: those of the caller, and no more than it takes.
CREATE ROLE regress_loader;
SET ROLE regress_loader;
CALL load_response_events('app', 'dwh');
RESET ROLE;
GRANT USAGE ON SCHEMA app, dwh TO regress_loader;
SET ROLE regress_loader;
CALL load_response_events('app', 'dwh');
RESET ROLE;
GRANT SELECT (id, name, schema, dialect, metadata) ON app.form_schemas TO regress_loader;
GRANT SELECT ON app.users, app.form_responses TO regress_loader;
SET ROLE regress_loader;
CALL load_response_events('app', 'dwh');
RESET ROLE;
GRANT INSERT ON dwh.response_events, dwh.response_event_problems TO regress_loader;
GRANT SELECT, INSERT ON dwh.submission_loads TO regress_loader;
INSERT INTO app.form_responses VALUES (pg_temp.id(2300), pg_temp.id(2), pg_temp.id(1), '{"stars": 1, "x": 1}');
SET ROLE regress_loader;
CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', 'changed');
RESET ROLE;
-- A policy might hide rows, which would count as gone: the server refuses.
ALTER TABLE app.form_responses ENABLE ROW LEVEL SECURITY;
SET ROLE regress_loader;
CALL load_response_events('app', 'dwh');
RESET ROLE;
ALTER TABLE app.form_responses DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON app.form_schemas, app.users, app.form_responses, dwh.response_events, dwh.response_event_problems,
    dwh.submission_loads FROM regress_loader;
REVOKE ALL ON SCHEMA app, dwh FROM regress_loader;
DROP ROLE regress_loader;

-- An answer that the target refuses keeps nothing else out, and no message shows it; load_exactly.sql has more.
ALTER TABLE dwh.response_events ADD CONSTRAINT no_secret CHECK (value <> 'the secret');
INSERT INTO app.form_responses SELECT pg_temp.id(2400 + n), pg_temp.id(2), pg_temp.id(1), CASE n
    WHEN 5 THEN '{"stars": "the secret"}' ELSE '{"stars": 3}' END::jsonb FROM generate_series(1, 6) AS n;
CALL load_response_events('app', 'dwh', batch_size => 2);
SELECT (SELECT count(*) FROM dwh.response_events WHERE submission_id > pg_temp.id(2400)) AS events,
    (SELECT count(*) FROM dwh.submission_loads WHERE submission_id > pg_temp.id(2400)) AS loads;
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events DROP CONSTRAINT no_secret;
CALL load_response_events('app', 'dwh', 'changed');
SELECT app.differences();

-- Names -------------------------------------------------------------------------------------------

-- Operators and functions of the caller's that look as those of the server.
CREATE SCHEMA evil;
CREATE FUNCTION evil.never(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION evil.never(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR evil.= (FUNCTION = evil.never, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR evil.= (FUNCTION = evil.never, LEFTARG = bytea, RIGHTARG = bytea);
CREATE OPERATOR evil.<> (FUNCTION = evil.never, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION evil.flatten_submission(jsonb, jsonb, text[]) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0';
CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$SELECT '\x00'::bytea$$;
CREATE FUNCTION evil.unnest(anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1[1] WHERE false';
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT '-infinity'::timestamptz$$;
CREATE FUNCTION evil.concat_ws(text, text, text) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$;
CREATE FUNCTION evil.load_events(int) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0';
INSERT INTO app.form_responses SELECT pg_temp.id(2500 + n), pg_temp.id(2), pg_temp.id(1), '{"stars": 3, "x": 1}'
    FROM generate_series(1, 6) AS n;
UPDATE app.form_responses SET responses = '{"stars": 2, "y": 1}' WHERE id = pg_temp.id(2401);
SET search_path = evil, pg_catalog;
CALL public.load_response_events('app', 'dwh', 'changed');
CALL public.load_response_events('app', 'dwh', 'changed');
RESET search_path;
SELECT app.differences();
DROP SCHEMA evil CASCADE;
-- The extension in another schema, which no search_path has.
CREATE SCHEMA "Some where";
ALTER EXTENSION onetrip SET SCHEMA "Some where";
UPDATE app.form_responses SET responses = '{"stars": 2, "z": 1}' WHERE id = pg_temp.id(2401);
CALL "Some where".load_response_events('app', 'dwh', 'changed');
ALTER EXTENSION onetrip SET SCHEMA public;
SELECT app.differences();
DROP SCHEMA app, dwh, numbers, "Some where" CASCADE;

-- Tables that were there ----------------------------------------------------------------------------

-- As an ORM made them: json, an enum, a key of random ids, none for (submission_id, ord), no such columns as idx, ord
-- and
-- status, others that the loader does not know. No foreign keys, so that there is everything that there should not be.
CREATE SCHEMA orm;
CREATE TYPE orm.answer_type AS ENUM ('number', 'text', 'boolean');
CREATE TABLE orm.form_schemas (id uuid PRIMARY KEY, name varchar(50), description text, schema json);
CREATE TABLE orm.users (id uuid PRIMARY KEY, given_name varchar(100), family_name varchar(100), email text);
CREATE TABLE orm.form_responses (id uuid PRIMARY KEY, form_id uuid, user_id uuid, responses json,
    date_created timestamp);
CREATE TABLE orm.response_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), form_id uuid NOT NULL, form_name varchar(50), user_id uuid,
        user_full_name varchar(201), submission_id varchar(36), submission_created timestamp, processed_on timestamp,
    schema_path text, value varchar(40), value_length int GENERATED ALWAYS AS (length(value)) STORED,
        answer_type orm.answer_type, tag varchar(30));
INSERT INTO orm.form_schemas VALUES
    (pg_temp.id(1), 'simple', NULL,
    '{"slug": "simple", "children": [{"slug": "bmi", "answerType": "number", "tag": "member_bmi"},
    {"slug": "born", "answerType": "date"}, {"slug": "note", "answerType": "text"}]}'),
    (pg_temp.id(2), 'no form', NULL, NULL), (pg_temp.id(3), 'not jsonb', NULL, '{"slug": "\u0000"}');
INSERT INTO orm.users VALUES (pg_temp.id(1), 'Grace', 'Hopper');
INSERT INTO orm.form_responses VALUES
    (pg_temp.id(21), pg_temp.id(1), pg_temp.id(1), '{"bmi": 24.50, "born": "1906-12-09"}', '2026-01-01'),
    (pg_temp.id(22), pg_temp.id(1), pg_temp.id(9), '{"bmi": 25}', '2026-01-02'),
    (pg_temp.id(23), pg_temp.id(9), pg_temp.id(1), '{"bmi": 26}', '2026-01-03'),
    (pg_temp.id(24), pg_temp.id(2), NULL, '{"bmi": 27}', NULL),
    (pg_temp.id(25), pg_temp.id(1), pg_temp.id(1), NULL, '2026-01-05'),
    (pg_temp.id(26), pg_temp.id(1), pg_temp.id(1), '{"bmi": 28, "note": "a \u0000"}', '2026-01-06'),
    (pg_temp.id(27), NULL, pg_temp.id(1), '{"bmi": 29}', '2026-01-07'),
    (pg_temp.id(28), pg_temp.id(3), pg_temp.id(1), '{"bmi": 30}', '2026-01-08');
-- The enum has no value for dates: said before anything is loaded.
CALL load_response_events('orm', 'orm');
ALTER TYPE orm.answer_type ADD VALUE 'date';
CALL load_response_events('orm', 'orm');
CALL load_response_events('orm', 'orm');
SELECT form_name, user_full_name, right(submission_id, 2) AS submission, submission_created, schema_path, value,
    value_length, answer_type, tag FROM orm.response_events ORDER BY submission_id, schema_path;
SELECT form_name, user_full_name, right(submission_id::text, 2) AS submission, ord, schema_path, value, status
    FROM orm.response_event_problems ORDER BY submission_id, ord;
SELECT right(submission_id::text, 2) AS submission, responses_hash IS NULL AS no_hash, events, problems
    FROM orm.submission_loads ORDER BY submission_id;
-- changed: the same, until what was wrong is right.
CALL load_response_events('orm', 'orm', 'changed');
UPDATE orm.form_responses SET responses = '{"bmi": 28, "note": "a"}' WHERE id = pg_temp.id(26);
INSERT INTO orm.form_schemas VALUES (pg_temp.id(9), 'late', NULL,
    '{"slug": "late", "children": [{"slug": "bmi", "answerType": "number"}]}');
CALL load_response_events('orm', 'orm', 'changed');
SELECT form_name, right(submission_id, 2) AS submission, schema_path, value FROM orm.response_events
    WHERE right(submission_id, 2) IN ('23', '26') ORDER BY 2, 3;
SELECT count(*) AS problems FROM orm.response_event_problems WHERE right(submission_id::text, 2) IN ('23', '26');
-- An answer that does not fit is refused, never cut.
UPDATE orm.form_responses SET responses = '{"note": "longer than the forty characters that its column has"}'
    WHERE id = pg_temp.id(26);
CALL load_response_events('orm', 'orm', 'changed');
ALTER TABLE orm.response_events DROP value_length, ALTER value TYPE text;
CALL load_response_events('orm', 'orm', 'changed');
-- What the target computes of an answer may fail on it.
CREATE SCHEMA computed;
CREATE TABLE computed.response_events (submission_id uuid, schema_path text, value text,
    amount numeric GENERATED ALWAYS AS (value::numeric) STORED);
CALL load_response_events('orm', 'computed');
SELECT submission_id, value FROM computed.response_events ORDER BY submission_id;
-- Names that the target demands: one row of problems for a submission without its user, until it has one.
CREATE SCHEMA strict;
CREATE TABLE strict.response_events (submission_id uuid, schema_path text, value text, user_id uuid NOT NULL,
    user_full_name text NOT NULL);
CALL load_response_events('orm', 'strict');
SELECT right(submission_id::text, 2) AS submission, user_full_name, value FROM strict.response_events
    ORDER BY submission_id, schema_path;
SELECT right(submission_id::text, 2) AS submission, ord, schema_path, value, status FROM strict.response_event_problems
    ORDER BY submission_id, ord;
CALL load_response_events('orm', 'strict', 'changed');
INSERT INTO orm.users VALUES (pg_temp.id(9), 'Katherine', NULL);
CALL load_response_events('orm', 'strict', 'changed');
SELECT right(submission_id::text, 2) AS submission, user_full_name, value FROM strict.response_events
    WHERE user_id = pg_temp.id(9);
SELECT count(*) AS problems FROM strict.response_event_problems WHERE submission_id = pg_temp.id(22);
-- Integers for ids; a partitioned target with a trigger; views of the sources.
CREATE SCHEMA ints;
CREATE TABLE ints.forms (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE ints.people (id int PRIMARY KEY, first text);
CREATE TABLE ints.form_responses (id bigint PRIMARY KEY, form_id int, user_id int, responses jsonb,
    date_created timestamptz DEFAULT '2026-01-01');
CREATE VIEW ints.form_schemas AS SELECT id, name, schema FROM ints.forms;
CREATE VIEW ints.users AS SELECT id, first AS given_name, NULL::text AS family_name FROM ints.people;
CREATE TABLE ints.response_events (submission_id bigint, schema_path text, value text, ord int, seen boolean,
    PRIMARY KEY (submission_id, ord)) PARTITION BY HASH (submission_id);
CREATE TABLE ints.part0 PARTITION OF ints.response_events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ints.part1 PARTITION OF ints.response_events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION ints.see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.seen := true; RETURN NEW; END$$;
CREATE TRIGGER see BEFORE INSERT ON ints.response_events FOR EACH ROW EXECUTE FUNCTION ints.see();
INSERT INTO ints.forms VALUES (1, 'f', '{"slug": "f", "children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO ints.people VALUES (1, 'Ada');
INSERT INTO ints.form_responses SELECT n, 1, 1, jsonb_build_object('a', n, 'b', n) FROM generate_series(1, 100) AS n;
CALL load_response_events('ints', 'ints', batch_size => 30);
SELECT tableoid::regclass AS part, count(*) > 0 AS used, bool_and(seen) AS seen FROM ints.response_events
    GROUP BY 1 ORDER BY 1;
SELECT attrelid::regclass AS "table", attname AS "column", atttypid::regtype AS type FROM pg_attribute
    WHERE attrelid IN ('ints.submission_loads'::regclass, 'ints.response_event_problems'::regclass)
    AND attname LIKE '%\_id' ORDER BY 1, 2;
SELECT count(*) AS events, (SELECT count(*) FROM ints.response_event_problems
    WHERE user_full_name = 'Ada' AND status = 'unknown') AS problems FROM ints.response_events;
DROP SCHEMA orm, strict, ints CASCADE;
