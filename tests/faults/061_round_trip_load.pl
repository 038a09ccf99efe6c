# 32 sessions in loops at the same time, some with tags: whether all is counted, whether they wait for the watch's locks, also
# if the table is full, and what resets, readers and a kill -9 do to them.
#
# ONETRIP_LOAD_SECONDS is how long each load runs.

use strict;
use warnings;

use OnetripTest qw(ask becomes end_session kill_backend start_session);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;
use Time::HiRes qw(usleep);

my $seconds = $ENV{ONETRIP_LOAD_SECONDS} // 3;
my ($sessions, $turns) = (32, 12);
my $node = start_watched_server('load', 'max_connections = 60', 'restart_after_crash = on', 'fsync = off');

# A list and a look-up for each of its elements in a transaction; the same by sessions that say who they are.
my $folder = PostgreSQL::Test::Utils::tempdir;
my %script = map { ($_ => "$folder/$_.sql") } qw(untagged tagged requests reader);
my $loop = sub { join "\n", 'BEGIN;', 'SELECT id FROM campagnes;', (map { "SELECT genre FROM campagnes WHERE id = ${_}$_[0];" } 1 .. $turns), 'COMMIT;', '' };
append_to_file($script{untagged}, $loop->(''));
append_to_file($script{tagged}, $loop->(" /* controller='c:client_id',action='index' */"));
# Each transaction is a request of its own, of which there are far more at a time than have a place.
append_to_file($script{requests}, "\\set request random(1, 1000000000)\n" . $loop->(" /* request_id=':request' */"));
append_to_file($script{reader}, <<'SQL');
SELECT round_trips_reset();
SELECT count(advice) FROM round_trips;
SELECT count(repeated) FROM round_trips_now;
SELECT sum(statements) FROM round_trips_total;
SQL

sub start_load
{
	my ($clients, @scripts) = @_;
	my ($out, $err) = ('', '');
	my @command = ('pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', $clients, '-j', 2, '-T', $seconds, map({ ('-f', $script{$_}) } @scripts), 'postgres');
	return { out => \$out, run => IPC::Run::start(\@command, '<', \undef, '>', \$out, '2>', \$err), err => \$err };
}

# How many transactions there were; dies if one failed.
sub end_load
{
	my ($load) = @_;
	$load->{run}->finish or die ${ $load->{err} };
	return ${ $load->{out} } =~ /^number of transactions actually processed: (\d+)/m ? $1 : die ${ $load->{out} };
}

# The sessions that are at work, and those of them that wait for a lock of the watch, as often as can be seen while the load runs.
sub sample
{
	my ($load) = @_;
	my ($session, $busy, $waiting) = (start_session($node, settings => '-c onetrip.watch=off'), 0, 0);
	while ($load->{run}->pumpable)
	{
		$load->{run}->pump_nb;
		my ($active, $ours) = split /\|/, ask($session, q{SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'LWLock' AND wait_event LIKE 'onetrip%')
			FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle' AND wait_event IS DISTINCT FROM 'ClientRead'});
		$busy += $active;
		$waiting += $ours;
		usleep(20_000);
	}
	end_session($session);
	return ($busy, $waiting);
}

sub try_load
{
	my ($name, @scripts) = @_;
	@scripts = ('untagged', 'tagged') unless @scripts;
	$node->safe_psql('postgres', 'SELECT round_trips_reset()');
	my $load = start_load($sessions, @scripts);
	my ($busy, $waiting) = sample($load);
	my $transactions = end_load($load);
	wait_for_exits($node);
	# The last requests end when nothing more has come of them for a while.
	my $told = $transactions . '|' . $turns * $transactions;
	$node->poll_query_until('postgres', q{SELECT loops, statements FROM round_trips_total WHERE database = 'postgres'}, $told);
	is($node->safe_psql('postgres', q{SELECT loops, statements FROM round_trips_total WHERE database = 'postgres'}),
		$told, "$name: each loop of each session counts");
	note("$name: $transactions transactions, of $busy samples at work $waiting wait for the watch");
	# Each run of a request takes a lock for a moment; on a busy machine its holder may lose the processor in just that moment.
	my $share = $name eq 'requests' ? 10 : 100;
	cmp_ok($waiting, '<=', 1 + $busy / $share, "$name: hardly any session waits for another's loop");
	return;
}

try_load('a table with room');
is($node->safe_psql('postgres', q{SELECT count(*), count(tags), sum(statements) = (SELECT statements FROM round_trips_total WHERE database = 'postgres') FROM round_trips}),
	'17|15|t', 'sixteen variants are a row each, with tags all but one, and the others are one together');

$node->append_conf('postgresql.conf', "onetrip.watch_max = 10\n");
$node->restart;
try_load('a full table');
is($node->safe_psql('postgres', q{SELECT count(*) <= 10, (SELECT evictions > 0 FROM round_trips_total WHERE database = 'postgres') FROM round_trips}), 't|t', 'rows make room');

$node->append_conf('postgresql.conf', "onetrip.watch_request = request_id\nonetrip.watch_gap = 1s\n");
$node->reload;
try_load('requests', 'requests');
$node->append_conf('postgresql.conf', "onetrip.watch_request = ''\nonetrip.watch_gap = 1h\n");
$node->reload;

# ---- resets and readers, and a session that is killed ----

my @loads = (start_load($sessions, 'untagged', 'tagged'), start_load(4, 'reader'));
cmp_ok(end_load($_), '>', 0, 'loops, resets and readers run at the same time') foreach @loads;
wait_for_exits($node);
is($node->safe_psql('postgres', 'SELECT count(*) FROM round_trips_now'), '0', 'no loop is left running');

my $load = start_load($sessions, 'untagged');
$node->poll_query_until('postgres', 'SELECT count(*) > 0 FROM round_trips');
kill_backend($node, $node->safe_psql('postgres', q{SELECT min(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()}));
$load->{run}->finish;
ok(becomes(sub { ($node->psql('postgres', 'SELECT 1'))[0] == 0 }), 'the server is back after a kill -9');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM round_trips), (SELECT count(*) FROM round_trips_now)'), '0|0', 'with nothing of before');
try_load('after it');

$node->stop;
done_testing();
