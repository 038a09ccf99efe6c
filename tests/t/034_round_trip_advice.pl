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

# ---- of columns that are equal, the one that the client names ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE writers (id int PRIMARY KEY, name text);
CREATE TABLE texts (id int PRIMARY KEY, writer int, other int, gone boolean NOT NULL DEFAULT false);
CREATE TABLE notes (id int PRIMARY KEY, text int);
INSERT INTO writers SELECT n, 'w' || n FROM generate_series(1, 20) AS n;
INSERT INTO texts SELECT n, 1 + n % 17, n FROM generate_series(1, 60) AS n;
INSERT INTO notes SELECT n, n % 60 FROM generate_series(1, 90) AS n;
CREATE VIEW outer_texts AS SELECT w.id AS k, t.writer AS writer_of_text, t.id AS text FROM writers AS w LEFT JOIN texts AS t ON t.writer = w.id;
CREATE VIEW live_texts AS SELECT id AS text, writer AS author FROM texts WHERE NOT gone;
CREATE VIEW live_again AS SELECT author AS again, text FROM live_texts;
CREATE VIEW all_notes AS SELECT id AS note, text AS of_text FROM notes;
SQL
my $any = 'join to the leader: JOIN %1$s ON %1$s.%2$s = leader.id%3$s; or ask once: WHERE %1$s.%2$s = ANY($1)%3$s';
for my $case (
	[ 'outer_texts WHERE writer_of_text = $n', 'outer_texts', 'writer_of_text', '' ],
	[ 'outer_texts WHERE k = $n', 'outer_texts', 'k', '' ],
	[ 'writers AS w LEFT JOIN texts AS t ON t.writer = w.id WHERE t.writer = $n', 'texts', 'writer', ' AND ...' ],
	[ 'writers AS w LEFT JOIN texts AS t ON t.writer = w.id WHERE w.id = $n', 'writers', 'id', ' AND ...' ],
	[ '(SELECT t.writer AS of FROM writers AS w LEFT JOIN texts AS t ON t.writer = w.id) AS s WHERE of = $n', 'texts', 'writer', ' AND ...' ],
	[ 'live_texts JOIN all_notes ON of_text = text WHERE author = $n', 'live_texts', 'author', ' AND ...' ],
	[ 'texts AS o JOIN live_texts ON live_texts.text = o.other WHERE author = $n', 'live_texts', 'author', ' AND ...' ],
	[ 'live_again WHERE again = $n', 'live_again', 'again', '' ],
	[ '(SELECT * FROM live_texts) AS s WHERE author = $n', 'live_texts', 'author', ' AND ...' ],
	[ 'live_texts JOIN writers ON writers.id = author WHERE writers.id = $n', 'writers', 'id', ' AND ...' ])
{
	my ($from, @names) = @$case;
	is(advised($authors, "SELECT * FROM $from"), sprintf($any, @names), "as the client names it: $from");
}
is(advised($authors, 'WITH w AS (SELECT * FROM live_texts) SELECT * FROM w WHERE author = $n'), sprintf($any, 'live_texts', 'author', ' AND ...'), 'in a WITH');
is(advised($authors, 'SELECT count(*) FROM writers AS w LEFT JOIN texts AS t ON t.writer = w.id WHERE t.writer = $n'),
	'ask once for all of them: ... FROM texts WHERE texts.writer = ANY($1) AND ... GROUP BY texts.writer (values without rows are missing there)', 'in a count');
is(advised($authors, 'SELECT EXISTS (SELECT FROM writers AS w LEFT JOIN texts AS t ON t.writer = w.id WHERE t.writer = $n)'),
	'ask once which of them there are: SELECT DISTINCT texts.writer FROM texts WHERE texts.writer = ANY($1) AND ...', 'in EXISTS');
is(advised($authors, 'SELECT * FROM writers FULL JOIN (SELECT writer AS id FROM texts) AS t USING (id) WHERE id = $n'), 'ask once for all values', 'a column of either of two');
is(advised($authors, 'SELECT o.id FROM texts AS o JOIN live_texts AS l ON l.text = o.other WHERE o.writer = 5 AND l.author = $n'), 'ask once for all values', 'a table that is there twice');
is(advised($authors, 'SELECT * FROM live_texts, all_notes WHERE author = 5'), 'ask once and keep the result: live_texts.author is compared with the same value each time', 'of views, the same each time');
is(advised($authors, 'SELECT * FROM live_texts, all_notes'), 'ask once and keep the result: it is the same statement each time', 'without a comparison');

# ---- which values change: over all runs of the loop ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE visits (id int PRIMARY KEY, author int, shop int);
INSERT INTO visits SELECT 50 + n, 1 + n / 2, 10 + n % 2 FROM generate_series(0, 7) AS n;
CREATE TABLE sales (id int PRIMARY KEY, tenant int, author int, shop int, at timestamp, price numeric);
INSERT INTO sales SELECT n, 7, n % 8, 10 + n % 3, now(), n FROM generate_series(1, 100) AS n;
SQL

# The advice for a loop over visits, in the order of their keys, of which some statements after another have values in common.
sub advised_for_visits
{
	my ($statement, @visits) = @_;
	my @runs = map {
		my ($id, $author, $shop) = (50 + $_, 1 + int($_ / 2), 10 + $_ % 2);
		$statement =~ s/\$id/$id/gr =~ s/\$author/$author/gr =~ s/\$shop/$shop/gr
	} @visits ? @visits : 0 .. 7;
	run_script($node, "BEGIN;\nSELECT * FROM visits ORDER BY id;\n" . join('', map { "$_;\n" } @runs) . 'ROLLBACK');
	return take_rows($node, q{leader_column || ': ' || split_part(advice, '; no index', 1)});
}
# The run that makes the loop asks for the same author as the one before, or for another one.
for my $first (0, 1)
{
	my @visits = $first .. 7;
	is(advised_for_visits('SELECT * FROM sales WHERE tenant = 7 AND author = $author', @visits),
		'author: join to the leader: JOIN sales ON sales.author = leader.author AND ...; or ask once: WHERE sales.author = ANY($1) AND ...', "a tenant is no key: from $first");
	is(advised_for_visits('SELECT count(*) FROM sales WHERE tenant = 7 AND author = $author', @visits),
		'author: ask once for all of them: ... FROM sales WHERE sales.author = ANY($1) AND ... GROUP BY sales.author (values without rows are missing there)', 'nor in a count');
	is(advised_for_visits('UPDATE sales SET price = 0 WHERE tenant = 7 AND author = $author', @visits),
		'author: one UPDATE sales SET ... FROM (VALUES ...) AS v (author, ...) WHERE sales.author = v.author AND ...', 'nor in an UPDATE');
	is(advised_for_visits('SELECT * FROM sales WHERE author = $author AND shop = $shop', @visits),
		'author: join to the leader: JOIN sales ON sales.author = leader.author AND ...; or ask once: WHERE (sales.author, ...) IN (VALUES ...)', 'two columns in the order of the first');
}
# The first column has changed only after the run that makes the loop, and before the loop has doubled.
$node->safe_psql('postgres', 'CREATE TABLE lines (ord int, line int, PRIMARY KEY (ord, line)); INSERT INTO lines SELECT 100 + n / 5, 1 + n % 5 FROM generate_series(0, 24) AS n');
for my $column (qw(ord line))
{
	my ($first, $second) = $column eq 'ord' ? qw(ord line) : qw(line ord);
	run_script($node, "BEGIN;\nSELECT * FROM lines ORDER BY ord, line;\n"
		  . join('', map { my ($ord, $line) = (100 + int($_ / 5), 1 + $_ % 5); 'SELECT * FROM lines WHERE ' . ($first eq 'ord' ? "ord = $ord AND line = $line" : "line = $line AND ord = $ord") . ";\n" } 0 .. 24)
		  . 'COMMIT');
	is(take_rows($node, q{split_part(advice, '; no index', 1)}),
		'join to the leader: JOIN lines ON lines.line = leader.line AND ...; or ask once: WHERE (lines.line, ...) IN (VALUES ...)', "five of each: $first, $second");
}
is(advised_for_visits('SELECT count(*) FROM sales WHERE shop = $shop AND id = $id'),
	'id: ask once for all of them: ... FROM sales WHERE (sales.id, ...) IN (VALUES ...) GROUP BY sales.id, ... (values without rows are missing there)', 'a count of two columns');
is(advised_for_visits('SELECT EXISTS (SELECT FROM sales WHERE shop = $shop AND author = $author)', 0, 3, 4, 7),
	'shop: ask once which of them there are: SELECT DISTINCT sales.shop, ... FROM sales WHERE (sales.shop, ...) IN (VALUES ...)', 'and whether there are any');

# ---- another value for each, with which no column is compared ----

for my $condition ('id > $id', q{at > timestamp '2026-01-01' + $id * interval '1 day'}, q{at >= '2026-01-0$author'}, 'price BETWEEN $id AND 99')
{
	is(advised_for_visits("SELECT * FROM sales WHERE shop = \$shop AND $condition"),
		'shop: join to the leader: JOIN sales ON sales.shop = leader.shop AND ...', "for each: $condition");
	is(advised_for_visits("SELECT count(*) FROM sales WHERE shop = \$shop AND $condition"),
		'shop: join the whole query of each: JOIN LATERAL (SELECT ... FROM sales WHERE sales.shop = leader.shop AND ...) AS t ON true', 'a count');
	is(advised_for_visits("SELECT EXISTS (SELECT FROM sales WHERE shop = \$shop AND $condition)"),
		'shop: join the whole query of each: JOIN LATERAL (SELECT ... FROM sales WHERE sales.shop = leader.shop AND ...) AS t ON true', 'or whether there are any');
}
is(advised_for_visits('SELECT price * $id FROM sales WHERE shop = $shop'), 'shop: join to the leader: JOIN sales ON sales.shop = leader.shop', 'a factor for each');
run_script($node, each_of(q{SELECT * FROM sales WHERE author = 1 AND at > '2026-01-0$n'}, 1 .. 9));
is(take_rows($node, 'advice'), '', 'no loop by itself');
run_script($node, "BEGIN;\n" . each_of('SELECT * FROM sales WHERE author = $n AND id > 2 * $n', 11 .. 15) . 'ROLLBACK');
is(take_rows($node, q{split_part(advice, '; no index', 1)}), 'ask once: SELECT ... FROM (VALUES ...) AS v (author, ...) JOIN sales ON sales.author = v.author AND ...', 'without a leader');

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
is(advised($authors, 'INSERT INTO v SELECT $n, 1 WHERE NOT EXISTS (SELECT FROM v WHERE id = $n)'), 'if none reads what another of them wrote: one INSERT INTO v SELECT ... for all of them', 'rows that lack');
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

# ---- values that are computed, and what is asked of a count ----

for my $value ('nullif($n, 3)', 'greatest($n, 3)', 'least($n, 3)', q{CASE WHEN $n > 3 THEN $n ELSE 3 END}, 'coalesce($n, 1)', '(SELECT $n)')
{
	unlike(advised($authors, "SELECT * FROM books WHERE author = $value"), qr/books\.author = (?:leader|ANY)/, "not the value itself: $value");
}
unlike(advised($authors, 'SELECT a.id FROM authors AS a JOIN books AS b ON b.author = a.id WHERE b.author = greatest($n, 3)'), qr/= (?:leader|ANY)/, 'nor of a column that is equal');
is(advised($authors, 'SELECT count(*) FROM books WHERE author = $n HAVING count(*) > 5'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id ...) AS t ON true', 'a count under a condition');
is(advised($authors, 'SELECT * FROM (SELECT count(*) AS n FROM books WHERE author = $n HAVING count(*) > 5) AS s'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id ...) AS t ON true', 'in a subquery too');
is(advised($authors, 'SELECT DISTINCT title FROM books WHERE author = ANY(ARRAY[$n])'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id ...) AS t ON true', 'a list of one value');

# ---- writes that read what was written ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE counters (k int PRIMARY KEY, n int);
CREATE TABLE numbered (id serial, k int, n int UNIQUE, at timestamptz DEFAULT now(), twice int GENERATED ALWAYS AS (k * 2) STORED);
SQL
my $adds = ', which updates each row once: add up what is for the same one';
is(advised($authors, 'INSERT INTO counters VALUES ($n, 1) ON CONFLICT (k) DO UPDATE SET n = counters.n + 1'), "one INSERT INTO counters with a row of VALUES for each key$adds", 'a counter');
is(advised($authors, 'INSERT INTO counters VALUES ($n, 1) ON CONFLICT (k) DO UPDATE SET n = counters.n + excluded.n'), "one INSERT INTO counters with a row of VALUES for each key$adds", 'a sum');
is(advised($authors, 'INSERT INTO counters VALUES ($n, 1) ON CONFLICT (k) DO UPDATE SET n = excluded.n + 1'), 'one INSERT INTO counters with a row of VALUES for each key', 'a value');
my $unless = 'if none reads what another of them wrote: ';
is(advised($authors, 'UPDATE counters SET k = $n + 1 WHERE k = $n'),
	$unless . 'one UPDATE counters SET ... FROM (VALUES ...) AS v (k, ...) WHERE counters.k = v.k; or, where all get the same, WHERE counters.k = ANY($1)', 'a key that is set');
is(advised($authors, 'INSERT INTO numbered (k, n) VALUES ($n, (SELECT coalesce(max(n), 0) + 1 FROM numbered))'), $unless . 'one INSERT INTO numbered with a row of VALUES for each', 'the next number');
is(advised($authors, 'UPDATE numbered SET n = (SELECT coalesce(max(n), 0) + 1 FROM numbered) WHERE k = $n') =~ s/^\Q$unless\E//r,
	'one UPDATE numbered SET ... FROM (VALUES ...) AS v (k, ...) WHERE numbered.k = v.k; or, where all get the same, WHERE numbered.k = ANY($1)', 'in an UPDATE');
is(advised($authors, 'DELETE FROM numbered WHERE k = $n AND (SELECT count(*) FROM numbered) > 20'),
	$unless . 'one DELETE FROM numbered USING (VALUES ...) AS v (k, ...) WHERE numbered.k = v.k AND ...', 'in a DELETE');

# ---- indexes ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE parts (id int PRIMARY KEY, shop int, k int, gone boolean NOT NULL DEFAULT false, kind text, far int);
INSERT INTO parts SELECT n, 1, n % 50, false, 'a', n FROM generate_series(1, 100) AS n;
CREATE INDEX ON parts (k) WHERE NOT gone;
CREATE INDEX ON parts (k) WHERE kind = 'a';
CREATE INDEX ON parts (shop, k);
CREATE INDEX ON parts USING brin (far);
SQL
sub missing
{
	my ($statement) = @_;
	run_script($node, "BEGIN;\n$authors;\n" . each_of($statement, 1 .. 5) . 'ROLLBACK');
	return take_rows($node, q{split_part(advice, '; no index', 2)});
}
for my $served ('k = $n AND NOT gone', q{k = $n AND kind = 'a'}, 'shop = 1 AND k = $n', 'shop = $n AND k = $n')
{
	is(missing("SELECT * FROM parts WHERE $served"), '', "an index serves: $served");
}
like(missing("SELECT * FROM parts WHERE $_"), qr/^ begins with \w+: CREATE INDEX/, "none does: $_") for 'k = $n', 'k = $n AND gone', q{k = $n AND kind = 'b'}, 'shop > 0 AND k = $n', 'far = $n';

# ---- what runs as it is written ----

is(advised($authors, 'INSERT INTO numbered (k, n) VALUES ($n, $n)'), 'one INSERT INTO numbered with a row of VALUES for each, or COPY numbered (k, ...) FROM STDIN', 'COPY of some columns');
is(advised($authors, 'INSERT INTO numbered VALUES (DEFAULT, $n)'), 'one INSERT INTO numbered with a row of VALUES for each, or COPY numbered (k) FROM STDIN', 'without the one of a default');
$node->safe_psql('postgres', 'CREATE TABLE leader (id int PRIMARY KEY, author int, tags int[]); INSERT INTO leader SELECT n, n, ARRAY[n] FROM generate_series(1, 20) AS n');
is(advised($authors, 'SELECT * FROM leader WHERE author = $n'), 'join leader by leader.author to the leader; or ask once: WHERE leader.author = ANY($1)', 'a table of the name of the leader');
is(advised($authors, 'SELECT * FROM leader WHERE author = $n LIMIT 1'), 'ask once: FROM unnest($1) AS v JOIN LATERAL (SELECT ... FROM leader WHERE leader.author = v ... LIMIT ...) AS t ON true', 'with a LIMIT');
run_script($node, "BEGIN;\n" . each_of('SELECT * FROM v WHERE n = $n LIMIT 1', 1 .. 5) . 'COMMIT');
is(take_rows($node, q{split_part(advice, '; no index', 1)}), 'ask once: FROM unnest($1) AS given JOIN LATERAL (SELECT ... FROM v WHERE v.n = given ... LIMIT ...) AS t ON true', 'a table of the name of the values');
is(advised($authors, q{SELECT * FROM leader WHERE tags = '{$n}'}), 'join leader by leader.tags to the leader; or ask once: WHERE leader.tags IN (VALUES ...)', 'arrays are no list of arrays');
$node->safe_psql('postgres', 'CREATE TABLE loose (author int); INSERT INTO loose SELECT generate_series(11, 40); ALTER TABLE loose ADD FOREIGN KEY (author) REFERENCES writers NOT VALID');
is(advised('SELECT author FROM loose', 'SELECT id FROM writers WHERE id = $n', 11 .. 15),
	'join: JOIN writers ON writers.id = loose.author; or ask once: WHERE writers.id = ANY($1)', 'a foreign key that not all rows obey');

# ---- rows of several subqueries ----

my $whole = 'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.author = authors.id ...) AS t ON true';
is(advised($authors, 'SELECT (SELECT count(*) FROM books WHERE author = $n), (SELECT count(*) FROM stock WHERE shop = $n)'), $whole, 'two counts');
is(advised($authors, 'SELECT EXISTS (SELECT FROM books WHERE author = $n) OR EXISTS (SELECT FROM books WHERE id = $n)'),
	'join the whole query of each: JOIN LATERAL (SELECT ... FROM books WHERE books.id = leader.id ...) AS t ON true', 'one or the other');
is(advised($authors, 'SELECT EXISTS (SELECT FROM books WHERE author = $n HAVING count(*) > 5)'), $whole, 'more than some');
is(advised($authors, 'SELECT ARRAY(SELECT title FROM books WHERE author = $n)'), $whole, 'an array of each');

$node->stop;
done_testing();
