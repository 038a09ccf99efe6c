# What messages show of values in the server's log, and the recipes of docs/security.md that keep it out.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('log', []);
my $database = 'postgres';
$node->safe_psql($database, <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('Z', 7);
INSERT INTO campagnes VALUES (1, 'Z', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 1, 4242420000 + n, n, '[]' FROM generate_series(1, 150) AS n;
CREATE ROLE nightly LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO nightly;
SQL

my $layout = q(E'x {\n numero_abonne 32 tcimsbf\n}');
my $skip = "SELECT skipped FROM export_carousel_to_large_object('Z', '2026-11-21', on_error => 'skip', layout => $layout, at_least => 0)";
my $fail = "SELECT encode_carousel('Z', '2026-11-21', $layout)";

# What statements of the role leave in the log, and what the client is told. The settings come before them.
sub logged
{
	my ($settings, $statement, %options) = @_;
	my $offset = -s $node->logfile;
	my (undef, $out, $err) = $node->psql($database, "$settings\n$statement", extra_params => [ '-U', $options{role} // 'nightly' ]);
	my $log = slurp_file($node->logfile, $offset) =~ s/^.*LOG:  statement: .*(\n\t.*)*\n//mgr;
	return wantarray ? ($log, $err, $out) : $log;
}

sub count_of { my ($text, $pattern) = @_; return scalar(() = $text =~ /$pattern/g); }

# ---- what is in it ----

my ($log, $err) = logged('', $skip);
is(count_of($log, qr/WARNING:  message left out/), 100, 'a skipping export writes 100 warnings');
is(count_of($log, qr/DETAIL:  .*424242\d{4}/), 100, 'each with the value, in its DETAIL');
unlike($log =~ s/DETAIL:.*//gr, qr/424242\d{4}/, 'and nowhere else');
like($log, qr/DETAIL:  .*campagne_id 1 and message_id 100\./, 'and the ids of the message');
is(count_of($err, qr/424242\d{4}/), 100, 'the client is told as much');
$log = logged('', $fail);
like($log, qr/ERROR:  .*\n.*DETAIL:  .*4242420001.*\n.*STATEMENT:  SELECT encode_carousel/, 'an error has value and statement');
$log = logged('', "SELECT carousel_problems('Z', '2026-11-21', $layout)");
is($log, '', 'carousel_problems writes nothing');

my $form = q({"children": [{"slug": "a", "answerType": "number"}]});
$node->safe_psql($database, <<"SQL");
SELECT create_submission_tables('public', 'public');
INSERT INTO form_schemas (id, name, schema) SELECT '00000000-0000-0000-0000-000000000001', 'f', '$form';
INSERT INTO form_responses (form_id, responses) SELECT '00000000-0000-0000-0000-000000000001', '{"a": 424242}';
ALTER TABLE response_events ADD CHECK (value <> '424242');
-- An answer that the target refuses stops the load if its row of problems is refused too.
ALTER TABLE response_event_problems ADD CHECK (status <> 'refused');
SQL
my $load = q(CALL load_response_events('public', 'public'));
$log = logged('', $load, role => $node->safe_psql($database, 'SELECT current_user'));
like($log, qr/ERROR:  /, 'a load that fails is an error');
unlike($log, qr/424242/, 'without an answer');

# ---- what keeps it out ----

my $terse = 'SET log_error_verbosity = terse;';
like(logged($terse, $skip), qr/permission denied to set parameter "log_error_verbosity"/, 'a role may not choose itself');

# A superuser sets it for the role.
sub for_role
{
	my ($settings) = @_;
	$node->safe_psql($database, "ALTER ROLE nightly RESET ALL; $settings");
	return;
}

for_role('ALTER ROLE nightly SET log_error_verbosity = terse');
($log, $err) = logged('', $skip);
is(count_of($log, qr/WARNING:  message left out/), 100, 'terse: the warnings are there');
unlike($log, qr/424242\d{4}|DETAIL/, 'without values');
like($err, qr/424242\d{4}/, 'which the client is still told');
$log = logged('', $fail);
unlike($log, qr/424242\d{4}|DETAIL/, 'nor does an error have one');

for_role('ALTER ROLE nightly SET log_min_messages = error');
($log, $err) = logged('', $skip);
is($log, '', 'log_min_messages = error: no warnings in the log');
like($err, qr/WARNING:  message left out/, 'and all of them at the client');
like(logged('', $fail), qr/DETAIL:  .*4242420001/, 'but errors with values');

for_role('ALTER ROLE nightly SET client_min_messages = error');
($log, $err) = logged('', $skip);
is($err, '', 'client_min_messages = error: the client is told nothing');
like($log, qr/DETAIL:  .*4242420001/, 'and the log all');

for_role('ALTER ROLE nightly SET log_min_error_statement = panic');
$log = logged('', "$fail /* 424242 */");
like($log, qr/ERROR/, 'log_min_error_statement = panic: errors');
unlike($log, qr/STATEMENT/, 'without their statements');

# A right to set it, instead.
for_role('GRANT SET ON PARAMETER log_error_verbosity TO nightly');
unlike(logged($terse, $skip), qr/424242\d{4}|permission denied/, 'a role that may, can choose');
my $transaction = "BEGIN; SET LOCAL log_error_verbosity = terse; $skip; COMMIT;";
unlike(logged($transaction, ''), qr/424242\d{4}/, 'for one transaction');
for_role('REVOKE SET ON PARAMETER log_error_verbosity FROM nightly');

# A function that sets it, of a superuser's.
$node->safe_psql($database, <<"SQL");
CREATE FUNCTION nightly_export(OUT skipped bigint) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    SET log_error_verbosity = terse AS \$\$$skip\$\$;
CREATE FUNCTION nightly_carousel() RETURNS bytea LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    SET log_error_verbosity = terse AS \$\$$fail\$\$;
CREATE FUNCTION as_caller(OUT skipped bigint) LANGUAGE sql SET log_error_verbosity = terse AS \$\$$skip\$\$;
SQL
$log = logged('', 'SELECT nightly_export()');
is(count_of($log, qr/WARNING:  message left out/), 100, 'a function that sets it: the warnings are there');
unlike($log, qr/424242\d{4}/, 'without values');
$log = logged('', 'SELECT nightly_carousel()');
like($log, qr/ERROR/, 'errors too');
unlike($log, qr/424242\d{4}/, 'without values');
like(logged('', 'SELECT as_caller()'), qr/permission denied to set parameter/, 'it must be SECURITY DEFINER');

# A parameter of a driver, which a row may be or not be: what a call of it leaves in the log.
my $script = PostgreSQL::Test::Utils::tempdir() . '/script';
append_to_file($script, "SELECT encode_section('x { a 32 uimsbf }', :document);\n");

sub logged_parameter
{
	my ($document) = @_;
	my $offset = -s $node->logfile;
	$node->run_log([ 'pgbench', '-n', '-t', '1', '-M', 'extended', '-D', "document=$document", '-f', $script, $database ]);
	return slurp_file($node->logfile, $offset);
}

sub configure
{
	$node->append_conf('postgresql.conf', $_[0]);
	$node->reload;
	return;
}

my ($row, $no_row) = ('{"a":424242}', '424242');
$log = logged_parameter($no_row);
like($log, qr/ERROR:  a JSON row .* must be an object/, 'a parameter that is no row is an error');
unlike($log, qr/424242/, 'without the parameter');
configure('log_parameter_max_length_on_error = -1');
like(logged_parameter($no_row), qr/ERROR:  .*\n(.*\n)*.*CONTEXT:  .*424242/, 'unless log_parameter_max_length_on_error says so');
like(logged_parameter($row), qr/LOG:  execute .*\n.*DETAIL:  [Pp]arameters: .*424242/, 'log_statement logs one that is a row');
configure('log_parameter_max_length = 0');
$log = logged_parameter($row);
like($log, qr/LOG:  execute /, 'log_parameter_max_length = 0: it logs the statement');
unlike($log, qr/424242/, 'without it');

$node->stop;
done_testing();
