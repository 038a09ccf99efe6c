-- flatten_submission and jsonb_tree in databases of other encodings.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
DROP DATABASE IF EXISTS regress_onetrip_flatten_latin1;
DROP DATABASE IF EXISTS regress_onetrip_flatten_euc_jp;
CREATE DATABASE regress_onetrip_flatten_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_flatten_euc_jp ENCODING 'EUC_JP' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'
    LC_CTYPE 'C';

\c regress_onetrip_flatten_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT * FROM flatten_submission(jsonb '{"é": "à", "x y": {"ß": 1}}',
    '{"children": [{"slug": "é", "answerType": "text", "tag": "ü", "answerEnum": [{"value": "à"}]}]}', '{all}');
SELECT * FROM flatten_submission(json '{"é": "\u00e0"}',
    '{"children": [{"slug": "\u00e9", "answerType": "text"}]}', '{all}');
\set VERBOSITY sqlstate
SELECT * FROM flatten_submission(json '{"é": "\u20ac"}', '{}', '{all}');
\set VERBOSITY default
SELECT keys, path, value FROM jsonb_tree('{"é": ["ü"]}');

\c regress_onetrip_flatten_euc_jp
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT * FROM flatten_submission(jsonb '{"名前": "あ", "x.名": {"。": 1}}',
    '{"children": [{"slug": "名前", "answerType": "text", "tag": "人"}]}', '{all}');
SELECT keys, path, value FROM jsonb_tree('{"名前": ["あ"]}');
SELECT schema_path, tag, label
    FROM form_questions('{"children": [{"slug": "名前", "answerType": "text", "tag": "人", "label": "お名前"}]}');

\c :here
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_flatten_latin1;
DROP DATABASE regress_onetrip_flatten_euc_jp;
