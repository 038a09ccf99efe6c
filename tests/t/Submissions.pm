# Submissions to load, and what is right about a load: SQL for all tests that disturb loaders.
package Submissions;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(load_functions submissions);

# load_functions SCHEMA: functions there that make submissions and look at what has been loaded. Each answer has a word that
# no message may show.
sub load_functions
{
	my ($schema) = @_;
	return <<'SQL' =~ s/:schema/$schema/gr;
CREATE FUNCTION :schema.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT md5(n::text)::uuid$$;
-- Answers of every status, for two forms in turn.
CREATE FUNCTION :schema.document(n int, version int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE n % 2
        WHEN 0 THEN jsonb_build_object('name', 'secret ' || n || ' ' || version, 'pains', '["head", "secret"]'::jsonb,
            'drug', (SELECT jsonb_agg(jsonb_build_object('dose', CASE WHEN i % 4 = 3 THEN '"secret"'::jsonb ELSE to_jsonb(i) END)) FROM generate_series(1, 1 + (n + version) % 6) AS i))
        ELSE jsonb_build_object('stars', (n + version) % 6, 'other', 'secret') END
$$;
-- What a schema has been loaded with, but for the time.
CREATE FUNCTION :schema.contents(dwh text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('SELECT md5(string_agg(md5(r::text), '''' ORDER BY kind, submission_id, ord)) || '' '' || count(*) FROM (
        SELECT 1 AS kind, submission_id, ord, to_jsonb(e) - ''processed_on'' AS r FROM %1$I.response_events AS e
        UNION ALL SELECT 2, submission_id, ord, to_jsonb(p) - ''processed_on'' FROM %1$I.response_event_problems AS p
        UNION ALL SELECT 3, submission_id, 0, to_jsonb(l) - ''processed_on'' FROM %1$I.submission_loads AS l) AS r', dwh) INTO found;
    RETURN found;
END $$;
-- Submissions whose rows are not as many as the ledger says, or that it does not have.
CREATE FUNCTION :schema.torn(dwh text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT submission_id, count(*) AS n FROM %1$I.response_events GROUP BY 1) AS e
        FULL JOIN (SELECT submission_id, count(*) AS n FROM %1$I.response_event_problems GROUP BY 1) AS p USING (submission_id)
        FULL JOIN %1$I.submission_loads AS l USING (submission_id)
        WHERE coalesce(e.n, 0) IS DISTINCT FROM l.events OR coalesce(p.n, 0) IS DISTINCT FROM l.problems', dwh) INTO found;
    RETURN found;
END $$;
SQL
}

# submissions APP, SCHEMA, COUNT: two forms, twenty users and so many documents, in the tables of APP, by the functions of SCHEMA.
sub submissions
{
	my ($app, $schema, $count) = @_;
	return <<'SQL' =~ s/:(app|schema|count)\b/{ app => $app, schema => $schema, count => $count }->{$1}/ger;
INSERT INTO :app.form_schemas (id, name, schema) VALUES
    ('00000000-0000-0000-0000-000000000001', 'first', '{"slug": "first", "children": [{"slug": "name", "answerType": "text"},
        {"slug": "drug", "children": [{"slug": "dose", "answerType": "number"}]}, {"slug": "pains", "answerType": "text", "answerEnum": [{"value": "head"}]}]}'),
    ('00000000-0000-0000-0000-000000000002', 'second', '{"slug": "second", "children": [{"slug": "stars", "answerType": "number"}]}');
INSERT INTO :app.users SELECT lpad(n::text, 32, '0')::uuid, 'Given ' || n, 'Family ' || n FROM generate_series(1, 20) AS n;
INSERT INTO :app.form_responses (id, form_id, user_id, responses)
SELECT :schema.id(n), lpad((1 + n % 2)::text, 32, '0')::uuid, lpad((1 + n % 20)::text, 32, '0')::uuid, :schema.document(n, 0) FROM generate_series(1, :count) AS n;
SQL
}

1;
