-- load_response_events: what its page says in half a sentence. Names of forms, dates and time zones, the clock, users
-- that a foreign key demands, what is gone and comes back, and which errors are refusals.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text);
CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses jsonb,
    date_created timestamp);
CREATE TABLE dwh.response_events (submission_id int, user_id int REFERENCES app.users ON DELETE SET NULL,
    user_full_name text, form_name text, value text, schema_path text, processed_on timestamptz);
INSERT INTO app.form_schemas
SELECT n, 'form ' || lpad(n::text, 2, '0'), '{"children": [{"slug": "a", "answerType": "text"}]}'
FROM generate_series(1, 23) AS n;
INSERT INTO app.form_responses SELECT n, n % 2 + 1, n, jsonb_build_object('a', n),
    timestamp '2026-01-01' + n * interval '1 hour'
FROM generate_series(1, 6) AS n;
INSERT INTO app.form_responses VALUES (7, 1, NULL, '{"a": 7}', NULL);

-- The first twenty names of forms, of more.
CALL load_response_events('app', 'dwh', form_name => 'form');
DELETE FROM app.form_schemas WHERE id > 20;
CALL load_response_events('app', 'dwh', form_name => 'form');
\echo :LAST_ERROR_SQLSTATE
CREATE SCHEMA none;
CREATE VIEW none.form_schemas AS SELECT * FROM app.form_schemas WHERE false;
CREATE VIEW none.users AS TABLE app.users;
CREATE VIEW none.form_responses AS TABLE app.form_responses;
CALL load_response_events('none', 'dwh', form_name => 'form');

-- A timestamp is at or after a moment by the session's time zone; NULL is not at or after any.
SET timezone = 'Etc/GMT-2';
CALL load_response_events('app', 'dwh', since => '2026-01-01 04:00Z');
SET timezone = 'UTC';
CALL load_response_events('app', 'dwh', since => '2026-01-01 05:00Z');
SELECT submission_id FROM dwh.response_events ORDER BY 1;
CALL load_response_events('app', 'dwh', since => '2026-01-01 04:00Z');
CALL load_response_events('app', 'dwh', since => '-infinity');
CALL load_response_events('app', 'dwh');

-- A column that has no dates has none at or after a moment.
CREATE SCHEMA dates;
SELECT create_submission_tables('dates', 'dates');
ALTER TABLE dates.form_responses ALTER date_created TYPE text;
ALTER TABLE dates.response_events ALTER submission_created TYPE text;
ALTER TABLE dates.response_event_problems ALTER submission_created TYPE text;
CALL load_response_events('dates', 'dates', since => '-infinity');
DROP SCHEMA dates CASCADE;

-- Users that a foreign key demands: without one an event has no user, and has it when it comes.
SELECT count(*), count(user_id), count(user_full_name) FROM dwh.response_events;
INSERT INTO app.users VALUES (1, 'Ada', 'Lovelace'), (2, 'Grace', NULL);
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id, user_full_name FROM dwh.response_events WHERE user_full_name IS NOT NULL ORDER BY 1;
DELETE FROM app.users WHERE id = 1;
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id, user_full_name FROM dwh.response_events WHERE submission_id < 3 ORDER BY 1;
-- What the foreign key keeps out is written as soon as it is dropped, and goes again with it; nothing else is replaced.
-- It is the same for the table of problems, which has none.
UPDATE app.form_responses SET responses = responses || '{"x": 1}';
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id FROM dwh.response_event_problems ORDER BY 1;
ALTER TABLE dwh.response_events DROP CONSTRAINT response_events_user_id_fkey;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id FROM dwh.response_events ORDER BY 1;
ALTER TABLE dwh.response_event_problems ADD FOREIGN KEY (user_id) REFERENCES app.users NOT VALID;
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id FROM dwh.response_event_problems ORDER BY 1;
ALTER TABLE dwh.response_event_problems DROP CONSTRAINT response_event_problems_user_id_fkey;
ALTER TABLE dwh.response_events ADD FOREIGN KEY (user_id) REFERENCES app.users ON DELETE SET NULL NOT VALID;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, user_id FROM dwh.response_events ORDER BY 1;
SELECT submission_id, user_id FROM dwh.response_event_problems ORDER BY 1;

-- A clock that was set back: each batch is later than all before it.
UPDATE dwh.submission_loads SET processed_on = '2100-01-01' WHERE submission_id = 3;
UPDATE app.form_responses SET responses = '{"a": "late"}' WHERE id IN (1, 2);
CALL load_response_events('app', 'dwh', 'changed', batch_size => 1);
SELECT submission_id, processed_on - timestamptz '2100-01-01' AS later FROM dwh.response_events WHERE value = 'late'
ORDER BY 1;
UPDATE dwh.submission_loads SET processed_on = '2026-01-01';

-- The guard looks at what the form, or the time, has loaded alone.
DELETE FROM app.form_responses WHERE form_id = 2;
CALL load_response_events('app', 'dwh', 'changed', form_name => 'form 02');
\echo :LAST_ERROR_SQLSTATE
CALL load_response_events('app', 'dwh', 'changed', form_name => 'form 01');
CALL load_response_events('app', 'dwh', 'changed', since => '2026-01-01 05:00Z');
SELECT submission_id FROM dwh.response_events ORDER BY 1;
-- Gone when the load began, and back when its batch comes: it stays. So does what goes meanwhile, until the next load.
CREATE FUNCTION app.come_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.submission_id = 1 THEN
        INSERT INTO app.form_responses VALUES (3, 2, 2, '{"a": 3}', timestamp '2026-01-01 03:00');
        DELETE FROM app.form_responses WHERE id = 7;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comes_back AFTER DELETE ON dwh.submission_loads FOR EACH ROW EXECUTE FUNCTION app.come_back();
CALL load_response_events('app', 'dwh', 'changed', batch_size => 1);
SELECT submission_id FROM dwh.response_events ORDER BY 1;
DROP TRIGGER comes_back ON dwh.submission_loads;
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id FROM dwh.response_events ORDER BY 1;

-- Which errors are refusals, by class: the others stop the load, and nothing of it is kept. No message of any shows
-- the answer.
CREATE FUNCTION app.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = 'secret ' || NEW.value, ERRCODE = current_setting('app.state'),
        DETAIL = NEW.value, HINT = NEW.value;
END $$;
CREATE TRIGGER fails BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION app.fail();
CREATE PROCEDURE app.try(state text) LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads;
    PERFORM set_config('app.state', state, false);
    COMMIT;
    CALL load_response_events('app', 'dwh', submissions => submissions, events => events, problems => problems,
        batches => batches, removed => removed);
    RAISE WARNING '%: % refused, %', state, submissions, (SELECT min(value) FROM dwh.response_event_problems);
END $$;
CALL app.try('22012');
CALL app.try('23514');
CALL app.try('42601');
CALL app.try('54000');
CALL app.try('0A000');
CALL app.try('P0001');
CALL app.try('HV000');
CALL app.try('ABCDE');
CALL app.try('08006');
CALL app.try('25001');
CALL app.try('40001');
CALL app.try('40P01');
CALL app.try('42501');
CALL app.try('53100');
CALL app.try('54001');
CALL app.try('55P03');
CALL app.try('57014');
CALL app.try('58030');
CALL app.try('XX000');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM dwh.submission_loads;
DROP TRIGGER fails ON dwh.response_events;

-- A procedure with a SET clause may not commit.
CREATE PROCEDURE app.set_and_load() LANGUAGE plpgsql SET work_mem = '1MB' AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    CALL load_response_events('app', 'dwh', submissions => submissions, events => events, problems => problems,
        batches => batches, removed => removed);
END $$;
CALL app.set_and_load();
-- Nor may one that is SECURITY DEFINER.
ALTER PROCEDURE app.set_and_load RESET work_mem SECURITY DEFINER;
CALL app.set_and_load();

DROP SCHEMA app, dwh, none CASCADE;
