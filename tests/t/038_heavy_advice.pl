# What heavy_plans advises, followed: each makes its statement at least five times cheaper, in blocks read and rows handled. Plain queries
# are not named. And heavy_results the same, in bytes.

use strict;
use warnings;

use JSON::PP qw(decode_json);
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('advice', 'onetrip.heavy_cost = 10000', 'max_parallel_workers_per_gather = 0', 'jit = off');
$node->safe_psql('postgres', <<'SQL');
CREATE UNLOGGED TABLE owners (id int PRIMARY KEY, name text);
INSERT INTO owners SELECT n, 'owner ' || n FROM generate_series(1, 50000) AS n;
CREATE INDEX ON owners (name);
CREATE UNLOGGED TABLE parcels (id int PRIMARY KEY, owner int, kind int, code text);
INSERT INTO parcels SELECT n, 1 + n % 50000, (n * 7919::bigint % 5000)::int, 'code ' || n FROM generate_series(1, 1000000) AS n;
CREATE INDEX ON parcels (owner);
CREATE INDEX ON parcels (code);
CREATE UNLOGGED TABLE orders (id int PRIMARY KEY, placed date);
INSERT INTO orders SELECT n, date '2026-01-01' + n % 100 FROM generate_series(1, 6000) AS n;
CREATE INDEX ON orders (placed);
SQL
for my $n (1 .. 8)
{
	$node->safe_psql('postgres', "CREATE UNLOGGED TABLE part_$n (id int PRIMARY KEY, order_id int, note text);
INSERT INTO part_$n SELECT n, 1 + n % 6000, 'n' FROM generate_series(1, 18000) AS n; CREATE INDEX ON part_$n (order_id)");
}
$node->safe_psql('postgres', 'VACUUM (ANALYZE) owners, parcels, orders, ' . join ', ', map { "part_$_" } 1 .. 8);

# Blocks that a statement's plan reads and rows that its nodes hand on, in all.
sub rows_of
{
	my ($plan) = @_;
	my $rows = $plan->{'Actual Rows'} * $plan->{'Actual Loops'};
	$rows += rows_of($_) foreach @{ $plan->{Plans} // [] };
	return $rows;
}

sub work_of
{
	my (@statements) = @_;
	my $work = 0;
	for my $statement (@statements)
	{
		my $explained = $node->safe_psql('postgres', "SET onetrip.watch = off; EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) $statement");
		my $plan = decode_json($explained)->[0]{Plan};
		$work += rows_of($plan) + $plan->{'Shared Hit Blocks'} + $plan->{'Shared Read Blocks'};
	}
	return $work;
}

# Runs a statement, and returns the advice on it.
sub advice_on
{
	my ($statement) = @_;
	$node->safe_psql('postgres', 'SELECT round_trips_reset()');
	$node->safe_psql('postgres', "\\o /dev/null\n$statement");
	return $node->safe_psql('postgres', "SELECT advice FROM heavy_plans WHERE query NOT LIKE '%heavy_plans%'");
}

sub is_cheaper
{
	my ($before, $after, $what) = @_;
	cmp_ok($before, '>=', 5 * $after, "$what: $before to $after");
	return;
}

# A filter without an index.
my $filter = 'SELECT code FROM parcels WHERE kind = 77';
my $before = work_of($filter);
my $advice = advice_on($filter);
like($advice, qr/parcels is read whole for less than 1 % of its rows: CREATE INDEX CONCURRENTLY ON public\.parcels \(kind\)$/, 'an index is advised');
(my $ddl = $advice) =~ s/.*(?=CREATE INDEX)//;
$node->safe_psql('postgres', $ddl);
is_cheaper($before, work_of($filter), 'with the index');
is(advice_on($filter), '', 'and it is named no longer');

# A queryset of 24 branches.
my @branches = map { ("o.name = 'owner " . 101 * $_ . q{'}, "p.code = 'code " . 7001 * $_ . q{'}) } 1 .. 12;
my $query = 'SELECT p.id FROM parcels AS p JOIN owners AS o ON o.id = p.owner WHERE ';
my $ored = $query . join ' OR ', @branches;
like(advice_on($ored), qr/^24 branches of one OR: collect the keys first and compare with = ANY\(\$1\), or a SELECT for each branch with UNION between them$/, 'of branches');
my $union = join ' UNION ', map { "$query$_" } @branches;
is($node->safe_psql('postgres', "SELECT count(*) FROM (($ored) EXCEPT ($union)) AS d"), '0', 'the same rows');
is_cheaper(work_of($ored), work_of($union), 'a SELECT for each branch');
my $keys = join ' UNION ', (map { "SELECT p.id FROM parcels AS p WHERE $_" } grep { /^p/ } @branches), map { "SELECT p.id FROM owners AS o JOIN parcels AS p ON p.owner = o.id WHERE $_" } grep { /^o/ } @branches;
my $found = join ', ', split /\n/, $node->safe_psql('postgres', $keys);
is_cheaper(work_of($ored), work_of($keys, "SELECT id FROM parcels WHERE id = ANY(ARRAY[$found])"), 'keys first');
is(advice_on($union), '', 'which is not named');

# A join of nine tables.
my $joined = 'SELECT * FROM orders AS o ' . join(' ', map { "LEFT JOIN part_$_ AS p$_ ON p$_.order_id = o.id" } 1 .. 8) . " WHERE o.placed = '2026-03-01'";
like(advice_on($joined), qr/^9 tables in one query: split it, read the keys of the first tables and then the others WHERE \.\.\. = ANY\(\$1\)/, 'of tables');
my $first = "SELECT * FROM orders WHERE placed = '2026-03-01'";
my $ids = join ', ', map { (split /\|/)[0] } split /\n/, $node->safe_psql('postgres', $first);
my @parts = ($first, map { "SELECT * FROM part_$_ WHERE order_id = ANY(ARRAY[$ids])" } 1 .. 8);
is_cheaper(work_of($joined), work_of(@parts), 'a statement for each table');
is(join('', map { advice_on($_) } @parts), '', 'none of which is named');

# Plain queries.
is( join('', map { advice_on($_) } 'SELECT * FROM parcels WHERE id = 7', 'SELECT * FROM parcels WHERE owner = 7 ORDER BY id LIMIT 10', 'SELECT o.name, p.code FROM parcels AS p JOIN owners AS o ON o.id = p.owner WHERE p.id = 9',
		'SELECT * FROM orders', 'SELECT count(*) FROM orders', 'SELECT placed, count(*) FROM orders GROUP BY placed', "UPDATE parcels SET code = 'x' WHERE id = 3", 'SELECT id FROM parcels ORDER BY id LIMIT 20'),
	'', 'plain queries are not named');

# A result of which most is one column.
$node->safe_psql('postgres', q{CREATE UNLOGGED TABLE letters (id int, subject text, body text); INSERT INTO letters SELECT n, 's', repeat(md5(n::text), 30) FROM generate_series(1, 20000) AS n; SELECT round_trips_reset()});
$node->safe_psql('postgres', "\\o /dev/null\nSET onetrip.heavy_rows = -1;\nSELECT id, subject, body FROM letters;\nSELECT id, subject FROM letters");
is($node->safe_psql('postgres', 'SELECT query, advice FROM heavy_results'), 'SELECT id, subject, body FROM letters|leave out column body (99 % of the bytes) where it is not needed', 'the widest column');

done_testing();
