# What several of these tests need.
package OnetripTest;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT_OK = qw(answer ask becomes end_session is_answered kill_backend make_server private_memory random_seed reset_timeout send_query start_server
  start_session);

# make_server NAME, [SETTING...], OPTION => VALUE...: a server that finds the extension where it is staged, also to
# preload it. The settings are lines of its configuration, after those that all have; the options go to its init.
sub make_server
{
	my ($name, $settings, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--encoding=UTF8', '--locale=C' ], %options);
	my @settings = ("timezone = 'UTC'", 'autovacuum = off', 'jit = off');
	if ($ENV{ONETRIP_STAGE})
	{
		chomp(my $libraries = `pg_config --pkglibdir`);
		push @settings, "extension_destdir = '$ENV{ONETRIP_STAGE}'", "dynamic_library_path = '$ENV{ONETRIP_STAGE}$libraries:\$libdir'";
	}
	$node->append_conf('postgresql.conf', join "\n", @settings, @{ $settings // [] }, '');
	return $node;
}

# The same, running.
sub start_server
{
	my $node = make_server(@_);
	$node->start;
	return $node;
}

# Waits until something is so; false where it does not become so.
sub becomes
{
	my ($condition) = @_;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $condition->();
		usleep(100_000);
	}
	return 0;
}

# kill -9, until the server has seen it: before that it takes sessions which it then ends.
sub kill_backend
{
	my ($node, $backend) = @_;
	my $log = -s $node->logfile;
	kill 'KILL', $backend;
	$node->wait_for_log(qr/reinitializing/, $log);
	return;
}

# kB that a process has for itself alone. The counts of its status are approximate.
sub private_memory
{
	my ($process) = @_;
	slurp_file("/proc/$process/smaps_rollup") =~ /^Anonymous:\s+(\d+) kB/m or die "no memory of $process";
	return $1;
}

# The seed of what is random here; tests print it with what fails.
sub random_seed
{
	my $seed = $ENV{ONETRIP_SEED} // int rand 2**31;
	srand($seed);
	Test::More::note("ONETRIP_SEED=$seed repeats this run");
	return $seed;
}

# ---- sessions that are asked and looked after one by one -------------------------------------------

# start_session NODE, settings => 'psql options of the connection', verbosity => 'sqlstate'
sub start_session
{
	my ($node, %options) = @_;
	my %session = (in => '', out => '', err => '', asked => 0);
	my $connection = $node->connstr('postgres') . " options='" . ($options{settings} // '') . "'";
	$session{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
	$session{harness} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-q', '-v', 'VERBOSITY=' . ($options{verbosity} // 'default'), '-d', $connection ],
		'<', \$session{in}, '>', \$session{out}, '2>', \$session{err}, $session{timer});
	$session{pid} = ask(\%session, 'SELECT pg_backend_pid()');
	return \%session;
}

# Sends a query and does not wait.
sub send_query
{
	my ($session, $query) = @_;
	my $number = ++$session->{asked};
	($session->{out}, $session->{err}) = ('', '');
	$session->{timer}->start($PostgreSQL::Test::Utils::timeout_default);
	$session->{in} .= "$query;\n\\echo answered $number\n\\warn answered $number\n";
	$session->{harness}->pump_nb;
	return;
}

sub is_answered
{
	my ($session) = @_;
	my $end = qr/answered $session->{asked}\n/;
	return $session->{out} =~ $end && $session->{err} =~ $end;
}

# What the session says to the last query, errors after its rows; with what it could still say where
# its server is gone.
sub answer
{
	my ($session) = @_;
	while (!is_answered($session) && $session->{harness}->pumpable)
	{
		eval { $session->{harness}->pump; 1 } or $@ =~ /ended prematurely|Broken pipe/ or die $@;
	}
	(my $answer = $session->{out} . $session->{err}) =~ s/answered \d+\n//g;
	$answer =~ s/^psql:.*?: ((?:ERROR|FATAL):)/$1/mg;
	chomp $answer;
	return $answer;
}

sub ask
{
	my ($session, $query) = @_;
	send_query($session, $query);
	return answer($session);
}

# On a busy machine a timeout may stop what takes it back, too.
sub reset_timeout
{
	my ($session) = @_;
	1 while ask($session, 'RESET statement_timeout') =~ /57014|statement timeout/;
	return;
}

sub end_session
{
	my ($session) = @_;
	$session->{in} .= "\\q\n";
	eval { $session->{harness}->finish; 1 } or $session->{harness}->kill_kill;
	return;
}

1;
