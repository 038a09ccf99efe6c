# Cancels, timeouts and errors in the middle of a carousel: it stops, and the session is as before.

use strict;
use warnings;

use OnetripTest qw(answer ask end_session private_memory reset_timeout send_query start_server start_session);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = start_server('cancel');
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
# So many that no machine comes to their end before it is told to stop.
my $hundred = "SELECT length($carousel) FROM generate_series(1, 100)";

# One session; what it answers, errors as their SQLSTATE.
my $session = start_session($node, verbosity => 'sqlstate');
my $backend = $session->{pid};

# ---- statement_timeout ----

ask($session, "SET statement_timeout = '30ms'");
like(ask($session, $hundred), qr/ERROR:  57014/, 'statement_timeout stops it');
reset_timeout($session);
is(ask($session, "SELECT md5($carousel)"), $right, 'the same session gives the same bytes');

# A timeout that comes later and later meets every phase. All jobs, at random moments: tests/faults/030_cancels.pl.
my $stopped = 0;
for my $turn (1 .. 10)
{
	my $milliseconds = $turn * 20;
	ask($session, "SET statement_timeout = '${milliseconds}ms'");
	my $answer = ask($session, "SELECT md5($carousel)");
	++$stopped if $answer =~ /ERROR:  57014/;
	fail("after $milliseconds ms: $answer") unless $answer eq $right || $answer =~ /ERROR:  57014/;
}
reset_timeout($session);
cmp_ok($stopped, '>', 0, 'later timeouts stop it too');
is(ask($session, "SELECT md5($carousel)"), $right, 'and the bytes are the same');

# ---- pg_cancel_backend ----

my $begin = time;
send_query($session, "SELECT length($carousel) FROM generate_series(1, 1000)");
# An idle backend takes no notice of it.
$node->poll_query_until('postgres', "SELECT state = 'active' AND query LIKE '%generate_series(1, 1000)%' FROM pg_stat_activity WHERE pid = $backend")
  or die 'the query does not begin';
$node->safe_psql('postgres', "SELECT pg_cancel_backend($backend)");
like(answer($session), qr/ERROR:  57014/, 'pg_cancel_backend stops it');
cmp_ok(time - $begin, '<', 100, 'soon');    # a guard against hanging, not a measurement
is(ask($session, "SELECT md5($carousel)"), $right, 'the same session gives the same bytes');

# ---- errors in the middle ----

ask($session, "INSERT INTO messages VALUES (1000000, 10, -1, 1, '[]')");
like(ask($session, "SELECT length($carousel)"), qr/ERROR:  22003/, 'a bad message at the end is an error');
ask($session, 'BEGIN');
ask($session, 'SAVEPOINT s');
like(ask($session, "SELECT length($carousel)"), qr/ERROR:  22003/, 'in a subtransaction too');
ask($session, 'ROLLBACK TO s');
ask($session, 'DELETE FROM messages WHERE id = 1000000');
is(ask($session, "SELECT md5($carousel)"), $right, 'after the savepoint the bytes are the same');
ask($session, 'COMMIT');
ask($session, 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0');
is(ask($session, "SELECT md5($carousel)"), $right, 'in parallel as well');
ask($session, "SET statement_timeout = '60ms'");
like(ask($session, $hundred), qr/ERROR:  57014/, 'a timeout stops parallel workers');
reset_timeout($session);
is(ask($session, "SELECT md5($carousel)"), $right, 'and the bytes are the same');
ask($session, 'SET max_parallel_workers_per_gather = 0');

# ---- memory ----

# Failing calls in one session and in one transaction leave nothing behind: the last message of this
# zone is bad.
my $bad = "encode_carousel('EUROPE', '2026-11-21')";
my $memory = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
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
		my $answer = ask($session, "SELECT length($bad)");
		is($answer, 'ERROR:  22003', 'a bad message at the end is an error each time') if $turn == 1;
	}
	is(ask($session, $fail), '', 'errors that are caught');
	return;
}
fail_in_a_row();
my ($memory_before, $private_before) = (ask($session, $memory), private_memory($backend));
fail_in_a_row();
my ($memory_after, $private_after) = (ask($session, $memory), private_memory($backend));
cmp_ok($memory_after - $memory_before, '<', 65536, "memory contexts do not grow ($memory_before to $memory_after)");
cmp_ok($private_after - $private_before, '<', 4096, "nor does the process ($private_before kB to $private_after kB)");
is(ask($session, "SELECT md5($carousel)"), $right, 'and the bytes are the same');

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
ask($session, $succeed);
($memory_before, $private_before) = (ask($session, $memory), private_memory($backend));
ask($session, $succeed) foreach 1 .. 5;
($memory_after, $private_after) = (ask($session, $memory), private_memory($backend));
cmp_ok($memory_after - $memory_before, '<', 65536, "memory contexts do not grow ($memory_before to $memory_after)");
cmp_ok($private_after - $private_before, '<', 4096, "nor does the process ($private_before kB to $private_after kB)");

end_session($session);
unlike(slurp_file($node->logfile), qr/PANIC|was terminated by signal|XX000/, 'nothing bad in the log');

$node->stop;
done_testing();
