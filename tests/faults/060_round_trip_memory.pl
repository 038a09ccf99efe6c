# The memory of round trips: who sees what of it, databases and encodings, its size, crashes, standby.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('memory', 'onetrip.watch_max = 10', 'restart_after_crash = on');

# Ten times the statement in one transaction.
sub in_loop
{
	my ($statement) = @_;
	return "BEGIN;\n" . ("$statement;\n" x 10) . 'COMMIT';
}

# A loop of its own statement for each number: one of as many columns.
sub run_loop
{
	my ($number, @arguments) = @_;
	return $node->psql('postgres', in_loop("SELECT 'x$number' AS x$number" . (', 1' x $number)), @arguments);
}

# ---- rights ----

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE alice LOGIN;
CREATE ROLE bob LOGIN;
CREATE ROLE watcher LOGIN IN ROLE pg_read_all_stats;
CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0;
CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0;
SQL
$node->safe_psql($_, 'CREATE EXTENSION onetrip') foreach ('latin', 'ascii');

sub as_role
{
	my ($role, $query) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query, extra_params => [ '-U', $role ], on_error_die => 0);
	return $out . $err;
}

run_loop(1, extra_params => [ '-U', 'alice' ]);
run_loop(1, extra_params => [ '-U', 'bob' ]);
my $all = 'SELECT database, role, statements, leader IS NULL, repeated, advice IS NOT NULL FROM round_trips ORDER BY database, role';
my $text = 'SELECT $1 AS x1, $2';
is(as_role('alice', $all), "postgres|alice|10|t|$text|t\npostgres|bob|10|t||f", 'a user sees no texts of others');
is(as_role('bob', $all), "postgres|alice|10|t||f\npostgres|bob|10|t|$text|t", 'but their own');
is(as_role('watcher', $all), "postgres|alice|10|t|$text|t\npostgres|bob|10|t|$text|t", 'pg_read_all_stats sees all');
for my $role ('alice', 'watcher')
{
	like(as_role($role, 'SELECT round_trips_reset()'), qr/ERROR:  permission denied for function round_trips_reset/, "$role may not reset");
	like(as_role($role, 'SET onetrip.watch = off'), qr/ERROR:  permission denied to set parameter "onetrip.watch"/, 'nor turn the watch off');
}
is(as_role('alice', "SET ROLE NONE;\nSELECT count(*) FROM round_trips WHERE repeated IS NOT NULL"), '1', 'in a session of their own');
$node->safe_psql('postgres', "SET ROLE bob;\n" . in_loop('SELECT 3 AS bobs'));
like(as_role('bob', 'SELECT string_agg(repeated, $$;$$) FROM round_trips'), qr/bobs/, 'the role is the current one');

# ---- databases and encodings ----

$node->safe_psql('postgres', 'SELECT round_trips_reset()');
my %bytes = (postgres => "\xc3\xa9\xe2\x82\xac", latin => "\xe9", ascii => "\xff\xfe");
for my $database (sort keys %bytes)
{
	local $ENV{PGCLIENTENCODING} = $node->safe_psql($database, 'SHOW server_encoding');
	$node->safe_psql($database, in_loop("SELECT 1 AS \"$bytes{$database}\""));
	$node->safe_psql($database, in_loop('SELECT ' . join(', ', map { "'$bytes{$database}' AS spalte_$_" } 1 .. 100)));
}
for my $database (sort keys %bytes)
{
	local $ENV{PGCLIENTENCODING} = $database eq 'postgres' ? 'UTF8' : $node->safe_psql($database, 'SHOW server_encoding');
	is( $node->safe_psql($database, 'SELECT database, count(*), max(octet_length(repeated)) <= 1024, bool_or(repeated LIKE $$%spalte_50%$$) FROM round_trips GROUP BY 1 ORDER BY 1'),
		"ascii|2|t|t\nlatin|2|t|t\npostgres|2|t|t", "all databases are seen from $database");
	(my $own = $node->safe_psql($database, "SELECT repeated FROM round_trips WHERE database = '$database' AND repeated NOT LIKE '%spalte%'")) =~ s/\n//g;
	is($own, "SELECT \$1 AS \"$bytes{$database}\"", "a text in the encoding of $database");
	like($node->safe_psql($database, "SELECT repeated FROM round_trips WHERE database = '$database' AND repeated LIKE '%spalte%'"),
		$database eq 'latin' ? qr/\.\.\.$/ : qr/\xE2\x80\xA6$/, "and cut in $database");
}
is( $node->safe_psql('latin', q{SELECT repeated = 'SELECT $1 AS "' || chr(233) || '?"' FROM round_trips WHERE database = 'postgres' AND repeated NOT LIKE '%spalte%'}),
	't', 'what an encoding does not have is a question mark');
is( $node->safe_psql('postgres', q{SELECT repeated = U&'SELECT $1 AS "\00e9"' FROM round_trips WHERE database = 'latin' AND repeated NOT LIKE '%spalte%'}),
	't', 'and what it has is converted');

# ---- size ----

$node->safe_psql('postgres', 'SELECT round_trips_reset()');
run_loop($_) foreach (1 .. 10, 1, 11 .. 14);
is( $node->safe_psql('postgres', q{SELECT string_agg(substring(repeated FROM 'x\d+'), ' ' ORDER BY last_seen) FROM round_trips}),
	'x6 x7 x8 x9 x10 x1 x11 x12 x13 x14', 'the least recently seen makes room');
is($node->safe_psql('postgres', q{SELECT episodes, statements FROM round_trips WHERE repeated LIKE '%x1,%'}), '2|20', 'what is seen again stays and adds up');

# ---- compute_query_id ----

my ($status, $out, $err) = $node->psql('postgres', "SET compute_query_id = off;\n" . in_loop('SELECT 1 AS unseen') . ";\nSELECT count(*) FROM round_trips WHERE repeated LIKE '%unseen%'");
like($out, qr/\n0$/, 'without identifiers nothing is seen');
like($err, qr/WARNING:  round trips are not watched while compute_query_id is off\n.*HINT:  Set compute_query_id to auto or on\./s, 'and the view says so');

# ---- standby ----

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT count(*) FROM round_trips'), '0', 'a standby has a memory of its own');
run_script($standby, "SELECT id FROM campagnes;\n" . join("\n", map { "SELECT genre FROM campagnes WHERE id = $_;" } 1 .. 12));
is($standby->safe_psql('postgres', 'SELECT leader, repeated, statements FROM round_trips'), 'SELECT id FROM campagnes|SELECT genre FROM campagnes WHERE id = $1|12', 'and watches too');
$standby->stop;

# ---- crash ----

my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'});
kill 'KILL', $pid;
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM round_trips'), 'after a crash the memory is empty');
run_loop(1);
is($node->safe_psql('postgres', 'SELECT count(*) FROM round_trips'), '1', 'and in use');
$node->restart;
is($node->safe_psql('postgres', 'SELECT count(*) FROM round_trips'), '1', 'a clean restart keeps it');

# ---- without preload ----

$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nLOAD 'onetrip';\nSELECT * FROM round_trips");
like($err, qr/ERROR:  55000: round trips are not watched\n.*HINT:  Add onetrip to shared_preload_libraries and restart the server\./s, 'loaded later it says what to do');
is($node->safe_psql('postgres', q{SELECT crc32_mpeg2('\x') IS NOT NULL, (SELECT count(*) FROM missing_fk_indexes), (SELECT count(*) FROM pg_settings WHERE name LIKE 'onetrip.%' AND name NOT IN ('onetrip.watch_gap', 'onetrip.watch_max'))}),
	't|0|0', 'all else works, and there are no settings');

$node->stop;
done_testing();
