-- Forms that are read by items: QuestionnaireResponses of FHIR.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';

CREATE TEMPORARY TABLE form AS SELECT '{"slug": "form", "nodeType": "form", "reading": "items", "children": [
    {"slug": "1", "nodeType": "question", "answerType": "text", "tag": "1", "valueTypes": ["valueCoding",
        "valueString"],
        "answerEnum": [{"value": "Y"}, {"value": "N"}], "children": [
        {"slug": "1.1", "nodeType": "question", "answerType": "integer", "tag": "1.1",
            "valueTypes": ["valueInteger"]}]},
    {"slug": "2", "nodeType": "section", "repeats": true, "children": [
        {"slug": "2.1", "answerType": "number", "tag": "2.1", "valueTypes": ["valueQuantity"]},
        {"slug": "2.2", "answerType": "date", "tag": "2.2", "partialDates": true, "repeats": true},
        {"slug": "2.3", "children": [{"slug": "2.3.1", "repeats": true, "children": [
            {"slug": "2.3.1.1", "answerType": "boolean"}]}]}]},
    {"slug": "3", "answerType": "json"}]}'::jsonb AS form;

SELECT f.* FROM form, flatten_submission('{"resourceType": "QuestionnaireResponse", "status": "completed", "item": [
    {"linkId": "1", "answer": [{"valueCoding": {"code": "Y", "system": "http://e.org", "display": "Yes"},
        "item": [{"linkId": "1.1", "answer": [{"valueInteger": 12}]}]}]},
    {"linkId": "2", "text": "Visit", "item": [
        {"linkId": "2.1", "answer": [{"valueQuantity": {"value": 71.50, "unit": "kg"}}]},
        {"linkId": "2.2", "answer": [{"valueDate": "2026-01"}, {"valueDate": "2026-13"}]}]},
    {"linkId": "2", "item": [{"linkId": "2.1", "answer": [{"valueString": "heavy"}]}]},
    {"linkId": "9", "answer": [{"valueBoolean": true}]}]}'::jsonb, form, '{all}') AS f;

-- Objects at value[x]: what stands for them, else one row.
SELECT ord, schema_path, keys, idx, value, answer_type, status FROM form, flatten_submission('{"item": [
    {"linkId": "1", "answer": [{"valueCoding": {"display": "Y", "code": null, "x": {"y": [1, {"z": 2}], "e": {}}}},
        {"valueCoding": {"code": {"a": 1}}}, {"valueCoding": {}}, {"valueString": null}, {"valueString": ["Y"]},
        {"valueReference": {"display": "Dr. X"}}, {"valueAttachment": {"url": "a"}}, {"value": 1,
            "_valueString": {"id": "b"}},
        {"valueString": "Y", "valueInteger": 2}]},
    {"linkId": "3", "answer": [{"valueAttachment": {"url": "a"}}, {"valueReference": {"reference": "Patient/1",
        "type": "Patient"}},
        {"valueQuantity": {"unit": "kg"}}, {"valueDecimal": 1.0}]},
    {"linkId": "8", "answer": [{"valueAttachment": {"url": "a"}}, {"valueCoding": {"code": "Z", "system": "s"}},
        {"valueString": [1]}]}]}'::jsonb, form, '{all}') AS f;

-- What has no place: rows of status structure.
SELECT ord, schema_path, keys, idx, value, answer_type, tag, status FROM form, flatten_submission('{"item": [5, null,
    {"linkId": 7, "x": 1},
    {"linkId": "1", "answer": {"valueString": "Y"}, "item": 3}, {"linkId": "1", "answer": [3, null, ["Y"]],
        "item": [[1]]},
    {"linkId": "2", "answer": [{"valueString": "at a group"}], "item": null}]}'::jsonb, form, '{all}') AS f;
SELECT r, f.* FROM form, (VALUES ('{"item": {"linkId": "1"}}'::jsonb), ('{"item": null}'), ('[]'), ('5'), ('null'),
    ('{}')) AS v (r),
    flatten_submission(r, form, '{structure,frame}') AS f;

-- Indexes: of repeating groups and questions always, elsewhere of the second and further ones.
SELECT schema_path, keys, idx, value, status FROM form, flatten_submission('{"item": [
    {"linkId": "2", "item": [{"linkId": "2.3", "item": [{"linkId": "2.3.1", "item": [{"linkId": "2.3.1.1",
        "answer": [{"valueBoolean": true},
        {"valueBoolean": false}]}]}, {"linkId": "2.3.1"}]}, {"linkId": "2.3", "item": [{"linkId": "2.3.1",
            "item": [{"linkId": "2.3.1.1"}]}]}]},
    {"linkId": "u", "item": [{"linkId": "v", "answer": [{"valueInteger": 1}, {"valueInteger": 2,
        "item": [{"linkId": "1", "answer": [{"valueString": "Y"}]}]}]}]},
    {"linkId": "u", "item": [{"linkId": "v", "answer": [{"valueInteger": 3}]}, {"linkId": "v",
        "answer": [{"valueInteger": 4}]}]},
    {"linkId": "1", "answer": [{"valueString": "Y"}]}, {"linkId": "1", "answer": [{"valueString": "N"}]}]}'::jsonb,
        form, '{unknown,missing}') AS f;

-- form_questions of such a form.
SELECT q.schema_path, q.tag, q.keys, q.repeat_path FROM form, form_questions(form) AS q;

-- 30,000 items in one array, of a question of the form and of others; answers that nest deeply.
SELECT status, count(*), max(idx[1]) FROM form, flatten_submission(jsonb_build_object('item',
    (SELECT jsonb_agg(jsonb_build_object('linkId',
    CASE n % 3 WHEN 0 THEN '1' WHEN 1 THEN 'x' ELSE 'x' || n END, 'answer',
        '[{"valueString": "Y"}]'::jsonb)) FROM generate_series(1, 30000) AS n)), form, '{unknown}')
    GROUP BY status ORDER BY status;
SELECT status, count(*), max(length(schema_path)), max(cardinality(keys)) FROM form, flatten_submission(
    (repeat('{"item":[{"linkId":"1","answer":[', 900) || '{"valueString":"Y"}' || repeat(']}]}', 900))::jsonb, form,
        '{all}') GROUP BY status ORDER BY status;
