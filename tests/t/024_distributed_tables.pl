# What load_response_events knows of tables that Citus distributes, as far as it can be seen without Citus: the functions
# that nodes run, held against what one server has loaded, and the refusals, against a catalogue that is made up.
# tests/citus has the rest.

use strict;
use warnings;

use OnetripTest qw(start_server);
use Test::More;

my $node = start_server('distributed');

sub error_of
{
	my ($sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', $sql);
	$error =~ s/psql:<stdin>:\d+: //g;
	return $error;
}

# ---- the functions ---------------------------------------------------------------------------------

# With forms of two systems, one with metadata, json that jsonb cannot hold, users who are not there, and no form.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
CREATE SCHEMA app;
SELECT create_submission_tables('app', 'app');
INSERT INTO app.form_schemas (id, name, schema, dialect, metadata)
SELECT md5(name)::uuid, name, schema::jsonb, dialect, metadata FROM (VALUES
    ('f', '{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text", "answerEnum": [{"value": "x"}]}]}', NULL, false),
    ('k', '{"asset_type": "survey", "content": {"survey": [{"type": "integer", "name": "age"}, {"type": "start", "name": "start"}]}}', 'kobo', false),
    ('m', '{"asset_type": "survey", "content": {"survey": [{"type": "integer", "name": "age"}, {"type": "start", "name": "start"}]}}', 'kobo', true)) AS v(name, schema, dialect, metadata);
INSERT INTO app.users VALUES (md5('u')::uuid, 'Ada', 'L'), (md5('v')::uuid, NULL, NULL);
ALTER TABLE app.form_responses ALTER form_id DROP NOT NULL, ALTER responses TYPE json USING responses::text::json;
INSERT INTO app.form_responses (id, form_id, user_id, responses, date_created)
SELECT md5(n::text)::uuid, CASE WHEN n % 11 > 0 THEN md5((ARRAY['f', 'k', 'm'])[1 + n % 3])::uuid END, CASE WHEN n % 5 > 0 THEN md5((ARRAY['u', 'v'])[1 + n / 4 % 2])::uuid END,
    (CASE n % 4 WHEN 0 THEN '{"a": 1, "b": "y", "c": [1, 2]}' WHEN 1 THEN '{"age": 5, "start": "2026-01-01T10:00:00"}' WHEN 2 THEN '{"a": "\u0000"}' ELSE '{"a": "x", "age": "x"}' END)::json,
    '2026-01-01'
FROM generate_series(1, 200) AS n;
CREATE FUNCTION shown(target text) RETURNS TABLE (id uuid, responses_hash bytea, form_hash bytea, row_hash bytea, events json, problems json) LANGUAGE sql AS $$
    SELECT r.id, h.responses_hash, h.form_hash, h.row_hash,
        (SELECT json_agg(row_to_json(e)) FROM load_answers(r.form_id, r.user_id, r.date_created, r.responses, f.metadata, f.name, f.schema, u.id IS NOT NULL,
            CASE WHEN u.given_name IS NOT NULL THEN concat_ws(' ', u.given_name, u.family_name) END, f.dialect, target, false) AS e),
        (SELECT json_agg(row_to_json(e)) FROM load_answers(r.form_id, r.user_id, r.date_created, r.responses, f.metadata, f.name, f.schema, u.id IS NOT NULL,
            CASE WHEN u.given_name IS NOT NULL THEN concat_ws(' ', u.given_name, u.family_name) END, f.dialect, target, true) AS e)
    FROM app.form_responses AS r LEFT JOIN app.form_schemas AS f ON f.id = r.form_id LEFT JOIN app.users AS u ON u.id = r.user_id,
        load_hashes(r.form_id, r.user_id, r.date_created, r.responses, f.metadata, f.name, f.schema, u.id IS NOT NULL,
            CASE WHEN u.given_name IS NOT NULL THEN concat_ws(' ', u.given_name, u.family_name) END, f.dialect, target) AS h $$;
CREATE FUNCTION loaded() RETURNS TABLE (id uuid, responses_hash bytea, form_hash bytea, row_hash bytea, events json, problems json) LANGUAGE sql AS $$
    SELECT l.submission_id, l.responses_hash, l.form_hash, l.row_hash,
        (SELECT json_agg(row_to_json(x) ORDER BY x.ord) FROM (SELECT ord, schema_path, idx, value, answer_type, tag, status FROM app.response_events AS e
            WHERE e.submission_id = l.submission_id) AS x),
        (SELECT json_agg(row_to_json(x) ORDER BY x.ord) FROM (SELECT ord, schema_path, idx, value, answer_type, tag, status FROM app.response_event_problems AS e
            WHERE e.submission_id = l.submission_id) AS x)
    FROM app.submission_loads AS l $$;
SQL

my $columns = 'form_id,form_name,user_id,user_full_name,submission_created,;' x 2;
my $differing = q{SELECT count(*), count(*) FILTER (WHERE to_jsonb(l) IS DISTINCT FROM
	jsonb_set(jsonb_set(to_jsonb(s), '{events}', coalesce((SELECT jsonb_agg(e - 'keys') FROM jsonb_array_elements(nullif(to_jsonb(s) -> 'events', 'null')) AS e), 'null')),
		'{problems}', coalesce((SELECT jsonb_agg(e - 'keys') FROM jsonb_array_elements(nullif(to_jsonb(s) -> 'problems', 'null')) AS e), 'null')))
	FROM loaded() AS l JOIN shown('%s') AS s USING (id)};
$differing =~ s/USING \(id\)/ON s.id = l.id/;

# is_same_on_nodes TITLE, DDL, TARGET: what is demanded of it.
sub is_same_on_nodes
{
	my ($title, $ddl, $target) = @_;
	$node->safe_psql('postgres', "TRUNCATE app.response_events, app.response_event_problems, app.submission_loads; $ddl");
	$node->safe_psql('postgres', "SET client_min_messages = warning; CALL load_response_events('app', 'app')");
	is($node->safe_psql('postgres', sprintf $differing, $target), '200|0', $title);
	return;
}

is_same_on_nodes('hashes, events and problems', '', ":$columns");
like($node->safe_psql('postgres', sprintf $differing, ":form_id,;form_id,;"), qr/^200\|[1-9]/, 'other columns make other hashes');
is_same_on_nodes('a name is demanded', 'ALTER TABLE app.response_events ALTER user_full_name SET NOT NULL', "user_full_name,:$columns");
is_same_on_nodes('a user is', 'ALTER TABLE app.response_events ALTER user_id SET NOT NULL', "user_id,user_full_name,:$columns");
is_same_on_nodes('a user who exists is', 'ALTER TABLE app.form_responses DROP CONSTRAINT form_responses_user_id_fkey;
	UPDATE app.form_responses SET user_id = md5($$w$$)::uuid WHERE user_id = md5($$v$$)::uuid;
	ALTER TABLE app.response_events ALTER user_full_name DROP NOT NULL, ADD FOREIGN KEY (user_id) REFERENCES app.users', "user_id,user,:$columns");
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM app.response_event_problems}),
	'no_user not_in_choices not_jsonb unknown wrong_type', 'every kind of problem');

like(error_of("SELECT load_hashes(1, 1, 1, 1, true, '', '{}'::jsonb, true, '', NULL, '')"), qr/ERROR:  responses and schema must have the type jsonb or json/, 'a document that is none');
like(error_of("SELECT load_answers(1, 1, 1, '{}'::jsonb, true, '', 1, true, '', NULL, '', true)"), qr/ERROR:  responses and schema must have the type jsonb or json/, 'a form that is none');
like(error_of("SELECT load_answers(1, 1, 1, '{}'::jsonb, true, '', '{}'::jsonb, true, '', 'x', '', true)"), qr/ERROR:  unrecognized .*dialect/, 'a dialect that is none');
is($node->safe_psql('postgres', "SELECT (load_answers(NULL::int, NULL::int, NULL::date, NULL::jsonb, NULL, NULL, NULL::jsonb, NULL, NULL, NULL, NULL, NULL)).ord"), '', 'nothing at all');

# One call site, whose variables change.
is($node->safe_psql('postgres', <<'SQL'), 't', 'a target is read anew where it changes');
CREATE FUNCTION hashes(targets text[]) RETURNS SETOF bytea LANGUAGE plpgsql AS $$
DECLARE target text; hash bytea;
BEGIN
    FOREACH target IN ARRAY targets LOOP
        hash := (load_hashes(1, 2, NULL::date, '{}'::jsonb, true, 'f', '{}'::jsonb, true, 'Ada', NULL, target)).row_hash;
        RETURN NEXT hash;
    END LOOP;
END $$;
SELECT array_agg(h ORDER BY n) = (SELECT array_agg((load_hashes(1, 2, NULL::date, '{}'::jsonb, true, 'f', '{}'::jsonb, true, 'Ada', NULL, t)).row_hash)
        FROM unnest(ARRAY[NULL, ':form_id,;', ':user_id,;', NULL, ':form_id,;']) AS t)
    AND count(DISTINCT h) = 3 FROM hashes(ARRAY[NULL, ':form_id,;', ':user_id,;', NULL, ':form_id,;']) WITH ORDINALITY AS t (h, n);
SQL

# ---- the refusals ----------------------------------------------------------------------------------

# The catalogue of Citus has the column as the node tree of a Var; a condition on it has that too.
$node->safe_psql('postgres', <<'SQL');
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass NOT NULL, partmethod "char" NOT NULL, partkey text, colocationid int NOT NULL DEFAULT 0, repmodel "char" NOT NULL DEFAULT 'c');
CREATE FUNCTION place(relation regclass, method "char", attribute name, colocation int, replication "char") RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    var text;
BEGIN
    IF attribute IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT var CHECK (%I IS NOT NULL) NOT VALID', relation, attribute);
        SELECT substring(conbin::text FROM '\{VAR[^}]*\}') INTO var FROM pg_constraint WHERE conrelid = relation AND conname = 'var';
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT var', relation);
    END IF;
    DELETE FROM pg_dist_partition WHERE logicalrelid = relation;
    INSERT INTO pg_dist_partition VALUES (relation, method, var, colocation, replication);
END $$;
SQL

# is_refused TITLE, PLACED, TABLE, WHAT IT IS AND MUST BE
sub is_refused
{
	my ($title, $placed, $table, $detail) = @_;
	$node->safe_psql('postgres', $placed);
	is(error_of(qq{\\set VERBOSITY verbose\nCALL load_response_events('app', 'app')}) =~ s/\n(?:HINT|LOCATION|CONTEXT).*//sr,
		"ERROR:  0A000: table app.$table is not placed by Citus as load_response_events needs it\nDETAIL:  Some tables of submissions are distributed. This one $detail.", $title);
	return;
}

my $by_id = 'must be distributed by column "id"';
my $by_submission = 'must be distributed by column "submission_id" and colocated with table app.form_responses (group 4)';
is($node->safe_psql('postgres', "SET client_min_messages = warning; CALL load_response_events('app', 'app')"), '0|0|0|0|0', 'no table is known to Citus');
$node->safe_psql('postgres', "SELECT place('app.form_schemas', 'n', NULL, 3, 't'), place('app.users', 'n', NULL, 3, 't'), place('app.response_events', 'n', NULL, 0, 's')");
is($node->safe_psql('postgres', "SET client_min_messages = warning; CALL load_response_events('app', 'app')"), '0|0|0|0|0', 'reference tables and local ones');
is_refused('only the events', "SELECT place('app.response_events', 'h', 'submission_id', 4, 's')", 'form_responses', "is on this server alone, and $by_id");
is_refused('submissions by the user', "SELECT place('app.form_responses', 'h', 'user_id', 4, 's')", 'form_responses', qq{is distributed by column "user_id" (colocation group 4), and $by_id});
is_refused('submissions on one node', "SELECT place('app.form_responses', 'n', NULL, 4, 's')", 'form_responses', "is on one node (colocation group 4), and $by_id");
is_refused('submissions by id', "SELECT place('app.form_responses', 'h', 'id', 4, 's')", 'response_event_problems', "is on this server alone, and $by_submission");
is_refused('events in another group', "SELECT place('app.response_events', 'h', 'submission_id', 5, 's')", 'response_events',
	qq{is distributed by column "submission_id" (colocation group 5), and $by_submission});
is_refused('a ledger on all nodes', "SELECT place('app.response_events', 'h', 'submission_id', 4, 's'), place('app.response_event_problems', 'h', 'submission_id', 4, 's'),
	place('app.submission_loads', 'n', NULL, 3, 't')", 'submission_loads', "is a reference table, and $by_submission");
is_refused('users by id', "SELECT place('app.submission_loads', 'h', 'submission_id', 4, 's'), place('app.users', 'h', 'id', 4, 's')", 'users',
	'is distributed by column "id" (colocation group 4), and must be a reference table');
like(error_of("CALL load_response_events('app', 'app')"), qr/\nHINT:  Distribute form_responses by id, and response_events, response_event_problems and submission_loads by submission_id with colocate_with, and make form_schemas and users reference tables; or undistribute_table all\./, 'and what to do');

# ---- the statements that Citus sends to its nodes, on this server alone ----

# How many submissions are loaded otherwise than on one server, and how many are still under way.
sub loaded_otherwise
{
	return $node->safe_psql('postgres', 'SELECT count(*), count(*) FILTER (WHERE to_jsonb(now) IS DISTINCT FROM w.l), (SELECT count(*) FROM app.submission_loads WHERE events < 0)
		FROM was AS w FULL JOIN loaded() AS now USING (id)');
}

$node->safe_psql('postgres', "SELECT place('app.users', 'n', NULL, 3, 't')");
$node->safe_psql('postgres', 'CREATE TABLE was AS SELECT id, to_jsonb(l) AS l FROM loaded() AS l;
	TRUNCATE app.response_events, app.response_event_problems, app.submission_loads');
$node->safe_psql('postgres', "CALL load_response_events('app', 'app')");
is(loaded_otherwise(), '200|0|0', 'all are loaded as on one server');
$node->safe_psql('postgres', q{UPDATE app.form_responses SET responses = '{"a": 9, "b": "x"}' WHERE id = md5('1')::uuid});
like($node->safe_psql('postgres', "CALL load_response_events('app', 'app', 'changed')"), qr/^1\|/, 'one has changed');
isnt(loaded_otherwise(), '200|0|0', 'and is not what it was');
$node->safe_psql('postgres', 'DROP TABLE was; CREATE TABLE was AS SELECT id, to_jsonb(l) AS l FROM loaded() AS l; CREATE TABLE placed AS TABLE pg_dist_partition; DELETE FROM pg_dist_partition;
	TRUNCATE app.response_events, app.response_event_problems, app.submission_loads');
$node->safe_psql('postgres', "CALL load_response_events('app', 'app')");
$node->safe_psql('postgres', "INSERT INTO pg_dist_partition TABLE placed");
is(loaded_otherwise(), '200|0|0', 'but what one server loads of it');

# Their scans, of which there must not be one for each submission. Each session's are known once it has ended.
sub scans_of_load
{
	my ($mode) = @_;
	my $scans = q{SELECT seq_scan FROM pg_stat_user_tables WHERE schemaname = 'app' AND relname IN ('response_events', 'response_event_problems') ORDER BY relname};
	my @before = split /\n/, $node->safe_psql('postgres', $scans);
	like($node->safe_psql('postgres', "CALL load_response_events('app', 'app', '$mode')"), qr/^[1-9]/, "a load of what is $mode");
	my @after = split /\n/, $node->safe_psql('postgres', $scans);
	return join ' ', map { $after[$_] - $before[$_] } 0, 1;
}

# Many events that no load has written, as other rows of the ledger would have them.
$node->safe_psql('postgres', q{INSERT INTO app.response_events (submission_id, user_id, processed_on, schema_path, idx, ord, status) SELECT md5('other' || n / 50)::uuid, md5('u')::uuid, now(), 'a', '{}', n, 'ok' FROM generate_series(1, 20000) AS n;
	ANALYZE app.response_events; INSERT INTO app.form_responses (id, form_id, user_id, responses, date_created) VALUES (md5('201')::uuid, md5('f')::uuid, md5('u')::uuid, '{"a": 1}', '2026-01-01')});
is((split / /, scans_of_load('new'))[1], '0', 'a small load into a large table looks its own events up');
is($node->safe_psql('postgres', q{SELECT events, problems FROM app.submission_loads WHERE submission_id = md5('201')::uuid}), '1|0', 'and counts no others');
$node->safe_psql('postgres', q{DELETE FROM app.form_responses WHERE id = md5('201')::uuid; TRUNCATE app.response_events, app.response_event_problems, app.submission_loads;
	ALTER TABLE app.response_events DROP CONSTRAINT response_events_pkey; ALTER TABLE app.response_event_problems DROP CONSTRAINT response_event_problems_pkey});
is(scans_of_load('new'), '1 1', 'without an index, one scan counts the events of all submissions, and one their problems');
is(loaded_otherwise(), '200|0|0', 'which is the same count');
$node->safe_psql('postgres', "UPDATE app.submission_loads SET row_hash = NULL");
is(scans_of_load('changed'), '2 2', 'and one more deletes what is written anew');
is(loaded_otherwise(), '200|0|0', 'and writes the same');

# Views of views, in a schema whose tables are local.
$node->safe_psql('postgres', q{CREATE SCHEMA views; CREATE VIEW views.inner AS TABLE app.form_responses; CREATE VIEW views.form_responses AS TABLE views.inner;
	CREATE VIEW views.form_schemas AS TABLE app.form_schemas; CREATE VIEW views.users AS SELECT * FROM app.users; CREATE SCHEMA shown;
	CREATE TABLE shown.response_events (LIKE app.response_events)});
$node->safe_psql('postgres', "SELECT place('app.users', 'n', NULL, 3, 't')");
like(error_of("CALL load_response_events('views', 'shown')"), qr/ERROR:  view views\.form_responses shows tables that Citus distributes\nDETAIL:  .*\nHINT:  Call load_response_events with the schema of the tables/, 'a view of what is distributed');
$node->safe_psql('postgres', 'DELETE FROM pg_dist_partition');
like(error_of("CALL load_response_events('views', 'shown')"), qr/NOTICE:  batch 1: 200 of 200/, 'and one that is not');

$node->stop;
done_testing();
