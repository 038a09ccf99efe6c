-- Two forms, 60 people and 400 submissions. Nothing is random; dates lie before current_date.
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');

INSERT INTO app.form_schemas (id, name, schema) VALUES
    (md5('visit')::uuid, 'visit', '{
        "slug": "visit", "nodeType": "form", "label": "Home visit", "children": [
            {"slug": "patient", "nodeType": "section", "children": [
                {"slug": "born", "nodeType": "question", "answerType": "date", "tag": "date_of_birth"},
                {"slug": "weight", "nodeType": "question", "answerType": "number", "tag": "weight_kg"},
                {"slug": "smokes", "nodeType": "question", "answerType": "boolean"}]},
            {"slug": "medication", "nodeType": "section", "label": "one for each drug", "children": [
                {"slug": "drug", "nodeType": "question", "answerType": "text"},
                {"slug": "dose", "nodeType": "question", "answerType": "number"}]},
            {"slug": "symptoms", "nodeType": "question", "answerType": "text", "label": "several may be chosen",
                "answerEnum": [{"value": "cough"}, {"value": "fever"}, {"value": "pain"}]}]}'),
    (md5('satisfaction')::uuid, 'satisfaction', '{
        "slug": "satisfaction", "nodeType": "form", "children": [
            {"slug": "stars", "nodeType": "question", "answerType": "number"},
            {"slug": "again", "nodeType": "question", "answerType": "boolean"},
            {"slug": "comment", "nodeType": "question", "answerType": "text"}]}');

INSERT INTO app.users (id, given_name, family_name)
SELECT md5('user ' || n)::uuid, (ARRAY['Aïssatou', 'Benoît', 'Cécile', 'Désiré', 'Eugénie', 'Frédéric'])[1 + n % 6],
    (ARRAY['Ba', 'Martin', 'Nguyen', 'Okafor', 'Petit'])[1 + n % 5]
FROM generate_series(1, 60) AS n;

-- Visits: up to three drugs, up to three symptoms. Every 40th weight is no number, every 50th symptom none of the choices,
-- and for a while the app sent an answer that the form does not ask for.
INSERT INTO app.form_responses (id, form_id, user_id, date_created, responses)
SELECT md5('visit ' || n)::uuid, md5('visit')::uuid, md5('user ' || 1 + n % 60)::uuid,
    current_date - (n / 3) + time '09:00' + n % 8 * interval '1 hour',
    jsonb_build_object(
        'patient', jsonb_build_object('born', date '1931-04-05' + n * 97 % 20000,
            'weight', CASE WHEN n % 40 = 0 THEN to_jsonb('about 80'::text) ELSE to_jsonb(round(48 + n * 37 % 520 / 10.0, 1)) END,
            'smokes', n % 5 = 0),
        'medication', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'drug', (ARRAY['metformin', 'ramipril', 'simvastatin', 'aspirin'])[1 + (n + i) % 4], 'dose', 5 * (1 + (n * i) % 8))), '[]')
            FROM generate_series(1, n % 4) AS i),
        'symptoms', (SELECT coalesce(jsonb_agg(CASE WHEN n % 50 = 0 AND i = 1 THEN 'tired' ELSE (ARRAY['cough', 'fever', 'pain'])[i] END), '[]')
            FROM generate_series(1, n % 4) AS i))
    || CASE WHEN n BETWEEN 100 AND 120 THEN '{"app_version": "2.1-beta"}'::jsonb ELSE '{}' END
FROM generate_series(1, 250) AS n;

INSERT INTO app.form_responses (id, form_id, user_id, date_created, responses)
SELECT md5('satisfaction ' || n)::uuid, md5('satisfaction')::uuid, CASE WHEN n % 10 > 0 THEN md5('user ' || 1 + n % 60)::uuid END,
    current_date - (n / 2) + time '18:00',
    jsonb_build_object('stars', 1 + n * 7 % 5, 'again', n % 3 > 0, 'comment', CASE WHEN n % 4 = 0 THEN 'Merci à toute l''équipe !' END)
FROM generate_series(1, 150) AS n;
