-- Forms and submissions of a size that anything slower than linear would not finish: what is right of small ones is
-- right of these.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;

-- 10,000 copies of one form with another label in the middle, each by its own submission; and again by turns.
CREATE TEMP TABLE copies (id int, form jsonb);
ALTER TABLE copies ALTER form SET STORAGE PLAIN;
INSERT INTO copies
SELECT id, jsonb_build_object('children', jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType', 'text',
    'label', CASE n WHEN 5 THEN 'version ' || lpad(id::text, 6, '0') ELSE 'the same for all of them' END,
    'tag', CASE n WHEN 5 THEN id END) ORDER BY n))
FROM generate_series(1, 10000) AS id, generate_series(1, 9) AS n GROUP BY id;
SELECT count(DISTINCT length(form::text)) AS lengths, count(DISTINCT form) AS forms FROM copies;
SELECT count(*), count(*) FILTER (WHERE tag = id::text) AS right_ones
FROM copies, flatten_submission('{"q5": "a"}'::jsonb, form);
SELECT count(*), count(*) FILTER (WHERE (e).tag = id::text) AS right_ones
FROM (SELECT id, flatten_submission('{"q5": "a"}'::jsonb, form) AS e
    FROM copies, generate_series(1, 2) AS round OFFSET 0) AS s;

-- Forms out of line, more than the cache has room for: what is forgotten is compiled again.
CREATE TEMP TABLE large (id int, form jsonb);
ALTER TABLE large ALTER form SET STORAGE EXTERNAL;
INSERT INTO large
SELECT id, jsonb_build_object('children',
    jsonb_build_object('slug', 'q1', 'answerType', 'text', 'tag', md5(id || ' 1')) || others ||
    jsonb_build_object('slug', 'q4096', 'answerType', 'text', 'tag', md5(id || ' 4096')))
FROM generate_series(1, 70) AS id, (SELECT jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType', 'text', 'tag',
    md5(n::text))) AS others FROM generate_series(2, 4095) AS n) AS o;
SELECT count(*), count(*) FILTER (WHERE (e).tag = md5(id || ' ' || substr((e).schema_path, 2))) AS right_ones
FROM (SELECT id, flatten_submission('{"q1": 1, "q4096": 2}'::jsonb, form) AS e
    FROM generate_series(1, 2) AS round, large OFFSET 0) AS s;

-- 4,096 questions, missing in each of 40 repetitions but in one.
SELECT count(*), count(DISTINCT schema_path), min(idx), max(idx), count(*) FILTER (WHERE idx = '{7}') AS in_the_eighth
FROM large, flatten_submission((SELECT jsonb_build_object('g', jsonb_agg(CASE n WHEN 7 THEN jsonb '{"q7": 1}' ELSE '{}'
    END ORDER BY n)) FROM generate_series(0, 39) AS n), jsonb_build_object('children', jsonb_build_array(form ||
    '{"slug": "g"}')), '{missing}') WHERE id = 1 AND status = 'missing';

-- An answerEnum of 100,000 values, and as many answers; a slug that occurs 100,000 times.
SELECT status, count(*) FROM flatten_submission(
    (SELECT jsonb_build_object('q', jsonb_agg(2 * n)) FROM generate_series(1, 100000) AS n),
    (SELECT jsonb_build_object('children', jsonb_build_array(jsonb_build_object('slug', 'q', 'answerType', 'number',
        'answerEnum', jsonb_agg(jsonb_build_object('value', n))))) FROM generate_series(1, 100000) AS n))
GROUP BY status ORDER BY status;
SELECT problem, count(*) FROM form_questions((SELECT jsonb_build_object('children', jsonb_agg(jsonb '{"slug": "q",
    "answerType": "text"}')) FROM generate_series(1, 100000))) GROUP BY problem ORDER BY problem;

-- An object of 100,000 members, and one in the other 2,000 deep, with a question at every level of the form.
SELECT count(*), count(DISTINCT schema_path), count(*) FILTER (WHERE value = substr(schema_path, 4)) AS right_ones
FROM flatten_submission((SELECT jsonb_object_agg('key' || n, n) FROM generate_series(1, 100000) AS n), '{}',
    '{unknown}');
CREATE TEMP TABLE deep AS
SELECT (repeat('{"slug": "a", "answerType": "text", "children": [', 2000) || repeat(']}', 2000))::jsonb AS node,
    (repeat('{"a": ', 1999) || '{"a": 1}' || repeat('}', 1999))::jsonb AS document;
SELECT status, count(*), min(length(schema_path)), max(length(schema_path)), max(cardinality(keys)),
    bool_and(keys IS NULL OR length(schema_path) = 2 * cardinality(keys) - 1) AS agree
FROM deep, flatten_submission(document, jsonb_build_object('children', jsonb_build_array(node)), '{all}')
GROUP BY status;
SELECT count(*), max(length(schema_path)) FROM deep,
    flatten_submission('{}'::jsonb, jsonb_build_object('children', jsonb_build_array(node)), '{missing}');
SELECT count(*), max(depth), max(cardinality(keys)), max(length(path)) FROM deep, jsonb_tree(document);
