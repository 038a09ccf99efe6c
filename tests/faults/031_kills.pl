# kill -9 of the backend in the middle of each job, an immediate shutdown and kill -9 of the server in the middle of all
# of them: the server comes back, nothing is half done, and each job is then as if nothing had been.

use strict;
use warnings;

use FaultJobs qw(fault_jobs make_fault_node make_stuck result_of start_stuck start_worker);
use OnetripTest qw(ask becomes end_session kill_backend start_session);
use PostgreSQL::Test::Utils;
use Test::More;

# With so little memory sorts and collected rows are in temporary files when the end comes.
my $node = make_fault_node('kills', 1, "work_mem = '64kB'", 'max_wal_senders = 0');
make_stuck($node);
$node->safe_psql('postgres', 'CREATE EXTENSION amcheck');
my $folder = PostgreSQL::Test::Utils::tempdir();
my @jobs = fault_jobs($folder);

sub start_admin { return start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning'); }

my $admin = start_admin();
my %right = map { $_->{name} => fresh_result($_) } @jobs;
unlike(join("\n", %right), qr/ERROR|FATAL|not as/, 'all jobs work');

sub fresh_result
{
	my ($job) = @_;
	my $session = start_worker($node, $job);
	my $result = result_of($job, $session, $admin);
	end_session($session);
	return $result;
}

# Exports have given something away, loaders have committed a part.
sub is_in_the_middle
{
	my ($job) = @_;
	return -s $job->{path} =~ s{([^/]*)\z}{.$1.onetrip-tmp}r if $job->{name} =~ /to_file/;
	return becomes(sub { -s "$job->{path}.got" }) if $job->{name} =~ /to_program/;
	return 1 unless $job->{name} =~ /load_response_events, (\w+)/;
	return ask($admin, "SELECT 0 < count(*) AND count(*) < (SELECT count(*) FROM app_$1.form_responses) FROM dwh_$1.submission_loads WHERE processed_on > now() - interval '1 hour'") eq 't';
}

# The old file is there to begin with, and no load is whole.
sub prepare
{
	my ($job) = @_;
	if ($job->{name} =~ /to_file/)
	{
		unlink $job->{path};
		append_to_file($job->{path}, 'old');
	}
	ask($admin, "TRUNCATE dwh_$1.response_events, dwh_$1.response_event_problems, dwh_$1.submission_loads") if $job->{name} =~ /load_response_events, (\w+)/;
	return;
}

# Where the server is back: nothing half, then the job as ever.
sub is_as_before
{
	my ($job, $what) = @_;
	# What a crash leaves next to an export's target goes with the next export.
	my @problems = $job->{whole} ? grep { !/onetrip-tmp is left$/ } $job->{whole}->($admin) : ();
	push @problems, 'the old file is not there' if $job->{name} =~ /to_file/ && (!-e $job->{path} || slurp_file($job->{path}) ne 'old');
	push @problems, 'the program saw the end of its input' if $job->{name} =~ /to_program/ && -e "$job->{path}.ended";
	is(join("\n", @problems), '', "$what leaves nothing half done");
	is(fresh_result($job), $right{ $job->{name} }, 'and the job does what it did');
	is(join("\n", $job->{whole}->($admin)), '', 'with nothing left of before') if $job->{whole};
	return;
}

sub server_is_back
{
	my ($what) = @_;
	ok($node->poll_query_until('postgres', 'SELECT true'), "the server comes back after $what");
	end_session($admin);
	$admin = start_admin();
	is(ask($admin, 'SELECT count(*) FROM pg_ls_tmpdir()'), 0, 'without temporary files');
	is(ask($admin, "SELECT count(bt_index_check(c.oid, true)) > 10 FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace <> 'pg_toast'::regnamespace AND c.relpersistence = 'p'"),
		't', 'and its indexes are whole');
	return;
}

# ---- kill -9 of a backend, in each job ----

# Loaders have a second middle, where a batch's events are there and the rest is not.
my @loaders = map { { %$_, name => "$_->{name}, among problems", stuck => 'problems' } } grep { $_->{name} =~ /load_response_events/ } @jobs;
$right{ $_->{name} } = $right{ $_->{name} =~ s/, among problems//r } foreach @loaders;
for my $job (@jobs, @loaders)
{
	prepare($job);
	my $session = start_stuck($node, $job, $admin);
	my ($process, $type) = split / /, $session->{sleeper}, 2;
	like($type, $job->{settings} ? qr/^parallel worker$/ : qr/^client backend$/, "$job->{name}: the $type is in the middle");
	ok(is_in_the_middle($job), 'of the work');
	kill_backend($node, $process);
	end_session($session);
	server_is_back("kill -9 in $job->{name}");
	is_as_before($job, 'kill -9');
}

# ---- the end of the whole server, in all jobs at once ----

# Zombies do not count: not every init takes away what the server leaves to it. The next server counts the last one's
# first process all the same.
sub is_running { my ($process) = @_; return `ps -o stat= -p $process` =~ /^[^Z]/; }

sub end_server
{
	my ($what, $end) = @_;
	prepare($_) foreach @jobs;
	my @sessions = map { start_stuck($node, $_, $admin) } @jobs;
	my $first = ask($admin, "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)");
	my @others = split /\n/, ask($admin, 'SELECT pid FROM pg_stat_activity');
	$end->();
	end_session($_) foreach @sessions;
	ok(becomes(sub { !kill(0, $first) && !grep { is_running($_) } @others }), "no process of the server is left behind $what");
	$node->start;
	server_is_back($what);
	is_as_before($_, "$what in $_->{name}") foreach @jobs;
	return;
}

end_server('an immediate shutdown', sub { $node->stop('immediate') });
end_server('kill -9 of the server', sub { $node->kill9 });

end_session($admin);
is(join("\n", grep { /\Q$folder\E/ } `ps -e -o args=`), '', 'no program is left');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|leaked|still referenced/, 'nothing bad in the log');

$node->stop;
done_testing();
