-- The same :submissions of 50 answers in two schemas: with 3 forms of 50 questions and 1,000 users, and with :forms forms,
-- each with slugs of its own, and as many users as submissions.
CREATE FUNCTION form(n int) RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_build_object('slug', 'form', 'children', jsonb_agg(jsonb_build_object('slug', 'q_' || n || '_' || i,
    'label', md5(n::text || i), 'answerType', (ARRAY['text', 'number', 'boolean', 'date'])[1 + i % 4])))
FROM generate_series(0, 49) AS i
$$;
CREATE FUNCTION answers(form int, n int) RETURNS jsonb LANGUAGE sql AS $$
SELECT jsonb_object_agg('q_' || form || '_' || i, CASE i % 4 WHEN 0 THEN to_jsonb('answer ' || (n + i) % 1000)
    WHEN 1 THEN to_jsonb((n + i) % 1000) WHEN 2 THEN to_jsonb((n + i) % 2 = 0)
    ELSE to_jsonb(date '2000-01-01' + (n + i) % 9000) END)
FROM generate_series(0, 49) AS i
$$;
CREATE PROCEDURE make(app name, forms int, users int, submissions int) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %1$I; CREATE SCHEMA %2$I', app, app || '_dwh');
    PERFORM create_submission_tables(app, app || '_dwh');
    EXECUTE format('INSERT INTO %I.form_schemas (id, name, schema)
        SELECT md5(''form '' || n)::uuid, ''form '' || n, form(n) FROM generate_series(1, $1) AS n', app) USING forms;
    EXECUTE format('INSERT INTO %I.users
        SELECT md5(''user '' || n)::uuid, ''Given '' || n, ''Family '' || n FROM generate_series(1, $1) AS n', app)
    USING users;
    EXECUTE format('INSERT INTO %I.form_responses (id, form_id, user_id, responses)
        SELECT md5(n::text)::uuid, md5(''form '' || 1 + n %% $1)::uuid, md5(''user '' || 1 + n %% $2)::uuid,
            answers(1 + n %% $1, n)
        FROM generate_series(1, $3) AS n', app) USING forms, users, submissions;
END
$$;
CALL make('few', 3, 1000, :submissions);
CALL make('many', :forms, :submissions, :submissions);
VACUUM ANALYZE;
