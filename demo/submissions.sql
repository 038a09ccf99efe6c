-- The second part of what scripts/demo shows: submissions of forms become rows for analysis.
\pset footer off
\pset null ''
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE EXTENSION IF NOT EXISTS onetrip;
\o /dev/null
\ir demo/submission_data.sql
\o

\echo
\echo '== A submission: nested answers, as the application stores them =='
\echo
SELECT jsonb_pretty(responses) AS submission FROM app.form_responses WHERE id = md5('visit 103')::uuid;

\echo '== Flattened: a row for each answer =='
\echo
\set ECHO queries
SELECT e.ord, e.schema_path, e.idx, e.value, e.answer_type, e.tag, e.status
FROM app.form_responses AS r JOIN app.form_schemas AS f ON f.id = r.form_id,
    flatten_submission(r.responses, f.schema, '{unknown,structure}') AS e
WHERE r.id = md5('visit 103')::uuid;
\set ECHO none
\echo
\echo 'idx tells which repetition of the group, and which choice of several; "app_version" is not in the form.'

\echo
\echo '== Loaded: all submissions, each exactly once =='
\echo
SET client_min_messages = notice;
\set ECHO queries
CALL load_response_events('app', 'dwh', batch_size => 150);
\set ECHO none
SET client_min_messages = warning;
SELECT form_name, status, count(*) AS events, count(DISTINCT submission_id) AS submissions
FROM dwh.response_events GROUP BY form_name, status ORDER BY form_name, events DESC;
\echo 'What was odd is kept apart, and nothing of it is lost:'
\echo
SELECT status, schema_path, value, count(*) AS times FROM dwh.response_event_problems
GROUP BY status, schema_path, value ORDER BY times DESC, value;

\echo '== Analysed: the drugs, with their doses, and who takes them =='
\echo
\set ECHO queries
SELECT d.value AS drug, count(*) AS prescribed, count(DISTINCT d.user_id) AS patients,
    round(avg(answer_number(n.value)), 1) AS mean_dose
FROM dwh.response_events AS d JOIN dwh.response_events AS n USING (submission_id, idx)
WHERE d.schema_path = 'medication.drug' AND n.schema_path = 'medication.dose'
GROUP BY d.value ORDER BY prescribed DESC, drug;

SELECT value AS symptom, count(*) AS times FROM dwh.response_events
WHERE schema_path = 'symptoms' AND status = 'ok' GROUP BY value ORDER BY times DESC;

\set ECHO none
\echo '== Once more: what has changed, and nothing else =='
\echo
\set ECHO queries
UPDATE app.form_responses SET responses = jsonb_set(responses, '{patient,weight}', '80')
WHERE id = md5('visit 40')::uuid;
DELETE FROM app.form_responses WHERE id = md5('satisfaction 7')::uuid;
CALL load_response_events('app', 'dwh', 'changed');
CALL load_response_events('app', 'dwh', 'changed');
\set ECHO none
SELECT schema_path, value, status FROM dwh.response_events
WHERE submission_id = md5('visit 40')::uuid AND schema_path = 'patient.weight';
