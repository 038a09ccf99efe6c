-- Where errors of a load come from, and what a unique index does not say.
SET client_min_messages = warning;
SET timezone = 'UTC';
\set SHOW_CONTEXT never
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema jsonb);
CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text);
CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses jsonb, date_created date);
CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text);
INSERT INTO app.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
INSERT INTO app.users VALUES (1, 'Zoé', 'Martin');
INSERT INTO app.form_responses VALUES (1, 1, 1, '{"a": "no such secret"}');

-- Tables that are missing are made, which needs a right.
CREATE ROLE regress_origins;
GRANT USAGE ON SCHEMA app, dwh TO regress_origins;
SET ROLE regress_origins;
CALL load_response_events('app', 'dwh');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- A message of a function's argument, which is an answer: not shown, whatever the class.
ALTER TABLE dwh.response_events ADD CONSTRAINT file CHECK (pg_read_file(value) <> '');
CALL load_response_events('app', 'dwh');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE dwh.response_events DROP CONSTRAINT file;
UPDATE app.form_responses SET responses = '{"a": "data_directory"}';
ALTER TABLE dwh.response_events ADD CONSTRAINT setting CHECK (current_setting(value) <> '');
GRANT SELECT ON ALL TABLES IN SCHEMA app TO regress_origins;
GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA dwh TO regress_origins;
SET ROLE regress_origins;
CALL load_response_events('app', 'dwh');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ALTER TABLE dwh.response_events DROP CONSTRAINT setting;

-- What the server says of a missing right is of names, and shown.
UPDATE app.form_responses SET responses = '{"a": 1}';
CREATE FUNCTION dwh.is_right(value text) RETURNS boolean LANGUAGE sql RETURN value <> '';
REVOKE EXECUTE ON FUNCTION dwh.is_right FROM PUBLIC;
ALTER TABLE dwh.response_events ADD CHECK (dwh.is_right(value));
SET ROLE regress_origins;
CALL load_response_events('app', 'dwh', 'changed');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
DROP OWNED BY regress_origins;
DROP ROLE regress_origins;

-- The key of a table with children knows nothing of their rows.
CREATE TABLE app.more () INHERITS (app.form_responses);
INSERT INTO app.more VALUES (1, 1, 1, '{"a": 2}');
CALL load_response_events('app', 'dwh');
DROP TABLE app.more;
CREATE TABLE app.more () INHERITS (app.users);
INSERT INTO app.more VALUES (1, 'Ann', 'Lee');
CALL load_response_events('app', 'dwh');
DROP TABLE app.more;
CREATE TABLE app.more () INHERITS (app.form_schemas);
INSERT INTO app.more VALUES (1, 'g', '{}');
CALL load_response_events('app', 'dwh');
UPDATE app.more SET id = 2;
CALL load_response_events('app', 'dwh');

DROP SCHEMA app, dwh CASCADE;
