# Submissions that Citus distributes: load_response_events says that it does not load them, and the statements of
# docs/operations.md do. With forms and users as reference tables it loads as ever.

use strict;
use warnings;

use CitusCluster qw(start_cluster);
use OnetripTest qw(start_server);
use Test::More;

my $tables = <<'SQL';
CREATE SCHEMA app; CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema) VALUES ('00000000-0000-0000-0000-000000000001', 'f',
    '{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}');
INSERT INTO app.users (id, given_name, family_name) VALUES ('00000000-0000-0000-0000-000000000002', 'Ada', 'L');
INSERT INTO app.form_responses (id, form_id, user_id, responses, date_created)
SELECT md5(n::text)::uuid, '00000000-0000-0000-0000-000000000001', CASE WHEN n % 7 > 0 THEN '00000000-0000-0000-0000-000000000002'::uuid END,
    jsonb_build_object('a', CASE WHEN n % 10 = 0 THEN '"x"'::jsonb ELSE to_jsonb(n) END, 'b', 'x' || n, 'c' || n % 100, 1), '2026-01-01'
FROM generate_series(1, 500) AS n;
SQL
my $events = q{SELECT form_id, form_name, user_id, user_full_name, submission_id, submission_created, schema_path, idx, value, answer_type, tag, ord, status
	FROM dwh.%s ORDER BY submission_id, ord};

my $one = start_server('one');
my ($coordinator, @workers) = start_cluster();
$one->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$_->safe_psql('postgres', $tables) for $one, $coordinator;
$one->safe_psql('postgres', "CALL load_response_events('app', 'dwh')");

sub is_loaded
{
	my ($title) = @_;
	is($coordinator->safe_psql('postgres', sprintf $events, $_), $one->safe_psql('postgres', sprintf $events, $_), "$title: the same $_")
	  for 'response_events', 'response_event_problems';
	return;
}

$coordinator->safe_psql('postgres', "SELECT create_reference_table('app.form_schemas')");
$coordinator->safe_psql('postgres', "SELECT create_reference_table('app.users')");
$coordinator->safe_psql('postgres', "CALL load_response_events('app', 'dwh')");
is_loaded('reference tables');
$coordinator->safe_psql('postgres', 'TRUNCATE dwh.submission_loads, dwh.response_events, dwh.response_event_problems');

my $refused = qr/ERROR:  table \w+\.(\w+) is distributed by Citus\nDETAIL:.*\nHINT:  Use INSERT \.\.\. SELECT of flatten_submission/;
for my $table ('dwh.response_events', 'dwh.response_event_problems', 'dwh.submission_loads', 'app.form_responses')
{
	my ($schema, $name) = split /\./, $table;
	my $column = $name eq 'form_responses' ? 'id' : 'submission_id';
	$coordinator->safe_psql('postgres', "SELECT create_distributed_table('$table', '$column', colocate_with => '"
		  . ($name eq 'response_events' ? 'default' : 'dwh.response_events') . "')");
	my (undef, undef, $error) = $coordinator->psql('postgres', "CALL load_response_events('app', 'dwh')");
	like($error, $refused, "once $table is distributed");
}

my $answers = <<'SQL';
SELECT r.id, a.ord, f.id, f.name, r.user_id, nullif(concat_ws(' ', u.given_name, u.family_name), ''), r.date_created,
       :'run'::timestamptz, a.schema_path, a.idx, a.value, a.answer_type, a.tag, a.status
FROM dwh.submission_loads AS l
JOIN app.form_responses AS r ON r.id = l.submission_id
JOIN app.form_schemas AS f ON f.id = r.form_id
LEFT JOIN app.users AS u ON u.id = r.user_id
CROSS JOIN LATERAL flatten_submission(r.responses, f.schema, '{all}') AS a
SQL
my $columns = 'submission_id, ord, form_id, form_name, user_id, user_full_name, submission_created, processed_on, schema_path, idx, value, answer_type, tag, status';
my $load = <<"SQL";
BEGIN;
SELECT clock_timestamp() AS run \\gset
INSERT INTO dwh.submission_loads (submission_id, source, form_id, submission_created, events, problems, processed_on)
SELECT r.id, 'app', r.form_id, r.date_created, 0, 0, :'run'::timestamptz
FROM app.form_responses AS r LEFT JOIN dwh.submission_loads AS l ON l.submission_id = r.id
WHERE l.submission_id IS NULL
ON CONFLICT DO NOTHING;
INSERT INTO dwh.response_events ($columns)
$answers WHERE l.processed_on = :'run' AND a.status IN ('ok', 'wrong_type', 'not_in_choices', 'part');
INSERT INTO dwh.response_event_problems ($columns)
$answers WHERE l.processed_on = :'run' AND a.status NOT IN ('ok', 'null', 'missing', 'part', 'frame');
COMMIT;
SQL
$coordinator->safe_psql('postgres', $load);
is_loaded('the statements');
$coordinator->safe_psql('postgres', $load);
is_loaded('the statements once more');
$_->safe_psql('postgres', q{INSERT INTO app.form_responses (id, form_id, responses, date_created) VALUES
	('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', '{"a": 7}', '2026-01-02')}) for $one, $coordinator;
$one->safe_psql('postgres', "CALL load_response_events('app', 'dwh')");
$coordinator->safe_psql('postgres', $load);
is_loaded('the statements after another submission');

$_->stop for $one, $coordinator, @workers;
done_testing();
