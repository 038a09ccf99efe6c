-- load_response_events finds the rows of a submission by the target's equality of ids: that of the source has to be the
-- same, or the rows of others would be taken for them, or they would not be found.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE EXTENSION citext;
\set SHOW_CONTEXT never
CREATE COLLATION ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN code AS varchar(9);
CREATE TYPE pair AS (n int, t text);
CREATE SCHEMA ids;
-- A source with ids of a type, a target whose column has another, and what comes of a change of one of two submissions.
CREATE FUNCTION pg_temp.make(id_type text, target_type text, first_id text, second_id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DROP SCHEMA ids CASCADE;
    CREATE SCHEMA ids;
    CREATE TABLE ids.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
    CREATE TABLE ids.users (id int PRIMARY KEY, given_name text, family_name text);
    EXECUTE format('CREATE TABLE ids.form_responses (id %s PRIMARY KEY, form_id int, user_id int, responses jsonb,
        date_created timestamptz)', id_type);
    EXECUTE format('CREATE TABLE ids.response_events (submission_id %s, schema_path text, value text)', target_type);
    INSERT INTO ids.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
    EXECUTE format('INSERT INTO ids.form_responses VALUES (%L, 1, NULL, ''{"a": "first", "b": 1}'', NULL),
        (%L, 1, NULL, ''{"a": "second", "b": 1}'', NULL)', first_id, second_id);
END $$;
CREATE FUNCTION pg_temp.change() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ids.form_responses SET responses = '{"a": "changed", "b": 1}' WHERE responses ->> 'a' = 'second';
END $$;

-- Coarser types, which take two ids for one; finer ones, which take one for two; those that round or cut.
SELECT pg_temp.make('text', 'citext', 'Ann', 'ann');
CALL load_response_events('ids', 'ids');
\echo :LAST_ERROR_SQLSTATE
CALL load_response_events('ids', 'ids', 'changed');
SELECT to_regclass('ids.submission_loads') IS NULL AS nothing_is_made;
SELECT pg_temp.make('numeric', 'int', '1.1', '1.2');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('timestamptz', 'date', '2026-01-01 10:00', '2026-01-01 11:00');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('bigint', 'real', '16777216', '16777217');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('float8', 'real', '1.1', '1.10000001');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('text', 'char(3)', 'a', 'a ');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('text', 'name', 'a', 'b');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('text', 'text COLLATE ignoring_case', 'Ann', 'ann');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('inet', 'cidr', '10.0.0.1/24', '10.0.0.2/24');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('numeric', 'numeric(9,1)', '1.11', '1.12');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('timestamp', 'timestamp(0)', '2026-01-01 10:00:00.1', '2026-01-01 10:00:00.2');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('citext', 'text', 'Ann', 'Bob');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('text COLLATE ignoring_case', 'text', 'Ann', 'Bob');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('numeric', 'text', '1.0', '2.0');
CALL load_response_events('ids', 'ids');
SELECT pg_temp.make('date', 'text', '2026-01-01', '2026-01-02');
CALL load_response_events('ids', 'ids');
-- The table of problems and the ledger likewise.
SELECT pg_temp.make('text', 'text', 'Ann', 'ann');
CREATE TABLE ids.response_event_problems (submission_id citext, schema_path text, value text);
CALL load_response_events('ids', 'ids');
DROP TABLE ids.response_event_problems;
CALL load_response_events('ids', 'ids');
ALTER TABLE ids.submission_loads DROP CONSTRAINT submission_loads_pkey, ALTER submission_id TYPE text COLLATE ignoring_case;
CALL load_response_events('ids', 'ids', 'changed');
ALTER TABLE ids.submission_loads ALTER submission_id TYPE name;
CALL load_response_events('ids', 'ids', 'changed');
SELECT pg_temp.make('float8', 'float8', '1.1', '1.10000001');
CALL load_response_events('ids', 'ids');
ALTER TABLE ids.submission_loads DROP CONSTRAINT submission_loads_pkey, ALTER submission_id TYPE real;
CALL load_response_events('ids', 'ids', 'changed');

-- Types that compare alike. Each submission has one event after the change, and one of problems.
CREATE PROCEDURE try(id_type text, target_type text, first_id text, second_id text) LANGUAGE plpgsql AS $$
DECLARE
    submissions bigint; events bigint; problems bigint; batches bigint; removed bigint;
    found text;
BEGIN
    PERFORM pg_temp.make(id_type, target_type, first_id, second_id);
    EXECUTE format('CREATE TABLE ids.response_event_problems (submission_id %s, schema_path text, value text)', target_type);
    COMMIT;
    CALL load_response_events('ids', 'ids', 'changed', 10, submissions, events, problems, batches, removed => removed);
    PERFORM pg_temp.change();
    COMMIT;
    CALL load_response_events('ids', 'ids', 'changed', 10, submissions, events, problems, batches, removed => removed);
    SELECT string_agg(e.submission_id::text || ' ' || e.value, ', ' ORDER BY e.value) INTO found FROM ids.response_events AS e;
    RAISE WARNING '% to %: %; % events, % problems', id_type, target_type, found,
        (SELECT count(*) FROM ids.response_events), (SELECT count(*) FROM ids.response_event_problems);
    DELETE FROM ids.form_responses WHERE responses ->> 'a' = 'changed';
    COMMIT;
    CALL load_response_events('ids', 'ids', 'changed', 10, submissions, events, problems, batches, removed => removed);
    ASSERT removed = 1 AND (SELECT count(*) FROM ids.response_events) = 1, 'it is not gone';
END $$;
CALL try('int', 'bigint', '1', '2');
CALL try('bigint', 'smallint', '1', '2');
CALL try('int', 'numeric(9)', '1', '2');
CALL try('numeric(9,1)', 'numeric(12,2)', '1.1', '1.2');
CALL try('real', 'float8', '1.1', '1.2');
CALL try('date', 'timestamp(0)', '2026-01-01', '2026-01-02');
CALL try('int', 'text', '1', '2');
CALL try('int', 'varchar(9)', '1', '2');
CALL try('uuid', 'char(36)', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a');
CALL try('uuid', 'citext', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a');
CALL try('bit(3)', 'text', '101', '110');
CALL try('char(3)', 'text', 'a', 'A');
CALL try('char(3)', 'char(9)', 'a', 'A');
CALL try('name', 'text', 'a', 'A');
CALL try('cidr', 'inet', '10.0.0.0/24', '10.0.1.0/24');
CALL try('text', 'varchar', 'a', 'A');
CALL try('code', 'text', 'a', 'A');
CALL try('text', 'code', 'a', 'A');
CALL try('text COLLATE "C"', 'text', 'a', 'A');
CALL try('text', 'text COLLATE "C"', 'a', 'A');
CALL try('text COLLATE "POSIX"', 'varchar COLLATE "C"', 'a', 'A');
CALL try('text COLLATE ignoring_case', 'varchar COLLATE ignoring_case', 'a', 'b');
CALL try('text[] COLLATE ignoring_case', 'text[] COLLATE ignoring_case', '{a}', '{b}');
CALL try('citext', 'citext', 'a', 'B');
-- A composite id is there even if a field of it is NULL, or all are.
CALL try('pair', 'pair', '(1,)', '(2,)');
CALL try('pair', 'pair', '(,)', '(,a)');
SELECT pg_temp.make('pair', 'pair', '(,a)', '(1,)');
ALTER TABLE ids.form_responses ALTER form_id TYPE pair USING (form_id, NULL)::pair, ALTER user_id TYPE pair USING NULL;
ALTER TABLE ids.form_schemas ALTER id TYPE pair USING (id, NULL)::pair;
ALTER TABLE ids.users ALTER id TYPE pair USING (id, NULL)::pair;
INSERT INTO ids.users VALUES ('(7,)', 'Ann', NULL);
UPDATE ids.form_responses SET user_id = '(7,)';
CALL load_response_events('ids', 'ids');
SELECT submission_id, form_id, form_name, user_full_name, status FROM ids.response_event_problems ORDER BY submission_id;
-- One that cannot be deleted is seen again when it is as it was.
ALTER TABLE ids.response_events ADD UNIQUE (submission_id, schema_path);
CREATE TABLE ids.notes (submission_id pair, schema_path text,
    FOREIGN KEY (submission_id, schema_path) REFERENCES ids.response_events (submission_id, schema_path));
INSERT INTO ids.notes VALUES ('(1,)', 'a');
SELECT pg_temp.change();
CALL load_response_events('ids', 'ids', 'changed');
SELECT submission_id, value FROM ids.response_event_problems WHERE status = 'refused';
UPDATE ids.form_responses SET responses = '{"a": "second", "b": 1}' WHERE id = '(1,)'::pair;
CALL load_response_events('ids', 'ids', 'changed');
SELECT count(*) FROM ids.response_event_problems WHERE status = 'refused';
-- An id whose fields are all NULL is not NULL.
SELECT pg_temp.make('pair', 'pair', '(,)', '(1,)');
ALTER TABLE ids.form_responses DROP CONSTRAINT form_responses_pkey, ALTER id DROP NOT NULL;
INSERT INTO ids.form_responses VALUES (NULL, 1, NULL, '{}', NULL);
CALL load_response_events('ids', 'ids');
DELETE FROM ids.form_responses WHERE id IS NOT DISTINCT FROM NULL;
CALL load_response_events('ids', 'ids');
SELECT submission_id, value FROM ids.response_events ORDER BY 1;

-- The tables that are made have the collation of the ids.
SELECT pg_temp.make('text COLLATE ignoring_case', 'text COLLATE ignoring_case', 'Ann', 'Bob');
ALTER TABLE ids.form_responses ALTER form_id TYPE text COLLATE "C", ALTER user_id TYPE text COLLATE ignoring_case;
ALTER TABLE ids.form_schemas ALTER id TYPE text COLLATE "POSIX";
ALTER TABLE ids.users ALTER id TYPE text COLLATE ignoring_case;
INSERT INTO ids.users VALUES ('ADA', 'Ada', NULL);
UPDATE ids.form_responses SET user_id = 'ada';
CALL load_response_events('ids', 'ids');
SELECT attrelid::regclass AS "table", attname, attcollation::regcollation FROM pg_attribute
WHERE attrelid IN ('ids.submission_loads'::regclass, 'ids.response_event_problems'::regclass)
    AND attname IN ('submission_id', 'form_id', 'user_id') ORDER BY 1, 2;
UPDATE ids.form_responses SET id = 'ANN', responses = '{"a": "new"}' WHERE id = 'ann';
CALL load_response_events('ids', 'ids', 'changed', form_name => 'f');
SELECT submission_id, value FROM ids.response_events ORDER BY 1;
SELECT submission_id, user_full_name FROM ids.response_event_problems ORDER BY 1;
-- A ledger of 0.1 gets a column of that collation, too.
ALTER TABLE ids.submission_loads DROP form_id;
CALL load_response_events('ids', 'ids', 'changed');
SELECT attcollation::regcollation FROM pg_attribute
WHERE attrelid = 'ids.submission_loads'::regclass AND attname = 'form_id';

-- Columns of the source whose collations do not go together.
ALTER TABLE ids.form_responses ALTER user_id TYPE text COLLATE "C";
CALL load_response_events('ids', 'ids', 'changed');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE ids.form_responses ALTER user_id TYPE text COLLATE ignoring_case, ALTER form_id TYPE text COLLATE ignoring_case;
CALL load_response_events('ids', 'ids', 'changed');
ALTER TABLE ids.form_responses ALTER form_id TYPE text;
ALTER TABLE ids.submission_loads ALTER form_id TYPE text COLLATE ignoring_case;
CALL load_response_events('ids', 'ids', 'changed', form_name => 'f');
CALL load_response_events('ids', 'ids', 'changed');

-- An assignment to varchar(n) would cut blanks at the end. An id that has them, and is too long, is refused as any other
-- that is, and is not the one without.
SELECT pg_temp.make('text', 'varchar(3)', 'abc', 'abc ');
CALL load_response_events('ids', 'ids');
SELECT submission_id, value FROM ids.response_events;
SELECT '"' || submission_id || '"' AS submission_id, value FROM ids.response_event_problems WHERE status = 'refused';
SELECT pg_temp.change();
CALL load_response_events('ids', 'ids', 'changed');
SELECT submission_id, value FROM ids.response_events;

-- An integer that the target cannot hold is refused, and can be removed.
SELECT pg_temp.make('int', 'smallint', '1', '100000');
CALL load_response_events('ids', 'ids');
DELETE FROM ids.form_responses WHERE id = 100000;
CALL load_response_events('ids', 'ids', 'changed');
SELECT count(*) FROM ids.response_event_problems WHERE status = 'refused';

-- A ledger's sources are told apart, however its column compares them.
SELECT pg_temp.make('int', 'int', '1', '2');
CALL load_response_events('ids', 'ids');
ALTER TABLE ids.submission_loads ALTER source TYPE text COLLATE ignoring_case;
UPDATE ids.submission_loads SET submission_id = 3, source = 'IDS' WHERE submission_id = 2;
TRUNCATE ids.response_events, ids.response_event_problems;
CALL load_response_events('ids', 'ids', 'changed');
SELECT submission_id, source FROM ids.submission_loads ORDER BY 1;
DROP PROCEDURE try;
DROP SCHEMA ids CASCADE;
DROP DOMAIN code;
DROP TYPE pair;
DROP COLLATION ignoring_case;
DROP EXTENSION citext;
