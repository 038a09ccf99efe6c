-- JSON as text: what literals without a type and parameters of drivers are.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA json_text;
SET search_path = json_text, public;
RESET client_min_messages;
SELECT E'pair {\n a 8 uimsbf\n b * text\n}' AS pair \gset

-- Each form, by a literal, by a parameter without a type, and by text.
SELECT encode_section(:'pair', '{"a": 1, "b": "é"}');
SELECT encode_sections(:'pair', '{"a": 1, "b": "\u00e9"}');
SELECT section_agg(:'pair', '{"a": 1, "b": "x"}') FROM generate_series(1, 3);
SELECT section_agg(:'pair', row ORDER BY n DESC) FROM (VALUES (1, '{"a": 1, "b": "x"}'), (2, NULL),
    (3, '{"b": "y", "a": 3}')) AS v(n, row);
SELECT ord, value FROM flatten_submission('{"a": 1}', '{"children": [{"slug": "a", "answerType": "number"}]}');
PREPARE one AS SELECT encode_section($1, $2);
EXECUTE one(:'pair', '{"a": 2, "b": "x"}');
PREPARE all_parts AS SELECT * FROM encode_sections($1, $2);
EXECUTE all_parts(:'pair', '{"a": 2, "b": "x"}');
PREPARE agg AS SELECT section_agg($1, $2);
EXECUTE agg(:'pair', '{"a": 2, "b": "x"}');
PREPARE flat AS SELECT value FROM flatten_submission($1, $2);
EXECUTE flat('{"a": 1}', '{"children": [{"slug": "a", "answerType": "number"}]}');
SELECT encode_section(:'pair', '{"a": 1, "b": "x"}'::varchar) AS varchar,
    encode_section(:'pair', '{"a": 1, "b": "x"}'::text) AS text;

-- Calls with a type are what they were.
CREATE DOMAIN document AS jsonb;
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN good_pair AS pair;
CREATE TABLE pairs OF pair;
INSERT INTO pairs VALUES (7, 'row');
SELECT encode_section(:'pair', '{"a": 1, "b": "x"}'::jsonb) AS jsonb,
    encode_section(:'pair', '{"a": 1, "b": "x"}'::document) AS domain,
    encode_section(:'pair', (1, 'x')::pair) AS composite,
    encode_section(:'pair', (1, 'x')::good_pair) AS composite_domain;
SELECT encode_section(:'pair', pairs), encode_section(:'pair', to_jsonb(pairs)),
    encode_section(:'pair', to_jsonb(pairs)::text) FROM pairs;
SELECT section_agg(:'pair', pairs) AS record, section_agg(:'pair', to_jsonb(pairs)) AS jsonb,
    section_agg(:'pair', to_jsonb(pairs)::text) AS text
FROM pairs;
SELECT encode_section(:'pair', ROW(1, 'x'));
-- (The server's own hint has other words in 19.)
\set VERBOSITY terse
SELECT encode_section(:'pair', json '{"a": 1, "b": "x"}');
\set VERBOSITY default
SELECT encode_section(:'pair', NULL) IS NULL AS none, encode_section(:'pair', NULL::jsonb) IS NULL AS no_jsonb,
    encode_section(:'pair', NULL::pair) IS NULL AS no_row, section_agg(:'pair', NULL) IS NULL AS no_rows;
SELECT section_agg(NULL, '{}');
SELECT section_agg(NULL, jsonb '{}');
SELECT count(*) FROM flatten_submission(jsonb '{"a": 1}', '{"children": [{"slug": "a", "answerType": "number"}]}');
SELECT count(*) FROM flatten_submission(json '{"a": 1}', '{"children": [{"slug": "a", "answerType": "number"}]}',
    '{all}');

-- A key twice is refused at any depth, and not passed over as jsonb does.
SELECT encode_section(:'pair', '{"a": 1, "b": "x", "a": 2}');
SELECT encode_section(:'pair', '{"a": 1, "b": "x", "\u0061": 2}');
SELECT encode_section('x { t * tlv(8,8) }', '{"t": [{"tag": 1, "value": "x", "tag": 2}]}');
SELECT encode_sections('x { t * tlv(8,8) }', '{"t": {"1": [{"tag": 1, "value": {"2": "x", "2": "y"}}]}}');
SELECT section_agg('x { a 8 uimsbf }', '{"a": 1, "unused": [[{"k": 1, "k": 1}]]}');
SELECT * FROM flatten_submission('{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', '{"children": []}');
SELECT encode_section('x { a 8 uimsbf }', '{"a": 1, "a": 2}'::jsonb) AS last_wins;

-- What is no JSON, and what is no row.
SELECT encode_section(:'pair', '{"a": 1, "b": }');
SELECT encode_section(:'pair', '');
SELECT encode_sections(:'pair', '{"a": 1} x');
SELECT section_agg(:'pair', '{"a": 01}');
SELECT * FROM flatten_submission('{"a": "\u0000"}', '{"children": []}');
SELECT encode_section(:'pair', '[1, 2]');
SELECT encode_section(:'pair', '"text"');
SELECT encode_section(:'pair', '{"a": 1}');
\set VERBOSITY sqlstate
SELECT encode_section(:'pair', '{"a": 1, "b": }');
SELECT encode_section(:'pair', '{"a": 1, "b": "x", "a": 2}');
SELECT encode_section(:'pair', '{"a": 1}');
\set VERBOSITY default

-- In parallel, the same sections.
CREATE TABLE documents AS SELECT n, jsonb_build_object('a', n % 256, 'b', n) AS row FROM generate_series(1, 3000) AS n;
ANALYZE documents;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT section_agg('x { a 8 uimsbf }', row), section_agg('x { a 8 uimsbf }', row::text)
    FROM documents;
SELECT length(section_agg('x { a 8 uimsbf }', row)) AS jsonb,
    length(section_agg('x { a 8 uimsbf }', row::text)) AS text FROM documents;
RESET ALL;
SET search_path = json_text, public;

-- A message shows an argument's beginning, not all of it.
SELECT * FROM flatten_submission('{}', '{}', ARRAY[repeat('é', 1000000)]);
CALL load_response_events('a', 'b', repeat('é', 1000000));
SELECT length(encode_section('x { a 8 uimsbf }', '{"' || repeat('k', 1000000) || '": 1, "a": 1}')) AS bytes;
SELECT encode_section('x { a 8 uimsbf }', '{"' || repeat('k', 1000000) || '": 1, "'
    || repeat('k', 1000000) || '": 1}');
SELECT encode_section('x { a 8 uimsbf }', '{"a": ' || repeat('k', 1000000) || '}');

SET client_min_messages = warning;
DROP SCHEMA json_text CASCADE;
