# Requests whose statements run in several sessions, as those of a pool: onetrip.watch_request.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('requests', "onetrip.watch_request = 'traceparent'", 'max_connections = 60', 'restart_after_crash = on');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id int REFERENCES users, title text);
CREATE INDEX ON posts (user_id);
INSERT INTO users SELECT 1000 + n, 'u' FROM generate_series(1, 40) AS n;
INSERT INTO posts SELECT 500000 + n, 1001 + n % 40, 't' FROM generate_series(1, 200) AS n;
CREATE ROLE one LOGIN;
CREATE ROLE other LOGIN;
GRANT SELECT ON users, posts TO one, other;
SQL

# A tag: the trace of this number, in another span each time.
my $span = 0;

sub trace
{
	my ($number) = @_;
	return sprintf(q{/*traceparent='00-%032x-%016x-01'*/}, $number, ++$span);
}

# Sends these lines, `session<TAB>statement`, and returns what the client prints.
my $file = PostgreSQL::Test::Utils::tempdir() . '/lines';

sub play
{
	my (@lines) = @_;
	PostgreSQL::Test::Utils::append_to_file($file, join '', map { "$_\n" } @lines);
	my $printed = run_client($node, 'handed_sessions', $file);
	unlink $file;
	return $printed;
}

# The last statement of a request, after which it has paused at once.
sub end_of
{
	my ($session, $tag) = @_;
	return ("$session\tSET onetrip.watch_gap = '1ms'", "$session\tSELECT * FROM (VALUES (1), (2)) AS v $tag", "$session\tRESET onetrip.watch_gap");
}

# What is in the view of these columns, a line a loop; then it is emptied.
sub seen
{
	my ($columns) = @_;
	my @statements = ("SELECT pg_sleep(0.01) \\g /dev/null", "SELECT $columns FROM round_trips ORDER BY repeated, role, statements;", 'SELECT round_trips_reset() \g /dev/null');
	return observe($node, join "\n", @statements, '');
}

my $list = 'SELECT id FROM users ORDER BY id LIMIT 20';
my @ids = 1001 .. 1020;
my $titles = sub { "SELECT title FROM posts WHERE user_id = $_[0]" };
my $name = sub { "SELECT name FROM users WHERE id = $_[0]" };
my $loop = 'SELECT title FROM posts WHERE user_id = $1';
my $numbers = 'leader, repeated, statements, sessions, evidence, leader_rows, episodes';

# Statements of a request, each in the next of so many sessions.
sub spread
{
	my ($sessions, $request, @statements) = @_;
	my $at = 0;
	return map { ($at++ % $sessions) . "\t$_ " . trace($request) } @statements;
}

# ---- one request in several sessions ----

play("0\t$list " . trace(1), spread(4, 1, map { $titles->($_) } @ids), end_of(0, trace(1)));
is(seen($numbers), "$list|$loop|20|4|order|20|1" =~ s/LIMIT 20/LIMIT \$1/r, 'a loop over four sessions');
play("0\t$list " . trace(2), spread(20, 2, map { $name->($_) } @ids), end_of(0, trace(2)));
is(seen('statements, rows, sessions, distinct_parameters'), '20|20|20|t', 'of one statement in each of twenty');
play("0\t$list " . trace(3), spread(1, 3, map { $titles->($_) } @ids), end_of(0, trace(3)));
is(seen('statements, sessions, evidence, leader_column'), '20|1|values|id', 'in one session by values');
play("0\tPREPARE p (int) AS SELECT title FROM posts WHERE user_id = \$1 " . trace(4), "0\t$list " . trace(4), (map { "0\tEXECUTE p($_)" } @ids), end_of(1, trace(4)));
is(seen('statements, sessions, leader IS NOT NULL'), '20|2|t', 'a prepared statement is of the request of its parse');
play((map { "0\tPREPARE of_$_ (int) AS SELECT title FROM posts WHERE user_id = \$1 " . trace($_) } 40, 41),
	"0\t$list " . trace(40), (map { "0\tEXECUTE of_40($_)" } @ids), "0\tEXECUTE of_41(1001)", (map { end_of(0, trace($_)) } 40, 41));
is(seen('statements, sessions, evidence, longest, traceparent LIKE ' . "'%28-%'"), '20|1|values|20|t', 'also where others of the same text but for the tag were parsed after it');
play("0\tBEGIN", (map { "0\tDECLARE of_$_ CURSOR FOR $list " . trace($_) } 42, 43), "0\tFETCH ALL FROM of_42", spread(3, 42, map { $titles->($_) } @ids), "0\tCOMMIT", end_of(0, trace(42)));
is(seen('statements, leader_rows, evidence'), '20|20|order', 'and a cursor is of the request of its declaration');
play("0\t$list " . trace(5), (map { my $s = $_ % 3; ("$s\tBEGIN", "$s\t" . $titles->($_) . ' ' . trace(5), "$s\tCOMMIT") } @ids), end_of(0, trace(5)));
is(seen('statements, sessions, transactions, evidence'), '20|3|20|order', 'a transaction each, as in a transaction pool');
play("0\t$list " . trace(6), spread(3, 6, (map { my $id = $_; (($titles->($id)) x 1, $name->($id)) } @ids)), end_of(0, trace(6)));
is(seen('leader IS NOT NULL, statements, sessions'), "t|20|3\nt|20|3", 'two loops next to one another have one leader');
play("0\t$list " . trace(7), spread(2, 7, map { $titles->(1001) } @ids), end_of(0, trace(7)));
is(seen('statements, distinct_parameters'), '20|f', 'the same look-up again and again');
play(spread(3, 8, map { "INSERT INTO users VALUES ($_ + 5000, 'n')" } @ids), end_of(0, trace(8)));
is(seen('kind, statements, sessions, transactions'), 'insert|20|3|20', 'writes');
play(spread(3, 9, map { "SELECT title FROM posts WHERE user_id IN ($_, $_ + 1, $_ + 2)" } @ids), end_of(0, trace(9)));
is(seen('statements'), '', 'statements that do many things at once are no loop');
play(spread(3, 10, map { "SELECT id, title FROM posts ORDER BY id LIMIT 5 OFFSET " . 5 * $_ } 0 .. 19), end_of(0, trace(10)));
is(seen('kind, leader, sessions'), 'page||3', 'nor are pages that different sessions read');

play("0\t$list " . trace(13), (map { (1 + $_ % 3) . "\t" . $titles->($_) . ' ' . trace(13) } @ids), end_of(0, trace(13)), "0\t$list " . trace(14), spread(1, 14, map { $titles->($_) } @ids), end_of(0, trace(14)));
is(seen('statements, episodes, evidence, leader_column'), '40|2|values|id', 'what a later request proves is said of the loop');
play("0\t$list " . trace(15), spread(1, 15, map { $titles->($_) } @ids[ 0 .. 9 ]), "0\tSELECT 1 /* onetrip:ignore */ " . trace(16), spread(1, 15, map { $titles->($_) } @ids[ 10 .. 19 ]), end_of(0, trace(15)));
is(seen('statements, evidence, episodes'), '20|values|1', 'an ignored statement ends no request');

play("0\tBEGIN", "0\t$list " . trace(17), spread(1, 17, map { $titles->($_) } @ids), "0\tCOMMIT", end_of(0, trace(17)));
is(seen('statements, transactions'), '20|1', 'one transaction is one');
play("0\tBEGIN", "0\tDECLARE c CURSOR FOR $list " . trace(18), "0\tFETCH ALL FROM c", spread(1, 18, map { $titles->($_) } @ids), "0\tCOMMIT", end_of(0, trace(18)));
is(seen('statements, leader_rows, evidence'), '20|20|values', 'the rows of a cursor lead');

# ---- requests that share sessions ----

my @first = ("$list " . trace(11), map { $titles->($_) . ' ' . trace(11) } @ids);
my @second = ("$list " . trace(12), map { $titles->($_) . ' ' . trace(12) } @ids[ 0 .. 4 ]);
my $turn = 0;
play((map { my $statement = $_; ($turn++ % 2) . "\t$statement" } map { ($first[$_], $second[$_] // ()) } 0 .. $#first), end_of(0, trace(11)), end_of(0, trace(12)));
is(seen('statements, sessions, episodes'), '20|2|1', 'another request in between is not part of it');
play("0\t$list " . trace(20), end_of(0, trace(20)), map { ("0\t" . $name->($ids[$_]) . ' ' . trace(21 + $_), "0\t" . $titles->($ids[$_]) . ' ' . trace(21 + $_)) } 0 .. 19);
is(seen('repeated, statements'), '', 'visitors who each open one of a list are no loop');
play((map { my $r = 50 + $_; ("0\tSELECT id FROM users ORDER BY id LIMIT 5 " . trace($r), map { "0\t" . $titles->($_) . ' ' . trace($r) } @ids[ 0 .. 4 ]) } 0 .. 19), end_of(0, trace(50)));
is(seen('repeated, statements'), '', 'nor are five of each of twenty requests');
play((map { ("$_\t$list", map { my $id = $_; "0\t" . $titles->($id) } @ids) } 0), end_of(0, trace(80)));
is(seen('statements, sessions, evidence'), '20|1|values', 'statements without a tag count as without the setting');
play("0\@one\t$list " . trace(81), (map { ($_ % 2 ? '0@one' : '1@other') . "\t" . $titles->($_) . ' ' . trace(81) } @ids), end_of(2, trace(81)));
is(seen('repeated, statements'), '', 'requests of two roles are two, whatever their names');
play("0\t$list /*traceparent='00-00000000000000000000000000000000-1-01'*/", (map { ($_ % 4) . "\t" . $titles->($_) . " /*traceparent='00-00000000000000000000000000000000-1-01'*/" } @ids));
is(seen('repeated, statements'), '', 'a trace of zeros names no request');

# ---- what follows ----

is( play("0\tSET onetrip.watch_action = error", "0\t$list " . trace(90), map { "0\t" . $titles->($_) . ' ' . trace(90) } @ids),
	'OT001 N+1: SELECT title FROM posts WHERE user_id = $1', 'a loop of a request raises once');
play(end_of(0, trace(90)));
is(seen('statements, episodes'), '19|2', 'and its runs count once, before the error or after it');
play("0\tBEGIN", "0\t$list " . trace(91), (map { "0\t" . $titles->($_) . ' ' . trace(91) } @ids), "0\tCOMMIT", "0\tBEGIN", "0\t$list " . trace(92),
	(map { "0\t" . $titles->($_) . ' ' . trace(92) } @ids), "0\tCOMMIT", end_of(0, trace(91)), end_of(0, trace(92)));
is(seen('statements, episodes, sessions'), '40|2|1', 'two requests are two episodes of a loop');

# ---- other keys ----

$node->append_conf('postgresql.conf', "onetrip.watch_request = 'request_id'");
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('onetrip.watch_request') = 'request_id'}) or die 'no reload';
for my $tag (q{/*action:show,request_id:7f-%41*/}, q{/*request_id='a%20b'*/})
{
	play("0\t$list $tag", (map { ($_ % 3) . "\t$tag " . $titles->($_) } @ids), end_of(0, $tag));
	is(seen('statements, sessions'), '20|3', "a request by $tag");
}
my $long = join ', ', map { "$_ AS c$_" } 1 .. 300;
play("0\t$list /*request_id=9*/ /*request_id:9*/", (map { ($_ % 3) . "\tSELECT $long, title FROM posts WHERE user_id = $_ /*request_id:9*/" } @ids), end_of(0, '/*request_id:9*/'));
is(seen(q{statements, sessions, repeated LIKE 'SELECT $1 AS c1,% … FROM posts WHERE user_id = $301'}), '20|3|t', 'in a long text, whose end is seen');
my ($status, $out, $err) = $node->psql('postgres', q{SET onetrip.watch_request = 'a, b'});
like($err, qr/invalid value for parameter "onetrip.watch_request": "a, b"\nDETAIL:  The key of a tag consists of letters, digits, "_", "-" and ".".\nHINT:  Name one key, as traceparent or request_id./, 'a key is one');
($status, $out, $err) = $node->psql('postgres', q{SET ROLE one; SET onetrip.watch_request = ''}, on_error_die => 0);
like($err, qr/permission denied to set parameter "onetrip.watch_request"/, 'which a superuser sets');

# ---- the table is full ----

# Each request has a loop, of two: those that make room are told too.
play((map { my $r = $_; ("0\tSET onetrip.watch_repeats = 2") x ($r == 1), map { "0\tSELECT id FROM users ORDER BY id LIMIT 3 /*request_id:r$r*/" } 1, 2 } 1 .. 2000), "0\tSELECT 1");
is( observe($node, 'SELECT episodes BETWEEN 400 AND 976, statements = 2 * episodes FROM round_trips'), 't|t', 'of too many open requests the oldest are told');
# Those of another role have room.
play((map { "$_\@other\tSELECT id FROM users ORDER BY id LIMIT 20 /*request_id:x*/" } 0), (map { ($_ % 4) . "\@other\t" . $titles->($_) . ' /*request_id:x*/' } @ids));
$node->restart;
is( observe($node, q{SELECT role, episodes, statements, sessions FROM round_trips ORDER BY role = 'other' DESC LIMIT 1}), 'other|1|20|4', 'a clean end tells of those that are open');
is(observe($node, q{SELECT episodes, statements FROM round_trips WHERE role <> 'other'}), '2000|4000', 'of all of them');
observe($node, 'SELECT round_trips_reset()');

# ---- kill -9, standby ----

play("0\t$list /*request_id:k*/", (map { ($_ % 3) . "\t" . $titles->($_) . ' /*request_id:k*/' } @ids));
kill 'KILL', $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'});
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM round_trips'), 'a crash empties the table');
play("0\t$list /*request_id:k*/", (map { ($_ % 3) . "\t" . $titles->($_) . ' /*request_id:k*/' } @ids), end_of(0, '/*request_id:k*/'));
is(seen('statements, sessions'), '20|3', 'which is in use again');
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('requests_standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
PostgreSQL::Test::Utils::append_to_file($file, join '', map { "$_\n" } "0\t$list /*request_id:s*/", (map { ($_ % 3) . "\t" . $titles->($_) . ' /*request_id:s*/' } @ids), end_of(0, '/*request_id:s*/'));
run_client($standby, 'handed_sessions', $file);
is($standby->safe_psql('postgres', "SELECT pg_sleep(0.01);\nSELECT statements, sessions FROM round_trips"), "\n20|3", 'a standby has requests too');

# ---- a small table ----

$standby->stop;
unlink $file;
$node->safe_psql('postgres', 'ALTER SYSTEM SET onetrip.watch_max = 10');
$node->restart;
observe($node, 'SELECT round_trips_reset()');

# A loop of ten, of a statement with so many columns.
sub loop_of
{
	my ($columns, $tag) = @_;
	my $titles_of = join ', ', ('title') x $columns;
	return ("0\t$list $tag", map { "0\tSELECT $titles_of FROM posts WHERE user_id = $_ $tag" } @ids[ 0 .. 9 ]);
}

# Has what has ended told.
sub told
{
	return ("1\tSELECT pg_sleep(0.01)", "1\tSELECT count(*) FROM round_trips");
}

# Loops without a request.
my @others = map { my $others = join ', ', ('title') x $_; ("1\tBEGIN", "1\t$list", (map { "1\tSELECT $others FROM posts WHERE user_id = $_" } @ids), "1\tCOMMIT") } 2 .. 31;
my $evicted = sub { observe($node, 'SELECT evictions FROM round_trips_total') };
play(loop_of(1, '/*request_id:h*/'), @others, end_of(0, '/*request_id:h*/'));
is(observe($node, q{SELECT statements FROM round_trips WHERE repeated = 'SELECT title FROM posts WHERE user_id = $1'}), '10', 'a loop whose request is open makes no room');
is($evicted->(), 31 - observe($node, 'SELECT count(*) FROM round_trips'), 'but others do');
observe($node, 'SELECT round_trips_reset()');
play(loop_of(1, '/*request_id:a*/'), end_of(0, '/*request_id:a*/'), told(), loop_of(1, '/*request_id:b*/'), (map { loop_of(1 + $_, "/*request_id:$_*/") } 1 .. 10), end_of(0, '/*request_id:b*/'), map { end_of(0, "/*request_id:$_*/") } 1 .. 10);
is(observe($node, q{SELECT count(*), sum(statements) FROM round_trips}), '10|100', 'if those of all are open, the oldest does');
is($evicted->(), '2', 'which counts, and so do the numbers that it has missed');

# Seventeen parts of an application with the same loop, and one more.
$node->safe_psql('postgres', 'ALTER SYSTEM SET onetrip.watch_max = 40');
$node->restart;
observe($node, 'SELECT round_trips_reset()');
my @tags = map { "/*request_id:$_,action:a$_*/" } 0 .. 17;
play((map { loop_of(1, $_) } @tags[ 0 .. 16 ]), end_of(0, $tags[0]), told(), loop_of(1, $tags[17]), map { end_of(0, $_) } @tags[ 1 .. 17 ]);
is(observe($node, q{SELECT count(*), sum(statements), sum(statements) FILTER (WHERE tags IS NULL), min(first_seen) > now() - interval '1 hour' FROM round_trips}),
	'17|180|20|t', 'loops whose requests are open are added up too');

done_testing();
