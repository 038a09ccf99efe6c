# Who looped, by application and tags, and what counts as a round trip.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('code', "onetrip.watch_max = 40", "onetrip.watch_fold_schemas = on");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, name text, last_read bigint DEFAULT 500000);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id int REFERENCES users, title text);
CREATE INDEX ON posts (user_id);
INSERT INTO users (id, name) SELECT 1000 + n, 'u' FROM generate_series(1, 40) AS n;
INSERT INTO posts SELECT 500000 + n, 1001 + n % 40, 't' FROM generate_series(1, 200) AS n;
CREATE SEQUENCE numbers;
SQL

# What a script leaves in the view, of these columns, a line a loop.
sub seen
{
	my ($columns, $script) = @_;
	run_script($node, $script);
	return take_rows($node, $columns);
}

my $list = "SELECT id FROM users;\n";
my @ids = 1001 .. 1020;
my $loop = $list . each_of('SELECT title FROM posts WHERE user_id = $n', @ids);

# A loop whose statements have this comment.
sub tagged
{
	my ($comment) = @_;
	return $list . each_of("SELECT title FROM posts WHERE user_id = \$n /*$comment*/", @ids);
}

# ---- roles ----

$node->safe_psql('postgres', 'CREATE ROLE one; CREATE ROLE other; GRANT SELECT ON ALL TABLES IN SCHEMA public TO one, other');
my @halves = (each_of('SELECT title FROM posts WHERE user_id = $n', @ids[ 0 .. 9 ]), each_of('SELECT title FROM posts WHERE user_id = $n', @ids[ 10 .. 19 ]));
for my $change ([ 'SET ROLE one;', 'SET ROLE other;' ], [ 'SET SESSION AUTHORIZATION one;', 'SET SESSION AUTHORIZATION other;' ], [ "BEGIN;\nSET LOCAL ROLE one;", "COMMIT;\nBEGIN;\nSET LOCAL ROLE other;" ])
{
	my ($first, $then) = @$change;
	is(seen('role, leader, statements', "$first\n$list$then\n" . join '', @halves), $first =~ /LOCAL/ ? 'other||20' : '', "$then what another role has read does not lead");
	is(seen('role, leader, statements', "$first\n$list$halves[0]$then\n$halves[1]"), $first =~ /LOCAL/ ? "one|SELECT id FROM users|10\nother||10" : '', 'and its runs are others');
}

# ---- applications ----

is(seen('application_name, statements', "SET application_name = 'billing';\nBEGIN;\n${loop}COMMIT;\n"), 'billing|20', 'the name of the application');
is(seen('application_name, statements', "SET application_name = 'web - 10.1.2.3:4711';\n$loop"), 'web|20', 'without what PgBouncer appends');
is(seen('application_name, statements', "SET application_name = 'a';\n${loop}SET application_name = 'b';\n$loop"),
	"a|20\nb|20", 'another application ends the episode');
is( seen('application_name, statements', "SET application_name = 'a';\n$list" . "SET application_name = 'b';\n" . each_of('SELECT title FROM posts WHERE user_id = $n', @ids)),
	'', 'and what its results led to');
is( seen('application_name, statements', "SET application_name = 'a';\n${loop}SET application_name = 'a - 10.1.2.3:1';\n$loop"),
	'a|40', 'another address is the same application');
is(seen('application_name, statements', "SET application_name = 'a';\nBEGIN;\n${loop}SET application_name = 'b';\n${loop}COMMIT;\n"), 'a|40', 'not inside of a block');

# ---- tags ----

is( seen('tags, traceparent, repeated', tagged(q{controller='books',action='in%20dex',traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',user='x'})),
	'{"action": "in dex", "controller": "books"}|00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01|SELECT title FROM posts WHERE user_id = $1',
	'tags of sqlcommenter');
is(seen('tags', tagged('application:Shop,controller:books,line:/a.rb:12')), '{"line": "/a.rb:12", "controller": "books", "application": "Shop"}', 'of marginalia');
is(seen('tags', $list . each_of(q{/*controller='c'*/ SELECT title FROM posts WHERE user_id = $n /*action='a'*/}, @ids)), '{"action": "a", "controller": "c"}', 'of both ends');
is( seen('tags, statements', tagged(q{controller='a'}) . tagged(q{controller='b'})),
	'{"controller": "a"}|40', 'later executions stay in the row of the one that made the loop');
is( seen('tags, statements', "BEGIN;\n" . tagged(q{controller='a'}) . "COMMIT;\nBEGIN;\n" . tagged(q{controller='b'}) . "COMMIT;\n"),
	qq({"controller": "a"}|20\n{"controller": "b"}|20), 'a row for each');
is(seen('tags, traceparent', "SET onetrip.watch_tags = '';\n" . tagged(q{controller='a',traceparent='x'})), '|', 'none if none is named');
is(seen('tags', "SET onetrip.watch_tags = job, queue;\n" . tagged(q{controller='a',queue='q'})), '{"queue": "q"}', 'others');
is(seen('tags', tagged(q{controller='%ff',action='a'})), '{"action": "a"}', 'what is not valid in the encoding is left out');
is(seen('length(tags ->> $$action$$)', tagged("action='" . '%C3%A9' x 100 . q{'})), '32', 'a long one is cut at 64 bytes');
is( seen('tags, statements', "PREPARE p (int) AS SELECT title FROM posts WHERE user_id = \$1 /*job='prepared'*/;\n$list" . each_of('EXECUTE p($n)', @ids)),
	'{"job": "prepared"}|20', 'a prepared statement has the tags of its parse');

# ---- variants ----

run_script($node, join '', map { "BEGIN;\n" . tagged("controller='c$_'") . "COMMIT;\n" } 1 .. 20);
is( observe($node, q{SELECT count(*), count(tags), string_agg(statements::text, ',') FILTER (WHERE tags IS NULL), min(substr(tags ->> 'controller', 2)::int) FROM round_trips}),
	'17|16|80|5', 'sixteen variants are kept apart, the oldest are added up');
is(observe($node, 'SELECT DISTINCT application_name FROM round_trips WHERE tags IS NULL'), '', 'whose application is not named');
observe($node, 'SELECT round_trips_reset()');

# ---- one role and others ----

my $many = join '', map { "BEGIN;\n${list}" . each_of('SELECT ' . join(', ', ('title') x $_) . ' FROM posts WHERE user_id = $n', @ids) . "COMMIT;\n" } 1 .. 60;
my $count = 'SELECT count(*) FILTER (WHERE role = $$alice$$), count(*) FILTER (WHERE role <> $$alice$$) FROM round_trips';
$node->safe_psql('postgres', 'CREATE ROLE alice LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO alice');
run_script($node, "SET ROLE alice;\n$many");
is($node->safe_psql('postgres', "$count HAVING count(*) BETWEEN 38 AND 40"), '40|0', 'one role alone fills the table');
run_script($node, $loop);
is($node->safe_psql('postgres', $count), '20|1', 'and half of it if others have rows');
run_script($node, "SET ROLE alice;\n$many");
is($node->safe_psql('postgres', $count), '20|1', 'whatever it does');
observe($node, 'SELECT round_trips_reset()');

# ---- identifiers ----

is( seen('queryid = (SELECT queryid FROM round_trips LIMIT 1), queryid <> leader_queryid, round_trips, rows, transactions, sessions', "BEGIN;\n${loop}COMMIT;\n"),
	't|t|20|100|1|1', 'numbers of a loop');
is(seen('transactions, rows', $list . each_of("UPDATE posts SET title = 'x' WHERE user_id = \$n", @ids)), '20|100', 'a transaction for each');

# ---- round trips ----

is(seen('statements', "BEGIN;\n$list" . join('\;', map { "SELECT title FROM posts WHERE user_id = $_" } @ids) . ";\nCOMMIT;\n"), '', 'one message is one trip');
is( seen('statements, round_trips', "BEGIN;\n$list" . join('', map { "SELECT title FROM posts WHERE user_id = $_\\;\n" . 'SELECT title FROM posts WHERE user_id = ' . ($_ + 20) . ";\n" } @ids) . "COMMIT;\n"),
	'40|20', 'two in each message');
my @after_setting = map { "SELECT set_config('app.reader', '7', false)\\;\nSELECT title FROM posts WHERE user_id = $_;\n" } @ids;
for my $block (0, 1)
{
	my $both = $list . join '', @after_setting;
	$both = "BEGIN;\n${both}COMMIT;\n" if $block;
	like(seen('repeated, statements, round_trips', $both), qr/^SELECT title FROM posts WHERE user_id = \$1\|20\|20$/m, "another one before each, block $block");
}

# ---- pages ----

my $pages = 'SELECT id FROM posts ORDER BY id LIMIT 10';
for my $block (0, 1)
{
	my $paged = $block ? sub { "BEGIN;\n" . join('', @_) . "COMMIT;\n" } : sub { join '', @_ };
	is(seen('kind, leader, statements', $paged->(each_of("$pages OFFSET \$n", map { $_ * 10 } 0 .. 15))), 'page||16', "OFFSET, block $block");
	is( seen('kind, leader, statements', $paged->(each_of('SELECT id FROM posts WHERE id > $n ORDER BY id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 19))),
		'page||20', "from the last key, block $block");
	is( seen('kind, leader, statements', $paged->(each_of(q{SELECT id FROM posts WHERE (id, title) > ($n, '') ORDER BY id, title LIMIT 10}, map { 500_000 + $_ * 10 } 0 .. 19))),
		'page||20', "from the last row, block $block");
}
like($node->safe_psql('postgres', 'SELECT 1') . seen('advice', each_of("$pages OFFSET \$n", map { $_ * 10 } 0 .. 15)), qr/read posts in larger pages/, 'with advice');
$node->safe_psql('postgres', 'INSERT INTO posts SELECT 600000 + n, NULL, NULL FROM generate_series(1, 3000) AS n');
is(seen('kind', "BEGIN;\n" . each_of('SELECT id FROM posts WHERE id > $n ORDER BY id LIMIT 100', map { 600_000 + $_ * 100 } 0 .. 19) . "COMMIT;\n"), '', 'pages of 100 are none');
is( seen('kind, statements', $list . each_of('SELECT id FROM posts WHERE user_id = $n ORDER BY id LIMIT 5', @ids)), 'select|20', 'the first five of each are a loop');

is( seen('advice', each_of('SELECT u.name, p.id FROM (SELECT id, user_id FROM posts ORDER BY id LIMIT 10 OFFSET $n) AS p JOIN users AS u ON u.id = p.user_id', map { $_ * 10 } 0 .. 15)),
	'read posts in larger pages (LIMIT), or by a cursor: DECLARE c CURSOR FOR ...; FETCH 1000 FROM c', 'advice names what is limited');

# ORMs read what belongs to a page with it: the LIMIT is below, and the statement may have other rows than the page.
$node->safe_psql('postgres', q{CREATE TABLE words (id int PRIMARY KEY, word varchar(20)); INSERT INTO words SELECT 1000 + n, 'w' || 1000 + n FROM generate_series(1, 200) AS n});
my @below = (
	[ 'in FROM', 'SELECT p.id, u.name FROM (SELECT id, user_id FROM posts ORDER BY id LIMIT 10 OFFSET $n) AS p LEFT JOIN users AS u ON u.id = p.user_id', map { $_ * 10 } 0 .. 14 ],
	[ 'in FROM, with several rows of each', 'SELECT u.name, p.title FROM (SELECT id, name FROM users ORDER BY id LIMIT 4 OFFSET $n) AS u LEFT JOIN posts AS p ON p.user_id = u.id ORDER BY u.id, p.id', map { $_ * 4 } 0 .. 10 ],
	[ 'in FROM, from the last key', 'SELECT p.id, u.name FROM (SELECT id, user_id FROM posts WHERE id > $n ORDER BY id LIMIT 10) AS p JOIN users AS u ON u.id = p.user_id', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'in WITH', 'WITH page AS MATERIALIZED (SELECT id, user_id FROM posts ORDER BY id LIMIT 10 OFFSET $n) SELECT count(*) FROM page JOIN users ON users.id = page.user_id', map { $_ * 10 } 0 .. 14 ],
	[ 'in IN', 'SELECT u.name, p.title FROM users AS u JOIN posts AS p ON p.user_id = u.id WHERE u.id IN (SELECT id FROM users WHERE id > $n ORDER BY id LIMIT 4) ORDER BY u.id', map { 1000 + $_ * 4 } 0 .. 10 ],
	[ 'in FROM, with three of each', 'SELECT u.id, p.id FROM (SELECT id FROM users ORDER BY id LIMIT 4 OFFSET $n) AS u CROSS JOIN LATERAL (SELECT id FROM posts WHERE user_id = u.id ORDER BY id LIMIT 3) AS p', map { $_ * 4 } 0 .. 10 ],
	[ 'from a row whose key is known', 'SELECT id FROM posts WHERE id >= (SELECT p.id FROM posts AS p WHERE p.id = $n) ORDER BY id LIMIT 10', map { 500_001 + $_ * 10 } 0 .. 14 ],
	[ 'from a row by name', 'SELECT id FROM words WHERE word >= (SELECT w.word FROM words AS w WHERE w.id = $n) ORDER BY word LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ],
	[ 'from a row of two columns', 'SELECT id FROM words WHERE (word, id) >= (SELECT w.word, w.id FROM words AS w WHERE w.id = $n) ORDER BY word, id LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ],
	[ 'from a row, each column by itself', 'SELECT id FROM words WHERE (word, id) >= ((SELECT w.word FROM words AS w WHERE w.id = $n), $n) ORDER BY word, id LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ],
	[ 'of the rows of a subquery', 'SELECT DISTINCT d.x FROM (SELECT p.id AS x, u.name FROM posts AS p LEFT JOIN users AS u ON u.id = p.user_id WHERE p.id > $n) AS d ORDER BY d.x LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'of the rows of WITH', q{WITH d AS (SELECT id AS x, title FROM posts WHERE (id, title) > ($n, 'z')) SELECT d.x FROM d ORDER BY d.x, d.title LIMIT 10}, map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'by a condition of a join', 'SELECT p.id FROM users AS u JOIN posts AS p ON u.id = p.user_id AND p.id > $n ORDER BY p.id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'with nothing to join it to', "SELECT p.id FROM (SELECT id FROM posts ORDER BY id LIMIT 10 OFFSET \$n) AS p JOIN words AS w ON w.id = p.id AND w.word = 'none'", map { $_ * 10 } 0 .. 14 ],
	[ 'in an arm of UNION', "SELECT 'first' AS what, 0 AS id UNION ALL (SELECT name, id FROM users ORDER BY id LIMIT 4 OFFSET \$n)", map { $_ * 4 } 0 .. 10 ],
	[ 'with more constants than are looked for', 'SELECT id, CASE user_id ' . join('', map { "WHEN $_ THEN 'u$_' " } 1 .. 20) . 'END FROM posts ORDER BY id LIMIT 10 OFFSET $n', map { $_ * 10 } 0 .. 14 ],
	[ 'of some kinds', "SELECT id FROM posts WHERE title IN ('s', 't') AND user_id = ANY (ARRAY(SELECT u.id FROM users AS u)) ORDER BY id LIMIT 10 OFFSET \$n", map { $_ * 10 } 0 .. 9 ],
	[ 'of some kinds, from the last key', "SELECT id FROM posts WHERE title IN ('s', 't') AND id > \$n ORDER BY id LIMIT 10", map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'by an expression', q{SELECT id FROM words WHERE (lower(word), id) > (lower('W$n'), $n) ORDER BY lower(word), id LIMIT 10}, map { 1050 + $_ * 10 } 0 .. 13 ],
	[ 'by another collation', q{SELECT id FROM words WHERE word COLLATE "C" > 'w$n' ORDER BY word COLLATE "C" LIMIT 10}, map { 1050 + $_ * 10 } 0 .. 13 ],
	[ 'of groups', 'SELECT user_id, max(id) FROM posts GROUP BY user_id HAVING max(id) < $n ORDER BY max(id) DESC LIMIT 3', map { 500_201 - $_ * 3 } 0 .. 12 ],
	[ 'of groups in WITH', 'WITH last AS (SELECT user_id, max(id) AS id FROM posts GROUP BY user_id) SELECT user_id FROM last WHERE id < $n ORDER BY id DESC LIMIT 3', map { 500_201 - $_ * 3 } 0 .. 12 ],
	[ 'from a row in FROM', 'SELECT w.id FROM words AS w, (SELECT word AS begin FROM words WHERE id = $n) AS page WHERE w.word >= page.begin ORDER BY w.word LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ],
	[ 'from a row in WITH', 'WITH page AS MATERIALIZED (SELECT word, id FROM words WHERE id = $n) SELECT w.id FROM words AS w JOIN page ON (w.word, w.id) >= (page.word, page.id) ORDER BY w.word, w.id LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ],
	[ 'from a row of VALUES', 'SELECT p.id FROM posts AS p, (VALUES ($n)) AS page (begin) WHERE p.id > page.begin ORDER BY p.id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'from a constant in WITH', 'WITH page AS (SELECT 1, $n AS begin) SELECT p.id FROM posts AS p CROSS JOIN page WHERE page.begin < p.id ORDER BY p.id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'up to a fixed end', 'SELECT id FROM posts WHERE id > $n AND id < 999999 ORDER BY id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'downwards', 'SELECT id FROM posts WHERE id < $n AND id > 7 AND id <= 500200 ORDER BY id DESC LIMIT 10', map { 500_201 - $_ * 10 } 0 .. 14 ],
	[ 'from where it may not be said', 'SELECT id FROM posts WHERE ($n IS NULL OR id > $n) ORDER BY id LIMIT 10', map { 500_000 + $_ * 10 } 0 .. 14 ],
	[ 'from a row by a key of two columns', 'SELECT id FROM words WHERE word >= (SELECT w.word FROM words AS w WHERE w.id = $n AND w.word = $$w$n$$) ORDER BY word LIMIT 10', map { 1051 + $_ * 10 } 0 .. 13 ]);
for my $form (@below)
{
	my ($where, $statement, @places) = @$form;
	my $read = each_of($statement, @places);
	for my $block ([ "BEGIN;\n", "COMMIT;\n" ], [ '', '' ])
	{
		is(seen('kind, leader, statements', $list . $block->[0] . $read . $block->[1]), 'page||' . @places, "a page $where, " . ($block->[0] ? 'in a block' : 'outside'));
	}
}
for my $after ('$1 IS NULL OR id > $1', 'id > coalesce($1, 0)', '(id > $1) IS NOT FALSE')
{
	is( seen('kind, statements', "PREPARE p (int) AS SELECT id FROM posts WHERE $after ORDER BY id LIMIT 10;\nBEGIN;\n$list" . each_of('EXECUTE p($n)', 'NULL', map { 500_000 + $_ * 10 } 1 .. 14) . "COMMIT;\n"),
		'page|15', "the first page has no place: $after");
}
# The page is named by what it is ordered by, whatever the plan reads first, and leads to nothing.
for my $named ('SELECT w.id, u.name FROM words AS w JOIN users AS u ON u.id = w.id ORDER BY w.word LIMIT 2 OFFSET $n', 'SELECT w.id, count(p.id) FROM words AS w LEFT JOIN posts AS p ON p.id = w.id GROUP BY w.id ORDER BY w.word LIMIT 2 OFFSET $n',
	'WITH page AS MATERIALIZED (SELECT id FROM words ORDER BY id LIMIT 2 OFFSET $n) SELECT u.name FROM users AS u JOIN page ON page.id = u.id')
{
	is(seen('leader, evidence, substring(advice, $$^read (\w+) in larger pages$$)', "BEGIN;\n$list" . each_of($named, 0 .. 15) . "COMMIT;\n"), '||words', "pages of words: $named");
}

# What asks for something else than the next page is none.
my @none = (
	[ 'pages that are never full', 'SELECT count(*) FROM (SELECT id FROM posts WHERE user_id >= $n ORDER BY user_id LIMIT 9000) AS p', @ids ],
	[ 'pages of which but a part is full', 'SELECT p.id, w.id FROM (SELECT id FROM posts WHERE id >= $n * 200 + 296000 ORDER BY id LIMIT 5000) AS p CROSS JOIN LATERAL (SELECT id FROM words WHERE id <> p.id ORDER BY id LIMIT 2) AS w', @ids ],
	[ 'the first five of each, with what belongs to them', 'SELECT u.name, p.id FROM users AS u JOIN (SELECT id, user_id FROM posts WHERE user_id = $n ORDER BY id LIMIT 5) AS p ON p.user_id = u.id', @ids ],
	[ "what is new for each", 'SELECT id FROM posts WHERE id > (SELECT last_read FROM users WHERE users.id = $n) ORDER BY id LIMIT 5', @ids ],
	[ 'what is around each', '(SELECT id FROM posts WHERE id < $n ORDER BY id DESC LIMIT 3) UNION ALL (SELECT id FROM posts WHERE id > $n ORDER BY id LIMIT 3)', map { 500_100 + $_ } 1 .. 20 ],
	[ 'what follows the first of each', 'SELECT id FROM posts WHERE id > (SELECT p.id FROM posts AS p WHERE p.user_id = $n LIMIT 1) ORDER BY id LIMIT 5', @ids ],
	[ 'what follows each among its like', 'SELECT q.id FROM (SELECT id, user_id FROM posts WHERE id = $n + 499000) AS p JOIN posts AS q ON q.user_id = p.user_id AND q.id > p.id ORDER BY q.id LIMIT 2', @ids ],
	[ 'as many as each has', 'SELECT id FROM posts ORDER BY id LIMIT 3 OFFSET (SELECT id - 1000 FROM users WHERE id = $n)', @ids ],
	[ 'from and to', 'SELECT id FROM posts WHERE user_id BETWEEN $n AND $n ORDER BY user_id LIMIT 5', @ids ],
	[ 'the same of a row', 'SELECT id FROM posts WHERE (user_id, id) > ($n, 0) AND user_id <= $n ORDER BY user_id, id LIMIT 5', @ids ],
	[ 'the same by a join', 'SELECT q.id FROM posts AS q, (SELECT p.id FROM posts AS p WHERE p.user_id = $n LIMIT 1) AS p WHERE q.id > p.id ORDER BY q.id LIMIT 5', @ids ],
	[ 'a page with more values than are looked at', 'SELECT id, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 FROM (SELECT id FROM posts WHERE user_id = $n ORDER BY id LIMIT 5 OFFSET 0) AS p', @ids ],
	[ 'a position in another order', 'SELECT p.id FROM users AS u CROSS JOIN LATERAL (SELECT p.id FROM posts AS p WHERE u.id > $n AND p.user_id = u.id ORDER BY p.id LIMIT 3) AS p WHERE u.id = 1040', @ids ]);
for my $form (@none)
{
	my ($what, $statement, @values) = @$form;
	is(seen('kind, statements', "BEGIN;\n$list" . each_of($statement, @values) . "COMMIT;\n"), 'select|20', "no page: $what");
}
is( seen('leader, leader_column, statements', $list . each_of('SELECT id FROM posts ORDER BY id LIMIT 3 OFFSET (SELECT id - 1000 FROM users WHERE id = $n)', @ids)) =~ s/^.*\|(?=\w+\|)//r,
	'id|20', 'what an OFFSET reads is asked for');
is( seen('kind, statements', "PREPARE p (int) AS SELECT id FROM posts WHERE user_id = \$1 AND id > (SELECT p.id - 10000 FROM posts AS p WHERE p.id = 500000 + \$1 - 1000) ORDER BY id LIMIT 5;\nBEGIN;\n$list" . each_of('EXECUTE p($n)', @ids) . "COMMIT;\n"),
	'select|20', 'no page: a parameter that is a condition too');
is( seen('kind, statements', "BEGIN;\n" . each_of('WITH m AS (UPDATE users SET last_read = 0 WHERE id IN (SELECT id FROM users WHERE id > $n ORDER BY id LIMIT 2) RETURNING id) SELECT count(*) FROM m', map { 1000 + 2 * $_ } 0 .. 14) . "COMMIT;\n"),
	'update|15', 'no page: a write in WITH');
is( seen('kind, statements', "BEGIN;\n$list" . each_of('SELECT ' . join(', ', 1 .. 40) . ', id FROM posts WHERE user_id = $n AND id > 7 ORDER BY id LIMIT 5', @ids) . "COMMIT;\n"),
	'select|20', 'no page: the fortieth of many values changes');

# ---- what is folded ----

is( seen('kind, statements', "BEGIN;\n$list" . join('', map { "SELECT title FROM posts WHERE user_id IN ($ids[$_]" . join('', map { ", $_" } 1 .. $_ % 4) . ");\n" } 0 .. 19) . "COMMIT;\n"),
	'select|20', 'lists of constants count as one');
is( seen('kind, statements', "BEGIN;\n$list" . join('', map { "SELECT FROM words WHERE word IN ('w$_'" . join('', map { ", 'w$_'" } 1 .. $_ % 4) . ");\n" } 0 .. 19) . "COMMIT;\n"),
	'select|20', 'also of varchar, which is compared as text');
is(seen('kind', "BEGIN;\n$list" . each_of('SELECT title FROM posts WHERE user_id IN ($n, 1, 2, 3)', @ids) . "COMMIT;\n"), '', 'and batches are none');
foreach my $block ([ "BEGIN;\n", "COMMIT;\n" ], [ '', '' ])
{
	is(seen('kind, distinct_parameters, statements', $block->[0] . "SELECT title FROM posts WHERE user_id IN (1001, 1002, 1003);\n" x 12 . $block->[1]), 'select|f|12', 'but for one that is the same each time');
}
is( seen('kind, episodes, statements', join '', map { "BEGIN;\nCREATE TEMP TABLE work (i int) ON COMMIT DROP;\n" . each_of('INSERT INTO work VALUES ($n)', 1 .. 12) . "COMMIT;\n" } 1 .. 5),
	'insert|5|60', 'temporary tables of one name are one');
is( seen('repeated, evidence, statements', $list . join '', map { "BEGIN;\nSELECT title FROM posts WHERE user_id = $_;\nCREATE FUNCTION pg_temp.made() RETURNS int LANGUAGE sql AS 'SELECT 1';\nSELECT * FROM pg_temp.made();\nDROP FUNCTION pg_temp.made();\nCOMMIT;\n" } @ids),
	"SELECT title FROM posts WHERE user_id = \$1|values|20", 'and temporary functions, the results of which push out no list');
$node->safe_psql('postgres', join '', map { "CREATE SCHEMA t$_; CREATE TABLE t$_.items (id int); INSERT INTO t$_.items VALUES (1);" } 1 .. 5);
is( seen('kind, episodes, statements', join '', map { "SET search_path = t$_, public;\nBEGIN;\nSELECT id FROM users;\n" . each_of('SELECT id FROM items WHERE id = $n', @ids) . "COMMIT;\n" } 1 .. 5),
	'select|5|100', 'and tables of tenants, where that is set');

# ---- advice ----

my %advice = (
	q{SELECT nextval('numbers')} => "take a block of numbers at once: SELECT nextval('numbers') FROM generate_series(1, \$1)",
	'SELECT id FROM posts WHERE user_id = -1 FOR UPDATE SKIP LOCKED LIMIT 1' => qr/^it polls posts: take several rows/,
	'SELECT id FROM posts WHERE user_id = 1001 FOR UPDATE LIMIT 1' => qr/^it polls posts: lock all rows/,
	'SELECT now(), id FROM users WHERE id = 1001' => 'ask once for all values',
	'SELECT 1' => qr/^it reads no table/,
	'SELECT name FROM users WHERE id = 1001' => qr/^ask once and keep the result: users\.id/);
for my $statement (sort keys %advice)
{
	like(seen('advice', "BEGIN;\n" . "$statement;\n" x 20 . "COMMIT;\n"), qr/$advice{$statement}/ && (ref $advice{$statement} ? $advice{$statement} : qr/^\Q$advice{$statement}\E$/), $statement);
}
like( seen('advice', "SELECT id, user_id FROM posts WHERE user_id IS NOT NULL ORDER BY id LIMIT 20;\n" . each_of('SELECT id FROM users WHERE id = $n', 1002 .. 1021)),
	qr/^the value is there already: users\.id is the leader's user_id$/, 'the value is there already');

# Several values of a statement may be the leader's: the one that is compared says by which column.
$node->safe_psql('postgres', q{UPDATE users SET name = 'n' || id; CREATE TABLE owners (first int, second int); INSERT INTO owners SELECT 1000 + n, 9041 - n FROM generate_series(1, 40) AS n});
is( seen('leader_column, advice', "SELECT id, name FROM users;\n" . each_of(q{SELECT 1 AS one FROM users WHERE name = 'n$n' AND id <> $n LIMIT 1}, @ids)),
	q{name|join some rows of each: JOIN LATERAL (SELECT ... FROM users WHERE users.name = leader.name AND ... LIMIT ...) AS t ON true; no index begins with name: CREATE INDEX CONCURRENTLY ON public.users (name)},
	'a name that is to be unique');
is( seen('leader_column, advice', "SELECT first, second FROM owners ORDER BY first;\n" . join '', map { "SELECT title FROM posts WHERE user_id = $_ AND id <> @{[ 10041 - $_ ]};\n" } @ids),
	'first|join to the leader: JOIN posts ON posts.user_id = leader.first AND ...', 'by one of two numbers');
is( seen('leader_column, advice', "SELECT second, first FROM owners ORDER BY first;\n" . join '', map { "SELECT title FROM posts WHERE user_id = $_ AND id <> @{[ 10041 - $_ ]};\n" } @ids),
	'first|join to the leader: JOIN posts ON posts.user_id = leader.first AND ...', 'in any order');
is( seen('advice', "SELECT p.id, u.id FROM posts AS p JOIN users AS u ON u.name = 'n' || p.user_id ORDER BY p.id LIMIT 20;\n" . each_of('SELECT name FROM users WHERE id = $n AND name > $$$$', 1002 .. 1021)),
	'join users by users.id to the leader; or ask once: WHERE users.id = ANY($1) AND ...', 'two columns of one name');

$node->stop;
done_testing();
