-- For tests in several databases: a query's answer, or the SQLSTATE of its error.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE query INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

-- A json document is what its cast to jsonb makes of it: the same answers, or the same error.
CREATE FUNCTION pg_temp.outcomes(document json) RETURNS TABLE (of_cast text, of_json text) LANGUAGE sql AS $$
    SELECT pg_temp.outcome(format($q$SELECT string_agg(path || '=' || (value #>> '{}'), ',' ORDER BY ord)
            FROM jsonb_tree(%L::json::jsonb, true)$q$, document)),
        pg_temp.outcome(format($q$SELECT string_agg('$[''' || schema_path || ''']=' || value, ',' ORDER BY ord)
            FROM flatten_submission(%L::json, '{}', '{unknown}')$q$, document))
$$;
