# Calls without end in one session: the memory of the backend is the same in the middle and at the end.
#
# Each function of the extension is called in the shapes that matter: many calls in one statement, whose call
# site keeps what it compiled; many statements, each a call site of its own; and errors, caught in
# subtransactions. ONETRIP_CALLS says how many calls in one statement, ONETRIP_JOBS how many statements, errors and jobs:
# the hundredth part of it unless it is set. Of what starts a program, or workers, or commits, it is the tenth part of that.

use strict;
use warnings;

use FunctionCalls qw(%one_statement @by_aggregate @in_parallel $functions $loader jobs start_node);
use OnetripTest qw(private_memory);
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'it reads /proc/PID/smaps_rollup' unless -r "/proc/$$/smaps_rollup";

my $calls = $ENV{ONETRIP_CALLS} // 20_000;
my $few = $ENV{ONETRIP_JOBS} // (int($calls / 100) || 1);
my $turns = int($few / 10) || 1;

# What malloc keeps of a tuplestore is no more than work_mem.
my ($node, $folder) = start_node('growth', "work_mem = '256kB'");

my %job = jobs($folder);

# Errors, each caught in a subtransaction of its own: ServerErrors and those of pure code.
my @errors = (
	q~PERFORM section_layout 'x {'~,
	q~PERFORM encode_section((SELECT layout FROM layouts), '{"a": 256, "t": ""}'::jsonb)~,
	q~PERFORM encode_section((SELECT layout FROM layouts), '{"a": 1}'::jsonb)~,
	q~PERFORM encode_sections((SELECT layout FROM layouts), ROW(1))~,
	q~PERFORM decode_section((SELECT layout FROM layouts), '\x')~,
	q~PERFORM split_sections('\x80ffff')~,
	q~PERFORM ts_packets('\x80', 256)~,
	q~PERFORM flatten_submission('{}'::jsonb, '{}', '{nonsense}')~,
	q~PERFORM flatten_submission('{'::json, '{}')~,
	q~PERFORM encode_carousel('none', '2026-11-21')~,
	q~PERFORM section_agg((SELECT layout FROM layouts), r) FROM (SELECT n AS a, '' AS t FROM generate_series(250, 260) AS n) AS r~,
	q~PERFORM count(*) FROM carousel_sections('Z', '2026-11-21', 'x { a 8 uimsbf' || chr(10) || '}')~,
	q~PERFORM export_carousel_to_program('Z', '2026-11-21', 'exit 3')~,
);

my $library = PostgreSQL::Test::Utils::tempdir . '/malloc_in_use.so';
chomp(my $headers = `pg_config --includedir-server`);
system_or_bail('gcc', '-shared', '-fPIC', '-I', $headers, '-o', $library, 'tests/faults/malloc_in_use.c');
$node->safe_psql('postgres', "CREATE FUNCTION malloc_in_use() RETURNS bigint LANGUAGE c AS '$library'");

my $session = $node->background_psql('postgres', on_error_stop => 0, timeout => 10 * $PostgreSQL::Test::Utils::timeout_default);
$session->set_query_timer_restart;
my $backend = $session->query('SELECT pg_backend_pid()');

sub ask
{
	my ($query) = @_;
	$session->{stderr} = '';
	my $answer = $session->query($query);
	return $session->{stderr} =~ /ERROR/ ? die "$query: $session->{stderr}" : $answer;
}

# What the backend holds between statements, in kB: all contexts but those of this very query, what is from malloc and in no
# context, and private memory.
sub memory
{
	my $contexts = ask(q{SELECT sum(total_bytes - free_bytes) / 1024.0 FROM pg_backend_memory_contexts
		WHERE name IN ('TopMemoryContext', 'CacheMemoryContext', 'ErrorContext') OR parent IN ('TopMemoryContext', 'CacheMemoryContext')
			AND name !~ '^(MessageContext|TopTransactionContext|TopPortalContext|PortalContext|Transaction.*|SPI.*)$'});
	my $other = ask('SELECT (malloc_in_use() - sum(total_bytes)) / 1024.0 FROM pg_backend_memory_contexts');
	return ($contexts, $other, private_memory($backend));
}

# Half of the calls, then the other half: nothing may have grown. What is kept once (plans, catalog entries, an arena
# of malloc) is there after the first half; a leak of a hundred bytes in each of a hundred calls shows in the second.
my @memory = ('memory contexts', 'memory of no context', 'private memory');
my @room = (8, 8, 2048);
my (@figures, %called);
sub stays_level
{
	my ($name, $many, $run) = @_;
	$run->(int($many / 2) || 1);
	my @before = memory();
	$run->(int($many / 2) || 1);
	my @after = memory();
	push @figures, sprintf '%-75s %8d calls, contexts %.1f -> %.1f kB, other %.1f -> %.1f kB, private %d -> %d kB',
	  $name, $many, map { ($before[$_], $after[$_]) } 0 .. 2;
	cmp_ok($after[$_] - $before[$_], '<=', $room[$_], "$name: $memory[$_]") foreach 0 .. 2;
	$called{$name} = 1;
	return;
}

# In transactions of a thousand: one that makes and drops large objects without end would need as many locks.
sub ask_in_loop
{
	my ($statement, $many) = @_;
	for (; $many > 0; $many -= 1000)
	{
		ask('DO $do$ BEGIN FOR i IN 1 .. ' . ($many < 1000 ? $many : 1000) . " LOOP $statement; END LOOP; END \$do\$");
	}
	return;
}

sub caught
{
	my ($statement) = @_;
	return "BEGIN $statement; RAISE 'no error' USING ERRCODE = 'ZZ000';"
	  . " EXCEPTION WHEN OTHERS THEN IF SQLSTATE = 'ZZ000' THEN RAISE; END IF; END";
}

# Looking makes entries in the server's caches, too.
memory() foreach 1 .. 5;
for my $function (sort keys %one_statement)
{
	(my $each = $one_statement{$function}) =~ s/\$n/n.n/g;
	stays_level($function, $calls,
		sub { ask("SELECT count(c) FROM (SELECT $each AS c FROM generate_series(1, $_[0]) AS n(n) OFFSET 0) AS s") });
	# A call site each: EXECUTE plans anew.
	(my $once = $one_statement{$function}) =~ s/\$n/1/g;
	stays_level("$function, statements", $few, sub { ask_in_loop("EXECUTE \$x\$SELECT $once\$x\$", $_[0]) });
}
foreach my $function (sort keys %job)
{
	stays_level($function, $function =~ /program/ ? $turns : $few, sub { ask_in_loop($job{$function}, $_[0]) });
}
foreach my $error (@errors)
{
	stays_level("error: $error", $error =~ /program/ ? $turns : $few, sub { ask_in_loop(caught($error), $_[0]) });
}

# Workers of a parallel plan make states, the leader combines them: for each of 2,000 groups.
ask(q{CREATE TABLE many AS SELECT n % 256 AS a, (n % 2000)::text AS t FROM generate_series(1, 20000) AS n;
	ALTER TABLE many SET (parallel_workers = 2); ANALYZE many; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2});
my $parallel = 'SELECT count(s) FROM (SELECT section_agg((SELECT layout FROM layouts), many) AS s FROM many GROUP BY t OFFSET 0) AS groups';
like(ask("EXPLAIN (COSTS OFF) $parallel"), qr/Partial (Group|Hash)Aggregate/, 'the plan is parallel');
stays_level('section_agg in parallel plans', $turns, sub { ask($parallel) foreach 1 .. $_[0] });
ask('SET max_parallel_workers_per_gather = 0');

# Each call loads one submission.
stays_level($loader, $turns, sub {
	for (1 .. $_[0])
	{
		ask(q{INSERT INTO form_responses SELECT gen_random_uuid(), f.id, u.id, '{"a": 1, "b": 2, "c": 3}', now()
			FROM form_schemas AS f, users AS u});
		ask(q{CALL load_response_events('public', 'public')});
	}
});
is(ask('SELECT count(*) FROM submission_loads'), 2 * (int($turns / 2) || 1), 'all submissions were loaded');

# Of the catalog none was left out.
$called{$_} = 1 foreach @by_aggregate, @in_parallel;
my @functions = split /\n/, ask($functions);
cmp_ok(scalar @functions, '>', 30, 'the catalog has functions');
is(join(', ', sort grep { !$called{$_} } @functions), '', 'every function of the extension was called');

note($_) foreach @figures;
is($session->query('SELECT pg_backend_pid()'), $backend, 'in one session');
$session->quit;
$node->stop;
done_testing();
