# What a session does about its own loops: watch_action, watch_ignore.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('action');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE authors (id int PRIMARY KEY, name text);
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors, title text);
CREATE INDEX ON books (author_id);
INSERT INTO authors SELECT 100 + n, 'a' FROM generate_series(1, 20) AS n;
INSERT INTO books SELECT n, 101 + n % 20, 't' FROM generate_series(1, 80) AS n;
CREATE FUNCTION walk() RETURNS void LANGUAGE plpgsql AS
    'BEGIN FOR i IN 101..120 LOOP PERFORM title FROM books WHERE author_id = i; END LOOP; END';
CREATE ROLE app LOGIN;
GRANT ALL ON authors, books TO app;
ANALYZE;
SQL

# What a client gets to see of a script, with SQLSTATEs, and the rows of the view after it.
sub answers
{
	my ($script) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$script", on_error_stop => 0);
	wait_for_exits($node);
	$err =~ s/\d+\.\d ms/# ms/g;
	$err =~ s/^psql:<stdin>:\d+: //mg;
	return $err =~ s/^(?:LOCATION|LINE|STATEMENT).*\n?//mgr =~ s/\s+\z//r;
}

my $list = "SELECT id FROM authors;\n";
my $look_up = 'SELECT title FROM books WHERE author_id = $n';
my $loop = 'select|SELECT id FROM authors|SELECT title FROM books WHERE author_id = $1';

sub text
{
	my ($level) = @_;
	return <<"TEXT" =~ s/\n\z//r;
$level:  OT001: N+1: SELECT title FROM books WHERE author_id = \$1
DETAIL:  It ran 9 times before (# ms in the server, # ms of waiting), for the 20 rows of: SELECT id FROM authors
HINT:  Join: JOIN books ON books.author_id = authors.id; or ask once: WHERE books.author_id = ANY(\$1).
TEXT
}

# ---- outside of a transaction ----

# The first value is none of the list: until it is seen that the others are, these are writes by order.
my $insert = "INSERT INTO books VALUES (\$n, 101, 't')";
is(answers("SET onetrip.watch_action = error;\n$list" . each_of($insert, 1000, 101 .. 108)), '', 'nine writes are nine, whatever leads them');
like(answers("SET onetrip.watch_action = error;\n$list" . each_of($insert, 1001, 109 .. 118)), qr/^DETAIL:  It ran 10 times before/m, 'and the tenth for half of the list makes a loop');
$node->safe_psql('postgres', 'DELETE FROM books WHERE id > 100; SELECT round_trips_reset()');
is(answers("SET onetrip.watch_action = error;\nSET onetrip.watch_request = 'request_id';\nBEGIN;\n$list" . each_of($look_up, 101 .. 109) . each_of("$look_up /*request_id='a'*/", 110 .. 118) . "COMMIT;\n"),
	'', 'nine of no request and nine of one are no loop');

# ---- in a transaction ----

like(answers("SET onetrip.watch_action = notice;\nBEGIN;\n$list" . each_of("$look_up /*controller='books'*/", 101 .. 110) . "COMMIT;\n"),
	qr/^DETAIL:  It ran 9 times before \(.*\), tagged controller=books, for the 20 rows of: /m, 'with tags');
is(observe($node, 'SELECT transactions FROM round_trips; SELECT round_trips_reset()'), "1\n", 'in one transaction');
answers("SET onetrip.watch_action = error;\nBEGIN;\n$list" . each_of($look_up, 101 .. 110) . "ROLLBACK;\n");
is(observe($node, 'SELECT statements, transactions FROM round_trips; SELECT round_trips_reset()'), "9|1\n", 'which a failed statement does not add to');

for my $action (qw(notice warning error))
{
	is(answers("SET onetrip.watch_action = $action;\nBEGIN;\n$list" . each_of($look_up, 101 .. 110) . "ROLLBACK;\n"), text(uc $action), "$action at the tenth");
	is(loops($node), "$loop|1|" . ($action eq 'error' ? '9|9' : '10|10') . '|20|t', 'the loop is in the view, though the transaction was rolled back');
	is(answers("SET onetrip.watch_action = $action;\nBEGIN;\n$list" . each_of($look_up, 101 .. 109) . "COMMIT;\n"), '', 'not at the ninth');
	is(loops($node), '', 'which is no loop');
}
is(answers("BEGIN;\n$list" . each_of($look_up, 101 .. 120) . "COMMIT;\n"), '', 'nothing is said by default');
loops($node);

# A savepoint survives it. The loop is answered once, and counted from 0 after it.
is( answers("SET onetrip.watch_action = error;\nBEGIN;\n$list"
	  . each_of($look_up, 101 .. 109) . "SAVEPOINT s;\n" . each_of($look_up, 110) . "ROLLBACK TO s;\n" . each_of($look_up, 110 .. 120) . "COMMIT;\n"),
	text('ERROR'), 'once a transaction');
is(loops($node), "$loop|1|20|20|20|t", 'in which 20 statements ran');

# What a library asks about each table that it first uses is none of the code under test.
is(answers("SET onetrip.watch_action = error;\nBEGIN;\n$list" . each_of("SELECT attname FROM pg_attribute WHERE attrelid = 'books'::regclass AND attnum = \$n", 1 .. 20) . "COMMIT;\n"),
	'', 'statements of catalogs alone raise nothing');
is($node->safe_psql('postgres', "SELECT statements, leader IS NULL FROM round_trips WHERE repeated LIKE '%pg_attribute%'; SELECT round_trips_reset()"), "20|f\n", 'and are in the view');

# ---- outside of one ----

is(answers("SET onetrip.watch_action = error;\n$list" . each_of($look_up, 101 .. 119)), text('ERROR'), 'outside of a block');
is(loops($node), "$loop|1|9|9|20|t", 'the count begins at 0 after it') or diag('9 more are none');
my $blocks = join '', map { "BEGIN;\n" . each_of("$look_up;\nUPDATE books SET title = 'u' WHERE id = \$n", $_) . "COMMIT;\n" } 101 .. 115;
like(answers("SET onetrip.watch_action = notice;\n$list$blocks"), qr/\A\Q${\ text('NOTICE')}\E\nNOTICE:  OT001: N\+1: UPDATE books SET title = \$1 WHERE id = \$2\n[^\n]*\nHINT:  One UPDATE books [^\n]*\z/,
	'a transaction for each row');
loops($node);
is( answers("SET onetrip.watch_action = warning;\nBEGIN;\n$list" . each_of(q{INSERT INTO books VALUES (1000 + $n, $n, 'new')}, 101 .. 112) . "ROLLBACK;\n") =~ s/\n.*//sr,
	'WARNING:  OT001: N+1: INSERT INTO books VALUES ($1 + $2, $3, $4)', 'row by row');
loops($node);

# ---- for whom ----

is(answers("SET onetrip.watch_action = error;\n$list" . "SELECT walk();\n"), '', 'never inside of functions');
is(answers("SET onetrip.watch_action = error;\nBEGIN;\n$list" . each_of('SELECT title FROM books WHERE author_id IN (1, 2, $n)', 101 .. 120) . "COMMIT;\n"), '', 'nor what asks for many at once');
$node->safe_psql('postgres', 'ALTER ROLE app SET onetrip.watch_action = error; ALTER ROLE app SET onetrip.watch_repeats = 3');
like(answers("\\c - app\nBEGIN;\n$list" . each_of($look_up, 101 .. 103) . "ROLLBACK;\n"), qr/^ERROR:  OT001: N\+1: SELECT title FROM books WHERE author_id = \$1$/m, 'settings of a role');
foreach my $last (103, 104, 120)
{
	my @raised = answers("\\c - app\n" . ("BEGIN;\n$list" . each_of($look_up, 101 .. $last) . "ROLLBACK;\n") x 6) =~ /^DETAIL:  It ran (\d+) times before/mg;
	is("@raised", '2 2 2 2 2 2', "each of six tests raises at the third of $last");
}
is(answers("\\c - app\nSET onetrip.watch_action = none;\nBEGIN;\n$list" . each_of($look_up, 101 .. 120) . "ROLLBACK;\n"), '', 'which it may change');
loops($node);
is(answers("PREPARE p AS SELECT title FROM books WHERE author_id = \$1;\nSET onetrip.watch_action = error;\nBEGIN;\n$list" . each_of('EXECUTE p($n)', 101 .. 110) . "ROLLBACK;\n"),
	text('ERROR'), 'a prepared statement');
loops($node);

# ---- excuses ----

my $passed = "SET onetrip.watch_action = error;\n";
for my $script ("BEGIN;\nSET LOCAL onetrip.watch_ignore = on;\n$list" . each_of($look_up, 101 .. 130) . "COMMIT;\n",
	"BEGIN;\n$list" . each_of("/* onetrip:ignore */ $look_up", 101 .. 130) . "COMMIT;\n",
	$list . each_of("$look_up -- onetrip:ignore\n", 101 .. 130),
	"PREPARE p AS SELECT title FROM books WHERE author_id = \$1 /* onetrip:ignore */;\nBEGIN;\n$list" . each_of('EXECUTE p($n)', 101 .. 130) . "COMMIT;\n",
	"/* onetrip:ignore */ $list" . each_of($look_up, 101 .. 130))
{
	is(answers($passed . $script), '', 'excused');
	is(loops($node), '', 'and not in the view');
}
is(answers("$passed/* onetrip:ignore */ SELECT 1\\; $list" . each_of($look_up, 101 .. 110)), text('ERROR'), 'a comment is for its own statement');
loops($node);
is( answers("SET onetrip.watch_action = notice;\nBEGIN;\n$list" . join '', map { each_of($look_up, $_) . "SELECT name FROM authors /* onetrip:ignore */;\n" } 101 .. 112),
	text('NOTICE'), 'what is excused leads nothing');

# Pages are no loop, and are not answered: what limits a statement is known before it has run.
loops($node);
foreach my $pages (each_of('SELECT id FROM books ORDER BY id LIMIT 5 OFFSET $n', map { 5 * $_ } 0 .. 12), each_of('SELECT id FROM books WHERE id > $n ORDER BY id LIMIT 5', map { 5 * $_ } 0 .. 12),
	each_of('SELECT a.name, b.title FROM (SELECT id, name FROM authors ORDER BY id LIMIT 2 OFFSET $n) AS a LEFT JOIN books AS b ON b.author_id = a.id', 0 .. 12))
{
	is(answers("SET onetrip.watch_action = error;\nBEGIN;\n$list${pages}COMMIT"), '', 'who reads page by page is not stopped');
	is(take_rows($node, 'kind, statements'), 'page|13', 'and told of');
}

$node->stop;
done_testing();
