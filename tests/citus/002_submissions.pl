# Submissions that Citus distributes. load_response_events loads them by statements that the workers run: the same rows,
# hashes and counts as on one server, once each, whatever goes on next to it. With forms and users as reference tables and
# all else on the coordinator it loads as ever; what lies between is refused.

use strict;
use warnings;

use CitusCluster qw(start_cluster);
use OnetripTest qw(answer becomes end_session is_answered send_query start_server start_session);
use Test::More;

my $form = '00000000-0000-0000-0000-000000000001';
my $tables = <<"SQL";
CREATE SCHEMA app; CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema, dialect, metadata) VALUES
    ('$form', 'f', '{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}', NULL, false),
    ('00000000-0000-0000-0000-000000000003', 'kobo', '{"asset_type": "survey", "content": {"survey": [
        {"type": "integer", "name": "age"}, {"type": "start", "name": "start"}]}}', 'kobo', false),
    ('00000000-0000-0000-0000-000000000004', 'unused', '{}', 'no such dialect', false);
INSERT INTO app.users (id, given_name, family_name) VALUES ('00000000-0000-0000-0000-000000000002', 'Ada', 'L');
INSERT INTO app.form_responses (id, form_id, user_id, responses, date_created)
SELECT md5(n::text)::uuid, '$form', CASE WHEN n % 7 > 0 THEN '00000000-0000-0000-0000-000000000002'::uuid END,
    jsonb_build_object('a', CASE WHEN n % 10 = 0 THEN '"x"'::jsonb ELSE to_jsonb(n) END, 'b', 'x' || n, 'c' || n % 100, 1), '2026-01-01'
FROM generate_series(1, 500) AS n;
INSERT INTO app.form_responses (id, form_id, responses, date_created)
SELECT md5((1000 + n)::text)::uuid, '00000000-0000-0000-0000-000000000003', jsonb_build_object('age', n, 'start', '2026-01-01T10:00:00'), '2026-01-03'
FROM generate_series(1, 20) AS n;
SQL
my $distribute = <<'SQL';
SELECT create_distributed_table('app.form_responses', 'id');
SELECT create_distributed_table('dwh.submission_loads', 'submission_id', colocate_with => 'app.form_responses');
SELECT create_distributed_table('dwh.response_events', 'submission_id', colocate_with => 'app.form_responses');
SELECT create_distributed_table('dwh.response_event_problems', 'submission_id', colocate_with => 'app.form_responses');
SQL
my %rows = (
	events => q{SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path, idx, value, answer_type, tag,
		ord, status FROM dwh.response_events ORDER BY submission_id, ord},
	problems => q{SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path, idx, value, answer_type, tag,
		ord, status FROM dwh.response_event_problems ORDER BY submission_id, ord},
	ledger => q{SELECT submission_id, source, form_id, submission_created, responses_hash, form_hash, row_hash, events, problems
		FROM dwh.submission_loads ORDER BY submission_id});

my $one = start_server('one');
my ($coordinator, @workers) = start_cluster();
$one->safe_psql('postgres', 'CREATE EXTENSION onetrip');
my @both = ($one, $coordinator);

# say_to NODE, SQL: what it says, and its words.
sub say_to
{
	my ($node, $sql) = @_;
	my (undef, $out, $err) = $node->psql('postgres', $sql);
	$err =~ s/psql:<stdin>:\d+: //g;
	return ($out, $err);
}

sub both
{
	my ($sql) = @_;
	$_->safe_psql('postgres', $sql) for @both;
	return;
}

# load ARGUMENTS: after the schemas, as SQL.
sub load
{
	my ($node, $arguments) = @_;
	return say_to($node, "SET client_min_messages = warning; CALL load_response_events('app', 'dwh'" . ($arguments ? ", $arguments" : '') . ')');
}

# Loads on both, which say the same of it and have the same rows afterwards.
sub is_loaded
{
	my ($title, $arguments, $expected) = @_;
	my ($right, $right_error) = load($one, $arguments);
	my ($result, $error) = load($coordinator, $arguments);
	is($result, $right, "$title: the result");
	like($result, $expected, "$title: is what it should be") if $expected;
	is($error, $right_error, "$title: the same words");
	is_same_rows($rows{$_}, "$title: the same $_") for sort keys %rows;
	return;
}

# The rows of a query, of which the first that differs is shown.
sub is_same_rows
{
	my ($query, $title) = @_;
	my ($found, $right) = map { [ split /\n/, $_->safe_psql('postgres', $query) ] } $coordinator, $one;
	my ($differs) = grep { ($found->[$_] // '') ne ($right->[$_] // '') } 0 .. ($#$found > $#$right ? $#$found : $#$right);
	return ok(1, $title) unless defined $differs;
	return is($found->[$differs], $right->[$differs], "$title: row $differs of " . @$right);
}

sub count_rows
{
	my ($condition) = @_;
	return $coordinator->safe_psql('postgres', join ' UNION ALL ', map { "SELECT count(*) FROM dwh.$_ WHERE $condition" } qw(response_events submission_loads));
}

# ---- on the coordinator ----------------------------------------------------------------------------

both($tables);
$coordinator->safe_psql('postgres', "SELECT create_reference_table('app.form_schemas'); SELECT create_reference_table('app.users')");
is_loaded('reference tables', '', qr/^520\|/);
$_->safe_psql('postgres', 'TRUNCATE dwh.submission_loads, dwh.response_events, dwh.response_event_problems;
	ALTER TABLE dwh.response_events ADD FOREIGN KEY (user_id) REFERENCES app.users') for @both;
is($coordinator->safe_psql('postgres', "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = 'dwh.response_events'::regclass"), '1', 'Citus knows a local table');
is_loaded('a local table that Citus knows', '', qr/^520\|/);

# ---- mixtures --------------------------------------------------------------------------------------

# is_refused TITLE, TABLE, WHAT IT IS, WHAT IT MUST BE
sub is_refused
{
	my ($title, $table, $is, $must) = @_;
	my (undef, $error) = load($coordinator, '');
	like($error, qr/^ERROR:  table \Q$table\E is not placed by Citus as load_response_events needs it\nDETAIL:  .*This one $is, and must $must\.\nHINT:  Distribute form_responses by id/, $title);
	return;
}

my $by_submission = 'be distributed by column "submission_id" and colocated with table app\.form_responses \(group \d+\)';
my $by_id = 'be distributed by column "id"';
$coordinator->safe_psql('postgres', 'TRUNCATE dwh.submission_loads, dwh.response_events, dwh.response_event_problems;
	ALTER TABLE dwh.response_events DROP CONSTRAINT response_events_user_id_fkey');
my @steps = split /(?<=;)\n/, $distribute;
$coordinator->safe_psql('postgres', "SELECT create_distributed_table('dwh.response_events', 'submission_id')");
is_refused('only the events are distributed', 'app.form_responses', 'is on this server alone', $by_id);
$coordinator->safe_psql('postgres', "SELECT undistribute_table('dwh.response_events')");
$coordinator->safe_psql('postgres', $steps[0]);
is_refused('only the submissions are', 'dwh.response_events', 'is on this server alone', $by_submission);
$coordinator->safe_psql('postgres', "SELECT create_distributed_table('dwh.response_events', 'submission_id', colocate_with => 'none')");
is_refused('events that are not colocated', 'dwh.response_events', 'is distributed by column "submission_id" \(colocation group \d+\)', $by_submission);
$coordinator->safe_psql('postgres', "SELECT undistribute_table('dwh.response_events'); ALTER TABLE dwh.response_events DROP CONSTRAINT response_events_pkey;
	SELECT create_distributed_table('dwh.response_events', 'form_id', colocate_with => 'app.form_responses')");
is_refused('events by the form', 'dwh.response_events', 'is distributed by column "form_id" \(colocation group \d+\)', $by_submission);
$coordinator->safe_psql('postgres', "SELECT undistribute_table('dwh.response_events'); SELECT create_reference_table('dwh.response_events')");
is_refused('events on every node', 'dwh.response_events', 'is a reference table', $by_submission);
$coordinator->safe_psql('postgres', "SELECT undistribute_table('dwh.response_events'); ALTER TABLE dwh.response_events ADD PRIMARY KEY (submission_id, ord); $steps[1]$steps[2]");
is_refused('all but the problems', 'dwh.response_event_problems', 'is on this server alone', $by_submission);
$coordinator->safe_psql('postgres', 'ALTER TABLE app.form_responses DROP CONSTRAINT form_responses_user_id_fkey; DROP TABLE dwh.response_event_problems');
$coordinator->safe_psql('postgres', "SELECT undistribute_table('app.users')");
is_refused('users here', 'app.users', 'is on this server alone', 'be a reference table');
$coordinator->safe_psql('postgres', "SELECT create_distributed_table('app.users', 'id', colocate_with => 'app.form_responses')");
is_refused('users distributed', 'app.users', 'is distributed by column "id" \(colocation group \d+\)', 'be a reference table');
$coordinator->safe_psql('postgres', "SELECT undistribute_table('app.users'); SELECT create_reference_table('app.users')");
my (undef, $error) = say_to($coordinator, "CREATE SCHEMA whole; SELECT create_submission_tables('whole', 'whole');
	SELECT citus_schema_distribute('whole'); CALL load_response_events('whole', 'whole')");
like($error, qr/DETAIL:  .*This one is on one node \(colocation group \d+\), and must $by_id\./, 'a schema on one node');
(undef, $error) = say_to($coordinator, "CREATE SCHEMA other; CALL load_response_events('other', 'dwh')");
like($error, qr/ERROR:  table "form_responses" does not exist in schema "other"/, 'no submissions');

# ---- loads -----------------------------------------------------------------------------------------

# The local server has loaded them already.
$one->safe_psql('postgres', 'TRUNCATE dwh.submission_loads, dwh.response_events, dwh.response_event_problems');
is_loaded('without the problems\' table', '', qr/^520\|1020\|550\|1\|0$/);
is($coordinator->safe_psql('postgres', "SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE partkey IS NOT NULL"), '1', 'which is made where it belongs');
is_loaded('nothing new', '', qr/^0\|0\|0\|0\|0$/);
is_loaded('nothing changed', "'changed'", qr/^0\|0\|0\|0\|0$/);

my $changes = <<"SQL";
UPDATE app.form_responses SET responses = jsonb_set(responses, '{a}', '77') WHERE id IN (SELECT md5(n::text)::uuid FROM generate_series(1, 40) AS n);
UPDATE app.form_responses SET user_id = NULL WHERE id IN (SELECT md5(n::text)::uuid FROM generate_series(30, 60) AS n);
UPDATE app.form_responses SET form_id = '00000000-0000-0000-0000-000000000003' WHERE id = md5('70')::uuid;
DELETE FROM app.form_responses WHERE id IN (SELECT md5(n::text)::uuid FROM generate_series(100, 120) AS n);
INSERT INTO app.form_responses (id, form_id, responses, date_created)
SELECT md5((2000 + n)::text)::uuid, '$form', jsonb_build_object('a', n), '2026-02-01' FROM generate_series(1, 10) AS n;
SQL
both($changes);
is_loaded('what is new', '', qr/^10\|10\|0\|1\|0$/);
is_loaded('what has changed, but for a form', "'changed', form_name => 'kobo'", qr/^1\|/);
is_loaded('what has changed since', "'changed', since => '2026-01-02', removals => 'none'", qr/^0\|/);
is_loaded('what has changed', "'changed'", qr/^\d\d\|\d+\|\d+\|1\|21$/);
both(q{UPDATE app.users SET given_name = 'Eve'});
is_loaded('a user renamed', "'changed'", qr/^\d\d\d\|/);
both(q{UPDATE app.form_schemas SET schema = '{"children": [{"slug": "a", "answerType": "text"}]}' WHERE name = 'f'});
is_loaded('a form changed', "'changed'", qr/^\d\d\d\|/);
both(q{UPDATE app.form_schemas SET metadata = true WHERE name = 'kobo'});
is_loaded('metadata', "'changed'", qr/^\d\d\|/);
both(q{UPDATE app.form_responses SET date_created = '2026-03-01' WHERE form_id = '} . $form . q{' AND date_created = '2026-02-01'});
is_loaded('a date', "'changed', since => '2026-02-28'", qr/^10\|/);
both('CREATE TABLE kept AS TABLE app.form_responses; DELETE FROM app.form_responses WHERE date_created < $$2026-01-02$$');
is_loaded('too much is gone', "'changed'");
is((load($coordinator, "'changed'"))[1] =~ /ERROR:  (\d+) of (\d+) loaded submissions are gone/ && $1 + 30, $2, 'and is counted');
is_loaded('which stays', "'changed', removals => 'none'", qr/^0\|0\|0\|0\|0$/);
is_loaded('or goes', "'changed', removals => 'all'", qr/^0\|0\|0\|1\|\d\d\d$/);
both('INSERT INTO app.form_responses SELECT k.* FROM kept AS k LEFT JOIN app.form_responses AS r ON r.id = k.id WHERE r.id IS NULL');
is_loaded('and comes back', '', qr/^\d\d\d\|/);
both(q{INSERT INTO app.form_responses (id, form_id, responses, date_created) VALUES (md5('4000')::uuid, '00000000-0000-0000-0000-000000000004', '{}', '2026-01-01')});
is_loaded('a form that cannot be read', '');
like((load($coordinator, ''))[1], qr/ERROR:  unrecognized dialect of a form: "no such dialect"/, 'is named');
is_loaded('and in no one\'s way', "form_name => 'f'", qr/^0\|/);
both(q{DELETE FROM app.form_responses WHERE id = md5('4000')::uuid});
like((load($coordinator, "form_name => 'g'"))[1], qr/ERROR:  form "g" does not exist in schema "app"\nHINT:  Forms are "f", "kobo", "unused"\./, 'a form that is not there');

# How often the shards of both tables were scanned. A node's session tells once it has ended.
sub scans_of_shards
{
	return map { $coordinator->safe_psql('postgres', qq{SELECT sum(result::int) FROM run_command_on_shards('dwh.$_',
		'SELECT seq_scan FROM pg_stat_user_tables WHERE relid = ''%s''::regclass')}) } qw(response_events response_event_problems);
}

both('TRUNCATE dwh.submission_loads, dwh.response_events, dwh.response_event_problems; ALTER TABLE dwh.response_events DROP CONSTRAINT response_events_pkey;
	ALTER TABLE dwh.response_event_problems DROP CONSTRAINT response_event_problems_pkey');
$coordinator->safe_psql('postgres', 'ALTER SYSTEM SET citus.max_cached_conns_per_worker = 0; SELECT pg_reload_conf()');
my @scans = scans_of_shards();
my @loaded = map { (load($_, ''))[0] } @both;
my @scans_after = scans_of_shards();
is($loaded[1], $loaded[0], 'without an index on submission_id: the result');
is($scans_after[$_] - $scans[$_], 32, 'and one scan of each shard, which counts all ' . (qw(events problems))[$_]) for 0, 1;
is_loaded('and all is loaded', "'changed'", qr/^0\|/);
$coordinator->safe_psql('postgres', 'ALTER SYSTEM RESET citus.max_cached_conns_per_worker; SELECT pg_reload_conf()');
both('ALTER TABLE dwh.response_events ADD PRIMARY KEY (submission_id, ord); ALTER TABLE dwh.response_event_problems ADD PRIMARY KEY (submission_id, ord)');

# ---- what happens meanwhile ------------------------------------------------------------------------

sub add
{
	my ($first, $last) = @_;
	both("INSERT INTO app.form_responses (id, form_id, responses, date_created)
		SELECT md5(n::text)::uuid, '$form', jsonb_build_object('a', n), '2026-04-01' FROM generate_series($first, $last) AS n");
	return;
}

# Stops a load of the coordinator's after it has written the ledger, while the code runs.
sub during_load
{
	my ($call, $code) = @_;
	my $lock = start_session($coordinator);
	my $loader = start_session($coordinator, settings => '-c client_min_messages=warning');
	OnetripTest::ask($lock, 'BEGIN; LOCK TABLE dwh.response_events IN SHARE MODE');
	send_query($loader, $call);
	ok(becomes(sub { $coordinator->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CALL load%' AND wait_event_type = 'Lock'") eq '1' }),
		'the ledger is written');
	$code->();
	OnetripTest::ask($lock, 'COMMIT');
	my $result = answer($loader);
	end_session($_) for $lock, $loader;
	return $result;
}

add(5001, 5020);
my $call = q{CALL load_response_events('app', 'dwh')};
my $result = during_load($call, sub {
	both(q{UPDATE app.form_responses SET responses = '{"a": "in between"}' WHERE id = md5('5001')::uuid});
	add(5021, 5023);
});
is($result, '20|20|0|1|0', 'a load that others write next to');
is(count_rows('submission_id IN (SELECT md5(n::text)::uuid FROM generate_series(5021, 5023) AS n)'), "0\n0", 'what is committed after the ledger was written is not loaded');
load($one, '');
load($coordinator, '');
$one->safe_psql('postgres', "UPDATE dwh.submission_loads SET responses_hash = NULL WHERE submission_id = md5('5001')::uuid");
is_loaded('but by the next load, and so is what has changed in between', "'changed'", qr/^1\|1\|0\|1\|0$/);

add(5031, 5050);
my @loaders = map { start_session($_, settings => '-c client_min_messages=warning') } $coordinator, $workers[0];
$result = during_load($call, sub {
	send_query($_, $call) for @loaders;
	sleep 1;
	ok(!is_answered($loaders[0]), 'a second loader waits');
	ok(!is_answered($loaders[1]), 'and so does one on another node');
	is($_->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE relation = 'dwh.submission_loads'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted}),
		'1', 'for a lock on ' . $_->name) for $coordinator, @workers;
});
is($result, '20|20|0|1|0', 'two loaders at once: the first');
is(answer($_), '0|0|0|0|0', 'the others find nothing') for @loaders;
end_session($_) for @loaders;
load($one, '');
is_loaded('two loaders at once', "'changed'", qr/^0\|/);

# ---- what is refused -------------------------------------------------------------------------------

both(q{ALTER TABLE dwh.response_events ADD CONSTRAINT short CHECK (length(value) < 30);
	INSERT INTO app.form_responses (id, form_id, responses, date_created) VALUES
	(md5('6001')::uuid, '} . $form . q{', '{"a": "secret of mine, which nobody is to see"}', '2026-05-01'), (md5('6002')::uuid, '} . $form . q{', '{"a": 2}', '2026-05-01')});
my $before = count_rows('true');
($result, $error) = load($coordinator, '');
is($result, '', 'an answer that the target refuses stops the load');
like($error, qr/^ERROR:  new row for relation "response_events_\d+" violates check constraint "short_\d+"\nHINT:  .*form_name and since narrow down in which submission/, 'which says why, and what to do');
unlike($error, qr/secret/, 'and not the answer');
is(count_rows('true'), $before, 'nothing is loaded');
$coordinator->safe_psql('postgres', 'ALTER TABLE dwh.response_events DROP CONSTRAINT short;
	CREATE FUNCTION is_well(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN IF value LIKE $a$secret%$a$ THEN RAISE EXCEPTION USING errcode = $a$23514$a$, message = value; END IF; RETURN true; END $$;
	ALTER TABLE dwh.response_events ADD CONSTRAINT short CHECK (is_well(value))');
(undef, $error) = load($coordinator, '');
like($error, qr/^ERROR:  could not load schema app on its nodes\nDETAIL:  The server's message of SQLSTATE 23514 is not shown.*\nHINT:  /, 'a function of the user\'s that refuses it');
unlike($error, qr/secret/, 'is not quoted');
(undef, $error) = load($coordinator, q{since => '2026-05-01', form_name => 'kobo'});
is($error, '', 'form_name and since leave it out');
$coordinator->safe_psql('postgres', 'ALTER TABLE dwh.response_events DROP CONSTRAINT short');
$one->safe_psql('postgres', 'ALTER TABLE dwh.response_events DROP CONSTRAINT short');
is_loaded('once it is taken', '', qr/^2\|2\|0\|1\|0$/);

# Refused where it was loaded on one server, and distributed then.
both(q{UPDATE dwh.submission_loads SET responses_hash = NULL, form_hash = NULL, row_hash = NULL, events = 0, problems = 1 WHERE submission_id = md5('6001')::uuid});
is_loaded('what was refused is tried again', "'changed'", qr/^1\|1\|0\|1\|0$/);

$coordinator->safe_psql('postgres', 'CREATE ROLE loader LOGIN; GRANT USAGE ON SCHEMA app, dwh TO loader; GRANT SELECT ON ALL TABLES IN SCHEMA app, dwh TO loader;
	GRANT INSERT, DELETE ON ALL TABLES IN SCHEMA dwh TO loader');
my $as_loader = q{SET ROLE loader; SET client_min_messages = warning; CALL load_response_events('app', 'dwh', 'changed')};
like((say_to($coordinator, $as_loader))[1], qr/ERROR:  permission denied for table submission_loads\nHINT:  Grant it with GRANT UPDATE ON dwh\.submission_loads TO loader\./, 'the right to write counts');
$coordinator->safe_psql('postgres', 'GRANT UPDATE ON dwh.submission_loads TO loader; GRANT SELECT ON ALL TABLES IN SCHEMA app TO loader');
is((say_to($coordinator, $as_loader))[0], '0|0|0|0|0', 'is all it needs more');
$coordinator->safe_psql('postgres', 'ALTER TABLE app.form_responses ENABLE ROW LEVEL SECURITY');
like((say_to($coordinator, $as_loader))[1], qr/ERROR:  query would be affected by row-level security policy for table "form_responses"/, 'a policy that hides rows');
$coordinator->safe_psql('postgres', 'ALTER TABLE app.form_responses DISABLE ROW LEVEL SECURITY');

# ---- a worker down ---------------------------------------------------------------------------------

add(7001, 7020);
$workers[1]->stop;
($result, $error) = load($coordinator, '');
is($result, '', 'a worker that is down stops the load');
like($error, qr/^ERROR:  connection to the remote node \S+ failed/, 'and it says so');
$workers[1]->start;
is_loaded('then everything is loaded once', '', qr/^20\|20\|0\|1\|0$/);
add(7021, 7040);
$result = during_load($call, sub { $workers[0]->stop('immediate') });
like($result, qr/ERROR/, 'a worker that goes down in the middle');
$workers[0]->start;
is_loaded('leaves nothing half done', '', qr/^20\|20\|0\|1\|0$/);

# ---- other tables, times without a zone ------------------------------------------------------------

both(q{CREATE SCHEMA old; CREATE SCHEMA olddwh;
	CREATE TYPE kind AS ENUM ('number', 'text', 'boolean', 'date');
	CREATE TABLE old.form_schemas (id int PRIMARY KEY, name varchar(40), schema json);
	CREATE TABLE old.users (id int PRIMARY KEY, given_name text, family_name text);
	CREATE TABLE old.form_responses (id bigint PRIMARY KEY, form_id int, user_id int, responses json, date_created timestamp);
	CREATE TABLE olddwh.response_events (id uuid DEFAULT gen_random_uuid(), submission_id bigint, form_id int, form_name text, user_id int NOT NULL,
		user_full_name text, submission_created timestamptz, processed_on timestamptz, schema_path text, value text, answer_type kind, PRIMARY KEY (submission_id, id));
	INSERT INTO old.form_schemas VALUES (1, 'f', '{"children": [{"slug": "a", "answerType": "number"}]}');
	INSERT INTO old.users VALUES (1, 'Zoé', 'M');
	INSERT INTO old.form_responses SELECT n, CASE WHEN n % 9 > 0 THEN 1 END, CASE WHEN n % 5 > 0 THEN 1 END,
		CASE WHEN n % 4 = 0 THEN '{"a": "\u0000"}' WHEN n = 1 THEN NULL ELSE '{"a": ' || n || ', "b": 1}' END::json, timestamp '2026-01-01' + n * interval '1 hour'
	FROM generate_series(1, 60) AS n});
$coordinator->safe_psql('postgres', q{SELECT create_reference_table('old.form_schemas'); SELECT create_reference_table('old.users');
	SELECT create_distributed_table('old.form_responses', 'id'); SELECT create_distributed_table('olddwh.response_events', 'submission_id', colocate_with => 'old.form_responses')});
my @queries = (
	q{SELECT submission_id, form_id, form_name, user_id, user_full_name, submission_created, schema_path, value, answer_type FROM olddwh.response_events
		ORDER BY submission_id, schema_path},
	q{SELECT submission_id, user_id, submission_created, schema_path, value, ord, status FROM olddwh.response_event_problems ORDER BY submission_id, ord},
	q{SELECT submission_id, submission_created, responses_hash, form_hash, row_hash, events, problems FROM olddwh.submission_loads ORDER BY submission_id});
for my $arguments ("since => '2026-01-02 10:00Z'", "mode => 'changed', since => '2026-01-01 10:00Z'", "mode => 'changed'", "mode => 'changed'")
{
	my @results = map { (say_to($_, qq{SET client_min_messages = warning; SET timezone = 'Asia/Kolkata'; SET datestyle = 'Postgres, DMY';
		CALL load_response_events('old', 'olddwh', $arguments);
		SELECT max(processed_on) - now() < interval '1 minute', now() - max(processed_on) < interval '10 minutes' FROM olddwh.submission_loads}))[0] } @both;
	is($results[1], $results[0], "json, enums, keys of the server's and times without a zone, $arguments: the result");
	like($results[1], qr/\nt\|t$/, 'now');
	is_same_rows($_, 'the same rows') for @queries;
	both(q{UPDATE old.form_responses SET date_created = date_created + interval '1 day' WHERE id > 50; DELETE FROM old.form_responses WHERE id = 44});
}
like($coordinator->safe_psql('postgres', $queries[1]), qr/not_jsonb/, 'not_jsonb');
like($coordinator->safe_psql('postgres', $queries[1]), qr/no_user/, 'no_user');

$_->stop for $one, $coordinator, @workers;
done_testing();
