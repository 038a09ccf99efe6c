-- form_questions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';

SELECT * FROM form_questions('{"slug": "visit", "children": [
    {"slug": "patient", "nodeType": "section", "label": "Patient", "children": [
        {"slug": "name", "nodeType": "question", "answerType": "text", "tag": "full_name", "label": {"en": "Name",
            "fr": "Nom"}},
        {"slug": "first.name", "nodeType": "question", "answerType": "text", "label": "First name"}]},
    {"slug": "consent", "answerType": "boolean", "tag": 7, "label": null, "children": [{"slug": "why",
        "answerType": "date"}]},
    {"slug": "pain", "answerType": "number", "label": ["a", 1], "answerEnum": [{"value": 0, "label": "None"},
        {"value": 10, "label": {"en": "Worst"}}]}]}');

-- What is wrong with a form.
SELECT * FROM form_questions('{"children": [
    {"slug": "q", "answerType": "number", "tag": "first"},
    {"slug": "c", "answerType": "colour"},
    {"slug": "n", "nodeType": "question"},
    {"slug": "five", "answerType": 5, "tag": {"a": 1}, "answerEnum": {"value": 1}},
    {"label": "no slug", "children": [{"slug": "under", "answerType": "text"}, {"children": [{"answerType": "date"}]}]},
    {"slug": 7, "answerType": "text"},
    {"slug": "", "answerType": "text"},
    {"slug": "g", "children": {"slug": "x"}},
    {"slug": "both", "answerType": "text", "children": 1},
    "no node", null, [],
    {"slug": "q", "answerType": "text", "tag": "second"},
    {"slug": "twice", "answerType": "text"}, {"slug": "twice", "nodeType": "section"}]}');

-- Never an error, whatever JSON it is.
SELECT form, q.* FROM (VALUES ('null'::jsonb), ('5'), ('"x"'), ('true'), ('[]'),
    ('[[{"slug": "a", "answerType": "text"}]]'), ('{}'), ('{"children": 5}'),
    ('{"children": null}'), ('{"children": []}'), ('{"answerType": "text", "slug": "root"}'),
    ('{"children": [[{"slug": "a"}]]}')) AS v (form)
    LEFT JOIN LATERAL form_questions(form) AS q ON true;
SELECT * FROM form_questions(NULL);

-- Any depth.
SELECT ord, length(schema_path), problem FROM form_questions((repeat('{"slug":"a","children":[', 5000)
    || '{"slug":"b","answerType":"number"}' || repeat(']}', 5000))::jsonb);
SELECT count(*), max(length(schema_path)) FROM form_questions((repeat('{"slug":"a","answerType":"text","children":[',
    500) || repeat(']}', 500))::jsonb);

-- A large one that is out of line, in FROM and in the SELECT list.
CREATE TEMP TABLE forms AS
SELECT id, jsonb_build_object('children', (SELECT jsonb_agg(jsonb_build_object('slug', md5(id || ' ' || n),
    'answerType', 'text', 'label', md5(n::text))) FROM generate_series(1, 1000) AS n)) AS form
FROM generate_series(1, 3) AS id;
SELECT id, count(*), max(ord), count(problem), count(DISTINCT schema_path) FROM forms, form_questions(form) GROUP BY id
    ORDER BY id;
SELECT id, count(q) FROM (SELECT id, form_questions(form) AS q FROM forms) AS s GROUP BY id ORDER BY id;
SELECT form_questions('{"children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "answerType": "date"}]}');
SELECT form_questions('{"children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "answerType": "date"}]}')
    LIMIT 1;
