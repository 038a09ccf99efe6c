-- flatten_submission, form_questions, jsonb_tree and the answers in databases of a single-byte encoding, a multi-byte
-- one and none: what is so in UTF8 is so there too.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_latin1;
DROP DATABASE IF EXISTS regress_onetrip_euc_jp;
DROP DATABASE IF EXISTS regress_onetrip_sql_ascii;
CREATE DATABASE regress_onetrip_latin1 ENCODING 'LATIN1' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_euc_jp ENCODING 'EUC_JP' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_sql_ascii ENCODING 'SQL_ASCII' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
\getenv abs_srcdir PG_ABS_SRCDIR
\set outcomes :abs_srcdir '/tests/outcomes.sql'

\c regress_onetrip_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
\i :outcomes
SELECT d, b.* FROM (VALUES (json '{"a": "\u00e9"}'), ('{"a": "é"}'), ('{"\u00e9": "\\u0000"}'),
    ('{"a": "\u4e2d"}'), ('{"a": "\u0000"}'), ('{"\u4e2d": 1}'), ('{"a": "\ud83d\ude00"}'), ('{"a": "\ud83d"}'),
    ('{"a": 1e999999}')) AS v (d), pg_temp.outcomes(d) AS b;
SELECT schema_path, keys, idx, value, answer_type, tag, status FROM flatten_submission(
    jsonb '{"é": ["à", "b"], "x é": [], "g": [{"ü": "1,5"}, {}]}',
    '{"children": [{"slug": "é", "answerType": "text", "tag": "ü", "answerEnum": [{"value": "à"}]},
      {"slug": "x é", "answerType": "text"},
      {"slug": "g", "children": [{"slug": "ü", "answerType": "number"}]}]}', '{all}');
SELECT * FROM form_questions('{"children": [{"slug": "é", "answerType": "ü", "tag": "à", "label": {"fr": "Été"},
    "answerEnum": "ñ"}]}');
SELECT keys, path, value FROM jsonb_tree('{"é''": ["ü\u0001"]}');
SELECT answer_number('1é'), answer_boolean('é'), answer_date('2026-01-0é');
SELECT flatten_submission(jsonb '{}', '{}', ARRAY['ü']);

\c regress_onetrip_euc_jp
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
\i :outcomes
SELECT d, b.* FROM (VALUES (json '{"a": "\u4e2d"}'), ('{"a": "中"}'), ('{"\u540d": "あ"}'), ('{"a": "\u00e9"}'),
    ('{"a": "\u0000"}'), ('{"a": "\ud83d\ude00"}')) AS v (d), pg_temp.outcomes(d) AS b;
SELECT schema_path, keys, idx, value, answer_type, tag, status FROM flatten_submission(
    jsonb '{"名前": ["あ", "い"], "名 前": [], "表": [{"能": "1"}, {}]}',
    '{"children": [{"slug": "名前", "answerType": "text", "tag": "人", "answerEnum": [{"value": "あ"}]},
      {"slug": "名 前", "answerType": "text"},
      {"slug": "表", "children": [{"slug": "能", "answerType": "number"}]}]}', '{all}');
SELECT * FROM form_questions('{"children": [{"slug": "名前", "answerType": "型", "label": {"ja": "お名前"},
    "answerEnum": "表"}]}');
SELECT keys, path, value FROM jsonb_tree('{"名''前": ["あ"]}');
SELECT answer_number('１'), answer_boolean('真'), answer_date('２０２６-01-01');
SELECT flatten_submission(jsonb '{}', '{}', ARRAY['表']);

-- SQL_ASCII: bytes mean nothing beyond ASCII, and need be no valid UTF-8.
\c regress_onetrip_sql_ascii
SET client_min_messages = warning;
SET bytea_output = 'escape';
CREATE EXTENSION onetrip;
\i :outcomes
-- (A letter that the encoding lacks is another error from 16 on.)
SELECT regexp_replace(b.of_cast, '^(0A000|22P05)$', 'an error') AS of_cast, b.of_cast = b.of_json AS same
FROM (VALUES (json '{"a": "\u0041"}'), ('{"a": "\u4e2d"}'), ('{"a": "\u00e9"}'), ('{"a": "\u0000"}'),
    ('{"\u4e2d": 1}')) AS v (d), pg_temp.outcomes(d) AS b;
-- A lone byte 0xff, and half of a character.
CREATE TEMP TABLE odd AS
SELECT convert_from('\377', 'SQL_ASCII') AS one, convert_from('\344\270', 'SQL_ASCII') AS half;
SELECT schema_path::bytea AS schema_path, keys::text::bytea AS keys, idx, value::bytea AS value, tag::bytea AS tag,
    status
FROM odd, flatten_submission(
    format('{"%1$s": ["%1$s", "%2$s"], "x %2$s": {"%1$s": []}, "g": [{"%2$s": "1"}, {}]}', one, half)::jsonb,
    format('{"children": [{"slug": "%1$s", "answerType": "text", "tag": "%2$s", "answerEnum": [{"value": "%1$s"}]},
        {"slug": "g", "children": [{"slug": "%2$s", "answerType": "number"}]},
        {"slug": "x %2$s", "children": [{"slug": "%1$s", "answerType": "date"}]}]}', one, half)::jsonb, '{all}');
SELECT value::bytea AS value, status FROM odd, flatten_submission(format('{"a": "%s"}', one)::json, '{}', '{unknown}');
SELECT schema_path::bytea AS schema_path, answer_type, tag::bytea AS tag, label::text::bytea AS label, problem
FROM odd, form_questions(format('{"children": [{"slug": "%1$s.%2$s", "answerType": "%1$s", "tag": "%2$s",
    "label": "%1$s"}]}', one, half)::jsonb);
SELECT keys::text::bytea AS keys, path::bytea AS path, value::text::bytea AS value
FROM odd, jsonb_tree(format('{"%s": ["%s"]}', one, half)::jsonb);
SELECT answer_number(one), answer_boolean(half), answer_date('2026-01-0' || one) FROM odd;

\c :here
SET client_min_messages = warning;
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_latin1;
DROP DATABASE regress_onetrip_euc_jp;
DROP DATABASE regress_onetrip_sql_ascii;
