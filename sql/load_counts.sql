-- What load_response_events counts is what the target has taken; what it takes of questions of nodeType metadata; and
-- that the size of a batch makes no difference to when a load stops.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text);
CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses jsonb, date_created date);
CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text, status text, ord int);
INSERT INTO app.form_schemas VALUES (1, 'f', '{"reading": "keys", "children": [{"slug": "a", "answerType": "text"},
    {"slug": "n", "answerType": "number"}, {"slug": "phone", "nodeType": "metadata", "answerType": "number"},
    {"slug": "place", "nodeType": "metadata", "children": [{"slug": "lat", "answerType": "text"}]}]}');
INSERT INTO app.form_responses SELECT n, 1, NULL, jsonb_build_object('a', n, 'n', 'none', 'odd', 1), '2026-01-01'
FROM generate_series(1, 6) AS n;
CREATE PROCEDURE app.empty() LANGUAGE sql AS
'TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads';
CALL load_response_events('app', 'dwh');
-- What the ledger counts next to what is there.
CREATE VIEW app.counted AS
SELECT sum(events) AS events, (SELECT count(*) FROM dwh.response_events) AS there, sum(problems) AS problems,
    (SELECT count(*) FROM dwh.response_event_problems) AS "problems there" FROM dwh.submission_loads;
SELECT * FROM app.counted;

-- Rows that a trigger leaves out, of either table; of one submission all.
CALL app.empty();
CREATE FUNCTION app.leave_out() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RETURN CASE WHEN NEW.submission_id = 2 OR NEW.schema_path = TG_ARGV[0] THEN NULL ELSE NEW END; END';
CREATE TRIGGER drops BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION app.leave_out('a');
CREATE TRIGGER drops BEFORE INSERT ON dwh.response_event_problems FOR EACH ROW EXECUTE FUNCTION app.leave_out('odd');
CALL load_response_events('app', 'dwh', batch_size => 4);
SELECT * FROM app.counted;
CALL load_response_events('app', 'dwh', 'changed');
UPDATE app.form_responses SET responses = responses || '{"b": 2}' WHERE id IN (2, 3);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM app.counted;
DROP TRIGGER drops ON dwh.response_events;
DROP TRIGGER drops ON dwh.response_event_problems;

-- Rules that leave rows out, or all, and one that puts them elsewhere: nothing can come back of these.
CALL app.empty();
CREATE RULE drops AS ON INSERT TO dwh.response_events WHERE NEW.schema_path = 'a' DO INSTEAD NOTHING;
CALL load_response_events('app', 'dwh');
SELECT * FROM app.counted;
DROP RULE drops ON dwh.response_events;
CALL app.empty();
CREATE TABLE dwh.elsewhere (LIKE dwh.response_events);
CREATE RULE elsewhere AS ON INSERT TO dwh.response_events DO INSTEAD INSERT INTO dwh.elsewhere VALUES (NEW.*);
CALL load_response_events('app', 'dwh');
SELECT * FROM app.counted;
SELECT count(*) FROM dwh.elsewhere;
DROP RULE elsewhere ON dwh.response_events;
CALL app.empty();
CREATE RULE nowhere AS ON INSERT TO dwh.response_events DO INSTEAD NOTHING;
CALL load_response_events('app', 'dwh', batch_size => 4);
SELECT * FROM app.counted;
DROP RULE nowhere ON dwh.response_events;

-- What keeps rows out of the ledger would have submissions loaded again and again.
CALL app.empty();
CREATE TRIGGER drops BEFORE INSERT ON dwh.submission_loads FOR EACH ROW EXECUTE FUNCTION app.leave_out('');
ALTER TABLE dwh.submission_loads ADD schema_path text;
CALL load_response_events('app', 'dwh');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM app.counted;
DROP TRIGGER drops ON dwh.submission_loads;

-- Questions of nodeType metadata: neither events nor problems, unless the form's row says so.
UPDATE app.form_responses SET responses = responses || '{"phone": "none", "place": {"lat": "1"}}';
CALL load_response_events('app', 'dwh');
SELECT schema_path, count(*) FROM dwh.response_events GROUP BY 1 ORDER BY 1;
ALTER TABLE app.form_schemas ADD metadata boolean;
CALL load_response_events('app', 'dwh', 'changed');
UPDATE app.form_schemas SET metadata = true;
CALL load_response_events('app', 'dwh', 'changed');
SELECT schema_path, count(*) FROM dwh.response_events GROUP BY 1 ORDER BY 1;
SELECT schema_path, status, count(*) FROM dwh.response_event_problems GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE app.form_schemas SET metadata = false;
CALL load_response_events('app', 'dwh', 'changed');
SELECT schema_path, count(*) FROM dwh.response_events GROUP BY 1 ORDER BY 1;
-- The parts of an answer are left out with it.
INSERT INTO app.form_schemas VALUES (2, 'g',
    '{"reading": "items", "children": [{"slug": "c", "nodeType": "metadata", "answerType": "text"}]}', NULL);
INSERT INTO app.form_responses VALUES (100, 2, NULL,
    '{"item": [{"linkId": "c", "answer": [{"valueCoding": {"code": "Y", "display": "Yes"}}]}]}', '2026-01-01');
SELECT e.schema_path, e.status FROM app.form_responses AS r JOIN app.form_schemas AS f ON f.id = r.form_id,
    flatten_submission(responses, schema, '{part}') AS e WHERE r.id = 100;
CALL load_response_events('app', 'dwh');
SELECT schema_path, status FROM dwh.response_events WHERE submission_id = 100;
CREATE ROLE regress_counts;
GRANT USAGE ON SCHEMA app, dwh TO regress_counts;
GRANT ALL ON ALL TABLES IN SCHEMA app, dwh TO regress_counts;
REVOKE SELECT ON app.form_schemas FROM regress_counts;
GRANT SELECT (id, name, schema) ON app.form_schemas TO regress_counts;
SET ROLE regress_counts;
CALL load_response_events('app', 'dwh');
RESET ROLE;
DROP OWNED BY regress_counts;
DROP ROLE regress_counts;

-- A target that refuses the first hundred submissions is wrong; one that takes any before is not. Whatever the batch.
DELETE FROM app.form_responses;
INSERT INTO app.form_responses SELECT n, 1, NULL, jsonb_build_object('a', n), '2026-01-01'
FROM generate_series(1, 250) AS n;
CREATE PROCEDURE app.try(refused text, batch_size int, target text DEFAULT 'response_events') LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    CALL app.empty();
    EXECUTE format('ALTER TABLE dwh.%I DROP CONSTRAINT IF EXISTS refused,'
        ' ADD CONSTRAINT refused CHECK (status = ''refused'' OR NOT (%s))', target, refused);
    COMMIT;
    CALL load_response_events('app', 'dwh', 'new', batch_size, submissions, events, problems, batches,
        removed => removed);
    RAISE WARNING 'batches of %: % submissions, % events, % problems, % batches', batch_size, submissions, events, problems,
        batches;
END $$;
CALL app.try('submission_id <= 110', 1);
CALL app.try('submission_id <= 110', 7);
CALL app.try('submission_id <= 110', 10000);
CALL app.try('submission_id BETWEEN 2 AND 110', 1);
CALL app.try('submission_id BETWEEN 2 AND 110', 7);
CALL app.try('submission_id BETWEEN 2 AND 110', 10000);
CALL app.try('submission_id > 100', 1);
CALL app.try('submission_id > 100', 100);
CALL app.try('submission_id > 100', 10000);
-- A submission without an answer says nothing of response_events, nor does one that has problems alone.
UPDATE app.form_responses SET responses = '{}' WHERE id IN (1, 60);
UPDATE app.form_responses SET responses = '{"odd": 1}' WHERE id IN (2, 61);
CALL app.try('submission_id <= 104', 1);
CALL app.try('submission_id <= 104', 7);
CALL app.try('submission_id <= 104', 10000);
CALL app.try('submission_id <= 103', 1);
CALL app.try('submission_id <= 103', 7);
CALL app.try('submission_id <= 103', 10000);

-- A target that is at fault keeps what was loaded into it, however often a small batch tries: nothing is committed before
-- it is known that the target is not.
CREATE PROCEDURE app.fault(mode text, batch_size int) LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
BEGIN
    ALTER TABLE dwh.response_events ALTER must SET NOT NULL;
    COMMIT;
    CALL load_response_events('app', 'dwh', mode, batch_size, submissions, events, problems, batches, removed => removed);
    RAISE WARNING 'batches of %: % submissions, % events, % problems, % batches', batch_size, submissions, events, problems,
        batches;
END $$;
CREATE VIEW app.state AS
SELECT (SELECT count(*) FROM dwh.response_events) AS events, (SELECT count(*) FROM dwh.response_event_problems) AS problems,
    (SELECT count(*) FROM dwh.submission_loads) AS loads;
CALL app.empty();
ALTER TABLE dwh.response_events DROP CONSTRAINT refused;
UPDATE app.form_responses SET responses = '{"a": "old"}';
CALL load_response_events('app', 'dwh');
ALTER TABLE dwh.response_events ADD must int;
UPDATE dwh.response_events SET must = 1;
UPDATE app.form_responses SET responses = '{"a": "new"}';
CALL app.fault('changed', 1);
TABLE app.state;
CALL app.fault('changed', 50);
CALL app.fault('changed', 50);
CALL app.fault('changed', 99);
CALL app.fault('changed', 10000);
TABLE app.state;
-- Nor does it count that submissions without an answer are taken.
UPDATE app.form_responses SET responses = CASE WHEN id % 2 = 0 THEN jsonb '{}' ELSE '{"odd": 1}' END
WHERE id % 20 IN (1, 2, 3, 4);
CALL app.fault('changed', 1);
CALL app.fault('changed', 50);
CALL app.fault('changed', 10000);
TABLE app.state;
-- Nor that the table of problems refuses some of these for another reason.
ALTER TABLE dwh.response_event_problems ADD CONSTRAINT refused CHECK (schema_path <> 'odd') NOT VALID;
CALL app.fault('changed', 50);
CALL app.fault('changed', 10000);
ALTER TABLE dwh.response_event_problems DROP CONSTRAINT refused;
TABLE app.state;
UPDATE app.form_responses SET responses = '{"a": "new"}';
-- What is gone is not removed then, nor is what is new loaded.
DELETE FROM app.form_responses WHERE id > 240;
INSERT INTO app.form_responses VALUES (0, 1, NULL, '{"a": "new"}', NULL);
CALL app.fault('changed', 7);
TABLE app.state;
CALL app.empty();
CALL app.fault('new', 7);
CALL app.fault('new', 10000);
TABLE app.state;
-- Fewer than a hundred are answers that are refused.
DELETE FROM app.form_responses WHERE id >= 99;
CALL app.fault('new', 7);
TABLE app.state;
-- Nor are a hundred if one is taken, or refused otherwise: batches are committed from there on.
CREATE FUNCTION app.refuse_sixty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.submission_id = 60 THEN
        RAISE 'sixty' USING ERRCODE = 'P0060';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuses BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION app.refuse_sixty();
INSERT INTO app.form_responses SELECT n, 1, NULL, '{"a": "new"}', NULL FROM generate_series(99, 200) AS n;
CALL app.empty();
CALL app.fault('new', 7);
CALL app.empty();
CALL app.fault('new', 10000);
TABLE app.state;

-- Where submissions have problems alone, the table of problems is judged by these.
ALTER TABLE dwh.response_events DROP must;
UPDATE app.form_responses SET responses = '{"odd": 1}';
CALL app.try('submission_id <= 110', 50, 'response_event_problems');
CALL app.try('submission_id BETWEEN 2 AND 110', 50, 'response_event_problems');
CALL app.try('submission_id < 10', 50, 'response_event_problems');
CALL app.try('submission_id < 10', 10000, 'response_event_problems');
UPDATE app.form_responses SET responses = '{"a": "new", "odd": 1}' WHERE id = 1;
CALL app.try('submission_id BETWEEN 2 AND 110', 50, 'response_event_problems');
UPDATE app.form_responses SET responses = '{"a": "new"}';

DROP SCHEMA app, dwh CASCADE;
