# The watch on a coordinator of Citus and on its workers: writes whose plans show no ModifyTable, and sessions that are
# another server's. tests/t/hiding_planner.c makes such plans.

use strict;
use warnings;

use OnetripTest qw(becomes);
use RoundTripServer;
use PostgreSQL::Test::Utils;
use Test::More;

my ($library, $exposing) = map { PostgreSQL::Test::Utils::tempdir() . "/$_" } qw(hiding_planner exposing_planner);
chomp(my $headers = `pg_config --includedir-server`);
for my $made ([$library], [ $exposing, '-DEXPOSED' ])
{
	my ($name, @flags) = @$made;
	system_or_bail('cc', '-shared', '-fPIC', '-Wall', '-Werror', @flags, '-isystem', $headers, '-o', "$name.so", 'tests/t/hiding_planner.c');
}

my $node = start_watched_server('hidden');
$node->safe_psql('postgres', 'CREATE TABLE written (a int PRIMARY KEY, b int); INSERT INTO written SELECT n, n FROM generate_series(1, 40) AS n');

sub twenty
{
	my ($statement) = @_;
	return join "\n", map { $statement =~ s/\$n/$_/gr . ';' } 1 .. 20;
}

sub kind_and_advice
{
	return observe($node, 'SELECT kind, advice FROM round_trips ORDER BY kind; SELECT round_trips_reset()') =~ s/\n\z//r;
}

# What the watch says of twenty of these, each a plan that hides what it does.
sub of_hidden
{
	my ($statement, $by) = @_;
	run_script($node, 'LOAD \'' . ($by // $library) . "';\nBEGIN;\n" . twenty($statement) . "\nCOMMIT;");
	return kind_and_advice();
}

like($node->safe_psql('postgres', "LOAD '$library'; EXPLAIN (COSTS OFF) INSERT INTO written VALUES (0)"), qr/^Custom Scan \(Hiding\)$/,
	'the plan hides the node');
observe($node, 'SELECT round_trips_reset()');

for my $case (
	[ 'INSERT INTO written VALUES (100 + $n)', 'insert|one INSERT INTO written with a row of VALUES for each' ],
	[ 'INSERT INTO written VALUES (100 + $n) ON CONFLICT DO NOTHING', 'insert|one INSERT INTO written with a row of VALUES for each' ],
	[ 'UPDATE written SET b = $n WHERE a = $n', 'update|one UPDATE written SET ... FROM (VALUES ...) AS v WHERE ...' ],
	[ 'DELETE FROM written WHERE a = $n', 'delete|one DELETE FROM written USING (VALUES ...) AS v WHERE ...' ],
	[ 'MERGE INTO written USING (SELECT $n AS n) AS s ON a = n WHEN MATCHED THEN UPDATE SET b = NULL',
		'update|one MERGE INTO written USING (VALUES ...) AS v ON ...' ])
{
	my ($statement, $says) = @$case;
	is(of_hidden($statement), $says, $statement);
}

# What is below such a node compares columns of all tables, and not the written one's alone.
$node->safe_psql('postgres', 'CREATE TABLE others (id int PRIMARY KEY, n int); INSERT INTO others SELECT n, n FROM generate_series(1, 40) AS n');
for my $case (
	[ 'UPDATE written SET b = b + 1 FROM others WHERE n = $n AND id = a', qr/^update\|one UPDATE written SET / ],
	[ 'DELETE FROM written USING others WHERE n = $n AND id = a AND b > 0', qr/^delete\|one DELETE FROM written USING / ])
{
	my ($statement, $says) = @$case;
	like(of_hidden($statement, $exposing), $says, "$statement, exposed");
}

# A session of this name, in which a block asks twenty times.
sub of_session
{
	my ($name) = @_;
	run_script($node, "SET application_name = '$name';\nBEGIN;\n" . twenty('SELECT b FROM written WHERE a = $n') . "\nCOMMIT;");
	return kind_and_advice();
}

like(of_session('citus'), qr/^select\|/, 'a client whose name begins as that of Citus does is watched');
is(of_session("citus_internal$_"), '', "a session named citus_internal$_ is another server's") for '', ' gpid=10000000001', '_backend';

done_testing();
