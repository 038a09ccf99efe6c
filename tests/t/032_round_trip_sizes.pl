# The watch over round trips where much comes at once: long texts, many constants, many statements in one message, plans
# of many partitions, a table that is full.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('sizes', 'max_locks_per_transaction = 1024');

my $list = 'SELECT id FROM campagnes';
my $element = 'SELECT genre FROM campagnes WHERE id = $1';

# Ten times the statement in one transaction, each with its number for $n.
sub in_loop
{
	my ($statement, $before) = @_;
	my @runs = map { (my $run = $statement) =~ s/\$n/$_/g; "$run;\n" } 1 .. 10;
	$node->safe_psql('postgres', join '', "BEGIN;\n", $before // '', @runs, 'COMMIT');
	return;
}

sub seen
{
	my ($columns) = @_;
	return take_rows($node, $columns);
}

# ---- statements of one message ----

# Each is a leader of its own, of which the last before the loop leads; their texts are found where they stand in the message.
my @leaders = map { "SELECT id AS leader_$_" . (', id' x $_) . ' FROM campagnes WHERE id <= 12' } 1 .. 300;
for my $at (0, 150, 299)
{
	my @loop = map { "SELECT genre FROM campagnes WHERE id = $_;\n" } 1 .. 12;
	$node->safe_psql('postgres', "SET onetrip.watch_repeats = 12;\n" . join('\;', 'BEGIN', @leaders[ 0 .. $at ]) . ";\n" . join('', @loop)
		  . join('\;', @leaders[ $at + 1 .. 299 ], 'COMMIT') . ';');
	my $number = $at + 1;
	is( seen(q{substring(leader FROM 'leader_\d+'), leader LIKE '%FROM campagnes WHERE id <= $1' OR leader LIKE '%…', repeated, statements}),
		"leader_$number|t|$element|12",
		"leader $number of a message of 300");
}

# ---- long texts and many constants ----

# What is shown of a text is its first 1 kB; what is not shown costs nothing, and its parameters have their numbers.
my $constants = join ', ', 1 .. 50_000;
in_loop("SELECT genre FROM campagnes WHERE id = \$n AND id IN ($constants)");
is( seen(q{repeated LIKE 'SELECT genre FROM campagnes WHERE id = $1 AND id IN ($2, $3, $4, %, $1_3, $1_4%…', octet_length(repeated) BETWEEN 1000 AND 1024}),
	't|t', 'of many constants the first are shown');
my $long = 'x' x 200_000;
in_loop("SELECT '$long' || genre /* $long */ FROM campagnes WHERE id = \$n");
is(seen('repeated'), 'SELECT $1 || genre FROM campagnes WHERE id = $2', 'neither a long literal nor a long comment takes room');
in_loop("SELECT '$long' || genre FROM campagnes WHERE id = \$n");
is(seen('repeated'), 'SELECT $1 || genre FROM campagnes WHERE id = $2', 'what follows a long literal is shown');
$node->safe_psql('postgres', "PREPARE p(int) AS   SELECT 7, genre FROM campagnes WHERE id IN ($constants) AND id = \$1;\nBEGIN;\n" . join("\n", map { "EXECUTE p($_);" } 1 .. 10) . "\nCOMMIT");
is(seen(q{repeated LIKE 'SELECT $2, genre FROM campagnes WHERE id IN ($3, $4, %…'}), 't', 'parameters that are not shown have their numbers');

# ---- plans of many partitions ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE events (id int, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE days PARTITION OF events FOR VALUES FROM (0) TO (10000) PARTITION BY RANGE (id);
CREATE TABLE kinds (id int PRIMARY KEY, n int);
INSERT INTO kinds SELECT g, g FROM generate_series(1, 20) AS g;
DO $$
BEGIN
    FOR day IN 0 .. 199 LOOP
        EXECUTE format('CREATE TABLE day_%s PARTITION OF days FOR VALUES FROM (%s) TO (%s)', day, 10 * day, 10 * day + 10);
    END LOOP;
END $$;
INSERT INTO events SELECT g, g FROM generate_series(0, 1999) AS g;
ANALYZE events, kinds;
SQL
my @plans = (
	# The client named the partition that has the partitions, not the root.
	['SELECT n FROM days WHERE id = $n', 'SELECT id FROM days WHERE id < 20', q{select days.n with the leader's rows at once, which are rows of days}],
	['SELECT n FROM events WHERE id = $n', 'SELECT id FROM events WHERE id < 20', q{select events.n with the leader's rows at once, which are rows of events}],
	['SELECT id FROM days WHERE n = $n', 'SELECT id FROM kinds', 'join to the leader: JOIN days ON days.n = leader.id; or ask once: WHERE days.n = ANY($1)'],
	['SELECT count(*) FROM events WHERE n = $n', 'SELECT id FROM kinds', 'ask once for all of them: ... FROM events WHERE events.n = ANY($1) GROUP BY events.n (values without rows are missing there)'],
	# Of a write, what is compared is a column of the table that is written.
	['UPDATE events SET n = events.n FROM kinds WHERE kinds.n = events.n AND kinds.id = $n', 'SELECT id FROM kinds', 'one UPDATE events SET ... FROM (VALUES ...) AS v WHERE ...'],
	['UPDATE events SET n = events.n WHERE n = $n', 'SELECT id FROM kinds', 'if none reads what another of them wrote: one UPDATE events SET ... FROM (VALUES ...) AS v (n, ...) WHERE events.n = v.n; or, where all get the same, WHERE events.n = ANY($1)'],
	['DELETE FROM days WHERE n = -$n', 'SELECT id FROM kinds', 'one DELETE FROM days WHERE days.n = ANY($1)']);
for (@plans)
{
	my ($statement, $leader, $advice) = @$_;
	in_loop($statement, "$leader;\n");
	is(seen('split_part(advice, $$; no index$$, 1)'), $advice, $statement);
}

# A generic plan has all partitions, and its runs none but one, or none at all.
for my $id (5, -5)
{
	$node->safe_psql('postgres', <<"SQL" . join("\n", map { 'EXECUTE p(' . ($id + ($id > 0 ? $_ : -$_)) . ');' } 1 .. 10) . "\nCOMMIT");
SET plan_cache_mode = force_generic_plan;
PREPARE p(int) AS SELECT n FROM events WHERE id = \$1;
BEGIN;
$list;
SQL
	is(seen('split_part(advice, $$; no index$$, 1)'), 'join events by events.id to the leader; or ask once: WHERE events.id = ANY($1)', 'a generic plan of partitions, ' . ($id > 0 ? 'of which one is read' : 'of which none is read'));
}

# Subqueries by the hundred: what they compare is not what the statement asks for.
my $subqueries = join ', ', map { "(SELECT count(*) FROM messages WHERE template_id = campagnes.id + $_)" } 1 .. 300;
in_loop("SELECT $subqueries FROM campagnes WHERE id = \$n", "SELECT id FROM messages;\n");
is(seen('split_part(advice, $$; no index$$, 1)'), 'join to the leader: JOIN campagnes ON campagnes.id = leader.id; or ask once: WHERE campagnes.id = ANY($1)', 'a statement of 300 subqueries');

$node->stop;

# ---- a table that is full ----

# A loop of its own statement for each number, which is one of as many columns.
sub loop_of
{
	my ($number) = @_;
	return join "\n", map { "SELECT 'x$number' AS x$number" . (', 1' x $number) . ' FROM room;' } 1 .. 10;
}

# What makes room is what has been seen least recently, not what was told of first: a session tells late of a loop outside
# of a block.
my $full = start_watched_server('full', 'onetrip.watch_max = 10');
$full->safe_psql('postgres', 'CREATE TABLE room ()');
my ($in, $out, $err) = (loop_of(1) . "\n\\echo done\n", '', '');
my $late = IPC::Run::start([ 'psql', '-XAtq', '-d', $full->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err);
$late->pump until $out =~ /done/;
my $seen = q{SELECT string_agg(substring(repeated FROM 'x\d+'), ' ' ORDER BY last_seen) FROM round_trips};
for my $number (2 .. 13, 5)
{
	$full->safe_psql('postgres', "BEGIN;\n" . loop_of($number) . "\nCOMMIT");
}
is(observe($full, $seen), 'x4 x6 x7 x8 x9 x10 x11 x12 x13 x5', 'the least recently seen have made room');
$in .= "\\q\n";
$late->finish;
wait_for_exits($full);
is(observe($full, $seen), 'x1 x6 x7 x8 x9 x10 x11 x12 x13 x5', 'also for one that a session tells of late');
$full->safe_psql('postgres', "BEGIN;\n" . loop_of(14) . "\nCOMMIT");
is(observe($full, $seen), 'x6 x7 x8 x9 x10 x11 x12 x13 x5 x14', 'which makes room next');
observe($full, 'SELECT round_trips_reset()');
is(observe($full, 'SELECT count(*) FROM round_trips'), '0', 'reset empties it');
for my $number (1 .. 12)
{
	$full->safe_psql('postgres', "BEGIN;\n" . loop_of($number) . "\nCOMMIT");
}
is(observe($full, $seen), 'x3 x4 x5 x6 x7 x8 x9 x10 x11 x12', 'and it fills anew');
$full->stop;
done_testing();
