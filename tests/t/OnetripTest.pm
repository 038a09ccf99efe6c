# What several of these tests need.
package OnetripTest;

use strict;
use warnings;

use Errno;
use Exporter 'import';
use IO::Handle;
use IPC::Open3 qw(open3);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Symbol qw(gensym);
use Time::HiRes qw(usleep);

our @EXPORT_OK = qw(answer ask becomes end_session is_answered kill_backend make_server private_memory pump_session random_seed reset_timeout send_query start_server
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
	my @command = ('psql', '-X', '-A', '-t', '-q', '-v', 'VERBOSITY=' . ($options{verbosity} // 'default'), '-d', $connection);
	$session{process} = open3($session{to}, my $out, my $err = gensym, @command);
	$session{from} = { out => $out, err => $err };
	$session{to}->blocking(0);
	$session{pid} = ask(\%session, 'SELECT pg_backend_pid()');
	return \%session;
}

# Moves what can be moved to and from psql, and waits so many seconds until something can. False after psql's end. IPC::Run
# takes ten times as long for this, which counts where sessions are asked ten thousand times.
sub pump_session
{
	my ($session, $seconds) = @_;
	my $from = $session->{from};
	return 0 unless %$from;
	my ($readable, $writable) = ('', '');
	vec($readable, fileno $from->{$_}, 1) = 1 foreach keys %$from;
	vec($writable, fileno $session->{to}, 1) = 1 if $session->{in} ne '';
	return 1 unless select($readable, $writable, undef, $seconds) > 0;
	write_to_psql($session) if $session->{in} ne '' && vec($writable, fileno $session->{to}, 1);
	foreach my $name (grep { vec($readable, fileno $from->{$_}, 1) } keys %$from)
	{
		sysread($from->{$name}, $session->{$name}, 65536, length $session->{$name}) or delete $from->{$name};
	}
	return 1;
}

# What a psql that has ended does not take is of no use.
sub write_to_psql
{
	my ($session) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $written = syswrite $session->{to}, $session->{in};
	return if !defined $written && $!{EAGAIN};
	substr($session->{in}, 0, $written // length $session->{in}) = '';
	return;
}

# Sends a query and does not wait.
sub send_query
{
	my ($session, $query) = @_;
	my $number = ++$session->{asked};
	($session->{out}, $session->{err}) = ('', '');
	$session->{deadline} = time + $PostgreSQL::Test::Utils::timeout_default;
	$session->{in} .= "$query;\n\\echo answered $number\n\\warn answered $number\n";
	pump_session($session, 0);
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
	while (!is_answered($session) && pump_session($session, 1))
	{
		die "no answer in time: $session->{out}$session->{err}" if time > $session->{deadline};
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
	my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
	$session->{in} .= "\\q\n";
	while (pump_session($session, 1))
	{
		kill 'KILL', $session->{process} if time > $deadline;
	}
	waitpid $session->{process}, 0;
	return;
}

1;
