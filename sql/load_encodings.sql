-- load_response_events in databases of other encodings: json that jsonb cannot hold there is a problem, as in UTF-8.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_load_latin1;
DROP DATABASE IF EXISTS regress_onetrip_load_ascii;
CREATE DATABASE regress_onetrip_load_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc
    LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_load_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc
    LC_COLLATE 'C' LC_CTYPE 'C';

\set tables 'CREATE EXTENSION onetrip; CREATE SCHEMA app; CREATE SCHEMA dwh; CREATE TABLE app.form_schemas (id int PRIMARY KEY, name text, schema json); CREATE TABLE app.users (id int PRIMARY KEY, given_name text, family_name text); CREATE TABLE app.form_responses (id int PRIMARY KEY, form_id int, user_id int, responses json, date_created date); CREATE TABLE dwh.response_events (submission_id int, schema_path text, value text, status text)'
\set documents 'INSERT INTO app.form_responses (id, form_id, responses) SELECT ord, 1, json FROM (SELECT ord, json::json FROM unnest(array[$${"a": "\\u0041"}$$, $${"a": "\\u00e9"}$$, $${"a": "\\u4e2d"}$$, $${"a": "\\u0000"}$$, $${"a": "\\ud83d\\ude00"}$$, $${"a": "\\\\u4e2d"}$$, $${"a": "\\ud83d"}$$, $${"a": 1e200000}$$]) WITH ORDINALITY AS j (json, ord)) AS d'
\c regress_onetrip_load_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
:tables;
INSERT INTO app.form_schemas
    VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}, {"slug": "é", "answerType": "text"}]}');
:documents;
INSERT INTO app.form_responses (id, form_id, responses) VALUES (9, 1, '{"é": "ü"}'),
    (10, 1, (repeat('[', 2000) || repeat(']', 2000))::json), (11, 1, to_json(repeat('[', 2000)));
CALL load_response_events('app', 'dwh');
CALL load_response_events('app', 'dwh', 'changed');
SELECT submission_id, schema_path, left(value, 20) AS value, status FROM dwh.response_events ORDER BY 1;
SELECT submission_id, left(value, 20) AS value, status FROM dwh.response_event_problems ORDER BY 1;
SELECT responses_hash = sha256(convert_to('{"é": "ü"}', 'LATIN1')) AS hashed FROM dwh.submission_loads
    WHERE submission_id = 9;

\c regress_onetrip_load_ascii
SET client_min_messages = warning;
:tables;
INSERT INTO app.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "text"}]}');
:documents;
INSERT INTO app.form_responses (id, form_id, responses) VALUES (9, 1, '{"a": "ü"}');
CALL load_response_events('app', 'dwh');
SELECT submission_id, schema_path, value, status FROM dwh.response_events ORDER BY 1;
SELECT submission_id, value, status FROM dwh.response_event_problems ORDER BY 1;

\c :here
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_load_latin1;
DROP DATABASE regress_onetrip_load_ascii;
