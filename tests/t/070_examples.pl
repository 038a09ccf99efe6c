# What examples/ shows, run as far as Debian's packages allow: the types for SQLAlchemy and Django, the loader from psycopg, and the
# statements of what systemd, pg_cron and dbt would run.

use strict;
use warnings;

use IPC::Run;
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'Django, Jinja or SQLAlchemy is not installed'
  if !IPC::Run::run([ '/usr/bin/python3', '-c', 'import django, jinja2, psycopg2, sqlalchemy' ], '&>', \my $missing);

my $node = start_server('examples');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 3);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'I', now() - interval '1 day', now() + interval '1 day');
INSERT INTO messages VALUES (1, 1, 1000000001, 12, '[{"tag": 128, "value": "Bonjour"}]');
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
WITH form AS (INSERT INTO app.form_schemas (name, schema) VALUES ('visits',
    '{"children": [{"slug": "patient", "children": [{"slug": "age", "answerType": "number"}, {"slug": "name", "answerType": "text"}]}]}') RETURNING id),
  person AS (INSERT INTO app.users (given_name) VALUES ('Ada') RETURNING id)
INSERT INTO app.form_responses (form_id, user_id, responses) SELECT form.id, person.id, a::jsonb
FROM form, person, unnest(ARRAY['{"patient": {"age": 27, "name": "Zoé"}}', '{"patient": {"age": 30}}']) AS a;
SQL
$node->safe_psql('template1', 'CREATE DATABASE app_template WITH TEMPLATE postgres IS_TEMPLATE true ALLOW_CONNECTIONS false');

# A program in Debian's Python; gives its lines.
sub run_python
{
	my (@command) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	my ($out, $err) = ('', '');
	IPC::Run::run([ '/usr/bin/python3', @command ], '<', \undef, '>', \$out, '2>', \$err) or die "@command: $err";
	return $out;
}

my $section = '9070143b9aca01426f6e6a6f7572205a6fc3a9ea1cfe63';
is(run_python('tests/clients/examples.py', $_), "$section\nhello (max 64) {\ninvalid section layout, line 1, column 7: type uimsbf does not allow the width 0\n", "layouts in $_")
  for qw(sqlalchemy django);

like(run_python('examples/python/load_submissions.py', 'dbname=postgres', 'app', 'dwh'), qr/^submissions 2, events 3,/, 'the loader from psycopg');

# What a timer of systemd runs, with another folder.
my $folder = PostgreSQL::Test::Utils::tempdir();
my $export = slurp_file('examples/systemd/export.sql');
my @here = ('-v', "folder=$folder", '-v', 'ON_ERROR_STOP=1', '-v');
like($node->safe_psql('postgres', $export, extra_params => [ @here, 'zone=AFRIQUE' ]), qr/^1\|1\|\d+$/, 'the export of a timer');
cmp_ok(-s "$folder/AFRIQUE.bin", '>', 0, 'has a file');
is($node->psql('postgres', $export, extra_params => [ @here, 'zone=NOWHERE' ]), 3, 'an unknown zone fails the unit');
foreach my $unit (glob 'examples/systemd/*.service')
{
	my ($command) = slurp_file($unit) =~ /^ExecStart=(.*)$/m;
	like($command, qr/ON_ERROR_STOP=1/, "$unit fails if its statement does");
}

# The jobs of pg_cron, without it.
my $jobs = slurp_file('examples/pg_cron.sql');
my @statements = $jobs =~ /\$\$(.*?)\$\$/gs;
is(scalar @statements, 2, 'two jobs');
$node->safe_psql('postgres', s{/srv/carousel}{$folder}r) for @statements;

# The model of dbt, by its templates' own engine.
my $render = <<'PYTHON';
import jinja2, sys
environment = jinja2.Environment()
values = {"question_paths": ["patient.age", "patient.name"], "form_name": "visits"}
print(environment.from_string(open(sys.argv[1]).read()).render(config=lambda **_: "", var=values.get, is_incremental=lambda: sys.argv[2] == "1",
    source=lambda schema, table: f"{schema}.{table}", this="answers_wide"))
PYTHON
$node->safe_psql('postgres', 'CREATE TABLE answers_wide AS ' . run_python('-c', $render, 'examples/dbt/answers_wide.sql', 0));
is($node->safe_psql('postgres', 'SELECT patient_age, patient_name FROM answers_wide ORDER BY 1'), "27|Zoé\n30|", 'a row a submission');
is($node->safe_psql('postgres', 'SELECT count(*) FROM (' . run_python('-c', $render, 'examples/dbt/answers_wide.sql', 1) . ') AS s'), '0', 'and none of those twice');

# Tests of pytest, each in a copy of the template.
SKIP:
{
	skip 'python3-pytest is not installed', 2 if !IPC::Run::run([ '/usr/bin/python3', '-c', 'import pytest' ], '&>', \my $no_pytest);
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	like(run_python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'examples/template_database'), qr/^2 passed/m, 'a database for each test');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_database WHERE datname LIKE 'test\_%'}), '0', 'goes with it');
}

$node->stop;
done_testing();
