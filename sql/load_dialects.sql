-- load_response_events of forms with a dialect: each is translated once, a changed translation or dialect is
-- seen, and a
-- dialect that nobody knows stops the load.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA dialects_app;
CREATE SCHEMA dialects_dwh;
SELECT create_submission_tables('dialects_app', 'dialects_dwh');
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid $$;

-- Forms of three systems, one of them twice, and one in the tree's own words.
INSERT INTO dialects_app.form_schemas (id, name, dialect, metadata, schema) VALUES
    (pg_temp.id(1), 'kobo', 'kobo', true, '{"survey": [{"type": "begin_group", "name": "g"}, {"type": "integer",
        "name": "n"},
        {"type": "select_multiple l", "name": "m"}, {"type": "end_group"}], "choices": [{"list_name": "l",
            "name": "a"}]}'),
    (pg_temp.id(2), 'nested', 'xlsform', false, '{"survey": [{"type": "begin_group", "name": "g"}, {"type": "integer",
        "name": "n"}, {"type": "end_group"}]}'),
    (pg_temp.id(3), 'fhir', 'fhir', false, '{"resourceType": "Questionnaire", "item": [{"linkId": "1",
        "type": "quantity"}]}'),
    (pg_temp.id(4), 'own', NULL, false, '{"children": [{"slug": "n", "answerType": "number"}]}'),
    (pg_temp.id(5), 'own, said', 'onetrip', false, '{"children": [{"slug": "n", "answerType": "number"}]}');
INSERT INTO dialects_app.form_responses (id, form_id, responses) VALUES
    (pg_temp.id(11), pg_temp.id(1), '{"g/n": "7", "g/m": "a b", "_id": 5, "x": 1}'),
    (pg_temp.id(12), pg_temp.id(1), '{"g/n": "x"}'),
    (pg_temp.id(13), pg_temp.id(2), '{"g": {"n": 8}}'),
    (pg_temp.id(14), pg_temp.id(3), '{"item": [{"linkId": "1", "answer": [{"valueQuantity": {"value": 1.5,
        "unit": "kg"}}]}]}'),
    (pg_temp.id(15), pg_temp.id(4), '{"n": 9}'), (pg_temp.id(16), pg_temp.id(5), '{"n": "9a"}');
CREATE VIEW pg_temp.rows AS
SELECT 'event' AS what, form_name, schema_path, idx, value, answer_type, status FROM dialects_dwh.response_events
UNION ALL SELECT 'problem', form_name, schema_path, idx, value, answer_type, status
FROM dialects_dwh.response_event_problems ORDER BY 2, 1, 3, 4, 5;
CALL load_response_events('dialects_app', 'dialects_dwh', batch_size => 2);
TABLE pg_temp.rows;
-- form_hash is over the tree: the same as of the tree itself.
SELECT f.name, l.form_hash = sha256(convert_to((CASE WHEN f.dialect IS NULL THEN f.schema ELSE form_from(f.schema,
    f.dialect) END)::text, 'UTF8')) AS is_of_tree FROM dialects_dwh.submission_loads AS l
JOIN dialects_app.form_schemas AS f ON f.id = l.form_id ORDER BY f.name, l.submission_id;
-- Nothing changed; another dialect of the same schema; the same tree by another way.
CALL load_response_events('dialects_app', 'dialects_dwh', 'changed');
UPDATE dialects_app.form_schemas SET dialect = 'kobo' WHERE name = 'nested';
UPDATE dialects_app.form_schemas SET dialect = NULL WHERE name = 'own, said';
UPDATE dialects_app.form_schemas SET dialect = NULL, schema = form_from(schema, 'fhir') WHERE name = 'fhir';
CALL load_response_events('dialects_app', 'dialects_dwh', 'changed');
SELECT * FROM pg_temp.rows WHERE form_name = 'nested';
-- A dialect that nobody knows, before anything is loaded; another form alone is loaded.
UPDATE dialects_app.form_schemas SET dialect = 'typeform' WHERE name = 'nested';
CALL load_response_events('dialects_app', 'dialects_dwh', 'changed');
CALL load_response_events('dialects_app', 'dialects_dwh', 'changed', form_name => 'kobo');
UPDATE dialects_app.form_schemas SET dialect = 'xlsform' WHERE name = 'nested';

-- An enum of answer types must have those of the translated forms; json and text columns in place of jsonb and text.
CREATE SCHEMA dialects_enum;
CREATE TYPE dialects_enum.answer_type AS ENUM ('number', 'text', 'boolean', 'date');
CREATE TABLE dialects_enum.response_events (submission_id uuid, submission_created timestamptz,
    processed_on timestamptz,
    schema_path text, value text, answer_type dialects_enum.answer_type);
ALTER TABLE dialects_app.form_schemas ALTER schema TYPE json, ALTER dialect TYPE varchar(20);
CALL load_response_events('dialects_app', 'dialects_enum');
ALTER TYPE dialects_enum.answer_type ADD VALUE 'integer';
ALTER TYPE dialects_enum.answer_type ADD VALUE 'datetime';
ALTER TYPE dialects_enum.answer_type ADD VALUE 'json';
UPDATE dialects_dwh.submission_loads SET source = 'other';
CALL load_response_events('dialects_app', 'dialects_enum');
SELECT schema_path, value, answer_type FROM dialects_enum.response_events ORDER BY 1, 2;
-- One that becomes unknown between two batches: its submissions are no answers that the target refuses.
TRUNCATE dialects_dwh.response_events, dialects_dwh.response_event_problems, dialects_dwh.submission_loads;
CREATE FUNCTION dialects_dwh.change_dialect() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dialects_app.form_schemas SET dialect = 'typeform' WHERE name = 'kobo';
    RETURN NULL;
END $$;
CREATE TRIGGER changes AFTER INSERT ON dialects_dwh.submission_loads FOR EACH STATEMENT
    EXECUTE FUNCTION dialects_dwh.change_dialect();
INSERT INTO dialects_app.form_responses (form_id, user_id, responses)
SELECT form_id, user_id, responses FROM dialects_app.form_responses AS r, generate_series(1, 3)
WHERE form_id = (SELECT id FROM dialects_app.form_schemas WHERE name = 'kobo');
CALL load_response_events('dialects_app', 'dialects_dwh', batch_size => 1, form_name => 'kobo');
SELECT count(*) FROM dialects_dwh.submission_loads;
SELECT * FROM dialects_dwh.response_event_problems WHERE status = 'refused';
DROP TRIGGER changes ON dialects_dwh.submission_loads;
UPDATE dialects_app.form_schemas SET dialect = 'kobo' WHERE name = 'kobo';
CALL load_response_events('dialects_app', 'dialects_dwh', form_name => 'kobo');

-- The enum needs no types of metadata that is not loaded; a form of a dialect that nobody knows is named.
CREATE SCHEMA dialects_few;
SELECT create_submission_tables('dialects_few', 'dialects_few');
CREATE TYPE dialects_few.answer_type AS ENUM ('text');
ALTER TABLE dialects_few.response_events ALTER answer_type TYPE dialects_few.answer_type USING NULL;
INSERT INTO dialects_few.form_schemas (id, name, dialect, schema)
VALUES (pg_temp.id(1), 'kobo', 'kobo', '{"survey": [{"type": "text", "name": "t"}]}');
INSERT INTO dialects_few.form_responses (id, form_id, responses)
VALUES (pg_temp.id(11), pg_temp.id(1), '{"t": "x", "_id": 5}');
CALL load_response_events('dialects_few', 'dialects_few');
UPDATE dialects_few.form_schemas SET metadata = true;
CALL load_response_events('dialects_few', 'dialects_few', 'changed');
UPDATE dialects_few.form_schemas SET dialect = 'typeform';
CALL load_response_events('dialects_few', 'dialects_few', 'changed');

-- A form that is read by items has parts of answers: an enum of statuses must have theirs, and one of types text. A form
-- without submissions demands nothing.
CREATE SCHEMA dialects_parts;
SELECT create_submission_tables('dialects_parts', 'dialects_parts');
CREATE TYPE dialects_parts.status AS ENUM ('ok', 'wrong_type', 'not_in_choices');
CREATE TYPE dialects_parts.answer_type AS ENUM ('number');
ALTER TABLE dialects_parts.response_events ALTER status TYPE dialects_parts.status USING NULL,
    ALTER answer_type TYPE dialects_parts.answer_type USING NULL;
INSERT INTO dialects_parts.form_schemas (id, name, dialect, schema) VALUES
    (pg_temp.id(1), 'other', NULL, '{"children": [{"slug": "n", "answerType": "number"}]}'),
    (pg_temp.id(2), 'weight', 'fhir', '{"resourceType": "Questionnaire", "item": [{"linkId": "1", "type": "quantity"}]}');
INSERT INTO dialects_parts.form_responses (id, form_id, responses) VALUES (pg_temp.id(1), pg_temp.id(1), '{"n": 1}');
CALL load_response_events('dialects_parts', 'dialects_parts');
INSERT INTO dialects_parts.form_responses (id, form_id, responses) VALUES (pg_temp.id(2), pg_temp.id(2),
    '{"item": [{"linkId": "1", "answer": [{"valueQuantity": {"value": 71.5, "unit": "kg"}}]}]}');
CALL load_response_events('dialects_parts', 'dialects_parts');
\echo :LAST_ERROR_SQLSTATE
ALTER TYPE dialects_parts.status ADD VALUE 'part';
CALL load_response_events('dialects_parts', 'dialects_parts');
ALTER TYPE dialects_parts.answer_type ADD VALUE 'text';
CALL load_response_events('dialects_parts', 'dialects_parts');
SELECT schema_path, value, answer_type, status FROM dialects_parts.response_events ORDER BY submission_id, ord;

DROP SCHEMA dialects_app, dialects_dwh, dialects_enum, dialects_few, dialects_parts CASCADE;
