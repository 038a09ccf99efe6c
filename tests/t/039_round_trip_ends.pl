# What fails next to the watch, and what it shows and tells then: errors of the client's in an idle session, errors of the
# watch's own, a loop whose leader changes, and runs of which only some count in a request.

use strict;
use warnings;

use OnetripTest qw(ask becomes end_session start_session);
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('ends');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE lists (id int PRIMARY KEY, n int);
CREATE TABLE notes (n int);
CREATE TABLE items (id int PRIMARY KEY, list_id int REFERENCES lists, v int);
INSERT INTO lists SELECT n, n FROM generate_series(1, 30) AS n;
INSERT INTO items SELECT n, n, n FROM generate_series(1, 30) AS n;
ANALYZE lists, items;
SQL
my $list = "SELECT id FROM lists ORDER BY id LIMIT 20;\n";
my $look_ups = each_of('SELECT v FROM items WHERE list_id = $n', 1 .. 20);

# ---- an error of the client's, and then nothing ----

my $session = start_session($node, settings => '-c onetrip.watch_gap=200ms');
ask($session, $_) foreach split /\n/, $list . $look_ups;
like(ask($session, 'INSERT INTO lists VALUES (1, 1)'), qr/^ERROR:  duplicate key/, 'the client has an error');
ok(becomes(sub { observe($node, 'SELECT statements FROM round_trips') eq '20' }), 'the pause after that ends an episode');
end_session($session);
observe($node, 'SELECT round_trips_reset()');

# ---- an error of the watch's own ----

# The server has looked at the tables; the names of columns are asked for by the watch. It waits for no lock.
$session = start_session($node, settings => '-c statement_timeout=60s');
ask($session, 'SELECT FROM lists, items, notes LIMIT 0');
my $blocker = start_session($node);
ask($blocker, 'BEGIN');
ask($blocker, 'LOCK TABLE pg_attribute IN ACCESS EXCLUSIVE MODE');
my $position = -s $node->logfile;
my @answers = map { ask($session, $_) } 'BEGIN', split(/\n/, $list . $look_ups), 'INSERT INTO notes VALUES (31)', 'COMMIT', 'SELECT n FROM notes';
is(scalar(grep { /ERROR/ } @answers), 0, 'the client goes on');
is($answers[-1], '31', 'and so does its transaction');
ask($blocker, 'COMMIT');
end_session($blocker);
end_session($session);
wait_for_exits($node);
is(observe($node, 'SELECT count(*) FROM round_trips'), '0', 'a loop that cannot be described has no row');
my @lines = slurp_file($node->logfile, $position) =~ /LOG:  (round trips: .*)/g;
is("@lines", 'round trips: a statement could not be described: canceling statement due to lock timeout', 'and a line in the log');

# ---- a loop whose leader changes ----

$session = start_session($node, settings => '-c onetrip.watch_values=off');
ask($session, $_) foreach 'BEGIN', 'SELECT id FROM lists', 'SELECT id FROM items LIMIT 12', (map { "SELECT v FROM items WHERE list_id = $_" } 1 .. 15), 'COMMIT';
is(observe($node, 'SELECT leader, statements FROM round_trips'), 'SELECT id FROM lists|15', 'the leader is the list with enough rows');
is(observe($node, 'SELECT count(*) FROM round_trips_now'), '0', 'a loop that has ended is not shown as the one that it was first');
end_session($session);

# ---- runs of a request and others ----

# What the view has of a script in which requests are known by their tags.
sub of_requests
{
	my ($script) = @_;
	observe($node, 'SELECT round_trips_reset()');
	run_script($node, "SET onetrip.watch_request = 'request_id';\n$script");
	# A request ends after the gap, or with the next one of as many that there is room for: the server's end tells of all.
	$node->restart;
	return observe($node, q{SELECT kind || ' ' || episodes || ' ' || statements FROM round_trips ORDER BY 1});
}
my $tag = " /* request_id='a' */";
my $tagged = sub { each_of("SELECT v FROM items WHERE list_id = \$n$tag", @_) };

is(of_requests($list . join '', map { "BEGIN;\nSELECT v FROM items WHERE list_id = $_$tag;\nUPDATE items SET v = v WHERE list_id = $_$tag;\nCOMMIT;\n" } 1 .. 20),
	"select 1 20\nupdate 1 20", 'small blocks: each run counts once');
is(of_requests("BEGIN;\n$list" . $tagged->(1 .. 15) . "SELECT v FROM items WHERE list_id = 16;\nCOMMIT;\n"), 'select 1 15', 'one run of no request is not among those of one');
is(of_requests("BEGIN;\n$list" . each_of('SELECT v FROM items WHERE list_id = $n', 1 .. 18) . $tagged->(19) . "COMMIT;\n"), 'select 1 18', 'nor is one of a request among those of none');
is(of_requests("BEGIN;\n$list" . $tagged->(1 .. 9) . each_of('SELECT v FROM items WHERE list_id = $n', 10 .. 18) . "COMMIT;\n"), '', 'too few of both are no loop');
is(of_requests($list . join '', map { "SELECT v FROM items WHERE list_id = $_;\nSELECT v FROM items WHERE list_id = $_ /* request_id='$_' */;\n" } 1 .. 9), '', 'nor are those of many requests, and others between');
is(of_requests($list . $tagged->(1) . each_of('SELECT v FROM items WHERE list_id = $n', 2 .. 10)), '', 'nor those after one of a request');
is(of_requests("BEGIN;\n$list" . $tagged->(1 .. 20) . "COMMIT;\n"), 'select 1 20', 'runs of a request are told there alone');

done_testing();
