# Proof by values: which result led to a loop, where requests share a session too.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('evidence');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id int REFERENCES users, title text);
CREATE TABLE comments (id int PRIMARY KEY, post_id bigint REFERENCES posts, body text);
CREATE TABLE tags (id int PRIMARY KEY, name text);
CREATE TABLE logs (id serial, what text);
CREATE TABLE sessions (id int PRIMARY KEY, visitor int);
CREATE TABLE nodes (id int, parent int);
CREATE TABLE keys (u uuid, t text, v varchar, d date, long text);
INSERT INTO users SELECT 1000 + n, 'u' FROM generate_series(1, 40) AS n;
INSERT INTO posts SELECT 500000 + n, 1001 + n % 40, 't' FROM generate_series(1, 200) AS n;
INSERT INTO comments SELECT n, 500001 + n % 200, 'b' FROM generate_series(1, 600) AS n;
INSERT INTO tags SELECT 70000 + n, 'x' FROM generate_series(1, 12) AS n;
INSERT INTO sessions SELECT 500000 + n, 500000 + n FROM generate_series(1, 50) AS n;
INSERT INTO nodes SELECT n, n / 2 FROM generate_series(1, 31) AS n;
CREATE TABLE small_kinds (id int PRIMARY KEY, name text);
CREATE TABLE small_things (id int PRIMARY KEY, kind_id int);
CREATE TABLE small_parts (n int, thing_id int);
CREATE TABLE shelves (id int PRIMARY KEY, room int);
CREATE TABLE rooms (id int PRIMARY KEY, house int);
CREATE TABLE houses (id int PRIMARY KEY);
INSERT INTO small_kinds SELECT n, 'k' FROM generate_series(1, 12) AS n;
INSERT INTO small_things SELECT n, (n + 1) / 2 FROM generate_series(1, 24) AS n;
INSERT INTO small_parts SELECT 900000 + n, n FROM generate_series(1, 24) AS n;
INSERT INTO shelves SELECT 3000 + n, 600 + (n + 1) / 2 FROM generate_series(1, 24) AS n;
INSERT INTO rooms SELECT 600 + n, 40 + (n + 1) / 2 FROM generate_series(1, 12) AS n;
INSERT INTO houses SELECT 40 + n FROM generate_series(1, 6) AS n;
INSERT INTO keys SELECT md5(n::text)::uuid, 'text ' || n, 'varchar ' || n, '2026-01-01'::date + n, repeat('x', 100) || n
FROM generate_series(1, 20) AS n;
SQL

# A line a loop: its kind, leader, column, evidence, what is repeated, and how often.
sub seen
{
	my ($script) = @_;
	run_script($node, $script);
	return take_rows($node, q{kind, substring(leader FROM '(?:FROM|UPDATE) (\w+)'), leader_column, evidence, substring(repeated FROM '(?:FROM|INTO|UPDATE) (\w+)'), statements}, '5, 1');
}

my @newest = map { 500_201 - $_ } 1 .. 20;
my $list = "SELECT id, user_id, title FROM posts ORDER BY id DESC LIMIT 20;\n";
my $comments = 'SELECT body FROM comments WHERE post_id = $n';
my $look_up = 'SELECT name FROM users WHERE id = $n';
my $loop = 'select|posts|id|values|comments|20';
my $under_user = 'select|posts|user_id|values|users|20';
my @their_users = map { 1001 + $_ % 40 } map { 201 - $_ } 1 .. 20;

for my $mode ('autocommit', 'transaction')
{
	my ($begin, $commit) = $mode eq 'transaction' ? ("BEGIN;\n", "COMMIT;\n") : ('', '');
	my $in = sub { my ($script) = @_; return seen("$begin$script$commit"); };
	is($in->($list . each_of($comments, @newest)), $loop, "$mode: a loop over a list");
	is($in->($list . "SELECT id, name FROM tags;\n" . each_of($comments, @newest)), $loop, "$mode: a side list before it");
	is($in->($list . "SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'posts'::regclass;\n" . each_of($comments, @newest)),
		$loop, "$mode: a library reads the catalog");
	is($in->($list . each_of($comments, @newest[ 0 .. 9 ]) . "SELECT id, name FROM tags;\n" . each_of($comments, @newest[ 10 .. 19 ])),
		$loop, "$mode: a side list within it");
	is($in->($list . each_of($comments, $mode eq 'transaction' ? (1, 2, 3) : 1, @newest)), $loop =~ s/20$/$mode eq 'transaction' ? 23 : 21/er,
		"$mode: runs for something else before it");
	is($in->($list . each_of($comments, @newest) . each_of($look_up, @their_users)), "$loop\n$under_user", "$mode: two loops over one list");
	is($in->($list . join '', map { each_of($comments, $newest[$_]) . each_of($look_up, $their_users[$_]) } 0 .. 19),
		"$loop\n$under_user", "$mode: two loops that alternate");
	# Two collections of each, which have the number that they were asked for in them.
	is($in->("SELECT id FROM users ORDER BY id LIMIT 20;\n" . join '', map { "SELECT * FROM posts WHERE user_id = $_;\nSELECT id, user_id FROM posts WHERE user_id = $_ AND title = 't';\n" } 1001 .. 1020),
		"select|users|id|values|posts|20\nselect|users|id|values|posts|20", "$mode: two collections of each");
	# Small numbers stand in both columns: a key is asked for by what refers to it.
	is($in->("SELECT id, kind_id FROM small_things;\n" . each_of('SELECT name FROM small_kinds WHERE id = $n', 1 .. 12)),
		'select|small_things|kind_id|values|small_kinds|12', "$mode: by the column that refers to the key");
	is($in->("SELECT id, kind_id FROM small_things;\n" . each_of('SELECT n FROM small_parts WHERE thing_id = $n', 1 .. 12)),
		'select|small_things|id|values|small_parts|12', "$mode: by the key that is referred to");
	# How many rows are wanted is not what is asked for.
	is($in->("SELECT id, kind_id FROM small_things WHERE id > 4 ORDER BY id DESC LIMIT 12;\n" . each_of('SELECT name FROM small_kinds WHERE id = $n', map { int((25 - $_) / 2) } 0 .. 11)),
		'select|small_things|kind_id|values|small_kinds|12', "$mode: a LIMIT that is one of the values");
	is($in->("PREPARE rows (int, int) AS SELECT id, kind_id FROM small_things WHERE id > \$1 ORDER BY id DESC LIMIT \$2;\nEXECUTE rows(4, 12);\n" . each_of('SELECT name FROM small_kinds WHERE id = $n', map { int((25 - $_) / 2) } 0 .. 11)),
		'select|small_things|kind_id|values|small_kinds|12', "$mode: a LIMIT that is sent");
	# Two of each list have the next one in common.
	is($in->("SELECT id, room FROM shelves ORDER BY id;\n" . join '', map { "SELECT id, house FROM rooms WHERE id = " . (600 + int(($_ + 1) / 2)) . ";\nSELECT id FROM houses WHERE id = " . (40 + int(($_ + 3) / 4)) . ";\n" } 1 .. 24),
		"select|shelves|room|values|houses|24\nselect|shelves|room|values|rooms|24", "$mode: a chain whose neighbours have the same parent");
	is( $in->(each_of('SELECT id, parent FROM nodes WHERE parent = $n', 0, 1 .. 31)),
		$mode eq 'transaction' ? 'select|nodes|id|values|nodes|32' : 'select|nodes|id|values|nodes|31', "$mode: down a tree");
}

# Lists of what belongs to each element are of its loop; by the hundred, or in parts of a longer one, they are batches.
my $of_each = sub {
	my ($count, $form) = @_;
	my $in = sub { "SELECT body FROM comments WHERE post_id " . ($form eq 'IN' ? 'IN (' . join(', ', @_) . ')' : "= ANY ('{" . join(',', @_) . "}')") . ";\n" };
	return "SELECT id FROM users ORDER BY id LIMIT 20;\n" . join '', map {
		my $user = $_;
		my @posts = map { 500_000 + $user - 1001 + 40 * $_ } 1 .. 4;
		"SELECT id, title FROM posts WHERE user_id = $user;\n" . ($count == 0 ? join('', map { $in->(@posts[ $_, $_ + 1 ]) } 0 .. 2) : $in->(@posts[ 0 .. 2 ], ($posts[0]) x ($count - 3)))
	} 1001 .. 1020;
};
my $with_posts = 'select|users|id|values|posts|20';
for my $begin ("BEGIN;\n", '')
{
	my $commit = $begin && "COMMIT;\n";
	is(seen($begin . $of_each->(3, 'IN') . $commit), "select|posts|id|values|comments|20\n$with_posts", "IN for each element: $begin");
	like(seen($begin . $of_each->(3, 'ANY') . $commit), qr/^select\|(?:posts|users)\|\w*\|order\|comments\|20\n\Q$with_posts\E$/, "ANY for each element: $begin");
	is(seen($begin . $of_each->(100, 'IN') . $commit), $with_posts, "a hundred of each: $begin");
	is(seen($begin . $of_each->(0, 'IN') . $commit), $with_posts, "several parts of each: $begin");
	is(seen($begin . $list . join('', map { "SELECT body FROM comments WHERE post_id IN ($newest[$_], $newest[$_ + 1]);\nUPDATE tags SET name = '$_' WHERE id = 70001;\n" } 0 .. 18) . $commit) =~ /comments/, '', "parts of a list: $begin");
}

# What belongs to the rows of one list is read at once, by each visitor, whatever the length of the list.
for my $begin ("BEGIN;\n", '')
{
	my $visit = sub {
		my ($user, $count) = @_;
		my @posts = map { 500_000 + $user - 1001 + 40 * $_ } 0 .. $count - 1;
		return ($begin || '') . "SELECT id, name FROM users WHERE id = $user;\nSELECT id, title FROM posts WHERE user_id = $user ORDER BY id LIMIT $count;\nSELECT body FROM comments WHERE post_id IN (" . join(', ', @posts) . ");\n" . ($begin && "COMMIT;\n");
	};
	is(seen(join '', map { $visit->(1002 + $_ * 7 % 39, 1 + $_ % 4) } 1 .. 60), '', "visitors and their lists: $begin");
	is(seen("SELECT id FROM users LIMIT 5;\n" . join '', map { $visit->(1002 + $_ * 7 % 39, 1 + $_ % 4) } 1 .. 60), '', "the same after a list: $begin");
}

# The advice is on the list whose values change.
for my $asked ([ "BEGIN;\n" . $of_each->(3, 'IN') . "COMMIT;\n", 'comments', 'join: JOIN comments ON comments.post_id = posts.id; or ask once: WHERE comments.post_id = ANY($1)' ],
	[ "BEGIN;\n" . $of_each->(3, 'ANY') . "COMMIT;\n", 'comments', 'join comments by comments.post_id to the leader; or ask once: WHERE comments.post_id = ANY($1)' ],
	[ "BEGIN;\n" . $of_each->(3, 'IN') =~ s/WHERE post_id/WHERE body = 'b' AND post_id/gr . "COMMIT;\n", 'comments', 'join: JOIN comments ON comments.post_id = posts.id AND ...; or ask once: WHERE comments.post_id = ANY($1) AND ...' ])
{
	my ($script, $table, $advice) = @$asked;
	run_script($node, $script);
	is(take_rows($node, "CASE WHEN repeated LIKE '% FROM $table %' THEN split_part(advice, '; no index', 1) END") =~ s/^\s+//r, $advice, "advice on $table: $advice");
}

# It gives the rows of the loop, whatever else the statement asks for.
$node->safe_psql('postgres', q{CREATE TABLE staff (id int PRIMARY KEY, name text, boss int); INSERT INTO staff SELECT n, 's', 1 + n % 5 FROM generate_series(1, 45) AS n});
my $users = "SELECT id FROM users ORDER BY id LIMIT 20;\n";
for my $asked ([ "SELECT id, boss FROM staff WHERE id > 5;\n" . each_of('SELECT name FROM staff WHERE id = $n', map { 1 + $_ % 5 } 6 .. 45), 'join to the leader: JOIN staff ON staff.id = leader.boss; or ask once: WHERE staff.id = ANY($1)' ],
	[ $users . each_of(q{SELECT id FROM users WHERE id = $n AND name = 'u'}, 1001 .. 1020), 'join to the leader: JOIN users ON users.id = leader.id AND ...; or ask once: WHERE users.id = ANY($1) AND ...' ],
	[ $users . each_of('SELECT title FROM posts WHERE user_id = $n - 1', 1001 .. 1020), 'ask once for all of them: join posts to unnest($1)' ],
	[ $users . each_of('SELECT title FROM posts WHERE user_id = $n AND id = (SELECT max(p.id) FROM posts AS p WHERE p.user_id = $n)', 1001 .. 1020), 'join the whole query of each: JOIN LATERAL (SELECT ... FROM posts WHERE posts.user_id = leader.id AND ...) AS t ON true' ],
	[ $users . each_of('SELECT 1 WHERE NOT EXISTS (SELECT FROM posts WHERE user_id = $n)', 1001 .. 1020), 'join the whole query of each: JOIN LATERAL (SELECT ... FROM posts WHERE posts.user_id = leader.id ...) AS t ON true' ],
	[ $users . each_of('DELETE FROM logs WHERE id = $n + 900000', 1001 .. 1020), 'one DELETE FROM logs USING (VALUES ...) AS v WHERE ...' ],
	[ $users . each_of(q{UPDATE tags SET name = '$n' || $n WHERE id = 70001}, 1001 .. 1020), 'update tags once, with what all of them come to' ])
{
	my ($script, $advice) = @$asked;
	run_script($node, "BEGIN;\n${script}COMMIT;\n");
	is(take_rows($node, "split_part(advice, '; no index', 1)"), $advice, "advice: $advice");
}
run_script($node, "BEGIN;\n" . $of_each->(3, 'IN') =~ s/(FROM comments .*);/$1 ORDER BY id LIMIT 1;/gr . "COMMIT;\n");
like(take_rows($node, 'advice'), qr/^join some rows of each: JOIN LATERAL \(SELECT ... FROM comments WHERE comments.post_id = ANY\(\.\.\.\) \.\.\. LIMIT \.\.\.\) AS t ON true/m, 'some rows of the list of each');

# Pages lead nothing by chance, and nothing leads them.
for my $begin ("BEGIN;\n", '')
{
	is(seen($begin . "SELECT n FROM generate_series(1, 20) AS n;\n" . each_of('SELECT id FROM posts ORDER BY id LIMIT 10 OFFSET $n', map { $_ * 10 } 1 .. 10) . ($begin && "COMMIT;\n")), 'page||||posts|10', "a position that a list had: $begin");
	is(seen($begin . "SELECT id FROM posts ORDER BY id LIMIT 5;\nSELECT count(*) FROM posts;\n" . join('', map { "SELECT id FROM posts ORDER BY id LIMIT 5 OFFSET $_;\nSELECT count(*) FROM posts;\n" } map { $_ * 5 } 1 .. 15) . ($begin && "COMMIT;\n")),
		$begin ? "page||||posts|15\nselect||||posts|16" : 'page||||posts|15', "a total with each page: $begin");
}

# Large pages are no loop, nor are the last of them and the empty one after it.
is(seen("BEGIN;\n" . each_of('SELECT n FROM generate_series(1, 3000) AS n, tags WHERE tags.id = 70001 ORDER BY n LIMIT 290 OFFSET $n', map { $_ * 290 } 0 .. 11) . "COMMIT;\n"), '', 'large pages to the end');

# A list of kinds is none of what is asked for; an array of one value is one.
for my $kinds (q{id BETWEEN $n AND $n AND title IN ('s', 't')}, q{id::text LIKE '$n' AND title IN ('s', 't')}, q{id = ANY (ARRAY[$n])}, q{id > $n AND title NOT IN ('a', 'b', 'c')})
{
	is(seen("BEGIN;\n$list" . each_of("SELECT title FROM posts WHERE $kinds", @newest) . "COMMIT;\n") =~ s/\|id\|/||/r =~ s/values|order/by/r, 'select|posts||by|posts|20', "a loop with $kinds");
}

# The number that a write returned is next to that of a row.
is(seen(join '', map { 'INSERT INTO nodes VALUES (' . ($_ + 8001) . ', ' . ($_ + 8000) . ") RETURNING id;\n" } 0 .. 19), '', 'rows that are numbered');

# What is compared is looked for before what is shown.
my $shown = 'SELECT CASE ' . join('', map { "WHEN title = '$_' THEN $_ " } 1 .. 20) . 'END FROM posts WHERE id = $n';
is(seen($list . each_of($shown, @newest)), 'select|posts|id|values|posts|20', 'many constants in the select list');

# One thing again and again counts from its first run, whatever had its number before.
for my $runs (10, 20)
{
	is(seen($list . each_of("SELECT body FROM comments WHERE post_id = 500190", 1 .. $runs)), "select||||comments|$runs", "the same again $runs times");
}

# What a driver reads about types when it connects leads by order nothing that follows.
my $types = "SELECT t.oid, t.typname FROM pg_type AS t LEFT JOIN pg_range AS r ON r.rngtypid = t.oid;\n";
my $made = 'INSERT INTO comments (id, post_id) VALUES (800000 + $n, NULL)';
is(seen("SET onetrip.watch_repeats = 2;\n$types" . each_of($made, 1 .. 20)), 'insert||||comments|20', 'autocommit: the catalog leads no writes');
is(seen("BEGIN;\n$types" . each_of($made, 101 .. 120) . "COMMIT;\n"), 'insert||||comments|20', 'transaction: the catalog leads no writes');
my $columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'posts'::regclass;\n";
is(seen("BEGIN;\n$types$columns" . each_of("SELECT title FROM posts WHERE title = 'none \$n'", 1 .. 20) . "COMMIT;\n"), 'select||||posts|20', 'nor reads');
is(seen("SELECT nextval('logs_id_seq');\n" x 20), '', 'the name of a sequence is no relation that is read');
is(seen("SET onetrip.watch_repeats = 2;\n" . each_of("SELECT nextval('logs_id_seq');\nINSERT INTO logs (what) VALUES ('\$n')", 1 .. 20)), 'insert||||logs|20', 'and may come between writes');

# ---- where rows come from ----

my %lists = (
	'RETURNING' => "BEGIN; UPDATE posts SET title = 'u' WHERE id > 500180 RETURNING id; COMMIT;\n",
	'EXECUTE' => "PREPARE list AS $list EXECUTE list;\n",
	'FETCH in parts' => "BEGIN; DECLARE c CURSOR FOR $list FETCH 7 FROM c; FETCH ALL FROM c; COMMIT;\n",
	'FETCH WITH HOLD' => "BEGIN; DECLARE c CURSOR WITH HOLD FOR $list COMMIT; FETCH ALL FROM c;\n",
	'a parallel plan' => "SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;\nSELECT id FROM posts WHERE id > 500180;\n");
for my $name (sort keys %lists)
{
	is(seen($lists{$name} . each_of($comments, @newest)), $loop, "the rows of $name");
}
(my $as_table = $list) =~ s/SELECT/CREATE TEMP TABLE made AS SELECT/;
(my $copied = $list) =~ s/;\n//;
for my $other ("COPY ($copied) TO STDOUT;\n", $as_table, "EXPLAIN ANALYZE $list", "DO 'BEGIN PERFORM id FROM posts ORDER BY id DESC LIMIT 20; END';\n")
{
	is(seen($other . each_of($comments, @newest)), '', 'no rows of ' . substr($other, 0, 12));
}

# What was read before a block leads in it, and each time it was read its rows count.
for my $script ("${list}BEGIN;\n" . each_of($comments, @newest) . "COMMIT;\n", $list . "BEGIN;\n" . each_of($comments, @newest) . "COMMIT;\n" . "BEGIN;\n" . each_of($comments, @newest) . "COMMIT;\n")
{
	run_script($node, $script);
	my $blocks = () = $script =~ /BEGIN/g;
	is(take_rows($node, 'episodes, statements, leader_rows'), "$blocks|" . 20 * $blocks . '|20', "a list before $blocks blocks");
}

# Parameters come before constants, of which an object of JSON may have many.
my $object = 'jsonb_build_object(' . join(', ', map { "'key_$_', body" } 1 .. 20) . ')';
is(seen("PREPARE p (int) AS SELECT $object FROM comments WHERE post_id = \$1;\n$list" . each_of('EXECUTE p($n)', @newest)), $loop, 'a parameter after many constants');

# What a row between holds is not in the list: the list is not joined by it.
run_script($node, $list . join '', map { "SELECT id + 700000 AS code FROM users WHERE id = $_;\nSELECT name FROM tags WHERE id = " . ($_ + 700_000) . ";\n" } @their_users);
is(take_rows($node, q{substring(repeated FROM 'FROM (\w+)'), substring(leader FROM 'FROM (\w+)'), advice}),
	"users|posts|join: JOIN users ON users.id = posts.user_id; or ask once: WHERE users.id = ANY(\$1)\ntags|posts|ask once: SELECT ... FROM tags WHERE tags.id = ANY(\$1)", 'advice on a chain');

# An ERROR in the middle of a result, and a rollback after it: what was seen stays known.
my $failing = "\\set ON_ERROR_STOP off\nSELECT id, 1 / (id - 500185) FROM posts ORDER BY id DESC LIMIT 20;\n\\set ON_ERROR_STOP on\n";
is(seen($failing . $list . each_of($comments, @newest)), $loop, 'after an error in a result');
is(seen("BEGIN;\nSAVEPOINT s;\n$list" . "ROLLBACK TO s;\n" . each_of($comments, @newest) . "ROLLBACK;\n"), $loop, 'a rollback forgets nothing');
for my $end ('DISCARD PLANS', 'RESET ALL')
{
	is(seen("$list$end;\n" . each_of($comments, @newest)), '', "$end forgets");
}

# ---- types ----

for my $key (['u', 'uuid', 'md5($n::text)'], ['t', 'text', q('text ' || $n)], ['v', 'varchar', q('varchar ' || $n)], ['d', 'date', q('2026-01-01'::date + $n)])
{
	my ($column, $type, $value) = @$key;
	my $values = $node->safe_psql('postgres', 'SELECT ' . ($value =~ s/\$n/n/r) . ' FROM generate_series(1, 20) AS n');
	my $asked = join '', map { "SELECT count(*) FROM keys WHERE $column = '$_';\n" } split /\n/, $values;
	is(seen("SELECT long, $column FROM keys;\n$asked"), "select|keys|$column|values|keys|20", "a key of type $type");
}
my $asked = each_of(q{SELECT count(*) FROM keys WHERE long = repeat('x', 100) || '$n'}, 1 .. 20);
is(seen("SELECT long FROM keys;\n$asked"), '', 'a long text is not kept');

# ---- requests that share a session ----

is(seen(join '', map { each_of($look_up, 1001 + $_ % 40) . each_of('SELECT title FROM posts WHERE id = $n', 500_001 + $_ * 7 % 180) } 1 .. 60), '', 'look-ups');
is(seen($list . each_of('SELECT title FROM posts WHERE id = $n', map { 500_001 + $_ * 3 % 180 } 1 .. 60)), '', 'a list, and pages of others');
my $look_up_first = each_of($look_up, 1001);
for my $block (0, 1)
{
	my ($begin, $commit) = $block ? ("BEGIN;\n", "COMMIT;\n") : ('', '');
	# A home page of 20, and visitors who open some of these, the list again every fifth time.
	is( seen(join '', map { $begin . ($_ % 5 == 0 ? $list : each_of('SELECT title FROM posts WHERE id = $n', $newest[ $_ * 7 % 20 ])) . $commit } 0 .. 99),
		'', "a home page and its visitors, block $block");
	# Two such pages in turn: half of one must be asked for after it was read.
	is( seen(join '', map { my $page = int($_ / 5) % 2 * 20; $begin . ($_ % 5 == 0 ? "SELECT id, title FROM posts WHERE id <= 500020 + $page AND id > 500000 + $page;\n" : each_of('SELECT title FROM posts WHERE id = $n', 500_001 + $page + $_ * 7 % 20)) . $commit } 0 .. 99),
		'', "two home pages and their visitors, block $block");
	# The session of each visitor has the number of what is opened, and of the list by chance.
	is( seen(join '', map { $begin . each_of('SELECT id, visitor FROM sessions WHERE id = $n', 500_001 + $_ % 50) . ($_ % 5 == 0 ? "SELECT id, user_id, title FROM posts ORDER BY id LIMIT 10;\n" : each_of('SELECT title FROM posts WHERE id = $n', 500_001 + $_ % 50)) . $commit } 0 .. 99),
		'', "visitors with a session, block $block");
	# The same at random, for as long as half of the page may be asked for between two readings of it.
	for my $seed (1 .. 3)
	{
		srand $seed;
		my $before = $seed == 1 ? '' : "$begin$look_up_first$commit";
		is( seen(join '', map { $before . $begin . ($_ % 5 == 0 ? $list : each_of('SELECT title FROM posts WHERE id = $n', $newest[ int rand 20 ])) . $commit } 0 .. 299),
			'', "visitors at random, block $block, seed $seed");
	}
	is( seen(join '', map { $begin . each_of($look_up, 1001 + $_ % 40) . "SELECT id FROM posts ORDER BY id LIMIT 5;\n" . each_of($comments, 500_001 .. 500_005) . $commit } 1 .. 20),
		'select|posts|id|values|comments|100', "five in each request, block $block");
}
is( seen($list . join '', map { "BEGIN;\nSELECT 1 FROM posts WHERE title = 'q' AND id <> $_;\nUPDATE posts SET title = 't' WHERE id = $_;\nCOMMIT;\n" } @newest),
	"select|posts|id|values|posts|20\nupdate|posts|id|values|posts|20", 'a transaction of two statements for each row');
is( seen($list . join '', map { each_of($comments, $_) . "INSERT INTO logs (what) VALUES ('seen: $_');\n" } @newest),
	"$loop\ninsert|posts||order|logs|20", 'a neighbour of a loop');
is(seen(join '', map { each_of($look_up, 1001 + $_ % 40) . "INSERT INTO logs (what) VALUES ('by $_');\n" } 1 .. 40), '', 'a log of look-ups');
# Requests that interleave on the session of a pooler ask for the same few of a list.
is(seen(join '', map { ("SELECT id FROM tags WHERE id < 70013 + $_;\n", map { each_of('SELECT name FROM users WHERE id = $n', 70_001 + $_) } map { ($_, $_ + 1, $_) } $_ .. $_ + 1) } 1 .. 8),
	'', 'requests that interleave');
is(seen($list . each_of(q{INSERT INTO logs (what) VALUES ('key-$n')}, @newest)), 'insert|posts||order|logs|20', 'writes directly after a list');
is(seen("SELECT id FROM tags LIMIT 3;\n" . each_of(q{INSERT INTO logs (what) VALUES ('key-$n')}, @newest)), '', 'more writes than the list had rows');
is(seen(each_of('SELECT 1', 1 .. 20) . each_of('SELECT id FROM posts WHERE id = 1 FOR UPDATE SKIP LOCKED', 1 .. 20)), '', 'health checks and a queue');

is(seen(each_of('SELECT id + 1 AS id FROM nodes WHERE id = $n', 1 .. 30)), 'select|nodes|id|values|nodes|29', 'along a chain, a row at a time');
is(seen("\\set ON_ERROR_STOP off\nSELECT id, 1 / (user_id - 1030) FROM posts ORDER BY id;\n" . each_of($comments, 500_001 .. 500_020)), '', 'rows before an error lead to nothing');

# ---- settings and rights ----

is( seen("SET onetrip.watch_values = off;\nBEGIN;\n$list" . each_of($comments, @newest) . "COMMIT;\n"),
	'select|posts||order|comments|20', 'watch_values = off: by order, in a block');
is(seen("SET onetrip.watch_values = off;\n$list" . each_of($comments, @newest)), '', 'and not outside of one');
is( seen("BEGIN;\n$list" . each_of($comments, map { 500_001 + $_ } 1 .. 20) . "COMMIT;\n"),
	'select|posts||order|comments|20', 'values that no result held: by order');
is( seen("BEGIN;\nSELECT id FROM tags LIMIT 3;\n" . each_of($comments, map { 500_001 + $_ } 1 .. 20) . "COMMIT;\n"),
	'select||||comments|20', 'three rows do not lead to twenty');
run_script($node, $list . each_of($comments, @newest));
is( $node->safe_psql('postgres', 'CREATE ROLE reader; SET ROLE reader; SELECT kind, leader, leader_column, evidence, repeated, statements, distinct_parameters, advice FROM round_trips'),
	'select|||||20||', q{of others' loops kind and counts are shown});
is( observe($node, 'SELECT advice FROM round_trips'),
	'join to the leader: JOIN comments ON comments.post_id = leader.id; or ask once: WHERE comments.post_id = ANY($1); '
	  . 'no index begins with post_id: CREATE INDEX CONCURRENTLY ON public.comments (post_id)', 'the advice names the key');

$node->stop;
done_testing();
