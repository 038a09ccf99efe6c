# Advice that is followed to the letter has the rows and the effects of the loop: what the client named is written and not what
# the planner made of it (views, rules, partial indexes), and a name means one table only.

use strict;
use warnings;

use OnetripTest;
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('advice', 'onetrip.watch_repeats = 3');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE authors (id int PRIMARY KEY, boss int REFERENCES authors, name text);
INSERT INTO authors SELECT n, nullif(n, 1) - 1, 'a' || n FROM generate_series(1, 20) AS n;
CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors, title text, gone boolean NOT NULL DEFAULT false);
CREATE INDEX ON books (author);
INSERT INTO books SELECT n, 1 + n % 20, 'b' || n, n % 3 = 0 FROM generate_series(1, 100) AS n;
CREATE VIEW live AS SELECT title, author AS owner, id FROM books WHERE NOT gone;
CREATE TABLE drafts (id int, author int, gone timestamptz);
CREATE UNIQUE INDEX ON drafts (author) WHERE gone IS NULL;
INSERT INTO drafts SELECT n, n, CASE WHEN n > 10 THEN now() END FROM generate_series(1, 20) AS n;
CREATE TABLE stock (shop int, item int, n int, PRIMARY KEY (shop, item));
INSERT INTO stock SELECT s, i, s * i FROM generate_series(1, 5) AS s, generate_series(1, 5) AS i;
CREATE TABLE rights (person int);
CREATE TABLE v (id int PRIMARY KEY, n int);
CREATE TABLE old (a int, b int);
CREATE TABLE new (b int, a int);
CREATE RULE elsewhere AS ON INSERT TO old DO INSTEAD INSERT INTO new VALUES (new.b, new.a);
SQL

# The advice for a loop over a list, without a missing index.
sub advised
{
	my ($list, $statement, @keys) = @_;
	run_script($node, "BEGIN;\n$list;\n" . each_of($statement, @keys ? @keys : 1 .. 5) . 'ROLLBACK');
	return take_rows($node, q{split_part(advice, '; no index', 1)});
}
my $authors = 'SELECT id FROM authors ORDER BY id';

# ---- what the client named ----

is(advised($authors, 'DELETE FROM live WHERE owner = $n'), 'one DELETE FROM live WHERE live.owner = ANY($1)', 'rows of a view are deleted there');
is(advised($authors, q{UPDATE live SET title = 'x' WHERE owner = $n AND title <> 'b1'}),
	'one UPDATE live SET ... FROM (VALUES ...) AS v (owner, ...) WHERE live.owner = v.owner AND ...', 'and updated');
is(advised($authors, q{INSERT INTO live VALUES ('x', $n, 1000 + $n)}), 'one INSERT INTO live with a row of VALUES for each', 'and inserted');
is(advised($authors, 'INSERT INTO old VALUES ($n, 1)'), 'one INSERT INTO old with a row of VALUES for each', 'and so are those of a rule');

# ---- all conditions ----

is(advised($authors, 'SELECT id FROM drafts WHERE author = $n AND gone IS NULL'),
	'join to the leader: JOIN drafts ON drafts.author = leader.id AND ...; or ask once: WHERE drafts.author = ANY($1) AND ...', 'a condition that an index has');
is(advised($authors, 'SELECT EXISTS (SELECT FROM drafts WHERE author = $n AND gone IS NULL)'),
	'ask once which of them there are: SELECT DISTINCT drafts.author FROM drafts WHERE drafts.author = ANY($1) AND ...', 'in a subquery too');
run_script($node, "BEGIN;\n$authors;\n" . each_of('SELECT id FROM drafts WHERE author = $n AND gone IS NULL', 1 .. 5) . 'COMMIT');
unlike(take_rows($node, 'advice'), qr/no index/, 'that index begins with the column');
is(advised($authors, 'SELECT title FROM books WHERE author = $n AND EXISTS (SELECT FROM rights WHERE person = 3)'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id AND ...) AS t ON true', 'a condition that is the same for all rows');
is(advised('SELECT shop, item FROM stock WHERE shop = item', 'SELECT n FROM stock WHERE shop = $n AND item = $n'),
	'join to the leader: JOIN stock ON stock.shop = leader.shop AND ...; or ask once: WHERE (stock.shop, ...) IN (VALUES ...)', 'both columns of a key');
is(advised('SELECT shop, item FROM stock WHERE shop = item', 'SELECT n FROM stock WHERE shop = $n AND item = $n AND n > 0'),
	'join to the leader: JOIN stock ON stock.shop = leader.shop AND ...; or ask once: WHERE (stock.shop, ...) IN (VALUES ...) AND ...', 'and a third condition');

like(advised($authors, 'SELECT o.title FROM books AS o JOIN books AS p ON p.id = o.author WHERE o.author = $n'),
	qr/WHERE books\.\w+ = ANY\(\$1\) AND \.\.\.$/, 'columns that are equal are compared with one value');

# ---- one name, one table ----

is(advised('SELECT id, boss FROM authors ORDER BY id OFFSET 1', 'SELECT name FROM authors WHERE id = $n'),
	'join to the leader: JOIN authors ON authors.id = leader.boss; or ask once: WHERE authors.id = ANY($1)', 'a table that is the leader\'s too');
is(advised($authors, 'SELECT name FROM authors AS a WHERE NOT EXISTS (SELECT FROM books WHERE author = $n AND books.id = a.id)'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = leader.id AND ...) AS t ON true', 'in a subquery, a name is its own');
is(advised('SELECT id FROM authors', 'UPDATE v SET n = n WHERE id = $n'),
	'one UPDATE v SET ... FROM (VALUES ...) AS given (id, ...) WHERE v.id = given.id; or, where all get the same, WHERE v.id = ANY($1)', 'a table of the name of the values');

# ---- rows that are written ----

is(advised(q{INSERT INTO books (id, author) SELECT 100 + n, 1 FROM generate_series(1, 5) AS n RETURNING id}, 'SELECT title, gone FROM books WHERE id = $n', 101 .. 105),
	'let RETURNING give books.title, books.gone with the rows of books that are written', 'a statement does not see what it writes');
is(advised(q{UPDATE authors SET name = 'x' WHERE id < 10 RETURNING id}, 'SELECT title FROM books WHERE author = $n'),
	'ask once: SELECT ... FROM books WHERE books.author = ANY($1)', 'nor do others in a WITH of it');
is(advised($authors, 'INSERT INTO v SELECT $n, 1 WHERE NOT EXISTS (SELECT FROM v WHERE id = $n)'), 'one INSERT INTO v SELECT ... for all of them', 'rows that lack');
is(advised($authors, 'INSERT INTO v VALUES ($n, (SELECT max(id) FROM books))'), 'one INSERT INTO v with a row of VALUES for each', 'COPY computes nothing');
is(advised($authors, 'INSERT INTO v VALUES ($n, extract(year FROM now())::int)'), 'one INSERT INTO v with a row of VALUES for each', 'and asks for no time');
is(advised($authors, 'INSERT INTO v SELECT $n, extract(year FROM now())::int'), 'one INSERT INTO v with a row of VALUES for each', 'by a SELECT either');
is(advised($authors, 'INSERT INTO v SELECT $n, 7'), 'one INSERT INTO v with a row of VALUES for each, or COPY v FROM STDIN', 'of nothing but values');
is(advised($authors, q{INSERT INTO v (id, n) VALUES ($n, '7'::int)}), 'one INSERT INTO v with a row of VALUES for each, or COPY v FROM STDIN', 'it reads values');

# ---- reads of what is written in between ----

$node->safe_psql('postgres', 'CREATE TABLE numbers (n int); CREATE TABLE accounts (id int PRIMARY KEY, n int); INSERT INTO accounts VALUES (1, 0)');
my $between = 'the session writes %s in between: let RETURNING give what is read, or read and write in one statement';
sub interleaved
{
	run_script($node, "BEGIN;\n" . each_of(join(";\n", @_), 1 .. 5) . 'COMMIT');
	return take_rows($node, 'advice', q{kind <> 'select'}) =~ s/\n.*//sr;
}
is(interleaved('SELECT coalesce(max(n), 0) + 1 FROM numbers', 'INSERT INTO numbers VALUES ($n)'), sprintf($between, 'numbers'), 'a number that is taken');
is(interleaved('UPDATE accounts SET n = n + 1 WHERE id = 1', 'SELECT n FROM accounts WHERE id = 1'), sprintf($between, 'accounts'), 'a sum that grows');
is(interleaved('WITH w AS (INSERT INTO numbers VALUES ($n) RETURNING n) SELECT n FROM w', 'SELECT count(*) FROM numbers'),
	sprintf($between, 'numbers'), 'a write in WITH');
is(interleaved('UPDATE accounts SET n = n + $n WHERE id = 1', q{SELECT name FROM authors WHERE id = 1}),
	'ask once and keep the result: authors.id is compared with the same value each time', 'what is written is another table');
run_script($node, "INSERT INTO numbers VALUES (1);\nBEGIN;\n" . each_of('SELECT max(n) FROM numbers', 1 .. 5) . 'COMMIT');
is(take_rows($node, 'advice'), 'ask once and keep the result of numbers: it is the same statement each time', 'or was written before');

# ---- writes in parts ----

$node->safe_psql('postgres', 'CREATE TABLE queue (id int PRIMARY KEY, at int); INSERT INTO queue SELECT n, n FROM generate_series(1, 30000) AS n');
for my $rows (100, 5)
{
	my $is_row = $rows < 100 ? qr/\|120$/ : qr/^$/;
	for my $part ("DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id LIMIT $rows)", "UPDATE queue SET at = 0 WHERE id BETWEEN 15000 + 100 * \$n AND 15000 + 100 * \$n + $rows - 1")
	{
		run_script($node, each_of($part, 1 .. 120));
		like(take_rows($node, 'kind, statements'), $is_row, "a hundred rows are worth a trip: $part");
	}
}

# ---- rows of several subqueries ----

my $whole = 'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id ...) AS t ON true';
is(advised($authors, 'SELECT (SELECT count(*) FROM books WHERE author = $n), (SELECT count(*) FROM stock WHERE shop = $n)'), $whole, 'two counts');
is(advised($authors, 'SELECT EXISTS (SELECT FROM books WHERE author = $n) OR EXISTS (SELECT FROM books WHERE id = $n)'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.id = leader.id ...) AS t ON true', 'one or the other');
is(advised($authors, 'SELECT EXISTS (SELECT FROM books WHERE author = $n HAVING count(*) > 5)'), $whole, 'more than some');
is(advised($authors, 'SELECT ARRAY(SELECT title FROM books WHERE author = $n)'), $whole, 'an array of each');

$node->stop;
done_testing();
