-- Text in databases of other encodings: what a section holds is UTF-8 or ISO 8859-1 all the same.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_latin1;
DROP DATABASE IF EXISTS regress_onetrip_win1252;
DROP DATABASE IF EXISTS regress_onetrip_euc_jp;
DROP DATABASE IF EXISTS regress_onetrip_sql_ascii;
CREATE DATABASE regress_onetrip_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_win1252 ENCODING 'WIN1252' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_euc_jp ENCODING 'EUC_JP' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_sql_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';

-- Each type of text, from a column and from JSON; items of tlv from json and jsonb.
\set texts 'E''texts {\n size 8 uimsbf = length(v)\n v * text\n}'''
\set dvb 'E''dvb {\n v * dvbtext\n}'''
\set latin 'E''latin {\n v 64 char\n}'''
\set items 'E''items {\n v * tlv(8,8)\n}'''

-- ISO 8859-1 --------------------------------------------------------------------------------------

\c regress_onetrip_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SHOW server_encoding;
CREATE TYPE saison AS ENUM ('été', 'hiver');
SELECT octet_length('été') AS bytes_here, encode_section(:texts, r) AS text, encode_section(:dvb, r) AS dvbtext,
    encode_section(:latin, r) AS char
FROM (SELECT 'été'::text AS v) AS r;
SELECT encode_section(:texts, r) AS enum, encode_section(:latin, r) AS char FROM (SELECT 'été'::saison AS v) AS r;
SELECT encode_section(:texts, r) AS varchar FROM (SELECT 'ÿ'::varchar(1) AS v) AS r;
SELECT encode_section(:dvb, r) AS plain FROM (SELECT 'Canal'::text AS v) AS r;
SELECT encode_section(:texts, to_jsonb(r)) AS text, encode_section(:dvb, to_jsonb(r)) AS dvbtext,
    encode_section(:latin, to_jsonb(r)) AS char
FROM (SELECT 'été'::text AS v) AS r;
SELECT encode_section(:items, r) AS jsonb FROM (SELECT '[{"tag": 1, "value": "été"}]'::jsonb AS v) AS r;
SELECT encode_section(:items, r) AS json FROM (SELECT '{"1": "été", "2": [{"tag": 3, "value": "à"}]}'::json AS v) AS r;
SELECT encode_section(:items, '{"v": {"1": "été"}}'::jsonb) AS json_row;
-- A JSON escape may name a character that the database does not have: json keeps it, jsonb refuses it.
SELECT encode_section(:items, r) AS json FROM (SELECT '{"1": "\u20ac"}'::json AS v) AS r;
-- A comment of a layout may hold any character; a refusal shows what was found.
SELECT encode_section(E'x { -- été\n v 8 uimsbf\n}', '{"v": 1}'::jsonb);
SELECT E'x {\n  /* ici */ été\n}'::section_layout;
SELECT E'x {\n  été 8 uimsbf\n}'::section_layout;
SELECT E'x {\n  v é 8 uimsbf\n}'::section_layout;
-- Errors with accents, in values and in names.
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT 'été'::text AS v) AS r;
SELECT encode_section('x { v 8 char }', r) FROM (SELECT 'été'::text AS v) AS r;
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT 1 AS "été") AS r;
SELECT encode_section(:items, r) FROM (SELECT '[{"tag": "é", "value": 1}]'::jsonb AS v) AS r;
-- What the database's encoding does not have (an ellipsis, a euro sign) takes no error's place: it is
-- that of the field, however it is shown.
\set VERBOSITY terse
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT repeat('é', 100) AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:items, r) FROM (SELECT '[1]'::jsonb AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:items, r) FROM (SELECT '{"\u20ac": 1}'::json AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT ('x { ' || repeat('n', 64) || ' 8 uimsbf }')::section_layout;
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
-- A carousel.
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('RÉUNION', 1);
INSERT INTO campagnes VALUES (1, 'RÉUNION', 'é', '2026-11-21', '2026-11-21');
INSERT INTO messages VALUES (1, 1, 1, 1, '{"1": "été"}');
SELECT encode(substr(encode_carousel('RÉUNION', '2026-11-21'), 19, 1), 'hex') AS genre,
    position('\x0105c3a974c3a9'::bytea IN encode_carousel('RÉUNION', '2026-11-21')) AS items_at;
SELECT encode_carousel('Réunion', '2026-11-21');
-- A long list of zones is cut, in characters of the database.
INSERT INTO zones_diffusion SELECT 'zone ' || n, n FROM generate_series(1, 30) AS n;
DO $$
DECLARE
    detail text;
BEGIN
    PERFORM encode_carousel('É', '2026-11-21');
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE WARNING 'only printable characters: %', detail !~ '[\u0080-\u009f]';
END $$;
-- A layout keeps its text.
CREATE TEMP TABLE layouts AS SELECT message_layout() AS layout;
SELECT layout::text = message_layout()::text AS same FROM layouts;

-- WIN1252: has the euro sign, which ISO 8859-1 has not ----------------------------------------------

\c regress_onetrip_win1252
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SHOW server_encoding;
SELECT octet_length('5 €') AS bytes_here, encode_section(:texts, r) AS text, encode_section(:dvb, r) AS dvbtext
    FROM (SELECT '5 €'::text AS v) AS r;
SELECT encode_section(:latin, r) FROM (SELECT '5 €'::text AS v) AS r;
SELECT encode_section(:latin, r) FROM (SELECT 'Œuvre'::text AS v) AS r;
SELECT encode_section(:latin, r) FROM (SELECT 'é'::text AS v) AS r;
SELECT encode_section(:items, r) AS jsonb, encode_section(:items, to_jsonb(r)) AS json_row
    FROM (SELECT '{"1": "5 €"}'::jsonb AS v) AS r;

-- EUC_JP: characters of one to three bytes ----------------------------------------------------------

\c regress_onetrip_euc_jp
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SHOW server_encoding;
SELECT octet_length('日本') AS bytes_here, encode_section(:texts, r) AS text, encode_section(:dvb, r) AS dvbtext
    FROM (SELECT '日本'::text AS v) AS r;
SELECT encode_section(:texts, r) = '\x7e'::bytea || convert_to(repeat('日本', 21), 'UTF8') AS longer
    FROM (SELECT repeat('日本', 21) AS v) AS r;
SELECT encode_section(:latin, r) FROM (SELECT '日本'::text AS v) AS r;
SELECT encode_section(:items, r) AS jsonb, encode_section(:items, to_jsonb(r)) AS json_row
    FROM (SELECT '{"1": "日本"}'::jsonb AS v) AS r;
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT repeat('日本', 100) AS v) AS r;
-- Columns are counted in characters.
SELECT E'x { -- 日本\n v 日 8 uimsbf\n}'::section_layout;

-- SQL_ASCII: bytes, which are UTF-8 or cannot be sent -------------------------------------------------

\c regress_onetrip_sql_ascii
SET client_min_messages = warning;
CREATE EXTENSION onetrip;
SHOW server_encoding;
SELECT encode_section(:texts, r) AS text, encode_section(:dvb, r) AS dvbtext, encode_section(:latin, r) AS char
    FROM (SELECT E'\xc3\xa9'::text AS v) AS r;
SELECT encode_section(:texts, to_jsonb(r)) AS text, encode_section(:items, '{"v": {"1": "\u0041"}}'::jsonb) AS items
    FROM (SELECT 'abc'::text AS v) AS r;
-- Bytes that are no UTF-8: an error of the field, for each type of text.
SELECT encode_section(:texts, r) FROM (SELECT E'caf\xe9'::text AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:dvb, r) FROM (SELECT E'caf\xe9'::text AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:latin, r) FROM (SELECT E'caf\xe9'::text AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:texts, r) FROM (SELECT E'\xc0\x80'::text AS v) AS r;
SELECT encode_section(:texts, r) FROM (SELECT E'\xed\xa0\x80'::text AS v) AS r;
SELECT encode_section(:texts, r) FROM (SELECT E'\xf0\x9f\x98'::text AS v) AS r;
SELECT encode_section(:texts, r) FROM (SELECT repeat(E'\xff', 30) AS v) AS r;
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT E'\xe9'::text AS v) AS r;
SELECT encode_section(:items, r) FROM (SELECT E'{"1": "\xe9"}'::json AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
SELECT encode_section(:items, r) FROM (SELECT E'{"1": "\xe9"}'::jsonb AS v) AS r;
\echo :LAST_ERROR_SQLSTATE
-- The session goes on, and the column is not looked at where the layout does not name it.
SELECT encode_section('x { n 8 uimsbf }', r) FROM (SELECT E'\xe9'::text AS v, 1 AS n) AS r;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('A', 1);
INSERT INTO campagnes VALUES (1, 'A', 'g', '2026-11-21', '2026-11-21');
INSERT INTO messages VALUES (1, 1, 1, 1), (2, 1, 1, 1);
UPDATE messages SET storables = E'{"1": "\xe9"}'::jsonb WHERE id = 2;
SELECT encode_carousel('A', '2026-11-21');
\echo :LAST_ERROR_SQLSTATE

\c :here
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_latin1;
DROP DATABASE regress_onetrip_win1252;
DROP DATABASE regress_onetrip_euc_jp;
DROP DATABASE regress_onetrip_sql_ascii;
