# A server on which onetrip watches from its start.

package RoundTripServer;

use strict;
use warnings;

use Exporter 'import';
use OnetripTest qw(ask is_answered start_server start_session);
use PostgreSQL::Test::Utils;

our @EXPORT = qw(start_watched_server observe run_client run_script wait_for_exits loops take_rows each_of);

# A client that is slow to send something must not end an episode outside of a block by that.
sub start_watched_server
{
	my ($name, @settings) = @_;
	my $node = start_server($name, [ "shared_preload_libraries = 'onetrip'", "onetrip.watch_gap = '1h'", @settings ], allows_streaming => 1);
	$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO campagnes SELECT n, 'AFRIQUE', 'A', '2026-11-01', '2026-11-30' FROM generate_series(1, 12) AS n;
INSERT INTO messages SELECT n, 1 + n % 12, n, n FROM generate_series(1, 60) AS n;
ANALYZE;
SELECT round_trips_reset();
SQL
	return $node;
}

# Asks a session that looks at the node and is not watched itself, since a psql each time would take longer than what is
# asked. Where it has gone with its server another takes its place.
my %observers;

sub observe
{
	my ($node, $query) = @_;
	for (1 .. 2)
	{
		my $observer = $observers{ $node->name } //= start_session($node, settings => '-c onetrip.watch=off');
		my $answer = ask($observer, $query);
		return $answer if is_answered($observer) && $answer !~ /^server closed the connection/m;
		delete $observers{ $node->name };
	}
	die 'the server of ' . $node->name . ' does not answer';
}

# Outside of a block a session tells of its last loops when it ends, which is after its client has gone: only when all have
# ended is everything in the view. One session looks until it is alone: of several, each would have to wait for the one
# before.
sub wait_for_exits
{
	my ($node) = @_;
	my $turns = 100 * $PostgreSQL::Test::Utils::timeout_default;
	my $error = observe($node, <<"SQL");
DO \$\$
BEGIN
    FOR i IN 1..$turns LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid());
        ASSERT i < $turns, 'sessions do not end';
        PERFORM pg_sleep(0.01);
    END LOOP;
END \$\$
SQL
	die $error if $error ne '';
	return;
}

# Runs a script in psql, until its session has ended.
sub run_script
{
	my ($node, $script) = @_;
	$node->safe_psql('postgres', $script);
	wait_for_exits($node);
	return;
}

# Runs a client of tests/clients in Debian's Python, until its session has ended, and returns what it prints.
sub run_client
{
	my ($node, $client, @arguments) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	my ($out, $err) = ('', '');
	my @command = ('/usr/bin/python3', "tests/clients/$client.py", @arguments);
	IPC::Run::run(\@command, '<', \undef, '>', \$out, '2>', \$err) or die "@command: $err";
	wait_for_exits($node);
	chomp $out;
	return $out;
}

# These columns of the view, a line a loop in the order in which they were first seen; then it is emptied.
sub take_rows
{
	my ($node, $columns, $order) = @_;
	$order //= 'first_seen, repeated';
	return observe($node, "SELECT $columns FROM round_trips ORDER BY $order;\nSELECT round_trips_reset() \\g /dev/null\n");
}

# The view: what does not depend on time.
sub loops
{
	my ($node) = @_;
	return take_rows($node, 'kind, leader, repeated, episodes, statements, longest, leader_rows, distinct_parameters',
		'repeated COLLATE "C", leader COLLATE "C"');
}

# A statement for each of these numbers, which stand for $n.
sub each_of
{
	my ($statement, @numbers) = @_;
	return join '', map { my $run = $statement =~ s/\$n/$_/gr; "$run;\n" } @numbers;
}

1;
