# Memory ends at random places of every job and of every function with large arguments, in palloc and in C++'s new: an
# error says so, the backend lives, and does then what it did.
#
# ONETRIP_LIMITS is how often the memory of each is limited.

use strict;
use warnings;

use FaultJobs qw(fault_jobs leftovers make_fault_node result_of start_worker);
use OnetripTest qw(ask end_session random_seed start_session);
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no prlimit' if system('prlimit --version >/dev/null 2>&1') != 0;

my $limits = $ENV{ONETRIP_LIMITS} // 12;
my $seed = random_seed();

# The server has memory for all it wants to keep, so that it takes it.
my $node = make_fault_node('out_of_memory', 1, "work_mem = '256MB'");
my $admin = start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning');

# Arguments that take much memory to work on: in one row, so that making them is no part of the job.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE large AS SELECT
    (SELECT string_agg(section, '' ORDER BY id) FROM sections) AS sections,
    (SELECT ts_packets(string_agg(section, '' ORDER BY id), 256) FROM sections) AS packets,
    (SELECT jsonb_build_object('v', jsonb_agg(jsonb_build_object('tag', n % 256, 'value', md5(n::text)))) FROM generate_series(1, 50000) AS n) AS items,
    (SELECT jsonb_agg(jsonb_build_object('b', n, 'c', jsonb_build_array(n, repeat('x', 100)))) FROM generate_series(1, 20000) AS n) AS document,
    (SELECT jsonb_build_object('children', jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType', 'text', 'tag', md5(n::text)))) FROM generate_series(1, 10000) AS n) AS form,
    (SELECT jsonb_object_agg('q' || n, md5(n::text)) FROM generate_series(1, 10000) AS n) AS answers,
    (SELECT 'x (max 4096) {' || string_agg(E'\n f' || n || ' 8 uimsbf', '') || E'\n}' FROM generate_series(1, 4000) AS n) AS layout,
    (SELECT jsonb_object_agg('f' || n, n % 256) FROM generate_series(1, 4000) AS n) AS row,
    decode(repeat('00', 4000), 'hex') AS section;
CREATE FUNCTION digest(anyelement) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT hashtextextended($1::text, 0)::numeric';
SQL

sub over_rows { my ($call) = @_; return "SELECT count(*), sum(hashtextextended(e::text, 0)) FROM large, $call AS e"; }

my @functions = (
	over_rows('encode_sections(\'x { v * tlv(8,8) split }\', items)'),
	"SELECT encode_section('x { v * tlv(8,8) }', items) FROM large",
	'SELECT md5(encode_section(layout::section_layout, row)) FROM large',
	'SELECT digest(decode_section(layout::section_layout, section)) FROM large',
	over_rows('dissect_section(layout::section_layout, section)'),
	over_rows('check_sections(message_layout(), sections)'),
	over_rows('check_sections(message_layout(), packets)'),
	over_rows('split_sections(sections)'),
	over_rows('layout_fields(layout::section_layout)'),
	'SELECT digest(layout::section_layout) FROM large',
	"SELECT (layout || '}')::section_layout FROM large",
	'SELECT md5(ts_packets(sections, 256)) FROM large',
	over_rows('ts_sections(packets, 256)'),
	'SELECT crc32_mpeg2(sections) FROM large',
	over_rows('flatten_submission(answers, form)'),
	over_rows('flatten_submission(answers::text::json, form)'),
	over_rows("flatten_submission(document, form, '{all}')"),
	over_rows('form_questions(form)'),
	over_rows('jsonb_tree(document)'),
	"SELECT digest(answer_number(repeat('1', 100000)))");
my @jobs = ((map { { name => $_, query => $_ } } @functions), fault_jobs(PostgreSQL::Test::Utils::tempdir()));

# The server's own abort may run out of memory too, and begins again with a warning (AbortTransaction, xact.c). A program
# that is started with the limit may be what has no memory.
sub is_out_of_memory
{
	my ($job, $answer) = @_;
	return $answer =~ /^ERROR:  53200(?:\n(?:WARNING:  01000|ERROR:  53200))*$/ || $answer =~ /^ERROR:  38000$/ && $job->{name} =~ /to_program/;
}

sub limit_memory
{
	my ($session, $limit) = @_;
	system_or_bail('prlimit', '--pid', $session->{pid}, "--as=$limit:unlimited");
	return;
}

# From one page on to 64 MB more than the session has; small amounts are as frequent as large ones.
sub random_limit
{
	my ($session) = @_;
	my ($now) = slurp_file("/proc/$session->{pid}/status") =~ /^VmSize:\s+(\d+) kB/m;
	return int 1024 * ($now + 4 * 2**rand 14);
}

# What happens before memory is limited: the stack grows, since the kernel has no error to give where it can't, and the
# libraries are loaded. Nothing has been thrown yet.
my $warm = "DO 'BEGIN END'; SELECT crc32_mpeg2('') + length((repeat('[', 5000) || repeat(']', 5000))::json::text)";

sub disturb
{
	my ($job, $session, $right, $surprises) = @_;
	ask($admin, $job->{before}) if $job->{before};
	$job->{clean}->() if $job->{clean};
	limit_memory($session, random_limit($session));
	my $answer = ask($session, $job->{query});
	limit_memory($session, 'unlimited');
	push @$surprises, $job->{whole}->($admin) if $job->{whole};
	return 1 if is_out_of_memory($job, $answer);
	my $result = $job->{result} ? $job->{result}->($admin, $answer) : $answer;
	push @$surprises, $result if $result ne $right;
	return 0;
}

my $failures = 0;
for my $job (@jobs)
{
	my $fresh = start_worker($node, $job);
	my $right = result_of($job, $fresh, $admin);
	end_session($fresh);
	my $session = start_worker($node, $job);
	is(ask($session, $warm), 2**32 - 1 + 10000, $job->{name});
	my ($failed, @surprises) = (0);
	$failed += disturb($job, $session, $right, \@surprises) for 1 .. $limits;
	is(join("\n", @surprises), '', "out of memory or right (seed $seed)");
	is(result_of($job, $session, $admin), $right, "right after $failed of $limits that failed");
	is(join("\n", leftovers($admin, $session)), '', 'with nothing left');
	$failures += $failed;
	end_session($session);
}
cmp_ok($failures, '>', @jobs, "memory ended $failures times");

end_session($admin);
my $log = slurp_file($node->logfile);
like($log, qr/ERROR:  out of memory\n.*DETAIL:  Failed on request/, 'in palloc');
like($log, qr/ERROR:  out of memory\n.*DETAIL:  A request of the extension failed/, 'and in new');
unlike($log, qr/PANIC|TRAP|was terminated by signal|server process .* exited|XX000|leaked|still referenced/, 'nothing bad in the log');

$node->stop;
done_testing();
