-- form_views of forms that are read by items: questions with items of their own, and that are there several times.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET jit = off;  -- it would compile each call of the functions below for longer than they take
CREATE SCHEMA "views of items";
SET search_path = "views of items", public;

-- Items next to an answer are with the first answer, of a question that has none too -------------------------
CREATE TABLE own_items (id int, responses jsonb);
INSERT INTO own_items VALUES
    (1, '{"item": [{"linkId": "x", "answer": [{"valueString": "A"}], "item": [
        {"linkId": "b", "answer": [{"valueString": "b1"}, {"valueString": "b2"}]},
        {"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "d1"}]}]},
        {"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "d2"}]}]}]}]}'),
    (2, '{"item": [{"linkId": "x", "item": [{"linkId": "g", "item": [{"linkId": "d", "answer": [
        {"valueString": "e1"}, {"valueString": "e2"}, {"valueString": "e3"}]}]}]}]}'),
    -- A row is never made of several items: the second one is in the events alone.
    (3, '{"item": [{"linkId": "x", "item": [{"linkId": "b", "answer": [{"valueString": "under first"}]}]},
        {"linkId": "x", "answer": [{"valueString": "second"}]}]}'),
    -- What is next to the answer is counted on after what is below it.
    (4, '{"item": [{"linkId": "x", "answer": [{"valueString": "A", "item": [
        {"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "below"}]}]}]},
        {"valueString": "B", "item": [{"linkId": "b", "answer": [{"valueString": "under second"}]}]}],
        "item": [{"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "next to"}]}]}]}]}');
SELECT form_from('{"resourceType": "Questionnaire", "item": [{"linkId": "x", "type": "string", "item": [
    {"linkId": "b", "type": "string", "repeats": true}, {"linkId": "g", "type": "group", "repeats": true, "item": [
    {"linkId": "d", "type": "string", "repeats": true}]}]}]}', 'fhir') AS own_form \gset
\set ECHO none
SELECT statement FROM form_views(:'own_form', 'own_view', 'own_items') ORDER BY ord \gexec
\set ECHO all
TABLE own_view ORDER BY id;
TABLE "own_view.x.g" ORDER BY id, i1;
SELECT id, schema_path, idx, value FROM own_items, flatten_submission(responses, :'own_form') ORDER BY id, ord;

-- The answers of a repeating question are counted from one item to the next ----------------------------------
CREATE TABLE several_items (id int, responses jsonb);
INSERT INTO several_items VALUES
    (1, '{"item": [{"linkId": "q", "answer": [{"valueString": "A", "item": [
        {"linkId": "c", "answer": [{"valueString": "cA"}]}]}]}, {"linkId": "q", "answer": [
        {"valueString": "B", "item": [{"linkId": "c", "answer": [{"valueString": "cB"}]},
            {"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "gB0"}]}]},
            {"linkId": "g", "item": [{"linkId": "e", "answer": [{"valueString": "eB1"}]}]}]},
        {"valueString": "C", "item": [{"linkId": "c", "answer": [{"valueString": "cC"}]}]}]}]}'),
    (2, '{"item": [{"linkId": "q", "answer": [{"valueString": "A"}], "item": [
        {"linkId": "c", "answer": [{"valueString": "c"}]}, {"linkId": "c", "answer": [{"valueString": "second c"}]},
        {"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "d0"}]}]}, {"linkId": "g"}]},
        {"linkId": "q"}, {"linkId": "q", "item": [{"linkId": "c", "answer": [{"valueString": "no answer"}]}]}]}');
SELECT form_from('{"resourceType": "Questionnaire", "item": [{"linkId": "q", "type": "string", "repeats": true,
    "item": [{"linkId": "c", "type": "string"}, {"linkId": "g", "type": "group", "repeats": true, "item": [
    {"linkId": "d", "type": "string"}, {"linkId": "e", "type": "string"}]}]}]}', 'fhir') AS several_form \gset
\set ECHO none
SELECT statement FROM form_views(:'several_form', 'several_view', 'several_items') ORDER BY ord \gexec
\set ECHO all
TABLE several_view ORDER BY id;
TABLE "several_view.q" ORDER BY id, i1;
TABLE "several_view.q.g" ORDER BY id, i1, i2;
SELECT id, schema_path, idx, value FROM several_items, flatten_submission(responses, :'several_form') ORDER BY id, ord;

-- The rows of a repeating question are its answers, with a column for them: those without items, and those without a value --
CREATE TABLE answers (id int, responses jsonb);
INSERT INTO answers VALUES
    (1, '{"item": [{"linkId": "allergy", "answer": [{"valueString": "tree nuts"}, {"valueString": "pollen", "item": [
        {"linkId": "severity", "answer": [{"valueInteger": 3}]}]}, {"valueInteger": 7}, {"valueString": null},
        {"item": [{"linkId": "severity", "answer": [{"valueInteger": 4}]}]}]},
        {"linkId": "allergy", "answer": [{"valueString": "cats"}], "item": [
        {"linkId": "severity", "answer": [{"valueInteger": 5}]}]},
        {"linkId": "on", "answer": [{"valueDate": "2026-01-02"}, {"valueDate": "2026"}]},
        {"linkId": "pets", "answer": [{"valueCoding": {"code": "cat", "display": "Cat"}}, {"valueCoding": {"system": "x"}}]}]}'),
    (2, '{"item": [{"linkId": "allergy"}, {"linkId": "on", "answer": []}, {"linkId": "pets", "answer": {}}]}');
SELECT form_from('{"resourceType": "Questionnaire", "item": [
    {"linkId": "allergy", "type": "string", "repeats": true, "text": "Allergic to", "item": [
        {"linkId": "severity", "type": "integer"}, {"linkId": "allergy", "type": "string"}]},
    {"linkId": "on", "type": "date", "repeats": true, "item": [{"linkId": "sure", "type": "boolean"}]},
    {"linkId": "pets", "type": "choice", "repeats": true, "answerOption": [{"valueCoding": {"code": "cat"}},
        {"valueCoding": {"code": "dog"}}], "item": [{"linkId": "name", "type": "string"}]}]}', 'fhir') AS answers_form \gset
\set ECHO none
SELECT statement FROM form_views(:'answers_form', 'answers_view', 'answers', language => 'en') ORDER BY ord \gexec
\set ECHO all
TABLE answers_view ORDER BY id;
TABLE "answers_view.allergy" ORDER BY id, i1;
TABLE "answers_view.on" ORDER BY id, i1;
TABLE "answers_view.pets" ORDER BY id, i1;
SELECT col_description('"answers_view.allergy"'::regclass, 3);

-- Repetitions of a group without questions, and of one whose only question is never missing ----------------
CREATE TABLE empties (id int, responses jsonb);
INSERT INTO empties VALUES
    (1, '{"item": [{"linkId": "e"}, {"linkId": "e", "item": [{"linkId": "?", "answer": [{"valueString": "x"}]}]},
        {"linkId": "o", "item": [{"linkId": "e"}, {"linkId": "e"}]}, {"linkId": "o"}, {"linkId": "m"}, {"linkId": "m"}]}'),
    (2, '{}');
SELECT '{"reading": "items", "children": [{"slug": "e", "repeats": true, "children": [{"slug": "?"}]},
    {"slug": "o", "repeats": true, "children": [{"slug": "e", "repeats": true, "children": []}]},
    {"slug": "m", "repeats": true, "children": [{"slug": "n", "nodeType": "metadata", "answerType": "text"}]}]}' AS empty_form \gset
\set ECHO none
SELECT statement FROM form_views(:'empty_form', 'empty_view', 'empties') ORDER BY ord \gexec
\set ECHO all
TABLE "empty_view.e" ORDER BY id, i1;
TABLE "empty_view.o" ORDER BY id, i1;
TABLE "empty_view.o.e" ORDER BY id, i1, i2;
TABLE "empty_view.m" ORDER BY id, i1;

-- fullIdx changes nothing but idx -----------------------------------------------------------------------------
SELECT name, count(*), bool_and(f.statement = v.statement) AS same
FROM (VALUES ('answers', :'answers_form'::jsonb), ('empty', :'empty_form'), ('own', :'own_form')) AS forms (name, tree),
    form_views(tree, 'v', 's') AS v FULL JOIN form_views(tree || '{"fullIdx": true}', 'v', 's') AS f USING (ord)
GROUP BY name ORDER BY name;
SELECT schema_path, repeat_path FROM form_questions(:'several_form' || jsonb '{"fullIdx": true}') AS q;

-- Statements are in proportion to the form, that of many repeats too -----------------------------------------
SELECT sum(length(statement)) FILTER (WHERE repeats = 400) < 9 * sum(length(statement)) FILTER (WHERE repeats = 50)
    AS proportional
FROM (VALUES (50), (400)) AS v (repeats), LATERAL (SELECT jsonb_build_object('reading', 'items', 'children',
    jsonb_agg(jsonb_build_object('slug', 'g' || g, 'repeats', true, 'children', (SELECT jsonb_agg(jsonb_build_object(
    'slug', 'q' || q, 'answerType', 'integer')) FROM generate_series(1, 10) AS q)))) AS form
    FROM generate_series(1, repeats) AS g) AS f, form_views(form, 'v', 't');

-- Random forms and documents -----------------------------------------------------------------------------------
-- The rows that the views should have are made from the documents, without flatten_submission. What differs
-- is shown with its form (n) and document (id); another ONETRIP_SEED makes others. Documents of an id that 3
-- divides keep to the forms' repeats and have items either below their answers or next to them: of those, the rows
-- are also what the events say.
\set seed 1
\getenv seed ONETRIP_SEED
CREATE FUNCTION pg_temp.chance(seed text, n int) RETURNS int LANGUAGE sql AS
    $$ SELECT (hashtextextended(seed, 0) & 1073741823)::int % n $$;
CREATE FUNCTION pg_temp.random_nodes(seed text, depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('slug', CASE WHEN is_group THEN 'g' ELSE 'q' END || s,
        'answerType', CASE WHEN NOT is_group THEN (ARRAY['text', 'integer'])[pg_temp.chance(s || 'type', 2) + 1] END,
        'repeats', CASE WHEN pg_temp.chance(s || 'repeats', 2) = 0 THEN true END,
        'children', CASE WHEN is_group AND pg_temp.chance(s || 'empty', 5) = 0 THEN '[]'
            WHEN is_group OR (depth < 2 AND pg_temp.chance(s || 'parent', 2) = 0)
            THEN pg_temp.random_nodes(s, depth + 1) END)) ORDER BY n)
    FROM generate_series(1, 1 + pg_temp.chance(seed || 'many', 3)) AS n, LATERAL (SELECT seed || n AS s) AS t,
        LATERAL (SELECT depth < 2 AND pg_temp.chance(s || 'kind', 3) = 0 AS is_group) AS k);
END
$$;
-- How many items, or answers, there are: `many` if they may repeat.
CREATE FUNCTION pg_temp.how_many(seed text, many boolean, tidy boolean) RETURNS int LANGUAGE sql AS $$
    SELECT CASE WHEN many OR (NOT tidy AND pg_temp.chance(seed || 'odd', 3) = 0) THEN pg_temp.chance(seed, 4)
        ELSE least(pg_temp.chance(seed, 6), 1) END
$$;
CREATE FUNCTION pg_temp.random_items(nodes jsonb, seed text, tidy boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(item ORDER BY CASE WHEN tidy THEN 0
        ELSE pg_temp.chance(item_seed || 'order', 99) END, place, m), '[]')
    FROM jsonb_array_elements(nodes) WITH ORDINALITY AS a (node, place),
        LATERAL (SELECT seed || (node ->> 'slug') AS s, node ? 'answerType' AS is_question,
            node ? 'repeats' AS repeats) AS t,
        generate_series(1, pg_temp.how_many(s, repeats AND NOT (is_question AND tidy), tidy)) AS m,
        LATERAL (SELECT s || '/' || m AS item_seed) AS i,
        LATERAL (SELECT CASE WHEN tidy AND is_question AND repeats THEN 0 WHEN tidy AND is_question
            THEN pg_temp.chance(item_seed || 'way', 2) ELSE 2 END AS way) AS w,
        LATERAL (SELECT jsonb_strip_nulls(jsonb_build_object('linkId', node -> 'slug',
            'answer', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('valueString', CASE WHEN is_question
                    AND (tidy OR pg_temp.chance(item_seed || a || 'value', 6) > 0) THEN CASE node ->> 'answerType'
                    WHEN 'integer' THEN pg_temp.chance(item_seed || a, 1000000)::text ELSE item_seed || a END END,
                    'item', CASE WHEN node ? 'children' AND way <> 1
                        AND pg_temp.chance(item_seed || a || 'below', 3) > 0
                        THEN pg_temp.random_items(node -> 'children', item_seed || a, tidy) END)) ORDER BY a)
                FROM generate_series(1, CASE WHEN is_question THEN pg_temp.how_many(item_seed, repeats, tidy)
                    WHEN NOT tidy AND pg_temp.chance(item_seed || 'group', 9) = 0 THEN 2 ELSE 0 END) AS a),
            'item', CASE WHEN node ? 'children' AND (NOT is_question OR (way > 0 AND pg_temp.chance(item_seed || 'own',
                2) > 0)) THEN pg_temp.random_items(node -> 'children', item_seed || '_', tidy) END)) AS item) AS made);
END
$$;
-- The items of several arrays. One that is not there has none.
CREATE FUNCTION pg_temp.joined(VARIADIC arrays jsonb[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(item ORDER BY n, m), '[]') FROM unnest(arrays) WITH ORDINALITY AS a (items, n),
        jsonb_array_elements(items) WITH ORDINALITY AS i (item, m));
END
$$;
-- What a node has in some items, each with what is below it: the items of a group, or the answers of a question.
CREATE FUNCTION pg_temp.places_of(node jsonb, items jsonb) RETURNS TABLE (number int, value text, below jsonb)
LANGUAGE plpgsql ROWS 5 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT (row_number() OVER (ORDER BY n, a))::int - 1, value, below
    FROM jsonb_array_elements(items) WITH ORDINALITY AS i (item, n),
        LATERAL (SELECT 1 AS a, NULL AS value, pg_temp.joined(VARIADIC ARRAY(SELECT answer -> 'item'
                FROM jsonb_array_elements(item -> 'answer') AS e (answer)) || (item -> 'item')) AS below
            WHERE NOT node ? 'answerType'
        UNION ALL SELECT a, item -> 'answer' -> a ->> 'valueString', pg_temp.joined(item -> 'answer' -> a -> 'item',
            CASE WHEN a = 0 THEN item -> 'item' END)
            FROM generate_series(0, greatest(jsonb_array_length(item -> 'answer'),
                CASE WHEN item -> 'item' <> '[]' THEN 1 END) - 1) AS a WHERE node ? 'answerType') AS p
    WHERE item ->> 'linkId' = node ->> 'slug';
END
$$;
-- Whether anything is answered or missing there. In a group without questions nothing can be.
CREATE FUNCTION pg_temp.has_events(nodes jsonb, items jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM jsonb_array_elements(nodes) AS a (node), pg_temp.places_of(node, items) AS p
        WHERE value IS NOT NULL OR pg_temp.has_events(node -> 'children', below)
            OR (NOT node ? 'answerType' AND jsonb_path_exists(node, '$.**.answerType')));
END
$$;
CREATE FUNCTION pg_temp.rows_of(nodes jsonb, items jsonb, view text, i int[], prefix text, path text)
RETURNS TABLE (of_view text, of_i int[], key text, value text) LANGUAGE plpgsql AS $$
DECLARE
    node jsonb;
    place record;
    name text;
    node_path text;
BEGIN
    FOR node IN SELECT jsonb_array_elements(nodes) LOOP
        name := concat_ws('.', prefix, node ->> 'slug');
        node_path := concat_ws('.', path, node ->> 'slug');
        IF node ? 'answerType' THEN
            RETURN QUERY SELECT view, i, name, CASE WHEN node ? 'repeats' AND node ->> 'answerType' = 'text'
                THEN string_agg(p.value, ' ' ORDER BY number) ELSE (array_agg(p.value ORDER BY number))[1] END
                FROM pg_temp.places_of(node, items) AS p
                WHERE p.value IS NOT NULL AND (number = 0 OR node ? 'repeats' OR NOT node ? 'children')
                HAVING count(*) > 0;
        END IF;
        FOR place IN SELECT * FROM pg_temp.places_of(node, items) WHERE node ? 'children' LOOP
            IF node ? 'repeats' THEN
                IF NOT node ? 'answerType' OR place.value IS NOT NULL
                    OR pg_temp.has_events(node -> 'children', place.below) THEN
                    RETURN QUERY SELECT node_path, i || place.number, NULL, NULL;
                END IF;
                RETURN QUERY SELECT node_path, i || place.number, node ->> 'slug', place.value
                WHERE place.value IS NOT NULL;
                RETURN QUERY SELECT * FROM pg_temp.rows_of(node -> 'children', place.below, node_path,
                    i || place.number, NULL, node_path);
            ELSIF place.number = 0 THEN
                RETURN QUERY SELECT * FROM pg_temp.rows_of(node -> 'children', place.below, view, i, name, node_path);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
CREATE TABLE random_forms AS
SELECT n, jsonb_build_object('reading', 'items', 'children', pg_temp.random_nodes('_' || n || '_', 0)) AS form
FROM generate_series(:seed, :seed + 15) AS n;
CREATE TABLE random_documents AS
SELECT n, id, jsonb_build_object('item', pg_temp.random_items(form -> 'children', id || '-', id % 3 = 0)) AS responses
FROM random_forms, generate_series(1, 9) AS id;
CREATE TABLE expected AS
SELECT n, id, coalesce(of_view, '') AS view, of_i AS i, key, value
FROM random_forms JOIN random_documents USING (n),
    pg_temp.rows_of(form -> 'children', responses -> 'item', NULL, '{}', NULL, NULL);
CREATE TABLE found (n int, id int, view text, i int[], key text, value text);
DO $$
DECLARE
    form record;
    view record;
BEGIN
    FOR form IN SELECT * FROM random_forms ORDER BY n LOOP
        EXECUTE format('CREATE VIEW source%s AS SELECT id, responses FROM random_documents WHERE n = %1$s', form.n);
        FOR view IN SELECT * FROM form_views(form.form, 'v' || form.n, 'source' || form.n) ORDER BY ord LOOP
            EXECUTE view.statement;
            EXECUTE format('INSERT INTO found SELECT %s, id, %L, c.i, e.key, e.value FROM %s AS v,
                LATERAL (SELECT array_agg(value::int ORDER BY substr(key, 2)::int) AS i
                FROM jsonb_each_text(to_jsonb(v)) WHERE key ~ ''^i\d+$'') AS c,
                LATERAL (SELECT NULL AS key, NULL AS value UNION ALL SELECT key, value FROM jsonb_each_text(to_jsonb(v)) WHERE key ~ ''^[gq]'' AND value IS NOT NULL) AS e',
                form.n, substr(trim(view.view_name, '"'), length('v' || form.n) + 2), view.view_name);
        END LOOP;
    END LOOP;
END
$$;
-- A row of the submission is there in any case.
UPDATE found SET i = '{}' WHERE view = '';
INSERT INTO expected SELECT n, id, '', '{}', NULL, NULL FROM random_documents;
SELECT * FROM ((SELECT 'not in the view' AS problem, * FROM expected EXCEPT ALL SELECT 'not in the view', * FROM found)
    UNION ALL (SELECT 'not expected', * FROM found EXCEPT ALL SELECT 'not expected', * FROM expected)) AS d
ORDER BY n, id, view, i, key LIMIT 8;
SELECT count(*) > 800 AS many, count(DISTINCT (n, view)) > 30 AS many_views,
    count(*) FILTER (WHERE cardinality(i) > 1) > 200 AS many_nested
FROM expected;
-- The same of the events, whose idx ends with the number of the answer if the question repeats.
CREATE FUNCTION pg_temp.questions_of(nodes jsonb, view text, prefix text, path text)
RETURNS TABLE (of_path text, of_view text, key text, repeats boolean) LANGUAGE plpgsql AS $$
DECLARE
    node jsonb;
    name text;
    node_path text;
BEGIN
    FOR node IN SELECT jsonb_array_elements(nodes) LOOP
        name := concat_ws('.', prefix, node ->> 'slug');
        node_path := concat_ws('.', path, node ->> 'slug');
        RETURN QUERY SELECT node_path, view, name, node ? 'repeats' WHERE node ? 'answerType';
        RETURN QUERY SELECT node_path, node_path, node ->> 'slug', false
        WHERE node ? 'answerType' AND node ? 'repeats' AND node ? 'children';
        RETURN QUERY SELECT * FROM pg_temp.questions_of(node -> 'children', CASE WHEN node ? 'repeats' THEN node_path
            ELSE view END, CASE WHEN NOT node ? 'repeats' THEN name END, node_path) WHERE node ? 'children';
    END LOOP;
END
$$;
CREATE TABLE events AS
SELECT n, id, coalesce(of_view, '') AS view, CASE WHEN repeats THEN idx[:cardinality(idx) - 1] ELSE idx END AS i, key,
    CASE WHEN repeats AND answer_type = 'text' THEN string_agg(value, ' ' ORDER BY ord)
    ELSE (array_agg(value ORDER BY ord))[1] END AS value
FROM random_forms JOIN random_documents USING (n), flatten_submission(responses, form) AS e
    JOIN LATERAL pg_temp.questions_of(form -> 'children', NULL, NULL, NULL) AS q ON of_path = schema_path
WHERE id % 3 = 0 GROUP BY n, id, of_view, 4, key, repeats, answer_type;
SELECT * FROM ((SELECT 'not in the view' AS problem, * FROM events EXCEPT ALL SELECT 'not in the view', * FROM found)
    UNION ALL (SELECT 'no event', * FROM found WHERE id % 3 = 0 AND key IS NOT NULL
    EXCEPT ALL SELECT 'no event', * FROM events)) AS d
ORDER BY n, id, view, i, key LIMIT 8;
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE cardinality(i) > 1) > 10 AS many_nested FROM events;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA "views of items" CASCADE;
