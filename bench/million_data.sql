-- :submissions of a form of 50 questions, all answered, by a thousand users, in the tables that create_submission_tables
-- makes.
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema)
SELECT md5('form')::uuid, 'form', jsonb_build_object('slug', 'form', 'children', jsonb_agg(jsonb_build_object(
    'slug', 'question_' || n, 'answerType', (ARRAY['text', 'number', 'boolean', 'date'])[1 + n % 4])))
FROM generate_series(0, 49) AS n;
INSERT INTO app.users SELECT md5('user ' || n)::uuid, 'Given ' || n, 'Family ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO app.form_responses (id, form_id, user_id, responses)
SELECT md5(id::text)::uuid, md5('form')::uuid, md5('user ' || 1 + id % 1000)::uuid, (SELECT jsonb_object_agg(
    'question_' || n, CASE n % 4 WHEN 0 THEN to_jsonb('answer ' || (id + n) % 1000) WHEN 1 THEN to_jsonb((id + n) % 1000)
        WHEN 2 THEN to_jsonb((id + n) % 2 = 0) ELSE to_jsonb(date '2000-01-01' + (id + n) % 9000) END)
    FROM generate_series(0, 49) AS n)
FROM generate_series(1, :submissions) AS id;
VACUUM ANALYZE app.form_schemas, app.users, app.form_responses;
