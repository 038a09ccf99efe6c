-- form_views, and the functions of its cells. What the views show is what flatten_submission says.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
\getenv abs_srcdir PG_ABS_SRCDIR

-- Cells of answers -----------------------------------------------------------------------------------------
SELECT a, answer_text(a), answer_text(a, true) AS filled, answer_number(a), answer_integer(a), answer_boolean(a)
FROM (VALUES (jsonb '"7"'), ('7.50'), ('7.0'), ('"7.0"'), ('1e3'), ('"1e200000"'), ('true'), ('"true"'), ('null'),
    ('""'), ('{"a": 1}'), ('[]'), ('[null, [1], {}]'), ('[null, "b", 2, "", false]'), ('["x", 2]'), ('[3, "x"]'),
    ('[""]'))
    AS t (a);
SELECT a, answer_date(a), answer_datetime(a), answer_datetime(a, 'Europe/Paris') AS of_paris, answer_time(a)
FROM (VALUES (jsonb '"2026-02-28"'), ('"2026-02-30"'), ('"2026-02"'), ('"2026-01-02T10:11:12.5-05:00"'),
    ('"2026-01-02 10:30"'), ('"10:30"'), ('"10:30:01.25Z"'), ('20260228'), ('null'), ('{}'),
    ('["2026-03-01", "x"]')) AS t (a);
SELECT a, answer_has(a, 'b') AS has, answer_has(a, 'b', true) AS spaced, answer_has(a, '2') AS has_2
FROM (VALUES (jsonb '"b"'), ('"a b"'), ('"a b 2"'), ('["a b", 2]'), ('["b"]'), ('[]'), ('""'), ('"  "'), ('null'),
    ('{"b": 1}'), ('2'), ('["x", null, ["b"]]')) AS t (a);
SELECT answer_number(NULL::jsonb), answer_text(NULL), answer_has(NULL, 'a'), answer_has('"a"', NULL);
-- A literal is a text, as it was before there were two.
SELECT pg_typeof(answer_number('1')), answer_number('01'), answer_boolean('true');

-- Kobo: the contract's example -----------------------------------------------------------------------------
\set kobo '{"content": {"translations": ["English (en)", "Français (fr)"], "survey": [{"type": "start", "name":'
\set kobo :kobo '"start"}, {"type": "begin_group", "name": "home"}, {"type": "integer", "name": "rooms",'
\set kobo :kobo '"label": ["Rooms", "Pièces"]},'
\set kobo :kobo '{"type": "select_multiple fuel", "name": "fuels"}, {"type": "begin_repeat", "name": "person"},'
\set kobo :kobo '{"type": "text", "name": "name"}, {"type": "date", "name": "born"}, {"type": "end_repeat"},'
\set kobo :kobo '{"type": "end_group"}], "choices": [{"list_name": "fuel", "name": "gas", "label": ["Gas", "Gaz"]},'
\set kobo :kobo '{"list_name": "fuel", "name": "wood", "label": ["Wood", "Bois"]}]}}'
-- Without the system keys.
SELECT jsonb_set(tree, '{children}', jsonb_path_query_array(tree, '$.children[0 to 1]')) AS kobo_tree
FROM form_from(:'kobo', 'kobo') AS tree \gset
CREATE SCHEMA "views of forms";
SET search_path = "views of forms", public;
CREATE TABLE kobo (id int, responses jsonb);
INSERT INTO kobo VALUES (7, '{"_id": 7, "start": "2026-01-02T10:11:12.000-05:00", "home/rooms": "3",
    "home/fuels": "wood peat", "home/person": [{"home/person/name": "Ann", "home/person/born": "2001-02-29"},
    {"home/person/name": "Bo"}], "home/color": "red"}'), (8, '{"home/rooms": "x", "home/fuels": "",
    "home/person": [1, {}, {"home/person/born": "2001-02-28"}]}'), (9, '{"home/fuels": null, "home/person":
    {"home/person/name": "Cy"}}'), (10, '[{"home/rooms": "3"}]'), (11, NULL);
SELECT ord, view_name, statement FROM form_views(:'kobo_tree', 'v', 'kobo', language => 'fr') ORDER BY ord;
SELECT statement FROM form_views(:'kobo_tree', 'v', 'kobo', language => 'fr') ORDER BY ord \gexec
SELECT * FROM v ORDER BY id;
SELECT * FROM "v.home.person" ORDER BY id, i1;
SELECT attname, format_type(atttypid, NULL) AS type, col_description(attrelid, attnum) AS comment FROM pg_attribute
WHERE attrelid IN ('v'::regclass, '"v.home.person"'::regclass) ORDER BY attrelid, attnum;

-- FHIR: a row is a repetition, also of a group in which nothing is answered --------------------------------
\set fhir '{"resourceType": "Questionnaire", "item": [{"linkId": "1", "type": "choice", "text": "Well?",'
\set fhir :fhir '"answerOption": [{"valueCoding": {"code": "Y"}}], "item": [{"linkId": "1.1", "type": "integer"}]},'
\set fhir :fhir '{"linkId": "2", "type": "group", "repeats": true, "item": [{"linkId": "2.1", "type": "quantity"},'
\set fhir :fhir '{"linkId": "2.2", "type": "date"}, {"linkId": "2.3", "type": "choice", "repeats": true,'
\set fhir :fhir '"answerOption": [{"valueCoding": {"code": "a"}}, {"valueCoding": {"code": "it''s"}}]}]}]}'
CREATE TABLE fhir (id int, document json);
INSERT INTO fhir VALUES (1, '{"item": [{"linkId": "1", "answer": [{"valueCoding": {"code": "Y", "display": "Yes"},
    "item": [{"linkId": "1.1", "answer": [{"valueInteger": 12}]}]}]}, {"linkId": "2", "item": [{"linkId": "2.1",
    "answer": [{"valueQuantity": {"value": 71.50, "unit": "kg"}}]}, {"linkId": "2.3", "answer": [{"valueCoding":
    {"code": "it''s"}}, {"valueCoding": {"code": "b"}}]}]}, {"linkId": "2"}, {"linkId": "2", "item": [{"linkId": "2.1",
    "answer": [{"valueString": "heavy"}]}, {"linkId": "2.2", "answer": [{"valueDate": "2026-01-02"}]}]},
    {"linkId": "1",
    "answer": [{"valueCoding": {"code": "N"}}]}]}'), (2, '{"item": []}'), (3, '[]'), (4, NULL);
SELECT view_name, statement FROM form_views(form_from(:'fhir', 'fhir'), 'f', 'fhir', document_column => 'document')
ORDER BY ord;
SELECT statement FROM form_views(form_from(:'fhir', 'fhir'), 'f', 'fhir', document_column => 'document')
ORDER BY ord \gexec
SELECT * FROM f ORDER BY id;
SELECT * FROM "f.2" ORDER BY id, i1;

-- Each type, right and wrong; empty strings; nested repeats; an array where the form has none --------------
\set types '{"reading": "keys", "emptyIsNull": true, "children": [{"slug": "t", "answerType": "text"},'
\set types :types '{"slug": "n", "answerType": "number"}, {"slug": "i", "answerType": "integer"},'
\set types :types '{"slug": "b", "answerType": "boolean"}, {"slug": "d", "answerType": "date", "partialDates": true},'
\set types :types '{"slug": "dt", "answerType": "datetime"}, {"slug": "tm", "answerType": "time"},'
\set types :types '{"slug": "j", "answerType": "json"}, {"slug": "m", "answerType": "integer", "repeats": true,'
\set types :types '"answerEnum": [{"value": 1}, {"value": "2"}, {"value": 1}, {"value": null}]},'
\set types :types '{"slug": "g", "children": [{"slug": "deep q", "answerType": "number"}, {"slug": "r",'
\set types :types '"repeats": true, "children": [{"slug": "h", "children": [{"slug": "s", "repeats": true, "children":'
\set types :types '[{"slug": "x", "answerType": "text"}]}]}]}]}]}'
CREATE TABLE typed (id int, responses jsonb);
INSERT INTO typed VALUES (1, '{"t": "text", "n": "-1.50", "i": 2.0, "b": true, "d": "2026-02-28", "dt":
    "2026-02-28T01:02:03Z", "tm": "10:30", "j": {"a": [1]}, "m": [1, "2", 3], "g": {"deep q": 4, "r": [{"h": {"s":
    [{"x": "0.0"}, {"x": "0.1"}]}}, {}, {"h": {"s": {"x": "2"}}}]}}'),
    (2, '{"t": ["a", "b"], "n": "1,5", "i": 2.5, "b": "true", "d": "2026-02", "dt": "now", "tm": 10, "j": "x", "m": [],
    "g": [{}, {"deep q": 5}, {"deep q": 6}]}'), (3, '{"t": "", "n": {"a": 1}, "j": null, "m": 2}');
SELECT statement FROM form_views(:'types', 'ty', 'typed') ORDER BY ord \gexec
SELECT * FROM ty ORDER BY id;
SELECT * FROM "ty.g.r" ORDER BY id, i1;
SELECT * FROM "ty.g.r.h.s" ORDER BY id, i1, i2;

-- Documents that do not keep to their form -------------------------------------------------------------------
-- A row is never made of several: an array in place of a group counts by its first object.
\set groups '{"reading": "keys", "children": [{"slug": "child", "children": [{"slug": "name", "answerType": "text"},'
\set groups :groups '{"slug": "age", "answerType": "integer"}, {"slug": "home", "children": [{"slug": "city",'
\set groups :groups '"answerType": "text"}, {"slug": "zip", "answerType": "text", "answerEnum": [{"value": "1"}],'
\set groups :groups '"repeats": true}]}, {"slug": "pet", "repeats": true, "children": [{"slug": "kind",'
\set groups :groups '"answerType": "text"}]}]}]}'
CREATE TABLE mixed (id int, responses jsonb);
INSERT INTO mixed VALUES (1, '{"child": [{"name": "Ann"}, {"name": "Bo", "age": 6}]}'),
    (2, '{"child": {"name": "Cy", "age": 8, "home": {"city": "Oslo", "zip": ["1", "2"]}, "pet": [{"kind": "cat"}, {}]}}'),
    (3, '{"child": [{}, {"name": "Di", "pet": [{"kind": "dog"}]}]}'), (4, '{"child": []}'),
    (5, '{"child": [[{"name": "Ed"}]]}'), (6, '[{"child": {"name": "Fy"}}]'),
    (7, '{"child": [null, 1, {"age": 9, "home": [{"city": "Rome"}, {"city": "Bern", "zip": "1"}],
        "pet": {"kind": "rat"}}, {"name": "Gil", "pet": [{"kind": "cow"}]}]}'),
    (8, '{"child": "text"}'), (9, NULL), (10, '{"child": [{"home": []}, {"home": {"city": "Wien"}}]}');
SELECT statement FROM form_views(:'groups', 'mixed_view', 'mixed') ORDER BY ord \gexec
TABLE mixed_view ORDER BY id;
TABLE "mixed_view.child.pet" ORDER BY id, i1;
SELECT id, schema_path, keys, value FROM mixed, flatten_submission(responses, :'groups') ORDER BY id, ord;
-- Of items of a group that does not repeat, the first one counts. A repetition is a row whatever its answers are.
\set items '{"reading": "items", "children": [{"slug": "n", "children": [{"slug": "r", "repeats": true, "children":'
\set items :items '[{"slug": "a", "answerType": "integer"}, {"slug": "b", "answerType": "integer"}, {"slug": "h",'
\set items :items '"children": [{"slug": "c", "answerType": "integer", "children": [{"slug": "t", "repeats": true,'
\set items :items '"children": [{"slug": "d", "answerType": "integer"}]}]}]}]}, {"slug": "x", "answerType": "integer"},'
\set items :items '{"slug": "y", "answerType": "integer"}]}]}'
CREATE FUNCTION pg_temp.item(link text, VARIADIC items jsonb[] DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('linkId', link, 'item', to_jsonb(items)) $$;
CREATE FUNCTION pg_temp.answer(link text, VARIADIC answers int[]) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('linkId', link, 'answer', jsonb_agg(jsonb_build_object('valueInteger', answer)))
    FROM unnest(answers) AS answer $$;
CREATE FUNCTION pg_temp.parent(link text, answer int, VARIADIC items jsonb[]) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_build_object('linkId', link, 'answer', jsonb_build_array(jsonb_build_object('valueInteger', answer,
    'item', to_jsonb(items)))) $$;
CREATE TABLE mixed_items (id int, responses jsonb);
INSERT INTO mixed_items SELECT id, jsonb_build_object('item', jsonb_build_array(VARIADIC items))
FROM (VALUES (1, ARRAY[pg_temp.item('n', pg_temp.item('r', pg_temp.answer('a', 1)),
        pg_temp.item('r', pg_temp.answer('a', 2)), pg_temp.answer('x', 10)),
        pg_temp.item('n', pg_temp.item('r', pg_temp.answer('a', 3), pg_temp.answer('b', 4)), pg_temp.answer('y', 20))]),
    (2, ARRAY[pg_temp.item('n', pg_temp.item('r', pg_temp.item('h', pg_temp.parent('c', 1, pg_temp.item('t',
        pg_temp.answer('d', 2)), pg_temp.item('t'))), pg_temp.item('h', pg_temp.answer('c', 3)), pg_temp.answer('b', 4)),
        pg_temp.item('r', pg_temp.item('h'), pg_temp.item('h', pg_temp.answer('c', 5))))]),
    (3, ARRAY[pg_temp.item('n', pg_temp.answer('x', 1, 2), pg_temp.answer('x', 3), pg_temp.answer('y', NULL)),
        pg_temp.item('n', pg_temp.item('r', pg_temp.item('h', pg_temp.answer('c', 1))))]),
    (4, ARRAY[pg_temp.item('n'), pg_temp.item('n', pg_temp.item('r'), pg_temp.answer('x', 1))]),
    (5, ARRAY[pg_temp.item('n', pg_temp.item('r', pg_temp.answer('a', NULL), pg_temp.answer('b', NULL),
        pg_temp.item('h', pg_temp.answer('c', NULL)))),
        pg_temp.item('n', pg_temp.item('r', pg_temp.answer('a', 1)))])) AS v (id, items);
SELECT view_name, statement FROM form_views(:'items', 'mixed_items_view', 'mixed_items') ORDER BY ord OFFSET 2;
\set ECHO none
SELECT statement FROM form_views(:'items', 'mixed_items_view', 'mixed_items') ORDER BY ord \gexec
\set ECHO all
TABLE mixed_items_view ORDER BY id;
TABLE "mixed_items_view.n.r" ORDER BY id, i1;
TABLE "mixed_items_view.n.r.h.c.t" ORDER BY id, i1, i2;
SELECT answer_at('{"a": {"b": [1, {"c": ["", "x"]}]}}', '{a,b,c}'), answer_at('{"a": ["", "x"]}', '{a}', true) AS filled,
    answer_at('{"a": ""}', '{a}', true) AS empty, answer_at('{"a": null}', '{a}', true) AS of_null,
    answer_at('{"a": 1.50}', '{a}') AS number, answer_at('{"a": true}', '{}') AS whole,
    answer_at('{"a": 1}', '{NULL}') AS null_key, answer_at('[{"a": 1}]', '{a}') AS of_an_array,
    answer_at('{"a": {"b": [{"é": "ü"}]}}', ARRAY['a', 'b', 'é']) AS letters;
-- An empty string is not an answer, of whatever type the question is.
CREATE TABLE empties (id int, responses jsonb);
INSERT INTO empties VALUES (1, '{"n": ["", 3], "res": "", "t": "", "c": ""}'),
    (2, '{"n": [null, 3], "res": null, "t": null, "c": null}'), (3, '{"n": "", "res": {"a": ""}, "t": ["", "x"],
    "c": ["", "a"]}'), (4, '{"n": 4, "res": ["", {"a": 1}], "t": "y", "c": "a", "g": [{"d": ["", "2026-01-02"]}]}');
SELECT form_from('{"components": [{"type": "number", "key": "n", "multiple": true, "input": true}, {"type": "select",
    "key": "res", "dataSrc": "resource", "input": true}, {"type": "textfield", "key": "t", "input": true}, {"type": "container",
    "key": "g", "components": [{"type": "day", "key": "d", "input": true}]}, {"type": "select", "key": "c",
    "data": {"values": [{"value": "a"}]}, "multiple": true}]}', 'formio') AS empty_is_null \gset
SELECT jsonb_set(:'empty_is_null', '{children,4,repeats}', 'true') AS empty_is_null \gset
SELECT statement FROM form_views(:'empty_is_null', 'empties_view', 'empties') ORDER BY ord \gexec
TABLE empties_view ORDER BY id;
-- A json document that jsonb refuses is a row of NULLs.
CREATE DOMAIN json_document AS json;
CREATE TABLE refused (id int, responses json, other json_document, text text);
INSERT INTO refused VALUES (1, '{"a": "x"}', '{"a": "y"}', '{"a": "z"}'), (2, '{"a": "\u0000"}', '{"a": "\u0000"}', '{}');
SELECT statement FROM form_views('{"children": [{"slug": "a", "answerType": "text"}]}', 'of_json', 'refused') \gexec
SELECT statement FROM form_views('{"children": [{"slug": "a", "answerType": "text"}]}', 'of_domain', 'refused', 'id', 'other')
\gexec
SELECT statement FROM form_views('{"children": [{"slug": "a", "answerType": "text"}]}', 'of_text',
    '"views of forms".refused', 'id', 'text') \gexec
SELECT * FROM of_json JOIN of_domain USING (id) JOIN of_text USING (id) ORDER BY id;
SELECT statement FROM form_views('{"reading": "items", "children": [{"slug": "a", "answerType": "text"}]}', 'of_items',
    'refused') \gexec
SELECT * FROM of_items ORDER BY id;

-- Names: quotes, duplicates, those of the first columns, long ones in characters of several bytes ----------
CREATE TABLE names AS SELECT jsonb $${"reading": "keys", "children": [{"slug": "id", "answerType": "text"},
    {"slug": "a\"; DROP VIEW v; --", "answerType": "text"}, {"slug": "back\\slash's", "answerType": "text",
    "multiple": "spaced", "answerEnum": [{"value": "\\"}, {"value": "'"}]}, {"slug": "g", "children":
    [{"slug": "c\"\\ \n", "answerType": "text"}]}, {"slug": "äääääääääääääääääääääääääääääääääääääääääää1",
    "answerType": "text"}, {"slug": "äääääääääääääääääääääääääääääääääääääääääää2", "answerType": "text"},
    {"slug": "xmin", "answerType": "text"}, {"slug": "r", "repeats": true, "children": [{"slug": "i1",
    "answerType": "text"}]}, {"slug": "k1", "key": "k", "answerType": "number"}, {"slug": "k2", "key": "k",
    "answerType": "text"}]}$$ AS form;
CREATE TABLE "the ""source""" ("the ""id""" int, "its 'document'" jsonb);
INSERT INTO "the ""source""" VALUES (1, '{"id": "id", "a\"; DROP VIEW v; --": "quoted", "back\\slash''s": "\\ b",
    "g": {"c\"\\ \n": "odd"}, "äääääääääääääääääääääääääääääääääääääääääää1": "1",
    "äääääääääääääääääääääääääääääääääääääääääää2": "2", "xmin": "x", "r": [{"i1": "i"}], "k": "7"}');
SELECT statement FROM names, form_views(form, '"views of forms"."it''s ""quoted"""', '"the ""source"""', 'the "id"',
    'its ''document''') ORDER BY ord \gexec
\x
SELECT * FROM "it's ""quoted""";
SELECT * FROM "it's ""quoted"".r";
\x
SELECT view_name FROM form_views('{"reading": "keys", "children": [{"slug": "r", "repeats": true}, {"slug": "rr",
    "children": [{"slug": "r", "repeats": true, "children": []}]}]}', repeat('n', 62), 'source');
SELECT * FROM form_views(NULL, 'v', 's') UNION ALL SELECT * FROM form_views('{}', NULL, 's')
UNION ALL SELECT * FROM form_views('{}', 'v', NULL);
SELECT form_views('{}', 'a.b.c.d', 's');
SELECT form_views('{}', '"', 's');
SELECT form_views('{}', 'nowhere.a.b', 's');
-- Any JSON has a view, of ids.
SELECT f, statement FROM (VALUES (jsonb '{}'), ('[]'), ('null'), ('{"children": 1}'),
    ('{"children": [{}, 1]}')) AS t (f),
    form_views(f, 'Views.V', 'S.T', 'Id', 'D');

-- More columns than a view can have: 1,700 questions, and a question of 3,000 choices -----------------------
SELECT jsonb_build_object('reading', reading, 'children', jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType',
    (ARRAY['text', 'number', 'boolean', 'date'])[n % 4 + 1]) ORDER BY n)) AS form, reading INTO TEMPORARY wide
FROM generate_series(1, 1700) AS n, unnest('{keys,items}'::text[]) AS reading GROUP BY reading;
CREATE TABLE wide_keys (id int, responses jsonb);
INSERT INTO wide_keys SELECT id, jsonb_object_agg('q' || n, CASE (n + id) % 5 WHEN 0 THEN 'true' WHEN 1 THEN '"text"'
    WHEN 2 THEN '"2026-01-02"' WHEN 3 THEN '17.50' ELSE '"17.5"' END::jsonb)
FROM generate_series(1, 3) AS id, generate_series(1, 1700) AS n WHERE n % 7 <> id GROUP BY id;
CREATE TABLE wide_items (id int, responses jsonb);
INSERT INTO wide_items SELECT id, jsonb_build_object('item', jsonb_agg(jsonb_build_object('linkId', key, 'answer',
    jsonb_build_array(jsonb_build_object('valueString', value))))) FROM wide_keys, jsonb_each(responses) GROUP BY id;
\set ECHO none
SELECT statement FROM wide, form_views(form, 'w_' || reading, 'wide_' || reading) ORDER BY reading, ord \gexec
\set ECHO all
SELECT relname, relnatts FROM pg_class WHERE relname ~ '^w_' ORDER BY 1;
CREATE TEMPORARY TABLE cells AS
SELECT 'keys' AS reading, id, key, value FROM w_keys AS w, jsonb_each_text(to_jsonb(w)) WHERE key <> 'id'
UNION ALL SELECT 'keys', id, key, value FROM "w_keys~2" AS w, jsonb_each_text(to_jsonb(w)) WHERE key <> 'id'
UNION ALL SELECT 'items', id, key, value FROM w_items AS w, jsonb_each_text(to_jsonb(w)) WHERE key <> 'id'
UNION ALL SELECT 'items', id, key, value FROM "w_items~2" AS w, jsonb_each_text(to_jsonb(w)) WHERE key <> 'id';
CREATE TEMPORARY TABLE events AS
SELECT reading, id, schema_path, CASE WHEN status <> 'wrong_type' THEN f.value END AS value
FROM wide, (SELECT 'keys' AS of_reading, * FROM wide_keys UNION ALL SELECT 'items', * FROM wide_items) AS w,
    flatten_submission(responses, form) AS f WHERE reading = of_reading;
SELECT c.reading, count(*) AS cells, count(c.value) AS filled, count(e.value) AS answers,
    count(*) FILTER (WHERE c.value IS DISTINCT FROM e.value) AS different
FROM cells AS c LEFT JOIN events AS e ON e.reading = c.reading AND e.id = c.id AND e.schema_path = c.key
GROUP BY c.reading ORDER BY 1;
SELECT jsonb_build_object('reading', 'keys', 'children', jsonb_build_array(jsonb_build_object('slug', 'm',
    'answerType', 'text', 'multiple', 'spaced', 'answerEnum', jsonb_agg(jsonb_build_object('value',
    n) ORDER BY n)))) AS many
FROM generate_series(1, 3000) AS n \gset
CREATE TABLE many (id int, responses jsonb);
INSERT INTO many VALUES (1, '{"m": "1 1700 3000 4000"}'), (2, '{"m": ""}'), (3, '{}');
\set ECHO none
SELECT statement FROM form_views(:'many', 'many_choices', 'many') ORDER BY ord \gexec
\set ECHO all
SELECT id, m, count(*) FILTER (WHERE value = 'true') AS chosen, count(*) FILTER (WHERE value = 'false') AS not_chosen
FROM (SELECT a.id, a.m, value FROM many_choices AS a, "many_choices~2" AS b,
    jsonb_each_text(to_jsonb(a) || to_jsonb(b)) WHERE a.id = b.id AND key <> 'id' AND key <> 'm') AS s
GROUP BY id, m ORDER BY id;
SELECT id, "m/1", "m/1700", "m/3000" FROM many_choices JOIN "many_choices~2" USING (id) ORDER BY id;

-- Random forms, and documents that keep to them: what the views have is what the events have -----------------
CREATE FUNCTION pg_temp.chance(seed text, n int) RETURNS int LANGUAGE sql AS
    $$ SELECT (hashtextextended(seed, 0) & 1073741823)::int % n $$;
CREATE FUNCTION pg_temp.random_nodes(seed text, depth int, reading text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(CASE pg_temp.chance(s || 'kind', CASE WHEN depth > 2 THEN 5 ELSE 9 END)
        WHEN 5 THEN jsonb_build_object('slug', 'g ' || s, 'children', pg_temp.random_nodes(s, depth + 1, reading))
        WHEN 6 THEN jsonb_build_object('slug', 'i' || s, 'inline', reading = 'keys', 'children',
            pg_temp.random_nodes(s, depth + 1, reading))
        WHEN 7 THEN jsonb_build_object('slug', 'r' || s, 'key', 'k.' || s, 'repeats', true, 'children',
            pg_temp.random_nodes(s, depth + 1, reading))
        WHEN 8 THEN jsonb_build_object('slug', 'r' || s, 'repeats', true, 'children',
            pg_temp.random_nodes(s, depth + 1, reading))
        WHEN 0 THEN jsonb_build_object('slug', 'm' || s, 'answerType', 'text', 'answerEnum', choices) || CASE
            WHEN pg_temp.chance(s || 'spaced', 2) = 1 AND reading = 'keys' THEN jsonb '{"multiple": "spaced"}'
            ELSE '{"repeats": true}' END
        WHEN 1 THEN jsonb_build_object('slug', 'c' || s, 'answerType', 'text', 'answerEnum', choices)
        ELSE jsonb_build_object('slug', 'q' || s, 'key', 'q/' || s, 'answerType', (ARRAY['text', 'number', 'integer',
            'boolean', 'date', 'datetime', 'time', 'json'])[pg_temp.chance(s || 'type', 8) + 1])
        END ORDER BY n)
    FROM generate_series(1, 2 + pg_temp.chance(seed || 'many', 3)) AS n, LATERAL (SELECT seed || n AS s,
        jsonb '[{"value": "a"}, {"value": "b"}, {"value": 3}]' AS choices) AS t
$$;
CREATE FUNCTION pg_temp.random_answer(node jsonb, seed text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT CASE WHEN pg_temp.chance(seed || 'wrong', 8) = 0 THEN '"wrong"' WHEN node ? 'answerEnum'
            THEN (ARRAY[jsonb '"a"', '"b"', '3', '"d"'])[pg_temp.chance(seed, 4) + 1]
        ELSE CASE node ->> 'answerType'
            WHEN 'number' THEN (ARRAY[jsonb '"-1.50"', '2.25'])[pg_temp.chance(seed, 2) + 1]
            WHEN 'integer' THEN (ARRAY[jsonb '"7"', '2.0', '2.5', '"2.0"'])[pg_temp.chance(seed, 4) + 1]
            WHEN 'boolean' THEN (ARRAY[jsonb 'true', 'false', '"true"'])[pg_temp.chance(seed, 3) + 1]
            WHEN 'date' THEN (ARRAY[jsonb '"2026-02-28"', '"2026-02-29"'])[pg_temp.chance(seed, 2) + 1]
            WHEN 'datetime' THEN '"2026-02-28T10:11:12.5+01:00"' WHEN 'time' THEN '"23:59"'
            ELSE (ARRAY[jsonb '"two words"', '17', 'null', 'true', '""'])[pg_temp.chance(seed, 5) + 1] END END
$$;
-- The members of an object, below inline groups too.
CREATE FUNCTION pg_temp.random_members(nodes jsonb, seed text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_array_elements(nodes) AS a (node),
        LATERAL (SELECT seed || (node ->> 'slug') AS s, coalesce(node ->> 'key', node ->> 'slug') AS name) AS t,
        LATERAL (SELECT name AS key, pg_temp.random_answer(node, s) AS value
            WHERE node ? 'answerType' AND NOT node ?| '{repeats,multiple}'
        UNION ALL SELECT name, to_jsonb(concat_ws(' ', pg_temp.random_answer(node, s || 1) #>> '{}',
            pg_temp.random_answer(node, s || 2) #>> '{}')) WHERE node ? 'multiple'
        UNION ALL SELECT name, jsonb_agg(pg_temp.random_answer(node, s || n)) FROM generate_series(1,
            pg_temp.chance(s, 4)) AS n WHERE node ? 'answerType' AND node ? 'repeats' HAVING count(*) > 0
        UNION ALL SELECT name, pg_temp.random_members(node -> 'children', s)
            WHERE node ? 'children' AND NOT node ? 'repeats' AND (node -> 'inline') IS DISTINCT FROM 'true'
        UNION ALL SELECT name, jsonb_agg(pg_temp.random_members(node -> 'children', s || n)) FROM generate_series(1,
            pg_temp.chance(s, 4)) AS n WHERE node ? 'children' AND node ? 'repeats' HAVING count(*) > 0
        UNION ALL SELECT m.key, m.value FROM jsonb_each(CASE WHEN node -> 'inline' = 'true'
            THEN pg_temp.random_members(node -> 'children', s) END) AS m) AS members
    WHERE pg_temp.chance(s || 'there', 5) > 0
$$;
CREATE FUNCTION pg_temp.random_items(nodes jsonb, seed text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(item), '[]') FROM jsonb_array_elements(nodes) AS a (node),
        LATERAL (SELECT seed || (node ->> 'slug') AS s, coalesce(node ->> 'key', node ->> 'slug') AS name) AS t,
        LATERAL (SELECT jsonb_build_object('linkId', name, 'answer', jsonb_agg(jsonb_build_object('valueString',
            pg_temp.random_answer(node, s || n)))) AS item FROM generate_series(1, CASE WHEN node ? 'repeats' THEN
            pg_temp.chance(s, 4) ELSE 1 END) AS n WHERE node ? 'answerType' HAVING count(*) > 0
        UNION ALL SELECT jsonb_build_object('linkId', name, 'item', pg_temp.random_items(node -> 'children', s || n))
            FROM generate_series(1, CASE WHEN node ? 'repeats' THEN pg_temp.chance(s, 4) ELSE 1 END) AS n
            WHERE node ? 'children') AS items
    WHERE pg_temp.chance(s || 'there', 5) > 0
$$;
CREATE TABLE random_forms AS
SELECT n, jsonb_build_object('reading', reading, 'children', pg_temp.random_nodes(n || '.', 0, reading)) AS form
FROM generate_series(1, 60) AS n, LATERAL (SELECT (ARRAY['keys', 'items'])[n % 2 + 1] AS reading) AS r;
CREATE TABLE random_documents AS
SELECT n, id, CASE WHEN form ->> 'reading' = 'keys' THEN pg_temp.random_members(form -> 'children', id || '-')
    ELSE jsonb_build_object('item', pg_temp.random_items(form -> 'children', id || '-')) END AS responses
FROM random_forms, generate_series(1, 5) AS id;
CREATE TABLE found (n int, id int, view_name text, i int[], key text, value text);
DO $$
DECLARE
    form record;
    view record;
BEGIN
    FOR form IN SELECT * FROM random_forms ORDER BY n LOOP
        EXECUTE format('CREATE VIEW source%s AS SELECT id, responses FROM random_documents WHERE n = %1$s', form.n);
        FOR view IN SELECT * FROM form_views(form.form, 'v' || form.n, 'source' || form.n) ORDER BY ord LOOP
            EXECUTE view.statement;
            EXECUTE format('INSERT INTO found SELECT %s, id, %L, ARRAY(SELECT value::int
                FROM jsonb_each_text(to_jsonb(v)) WHERE key ~ ''^i\d+$'' ORDER BY key), key, value FROM %s AS v,
                jsonb_each_text(to_jsonb(v))
                WHERE key <> ''id'' AND key !~ ''^i\d+$''', form.n, view.view_name, view.view_name);
        END LOOP;
    END LOOP;
END
$$;
-- The events of a question of several answers, whose number is the last index, are one cell.
CREATE TABLE random_events AS
SELECT d.n, d.id, format('"v%s%s"', d.n, '.' || replace(q.repeat_path, '"', '""')) AS view_name, e.ord, schema_path,
    e.value, e.status, e.answer_type, is_several,
    CASE WHEN is_several AND status <> 'missing' THEN idx[:cardinality(idx) - 1] ELSE idx END AS i, repeat_path,
    substr(schema_path, coalesce(length(repeat_path) + 2, 1)) AS key
FROM random_forms AS f JOIN random_documents AS d USING (n), flatten_submission(responses, form, '{missing}') AS e
JOIN LATERAL form_questions(form) AS q USING (schema_path),
    LATERAL (SELECT schema_path ~ '(^|\.)"?m[0-9.]+"?$') AS s (is_several);
CREATE INDEX ON found (n, view_name);
ANALYZE found;
CREATE TABLE expected AS
SELECT n, id, view_name, i, key, CASE answer_type
    WHEN 'number' THEN answer_number(value)::text WHEN 'integer' THEN answer_number(value)::text
    WHEN 'date' THEN to_jsonb(answer_date(value)) #>> '{}'
    WHEN 'datetime' THEN to_jsonb(answer_datetime(value)) #>> '{}'
    WHEN 'time' THEN to_jsonb(answer_time(value)) #>> '{}' ELSE value END AS value
FROM random_events WHERE NOT is_several AND status IN ('ok', 'not_in_choices')
UNION ALL SELECT n, id, view_name, i, key, string_agg(value, ' ' ORDER BY ord) FROM random_events
WHERE is_several AND status <> 'missing' GROUP BY n, id, view_name, i, key
UNION ALL SELECT DISTINCT n, id, view_name, i, key || '/' || value, 'true' FROM random_events
WHERE is_several AND value IN ('a', 'b', '3');
SELECT * FROM ((SELECT 'not in the view' AS problem, * FROM expected EXCEPT ALL SELECT 'not in the view', * FROM found)
    UNION ALL (SELECT 'not expected', * FROM found WHERE value IS NOT NULL AND NOT (key ~ '/[ab3]$'
    AND value = 'false')
    EXCEPT ALL SELECT 'not expected', * FROM expected)) AS d ORDER BY n, id, key LIMIT 5;
SELECT count(*) > 1000 AS many, count(DISTINCT view_name) > 100 AS many_views,
    count(*) FILTER (WHERE cardinality(i) > 1) > 100 AS many_nested,
    count(*) FILTER (WHERE key ~ '/[ab3]$') > 100 AS many_chosen
FROM expected;
-- A choice is false if the question is answered without it, and NULL if it is not answered.
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE (f.value IS NULL) <> (q.key IS NULL)) AS different
FROM found AS f LEFT JOIN expected AS q ON q.n = f.n AND q.id = f.id AND q.view_name = f.view_name AND q.i = f.i
    AND q.key = regexp_replace(f.key, '/[ab3]$', '') WHERE f.key ~ '/[ab3]$';
-- Each repetition is a row, also one without an answer: something is missing in it then.
SELECT * FROM random_events AS e WHERE repeat_path IS NOT NULL AND cardinality(i) = (SELECT max(cardinality(i))
    FROM found AS f WHERE f.n = e.n AND f.view_name = e.view_name) AND NOT EXISTS (SELECT FROM found AS f
    WHERE f.n = e.n AND f.id = e.id AND f.view_name = e.view_name AND f.i = e.i) LIMIT 5;

-- Several answers: of a type the first is shown, texts and choices are joined.
CREATE TABLE several (id int, responses jsonb);
INSERT INTO several VALUES (1, '{"resourceType": "QuestionnaireResponse", "status": "completed", "item": [
    {"linkId": "1", "answer": [{"valueDate": "2026-01-02"}, {"valueDate": "2026-01-03"}]},
    {"linkId": "2", "answer": [{"valueString": "a"}, {"valueString": "b"}]},
    {"linkId": "3", "answer": [{"valueInteger": 2}, {"valueInteger": 1}]}]}');
SELECT statement FROM form_views(form_from('{"resourceType": "Questionnaire", "item": [
    {"linkId": "1", "type": "date", "repeats": true}, {"linkId": "2", "type": "string", "repeats": true},
    {"linkId": "3", "type": "integer", "repeats": true, "answerOption": [{"valueInteger": 1}, {"valueInteger": 2}]}]}',
    'fhir'), 'seen_several', 'several') ORDER BY ord \gexec
SELECT *, pg_typeof("1") FROM seen_several;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA "views of forms" CASCADE;
