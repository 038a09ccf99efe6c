-- The vectors of tests/vectors/forms.json: random forms with the words for foreign documents, documents, and
-- their rows, made by tests/reference/random_forms.py, which has not read the code.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
\getenv abs_srcdir PG_ABS_SRCDIR
\set vectors `cat :abs_srcdir/tests/vectors/forms.json`

CREATE TEMPORARY TABLE vectors AS
SELECT n, vector -> 'form' AS form, vector -> 'responses' AS responses,
    ARRAY(SELECT jsonb_array_elements_text(vector -> 'include')) AS include, vector -> 'rows' AS rows
FROM jsonb_array_elements(:'vectors'::jsonb) WITH ORDINALITY AS v (vector, n);
SELECT count(*), sum(jsonb_array_length(rows)) AS rows FROM vectors;

-- All are equal, in FROM and in the SELECT list.
CREATE TEMPORARY TABLE found AS
SELECT n, coalesce(jsonb_agg(jsonb_build_array(ord, schema_path, to_jsonb(keys), to_jsonb(idx), value, answer_type, tag,
    status) ORDER BY ord) FILTER (WHERE ord IS NOT NULL), '[]') AS rows
FROM vectors LEFT JOIN LATERAL flatten_submission(responses, form, include) ON true GROUP BY n;
SELECT n, form, responses, include, v.rows AS expected, f.rows AS found FROM vectors AS v JOIN found AS f USING (n)
WHERE v.rows <> f.rows ORDER BY n LIMIT 3;
SELECT count(*) AS different FROM (SELECT n, (f).* FROM (SELECT n, flatten_submission(responses, form, include) AS f
    FROM vectors) AS s EXCEPT ALL SELECT n, f.* FROM vectors, flatten_submission(responses, form, include) AS f) AS d;

-- Each status was met.
SELECT status, count(*) > 0 AS is_met FROM vectors, flatten_submission(responses, form, include)
GROUP BY status ORDER BY status;
