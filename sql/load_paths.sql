-- load_response_events puts rows into plain tables without a statement, and into all others with one.
-- Nobody can tell the difference, whatever the table has.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;
CREATE SCHEMA app;
CREATE SCHEMA plain;
SELECT create_submission_tables('app', 'plain');
INSERT INTO app.form_schemas (id, name, schema) VALUES (pg_temp.id(1), 'visit', '{"children": [
    {"slug": "a", "answerType": "text", "tag": "first"}, {"slug": "n", "answerType": "number"},
    {"slug": "long", "answerType": "text"},
    {"slug": "g", "children": [{"slug": "c", "answerType": "text", "answerEnum": [{"value": "x"}]}]}]}');
INSERT INTO app.users VALUES (pg_temp.id(1), 'Ada', 'Lovelace'), (pg_temp.id(2), NULL, NULL);
ALTER TABLE app.form_responses DROP CONSTRAINT form_responses_user_id_fkey;
ALTER TABLE app.form_responses DROP CONSTRAINT form_responses_form_id_fkey;
INSERT INTO app.form_responses
SELECT pg_temp.id(n), pg_temp.id(1 + (n % 50 = 3)::int), pg_temp.id(1 + n % 3), jsonb_strip_nulls(jsonb_build_object(
    'a', 'answer ' || n, 'n', CASE n % 4 WHEN 0 THEN to_jsonb('none'::text) ELSE to_jsonb(n) END,
    'odd', NULLIF(n % 5, 0),
    'long', (SELECT string_agg(md5((n * 1000 + i)::text), '')
        FROM generate_series(1, CASE n % 40 WHEN 1 THEN 400 END) AS i),
    'g', (SELECT jsonb_agg(jsonb_build_object('c', CASE i WHEN 2 THEN 'y' ELSE 'x' END))
        FROM generate_series(1, n % 4) AS i))),
    '2026-01-01'
FROM generate_series(1, 400) AS n;

-- A trigger that does nothing is a reason for the statement.
CREATE SCHEMA stated;
CREATE TABLE stated.response_events (LIKE plain.response_events INCLUDING ALL);
CREATE TABLE stated.response_event_problems (LIKE plain.response_event_problems INCLUDING ALL);
CREATE TABLE stated.submission_loads (LIKE plain.submission_loads INCLUDING ALL);
CREATE FUNCTION app.do_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER does_nothing AFTER INSERT ON stated.response_events FOR EACH ROW EXECUTE FUNCTION app.do_nothing();
CREATE TRIGGER does_nothing AFTER INSERT ON stated.response_event_problems EXECUTE FUNCTION app.do_nothing();
CALL load_response_events('app', 'plain');
CALL load_response_events('app', 'stated', batch_size => 7);
CREATE FUNCTION app.differences(one text, other text) RETURNS TABLE (name text, rows bigint, differences bigint)
LANGUAGE plpgsql AS $$
BEGIN
    FOREACH name IN ARRAY '{response_events,response_event_problems,submission_loads}'::text[] LOOP
        EXECUTE format('SELECT count(*) FILTER (WHERE which), count(DISTINCT r) - count(*) FILTER (WHERE which) FROM (
            SELECT true AS which, to_jsonb(t) - ''processed_on'' - ''extra'' AS r FROM %1$I.%3$I AS t
            UNION ALL SELECT false, to_jsonb(t) - ''processed_on'' - ''extra'' FROM %2$I.%3$I AS t) AS s',
            one, other, name)
        INTO rows, differences;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT * FROM app.differences('plain', 'stated');
SELECT status, count(*), max(octet_length(value)) AS longest FROM plain.response_events GROUP BY 1 ORDER BY 1;
SELECT status, count(*) FROM plain.response_event_problems GROUP BY 1 ORDER BY 1;

-- Changed: what is there is replaced, by both ways.
UPDATE app.form_responses SET responses = responses || '{"a": "another"}' WHERE id > pg_temp.id(300);
CALL load_response_events('app', 'plain', 'changed');
CALL load_response_events('app', 'stated', 'changed');
SELECT * FROM app.differences('plain', 'stated');

-- Columns in another order, one that is dropped and one of the user's own; every kind of constraint and index -------

CREATE SCHEMA odd;
CREATE TABLE odd.response_events (status varchar, gone int, extra point, ord int, value text NOT NULL,
    idx int[], submission_id uuid, answer_type text, tag text, schema_path text COLLATE "C", processed_on timestamptz,
    submission_created timestamptz,
    user_full_name text, user_id uuid, form_name text, form_id uuid, PRIMARY KEY (ord, submission_id),
    CONSTRAINT no_seven CHECK (value <> 'answer 7'),
    EXCLUDE USING btree (submission_id WITH =, (ord + 1) WITH =));
ALTER TABLE odd.response_events DROP COLUMN gone;
CREATE INDEX ON odd.response_events (lower(value)) WHERE length(value) < 100;
CREATE UNIQUE INDEX once ON odd.response_events (right(value, 1)) WHERE value LIKE 'answer 1_';
INSERT INTO odd.response_events (submission_id, ord, value) VALUES (pg_temp.id(20), 1, 'not ours');
CALL load_response_events('app', 'odd');
SELECT right(submission_id::text, 3) AS submission, value, status FROM odd.response_event_problems
WHERE status = 'refused' ORDER BY 1;
SELECT count(*), count(extra), count(DISTINCT submission_id), min(form_name), min(user_full_name)
FROM odd.response_events;
DELETE FROM odd.response_events WHERE value = 'not ours';
DROP INDEX odd.once;
ALTER TABLE odd.response_events DROP CONSTRAINT no_seven;
CALL load_response_events('app', 'odd', 'changed');
SELECT * FROM app.differences('plain', 'odd');

-- What needs the statement -------------------------------------------------------------------------

-- A type that checks or cuts, a value that is made, a column that is computed.
CREATE DOMAIN app.short AS text CHECK (length(value) < 100);
CREATE SCHEMA made;
CREATE TABLE made.response_events (n int GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT now(),
    size int GENERATED ALWAYS AS (length(value)) STORED, LIKE plain.response_events INCLUDING ALL);
CALL load_response_events('app', 'made');
SELECT count(*), count(DISTINCT n), count(at), sum(size) = sum(length(value)) AS sizes FROM made.response_events;
ALTER TABLE made.response_events DROP COLUMN n, DROP COLUMN at, DROP COLUMN size;
TRUNCATE made.response_events, made.response_event_problems, made.submission_loads;
ALTER TABLE made.response_events ALTER value TYPE app.short, ALTER tag TYPE varchar(10);
CALL load_response_events('app', 'made');
SELECT value, count(*) FROM made.response_event_problems WHERE status = 'refused' GROUP BY 1;
TRUNCATE made.response_events, made.response_event_problems, made.submission_loads;
-- No event has room here; the submissions without a form, which have none, do not make up for that.
ALTER TABLE made.response_events ALTER value TYPE text, ALTER tag TYPE varchar(4) USING NULL;
CALL load_response_events('app', 'made', batch_size => 20);
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE made.response_events ALTER tag TYPE text;
CREATE DOMAIN app.given AS int CHECK (value IS NOT NULL);
TRUNCATE made.response_events, made.response_event_problems, made.submission_loads;
ALTER TABLE made.response_events ADD extra app.given;
CALL load_response_events('app', 'made');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE made.response_events DROP extra;
TRUNCATE made.response_events, made.response_event_problems, made.submission_loads;
CREATE DOMAIN app.seven AS int DEFAULT 7;
ALTER TABLE made.response_events ADD extra app.seven;
CALL load_response_events('app', 'made');
SELECT extra, count(*) > 0 AS are_there FROM made.response_events GROUP BY 1;

-- Partitions, and a partition by itself.
CREATE SCHEMA parted;
CREATE TABLE parted.events (LIKE plain.response_events INCLUDING ALL) PARTITION BY RANGE (submission_id);
CREATE TABLE parted.response_events PARTITION OF parted.events FOR VALUES FROM (pg_temp.id(0)) TO (pg_temp.id(200));
CALL load_response_events('app', 'parted');
SELECT value, count(*) FROM parted.response_event_problems WHERE status = 'refused' GROUP BY 1;
ALTER TABLE parted.events DETACH PARTITION parted.response_events;
CALL load_response_events('app', 'parted', 'changed');
SELECT * FROM app.differences('plain', 'parted');

-- Foreign keys; a deferred one as well.
CREATE SCHEMA keyed;
CREATE TABLE keyed.response_events (LIKE plain.response_events INCLUDING ALL);
ALTER TABLE keyed.response_events ADD FOREIGN KEY (form_id) REFERENCES app.form_schemas DEFERRABLE INITIALLY DEFERRED;
CALL load_response_events('app', 'keyed');
SELECT value, count(*) FROM keyed.response_event_problems WHERE status = 'refused' GROUP BY 1;

-- Rights on columns alone, and on one too few.
CREATE ROLE regress_column_loader;
GRANT USAGE ON SCHEMA app, keyed TO regress_column_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO regress_column_loader;
TRUNCATE keyed.response_events, keyed.response_event_problems, keyed.submission_loads;
ALTER TABLE keyed.response_events DROP CONSTRAINT response_events_form_id_fkey;
GRANT SELECT, INSERT ON keyed.submission_loads, keyed.response_event_problems TO regress_column_loader;
GRANT INSERT (form_id, form_name, user_id, user_full_name, submission_id, submission_created, processed_on,
    schema_path, idx, value, answer_type, tag, ord, status) ON keyed.response_events TO regress_column_loader;
SET ROLE regress_column_loader;
CALL load_response_events('app', 'keyed', form_name => 'visit');
RESET ROLE;
REVOKE INSERT (tag) ON keyed.response_events FROM regress_column_loader;
SET ROLE regress_column_loader;
CALL load_response_events('app', 'keyed');
RESET ROLE;
DROP OWNED BY regress_column_loader;
DROP ROLE regress_column_loader;

-- Row security of the target: the server refuses a role that is under it, and no other.
CREATE SCHEMA secured;
CREATE TABLE secured.response_events (LIKE plain.response_events INCLUDING ALL);
CREATE TABLE secured.response_event_problems (LIKE plain.response_event_problems INCLUDING ALL);
CREATE TABLE secured.submission_loads (LIKE plain.submission_loads INCLUDING ALL);
ALTER TABLE secured.response_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY first_ones ON secured.response_events WITH CHECK (ord = 1);
CREATE ROLE regress_secured_loader;
GRANT USAGE ON SCHEMA app, secured TO regress_secured_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO regress_secured_loader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA secured TO regress_secured_loader;
SET ROLE regress_secured_loader;
CALL load_response_events('app', 'secured');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
DROP OWNED BY regress_secured_loader;
DROP ROLE regress_secured_loader;
CALL load_response_events('app', 'secured');
SELECT * FROM app.differences('plain', 'secured');

-- A table of partitions, and a view that does not take all.
CREATE SCHEMA divided;
CREATE TABLE divided.response_events (LIKE plain.response_events INCLUDING ALL) PARTITION BY HASH (submission_id);
CREATE TABLE divided.even PARTITION OF divided.response_events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE divided.odd PARTITION OF divided.response_events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CALL load_response_events('app', 'divided');
SELECT * FROM app.differences('plain', 'divided');
CREATE SCHEMA viewed;
CREATE TABLE viewed.events (LIKE plain.response_events INCLUDING ALL);
CREATE VIEW viewed.response_events AS SELECT * FROM viewed.events WHERE ord < 4 WITH CHECK OPTION;
CALL load_response_events('app', 'viewed');
SELECT value, count(*) FROM viewed.response_event_problems WHERE status = 'refused' GROUP BY 1;
SELECT max(ord), count(*) = (SELECT sum(events) FROM viewed.submission_loads) AS are_counted FROM viewed.events;

DROP SCHEMA app, plain, stated, odd, made, parted, keyed, secured, divided, viewed CASCADE;
