-- JSON as text in databases of other encodings.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_json_latin1;
DROP DATABASE IF EXISTS regress_onetrip_json_sql_ascii;
CREATE DATABASE regress_onetrip_json_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc
    LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_json_sql_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc
    LC_COLLATE 'C' LC_CTYPE 'C';

\c regress_onetrip_json_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT encode_section('x { v * text }', '{"v": "été"}') AS raw,
    encode_section('x { v * text }', '{"v": "\u00e9"}') AS escaped,
    encode_section('x { v * text }', '{"v": "\u20ac"}') AS not_of_the_database;
SELECT encode_sections('x { v * dvbtext }', '{"v": "été"}'), section_agg('x { v * text }', '{"v": "été"}');
SELECT encode_section('x { v * text }', '{"é": "x", "\u00e9": "y", "v": "z"}');
SELECT encode_section('x { v * text }', '{"v": "é", é}');
SELECT keys, value FROM flatten_submission('{"é": "à"}', '{"children": [{"slug": "é", "answerType": "text"}]}');
SELECT * FROM flatten_submission('{"é": "x", "\u00e9": "y"}', '{"children": []}');
-- A type whose output function writes text of the database.
CREATE TYPE note;
CREATE FUNCTION note_in(cstring) RETURNS note LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION note_out(note) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE note (INPUT = note_in, OUTPUT = note_out, LIKE = text, CATEGORY = 'S');
SELECT encode_section('x { v * text }', r), encode_section('x { v * text }', to_jsonb(r)) AS by_json
FROM (SELECT 'noté'::note AS v) AS r;

\c regress_onetrip_json_sql_ascii
SET client_min_messages = warning;
CREATE EXTENSION onetrip;
SELECT encode_section('x { v * text }', '{"v": "été"}');
SELECT encode_section('x { v * text }', '{"v": "été", "v": "x"}');
SELECT keys, value FROM flatten_submission('{"a": "à"}', '{"children": [{"slug": "a", "answerType": "text"}]}');
SELECT encode_section('x { v * text }', E'{"v": "\xe9"}');
SELECT * FROM flatten_submission(E'{"a": "\xe9"}', '{"children": []}');

\c :here
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_json_latin1;
DROP DATABASE regress_onetrip_json_sql_ascii;
