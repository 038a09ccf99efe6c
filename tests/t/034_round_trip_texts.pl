# Texts of statements that are longer than what is shown of them, or that the encoding of the reader does not have; and the pages of a
# list by several columns.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('texts');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int, day date, title text);
INSERT INTO users SELECT 1000 + n, 'u' FROM generate_series(1, 40) AS n;
INSERT INTO posts SELECT n, 1001 + n % 40, date '2026-01-01' + n / 7, 't' FROM generate_series(1, 400) AS n;
SQL

# What a script leaves in the view, of these columns, a line a loop.
sub seen
{
	my ($columns, $script) = @_;
	run_script($node, $script);
	return take_rows($node, $columns);
}

# ---- long texts ----

my @ids = 1001 .. 1020;
my $shown = q{octet_length(repeated) BETWEEN 700 AND 1024, repeated};
my $columns = join ', ', map { "title AS column_$_" } 1 .. 200;
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT $columns FROM posts WHERE user_id = \$n", @ids) . 'COMMIT'), qr/^t\|SELECT title AS column_1, .*, … FROM posts WHERE user_id = \$1$/, 'a long select list is cut');
my $values = join ', ', map { "'literal $_' AS column_$_" } 1 .. 200;
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT $values FROM posts WHERE user_id = \$n", @ids) . 'COMMIT'), qr/^t\|SELECT \$1 AS column_1, .*, … FROM posts WHERE user_id = \$201$/, 'with constants');
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("UPDATE posts SET title = 'a' || " . join(' || ', map { "'part $_'" } 1 .. 300) . ', day = day WHERE user_id = $n', @ids) . 'COMMIT'),
	qr/^t\|UPDATE posts SET title = .* … WHERE user_id = \$302$/, 'what UPDATE sets');
my $conditions = join ' AND ', map { "title <> 'no title $_'" } 1 .. 200;
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT title FROM posts WHERE user_id = \$n AND $conditions", @ids) . 'COMMIT'), qr/^t\|SELECT title FROM posts WHERE user_id = \$1 AND title <> .*…$/, 'long conditions at their end');
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT $columns FROM posts WHERE user_id = \$n AND $conditions", @ids) . 'COMMIT'), qr/^t\|SELECT title AS column_1, .*, … FROM posts WHERE user_id = \$1 AND title <> .*…$/, 'and both');
like(seen($shown, "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT (SELECT name FROM users WHERE id = 5), $columns FROM posts WHERE user_id = \$n", @ids) . 'COMMIT'),
	qr/^t\|SELECT \(SELECT name FROM users WHERE id = \$1\), title .*, … FROM posts WHERE user_id = \$2$/, 'a query within the list is a part of it');
for my $wide ($columns, $values)
{
	like( seen('leader', "BEGIN;\nSELECT $wide, id, user_id FROM posts WHERE id <= 20;\n" . each_of('SELECT name FROM users WHERE id = $n', map { 1001 + $_ % 40 } 1 .. 20) . 'COMMIT'),
		qr/^SELECT .* AS column_1, .*, … FROM posts WHERE id <= \$\d+$/, 'of a leader too');
}

# ---- a cursor in a message of several statements ----

for my $first ('SELECT 1 AS one', 'SELECT 1 AS one /* onetrip:ignore */')
{
	is( seen('leader', "$first \\; BEGIN \\; DECLARE c CURSOR FOR SELECT id FROM users \\; FETCH 20 FROM c;\n" . each_of('SELECT title FROM posts WHERE user_id = $n', @ids) . 'COMMIT'),
		'SELECT id FROM users', "the query of a cursor after $first");
}

# ---- pages by several columns ----

my $order = 'ORDER BY day, id LIMIT 20';
my %pages = (
	'a > x OR (a = x AND b > y)' => q{day > '$d' OR (day = '$d' AND id > $n)},
	'with the same condition again' => q{day >= '$d' AND (day > '$d' OR id > $n)},
	'without what comes before' => q{day >= '$d' AND NOT (day = '$d' AND id <= $n)},
	'of a row' => q{(day, id) > ('$d', $n)},
	'of a row from the other side' => q{('$d', $n) < (day, id)},
	'with NULLs last' => q{day > '$d' OR (day = '$d' AND id > $n) OR day IS NULL},
);
my @keys = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', 'SELECT day, id FROM posts WHERE id % 20 = 0 ORDER BY id');
sub pages_of
{
	my ($condition) = @_;
	return join '', map { my ($day, $id) = @$_; (my $run = "SELECT id, day FROM posts WHERE $condition $order") =~ s/\$d/$day/g; $run =~ s/\$n/$id/gr . ";\n" } @keys;
}
for my $name (sort keys %pages)
{
	for my $block (0, 1)
	{
		my $script = pages_of($pages{$name});
		is(seen('kind, leader, statements', $block ? "BEGIN;\n${script}COMMIT;\n" : $script), 'page||20', "pages $name, block $block");
	}
}
is(seen('kind', "BEGIN;\n" . pages_of(q{day > '$d' OR user_id > $n}) . "COMMIT;\n"), 'select', 'another column says no page');
is(seen('kind', "BEGIN;\n" . pages_of(q{day = '$d' OR id = $n}) . "COMMIT;\n"), 'select', 'nor does equality alone');
my $three = join '', map { my $id = $_ * 20; "SELECT id FROM posts WHERE user_id > $id OR (user_id = $id AND day > '2026-01-01') OR (user_id = $id AND day = '2026-01-01' AND id > $id) ORDER BY user_id, day, id LIMIT 20;\n" } 0 .. 19;
is(seen('kind, statements', "BEGIN;\n${three}COMMIT;\n"), 'page|20', 'three columns');

# ---- literals by another setting than now ----

SKIP:
{
	skip 'from 19 on there is no other setting', 8 if $node->pg_version->major >= 19;
	$node->safe_psql('postgres', "ALTER SYSTEM SET escape_string_warning = off; SELECT pg_reload_conf()");
	my $off = "SET standard_conforming_strings = off;\n";
	my $runs = join '', map { "EXECUTE p($_);\n" } @ids;
	is(seen('repeated, leader', "PREPARE p(int) AS SELECT title FROM posts WHERE 'C:\\users' <> '' AND user_id = \$1;\n${off}SELECT '\\\\';\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"),
		'SELECT title FROM posts WHERE $2 <> $3 AND user_id = $1|SELECT id FROM users', 'a path in a prepared statement');
	my $secret = q{'abc\\' <> 'it is hunter2' AND user_id = $1};
	is(seen('repeated', "PREPARE p(int) AS SELECT title FROM posts WHERE $secret;\n${off}SELECT '\\\\';\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"), 'SELECT title FROM posts WHERE…', 'what may be a part of a literal or not is left out');
	is(seen('repeated', "PREPARE p(int) AS SELECT title FROM posts WHERE $secret;\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"), 'SELECT title FROM posts WHERE $2 <> $3 AND user_id = $1', 'but not if the setting has always been one');
	my $escapes = q{title <> 'it\\'s \\u0041' AND user_id = $1};
	is(seen('repeated', "SELECT '\\';\n${off}PREPARE p(int) AS SELECT title FROM posts WHERE $escapes;\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"), 'SELECT title FROM posts WHERE title <>…', 'with escapes');
	is(seen('repeated', "SELECT 1;\n${off}PREPARE p(int) AS SELECT title FROM posts WHERE $escapes;\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"),
		'SELECT title FROM posts WHERE title <> $2 AND user_id = $1', 'but not if there was no backslash before');
	{
		local $ENV{PGOPTIONS} = '-c standard_conforming_strings=off';
		is(seen('repeated', "PREPARE p(int) AS SELECT title FROM posts WHERE $escapes;\nBEGIN;\nSELECT id FROM users;\n${runs}COMMIT"), 'SELECT title FROM posts WHERE title <> $2 AND user_id = $1', 'which are there from the start');
	}
	is(seen('leader', "BEGIN;\nSELECT id FROM users WHERE name <> 'C:\\users';\n$off" . each_of('SELECT title FROM posts WHERE user_id = $n', @ids) . 'COMMIT'), 'SELECT id FROM users WHERE name <> $1', 'the text of a leader');
	is(seen('leader', "SET standard_conforming_strings = off \\; SET standard_conforming_strings = on \\; BEGIN \\; SELECT id FROM users WHERE name <> 'abc\\' AND name <> 'hunter2';\n" . each_of('SELECT title FROM posts WHERE user_id = $n', @ids) . 'COMMIT'),
		'SELECT id FROM users WHERE name <>…', 'set in the message of the statement');
}
like(seen('repeated', "BEGIN;\nSELECT id FROM users;\n" . each_of("SELECT title FROM posts WHERE title <> E'a'\r'b\\' , hunter2' AND user_id = \$n AND $conditions", @ids) . 'COMMIT'),
	qr/^SELECT title FROM posts WHERE title <> \$1 AND user_id = \$2 AND title <> /, 'a literal with escapes on two lines');
$node->safe_psql('postgres', 'CREATE ROLE reader; GRANT SELECT ON users, posts TO reader');
is(seen('role, leader', "BEGIN;\nSELECT id FROM users;\nSET ROLE reader;\nSELECT  id  FROM  users;\n" . each_of('SELECT title FROM posts WHERE user_id = $n', @ids) . 'COMMIT'),
	'reader|SELECT  id  FROM  users', "a role's leader has the text of that role");

# ---- encodings ----

$node->safe_psql('postgres', "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
$node->safe_psql('postgres', "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'");
$node->safe_psql($_, 'CREATE EXTENSION onetrip') foreach ('latin', 'ascii');
$node->safe_psql('ascii', qq{BEGIN;\nSELECT 1 AS "\xc3";\n} . qq{SELECT 2 AS "half \xe2\x82", 3 AS "\xc3", 4 AS "whole";\n} x 10 . 'COMMIT');
is( $node->safe_psql('latin', q{SELECT repeated FROM round_trips}), q{SELECT $1 AS "half ??", $2 AS "?", $3 AS "whole"}, 'half a character swallows no quote');
is( observe($node, q{SELECT repeated FROM round_trips}), q{SELECT $1 AS "half ??", $2 AS "?", $3 AS "whole"}, 'in UTF8 neither');
observe($node, 'SELECT round_trips_reset()');
$node->safe_psql('ascii', qq{BEGIN;\n} . qq{SELECT 2 AS "\xc3\xa9";\n} x 10 . 'COMMIT');
is(observe($node, q{SELECT repeated = U&'SELECT $1 AS "\00e9"' FROM round_trips}), 't', 'valid UTF-8 is taken for that');

# There is no conversion between MULE_INTERNAL and UTF8.
SKIP:
{
	skip 'from 19 on there is no such encoding', 3 if $node->pg_version->major >= 19;
	$node->safe_psql('postgres', "CREATE DATABASE mule ENCODING 'MULE_INTERNAL' TEMPLATE template0 LOCALE 'C'; SELECT round_trips_reset()");
	my $mule = qq{"\x81\xe9t\x81\xe9"};
	my $columns_of_mule = join ', ', qq{2 AS $mule}, map { "$_ AS column_$_" } 1 .. 200;
	like($node->safe_psql('mule', "BEGIN;\n" . "SELECT $columns_of_mule;\n" x 10 . "COMMIT;\nSELECT 'done'"), qr/^done$/m, 'where there is no conversion, a loop of long statements runs');
	like(observe($node, 'SELECT repeated FROM round_trips'), qr/^SELECT \$1 AS "\?t\?", \$2 AS column_1, .*\.\.\.$/, 'and is shown elsewhere, without what is not ASCII');
	my (undef, undef, $refusal) = $node->psql('mule', 'CREATE EXTENSION onetrip');
	like($refusal, qr/ERROR:  default conversion function for encoding "MULE_INTERNAL" to "UTF8" does not exist/, 'the rest of the extension refuses such a database');
}

done_testing();
