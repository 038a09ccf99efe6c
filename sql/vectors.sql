-- The test vectors of tests/vectors, each a layout and a row: as a record and, where the record is
-- accepted, as JSON. random_*.json come from tests/reference, an implementation of its own.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';
SET client_encoding = 'UTF8';

\getenv abs_srcdir PG_ABS_SRCDIR
\set sections `cat :abs_srcdir/tests/vectors/sections.json`
\set random_sections `cat :abs_srcdir/tests/vectors/random_sections.json`
\set refused_layouts `cat :abs_srcdir/tests/vectors/refused_layouts.json`
\set random_refused_layouts `cat :abs_srcdir/tests/vectors/random_refused_layouts.json`

-- The sections of a case's row, as the SQL expression in `source` makes it of r.
CREATE FUNCTION pg_temp.sections_of(vector json, source text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    sections text[];
BEGIN
    SELECT string_agg(format('%L::%s AS %I', value ->> 1, value ->> 0, key), ', ')
    INTO columns FROM json_each(vector -> 'columns');
    EXECUTE format(
        'SELECT array_agg(encode(s, ''hex'') ORDER BY ordinal) FROM (SELECT %s) AS r, '
        'encode_sections($1::section_layout, %s) WITH ORDINALITY AS e(s, ordinal)',
        columns, source)
    INTO sections USING vector ->> 'layout';
    RETURN sections;
END $$;

-- NULL where the case comes out as it says, else what came instead.
CREATE FUNCTION pg_temp.judge_section(vector json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    expected text[] := ARRAY(SELECT json_array_elements_text(vector -> 'sections'));
    sections text[];
    message text;
    state text;
BEGIN
    sections := pg_temp.sections_of(vector, 'r');
    IF vector ->> 'sqlstate' IS NOT NULL THEN
        RETURN 'accepted';
    ELSIF sections IS DISTINCT FROM expected THEN
        RETURN format('other bytes: %s', sections);
    END IF;
    sections := pg_temp.sections_of(vector, 'to_jsonb(r)');
    IF sections IS DISTINCT FROM expected THEN
        RETURN format('other bytes by to_jsonb: %s', sections);
    END IF;
    RETURN NULL;
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    IF state = vector ->> 'sqlstate' AND position(format('field "%s"', vector ->> 'field') IN message) > 0 THEN
        RETURN NULL;
    END IF;
    RETURN format('%s: %s', state, message);
END $$;

CREATE FUNCTION pg_temp.judge_refusal(vector json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM (vector ->> 'layout')::section_layout;
    RETURN 'accepted';
EXCEPTION WHEN syntax_error THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    IF message LIKE format('%%line %s, column%%', vector ->> 'line') AND detail LIKE 'Found %; expected %.' THEN
        RETURN NULL;
    END IF;
    RETURN message;
END $$;

SELECT count(*) AS sections,
       count(*) FILTER (WHERE pg_temp.judge_section(vector) IS NULL) AS passed
FROM json_array_elements(:'sections') AS vector;
SELECT vector ->> 'name' AS name, problem
FROM json_array_elements(:'sections') AS vector, pg_temp.judge_section(vector) AS problem
WHERE problem IS NOT NULL;

SELECT count(*) AS random_sections,
       count(*) FILTER (WHERE pg_temp.judge_section(vector) IS NULL) AS passed
FROM json_array_elements(:'random_sections') AS vector;
SELECT vector ->> 'name' AS name, problem
FROM json_array_elements(:'random_sections') AS vector, pg_temp.judge_section(vector) AS problem
WHERE problem IS NOT NULL LIMIT 20;

SELECT count(*) AS refused_layouts,
       count(*) FILTER (WHERE pg_temp.judge_refusal(vector) IS NULL) AS passed
FROM json_array_elements(:'refused_layouts') AS vector;
SELECT vector ->> 'name' AS name, problem
FROM json_array_elements(:'refused_layouts') AS vector, pg_temp.judge_refusal(vector) AS problem
WHERE problem IS NOT NULL;

SELECT count(*) AS random_refused_layouts,
       count(*) FILTER (WHERE pg_temp.judge_refusal(vector) IS NULL) AS passed
FROM json_array_elements(:'random_refused_layouts') AS vector;
SELECT vector ->> 'name' AS name, problem
FROM json_array_elements(:'random_refused_layouts') AS vector, pg_temp.judge_refusal(vector) AS problem
WHERE problem IS NOT NULL LIMIT 20;
