-- form_from, form_choices and form_views in databases of a single-byte encoding, a multi-byte one and none: a
-- character of a
-- name is one, however many bytes it takes, and no name is cut within one.
SET client_min_messages = warning;
SELECT current_database() AS here \gset
\getenv abs_srcdir PG_ABS_SRCDIR
DROP DATABASE IF EXISTS regress_onetrip_latin1;
DROP DATABASE IF EXISTS regress_onetrip_euc_jp;
DROP DATABASE IF EXISTS regress_onetrip_sql_ascii;
CREATE DATABASE regress_onetrip_latin1 ENCODING 'LATIN1' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_euc_jp ENCODING 'EUC_JP' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE regress_onetrip_sql_ascii ENCODING 'SQL_ASCII' TEMPLATE template0
    LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';

\c regress_onetrip_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
-- REDCap's boxes: é and Ã© have other bytes here than in UTF8, and as many characters.
SELECT child FROM jsonb_array_elements(form_from('[{"field_name": "race", "field_type": "checkbox", "field_label": "Ü",
    "select_choices_or_calculations": "é1, É | Ã©, two | A-9, ascii"}]', 'redcap') -> 'children') AS a (child)
WHERE child ->> 'slug' ~ '^race';
SELECT schema_path, value, status FROM flatten_submission('{"race____1": "1", "race_____": "0", "x": 1}', form_from('[
    {"field_name": "race", "field_type": "checkbox", "select_choices_or_calculations": "é1, É | Ã©, two"}]',
    'redcap'));
SELECT form_from('{"survey": [{"type": "select_one l", "name": "ü", "label::Français (fr)": "Été"}],
    "choices": [{"list_name": "l", "name": "à", "label": "ñ"}]}', 'xlsform');
SELECT form_from('[{"path": "/é-ü", "name": "é-ü", "type": "int"}]', 'odk') #> '{children,0}';
-- A join takes each form once, and gives each its own tree.
SELECT count(*), count(DISTINCT tree) FROM (SELECT form_from(jsonb_build_array(jsonb_build_object('field_name',
    'é' || n % 2,
    'field_type', 'text')), 'redcap') AS tree FROM generate_series(1, 10) AS n) AS s;
CREATE TABLE s (id int, responses jsonb);
INSERT INTO s VALUES (1, '{"é": "à ñ", "ü": {"ö": 1}}');
CREATE TABLE f AS SELECT jsonb '{"reading": "keys", "children": [{"slug": "é", "answerType": "text",
    "multiple": "spaced",
    "label": "Été", "answerEnum": [{"value": "à"}, {"value": "ß"}]}, {"slug": "ü", "children": [{"slug": "ö",
    "answerType": "number"}]}, {"slug": "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé",
    "answerType":
    "text"}]}' AS form;
SELECT statement FROM f, form_views(form, 'ä', 's', language => 'fr') ORDER BY ord \gexec
SELECT * FROM "ä";

\c regress_onetrip_euc_jp
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION onetrip;
SELECT child FROM jsonb_array_elements(form_from('[{"field_name": "race", "field_type": "checkbox",
    "select_choices_or_calculations": "中, one | 中国a, 二 | 塔, three"}]', 'redcap') -> 'children') AS a (child)
WHERE child ->> 'slug' ~ '^race';
CREATE TABLE s (id int, responses jsonb);
INSERT INTO s VALUES (1, '{"中": "国"}');
SELECT statement FROM form_views('{"reading": "keys", "children": [{"slug": "中", "answerType": "text"}, {"slug":
    "a中中中中中中中中中中中中中中中中中中中中中中中中中中中中中中中中", "answerType": "text"}]}', 'v', 's') \gexec
SELECT attname, octet_length(attname::text) FROM pg_attribute WHERE attrelid = 'v'::regclass ORDER BY attnum;
SELECT id, "中" FROM v;

\c regress_onetrip_sql_ascii
SET client_min_messages = warning;
CREATE EXTENSION onetrip;
-- Bytes of UTF-8 are the characters of it; others are one each.
SELECT child ->> 'slug' AS slug FROM jsonb_array_elements(form_from(format('[{"field_name": "r",
    "field_type": "checkbox",
    "select_choices_or_calculations": "%s1, a | %s2"}]', convert_from('\xc3a9', 'SQL_ASCII'), convert_from('\xe9',
    'SQL_ASCII')
    )::jsonb, 'redcap') -> 'children') AS a (child) WHERE child ->> 'slug' ~ '^r_';
CREATE TABLE s (id int, responses jsonb);
SELECT statement FROM form_views('{"reading": "keys", "children": [{"slug": "a", "answerType": "text"}]}', 'v',
    's') \gexec
SELECT * FROM v;

\c :here
SET client_min_messages = warning;
\set wait_for_exits :abs_srcdir '/tests/wait_for_exits.sql'
\i :wait_for_exits
DROP DATABASE regress_onetrip_latin1;
DROP DATABASE regress_onetrip_euc_jp;
DROP DATABASE regress_onetrip_sql_ascii;
