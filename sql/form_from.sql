-- form_from, form_dialect and merge_forms: the contract's examples, a small form for each row of the table of
-- translations, and what is no form.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;

-- Of a node, a line: its path, and the words that it has.
CREATE FUNCTION pg_temp.nodes(form jsonb) RETURNS SETOF text LANGUAGE sql AS $$
    WITH RECURSIVE nodes AS (
        SELECT ARRAY[0::bigint] AS place, '' AS path, form AS node
        UNION ALL
        SELECT place || n, path || '/' || coalesce(child ->> 'slug', 'null'), child
        FROM nodes, jsonb_array_elements(node -> 'children') WITH ORDINALITY AS c (child, n))
    SELECT path || ' ' || (node - 'children' - 'slug') FROM nodes WHERE path <> '' ORDER BY place
$$;

-- The words -----------------------------------------------------------------------------------------------
SELECT form_from('{}', 'typeform');
SELECT form_from(NULL, 'kobo'), form_from('{}', NULL), form_dialect(NULL), merge_forms(NULL);
SELECT dialect, form_from(form, dialect) FROM unnest('{kobo,xlsform,odk,fhir,formio,surveyjs,jsonschema,redcap,
    onetrip}'::text[]) AS dialect, (VALUES (jsonb '{}'), ('[]'), ('"form"'), ('null'), ('17'), ('[[{}]]')) AS f (form)
    WHERE form_from(form, dialect) <> '{"slug": "form", "nodeType": "form", "reading": "keys", "children": []}';
SELECT form_from('{"children": [{"slug": "a", "odd": [1.50]}]}', 'onetrip');

-- Kobo: the contract's example, without the system keys --------------------------------------------------
\set kobo '{"content": {"translations": ["English (en)", "Français (fr)"], "survey": [{"type": "start", "name":'
\set kobo :kobo '"start"}, {"type": "begin_group", "name": "home"}, {"type": "integer", "name": "rooms",'
\set kobo :kobo '"label": ["Rooms", "Pièces"]},'
\set kobo :kobo '{"type": "select_multiple fuel", "name": "fuels"}, {"type": "begin_repeat", "name": "person"},'
\set kobo :kobo '{"type": "text", "name": "name"}, {"type": "date", "name": "born"}, {"type": "end_repeat"},'
\set kobo :kobo '{"type": "end_group"}], "choices": [{"list_name": "fuel", "name": "gas", "label": ["Gas", "Gaz"]},'
\set kobo :kobo '{"list_name": "fuel", "name": "wood", "label": ["Wood", "Bois"]}]}}'
SELECT jsonb_pretty(jsonb_set(tree, '{children}', jsonb_path_query_array(tree, '$.children[0 to 1]'))) AS tree,
    jsonb_array_length(tree -> 'children') - 2 AS system_keys
FROM form_from(:'kobo', 'kobo') AS tree;
SELECT pg_temp.nodes(form_from(:'kobo', 'kobo')) OFFSET 7;
-- The same form where the answers are nested: no keys, no system keys.
SELECT pg_temp.nodes(form_from(:'kobo', 'xlsform'));

-- Groups, repeats, older spellings, or_other, notes, calculates, counts, labels, required, relevant, HXL tags.
SELECT pg_temp.nodes(form_from('{"id_string": "f1", "version": "v3", "survey": [
    {"type": "begin group", "name": "g", "label": "Group", "relevant": "${a} > 1"},
    {"type": "begin repeat", "name": "r", "repeat_count": "3"},
    {"type": "select one from l or_other", "name": "one", "label": "One", "label::de": "Eins", "required": "yes"},
    {"type": {"select_multiple": "l"}, "$autoname": "many", "hxl": "#many"},
    {"type": "rank", "select_from_list_name": "l", "name": "order", "required": true, "tags": ["x", "hxl:#order"]},
    {"type": "select_multiple l", "appearance": "literacy", "name": "words"},
    {"type": "select_one_from_file a.csv", "name": "file"}, {"type": "acknowledge", "name": "seen"},
    {"type": "end repeat"}, {"type": "end group"}, {"type": "end group"},
    {"type": "note", "name": "n"}, {"type": "calculate", "name": "c"}, {"type": "today", "name": "t"},
    {"type": "decimal", "name": "d"}, {"type": "range", "name": "range"}, {"type": "dateTime", "name": "dt"},
    {"type": "time", "name": "time"}, {"type": "geopoint", "name": "place"}, {"type": "text"}, {"name": "no type"},
    {"type": "begin_kobomatrix", "name": "m"}, {"type": "select_one missing", "name": "m1"},
    {"type": "end_kobomatrix"}], "choices": [{"list name": "l", "value": "a", "label": "A"},
    {"list_name": "l", "name": 2}, {"list_name": "l"}], "version_id_key": "__version2__"}', 'kobo')) LIMIT 22;
SELECT form_from('{"survey": [], "settings": [{"id_string": "s", "version": 7}]}', 'xlsform');

-- ODK -----------------------------------------------------------------------------------------------------
SELECT pg_temp.nodes(form_from('[{"path": "/g", "name": "g", "type": "structure"},
    {"path": "/g/q 1", "name": "q 1", "type": "string", "selectMultiple": true}, {"path": "/at", "type": "geopoint"},
    {"path": "/1-kid", "name": "1-kid", "type": "repeat"}, {"path": "/1-kid/age", "name": "age", "type": "int"},
    {"path": "/meta", "name": "meta", "type": "structure"}, {"path": "/meta/instanceID", "type": "string"}]', 'odk'));

-- FHIR ----------------------------------------------------------------------------------------------------
SELECT form_from('{"resourceType": "Questionnaire", "name": "Q", "title": "Title", "version": "2"}', 'fhir');
SELECT pg_temp.nodes(form_from('{"resourceType": "Questionnaire", "contained": [
      {"id": "whole", "compose": {"include": [{"concept": [{"code": "a", "display": "A"}, {"code": "b"}]}]}},
      {"id": "part", "compose": {"include": [{"concept": [{"code": "a"}]}, {"filter": [{}]}]}},
      {"id": "all", "expansion": {"contains": [{"code": "x", "contains": [{"code": "y"}]}]}}], "item": [
    {"linkId": "1", "type": "choice", "text": "One", "repeats": true, "required": true,
     "answerOption": [{"valueCoding": {"code": "Y", "display": "Yes"}}, {"valueInteger": 3}], "item": [
       {"linkId": "1.1", "type": "integer", "enableWhen": [{"question": "1", "operator": "exists"}]}]},
    {"linkId": "2", "type": "group", "repeats": true, "item": [{"linkId": "2.1", "type": "quantity"},
      {"linkId": "2.2", "type": "date"}, {"linkId": "2.3", "type": "display", "text": "Read this"}]},
    {"linkId": "3", "type": "open-choice", "answerValueSet": "#whole"},
    {"linkId": "4", "type": "choice", "options": {"reference": "#all"}},
    {"linkId": "5", "type": "choice", "answerValueSet": "#part"}, {"linkId": "6", "type": "new"},
    {"linkId": "7", "type": "coding", "answerConstraint": "optionsOrString", "text": "Sept", "_text": {"extension": [
      {"url": "http://hl7.org/fhir/StructureDefinition/translation", "extension": [
        {"url": "lang", "valueCode": "de"}, {"url": "content", "valueString": "Sieben"}]}]}},
    {"linkId": "8", "type": "choice", "answerOption": [{"valueCoding": {"code": "Y"}}, {"valueCoding": {}}]}]}',
    'fhir'));

-- form.io -------------------------------------------------------------------------------------------------
SELECT form_from('{"components": [], "name": "f", "_vid": 4}', 'formio');
SELECT pg_temp.nodes(form_from('{"components": [
    {"type": "panel", "key": "p", "components": [{"type": "columns", "key": "c", "columns": [
      {"components": [{"type": "number", "key": "left", "label": "Left", "validate": {"required": true}}]},
      {"components": [{"type": "table", "key": "t", "rows": [[{"components": [
        {"type": "currency", "key": "cell"}]}]]}]}]}]},
    {"type": "content", "key": "html"}, {"type": "container", "key": "who", "components": [
      {"type": "textfield", "key": "name", "customConditional": "show = true"}]},
    {"type": "datagrid", "key": "visits", "components": [{"type": "datetime", "key": "at"},
      {"type": "file", "key": "photo", "conditional": {"when": "at", "show": true}}]},
    {"type": "textfield", "key": "a.b.c"}, {"type": "textfield", "key": "a.b.d", "conditional": {"when": null}},
    {"type": "tagpad", "key": "tags", "components": [{"type": "textfield", "key": "x"}]},
    {"type": "form", "key": "sub", "components": [{"type": "checkbox", "key": "ok"}]}, {"type": "form", "key": "ref"},
    {"type": "selectboxes", "key": "pets", "values": [{"value": "cat", "label": "Cat"}, {"value": "dog"}]},
    {"type": "selectboxes", "key": "far", "dataSrc": "url"},
    {"type": "survey", "key": "rate", "questions": [{"value": "food", "label": "Food"}], "values": [{"value": "1"}]},
    {"type": "radio", "key": "sex", "values": [{"value": "f", "label": "F"}, {"value": 2}]},
    {"type": "checkbox", "inputType": "radio", "key": "r1", "name": "r"}, {"type": "button", "key": "submit"},
    {"type": "select", "key": "s", "data": {"values": [{"value": "a", "label": "A"}]}},
    {"type": "select", "key": "s2", "dataSrc": "resource", "data": {"values": [{"value": "a"}]}},
    {"type": "mystery", "key": "m"}, {"type": "mystery", "key": "m2", "input": false, "components": [
      {"type": "time", "key": "inner"}]}]}', 'formio'));

-- SurveyJS ------------------------------------------------------------------------------------------------
SELECT form_from('{"pages": [], "title": {"default": "T", "de": "T"}}', 'surveyjs');
SELECT pg_temp.nodes(form_from('{"pages": [{"elements": [{"type": "panel", "name": "p", "elements": [
      {"type": "text", "name": "on", "inputType": "date", "title": "On", "isRequired": true, "visibleIf": "{a} = 1"}]},
    {"type": "html", "name": "h"}, {"type": "matrix", "name": "rate", "rows": ["food", {"value": "staff", "text": "S"}],
      "columns": [1, 2]}, {"type": "matrix", "name": "rowless", "columns": ["a"]},
    {"type": "matrixdropdown", "name": "md", "rows": ["r1", "r2"], "choices": ["x", "y"], "columns": ["c1",
      {"name": "c2", "cellType": "text", "inputType": "number"}]},
    {"type": "matrixdynamic", "name": "mdyn", "columns": [{"name": "c"}], "detailElements": [
      {"type": "comment", "name": "more"}]},
    {"type": "multipletext", "name": "mt", "items": [{"name": "i", "title": "I"},
      {"name": "n", "inputType": "number"}]},
    {"type": "paneldynamic", "name": "kids", "valueName": "children", "templateElements": [
      {"type": "checkbox", "name": "likes", "choices": ["a", {"value": "b", "text": "B"}], "hasOther": true}]},
    {"type": "tagbox", "name": "tags", "valuePropertyName": "tag", "choices": ["t"]},
    {"type": "dropdown", "name": "far", "choicesByUrl": {"url": "x"}, "choices": ["z"]},
    {"type": "radiogroup", "name": "odd", "choices": [{"value": {"a": 1}}]},
    {"type": "boolean", "name": "yes"}, {"type": "boolean", "name": "yn", "valueTrue": "y", "labelTrue": "Oui"},
    {"type": "rating", "name": "stars"}, {"type": "rating", "name": "moods", "rateValues": ["good", "bad"]},
    {"type": "file", "name": "photo"}, {"type": "text", "name": "twice", "valueName": "on"}]}],
    "calculatedValues": [{"name": "sum", "includeIntoResult": true}, {"name": "tmp"}]}', 'surveyjs'));

-- JSON Schema ---------------------------------------------------------------------------------------------
SELECT pg_temp.nodes(form_from('{"$schema": "x", "required": ["at"], "properties": {
      "at": {"type": "string", "format": "date-time", "title": "At"}, "me": {"$ref": "#/definitions/person"},
      "kids": {"type": "array", "items": {"$ref": "#/definitions/person"}},
      "tags": {"type": "array", "items": {"enum": ["x", "y", null, "x"]}}, "grid": {"type": "array",
        "items": {"type": "array", "items": {"type": "number"}}}, "any": {}, "never": false,
      "size": {"type": ["integer", "number", "null"]}, "mixed": {"type": ["string", "integer"]},
      "pick": {"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "pair": {"enum": [[1, 2]]}},
    "definitions": {"person": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"},
      "age": {"type": "integer"}, "boss": {"$ref": "#/definitions/person"}}}},
    "anyOf": [{"properties": {"any": {"type": "date"}, "extra": {"type": "boolean"}}}],
    "dependencies": {"at": {"properties": {"place": {"type": "string"}}}, "me": ["at"]}}', 'jsonschema'));
-- Each of 18 refers to all others: a tree without end for practical purposes.
SELECT DISTINCT problem #>> '{}' AS problem FROM (SELECT jsonb_build_object('$ref', '#/definitions/1', 'definitions',
    jsonb_object_agg(n, jsonb_build_object('properties', (SELECT jsonb_object_agg('p' || m, jsonb_build_object('$ref',
        '#/definitions/' || m)) FROM generate_series(1, 18) AS m)))) AS schema FROM generate_series(1, 18) AS n) AS s,
    jsonb_path_query(form_from(schema, 'jsonschema'), 'strict $.**.problem', silent => true) AS problem;

-- REDCap --------------------------------------------------------------------------------------------------
SELECT pg_temp.nodes(form_from('[{"field_name": "record_id", "field_type": "text", "form_name": "base"},
    {"field_name": "dob", "field_type": "text", "text_validation_type_or_show_slider_number": "date_dmy",
     "field_label": "Born", "required_field": "y", "branching_logic": "[a] = 1"},
    {"field_name": "sex", "field_type": "radio", "select_choices_or_calculations": "1, Female | 2, Male, or so"},
    {"field_name": "race", "field_type": "checkbox", "select_choices_or_calculations": "1, A | -9, B|Z é,|"},
    {"field_name": "ok", "field_type": "yesno"}, {"field_name": "tf", "field_type": "truefalse"},
    {"field_name": "bmi", "field_type": "calc"}, {"field_name": "intro", "field_type": "descriptive"},
    {"field_name": "n", "field_type": "text", "text_validation_type_or_show_slider_number": "number_2dp_comma_decimal"},
    {"field_name": "m", "field_type": "text", "text_validation_type_or_show_slider_number": "number_1dp"},
    {"field_name": "i", "field_type": "text", "text_validation_type_or_show_slider_number": "integer"},
    {"field_name": "at", "field_type": "text", "text_validation_type_or_show_slider_number": "datetime_ymd"},
    {"field_name": "t", "field_type": "text", "text_validation_type_or_show_slider_number": "time"},
    {"field_name": "ms", "field_type": "text", "text_validation_type_or_show_slider_number": "time_mm_ss"},
    {"field_name": 7}, "not a field", {"field_name": "last", "field_type": "notes", "form_name": "end"}]', 'redcap'));
SELECT form_from('[{"field_name": "a", "field_type": "text"}]', 'redcap') -> 'emptyIsNull' AS empty_is_null;

-- What a form looks like ------------------------------------------------------------------------------------
SELECT form, form_dialect(form) FROM (VALUES (jsonb '{"resourceType": "Questionnaire", "item": []}'),
    ('{"resourceType": "Patient"}'), ('{"survey": []}'), ('{"content": {"survey": []}}'),
    ('{"content": {"survey": 1}}'),
    ('{"components": []}'), ('{"pages": []}'), ('{"elements": []}'), ('{"children": []}'), ('{"properties": {}}'),
    ('{"$schema": "x"}'), ('{"$ref": "#"}'), ('{"properties": []}'), ('[{"field_name": "a", "field_type": "text"}]'),
    ('[1, {"path": "/a", "type": "int"}]'), ('[{"path": "/a"}]'), ('[]'), ('{}'), ('"a"'),
    ('{"children": [], "pages": [], "survey": []}')) AS f (form);

-- Versions --------------------------------------------------------------------------------------------------
SELECT jsonb_pretty(merge_forms(ARRAY[
    jsonb '{"slug": "f", "version": "1", "children": [{"slug": "a", "answerType": "integer", "label": "A"},
      {"slug": "old", "answerType": "text"}, {"slug": "c", "answerType": "text", "answerEnum": [{"value": "x"},
      {"value": "y"}]}, {"slug": "g", "children": [{"slug": "i", "answerType": "text", "multiple": "spaced"}]}]}',
    NULL,
    '{"slug": "f", "version": "2", "children": [{"slug": "new", "answerType": "date"},
      {"slug": "g", "children": [{"slug": "j", "answerType": "json"}, {"slug": "i", "answerType": "date"}]},
      {"slug": "c", "answerType": "text", "answerEnum": [{"value": "z"}, {"value": "x", "label": "X"}]},
      {"slug": "a", "answerType": "number", "label": "B"}]}']));
SELECT merge_forms('{}') IS NULL AS of_none, merge_forms(ARRAY[NULL::jsonb]) IS NULL AS of_null,
    merge_forms(ARRAY[jsonb '7']) IS NULL AS of_a_number, merge_forms(ARRAY[jsonb '{"a": 1.50}']) AS of_one;
SELECT merge_forms(ARRAY[jsonb '{"children": [{"slug": "a", "answerType": "text", "answerEnum": [{"value": 1}]}]}',
    '{"children": [{"slug": "a", "answerType": "text"}]}',
    '{"children": [{"slug": "a", "answerType": "json", "answerEnum": [{"value": 1}]}]}']);
-- Both kinds of arrays, and more versions than a few.
SELECT jsonb_array_length(merge_forms(array_agg(jsonb_build_object('children', jsonb_build_array(
    jsonb_build_object('slug', n % 100, 'n', n), jsonb_build_object('slug', 's' || n % 100, 'n', n))))) -> 'children')
FROM generate_series(1, 1000) AS n;

-- The tree of a form is kept while the form and the dialect are the same ------------------------------------
CREATE TEMPORARY TABLE forms (id int, schema jsonb, dialect text);
INSERT INTO forms SELECT n, jsonb_build_object('pages', '[]'::jsonb, 'components', '[]'::jsonb, 'name', 'f' || n / 2,
    'filler', repeat('x', 3000)), CASE n % 2 WHEN 0 THEN 'formio' ELSE 'surveyjs' END FROM generate_series(1, 6) AS n;
SELECT id, form_from(schema, dialect) ->> 'slug' AS slug, form_from(schema, dialect) ? 'emptyIsNull' AS is_formio
FROM forms ORDER BY id;
SELECT id, form_from(form, 'formio') ->> 'slug' AS slug FROM (SELECT id, (SELECT schema FROM forms AS g
    WHERE g.id = f.id) AS form FROM forms AS f) AS g ORDER BY id;
ALTER TABLE forms ADD tree jsonb GENERATED ALWAYS AS (form_from(schema, 'surveyjs')) STORED;
SELECT DISTINCT tree - 'slug' AS tree FROM forms;

-- Any size and depth ------------------------------------------------------------------------------------------
SELECT length(form_from(('{"components": ' || repeat('[{"type": "container", "key": "a", "components": ', 2000) || '[]'
    || repeat('}]', 2000) || '}')::jsonb, 'formio')::text) > 2000 * 40 AS is_deep;
SELECT jsonb_array_length(tree -> 'children') AS children, tree -> 'children' -> -1 AS last FROM form_from((
    SELECT jsonb_agg(jsonb_build_object('field_name', 'f' || n, 'field_type', 'text'))
    FROM generate_series(1, 100100) AS n), 'redcap') AS tree;

-- The work does not grow with the square of a form: each of these took minutes -------------------------------
SET statement_timeout = '60s';
SELECT jsonb_array_length(form_from((SELECT jsonb_build_object('elements', jsonb_agg(jsonb_build_object('type',
    'paneldynamic', 'name', 'q' || i, 'valueName', 'v', 'templateElements', jsonb_build_array(jsonb_build_object('type',
    'text', 'name', 'a' || i))))) FROM generate_series(1, 40000) AS i), 'surveyjs') #> '{children,0,children}') AS shared;
SELECT count(*) FILTER (WHERE child ? 'answerEnum') AS with_choices, count(*) FILTER (WHERE child ? 'problem') AS without
FROM jsonb_array_elements(form_from((SELECT jsonb_build_object('elements', jsonb_build_array(jsonb_build_object('type',
    'matrixdynamic', 'name', 'm', 'choices', jsonb_agg(i), 'columns', jsonb_agg(jsonb_build_object('name', 'c' || i,
    'hasOther', i % 2 = 0))))) FROM generate_series(1, 10000) AS i), 'surveyjs') #> '{children,0,children}') AS child;
SELECT jsonb_array_length(merge_forms(ARRAY[tree, tree]) #> '{children,0,answerEnum}') AS equal_choices
FROM (SELECT jsonb_build_object('children', jsonb_build_array(jsonb_build_object('slug', 'a', 'answerType', 'text',
    'answerEnum', jsonb_agg('{"value": 1}'::jsonb)))) AS tree FROM generate_series(1, 250000)) AS t;
SELECT form_from((SELECT jsonb_build_object('types', jsonb_agg('{"type": "string"}'::jsonb), 'properties',
    jsonb_build_object('a', jsonb_build_object('allOf', jsonb_agg(jsonb_build_object('$ref', '#/types/' || i)))))
    FROM generate_series(0, 299999) AS i), 'jsonschema') #>> '{children,0,answerType}' AS references;
RESET statement_timeout;
