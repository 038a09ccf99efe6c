-- The workshop's own tables: documents as json, an enum for the types, and events whose key is a random UUID. The first
-- :limit submissions of submission_data.sql, each of one of :users users.
CREATE SCHEMA app;
CREATE SCHEMA dwh;
CREATE TYPE dwh.answer_type AS ENUM ('number', 'text', 'boolean', 'date');

CREATE TABLE app.form_schemas (id uuid PRIMARY KEY, name text NOT NULL, schema json NOT NULL);
CREATE TABLE app.users (id uuid PRIMARY KEY, given_name text NOT NULL, family_name text NOT NULL);
CREATE TABLE app.form_responses (
    id uuid PRIMARY KEY,
    form_id uuid NOT NULL REFERENCES app.form_schemas,
    user_id uuid NOT NULL REFERENCES app.users,
    responses json NOT NULL,
    date_created timestamptz NOT NULL DEFAULT now());
CREATE TABLE dwh.response_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    form_id uuid NOT NULL, form_name text NOT NULL,
    user_id uuid NOT NULL, user_full_name text NOT NULL,
    submission_id uuid NOT NULL, submission_created timestamptz NOT NULL,
    processed_on timestamptz NOT NULL DEFAULT now(),
    schema_path text NOT NULL, value text, answer_type dwh.answer_type NOT NULL, tag text);

-- One question in a form has a tag. The workshop's forms have more, but a bulk insert of the ORM begins another statement
-- wherever one event has a tag and the next has none: with those of submission_data.sql it takes six times as long.
INSERT INTO app.form_schemas
SELECT md5('form ' || id)::uuid, 'form ' || id,
    regexp_replace(schema::text, '"tag": "member_question_(?!0")[0-9]+", ', '', 'g')::json
FROM forms WHERE :limit > 0;
INSERT INTO app.users SELECT md5('user ' || n)::uuid, 'Given ' || n, 'Family ' || n FROM generate_series(1, :users) AS n;
INSERT INTO app.form_responses
SELECT md5(id::text)::uuid, md5('form ' || form_id)::uuid, md5('user ' || 1 + id % :users)::uuid, responses::text::json
FROM submissions ORDER BY id LIMIT :limit;
VACUUM ANALYZE app.form_schemas, app.users, app.form_responses;
