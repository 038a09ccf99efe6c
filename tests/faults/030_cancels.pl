# Every job cancelled at random moments, by pg_cancel_backend and by statement_timeout, in one session: each time it is
# stopped or right, leaves nothing, and the session is then as good as a fresh one.
#
# ONETRIP_CANCELS is how often each job is cancelled.

use strict;
use warnings;

use FaultJobs qw(fault_jobs leftovers make_fault_node result_of start_worker);
use List::Util qw(max min);
use OnetripTest qw(answer ask end_session private_memory random_seed reset_timeout send_query start_session);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $cancels = $ENV{ONETRIP_CANCELS} // 24;
my $seed = random_seed();
my $node = make_fault_node('cancels', 1, "work_mem = '256kB'");
my $admin = start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning');
my @jobs = fault_jobs(PostgreSQL::Test::Utils::tempdir());
my $stopped = qr/ERROR:  57014/;

# Seconds that the job takes where nothing is in its way: the moments of its cancels lie in these.
sub duration_of
{
	my ($job, $session) = @_;
	my @durations;
	for (1 .. 3)
	{
		ask($admin, $job->{before}) if $job->{before};
		$job->{clean}->() if $job->{clean};
		my $begin = time;
		ask($session, $job->{query});
		push @durations, time - $begin;
	}
	return min(@durations);
}

sub cancel_by_signal
{
	my ($job, $session, $moment) = @_;
	send_query($session, $job->{query});
	usleep(1e6 * $moment);
	ask($admin, "SELECT pg_cancel_backend($session->{pid})");
	return answer($session);
}

sub cancel_by_timeout
{
	my ($job, $session, $moment) = @_;
	ask($session, 'SET statement_timeout = ' . (1 + int 1e3 * $moment));
	my $answer = ask($session, $job->{query});
	reset_timeout($session);
	return $answer;
}

# One turn: whether the job was stopped, and its seconds. What is wrong is added to the surprises.
sub disturb
{
	my ($job, $session, $turn, $moment, $right, $surprises) = @_;
	ask($admin, $job->{before}) if $job->{before};
	$job->{clean}->() if $job->{clean};
	my $begin = time;
	my $answer = $turn % 2 ? cancel_by_signal($job, $session, $moment) : cancel_by_timeout($job, $session, $moment);
	my $seconds = time - $begin;
	push @$surprises, map { "turn $turn: $_" } $job->{whole}->($admin) if $job->{whole};
	return (1, $seconds) if $answer =~ /^$stopped$/;
	my $result = $job->{result} ? $job->{result}->($admin, $answer) : $answer;
	push @$surprises, "turn $turn: $result" if $result ne $right;
	return (0, $seconds);
}

# kB of the session's memory: its contexts but for the server's cache of the catalog, and the process's own.
sub memory_of
{
	my ($session) = @_;
	return (
		ask($session, "SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name NOT IN ('CacheMemoryContext', 'index info')"),
		private_memory($session->{pid}));
}

sub cancel_job
{
	my ($job, $session, $right) = @_;
	my $duration = duration_of($job, $session);
	my ($stops, $was_stopped, @surprises, @before) = (0, 0);
	my $warm = max(5, int $cancels / 4);
	for my $turn (1 .. $cancels)
	{
		@before = memory_of($session) if $turn == $warm;
		my ($is_stopped, $seconds) = disturb($job, $session, $turn, rand(1.1 * $duration), $right, \@surprises);
		# On a machine that is less busy than before it takes less; one that was stopped may have left a part of its work.
		$duration = min($duration, $seconds) unless $is_stopped || $was_stopped;
		$was_stopped = $is_stopped;
		$stops += $is_stopped;
	}
	is(join("\n", @surprises), '', "$job->{name}: stopped or right (seed $seed)");
	cmp_ok($stops, '>', $cancels / 10, "$stops of $cancels cancels stop it, of " . int(1e3 * $duration) . ' ms');
	is(join("\n", leftovers($admin, $session)), '', 'they leave nothing');
	return (\@before, [ memory_of($session) ]);
}

# The jobs share a session, whose settings each sets for itself.
my $session = start_worker($node, {});
my $backend = $session->{pid};
my %right;
for my $job (@jobs)
{
	ask($session, $job->{settings}) if $job->{settings};
	$right{ $job->{name} } = result_of($job, $session, $admin);
	unlike($right{ $job->{name} }, qr/ERROR|not as/, "$job->{name} works");
	my ($before, $after) = cancel_job($job, $session, $right{ $job->{name} });
	cmp_ok($after->[0] - $before->[0], '<', 512, "memory contexts do not grow ($before->[0] to $after->[0] kB)");
	cmp_ok($after->[1] - $before->[1], '<', 8192, "nor does the process ($before->[1] to $after->[1] kB)");
	ask($session, 'RESET ALL; SET client_min_messages = warning');
}

# The same as a fresh session.
for my $job (@jobs)
{
	ask($session, $job->{settings}) if $job->{settings};
	my $fresh = start_worker($node, $job);
	is(result_of($job, $session, $admin), $right{ $job->{name} }, "$job->{name}: the session is as before");
	is(result_of($job, $fresh, $admin), $right{ $job->{name} }, 'and a fresh one does the same');
	end_session($fresh);
	ask($session, 'RESET ALL; SET client_min_messages = warning');
}
is(ask($session, 'SELECT pg_backend_pid()'), $backend, 'it is the same backend');

end_session($_) foreach $session, $admin;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|was terminated by signal|XX000|leaked|still referenced/, 'nothing bad in the log');

$node->stop;
done_testing();
