-- The words of a form's tree that say how foreign documents are read: key, inline, multiple, openChoices, partialDates,
-- emptyIsNull, metadata and repeats; the types integer, datetime, time and json; form_questions, form_choices and
-- form_label of such a form; answer_datetime and answer_time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO';

CREATE TEMPORARY TABLE forms (name text PRIMARY KEY, form jsonb);
INSERT INTO forms VALUES ('home', '{"slug": "form", "nodeType": "form", "reading": "keys", "children": [
    {"slug": "start", "nodeType": "metadata", "answerType": "datetime"},
    {"slug": "home", "nodeType": "section", "inline": true, "children": [
        {"slug": "rooms", "nodeType": "question", "key": "home/rooms", "answerType": "integer",
            "label": {"English (en)": "Rooms", "Français (fr)": "Pièces"}, "required": true},
        {"slug": "fuels", "nodeType": "question", "key": "home/fuels", "answerType": "text", "multiple": "spaced",
            "relevant": "${rooms} > 0", "answerEnum": [
                {"value": "gas", "label": {"English (en)": "Gas", "Français (fr)": "Gaz"}},
                {"value": "wood", "label": {"English (en)": "Wood", "Français (fr)": "Bois"}}]},
        {"slug": "person", "nodeType": "section", "repeats": true, "key": "home/person", "children": [
            {"slug": "name", "nodeType": "question", "key": "home/person/name", "answerType": "text"},
            {"slug": "born", "nodeType": "question", "key": "home/person/born", "answerType": "date"}]}]}]}');

SELECT f.* FROM forms, flatten_submission('{"_id": 7, "start": "2026-01-02T10:11:12.000-05:00", "home/rooms": "3",
    "home/fuels": "wood peat", "home/person": [{"home/person/name": "Ann", "home/person/born": "2001-02-29"},
    {"home/person/name": "Bo"}], "home/color": "red"}'::jsonb, form, '{all}') AS f;
SELECT ord, schema_path, answer_type, problem, keys, repeat_path, required, relevant, metadata
FROM forms, form_questions(form);
SELECT c.* FROM forms, form_choices(form, 'fr') AS c;
SELECT c.* FROM forms, form_choices(form, 'English (en)') AS c;
SELECT c.* FROM forms, form_choices(form) AS c;
SELECT * FROM form_choices(NULL);

-- The words count only in a form whose root says how it is read, and only of the right JSON type.
SELECT reading, f.* FROM (VALUES ('{"reading": "keys"}'::jsonb), ('{"reading": "other"}'), ('{"reading": ["keys"]}'),
    ('{}'))
    AS v (reading), flatten_submission('{"b": "x y", "a": "", "g": {"c": 1}}'::jsonb,
        reading || '{"emptyIsNull": true, "children": [
        {"slug": "a", "key": "b", "multiple": "spaced", "answerType": "text"},
        {"slug": "g", "inline": true, "children": [{"slug": "b", "key": "a", "answerType": "text"}]}]}', '{all}') AS f;
SELECT f.* FROM flatten_submission('{"a": "", "b": "x y", "c": "2026", "d": "z", "g": {"e": "1"}}'::jsonb,
    '{"reading": "keys",
    "emptyIsNull": "true", "children": [{"slug": "a", "answerType": "text", "key": 1}, {"slug": "b",
        "multiple": true, "answerType": "text"},
    {"slug": "c", "answerType": "date", "partialDates": 1}, {"slug": "d", "openChoices": null, "answerType": "text",
    "answerEnum": [{"value": "y"}]}, {"slug": "g", "inline": "true", "children": [{"slug": "e",
        "answerType": "integer"}]}]}', '{all}') AS f;

-- Several choices in one text: split at white space, each judged alone; in an array, each text.
SELECT f.* FROM flatten_submission(jsonb_build_object('a', E' x\t\ny\x0b\f\rz ', 'b', E' \n', 'c', '', 'd', '["x q",
    "", "z", 1, ["y"]]'::jsonb,
    'e', NULL, 'f', '{"x": 1}'::jsonb, 'g', E'x\u00a0y'), '{"reading": "keys", "children": [
    {"slug": "a", "answerType": "text", "multiple": "spaced", "answerEnum": [{"value": "x"}, {"value": "y"}]},
    {"slug": "b", "answerType": "text", "multiple": "spaced"}, {"slug": "c", "answerType": "text",
        "multiple": "spaced"},
    {"slug": "d", "answerType": "text", "multiple": "spaced", "openChoices": true, "answerEnum": [{"value": "x"}]},
    {"slug": "e", "answerType": "text", "multiple": "spaced"}, {"slug": "f", "answerType": "text",
        "multiple": "spaced"},
    {"slug": "g", "answerType": "text", "multiple": "spaced"}]}', '{all}') AS f;

-- An empty text.
SELECT f.* FROM flatten_submission('{"a": "", "b": "", "c": " ", "g": "", "u": ""}'::jsonb, '{"reading": "keys",
    "emptyIsNull": true,
    "children": [{"slug": "a", "answerType": "text"}, {"slug": "b", "answerType": "number"}, {"slug": "c",
        "answerType": "text"},
    {"slug": "g", "children": []}]}', '{all}') AS f;

-- The types, in any form.
SELECT type, answer, status FROM (VALUES
    ('integer', '1'::jsonb), ('integer', '2.0'), ('integer', '2.5'), ('integer', '1e3'), ('integer', '"-0"'),
        ('integer', '"007"'),
    ('integer', '"1.0"'), ('integer', '"1e3"'), ('integer', '"12345678901234567890123"'), ('integer',
        '12345678901234567890123'),
    ('integer', 'true'), ('integer', '""'), ('datetime', '"2026-01-02T10:11"'), ('datetime', '"2026-01-02 10:11:60"'),
    ('datetime', '"2026-01-02T10:11:12.123456789Z"'), ('datetime', '"2026-01-02T10:11:12+14"'), ('datetime',
        '"2026-01-02T10:11-0530"'),
    ('datetime', '"2026-01-02T10:11+05:30"'), ('datetime', '"2026-01-02T10:11+15"'), ('datetime',
        '"2026-01-02T10:11+5"'),
    ('datetime', '"2026-01-02T10:11+05:"'), ('datetime', '"2026-01-02T10:11+05:60"'), ('datetime',
        '"2026-02-29T10:11"'),
    ('datetime', '"2026-01-02T24:00"'), ('datetime', '"2026-01-02T10:60"'), ('datetime', '"2026-01-02T10:11:"'),
    ('datetime', '"2026-01-02T10:11:12."'), ('datetime', '"2026-01-02T10:11z"'), ('datetime', '"2026-01-02T10:11.5"'),
    ('datetime', '"2026-01-02t10:11"'), ('datetime', '"2026-01-02"'), ('datetime', '"2026-01"'), ('datetime',
        '20260102'),
    ('time', '"10:30"'), ('time', '"23:59:60"'), ('time', '"10:30:00.000-05:00"'), ('time', '"10:30Z"'), ('time',
        '"1:30"'),
    ('time', '"24:00"'), ('time', '"10:30 "'), ('time', '1030'), ('json', '"x"'), ('json', '1'), ('json', '{"a": [1,
        {}]}'), ('json', 'null')
) AS v (type, answer), flatten_submission(jsonb_build_object('q', answer), jsonb_build_object('children',
    jsonb_build_array(
    jsonb_build_object('slug', 'q', 'answerType', type))), '{all}');
SELECT f.* FROM flatten_submission('{"q": [{"a": 1}, [2, [3]], [], 4, null], "r": [], "s": {},
    "t": {"a": 1}}'::jsonb, '{"children": [
    {"slug": "q", "answerType": "json"}, {"slug": "r", "answerType": "json"}, {"slug": "s", "answerType": "json",
    "answerEnum": [{"value": "x"}]}, {"slug": "t", "answerType": "json", "children": [{"slug": "a",
        "answerType": "text"}]}]}', '{all}') AS f;
SELECT schema_path, value, status FROM flatten_submission('{"d": ["2026", "2026-12", "2026-13", "0000", "2026-01-02",
    "2026-1"],
    "t": ["2026", "2026-12", "2026-01-02", "2026-01-32", "2026-01-02T10:00", "0000-01"], "n": ["2026"]}'::jsonb,
        '{"reading": "keys", "children": [
    {"slug": "d", "answerType": "date", "partialDates": true}, {"slug": "t", "answerType": "datetime",
        "partialDates": true},
    {"slug": "n", "answerType": "time", "partialDates": true}]}');

-- Inline groups, nested; a path below a known node begins with that node's, whatever the keys are.
SELECT f.* FROM flatten_submission('{"x": 1, "y": 2, "G": {"z": 3, "q": [4]}, "i": 5,
    "k.l": {"o": {"p": 6}}}'::jsonb, '{"reading": "keys", "children": [
    {"slug": "i", "inline": true, "children": [{"slug": "x", "answerType": "integer"}, {"slug": "j", "inline": true,
        "children": [
        {"slug": "y", "answerType": "integer"}, {"slug": "g", "key": "G", "children": [{"slug": "z",
            "answerType": "integer"},
        {"slug": "no", "answerType": "text"}]}]}]},
    {"slug": "k", "key": "k.l", "children": [{"slug": "m", "inline": true, "children": [{"slug": "n", "key": "o",
        "children": []}]}]}]}', '{all}') AS f;

-- Two nodes of one place: the last one counts.
WITH v (form) AS (VALUES ('{"reading": "keys", "children": [{"slug": "a", "key": "x", "answerType": "text"},
    {"slug": "g", "inline": true, "children": [{"slug": "x", "answerType": "integer"}]}, {"slug": "s", "key": "x",
        "children": [
    {"slug": "t", "answerType": "text"}]}, {"slug": "b", "key": "x", "answerType": "number",
        "problem": "too many nodes"},
    {"slug": "a", "key": "y", "answerType": "date", "problem": 7}]}'::jsonb))
SELECT schema_path, answer_type, problem, keys, NULL AS status FROM v, form_questions(form)
UNION ALL SELECT schema_path, answer_type, value, keys, status FROM v, flatten_submission('{"x": 1,
    "y": "2026-01-02"}'::jsonb, form, '{all}');

-- Metadata is a question that is never missing; repeats say what form_questions' repeat_path is.
WITH v (form) AS (VALUES ('{"reading": "keys", "children": [{"slug": "m", "nodeType": "metadata"}, {"slug": "r",
    "repeats": true, "children": [
    {"slug": "q", "answerType": "text"}, {"slug": "s", "children": [{"slug": "t", "nodeType": "metadata",
        "answerType": "time"},
    {"slug": "r.2", "repeats": true, "answerType": "json", "children": [{"slug": "u", "answerType": "text",
        "repeats": true}]}]}]}]}'::jsonb))
SELECT schema_path, answer_type, repeat_path, metadata, keys FROM v, form_questions(form)
UNION ALL SELECT schema_path, answer_type, status, NULL, keys FROM v, flatten_submission('{"r": [{}]}'::jsonb, form,
    '{missing}');
SELECT q.* FROM form_questions('{"children": [{"slug": "a", "key": "b", "answerType": "text", "required": true,
    "repeats": true, "problem": "x",
    "relevant": "y", "nodeType": "metadata"}, {"slug": "c", "nodeType": "metadata"}]}') AS q;

-- Labels.
SELECT label, language, form_label(label, language) FROM (VALUES ('"Name"'::jsonb), ('{"en": "Name", "fr": "Nom"}'),
    ('{"English (en)": "Name", "default": "Nimi", "de": 5}'), ('{"Français (fr)": "Nom", "fr": "Nom!"}'), ('{}'),
        ('{"en": null}'), ('7'), ('["Name"]'), (NULL)) AS l (label),
    (VALUES ('en'), ('fr'), (NULL)) AS n (language);

-- Moments and times.
SELECT answer_datetime('2026-01-02T10:11:12.000-05'), answer_datetime('2026-01-02 10:30', 'Europe/Paris'),
    answer_datetime('2026-01'),
    answer_time('10:30:00.000-05:00');
SELECT value, answer_datetime(value, zone), left(zone, 12) AS zone FROM (VALUES ('2026-07-02 10:30', 'Europe/Paris'),
    ('2026-03-29 02:30', 'Europe/Paris'),
    ('2026-10-25 02:30', 'Europe/Paris'), ('2026-01-02T23:59:60', 'UTC'), ('2026-01-02T23:59:60.5', 'UTC'),
        ('2026-01-02T10:00:00.1234565', 'UTC'),
    ('2026-01-02T10:00:00.9999999', 'UTC'), ('0001-01-01T00:00+14', 'UTC'), ('9999-12-31T23:59:59.999999Z', 'UTC'),
        ('2026-01-02T10:00', 'No/Where'),
    ('2026-01-02T10:00Z', 'No/Where'), ('2026-01-02T10:00', repeat('x', 300)), ('2026-01-02T10:00', ''),
        ('2026-01-02T10:00', NULL), ('2026-02-30T10:00', 'UTC'),
    ('now', 'UTC'), ('2026-01-02', 'UTC'), ('', 'UTC'), (NULL, 'UTC')) AS v (value, zone);
SELECT value, answer_time(value) FROM (VALUES ('10:30'), ('10:30:60'), ('23:59:60'), ('23:59:60.5'),
    ('10:30:00.25Z'), ('24:00'), ('10'), ('allballs'), (NULL)) AS v (value);
SELECT bool_and(answer_datetime(v) = v::timestamptz AND answer_time(right(v, 16)) = right(v, 16)::time) FROM (
    SELECT to_char(timestamp '0001-01-01' + n * interval '997 days 1 hour 59.876543 seconds',
        'YYYY-MM-DD HH24:MI:SS.US') || n % 7 AS v FROM generate_series(0, 3600) AS n) AS t;
