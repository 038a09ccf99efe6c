# Which column of the leader the advice joins by: labelled, computed and renamed columns, keys in either direction, and values
# that are computed. The look-ups for it neither wait for locks, nor take memory for long lists.

use strict;
use warnings;

use OnetripTest qw(ask end_session start_session);
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('joins', 'onetrip.watch_repeats = 3');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 60) AS n;
CREATE TABLE mails (id int PRIMARY KEY, sender int REFERENCES users, receiver int REFERENCES users);
INSERT INTO mails SELECT n, n, 61 - n FROM generate_series(1, 20) AS n;
CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES users);
CREATE INDEX ON books (author);
INSERT INTO books SELECT n, 1 + n % 3 FROM generate_series(1, 30) AS n;
CREATE TABLE nodes (id int PRIMARY KEY, parent int, name text);
INSERT INTO nodes SELECT n, 21 - n, 'n' || n FROM generate_series(1, 20) AS n;
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES users);
CREATE INDEX ON orders (customer);
INSERT INTO orders SELECT n, 61 - n FROM generate_series(1, 60) AS n;
CREATE VIEW orders_of AS SELECT o.id, o.customer AS customer_id, u.name FROM orders AS o JOIN users AS u ON u.id = o.customer;
CREATE VIEW turned AS SELECT author AS id, id AS author FROM books;
CREATE TABLE rates (id int PRIMARY KEY, rate numeric, note text, at timestamp);
CREATE INDEX ON rates (rate);
CREATE INDEX ON rates (note);
CREATE INDEX ON rates (at);
INSERT INTO rates SELECT n, n * 1.5, 'u' || n FROM generate_series(1, 60) AS n;
CREATE SCHEMA "a.b";
CREATE TABLE "a.b"."c.d" ("e.f" int PRIMARY KEY);
CREATE TABLE dotted ("g.h" int REFERENCES "a.b"."c.d");
CREATE INDEX ON dotted ("g.h");
INSERT INTO "a.b"."c.d" SELECT generate_series(1, 20);
SQL

# The leader's column and the advice for a loop over a list.
sub advised
{
	my ($list, $statement, @keys) = @_;
	run_script($node, "BEGIN;\n$list;\n" . each_of($statement, @keys ? @keys : 1 .. 5) . 'COMMIT');
	return take_rows($node, q{coalesce(leader_column, ''), advice});
}

# ---- which column of the leader ----

is(advised('SELECT mails.sender AS mails_sender FROM mails ORDER BY id', 'SELECT * FROM users WHERE id = $n'),
	'mails_sender|join: JOIN users ON users.id = mails.sender; or ask once: WHERE users.id = ANY($1)', 'a labelled column is its own');
is(advised('SELECT mails.receiver AS x FROM mails ORDER BY id', 'SELECT * FROM users WHERE id = $n', 56 .. 60),
	'x|join: JOIN users ON users.id = mails.receiver; or ask once: WHERE users.id = ANY($1)', 'and not that of another key');
is(advised('SELECT sender + 0 AS sender FROM mails ORDER BY id', 'SELECT * FROM users WHERE id = $n'),
	'sender|join to the leader: JOIN users ON users.id = leader.sender; or ask once: WHERE users.id = ANY($1)', 'a computed column is of no table');
is(advised('SELECT parent AS id FROM nodes ORDER BY nodes.id', 'SELECT id, name FROM nodes WHERE id = $n', reverse 16 .. 20),
	'id|join to the leader: JOIN nodes ON nodes.id = leader.id; or ask once: WHERE nodes.id = ANY($1)', "the parent's row is not the leader's");
is(advised('SELECT id FROM nodes', 'SELECT id, name FROM nodes WHERE id = $n'),
	q{id|select nodes.name with the leader's rows at once, which are rows of nodes}, "the leader's rows are");
is(advised('SELECT o.id FROM orders AS o JOIN users AS u ON u.id = o.customer', 'SELECT * FROM users WHERE id = $n'),
	'id|join to the leader: JOIN users ON users.id = leader.id; or ask once: WHERE users.id = ANY($1)', 'a column of one name of another table');
is(advised('SELECT "e.f" FROM "a.b"."c.d"', 'SELECT * FROM dotted WHERE "g.h" = $n'),
	'e.f|join: JOIN dotted ON dotted."g.h" = "a.b"."c.d"."e.f"; or ask once: WHERE dotted."g.h" = ANY($1)', 'names with dots');

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE papers (id int PRIMARY KEY, author int REFERENCES users, editor int REFERENCES users);
INSERT INTO papers SELECT n, 1 + n % 7, 1 + n * 3 % 7 FROM generate_series(1, 20) AS n;
UPDATE papers SET author = editor WHERE id = 3;
SQL
my $papers = 'SELECT id, author, editor FROM papers ORDER BY id';
for my $column (qw(author editor))
{
	my @keys = split /\n/, $node->safe_psql('postgres', "SELECT $column FROM papers ORDER BY id");
	my %seen;
	for my $asked ([ 'each', @keys ], [ 'each once', grep { !$seen{$_}++ } @keys ])
	{
		my ($how, @asked) = @$asked;
		is(advised($papers, 'SELECT * FROM users WHERE id = $n', @asked),
			"$column|join: JOIN users ON users.id = papers.$column; or ask once: WHERE users.id = ANY(\$1)", "of two columns with the same values: $column, $how");
	}
}

$node->safe_psql('postgres', <<'SQL');
CREATE DOMAIN number AS int;
CREATE DOMAIN key AS number CHECK (value > 0);
CREATE TABLE shelves (id key PRIMARY KEY);
INSERT INTO shelves SELECT generate_series(1, 6);
CREATE TABLE boxes (id key PRIMARY KEY, shelf key REFERENCES shelves);
CREATE INDEX ON boxes (shelf);
SQL
run_script($node, "SELECT id FROM shelves;\n" . each_of('SELECT id FROM boxes WHERE shelf = $n', 1 .. 6));
is(take_rows($node, 'evidence, leader_column, advice'),
	'values|id|join: JOIN boxes ON boxes.shelf = shelves.id; or ask once: WHERE boxes.shelf = ANY($1)', 'a domain is the type under it');

# ---- what is there already ----

is(advised('SELECT id FROM users', 'SELECT author FROM books WHERE author = $n'),
	'id|join: JOIN books ON books.author = users.id; or ask once: WHERE books.author = ANY($1)', 'of a user there need be no book');
is(advised('SELECT author FROM books', 'SELECT id FROM users WHERE id = $n', 1 .. 3),
	q{author|the value is there already: users.id is the leader's author}, 'of a book there is an author');

# ---- views ----

is(advised('SELECT id FROM users', 'SELECT * FROM turned WHERE author = $n'),
	'id|join to the leader: JOIN turned ON turned.author = leader.id; or ask once: WHERE turned.author = ANY($1)', 'a column that a view has renamed');
is(advised('SELECT id FROM users', 'SELECT * FROM turned WHERE id = $n', 1 .. 3),
	'id|join: JOIN turned ON turned.id = users.id; or ask once: WHERE turned.id = ANY($1)', 'to the name of another one');
# The planner compares users.id too, which is equal.
is(advised('SELECT id FROM users', 'SELECT * FROM orders_of WHERE customer_id = $n'), 'id|join to the leader: JOIN orders_of ON orders_of.customer_id = leader.id; or ask once: WHERE orders_of.customer_id = ANY($1)', 'a column that is equal to one which the view has not');


# ---- values that are computed ----

my $asked = '; or ask once: WHERE rates.rate = ANY($1)';
is(advised('SELECT id FROM users', 'SELECT * FROM rates WHERE rate = $n'),
	'id|join to the leader: JOIN rates ON rates.rate = leader.id' . $asked, 'a number of another type');
for my $case ([ '$n * 1.5', '' ], [ 'abs($n - 100)::numeric', '' ])
{
	is(advised('SELECT id FROM users', "SELECT * FROM rates WHERE rate = $case->[0]"), 'id|ask once for all of them: join rates to unnest($1)', "rate = $case->[0]");
}
is(advised('SELECT id FROM users', q{SELECT * FROM rates WHERE at = '2026-01-$n'::date + interval '1 hour'}, 10 .. 15), '|ask once for all of them: join rates to unnest($1)', 'a time');
is(advised("SELECT name FROM users;\nPREPARE p AS SELECT * FROM rates WHERE note = lower(\$1);\nSET LOCAL plan_cache_mode = force_generic_plan",
		q{EXECUTE p ('u$n')}), 'name|ask once for all of them: join rates to unnest($1)', 'a function of a parameter');
is(advised("SELECT id FROM users;\nPREPARE q (numeric) AS SELECT * FROM rates WHERE rate = \$1", 'EXECUTE q ($n.5)'),
	'|join rates by rates.rate to the leader' . $asked, 'a parameter of a type that is not kept');
is(advised("SELECT id FROM users;\nPREPARE r (numeric, int) AS SELECT * FROM rates WHERE rate = \$1 AND id > \$2", 'EXECUTE r ($n, -$n)'),
	'|join rates by rates.rate to the leader', 'and one that is a whole number, with another value next to it');

# ---- what an advice does not fit ----

is(advised('SELECT id FROM users', q{SELECT coalesce((SELECT note FROM rates WHERE id = $n), 'none')}),
	'id|join to the leader: LEFT JOIN rates ON rates.id = leader.id; or ask once: WHERE rates.id = ANY($1)', 'a value has a row where the table has none');

is(advised('SELECT id FROM users', 'SELECT name FROM users AS u WHERE id = $n LIMIT 1 OFFSET 1'),
	'id|join the whole query of each: JOIN LATERAL (SELECT ... FROM users WHERE users.id = leader.id ... LIMIT ...) AS t ON true', 'OFFSET of a key');
$node->safe_psql('postgres', 'CREATE TABLE ruled (id int); CREATE TABLE ruled_log (id int); CREATE RULE log AS ON INSERT TO ruled DO ALSO INSERT INTO ruled_log VALUES (new.id)');
is(advised('SELECT id FROM users', 'INSERT INTO ruled VALUES ($n)'), 'id|one INSERT INTO ruled with a row of VALUES for each', 'COPY heeds no rule');

# ---- neither locks nor memory ----

my $client = start_session($node);
my $other = start_session($node, settings => '-c onetrip.watch=off');
ask($client, "SET statement_timeout = '60s'");
ask($other, 'BEGIN; LOCK TABLE pg_constraint IN ACCESS EXCLUSIVE MODE');
ask($client, 'BEGIN');
ask($client, 'SELECT id FROM users');
ask($client, "SELECT id FROM books WHERE author = $_") for 1 .. 5;
unlike(ask($client, 'COMMIT'), qr/ERROR/, 'a lock of pg_constraint is not waited for');
is(take_rows($node, 'statements, advice'),
	'5|join to the leader: JOIN books ON books.author = leader.id; or ask once: WHERE books.author = ANY($1)', 'keys are not known then');
ask($other, 'ROLLBACK');

# Lists of 100,000 values over 100 partitions.
ask($other, 'CREATE TABLE parts (id int, part int) PARTITION BY HASH (part)');
ask($other, "CREATE TABLE parts_$_ PARTITION OF parts FOR VALUES WITH (MODULUS 100, REMAINDER $_)") for 0 .. 99;
ask($client, 'SET plan_cache_mode = force_generic_plan; PREPARE listed (int[]) AS SELECT count(part) FROM parts WHERE id = any($1)');
sub peak
{
	my ($pid) = @_;
	my ($size) = slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB$/m;
	return $size;
}
ask($client, 'SET onetrip.watch = off');
ask($client, 'EXECUTE listed ((SELECT array_agg(n) FROM generate_series(1, 100000) AS n))');
my $before = peak($client->{pid});
ask($client, 'SET onetrip.watch = on; BEGIN');
ask($client, "EXECUTE listed (array_prepend($_, (SELECT array_agg(n) FROM generate_series(1, 100000) AS n)))") for 1 .. 4;
ask($client, 'COMMIT');
cmp_ok(peak($client->{pid}) - $before, '<', 50_000, 'a long list takes no memory for each partition (kB)');

end_session($_) for $client, $other;

$node->stop;
done_testing();
