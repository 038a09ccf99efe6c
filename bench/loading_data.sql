-- The submissions of submission_data.sql in the tables that create_submission_tables makes.
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema) SELECT md5('form ' || id)::uuid, 'form ' || id, schema FROM forms;
INSERT INTO app.users SELECT md5('user ' || n)::uuid, 'Given ' || n, 'Family ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO app.form_responses (id, form_id, user_id, responses)
SELECT md5(id::text)::uuid, md5('form ' || form_id)::uuid, md5('user ' || 1 + id % 1000)::uuid, responses FROM submissions ORDER BY id;
VACUUM ANALYZE app.form_schemas, app.users, app.form_responses;
