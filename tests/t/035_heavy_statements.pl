# Loops that run now, totals, resets, the log and a restart; heavy results and heavy plans.

use strict;
use warnings;

use POSIX ();

use OnetripTest qw(ask end_session kill_backend start_session);
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('heavy', 'onetrip.watch_max = 20', 'restart_after_crash = on');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE authors (id int PRIMARY KEY, name text);
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors, title text);
INSERT INTO authors SELECT 100 + n, 'a' FROM generate_series(1, 40) AS n;
INSERT INTO books SELECT n, 101 + n % 40, 't' FROM generate_series(1, 80) AS n;
CREATE TABLE events (id int PRIMARY KEY, kind int, at int, note text, body text);
INSERT INTO events SELECT n, n % 1000, n, 'n', repeat('x', 100) FROM generate_series(1, 60000) AS n;
CREATE ROLE reader;
CREATE ROLE teller;
GRANT pg_read_all_stats TO teller;
ANALYZE;
SQL
my $ask = sub { return observe($node, join ';', @_, 'RESET ROLE') };
my $list = "SELECT id FROM authors;\n";
sub look_ups { return join '', map { "SELECT title FROM books WHERE author_id = $_;\n" } @_ }

# ---- loops that run now ----

my $session = start_session($node);
ask($session, "SET application_name = 'job - 192.0.2.1:5000'; BEGIN; SELECT id FROM authors");
my $now = 'SELECT pid = ' . $session->{pid} . ', application_name, kind, leader, repeated, statements, round_trips, wait_time > 0, since < now() FROM round_trips_now';
my @seen;
foreach my $n (101 .. 140)
{
	ask($session, "SELECT title FROM books WHERE author_id = $n");
	push @seen, $ask->('SELECT statements FROM round_trips_now') if $n == 109 || $n == 110 || $n == 119 || $n == 120;
}
is("@seen", ' 10 10 20', 'a loop is shown at its birth, and when it has doubled');
is($ask->($now), 't|job|select|SELECT id FROM authors|SELECT title FROM books WHERE author_id = $1|40|40|t|t', 'what is shown');
is($ask->('SET ROLE reader', 'SELECT database, role IS NOT NULL, pid, application_name, kind, leader, repeated, statements FROM round_trips_now'),
	'postgres|t|||select|||40', 'others see kind and counts');
is($ask->('SET ROLE teller', 'SELECT count(repeated) FROM round_trips_now'), '1', 'pg_read_all_stats sees all');
$ask->('SELECT round_trips_reset()');
ask($session, 'COMMIT');
is($ask->($now), '', 'it has ended');
is($ask->('SELECT statements FROM round_trips'), '40', 'and a reset while it ran takes nothing of it');

# A backend that is killed leaves no ghost.
ask($session, 'BEGIN; SELECT id FROM authors');
ask($session, "SELECT title FROM books WHERE author_id = $_") foreach 101 .. 115;
is($ask->('SELECT count(*) FROM round_trips_now'), '1', 'a loop runs');
is($ask->("SELECT pg_terminate_backend($session->{pid}, 60000)"), 't', 'its session is ended');
is($ask->('SELECT count(*) FROM round_trips_now'), '0', 'no ghost is left');
$session = start_session($node);
ask($session, 'BEGIN; SELECT id FROM authors');
ask($session, "SELECT title FROM books WHERE author_id = $_") foreach 101 .. 115;
kill_backend($node, $session->{pid});
$node->poll_query_until('postgres', 'SELECT true');
is($ask->('SELECT count(*) FROM round_trips_now'), '0', 'nor is one of a kill -9');
end_session($session);

# ---- totals, resets, the log ----

$ask->('SELECT round_trips_reset()');
run_script($node, $list . look_ups(101 .. 140));
run_script($node, "BEGIN;\n$list" . look_ups(101 .. 140) . "ROLLBACK;\n");
my $totals = 'SELECT loops, statements, round_trips, wait_time > 0, server_time > 0, evictions FROM round_trips_total WHERE database = current_database()';
is($ask->($totals), '2|80|80|t|t|0', 'totals');
$ask->('SELECT round_trips_reset(1)');
is($ask->('SELECT count(*) FROM round_trips'), '1', 'a reset of another statement');
$ask->('SELECT round_trips_reset()');
is($ask->("$totals; SELECT count(*) FROM round_trips"), '0', 'a reset of all');
run_script($node, join '', map { "BEGIN;\n$list" . ('SELECT id' . (', id' x $_) . " FROM books WHERE author_id = 101;\n") x 10 . "COMMIT;\n" } 1 .. 25);
is($ask->('SELECT count(*) FROM round_trips'), '20', 'a full table');
is($ask->('SELECT loops, statements, evictions FROM round_trips_total WHERE database = current_database()'), '25|250|5', 'totals of what has made room');

my $log = -s $node->logfile;
run_script($node, "SET application_name = 'web';\nSET onetrip.watch_log_wait = 0;\nBEGIN;\n$list" . look_ups(101 .. 120) . "COMMIT;\nBEGIN;\n$list" . look_ups(101 .. 120) . "COMMIT;\n");
my @lines = grep { /round trips:/ } split /\n/, slurp_file($node->logfile, $log);
is(scalar @lines, 1, 'one line a loop and minute') or diag(join "\n", @lines);
like($lines[0], qr/LOG:  round trips: [\d.]+ ms of waiting in loops of an episode, application_name: web, tags: none, statements: 20, wait: [\d.]+ ms, server: [\d.]+ ms, leader rows: 40, leader: SELECT id FROM authors, repeated: SELECT title FROM books WHERE author_id = \$1$/,
	'what it says');
$ask->('SELECT round_trips_reset()');
$log = -s $node->logfile;
run_script($node, "SET onetrip.watch_log_wait = 0;\nBEGIN;\n$list" . join('', map { "SELECT title FROM books WHERE author_id = $_ /*action='in%0Adex',route='r'*/;\n" } 101 .. 120) . "COMMIT;\n");
like(slurp_file($node->logfile, $log), qr/LOG:  round trips: .*, tags: action=in dex, route=r, statements: 20, /, 'and with tags, in one line');

# ---- heavy results ----

$ask->('SELECT round_trips_reset()');
run_script($node, "\\o /dev/null\nSELECT id, kind FROM events;\nSELECT id, kind FROM events WHERE id <= 9000;\nBEGIN;\nDECLARE c CURSOR FOR SELECT id, at FROM events;\nFETCH ALL FROM c;\nCOMMIT;\n");
is($ask->('SELECT query, executions, rows, most_rows, bytes, columns, application_name FROM heavy_results'), 'SELECT id, kind FROM events|1|60000|60000|480000|2|035_heavy_statements.pl', 'many rows');
like($ask->('SELECT advice FROM heavy_results'), qr/^read it in parts: a cursor .*; or LIMIT if not all rows are needed$/, 'advice');
is($ask->('SET ROLE reader', 'SELECT database, application_name, queryid, query, executions, rows, widest_column, advice FROM heavy_results'), 'postgres||||1|60000||', 'of others: counts');
$ask->('SELECT round_trips_reset()');
run_script($node, "\\o /dev/null\nSET onetrip.heavy_bytes = '100kB';\nSELECT id, note, body FROM events WHERE id <= 2000;\nSELECT id FROM events WHERE id <= 2000;\nUPDATE events SET note = note WHERE id <= 2000 RETURNING *;\n");
is($ask->('SELECT query, rows, bytes, widest_column, round(widest_share::numeric, 2), advice FROM heavy_results ORDER BY 1'),
	"SELECT id, note, body FROM events WHERE id <= \$1|2000|210000|body|0.95|leave out column body (95 % of the bytes) where it is not needed\n"
	  . 'UPDATE events SET note = note WHERE id <= $1 RETURNING *|2000|226000|body|0.88|leave out column body (88 % of the bytes) where it is not needed',
	'many bytes');
$ask->('SELECT round_trips_reset()');
run_script($node, "\\o /dev/null\nSET onetrip.watch_values = off;\nSELECT id, kind FROM events;\nSET onetrip.heavy_rows = -1;\nSELECT id, at FROM events;\n");
is($ask->('SELECT rows, bytes, widest_column FROM heavy_results'), '60000||', 'without values the bytes are not known');
$ask->('SELECT round_trips_reset()');
run_script($node, "\\o /dev/null\nSET onetrip.heavy_cost = 1;\nSET onetrip.watch_ignore = on;\nSELECT id, kind FROM events WHERE kind >= 0;\nSET onetrip.watch_ignore = off;\nSELECT id, kind FROM events WHERE kind >= 0 /* onetrip:ignore */;\n");
is($ask->('SELECT query FROM heavy_results UNION ALL SELECT query FROM heavy_plans'), '', 'what is excused is in no view');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE apart (id int, plain text, pressed text);
ALTER TABLE apart ALTER plain SET STORAGE EXTERNAL;
INSERT INTO apart SELECT n, repeat(md5(n::text), 1000), (SELECT string_agg(md5((n * i)::text), '') || repeat('x', 70000) FROM generate_series(1, 1000) AS i) FROM generate_series(1, 20) AS n;
SQL
run_script($node, "\\o /dev/null\nSELECT * FROM apart;\nSET onetrip.heavy_bytes = '1MB';\nSELECT plain FROM apart;\nSELECT id, pressed FROM apart;\n");
is($ask->('SELECT query, rows, bytes, widest_column, round(widest_share::numeric, 2) FROM heavy_results'), 'SELECT id, pressed FROM apart|20|2040080|pressed|1.00', 'values that are stored out of line');

# ---- scans of all shapes ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE wide (id int PRIMARY KEY, amount int, org_id int, name text);
CREATE TABLE narrow (id int PRIMARY KEY, wide_id int, note text);
INSERT INTO wide SELECT n, n, n % 5000, 'x' || n FROM generate_series(1, 20000) AS n;
INSERT INTO narrow SELECT n, n, 'x' || n FROM generate_series(1, 20000) AS n;
CREATE TABLE parts (id int, k int, t text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (30000);
INSERT INTO parts SELECT n, n % 5000, 'y' || n FROM generate_series(1, 20000) AS n;
CREATE VIEW aliased AS SELECT * FROM (wide JOIN narrow USING (id)) AS j;
CREATE TABLE flags (id int, done bool, gone int, at timestamp, body jsonb);
INSERT INTO flags SELECT n, n > 5, nullif(n, 7), now()::timestamp - n * interval '1 minute', jsonb_build_object('status', n) FROM generate_series(1, 20000) AS n;
CREATE TABLE codes (code varchar(20) COLLATE "C");
INSERT INTO codes SELECT 'x' || n FROM generate_series(1, 20000) AS n;
CREATE TABLE marked (x xml);
INSERT INTO marked SELECT ('<a>' || n || '</a>')::xml FROM generate_series(1, 20000) AS n;
ANALYZE wide, narrow, parts, flags, codes, marked;
SQL

# What is advised on a statement, which must not fail.
sub on_index
{
	my ($statement) = @_;
	observe($node, 'SELECT round_trips_reset()');
	$node->safe_psql('postgres', "SET onetrip.heavy_cost = 1;\n$statement");
	return join ', ', $node->safe_psql('postgres', q{SELECT advice FROM heavy_plans WHERE query NOT LIKE '%heavy_plans%'}) =~ /CREATE INDEX (?:CONCURRENTLY )?ON public\.(.*)$/mg;
}

for my $case (
	[ 'SELECT count(*) FROM wide JOIN narrow ON wide.id = wide_id WHERE amount = 5', 'wide (amount)' ],
	[ 'SELECT count(*) FROM (wide JOIN narrow USING (id)) AS j WHERE j.amount = 5', 'wide (amount)' ],
	[ 'SELECT count(*) FROM aliased WHERE amount = 5', 'wide (amount)' ],
	[ 'SELECT count(*) FROM (wide FULL JOIN narrow USING (id)) AS j WHERE j.amount = 5', 'wide (amount)' ],
	[ 'UPDATE wide SET name = NULL FROM (narrow JOIN parts USING (id)) AS j WHERE j.wide_id = 17 AND wide.id = j.id', 'narrow (wide_id)' ],
	[ 'DELETE FROM narrow USING (wide JOIN parts USING (id)) AS j WHERE j.amount = 99 AND narrow.id = j.id', 'wide (amount)' ],
	[ 'SELECT * FROM parts WHERE k = 17 AND id > 3', 'parts (k, id)' ],
	[ "SELECT * FROM wide WHERE lower(name) = 'x5' AND org_id = 6", 'wide (org_id, (lower(name)))' ],
	[ 'SELECT * FROM wide WHERE coalesce(amount, 0) = 7', 'wide ((COALESCE(amount, 0)))' ],
	[ 'SELECT * FROM narrow, LATERAL (SELECT * FROM wide WHERE amount + narrow.id = 5 OFFSET 0) AS l WHERE narrow.id < 3', '' ],
	[ "SELECT * FROM narrow WHERE narrow.* = ROW(5, 5, 'x5')::narrow", '' ],
	[ 'SELECT count(*) FROM wide WHERE org_id = 5 AND amount = 6', 'wide (org_id, amount)' ],
	[ 'SELECT * FROM wide WHERE amount = 5.0', 'wide (((amount)::numeric))' ],
	[ 'SELECT * FROM flags WHERE gone IS NULL', 'flags (gone)' ],
	[ 'SELECT * FROM flags WHERE NOT done', 'flags (done)' ],
	[ 'SELECT * FROM flags WHERE done IS FALSE AND id > 0', 'flags (done, id)' ],
	[ "SELECT * FROM flags WHERE id > 0 AND at BETWEEN now()::timestamp - interval '9 minutes' AND now()::timestamp - interval '5 minutes'", 'flags (at)' ],
	[ "SELECT * FROM flags WHERE body ->> 'status' = '5'", "flags (((body ->> 'status'::text)))" ],
	[ q{SELECT * FROM wide WHERE name COLLATE "C" = 'x5'}, 'wide (((name COLLATE "C")))' ],
	[ q{SELECT * FROM wide WHERE lower(name COLLATE "POSIX") = 'x5' AND org_id > 3}, 'wide ((lower((name COLLATE "POSIX"))), org_id)' ],
	[ q{SELECT * FROM codes WHERE code = 'x5'}, 'codes (code)' ],
	[ q{SELECT * FROM marked WHERE x::text = 'f'}, 'marked (((x)::text))' ],
	# What may be data of the client's is not written.
	[ "SELECT * FROM wide WHERE replace(name, 'secret', '') = 'x5'", '' ],
	[ "PREPARE p (text) AS SELECT * FROM wide WHERE lower(name || \$1) = 'x'; EXECUTE p('secret')", '' ],
	[ "PREPARE p (text) AS SELECT * FROM flags WHERE body ->> \$1 = '5'; EXECUTE p('secret')", '' ],
	[ 'SELECT * FROM wide WHERE amount * 4711 = 5', '' ],
	[ "SELECT count(*) FROM wide WHERE (amount = 5 AND name <> 'a') OR (org_id = 6 AND name <> 'b')", '' ],
	[ "SELECT count(*) FROM wide WHERE (name = 'a' AND amount = 5) OR (amount = 6 AND name <> 'b')", 'wide (amount)' ])
{
	my ($statement, $index) = @$case;
	is(on_index($statement), $index, "the index for $statement");
}

for my $case ([ "SELECT * FROM wide WHERE replace(name, 'secret', '') = 'x5' AND amount > 7", 'wide is read whole for less than 1 % of its rows: CREATE INDEX CONCURRENTLY ON public.wide (amount)' ],
	[ "SELECT * FROM wide WHERE replace(name, 'secret', '') = 'x5'", 'wide is read whole for less than 1 % of its rows: an index on the expression of name that is compared' ],
	[ "SELECT * FROM wide WHERE name LIKE 'x500%'", 'wide is read whole for less than 1 % of its rows: its filter on name is no comparison by = or < that says which index to make; it may be one of another kind (GIN, GiST, BRIN), on an expression, or of some rows (WHERE)' ],
	[ 'SELECT * FROM wide WHERE wide IS NOT DISTINCT FROM (5, 5, 5, $$x5$$)::wide', 'wide is read whole for less than 1 % of its rows: its filter is no comparison by = or < that says which index to make; it may be one of another kind (GIN, GiST, BRIN), on an expression, or of some rows (WHERE)' ])
{
	on_index($case->[0]);
	is($node->safe_psql('postgres', q{SELECT advice FROM heavy_plans WHERE query NOT LIKE '%heavy_plans%'}), $case->[1], "the advice for $case->[0]");
}

# An index takes 32 columns.
my @many = map { "c_$_" } 1 .. 40;
$node->safe_psql('postgres', 'CREATE TABLE broad (' . join(', ', map { "$_ int" } @many) . '); INSERT INTO broad SELECT ' . join(', ', map { "n + $_" } 1 .. 40)
	  . ' FROM generate_series(1, 20000) AS n; ANALYZE broad');
my $keys = on_index('SELECT * FROM broad WHERE ' . join(' AND ', map { "$_ = 7" } @many) . ' AND c_1 + c_2 > 0');
is($node->psql('postgres', "CREATE INDEX ON $keys"), 0, 'the index on the first of forty columns can be made');
is(scalar(split /,/, $keys), 32, 'and has as many as it can');

# ---- heavy plans ----

$ask->('SELECT round_trips_reset()');
my $or = join ' OR ', map { "(kind = $_ AND at > $_)" } 1 .. 24;
my $joins = join ' ', map { "JOIN events AS e$_ ON e$_.id = e.id" } 1 .. 8;
run_script($node, "\\o /dev/null\nSET onetrip.heavy_cost = 100;\nSELECT note FROM events WHERE kind = 7 AND at > 100;\nSELECT note FROM events WHERE kind = 8 AND at > 200;\n"
	  . "SELECT note FROM events WHERE $or;\nSELECT e.note FROM events AS e $joins WHERE e.id = 4 OR e.id > 5;\nSELECT note FROM events WHERE id = 3;\nSET enable_indexscan = off;\nSELECT at FROM events;\n");
is($ask->(q(SELECT left(query, 60), plans, executions, planning_time > 0, server_time > 0, relations, or_arms, seq_scan, advice FROM heavy_plans ORDER BY relations, or_arms)),
	'SELECT note FROM events WHERE kind = $1 AND at > $2|2|2|t|t|1|0|events (at, kind)|events is read whole for less than 1 % of its rows: CREATE INDEX CONCURRENTLY ON public.events (kind, at)' . "\n"
	  . 'SELECT note FROM events WHERE (kind = $1 AND at > $2) OR (ki|1|1|t|t|1|24||24 branches of one OR: collect the keys first and compare with = ANY($1), or a SELECT for each branch with UNION between them' . "\n"
	  . 'SELECT e.note FROM events AS e JOIN events AS e1 ON e1.id = |1|1|t|t|9|2||9 tables in one query: split it, read the keys of the first tables and then the others WHERE ... = ANY($1), or load only the relations that are needed',
	'what makes plans dear');
is($ask->('SET ROLE reader', 'SELECT count(*), count(query), count(advice), count(queryid), count(seq_scan), count(application_name) FROM heavy_plans'), '3|0|0|0|0|0', 'of others: counts');
my $plan = $ask->('SELECT queryid FROM heavy_plans WHERE relations = 9');
$ask->("SELECT round_trips_reset($plan)");
is($ask->('SELECT count(*) FROM heavy_plans'), '2', 'a reset of one statement');

# ---- the advice on an index that is missing ----

run_script($node, $list . look_ups(101 .. 140));
like($ask->('SELECT advice FROM round_trips'), qr/; no index begins with author_id: CREATE INDEX CONCURRENTLY ON public\.books \(author_id\)$/, 'no index');

# ---- a restart ----

my $all = 'SELECT statements, repeated FROM round_trips; SELECT query, plans FROM heavy_plans ORDER BY 1; SELECT statements, stats_since FROM round_trips_total ORDER BY 1';
my $before = $ask->($all);
my $file = $node->data_dir . '/pg_stat/onetrip.stat';
$node->stop;
ok(-s $file, 'a clean end writes a file');
my $kept = slurp_file($file);
$node->start;
is($ask->($all), $before, 'all is kept over it');
ok(!-e $file, 'and the file is gone');
for my $damage ([ 'cut', substr($kept, 0, -100) ], [ 'changed', substr($kept, 0, 5000) . 'x' . substr $kept, 5001 ], [ 'of another version', substr($kept, 0, 8) . "\xFF" . substr $kept, 9 ], [ 'longer', $kept . 'x' ], [ 'empty', '' ])
{
	my ($name, $content) = @$damage;
	$node->stop;
	open my $to, '>:raw', $file or die $!;
	print $to $content;
	close $to or die $!;
	$log = -s $node->logfile;
	$node->start;
	like(slurp_file($node->logfile, $log), qr/LOG:  ignoring file "pg_stat\/onetrip.stat": it is damaged or of another version/, "a file that is $name");
	is($ask->('SELECT count(*) FROM round_trips; SELECT count(*) FROM heavy_plans; SELECT count(*) FROM round_trips_total'), "0\n0\n0", 'is ignored');
}

# A file with a checksum that fits, as whoever may write files of the server can make it. The places of a loop are those of
# StoredRoundTrip.
my ($totals_size, $loop_size) = unpack 'x12 L2', $kept;
my $loop_at = 40 + $totals_size;

sub crc32c
{
	my ($content) = @_;
	my @table = map { my $crc = $_; $crc = ($crc >> 1) ^ ($crc & 1 ? 0x82F63B78 : 0) for 1 .. 8; $crc } 0 .. 255;
	my $crc = 0xFFFFFFFF;
	$crc = ($crc >> 8) ^ $table[ ($crc ^ $_) & 0xFF ] for unpack 'C*', $content;
	return $crc ^ 0xFFFFFFFF;
}

# Starts the server with a file of this content, but for the checksum; returns what the log says of it.
sub start_with
{
	my ($content) = @_;
	$node->stop;
	open my $to, '>:raw', $file or die $!;
	print $to $content . pack 'L', crc32c($content);
	close $to or die $!;
	$log = -s $node->logfile;
	$node->start;
	return join '', slurp_file($node->logfile, $log) =~ /LOG:  (ignoring file .*)/;
}

# The file with these bytes at this place.
sub changed
{
	my ($at, $bytes) = @_;
	my $content = substr $kept, 0, -4;
	substr $content, $at, length $bytes, $bytes;
	return $content;
}
is(start_with(substr $kept, 0, -4), '', 'a file of others that is sound');
is($ask->($all), $before, 'is taken');
my %forged = (
	'more totals than there are' => [ 48, pack 'l', 66 ],
	'a reset at no time' => [ 40, pack 'q', 2**63 - 1 ],
	'another kind' => [ $loop_at + 24, pack 'Q', 5 ],
	'no time' => [ $loop_at + 40 + 80, pack 'q', 2**63 - 1 ],
	'more tags than there are' => [ $loop_at + 242, pack 'C', 200 ],
	'no encoding' => [ $loop_at + 896, pack 'l', 1000 ],
	'a text without an end' => [ $loop_at + 1925, 'x' x 1025 ],
	'a text that is none' => [ $loop_at + 900, "\xFF" ],
	'a heavy plan without an end' => [ length($kept) - 4 - 2 - 1025, 'x' x 1025 ],
);
for my $name (sort keys %forged)
{
	like(start_with(changed(@{ $forged{$name} })), qr/it is damaged or of another version/, "a file with $name");
	is($ask->('SELECT count(*) FROM round_trips; SELECT count(*) FROM heavy_plans; SELECT count(*) FROM round_trips_total'), "0\n0\n0", 'is ignored');
}
# Seventeen variants of a loop, of which two are the same.
my $loop = substr $kept, $loop_at, $loop_size;
my $many = join '', map { substr($loop, 0, 32) . pack('Q', $_) . substr $loop, 40 } 1 .. 17, 1;
my $content = substr($kept, 0, 28) . pack('L', 18) . substr($kept, 32, 8 + $totals_size) . $many . substr $kept, $loop_at + $loop_size * unpack('x28 L', $kept);
is(start_with(substr $content, 0, -4), '', 'a file of too many variants');
is($ask->('SELECT count(*) FROM round_trips; SELECT count(*) FROM heavy_plans'), "16\n2", 'of which no more are taken than there may be');
$ask->('SELECT round_trips_reset()');
is($ask->('SELECT count(*) FROM round_trips'), '0', 'and forgotten again');

# Into a smaller table the most recently seen ones go.
run_script($node, "\\o /dev/null\nSET onetrip.heavy_cost = 0;\nSET onetrip.heavy_rows = 0;\n"
	  . join '', map { my $names = join ', ', ('name') x $_; "BEGIN;\n$list" . (join '', map { "SELECT $names FROM authors WHERE id = $_;\n" } 101 .. 110) . "COMMIT;\n" } 1 .. 20);
my %last = map { my $view = $_; $view => $ask->("SELECT count(*), md5(string_agg(" . ($view eq 'round_trips' ? 'repeated' : 'query') . "::text, ',' ORDER BY last_seen DESC)) FROM (SELECT * FROM $view ORDER BY last_seen DESC LIMIT 10) AS v") } qw(round_trips heavy_results heavy_plans);
$ask->('ALTER SYSTEM SET onetrip.watch_max = 10');
$node->restart;
for my $view (sort keys %last)
{
	is($ask->("SELECT count(*), md5(string_agg(" . ($view eq 'round_trips' ? 'repeated' : 'query') . "::text, ',' ORDER BY last_seen DESC)) FROM $view"), $last{$view}, "of $view the most recent ones are kept");
}
$ask->('ALTER SYSTEM RESET onetrip.watch_max');

$node->stop;
unlink $file;
POSIX::mkfifo($file, 0600) or die $!;
$log = -s $node->logfile;
$node->start;
like(slurp_file($node->logfile, $log), qr/LOG:  ignoring "pg_stat\/onetrip.stat": it is not a file/, 'a FIFO keeps no server from starting');
unlink $file;
run_script($node, "BEGIN;\n$list" . look_ups(101 .. 120) . "COMMIT;\n");
$node->stop('immediate');
ok(!-e $file, 'an immediate end writes no file');

$node->stop;
done_testing();
