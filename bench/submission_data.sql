-- Three forms of 13, 68 and 62 questions, and :submissions of each with every question answered; a form of
-- 1,000 questions of which 20 are answered; documents that are mostly arrays. The same rows each time.
SET client_min_messages = warning;

CREATE FUNCTION question(slug text, n int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'slug', slug, 'nodeType', 'question', 'widget', 'text', 'label', 'What do you say of ' || slug || '?',
        'answerType', (ARRAY['text', 'boolean', 'text', 'number', 'date', 'text', 'boolean'])[1 + n % 7],
        'tag', CASE WHEN n % 2 = 0 THEN 'member_' || slug END,
        'answerEnum', CASE WHEN n % 7 = 5 THEN jsonb '[{"value": "daily", "label": "Daily"},
            {"value": "weekly", "label": "Weekly"}, {"value": "monthly", "label": "Monthly"}]' END))
$$;
CREATE FUNCTION answer(n int, seed int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE n % 7
        WHEN 1 THEN to_jsonb((n + seed) % 3 = 0)
        WHEN 3 THEN to_jsonb(round((seed % 1000 + n) / 4.0, n % 3))
        WHEN 4 THEN to_jsonb(date '1950-01-01' + (seed * 31 + n * 7) % 25000)
        WHEN 5 THEN to_jsonb((ARRAY['daily', 'weekly', 'monthly'])[1 + (seed + n) % 3])
        WHEN 6 THEN to_jsonb((n + seed) % 2 = 0)
        ELSE to_jsonb(substr(md5((seed * 100 + n)::text), 1, 4 + (seed + n) % 20))
    END
$$;

-- Sections of about 11 questions; in the larger forms every other one in a section of its own.
CREATE TABLE questions AS
SELECT form_id, n, ('section_' || n / 11) AS section,
    CASE WHEN form_id > 1 AND n / 11 % 2 = 1 THEN 'details' END AS subsection, 'question_' || n AS slug
FROM (VALUES (1, 13), (2, 68), (3, 62)) AS f (form_id, size), generate_series(0, size - 1) AS n;

CREATE TABLE forms AS
SELECT form_id AS id, jsonb_build_object('slug', 'form_' || form_id, 'nodeType', 'form', 'children',
    jsonb_agg(jsonb_build_object('slug', section, 'nodeType', 'section', 'children', children) ORDER BY section)) AS schema
FROM (SELECT form_id, section,
        CASE WHEN subsection IS NULL THEN jsonb_agg(question(slug, n) ORDER BY n)
        ELSE jsonb_build_array(jsonb_build_object('slug', subsection, 'nodeType', 'section', 'children',
            jsonb_agg(question(slug, n) ORDER BY n))) END AS children
    FROM questions GROUP BY form_id, section, subsection) AS s
GROUP BY form_id;

CREATE TABLE submissions AS
SELECT row_number() OVER (ORDER BY seed, form_id) AS id, form_id, responses
FROM (SELECT form_id, seed, jsonb_object_agg(section,
            CASE WHEN subsection IS NULL THEN answers ELSE jsonb_build_object(subsection, answers) END) AS responses
    FROM (SELECT form_id, seed, section, subsection, jsonb_object_agg(slug, answer(n, seed)) AS answers
        FROM questions, generate_series(1, :submissions) AS seed
        GROUP BY form_id, seed, section, subsection) AS s
    GROUP BY form_id, seed) AS r;
CREATE TABLE json_submissions AS SELECT id, form_id, responses::text::json AS responses FROM submissions;

CREATE TABLE large_forms AS
SELECT 1 AS id, jsonb_build_object('slug', 'large', 'children', jsonb_agg(question('question_' || n, n))) AS schema
FROM generate_series(0, 999) AS n;
CREATE TABLE large_submissions AS
SELECT seed AS id, 1 AS form_id, (SELECT jsonb_object_agg('question_' || n, answer(n, seed))
    FROM generate_series(seed % 50, 999, 50) AS n) AS responses
FROM generate_series(1, 2 * :submissions) AS seed;

-- What the peers in SQL are given: the form as a table, with each question's way.
CREATE TABLE known_questions AS
SELECT form_id, array_remove(ARRAY[section, subsection, slug], NULL) AS way,
    array_to_string(ARRAY[section, subsection, slug], '.') AS schema_path, q ->> 'answerType' AS answer_type, q ->> 'tag' AS tag
FROM questions, LATERAL (SELECT question(slug, n) AS q) AS s;
CREATE TABLE large_questions AS
SELECT 1 AS form_id, ARRAY['question_' || n] AS way, 'question_' || n AS schema_path, q ->> 'answerType' AS answer_type, q ->> 'tag' AS tag
FROM generate_series(0, 999) AS n, LATERAL (SELECT question('question_' || n, n) AS q) AS s;

CREATE TABLE documents AS
SELECT seed AS id, jsonb_build_object('id', seed, 'series', (SELECT jsonb_agg(jsonb_build_array(n, n * 0.5, md5(n::text), n % 2 = 0))
        FROM generate_series(seed, seed + 49) AS n),
    'people', (SELECT jsonb_agg(jsonb_build_object('name', 'name ' || n, 'tags', jsonb_build_array('a', 'bc', n), 'note', NULL))
        FROM generate_series(1, 20) AS n)) AS document
FROM generate_series(1, :submissions / 4) AS seed;

VACUUM ANALYZE forms, submissions, json_submissions, large_forms, large_submissions, documents,
    known_questions, large_questions;
