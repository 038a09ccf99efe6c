-- flatten_submission.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';  -- which must not matter

-- A section, a repeated group, a question of each type, choices, a multi-select, and a node that is a
-- question and a group.
CREATE TEMP TABLE example AS SELECT jsonb '{
    "slug": "visit", "nodeType": "form", "children": [
        {"slug": "patient", "nodeType": "section", "children": [
            {"slug": "name", "nodeType": "question", "answerType": "text", "tag": "full_name"},
            {"slug": "age", "nodeType": "question", "answerType": "number"},
            {"slug": "born", "nodeType": "question", "answerType": "date", "tag": "born"},
            {"slug": "smokes", "nodeType": "question", "answerType": "boolean"}]},
        {"slug": "visits", "nodeType": "section", "children": [
            {"slug": "on", "answerType": "date", "tag": "visit_date"},
            {"slug": "symptoms", "answerType": "text",
             "answerEnum": [{"value": "cough", "label": "Cough"}, {"value": "fever", "label": {"fr": "Fièvre"}}]}]},
        {"slug": "rating", "answerType": "number", "answerEnum": [{"value": 1}, {"value": 2.50}, {"value": "3"}]},
        {"slug": "consent", "answerType": "boolean", "children": [{"slug": "why", "answerType": "text"}]},
        {"slug": "mystery", "answerType": "colour"}]}' AS form;

CREATE FUNCTION pg_temp.flat(responses jsonb, include text[] DEFAULT '{all}')
    RETURNS TABLE (ord int, schema_path text, keys text[], idx int[], value text, answer_type text, tag text,
        status text)
    LANGUAGE sql AS 'SELECT f.* FROM example, flatten_submission(responses, form, include) AS f';

-- What is answered ---------------------------------------------------------------------------------

SELECT * FROM pg_temp.flat('{"patient": {"name": "Zoé", "age": 27.50, "born": "1999-12-31", "smokes": false},
    "rating": 2.50, "consent": true, "mystery": [1, "red"]}', '{}');

-- A repeated group, each with a multi-select.
SELECT *
    FROM pg_temp.flat('{"visits": [{"on": "2026-11-01", "symptoms": ["fever", "itch"]},
    {"on": "2026-11-02", "symptoms": "cough"}, {}]}', '{}');

-- A node that is both: judged where it is a scalar, walked where it is an object.
SELECT * FROM pg_temp.flat('{"consent": {"why": "x"}}', '{}');
SELECT * FROM pg_temp.flat('{"consent": [true, {"why": "x"}, [false], null]}');

-- Every status, and what include chooses -------------------------------------------------------------

SELECT *
    FROM pg_temp.flat('{"patient": {"name": null, "age": "x", "born": {"year": 1999}, "spouse": {"name": "Joël",
    "pets": ["cat", null]}},
    "visits": "none", "rating": 7, "consent": "true", "extra": false, "more": [[1, [2]], {}], "mystery": []}');
SELECT include, array_agg(ord ORDER BY ord) AS ords
FROM (VALUES ('{}'::text[]), ('{null}'), ('{unknown}'), ('{structure}'), ('{missing}'), ('{null,missing}'), ('{all}'),
    ('{unknown,all}')) AS v (include),
    pg_temp.flat('{"patient": {"name": null, "age": "x", "born": {"year": 1999}, "spouse": {"name": "Joël",
        "pets": ["cat", null]}},
    "visits": "none", "rating": 7, "consent": "true", "extra": false, "more": [[1, [2]], {}], "mystery": []}', include)
GROUP BY include ORDER BY include;
SELECT * FROM pg_temp.flat('{}', '{missing}');
SELECT * FROM pg_temp.flat('{}', '{everything}');
SELECT * FROM pg_temp.flat('{}', '{ok}');
-- An element that is NULL is the word null, since that is what '{null}' means.
SELECT status FROM pg_temp.flat('{"rating": null}', ARRAY['null']) UNION ALL SELECT status
    FROM pg_temp.flat('{"rating": null}', ARRAY[NULL]);
SELECT status FROM pg_temp.flat('{"rating": null}', '{{null,unknown},{structure,missing}}') GROUP BY status
    ORDER BY status;

-- Types -----------------------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.status_of(answer jsonb, type text) RETURNS text
    LANGUAGE sql AS $$ SELECT status FROM flatten_submission(jsonb_build_object('q', answer),
        jsonb_build_object('children', jsonb_build_array(jsonb_build_object('slug', 'q', 'answerType', type))),
            '{all}') $$;
SELECT left(answer::text, 24) AS answer, pg_temp.status_of(answer, 'number') AS number,
    pg_temp.status_of(answer, 'boolean') AS boolean,
    pg_temp.status_of(answer, 'date') AS date, pg_temp.status_of(answer, 'text') AS text
FROM (VALUES ('1'), ('-0.0'), ('1e400'), ('0.1000'), ('true'), ('false'), ('null'), ('"1"'), ('"-0"'),
    ('"1.5e-7"'), ('"1E+5"'),
    ('"01"'), ('"1."'), ('".5"'), ('"+1"'), ('"1e"'), ('"-"'), ('" 1"'), ('"1 "'), ('"NaN"'), ('"0x1"'),
    ('"1e999999"'), ('""'),
    ('"true"'), ('"2017-02-30"'), ('"2016-02-29"'), ('"2017-02-29"'), ('"1900-02-29"'), ('"2000-02-29"'),
    ('"0001-01-01"'), ('"0000-01-01"'),
    ('"9999-12-31"'), ('"10000-01-01"'), ('"2017-1-01"'), ('"2017-13-01"'), ('"2017-00-10"'), ('"2017-01-00"'),
    ('"2017-04-31"'),
    ('"2017-01-15T00:00:00"'), ('" 2017-01-15"'), ('"2017/01/15"'), ('"infinity"'), ('20170115')) AS v (text),
    LATERAL (SELECT text::jsonb) AS j (answer);

-- Spelling: a number as jsonb has it, a string as it is.
SELECT value
    FROM flatten_submission(jsonb
    '{"a": 1e3, "b": 0.1000, "c": -0.0, "d": "  x\n", "e": true, "f": "", "g": {}, "h": [],
    "i": 12345678901234567890.123456789, "j": 1E-7}', '{}', '{all}');
SELECT length(value), left(value, 3), right(value, 3) FROM flatten_submission(jsonb '{"n": 1e400}', '{}', '{all}');

-- Choices are compared as text, after the type.
SELECT * FROM pg_temp.flat('{"rating": [1, "1", 1.0, 2.5, 2.50, "2.50", 3, "3", "x", true]}', '{}');
SELECT status FROM flatten_submission(jsonb '{"q": "a"}',
    '{"children": [{"slug": "q", "answerType": "text", "answerEnum": []}]}');
SELECT status FROM flatten_submission(jsonb '{"q": "a"}',
    '{"children": [{"slug": "q", "answerType": "text", "answerEnum": "a"}]}');
SELECT value, status FROM flatten_submission(jsonb '{"q": ["true", true, "null", "{}", 1]}',
    '{"children": [{"slug": "q", "answerType": "text", "answerEnum": [{"value": true}, {"value": null},
    {"value": {}}, 1, "a", {}]}]}');

-- Keys and paths ---------------------------------------------------------------------------------------

CREATE TEMP TABLE odd_keys AS SELECT jsonb
    '{"s.t": 1, "s": {"t": 2, "": 3}, "": {"": 4}, "a\"b": 5, "a b": 6, "[0]": 7, "q\"": [8], "é": 9, "😀": {"ß.": 10},
    "''": 11, "\\": 12, "\t": 13}' AS document;
SELECT f.*, document #>> keys = value AS found FROM odd_keys, flatten_submission(document, '{}', '{unknown}') AS f;
-- The same as slugs: every path joins.
SELECT f.schema_path, q.schema_path IS NOT NULL AS joins, f.status
FROM (SELECT jsonb
    '{"children": [{"slug": "s.t", "answerType": "number"},
    {"slug": "s", "children": [{"slug": "t", "answerType": "number"}, {"slug": "", "answerType": "number"}]},
    {"slug": "", "children": [{"slug": "", "answerType": "number"}]}, {"slug": "a\"b", "answerType": "number"},
        {"slug": "a b", "answerType": "number"},
    {"slug": "[0]", "answerType": "number"}, {"slug": "q\"", "answerType": "number"},
        {"slug": "é", "answerType": "number"},
    {"slug": "😀", "children": [{"slug": "ß.", "answerType": "number"}]}, {"slug": "''", "answerType": "number"},
        {"slug": "\\", "answerType": "number"}, {"slug": "\t", "answerType": "number"}]}' AS form) AS o,
    odd_keys, flatten_submission(document, form, '{all}') AS f
        LEFT JOIN LATERAL (SELECT * FROM form_questions(form)) AS q USING (schema_path)
ORDER BY f.ord;

-- Forms -------------------------------------------------------------------------------------------------

-- Whatever JSON it is.
SELECT form, array_agg(schema_path || ' ' || status ORDER BY ord)
    FROM (VALUES ('null'::jsonb), ('5'), ('"x"'), ('true'), ('[]'), ('[{"slug": "a", "answerType": "text"}]'),
    ('{}'), ('{"children": 5}'), ('{"children": {"slug": "a"}}'), ('{"children": [1, null, "x", [], {}]}'),
    ('{"answerType": "text"}'),
    ('{"children": [{"slug": 5, "answerType": "text"}]}'),
    ('{"children": [{"slug": null, "answerType": "text"}]}')) AS v (form),
    flatten_submission(jsonb '{"a": 1}', form, '{all}') GROUP BY form ORDER BY form;
-- A node without a slug hides what is under it.
SELECT schema_path, status FROM flatten_submission(jsonb '{"a": 1, "b": {"a": 1}}',
    '{"children": [{"children": [{"slug": "a", "answerType": "text"}]},
    {"slug": "b", "children": [{"slug": "a", "answerType": "text"}]}]}', '{all}');
-- Of a path that occurs twice the last one counts; sections of one slug are one.
SELECT schema_path, answer_type, tag, status FROM flatten_submission(jsonb
    '{"a": "x", "s": {"a": "1", "b": "2", "c": "3"}}', '{"children": [
    {"slug": "a", "answerType": "number", "tag": "first", "answerEnum": []},
        {"slug": "s", "children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "answerType": "number"}]},
    {"slug": "a", "answerType": "text"}, {"slug": "s", "children": [{"slug": "a", "answerType": "boolean"},
        {"slug": "c", "answerType": "text", "tag": "third"}]}]}', '{all}');
-- A group that is later a question is that question, and what was under it is never met.
SELECT schema_path, value, status FROM flatten_submission(jsonb '{"s": {"a": 1}}',
    '{"children": [{"slug": "s", "children": [{"slug": "a", "answerType": "text"}]},
    {"slug": "s", "answerType": "text"}]}', '{all}');
-- Slugs that come again below themselves.
SELECT schema_path, value, status FROM flatten_submission(jsonb '{"a": {"a": {"a": {"a": 1}, "b": 2}}}',
    '{"slug": "a", "children": [{"slug": "a", "children": [{"slug": "a", "children": [{"slug": "a",
    "answerType": "number"}]}]}]}', '{all}');
-- A question without an answerType is one of text; a section without children is a group.
SELECT schema_path, value, answer_type, status FROM flatten_submission(jsonb '{"q": 1, "s": 2, "g": {"x": 3}, "t": 4}',
    '{"children": [{"slug": "q", "nodeType": "question"}, {"slug": "s", "nodeType": "section"},
    {"slug": "g", "nodeType": "question", "children": [{"slug": "x", "answerType": "number"}]},
        {"slug": "t", "answerType": 5}]}', '{all}');
-- Tags of any kind; long ones too, which have other headers than short ones.
SELECT length(tag), left(tag, 4), answer_type, status
    FROM flatten_submission(jsonb '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}',
    jsonb_build_object('children', jsonb_build_array(
    jsonb '{"slug": "a", "answerType": "text", "tag": 17}', jsonb '{"slug": "b", "answerType": "text", "tag": true}',
        jsonb '{"slug": "c", "answerType": "text", "tag": {"x": 1}}',
    jsonb_build_object('slug', 'd', 'answerType', 'number', 'tag', repeat('x', 200)),
        jsonb_build_object('slug', 'e', 'answerType', 'number', 'tag', repeat('y', 126)))));
-- Values and paths around the lengths where headers change.
SELECT n, length(value), value = repeat('v', n) AS right, length(schema_path), length(keys[1]), tag, status
FROM generate_series(120, 130) AS n, flatten_submission(jsonb_build_object(repeat('k', n), repeat('v', n)),
    jsonb_build_object('children', jsonb_build_array(jsonb_build_object('slug', repeat('k', n), 'answerType', 'text',
        'tag', 't'))));

-- Responses ----------------------------------------------------------------------------------------------

SELECT responses, f.* FROM (VALUES ('5'::jsonb), ('null'), ('"x"'), ('true'), ('[]'), ('[{"a": 1}]'),
    ('{}')) AS v (responses), flatten_submission(responses, '{}', '{structure}') AS f;
SELECT * FROM flatten_submission(NULL::jsonb, '{}', '{all}');
SELECT * FROM flatten_submission(jsonb '{"a": 1}', NULL, '{all}');
SELECT * FROM flatten_submission(jsonb '{"a": 1}', '{}', NULL);
SELECT flatten_submission(NULL::json, '{}', '{all}');

-- json means the cast, its errors included.
SELECT * FROM flatten_submission(json '{"a": 1.50, "a": [2, "\u00e9"], "b": {"c" : 1e2}}', '{}', '{all}');
SELECT * FROM flatten_submission(json '{"a": "\u0000"}', '{}', '{all}');
SELECT * FROM flatten_submission(json '{"a": 1e400000}', '{}', '{all}');

-- Long texts go another way.
SELECT count(*), bool_and(j IS NOT DISTINCT FROM b)
    FROM (SELECT jsonb_build_object('a', repeat('é', n), 'b', jsonb_build_array(1.50, '\', NULL)) AS d
    FROM unnest(ARRAY[10, 520000, 530000]) AS n) AS s,
    ROWS FROM (flatten_submission(d::text::json, '{}', '{all}'), flatten_submission(d, '{}', '{all}')) AS f (o, p, k, i,
        j, t, g, s, o2, p2, k2, i2, b, t2, g2, s2);

-- Depth, width and size ----------------------------------------------------------------------------------

SELECT cardinality(keys), length(schema_path), value, status
FROM flatten_submission((repeat('{"a":', 5000) || '1' || repeat('}', 5000))::jsonb, '{}', '{all}');
SELECT cardinality(keys), cardinality(idx), schema_path, value, status
FROM flatten_submission(('{"a":' || repeat('[', 5000) || '1' || repeat(']', 5000) || '}')::jsonb, '{}', '{all}');
WITH form AS (SELECT (repeat('{"slug":"a","children":[', 2500) || '{"slug":"a","answerType":"number"}'
    || repeat(']}', 2500))::jsonb AS form),
    document AS (SELECT (repeat('{"a":', 2500) || '1' || repeat('}', 2500))::jsonb AS document)
SELECT cardinality(keys), length(schema_path), value, status
    FROM form, document, flatten_submission(document, form, '{all}');
WITH document AS MATERIALIZED (SELECT jsonb_object_agg('key ' || n, n) AS document FROM generate_series(1, 100000) AS n)
SELECT count(*), min(ord), max(ord), count(DISTINCT schema_path), bool_and(schema_path = '"key ' || value || '"')
    FROM document, flatten_submission(document, '{}', '{unknown}');
WITH document AS MATERIALIZED (SELECT jsonb_build_object('a', repeat('x', 10000000), 'b',
    jsonb_build_array(repeat('y', 5000000))) AS document)
SELECT schema_path, length(value), status FROM document,
    flatten_submission(document, '{"children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "children": []}]}',
    '{all}');

-- Call sites ---------------------------------------------------------------------------------------------

-- Documents and forms that are short, compressed and out of line; several forms by turns, which is what the
-- rows of one form in several places give.
CREATE TEMP TABLE forms (id int, form jsonb);
INSERT INTO forms SELECT id, jsonb_build_object('children',
    (SELECT jsonb_agg(jsonb_build_object('slug', 'q' || id || '_' || n, 'answerType', 'number', 'tag', md5(n::text)))
    FROM generate_series(1, size) AS n))
FROM (VALUES (1, 1), (2, 30), (3, 40), (4, 400), (5, 401)) AS v (id, size);
SELECT id, pg_column_size(form) < 2000 AS is_inline FROM forms ORDER BY id;
CREATE TEMP TABLE documents AS
SELECT n AS id, 1 + n % 5 AS form_id, (SELECT jsonb_object_agg('q' || (1 + n % 5) || '_' || k,
    CASE WHEN n % 7 = 0 THEN to_jsonb(md5(k::text)) ELSE to_jsonb(k) END)
    FROM generate_series(1, CASE WHEN n % 11 = 0 THEN 400 ELSE 1 + n % 3 END) AS k) AS document
FROM generate_series(1, 300) AS n;
CREATE TEMP TABLE in_from AS SELECT d.id, e.* FROM documents AS d
    JOIN forms AS f ON f.id = d.form_id, flatten_submission(document, form, '{all}') AS e;
CREATE TEMP TABLE in_select AS SELECT id, (e).* FROM (SELECT d.id, flatten_submission(document, form, '{all}') AS e
    FROM documents AS d JOIN forms AS f ON f.id = d.form_id ORDER BY d.id OFFSET 0) AS s;
SELECT status, count(*), count(tag), count(DISTINCT tag), sum(ord) FROM in_from GROUP BY status ORDER BY status;
(TABLE in_from EXCEPT ALL TABLE in_select) UNION ALL (TABLE in_select EXCEPT ALL TABLE in_from);
SELECT count(*) FROM (SELECT d.id, (flatten_submission(document, form, '{all}')).* FROM documents AS d
    JOIN forms AS f ON f.id = d.form_id) AS s;
-- Two forms are out of line: in each of two statements each is fetched once, for the many documents that have it.
BEGIN;
SELECT idx_scan AS before FROM pg_stat_xact_all_tables
    WHERE relid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'forms'::regclass) \gset
SELECT count(*) FROM (SELECT flatten_submission(document, form) FROM documents AS d JOIN forms AS f ON f.id = d.form_id
    WHERE f.id > 3 OFFSET 0) AS s;
SELECT count(*) FROM (SELECT e.ord FROM documents AS d
    JOIN forms AS f ON f.id = d.form_id, flatten_submission(document, form) AS e WHERE f.id > 3) AS s;
SELECT idx_scan - :before AS fetched FROM pg_stat_xact_all_tables
    WHERE relid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'forms'::regclass);
SELECT count(*) AS documents FROM documents WHERE form_id > 3;
COMMIT;
-- One that is not read to its end is begun anew.
SELECT d.id, (SELECT max(ord) FROM (SELECT (flatten_submission(document, form, '{all}')).ord LIMIT 2) AS s)
    FROM documents AS d JOIN forms AS f ON f.id = d.form_id WHERE d.id <= 5 ORDER BY d.id;
-- Two at once, of different lengths.
SELECT flatten_submission(jsonb '{"a": 1, "b": 2, "c": 3}', '{}', '{unknown}') AS three,
    flatten_submission(json '{"d": 4}', '{}', '{unknown}') AS one, flatten_submission(jsonb '{}', '{}') AS none;
SELECT ARRAY(SELECT flatten_submission(jsonb '{"a": 1, "b": 2}', '{}', '{unknown}'));
-- As one value.
SELECT flatten_submission(jsonb '{"a": 1}', '{}', '{unknown}')
    = ROW(1, 'a'::text, '{a}'::text[], '{}'::int[], '1'::text, NULL::text, NULL::text, 'unknown'::text) AS equal;
-- A form that is one for a call site, but another when it is run again.
PREPARE status_by(jsonb) AS SELECT schema_path, status FROM flatten_submission(jsonb '{"a": 1}', $1, '{all}');
SET plan_cache_mode = force_generic_plan;
EXECUTE status_by('{}');
EXECUTE status_by('{"children": [{"slug": "a", "answerType": "text"}]}');
EXECUTE status_by('{"children": [{"slug": "a", "answerType": "date"}]}');
RESET plan_cache_mode;
DEALLOCATE status_by;
DO $$
DECLARE
    form jsonb;
    r record;
BEGIN
    FOREACH form IN ARRAY ARRAY['{}', '{"children": [{"slug": "a", "answerType": "text"}]}',
        '{"children": [{"slug": "a", "answerType": "date"}]}']::jsonb[] LOOP
        FOR r IN SELECT (flatten_submission(jsonb '{"a": 1}', form, '{all}')).status LOOP
            RAISE NOTICE '%', r.status;
        END LOOP;
    END LOOP;
END $$;
-- In FROM with WITH ORDINALITY, ROWS FROM, and read backwards.
SELECT schema_path, o FROM flatten_submission(jsonb '{"a": 1, "b": 2}', '{}', '{unknown}')
    WITH ORDINALITY AS f (ord, schema_path, keys, idx, value, answer_type, tag, status, o);
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT schema_path FROM flatten_submission(jsonb '{"a": 1, "b": 2, "c": 3}', '{}',
    '{unknown}');
FETCH LAST FROM c;
FETCH BACKWARD ALL FROM c;
CLOSE c;
-- Left by an error, and called again.
SAVEPOINT s;
SELECT flatten_submission(json '{"a": 1e400000}', '{}') FROM generate_series(1, 2);
ROLLBACK TO s;
SELECT count(flatten_submission) FROM (SELECT flatten_submission(jsonb '{"a": 1}', '{}', '{all}')
    FROM generate_series(1, 3)) AS s;
COMMIT;

-- The planner ---------------------------------------------------------------------------------------------

SELECT proname, proargtypes::regtype[], provolatile, proparallel, proisstrict, procost, prorows FROM pg_proc
WHERE proname IN ('flatten_submission', 'form_questions', 'jsonb_tree', 'answer_number', 'answer_boolean',
    'answer_date') ORDER BY proname, proargtypes::text;
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
SELECT pg_temp.rows_of($$SELECT * FROM flatten_submission('{}'::jsonb, '{"children": [{"slug": "a",
    "answerType": "text"}, {"slug": "b", "answerType": "text"}, {"slug": "c", "answerType": "text"}]}')$$) AS constant,
    pg_temp.rows_of($$SELECT * FROM flatten_submission('{}'::json, jsonb_build_object('children', '[{"slug": "a",
        "answerType": "text"}, {"slug": "b", "answerType": "text"}]'::jsonb))$$) AS folded,
    pg_temp.rows_of($$SELECT flatten_submission('{}'::json, '{"children": [{"slug": "a", "answerType": "text"},
        {"slug": "b", "answerType": "text"}]}')$$) AS in_select,
    pg_temp.rows_of($$SELECT * FROM flatten_submission('{}'::json, (SELECT form FROM forms LIMIT 1))$$) AS not_constant,
    pg_temp.rows_of($$SELECT * FROM form_questions('{"children": [{"slug": "a", "answerType": "text"},
        {"slug": "b", "answerType": "text"}, {"slug": "b"}]}')$$) AS questions;

-- A parallel plan gives the same rows.
CREATE TABLE parallel_documents AS TABLE documents;
CREATE TABLE parallel_forms AS TABLE forms;
ANALYZE parallel_documents, parallel_forms;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS off) SELECT count(*) FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id, flatten_submission(document, form, '{all}') AS e;
SELECT status, count(*), count(tag), count(DISTINCT tag), sum(e.ord) FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id, flatten_submission(document, form, '{all}') AS e GROUP BY status
    ORDER BY status;
SELECT count(*), sum((e).ord) FROM (SELECT flatten_submission(document, form, '{all}') AS e FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id) AS s;
EXPLAIN (COSTS off) SELECT flatten_submission(document, form, '{all}') FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id;
SET max_parallel_workers_per_gather = 0;
SELECT status, count(*), count(tag), count(DISTINCT tag), sum(e.ord) FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id, flatten_submission(document, form, '{all}') AS e GROUP BY status
    ORDER BY status;
SELECT count(*), sum((e).ord) FROM (SELECT flatten_submission(document, form, '{all}') AS e FROM parallel_documents AS d
    JOIN parallel_forms AS f ON f.id = d.form_id) AS s;
DROP TABLE parallel_documents, parallel_forms;
