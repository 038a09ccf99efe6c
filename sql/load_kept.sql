-- load_response_events in mode changed, where the target refuses to delete what was loaded before: that submission stays
-- as it is, with a row of problems that says so, and all others are loaded and removed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION pg_temp.number(id uuid) RETURNS int IMMUTABLE LANGUAGE sql AS $$SELECT right(id::text, 12)::int$$;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema)
    VALUES (pg_temp.id(1), 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.form_responses (id, form_id, responses, date_created)
    SELECT pg_temp.id(n), pg_temp.id(1), '{"a": "old", "x": 1}', '2026-01-01' FROM generate_series(1, 9) AS n;
CALL load_response_events('app', 'dwh');
CREATE TABLE dwh.notes (submission_id uuid, ord int, note text,
    FOREIGN KEY (submission_id, ord) REFERENCES dwh.response_events);
INSERT INTO dwh.notes VALUES (pg_temp.id(2), 1, 'called back'), (pg_temp.id(7), 1, 'called back');
CREATE VIEW events AS SELECT value, count(*), array_agg(pg_temp.number(submission_id) ORDER BY submission_id) AS of
    FROM dwh.response_events GROUP BY value;
CREATE VIEW problems AS SELECT pg_temp.number(submission_id) AS of, form_name, ord, schema_path, value, status
    FROM dwh.response_event_problems WHERE status = 'refused';

-- Changed: 1 to 4 and what is new.
UPDATE app.form_responses SET responses = '{"a": "new", "x": 1}' WHERE id <= pg_temp.id(4);
INSERT INTO app.form_responses (id, form_id, responses) SELECT pg_temp.id(n), pg_temp.id(1), '{"a": "new"}'
    FROM generate_series(10, 12) AS n;
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;
SELECT pg_temp.number(submission_id), events, problems, responses_hash = sha256('{"a": "old", "x": 1}') AS is_as_it_was
FROM dwh.submission_loads WHERE submission_id = pg_temp.id(2);
-- It is counted once, and its row of problems stays.
CREATE TEMPORARY TABLE before AS SELECT * FROM dwh.response_event_problems;
CALL load_response_events('app', 'dwh', 'changed');
SELECT count(*) FROM (TABLE before EXCEPT TABLE dwh.response_event_problems) AS other;

-- Gone: 7 and 8.
DELETE FROM app.form_responses WHERE id IN (pg_temp.id(7), pg_temp.id(8));
CALL load_response_events('app', 'dwh', 'changed', batch_size => 2);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;

-- The next error is another: so is the row.
CREATE FUNCTION dwh.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.submission_id IN (pg_temp.id(2), pg_temp.id(7)) THEN
        RAISE 'rows of % stay', OLD.submission_id USING ERRCODE = 'P0123';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keeps BEFORE DELETE ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION dwh.keep();
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM problems ORDER BY 1;
-- A foreign key that is checked at the commit.
DROP TRIGGER keeps ON dwh.response_events;
ALTER TABLE dwh.notes ALTER CONSTRAINT notes_submission_id_ord_fkey DEFERRABLE INITIALLY DEFERRED;
DELETE FROM dwh.notes WHERE submission_id = pg_temp.id(2);
INSERT INTO dwh.notes VALUES (pg_temp.id(2), 1, 'of a row that comes back');
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;
-- As soon as nothing refers to them, they go.
DELETE FROM dwh.notes;
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;

-- A row of problems, or of the ledger, that may not be deleted.
CREATE TABLE dwh.tickets (submission_id uuid REFERENCES dwh.submission_loads);
INSERT INTO dwh.tickets VALUES (pg_temp.id(3));
CREATE TABLE dwh.answers (submission_id uuid, ord int,
    FOREIGN KEY (submission_id, ord) REFERENCES dwh.response_event_problems);
INSERT INTO dwh.answers SELECT submission_id, ord FROM dwh.response_event_problems WHERE submission_id = pg_temp.id(4);
UPDATE app.form_responses SET responses = '{"a": "newer", "x": 1}' WHERE id IN (pg_temp.id(3), pg_temp.id(4), pg_temp.id(5));
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;
CALL load_response_events('app', 'dwh', 'changed');
-- One that is known as refused, and whose row may not be deleted.
TRUNCATE dwh.tickets, dwh.answers;
CALL load_response_events('app', 'dwh', 'changed');
ALTER TABLE dwh.response_events ADD CONSTRAINT is_short CHECK (length(value) < 10);
UPDATE app.form_responses SET responses = '{"a": "much too long"}' WHERE id = pg_temp.id(5);
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM problems ORDER BY 1;
INSERT INTO dwh.answers SELECT submission_id, ord FROM dwh.response_event_problems WHERE submission_id = pg_temp.id(5);
UPDATE app.form_responses SET responses = '{"a": "newest"}' WHERE id IN (pg_temp.id(5), pg_temp.id(6));
CALL load_response_events('app', 'dwh', 'changed');
SELECT * FROM events ORDER BY value;
SELECT * FROM problems ORDER BY 1;
CALL load_response_events('app', 'dwh', 'changed');

-- More than a hundred stop nothing after them: the answers are not at fault.
TRUNCATE dwh.answers;
ALTER TABLE dwh.notes ALTER CONSTRAINT notes_submission_id_ord_fkey NOT DEFERRABLE;
TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads CASCADE;
TRUNCATE app.form_responses;
INSERT INTO app.form_responses (id, form_id, responses) SELECT pg_temp.id(n), pg_temp.id(1), '{"a": "old"}'
    FROM generate_series(1, 150) AS n;
CALL load_response_events('app', 'dwh');
INSERT INTO dwh.notes SELECT submission_id, ord FROM dwh.response_events;
UPDATE app.form_responses SET responses = '{"a": "new"}';
INSERT INTO app.form_responses (id, form_id, responses) VALUES (pg_temp.id(200), pg_temp.id(1), '{"a": "new"}');
CALL load_response_events('app', 'dwh', 'changed', batch_size => 50);
SELECT value, count FROM events ORDER BY value;
SELECT value, count(*) FROM problems GROUP BY value;
CALL load_response_events('app', 'dwh', 'changed');

-- A table of problems without status and ord.
DROP TABLE dwh.answers;
DROP VIEW problems;
DROP TABLE dwh.response_event_problems;
CREATE TABLE dwh.response_event_problems (submission_id uuid, schema_path text, value text);
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
SELECT schema_path, value, count(*) FROM dwh.response_event_problems GROUP BY 1, 2;
-- If that refuses the row, too, the load stops.
ALTER TABLE dwh.response_event_problems ADD CHECK (schema_path <> '') NOT VALID;
DELETE FROM dwh.response_event_problems;
CALL load_response_events('app', 'dwh', 'changed');
\echo :LAST_ERROR_SQLSTATE
DROP VIEW events;
DROP SCHEMA app, dwh CASCADE;

-- A kept row of problems may have ord 0 itself: the row that says so takes the next one below.
CREATE SCHEMA a;
SELECT create_submission_tables('a', 'a');
ALTER TABLE a.form_responses ALTER responses TYPE json;
INSERT INTO a.form_schemas (id, name, schema)
    VALUES (pg_temp.id(1), 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO a.form_responses (id, form_id, responses)
    VALUES (pg_temp.id(11), pg_temp.id(1), '{"a": "\u0000"}'), (pg_temp.id(12), pg_temp.id(1), '{"a": "x"}');
CALL load_response_events('a', 'a');
CREATE VIEW problems AS SELECT pg_temp.number(submission_id) AS of, ord, value, status FROM a.response_event_problems;
CREATE VIEW events AS SELECT pg_temp.number(submission_id) AS of, value FROM a.response_events;
CREATE TABLE a.tickets (submission_id uuid, ord int, FOREIGN KEY (submission_id, ord) REFERENCES a.response_event_problems);
INSERT INTO a.tickets SELECT submission_id, ord FROM a.response_event_problems;
UPDATE a.form_responses SET responses = '{"a": "fixed"}';
CALL load_response_events('a', 'a', 'changed', batch_size => 1);
SELECT * FROM events ORDER BY 1;
SELECT * FROM problems ORDER BY 1, 2;
CALL load_response_events('a', 'a', 'changed', batch_size => 1);
-- A row that says so may be kept, too: the next cause has a row of its own, and none stays that can go.
INSERT INTO a.tickets VALUES (pg_temp.id(11), -1);
CREATE FUNCTION a.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'not_jsonb' THEN
        RAISE 'rows of % stay', OLD.submission_id USING ERRCODE = 'P0123';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keeps BEFORE DELETE ON a.response_event_problems FOR EACH ROW EXECUTE FUNCTION a.keep();
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
CALL load_response_events('a', 'a', 'changed');
DROP TRIGGER keeps ON a.response_event_problems;
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
TRUNCATE a.tickets;
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM events ORDER BY 1;
SELECT * FROM problems ORDER BY 1, 2;
-- One that is known as refused: its row is kept, and the cause is another.
ALTER TABLE a.response_events ADD CONSTRAINT is_short CHECK (length(value) < 10);
UPDATE a.form_responses SET responses = '{"a": "much too long"}' WHERE id = pg_temp.id(11);
CALL load_response_events('a', 'a', 'changed');
INSERT INTO a.tickets SELECT submission_id, ord FROM a.response_event_problems;
UPDATE a.form_responses SET responses = '{"a": "short"}' WHERE id = pg_temp.id(11);
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
CALL load_response_events('a', 'a', 'changed');
TRUNCATE a.tickets;
UPDATE a.form_responses SET responses = '{"a": "again too long"}' WHERE id = pg_temp.id(11);
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
UPDATE a.form_responses SET responses = '{"a": "short"}' WHERE id = pg_temp.id(11);
CALL load_response_events('a', 'a', 'changed');

-- A submission that goes back to what was loaded is refused no longer, whether or not its rows could go by now.
CREATE TABLE a.notes (submission_id uuid, ord int, FOREIGN KEY (submission_id, ord) REFERENCES a.response_events);
INSERT INTO a.notes SELECT submission_id, ord FROM a.response_events;
CREATE TEMPORARY TABLE first AS SELECT submission_id, events, problems, responses_hash, form_hash, row_hash, processed_on
    FROM a.submission_loads;
CREATE TEMPORARY TABLE was AS TABLE a.form_responses;
UPDATE a.form_responses SET responses = '{"a": "changed"}';
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
UPDATE a.form_responses AS r SET responses = was.responses FROM was WHERE was.id = r.id AND r.id = pg_temp.id(11);
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
UPDATE a.form_responses AS r SET responses = was.responses FROM was WHERE was.id = r.id;
DROP TABLE a.notes;
CALL load_response_events('a', 'a', 'changed');
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
SELECT count(*) FROM (TABLE first EXCEPT SELECT submission_id, events, problems, responses_hash, form_hash, row_hash, processed_on
    FROM a.submission_loads) AS other;
-- The same after it was gone; one whose row is kept by a ticket keeps it, until that goes.
CREATE TABLE a.notes (submission_id uuid, ord int, FOREIGN KEY (submission_id, ord) REFERENCES a.response_events);
INSERT INTO a.notes SELECT submission_id, ord FROM a.response_events;
DELETE FROM a.form_responses;
CALL load_response_events('a', 'a', 'changed', removals => 'all');
SELECT * FROM problems ORDER BY 1, 2;
INSERT INTO a.tickets VALUES (pg_temp.id(12), 0);
INSERT INTO a.form_responses TABLE was;
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
TRUNCATE a.tickets;
CALL load_response_events('a', 'a', 'changed', batch_size => 1);
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
SELECT * FROM events ORDER BY 1;
CREATE FUNCTION a.keep_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'rows of % stay', OLD.submission_id USING ERRCODE = 'P0124';
END $$;
-- A key without ord has no room for a second row: the one that is kept stays, and the others are loaded. A check that
-- refuses the row stops the load.
UPDATE a.form_responses SET responses = '{"a": "changed"}';
CALL load_response_events('a', 'a', 'changed');
ALTER TABLE a.tickets DROP CONSTRAINT tickets_submission_id_ord_fkey;
ALTER TABLE a.response_event_problems DROP CONSTRAINT response_event_problems_pkey, ADD PRIMARY KEY (submission_id);
ALTER TABLE a.tickets ADD FOREIGN KEY (submission_id) REFERENCES a.response_event_problems;
INSERT INTO a.tickets VALUES (pg_temp.id(11), 0);
CREATE TRIGGER keeps BEFORE DELETE ON a.response_events FOR EACH ROW EXECUTE FUNCTION a.keep_all();
CALL load_response_events('a', 'a', 'changed');
SELECT * FROM problems ORDER BY 1, 2;
TRUNCATE a.tickets;
ALTER TABLE a.response_event_problems ADD CHECK (value <> 'P0124') NOT VALID;
CALL load_response_events('a', 'a', 'changed');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM problems ORDER BY 1, 2;
DROP VIEW events, problems;
DROP SCHEMA a CASCADE;
