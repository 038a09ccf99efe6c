# Cancels, timeouts and errors in the middle of a carousel: it stops, and the session is as before.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "extension_destdir = '$ENV{ONETRIP_STAGE}'")
  if $ENV{ONETRIP_STAGE};
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nfsync = off\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes SELECT n, 'AFRIQUE', 'é', '2026-11-01', '2026-11-30' FROM generate_series(1, 10) AS n;
INSERT INTO messages SELECT n, 1 + n % 10, n, n, jsonb_build_object('1', repeat('x', 200)) FROM generate_series(1, 150000) AS n;
INSERT INTO campagnes VALUES (11, 'EUROPE', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 11, CASE WHEN n < 400500 THEN n ELSE -n END, n, '{"1": {"2": "x"}}' FROM generate_series(400001, 400500) AS n;
ANALYZE;
SQL

my $carousel = "encode_carousel('AFRIQUE', '2026-11-21')";
my $right = $node->safe_psql('postgres', "SELECT md5($carousel)");

# One session; what it answers, errors as their SQLSTATE.
my ($in, $out, $err) = ('', '', '');
my $timer = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
my $harness = IPC::Run::start(
	[ 'psql', '-X', '-A', '-t', '-q', '-v', 'VERBOSITY=sqlstate', '-d', $node->connstr('postgres') ],
	'<', \$in, '>', \$out, '2>', \$err, $timer);
my $asked = 0;

sub send_query
{
	my ($query) = @_;
	++$asked;
	($out, $err) = ('', '');
	$in .= "$query;\n\\echo answered $asked\n\\warn answered $asked\n";
	$timer->start($PostgreSQL::Test::Utils::timeout_default);
	$harness->pump_nb;
	return;
}

sub answer
{
	$harness->pump until $out =~ /answered $asked\n/ && $err =~ /answered $asked\n/;
	(my $answer = $out . $err) =~ s/answered $asked\n//g;
	$answer =~ s/^(.*?): .*ERROR: /ERROR: /mg;
	chomp $answer;
	return $answer;
}

sub ask
{
	send_query(@_);
	return answer();
}

my $backend = ask('SELECT pg_backend_pid()');

# ---- statement_timeout ----

my $begin = time;
ask("SET statement_timeout = '30ms'");
like(ask("SELECT length($carousel)"), qr/ERROR:  57014/, 'statement_timeout stops it');
cmp_ok(time - $begin, '<', 10, 'soon');    # a guard against hanging, not a measurement
ask('RESET statement_timeout');
is(ask("SELECT md5($carousel)"), $right, 'the same session gives the same bytes');

# A timeout that comes later and later meets every phase.
my $stopped = 0;
for my $turn (1 .. 30)
{
	my $milliseconds = $turn * 7;
	ask("SET statement_timeout = '${milliseconds}ms'");
	my $answer = ask("SELECT md5($carousel)");
	++$stopped if $answer =~ /ERROR:  57014/;
	fail("after $milliseconds ms: $answer") unless $answer eq $right || $answer =~ /ERROR:  57014/;
}
ask('RESET statement_timeout');
cmp_ok($stopped, '>', 0, 'later timeouts stop it too');
is(ask("SELECT md5($carousel)"), $right, 'and the bytes are the same');

# ---- pg_cancel_backend ----

$begin = time;
send_query("SELECT length($carousel) FROM generate_series(1, 1000)");
usleep(50_000);
$node->safe_psql('postgres', "SELECT pg_cancel_backend($backend)");
like(answer(), qr/ERROR:  57014/, 'pg_cancel_backend stops it');
cmp_ok(time - $begin, '<', 10, 'soon');
is(ask("SELECT md5($carousel)"), $right, 'the same session gives the same bytes');

# 200 cancels at random times, by a seed that a failure prints.
my $seed = $ENV{ONETRIP_SEED} // 20261121;
srand($seed);
my $canceller = '';
my $cancel = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('postgres') ], '<', \$canceller, '>', '/dev/null');
my ($cancelled, $surprises) = (0, '');
for my $turn (1 .. 200)
{
	send_query("SELECT sum(length($carousel)) FROM generate_series(1, 100)");
	usleep(int rand 20_000);
	until ($out =~ /answered $asked\n/ && $err =~ /answered $asked\n/)
	{
		$canceller .= "SELECT pg_cancel_backend($backend);\n";
		$cancel->pump_nb;
		$harness->pump_nb;
		usleep(2_000);
	}
	my $answer = answer();
	++$cancelled if $answer =~ /ERROR:  57014/;
	$surprises .= "$answer\n" unless $answer =~ /ERROR:  57014/;
}
is($surprises, '', "200 random cancels stop it (seed $seed)");
$cancel->finish;
# A cancel may still be on its way.
usleep(100_000);
ask('SELECT 1');
is(ask("SELECT md5($carousel)"), $right, 'and the bytes are the same');
is(ask('SELECT pg_backend_pid()'), $backend, 'of the same backend');

# ---- errors in the middle ----

ask("INSERT INTO messages VALUES (1000000, 10, -1, 1, '[]')");
like(ask("SELECT length($carousel)"), qr/ERROR:  22003/, 'a bad message at the end is an error');
ask('BEGIN');
ask('SAVEPOINT s');
like(ask("SELECT length($carousel)"), qr/ERROR:  22003/, 'in a subtransaction too');
ask('ROLLBACK TO s');
ask('DELETE FROM messages WHERE id = 1000000');
is(ask("SELECT md5($carousel)"), $right, 'behind the savepoint the bytes are the same');
ask('COMMIT');
ask('SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0');
is(ask("SELECT md5($carousel)"), $right, 'in parallel as well');
ask("SET statement_timeout = '60ms'");
like(ask("SELECT length($carousel)"), qr/ERROR:  57014/, 'a timeout stops parallel workers');
ask('RESET statement_timeout');
is(ask("SELECT md5($carousel)"), $right, 'and the bytes are the same');
ask('SET max_parallel_workers_per_gather = 0');

# ---- memory ----

# Failing calls in one session and in one transaction leave nothing behind: the last message of this
# zone is bad.
my $bad = "encode_carousel('EUROPE', '2026-11-21')";
my $memory = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
my $resident = "SELECT 4 * split_part(pg_read_file('/proc/self/statm'), ' ', 2)::bigint";
my $fail = <<'SQL';
DO $$
DECLARE
    states text[];
BEGIN
    FOR i IN 1..100 LOOP
        BEGIN
            PERFORM encode_carousel('EUROPE', '2026-11-21');
        EXCEPTION WHEN numeric_value_out_of_range THEN
        END;
        BEGIN
            PERFORM encode_section('x { v * tlv(8,8) }', jsonb_build_object('v', jsonb_build_array(repeat('x', 10000))));
        EXCEPTION WHEN invalid_parameter_value THEN
        END;
        BEGIN
            PERFORM ('x { a 8 uimsbf' || repeat(E'\n-- comment', 100))::section_layout;
        EXCEPTION WHEN syntax_error THEN
        END;
    END LOOP;
END $$
SQL
chomp $fail;
sub fail_in_a_row
{
	for my $turn (1 .. 200)
	{
		my $answer = ask("SELECT length($bad)");
		is($answer, 'ERROR:  22003', 'a bad message at the end is an error each time') if $turn == 1;
	}
	is(ask($fail), '', 'errors that are caught');
	return;
}
fail_in_a_row();
my ($memory_before, $resident_before) = (ask($memory), ask($resident));
fail_in_a_row();
my ($memory_after, $resident_after) = (ask($memory), ask($resident));
cmp_ok($memory_after - $memory_before, '<', 65536, "memory contexts do not grow ($memory_before to $memory_after)");
cmp_ok($resident_after - $resident_before, '<', 4096, "nor does the process ($resident_before kB to $resident_after kB)");
is(ask("SELECT md5($carousel)"), $right, 'and the bytes are the same');

# Calls that succeed leave nothing behind either: rows of many types and layouts at one call site.
my $succeed = <<'SQL';
DO $$
BEGIN
    FOR i IN 1..2000 LOOP
        PERFORM encode_section(format('x { v %s uimsbf }', 8 * (1 + i % 8))::section_layout, r) FROM (SELECT i % 256 AS v) AS r;
        PERFORM encode_sections('x { v * tlv(8,8) split }', '{"v": {"1": "x"}}'::jsonb);
    END LOOP;
END $$
SQL
chomp $succeed;
ask($succeed);
($memory_before, $resident_before) = (ask($memory), ask($resident));
ask($succeed) foreach 1 .. 5;
($memory_after, $resident_after) = (ask($memory), ask($resident));
cmp_ok($memory_after - $memory_before, '<', 65536, "memory contexts do not grow ($memory_before to $memory_after)");
cmp_ok($resident_after - $resident_before, '<', 4096, "nor does the process ($resident_before kB to $resident_after kB)");

$in .= "\\q\n";
$harness->finish;
unlike(slurp_file($node->logfile), qr/PANIC|was terminated by signal|XX000/, 'nothing bad in the log');

$node->stop;
done_testing();
