# The watch over round trips: what a client does in a loop is seen, under its leader, and nothing
# else is.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('watched', 'max_prepared_transactions = 2');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE written (a int, b text);
CREATE FUNCTION fails_in_function() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    PERFORM genre FROM campagnes WHERE id = 1;
    RETURN 1 / 0;
END $$;
SQL

my $list = 'SELECT id FROM campagnes';
my $element = 'SELECT genre FROM campagnes WHERE id = $1';

# What a client makes the view show.
sub seen
{
	my ($client, $loop) = @_;
	run_client($node, $client, $loop);
	return loops($node);
}

# ---- loops of an application ----

my $nested = <<'ROWS';
select|SELECT id, campagne_id_fk FROM messages WHERE campagne_id_fk = $1|SELECT genre FROM campagnes WHERE id = $1|1|60|60|60|t
select|SELECT id FROM campagnes ORDER BY id|SELECT id, campagne_id_fk FROM messages WHERE campagne_id_fk = $1|1|12|12|12|t
ROWS
chomp $nested;
for my $mode ('nested', 'nested_autocommit')
{
	my ($slept, $whole) = split / /, run_client($node, 'psycopg2_loops', $mode);
	my ($wait, $server) = split /\|/,
	  observe($node, q{SELECT wait_time, server_time FROM round_trips WHERE repeated LIKE '%genre%'});
	cmp_ok($wait, '>=', $slept, "$mode: the wait is what the client slept at least");
	cmp_ok($wait + $server, '<=', $whole, "$mode: and no more than all that was");
	cmp_ok($server, '>', 0, "$mode: the server worked too");
	is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips ORDER BY repeated'),
		"join: JOIN campagnes ON campagnes.id = messages.campagne_id_fk; or ask once: WHERE campagnes.id = ANY(\$1)\n"
		  . 'join: JOIN messages ON messages.campagne_id_fk = campagnes.id; or ask once: WHERE messages.campagne_id_fk = ANY($1)',
		"$mode: the advice names tables and columns");
	is( observe($node, q{SELECT DISTINCT database, role = current_user, first_seen < last_seen, last_seen < now() FROM round_trips}),
		'postgres|t|t|t', "$mode: of whom and when");
	is(loops($node), $nested, "$mode: both loops have their leaders, counts and rows");
}
is(seen('psycopg2_loops', 'join'), '', 'a join is no loop');

is(seen('psycopg2_loops', 'inserts'), 'insert||INSERT INTO written VALUES ($1, $2)|1|30|30|0|t', 'rows are inserted one by one');
is(seen('psycopg2_loops', 'insert_pages'), '', 'statements that share a message are one round trip');
is(seen('psycopg2_loops', 'inserts_autocommit'), '', 'outside of a block nothing says that they belong together');
is(seen('psycopg2_loops', 'insert_batches'), '', 'inserts by the hundred are fine');
is(seen('psycopg2_loops', 'in_batches'), '', 'so are batches of IN and ANY');

run_client($node, 'psycopg2_loops', 'updates');
is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips ORDER BY kind'),
	"one DELETE FROM written WHERE written.a = ANY(\$1)\n"
	  . 'one UPDATE messages SET ... FROM (VALUES ...) AS v (id, ...) WHERE messages.id = v.id; or, where all get the same, WHERE messages.id = ANY($1)',
	'advice for writes');
is( loops($node),
	join("\n",
		'delete|SELECT id FROM messages WHERE id <= $1|DELETE FROM written WHERE a = $1|1|11|11|11|t',
		'update|SELECT id FROM messages WHERE id <= $1|UPDATE messages SET template_id = $1 WHERE id = $2|1|11|11|11|t'),
	'row by row under a list');

run_client($node, 'psycopg2_loops', 'named_cursor');
is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'),
	'ask once for all of them: ... FROM messages WHERE messages.campagne_id_fk = ANY($1) GROUP BY messages.campagne_id_fk (values without rows are missing there)',
	'advice for counts');
is( loops($node),
	q{select|SELECT id FROM campagnes WHERE zone_diffusion = $1|SELECT count(*) FROM messages WHERE campagne_id_fk = $1|1|12|12|12|t},
	q{a cursor's query leads});

# In a block: outside of one repeats that come slowly poll, and a busy machine is slow.
run_script($node, "BEGIN;\n" . "SELECT genre FROM campagnes WHERE id = 7;\n" x 11 . 'COMMIT;');
is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'),
	'ask once and keep the result: campagnes.id is compared with the same value each time',
	'advice for the same look-up');
is(loops($node), "select||$element|1|11|11|0|f", 'one constant again and again');

run_client($node, 'psycopg2_loops', 'rereads');
is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'),
	q{select messages.numero_abonne, messages.template_id with the leader's rows at once, which are rows of messages},
	'advice for rows that the leader has read');
is( loops($node),
	'select|SELECT id FROM messages WHERE campagne_id_fk < $1|SELECT numero_abonne, template_id FROM messages WHERE id = $1|1|15|15|15|t',
	'rows are read again by their key');

is(seen('psycopg2_loops', 'hot_lookups'), '', 'look-ups without a leader are no loop');
is(seen('psycopg2_loops', 'commits'), '', 'nor with a block around each');
is( seen('psycopg2_loops', 'commits_under_list'),
	"select|$list|SELECT * FROM messages WHERE campagne_id_fk = \$1|1|12|12|12|t",
	'blocks of a single statement count as the statement');
is(seen('psycopg2_loops', 'failures'), "select||$element|1|12|12|0|t", 'what fails is not counted');
is(seen('psycopg2_loops', 'rollback'), 'insert||INSERT INTO written VALUES ($1)|3|32|12|0|t', 'blocks that are rolled back, and chained');

# ---- protocols ----

my $loop = "select|$list|$element|1|12|12|12|t";
is(seen('raw_protocol', 'prepared'), $loop, 'prepared statements');
is(seen('raw_protocol', 'pipeline'), '', 'a pipeline is one round trip');
# Before 17 the server cannot say how much lies in its receive buffer: each counts, however soon it is read after the one before.
run_client($node, 'raw_protocol', 'syncs');
is( observe($node, 'SELECT round_trips FROM round_trips'),
	$node->safe_psql('postgres', 'SHOW server_version_num') < 170000 ? '1000' : '',
	'a pipeline with a Sync after each statement');
loops($node);
is(seen('raw_protocol', 'portals'), $loop, 'a portal that is executed in parts');
is(seen('raw_protocol', 'elements_in_parts'), '', 'which is in no loop itself');
my $slept = run_client($node, 'raw_protocol', 'separate_parse');
cmp_ok(observe($node, 'SELECT wait_time FROM round_trips'), '>=', $slept, 'the client is waited for between Parse and Bind too');
is(loops($node), $loop, 'each statement parsed by itself');
is(seen('raw_protocol', 'errors'), "select|$list|$element|1|10|10|24|t", 'errors in pipelines, and portals side by side');

my $folder = PostgreSQL::Test::Utils::tempdir;

my $clients = 2;
sub run_pgbench
{
	my ($mode, $transactions, @script) = @_;
	my @arguments = ('-S');
	if (@script)
	{
		append_to_file("$folder/script.sql", join "\n", @script, '');
		@arguments = ('-f', "$folder/script.sql");
	}
	$node->command_ok([ 'pgbench', '-n', '-M', $mode, '-c', $clients, '-t', $transactions, @arguments, 'postgres' ], "pgbench, $mode");
	wait_for_exits($node);
	unlink "$folder/script.sql";
	return;
}

$node->command_ok([ 'pgbench', '-i', '-q', 'postgres' ], 'pgbench has its tables');
loops($node);
for my $mode ('simple', 'extended', 'prepared')
{
	run_pgbench($mode, 100);
	is(loops($node), '', "select-only is no loop ($mode)");
	my @elements = map { ("\\set n $_", 'SELECT genre FROM campagnes WHERE id = :n;') } 1 .. 12;
	run_pgbench($mode, 1, 'BEGIN;', "$list;", @elements, 'COMMIT;');
	is(loops($node), "select|$list|$element|2|24|12|24|t", "a loop is one ($mode)");
	# Each of these is over in less than a microsecond, and waited for all the same.
	$clients = 1;
	local $ENV{PGOPTIONS} = '-c log_statement=none';
	run_pgbench($mode, 20, 'BEGIN;', ("\\set n 1", 'SELECT :n;') x 40, 'COMMIT;');
	is(take_rows($node, 'statements, round_trips'), '800|800', "the client waits for each ($mode)");
	$clients = 2;
	next if $mode eq 'simple';
	run_pgbench($mode, 1, '\startpipeline', "$list;", @elements, '\endpipeline');
	is(loops($node), '', "a pipeline is one round trip ($mode)");
}

# Several statements in one message, SQL's PREPARE and cursors.
my $elements = join ' ', map { "SELECT genre FROM campagnes WHERE id = $_;" } 1 .. 12;
$node->psql('postgres', "BEGIN; $list; $elements COMMIT;", on_error_die => 1);
is(loops($node), $loop, 'one message with all statements');
my $executes = join "\n", map { "EXECUTE element($_);" } 1 .. 12;
$node->safe_psql('postgres', "PREPARE element(int) AS SELECT genre FROM campagnes WHERE id = \$1;\nBEGIN;\n$list;\n$executes\nCOMMIT;\nDEALLOCATE element");
is(loops($node), $loop, 'EXECUTE counts as what was prepared');
my $fetches = join "\n", map { "FETCH c;\nSELECT genre FROM campagnes WHERE id = $_;" } 1 .. 12;
$node->safe_psql('postgres', "BEGIN;\nDECLARE c NO SCROLL CURSOR FOR $list;\n$fetches\nMOVE ALL c;\nCLOSE c;\nCOMMIT");
is(loops($node), $loop, 'FETCH adds rows to its query, and is no loop');
$node->safe_psql('postgres', "BEGIN;\n" . "DECLARE c CURSOR FOR $list;\n" . ("FETCH c;\n" x 12) . 'COMMIT');
is(loops($node), '', 'FETCH alone neither');
$node->safe_psql('postgres', "SET plan_cache_mode = force_generic_plan;\nPREPARE element(int) AS SELECT genre FROM campagnes WHERE id = \$1;\nBEGIN;\n$list;\n$executes\nCOMMIT");
is( observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), q{select campagnes.genre with the leader's rows at once, which are rows of campagnes}, 'advice from a generic plan');
is(loops($node), $loop, 'generic plans');

# A cursor that outlives its transaction: the rows that COMMIT reads for it have not been fetched yet.
run_script($node, "BEGIN;\nDECLARE c CURSOR WITH HOLD FOR $list;\nCOMMIT;\nFETCH 12 FROM c;\n" . join("\n", split /(?<=;) /, $elements));
is(loops($node), "select|$list|$element|1|12|12|12|t", 'a cursor WITH HOLD');

# Statements that write and return.
for my $statement ('INSERT INTO written VALUES ($n, NULL) RETURNING b', 'WITH x AS (UPDATE written SET b = NULL WHERE a = $n RETURNING *) SELECT * FROM x', 'MERGE INTO written USING (SELECT $n AS n) AS s ON a = n WHEN MATCHED THEN UPDATE SET b = NULL')
{
	$node->safe_psql('postgres', "BEGIN;\n" . join("\n", map { (my $run = $statement) =~ s/\$n/$_/; "$run;" } 1 .. 10) . "\nCOMMIT");
	my %kinds = (INSERT => 'insert', WITH => 'update', MERGE => 'update');
	like(loops($node), qr/^$kinds{(split ' ', $statement)[0]}\|\|.*\|1\|10\|10\|0\|t$/, $statement);
}

# The advice is never for another table, never for more rows, and can be followed.
$node->safe_psql('postgres', 'CREATE TABLE twice (a bigint UNIQUE, b text); CREATE SEQUENCE ids;
	CREATE VIEW late_messages AS SELECT id, campagne_id_fk, numero_abonne AS subscriber FROM messages WHERE id > 3;
	CREATE FUNCTION messages_of(campagne bigint) RETURNS SETOF messages LANGUAGE sql STABLE AS $$SELECT * FROM messages WHERE campagne_id_fk = $1$$');
my @advice = (
	# Writes that read another table, or ask for more than one thing.
	['delete', 'DELETE FROM written USING messages AS m WHERE m.id = written.a AND m.numero_abonne = $n',
		'one DELETE FROM written USING (VALUES ...) AS v WHERE ...'],
	['delete', 'DELETE FROM written USING messages AS m WHERE m.template_id = written.a AND written.a = $n',
		'one DELETE FROM written USING (VALUES ...) AS v (a, ...) WHERE written.a = v.a AND ...'],
	['delete', 'DELETE FROM messages USING messages AS other WHERE other.template_id = messages.id AND other.numero_abonne = -$n',
		'if none reads what another of them wrote: one DELETE FROM messages USING (VALUES ...) AS v WHERE ...'],
	['update', 'UPDATE messages SET template_id = other.id FROM messages AS other WHERE other.template_id = messages.id AND other.id = -$n',
		'if none reads what another of them wrote: one UPDATE messages SET ... FROM (VALUES ...) AS v WHERE ...'],
	['delete', q{DELETE FROM written WHERE a = $n AND b = 'x'},
		'one DELETE FROM written USING (VALUES ...) AS v (a, ...) WHERE written.a = v.a AND ...'],
	['delete', 'DELETE FROM messages WHERE id = -$n AND campagne_id_fk = 1',
		'one DELETE FROM messages USING (VALUES ...) AS v (id, ...) WHERE messages.id = v.id AND ...'],
	['delete', 'DELETE FROM written WHERE a < -$n',
		'one DELETE FROM written USING (VALUES ...) AS v WHERE ...'],
	['update', 'UPDATE written SET b = m.id FROM messages AS m WHERE m.id = written.a AND m.numero_abonne = $n',
		'one UPDATE written SET ... FROM (VALUES ...) AS v WHERE ...'],
	['update', 'UPDATE messages SET template_id = template_id WHERE id = $n AND campagne_id_fk = 1',
		'one UPDATE messages SET ... FROM (VALUES ...) AS v (id, ...) WHERE messages.id = v.id AND ...'],
	['update', 'UPDATE messages SET template_id = template_id + 1 WHERE id = $n',
		'one UPDATE messages SET ... FROM (VALUES ...) AS v (id, ...) WHERE messages.id = v.id, which updates each row once: add up what is for the same one'],
	['update', 'UPDATE messages SET template_id = template_id - 1 WHERE id = $n AND campagne_id_fk > 0',
		'one UPDATE messages SET ... FROM (VALUES ...) AS v (id, ...) WHERE messages.id = v.id AND ..., which updates each row once: add up what is for the same one'],
	['update', 'MERGE INTO written USING (SELECT $n AS n) AS s ON a = n WHEN MATCHED THEN UPDATE SET b = NULL',
		'one MERGE INTO written USING (VALUES ...) AS v ON ...'],
	['insert', 'INSERT INTO written SELECT id FROM messages WHERE id = $n',
		'one INSERT INTO written SELECT ... for all of them'],
	['insert', 'INSERT INTO written VALUES ($n)',
		'one INSERT INTO written with a row of VALUES for each, or COPY written (a) FROM STDIN'],
	['insert', 'INSERT INTO written VALUES ($n) RETURNING a',
		'one INSERT INTO written with a row of VALUES for each'],
	['insert', 'INSERT INTO twice VALUES ($n) ON CONFLICT DO NOTHING',
		'one INSERT INTO twice with a row of VALUES for each'],
	['insert', 'INSERT INTO twice VALUES ($n) ON CONFLICT (a) DO UPDATE SET a = excluded.a',
		'one INSERT INTO twice with a row of VALUES for each key'],
	['insert', 'WITH x AS (INSERT INTO written VALUES ($n) RETURNING *) SELECT x.a, m.id FROM x, messages AS m WHERE m.id = 5',
		'one INSERT INTO written with a row of VALUES for each'],
	['delete', 'WITH x AS (DELETE FROM written WHERE a = $n RETURNING *) SELECT * FROM x',
		'one DELETE FROM written WHERE written.a = ANY($1)'],
	# Reads.
	['select', 'SELECT id FROM messages WHERE id = $n AND campagne_id_fk = 1',
		'ask once: SELECT ... FROM messages WHERE messages.id = ANY($1) AND ...'],
	['select', 'SELECT count(*) FROM messages WHERE campagne_id_fk = $n AND id > 5',
		'ask once for all of them: ... FROM messages WHERE messages.campagne_id_fk = ANY($1) AND ... GROUP BY messages.campagne_id_fk (values without rows are missing there)'],
	['select', 'SELECT id FROM messages WHERE id > $n',
		'ask once for all of them: join messages to unnest($1)'],
	['select', q{SELECT genre FROM campagnes WHERE genre LIKE '$n%'},
		'ask once for all of them: join campagnes to unnest($1)'],
	# Some rows of each are not all of them, unless there is but one.
	['select', 'SELECT numero_abonne FROM messages WHERE campagne_id_fk = $n ORDER BY id DESC LIMIT 1',
		'ask once: FROM unnest($1) AS v JOIN LATERAL (SELECT ... FROM messages WHERE messages.campagne_id_fk = v ... LIMIT ...) AS t ON true'],
	['select', 'SELECT numero_abonne FROM messages WHERE id = $n LIMIT 1',
		'ask once: SELECT ... FROM messages WHERE messages.id = ANY($1)'],
	['select', 'SELECT genre FROM campagnes ORDER BY id LIMIT 1 OFFSET $n',
		'ask once: FROM unnest($1) AS v JOIN LATERAL (SELECT ... FROM campagnes ... LIMIT ...) AS t ON true'],
	['select', 'SELECT count(*) FROM messages WHERE campagne_id_fk = $n LIMIT 1',
		'ask once for all of them: ... FROM messages WHERE messages.campagne_id_fk = ANY($1) GROUP BY messages.campagne_id_fk (values without rows are missing there)'],
	['select', 'SELECT max(id) FROM messages WHERE campagne_id_fk = $n',
		'ask once for all of them: ... FROM messages WHERE messages.campagne_id_fk = ANY($1) GROUP BY messages.campagne_id_fk (values without rows are missing there)'],
	['select', 'SELECT EXISTS (SELECT FROM messages WHERE campagne_id_fk = $n AND id > 5)',
		'ask once which of them there are: SELECT DISTINCT messages.campagne_id_fk FROM messages WHERE messages.campagne_id_fk = ANY($1) AND ...'],
	['select', 'SELECT (SELECT genre FROM campagnes WHERE id = $n)',
		'ask once: SELECT ... FROM campagnes WHERE campagnes.id = ANY($1)'],
	# The plan names neither the view nor the function that the client knows.
	['select', 'SELECT id FROM late_messages WHERE campagne_id_fk = $n',
		'ask once: SELECT ... FROM late_messages WHERE late_messages.campagne_id_fk = ANY($1)'],
	['select', 'SELECT id FROM late_messages WHERE subscriber = $n',
		'ask once: SELECT ... FROM late_messages WHERE late_messages.subscriber = ANY($1)'],
	['select', 'SELECT id FROM messages_of($n)', 'ask once for all values'],
	# What differs each time although the statement does not.
	['select', q{SELECT nextval('ids')}, q{take a block of numbers at once: SELECT nextval('ids') FROM generate_series(1, $1)}],
	['select', 'SELECT random() FROM campagnes WHERE id = 1', 'ask once for all values'],
	['select', 'SELECT g FROM gen_random_uuid() AS g', 'ask once for all values'],
	['select', 'SELECT id FROM campagnes WHERE id < 2 OR genre = random()::text', 'ask once for all values'],
	['select', 'SELECT 1', 'it reads no table: send it with the statement that needs it, or not at all'],
);
for (@advice)
{
	my ($kind, $statement, $advice) = @$_;
	$node->safe_psql('postgres', "BEGIN;\n" . join("\n", map { (my $run = $statement) =~ s/\$n/$_/; "$run;" } 1 .. 10) . "\nCOMMIT");
	is(observe($node, 'SELECT kind, split_part(advice, $$; no index$$, 1) FROM round_trips'), "$kind|$advice", "advice for $statement");
	loops($node);
}
# A join is written into the leader if that gives the rows of the loop, else after it.
my ($messages, $genre) = ('SELECT id FROM messages WHERE campagne_id_fk = $n', 'SELECT genre FROM campagnes WHERE id = $n');
for my $asked ([ 'SELECT id FROM campagnes ORDER BY id LIMIT 12', $messages, 'join to the leader: JOIN messages ON messages.campagne_id_fk = leader.id; or ask once: WHERE messages.campagne_id_fk = ANY($1)' ],
	[ 'SELECT campagne_id_fk FROM messages ORDER BY id LIMIT 12', $genre, 'join: JOIN campagnes ON campagnes.id = messages.campagne_id_fk; or ask once: WHERE campagnes.id = ANY($1)' ],
	[ 'SELECT max(campagne_id_fk) AS last FROM messages GROUP BY campagne_id_fk', $genre, 'join to the leader: JOIN campagnes ON campagnes.id = leader.last; or ask once: WHERE campagnes.id = ANY($1)' ],
	[ 'SELECT id FROM campagnes WHERE id < 7 UNION ALL SELECT id FROM campagnes WHERE id >= 7', $messages, 'join to the leader: JOIN messages ON messages.campagne_id_fk = leader.id; or ask once: WHERE messages.campagne_id_fk = ANY($1)' ],
	[ 'SELECT id FROM (SELECT DISTINCT id FROM campagnes) AS c', $messages, 'join to the leader: JOIN messages ON messages.campagne_id_fk = leader.id; or ask once: WHERE messages.campagne_id_fk = ANY($1)' ],
	[ 'SELECT id FROM campagnes', 'SELECT id FROM late_messages WHERE campagne_id_fk = $n', 'join: JOIN late_messages ON late_messages.campagne_id_fk = campagnes.id; or ask once: WHERE late_messages.campagne_id_fk = ANY($1)' ],
	# It is not known that there is such a row, unless a foreign key says so.
	[ 'SELECT id FROM messages ORDER BY id LIMIT 12', 'SELECT id FROM campagnes WHERE id = $n', 'join to the leader: JOIN campagnes ON campagnes.id = leader.id; or ask once: WHERE campagnes.id = ANY($1)' ],
	[ 'SELECT campagne_id_fk FROM messages ORDER BY id LIMIT 12', 'SELECT id FROM campagnes WHERE id = $n', q{the value is there already: campagnes.id is the leader's campagne_id_fk} ])
{
	my ($leader, $statement, $advice) = @$asked;
	run_script($node, "BEGIN;\n$leader;\n" . each_of($statement, 1 .. 12) . "COMMIT");
	is(take_rows($node, q{split_part(advice, '; no index', 1)}), $advice, "advice for $statement under $leader");
}
run_script($node, each_of('SELECT id FROM messages WHERE id > $n ORDER BY id LIMIT 1', 1 .. 12));
is(take_rows($node, 'leader = repeated, advice'), 't|read messages in larger pages (LIMIT), or by a cursor: DECLARE c CURSOR FOR ...; FETCH 1000 FROM c', 'row by row, by the key of the last one');

# The leader's rows have a column only where the statement reads it of no other table.
for my $other ([ 'SELECT m.template_id FROM campagnes AS c JOIN messages AS m ON m.campagne_id_fk = c.id WHERE c.id = $n AND m.id > 0',
		qr/^join to the leader: JOIN (\w+) ON \1\.\w+ = leader\.id AND \.\.\.; or ask once: WHERE \1\.\w+ = ANY\(\$1\)/ ],
	[ 'SELECT genre FROM campagnes WHERE id = $n UNION ALL SELECT genre FROM campagnes WHERE id = 1',
		qr/^join the whole query of each: JOIN LATERAL \(SELECT \.\.\. FROM campagnes WHERE campagnes\.id = leader\.id \.\.\.\) AS t ON true$/ ])
{
	my ($statement, $advice) = @$other;
	$node->safe_psql('postgres', "BEGIN;\n$list;\n" . join("\n", map { (my $run = $statement) =~ s/\$n/$_/; "$run;" } 1 .. 10) . "\nCOMMIT");
	like(observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), $advice, "advice for $statement");
	loops($node);
}

# A column that is compared with the same value each time, as of a tenant or a kind, is not what the loop is about.
$node->safe_psql('postgres', 'CREATE TABLE tenants (id int PRIMARY KEY, tenant int, kind text, campagne int, amount numeric); INSERT INTO tenants SELECT n, 1, $$a$$, n, n FROM generate_series(1, 12) AS n');
for my $index ('', 'CREATE INDEX ON tenants (tenant)', 'CREATE INDEX ON tenants (campagne)')
{
	$node->safe_psql('postgres', $index);
	for my $form ([ q{SELECT amount FROM tenants WHERE tenant = 1 AND kind = 'a' AND campagne = $n}, 'join to the leader: JOIN tenants ON tenants.campagne = leader.id AND ...; or ask once: WHERE tenants.campagne = ANY($1) AND ...' ],
		[ q{SELECT kind FROM tenants WHERE kind = 'a' AND campagne = $n}, 'join to the leader: JOIN tenants ON tenants.campagne = leader.id AND ...; or ask once: WHERE tenants.campagne = ANY($1) AND ...' ],
		[ 'UPDATE tenants SET amount = 1 WHERE tenant = 1 AND campagne = $n', 'one UPDATE tenants SET ... FROM (VALUES ...) AS v (campagne, ...) WHERE tenants.campagne = v.campagne AND ...' ],
		[ 'SELECT id FROM tenants WHERE tenant = 1 AND amount = $n.5', 'join tenants by tenants.amount to the leader; or ask once: WHERE tenants.amount = ANY($1) AND ...' ])
	{
		my ($statement, $advice) = @$form;
		for my $mode ('literal', 'prepared')
		{
			my $runs = join "\n", map { (my $run = $statement) =~ s/\$n/$_/; "$run;" } 1 .. 12;
			if ($mode eq 'prepared')
			{
				next if $statement =~ /amount = \$n/;
				(my $prepared = $statement) =~ s/\$n/\$1/;
				$runs = "PREPARE p (int) AS $prepared;\nSET plan_cache_mode = force_generic_plan;\n" . each_of('EXECUTE p($n)', 1 .. 12);
			}
			run_script($node, "BEGIN;\n$list;\n${runs}\nCOMMIT");
			is(observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), $advice, "$mode, $index: $statement");
			loops($node);
		}
	}
}

# A lock is not among the leader's values.
for my $lock ('FOR UPDATE', 'FOR SHARE')
{
	run_script($node, "BEGIN;\n$list;\n" . each_of("SELECT id FROM campagnes WHERE id = \$n $lock", 1 .. 12) . "COMMIT");
	is(observe($node, 'SELECT advice FROM round_trips'), 'join to the leader: JOIN campagnes ON campagnes.id = leader.id; or ask once: WHERE campagnes.id = ANY($1)', "advice on $lock");
	loops($node);
}

# A constant tells runs apart wherever it stands.
$node->safe_psql('postgres', q{CREATE TABLE t AS SELECT generate_series(1, 30) AS id; CREATE TABLE t2 (id int PRIMARY KEY, a int); INSERT INTO t2 VALUES (1, 1), (5, 9);
	CREATE TABLE t3 (a int, b int); CREATE TABLE j AS SELECT 5 AS id, '{"a":[1,2,3]}'::jsonb AS j, ARRAY[1, 2, 3] AS arr});
my @constants = (
	q{SELECT count(*) FILTER (WHERE id > $n), 5 FROM t},
	q{SELECT sum(id) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND $n FOLLOWING) FROM t},
	q{SELECT * FROM (VALUES (1), ($n)) v(a), t WHERE t.id = 7},
	q{SELECT * FROM (VALUES (1), (2)) v(a), t WHERE t.id = $n},
	q{INSERT INTO t2 VALUES (1, $n) ON CONFLICT (id) DO UPDATE SET a = 7 WHERE t2.a > 5},
	q{INSERT INTO t2 VALUES (1, 3) ON CONFLICT (id) DO UPDATE SET a = $n WHERE t2.a > 5},
	q{INSERT INTO t2 VALUES (1, 3) ON CONFLICT (id) DO UPDATE SET a = 7 WHERE t2.a > $n},
	q{UPDATE t2 SET a = $n WHERE id = 5},
	q{UPDATE t2 SET a = 5 WHERE id = $n},
	q{DELETE FROM t2 WHERE id = -5 AND a = $n},
	q{SELECT * FROM t TABLESAMPLE SYSTEM ($n) WHERE id = 7},
	q{SELECT id FROM t WHERE id = 3 ORDER BY id + $n},
	q{SELECT id FROM t WHERE id = 3 ORDER BY id LIMIT $n},
	q{SELECT id FROM t WHERE id = 3 ORDER BY id OFFSET $n},
	q{SELECT id FROM t WHERE id = 3 ORDER BY id FETCH FIRST $n ROWS ONLY},
	q{SELECT a.id FROM t a JOIN t b ON b.id = a.id + $n WHERE a.id = 5},
	q{SELECT a.id FROM t a LEFT JOIN t b USING (id) WHERE a.id = $n},
	q{SELECT CASE WHEN id = 4 THEN 1 ELSE $n END FROM t WHERE id = 5},
	q{SELECT CASE $n WHEN 4 THEN 1 ELSE 2 END FROM t WHERE id = 5},
	q{SELECT ARRAY[1, $n, 3] FROM t WHERE id = 7},
	q{SELECT id FROM t WHERE (id, id) = (5, $n)},
	q{SELECT id FROM t WHERE (id, id) > (5, $n)},
	q{SELECT id FROM t WHERE id BETWEEN 5 AND $n},
	q{SELECT coalesce(id, 3, $n) FROM t WHERE id = 5},
	q{SELECT greatest(id, 3, $n) FROM t WHERE id = 5},
	q{SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.id = $n) AND id = 5},
	q{SELECT id FROM t WHERE id = 5 AND id IN (SELECT x.id FROM t x WHERE x.id > $n)},
	q{SELECT (SELECT max(id) FROM t WHERE id < $n) FROM t WHERE id = 5},
	q{WITH c AS (SELECT $n AS a) SELECT * FROM c, t WHERE t.id = 5},
	q{WITH c AS (SELECT 5 AS a) SELECT * FROM c, t WHERE t.id = $n},
	q{WITH c AS (UPDATE t2 SET a = $n RETURNING id) SELECT * FROM c WHERE id = 5},
	q{SELECT id FROM t WHERE id = 5 GROUP BY id HAVING count(*) > $n},
	q{SELECT id, $n FROM t WHERE id = 5 GROUP BY GROUPING SETS ((id), ())},
	q{SELECT id FROM t WHERE id = 5 UNION ALL SELECT $n},
	q{SELECT id FROM t WHERE id = $n UNION ALL SELECT 5},
	q{SELECT id FROM t WHERE t.id::text LIKE '5%' AND id <> $n},
	q{SELECT id FROM t WHERE id = 5 AND now() > now() - interval '$n days'},
	q{SELECT j -> 'a' -> $n FROM j WHERE id = 5},
	q{SELECT j #>> '{a,$n}' FROM j WHERE id = 5},
	q{SELECT arr[$n] FROM j WHERE id = 5},
	q{SELECT arr[1:$n] FROM j WHERE id = 5},
	q{SELECT g FROM generate_series(1, $n) g, t WHERE t.id = 5},
	q{SELECT x FROM t, LATERAL (SELECT t.id + $n AS x) l WHERE t.id = 5},
	q{SELECT count(*) FROM t WHERE id = 5 AND id NOT IN (7, $n)},
	q{SELECT NULLIF(id, $n) FROM t WHERE id = 5},
	q{SELECT id IS DISTINCT FROM $n FROM t WHERE id = 5},
	q{MERGE INTO t2 USING (SELECT 5 AS n) s ON id = n WHEN MATCHED AND a > $n THEN UPDATE SET a = 7 WHEN NOT MATCHED THEN INSERT VALUES (9, 9)},
	q{MERGE INTO t2 USING (SELECT 5 AS n) s ON id = n WHEN MATCHED AND a > 3 THEN UPDATE SET a = $n WHEN NOT MATCHED THEN DO NOTHING},
	q{SELECT string_agg(id::text, '$n' ORDER BY id) FROM t WHERE id = 5},
	q{SELECT percentile_disc(0.$n) WITHIN GROUP (ORDER BY id) FROM t WHERE id > 5},
	q{SELECT xmlforest(id, $n AS b) FROM t WHERE id = 5},
	q{SELECT ROW(id, $n) FROM t WHERE id = 5},
	q{SELECT id FROM t WHERE id = 5 AND $n IS NOT NULL},
	q{SELECT 'x' || $n FROM t WHERE id = 5},
	q{SELECT id FROM t WHERE id = 5 FOR UPDATE SKIP LOCKED LIMIT $n},
	q{INSERT INTO t3 SELECT id, $n FROM t WHERE id = 5},
);
run_script($node, join '', map { "BEGIN;\n" . each_of($_, 10 .. 21) . "ROLLBACK;\n" } @constants);
is($node->safe_psql('postgres', 'SELECT repeated FROM round_trips WHERE NOT distinct_parameters'), '', 'runs are told apart by any constant');
is(take_rows($node, 'count(*) > 40', '1'), 't', 'most of which make loops');

# What a plan says of its tables is asked anew after a CREATE: the same statement may read others.
my $function = "CREATE OR REPLACE FUNCTION seen() RETURNS SETOF int LANGUAGE sql STABLE AS";
$node->safe_psql('postgres', "$function 'SELECT 1'");
my $calls = each_of('SELECT n FROM seen() AS n WHERE n = 1', 1 .. 11);
run_script($node, "$calls$function 'SELECT id::int FROM campagnes';\n$calls");
is(take_rows($node, 'repeated, statements'), 'SELECT n FROM seen() AS n WHERE n = $1|22', 'a loop as soon as it reads a table');

# The advice gives the rows that the loop gave.
my $of_campagne = 'messages.campagne_id_fk = campagnes.id';
# A name that the statement has too would be its own there.
my $of_leader = 'messages.campagne_id_fk = leader.id';
my $two = 'SELECT id FROM messages WHERE messages.campagne_id_fk = $n AND id > 3 ORDER BY id LIMIT 2';
for my $followed ([ $two, "join some rows of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne AND ... LIMIT ...)" ],
	[ "SELECT id FROM ($two) AS two WHERE id > 0", "join some rows of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne AND ... LIMIT ...)" ],
	[ "($two) UNION ALL (SELECT -id FROM campagnes WHERE campagnes.id = \$n LIMIT 1)", "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ... LIMIT ...)" ],
	[ 'SELECT id FROM messages WHERE messages.campagne_id_fk = $n UNION SELECT id FROM messages WHERE id = 4', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'SELECT id FROM messages WHERE messages.campagne_id_fk = $n EXCEPT SELECT id FROM messages WHERE id = 4', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'SELECT sum(id) AS id FROM (SELECT id FROM messages WHERE messages.campagne_id_fk = $n ORDER BY id LIMIT 2) AS two', "join some rows of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ... LIMIT ...)" ],
	[ 'SELECT id FROM messages WHERE messages.campagne_id_fk = $n ORDER BY id OFFSET 1', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ "WITH two AS MATERIALIZED (SELECT id, campagne_id_fk FROM messages WHERE messages.campagne_id_fk = \$n ORDER BY id LIMIT 2) SELECT two.id FROM two JOIN campagnes AS c ON c.id = two.campagne_id_fk",
		"join some rows of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ... LIMIT ...)" ],
	[ 'SELECT DISTINCT id % 2 AS id FROM messages WHERE messages.campagne_id_fk = $n', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'SELECT count(*) AS id FROM messages WHERE messages.campagne_id_fk = $n GROUP BY messages.id % 2', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'SELECT DISTINCT ON (id % 2) id FROM messages WHERE messages.campagne_id_fk = $n ORDER BY id % 2, id DESC', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'SELECT row_number() OVER (ORDER BY messages.id) AS id FROM messages WHERE messages.campagne_id_fk = $n', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne ...)" ],
	[ 'WITH RECURSIVE t AS (SELECT id FROM messages WHERE messages.campagne_id_fk = $n UNION SELECT m.id FROM messages AS m JOIN t ON m.id = 2 * t.id) SELECT id FROM t',
		"join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne AND ...)" ],
	[ 'SELECT coalesce(messages.id, -z.n) AS id FROM generate_series(1, 2) AS z (n) LEFT JOIN messages ON messages.id % 3 = z.n AND messages.campagne_id_fk = $n', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_campagne AND ...)" ],
	[ 'SELECT c.id FROM campagnes AS c WHERE EXISTS (SELECT FROM messages WHERE messages.id % 7 = c.id AND messages.campagne_id_fk = $n)', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ...)" ],
	[ 'SELECT c.id FROM campagnes AS c WHERE NOT EXISTS (SELECT FROM messages WHERE messages.id % 7 = c.id AND messages.campagne_id_fk = $n)', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ...)" ],
	[ 'SELECT c.id * 100 + (SELECT count(*) FROM messages WHERE messages.id >= c.id AND messages.campagne_id_fk = $n) AS id FROM campagnes AS c WHERE c.id = 5', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ...)" ],
	[ 'SELECT c.id * 100 + (SELECT messages.id FROM messages WHERE messages.id >= c.id AND messages.campagne_id_fk = $n ORDER BY messages.id LIMIT 1) AS id FROM campagnes AS c',
		"join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader AND ...)" ],
	[ 'SELECT count(*) AS id FROM messages WHERE messages.campagne_id_fk = $n UNION ALL SELECT -id FROM campagnes WHERE campagnes.id = $n', "join the whole query of each: JOIN LATERAL (SELECT ... FROM messages WHERE $of_leader ...)" ])
{
	my ($statement, $advice) = @$followed;
	my @runs = map { (my $run = $statement) =~ s/\$n/$_/g; $run } 1 .. 12;
	run_script($node, "$list;\n" . join("\n", map { "$_;" } @runs));
	is(observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), "$advice AS t ON true", "advice for $statement");
	(my $joined = $statement) =~ s/campagnes\.id = \$n/c.id = campagnes.id/;
	$joined =~ s/FROM campagnes WHERE c\./FROM campagnes AS c WHERE c./;
	$joined =~ s/\$n/campagnes.id/g;
	is( observe($node, "SELECT t.id FROM campagnes JOIN LATERAL ($joined) AS t ON true WHERE campagnes.id <= 12 ORDER BY campagnes.id, t.id"),
		observe($node, 'SELECT id FROM (' . join(' UNION ALL ', map { "SELECT $_ AS n, t.id FROM ($runs[$_ - 1]) AS t" } 1 .. 12) . ') AS t ORDER BY n, id'),
		'whose rows are those of the loop');
	loops($node);
}

# Partitions are called by the name that the client used, and batches come in many forms.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE parts (id int, n int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (8);
CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (8) TO (20);
SQL
for my $table ('parts', 'part_1')
{
	run_script($node, "$list;\n" . join("\n", map { "SELECT n FROM $table WHERE id = $_;" } 1 .. 10));
	is(observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), "join to the leader: JOIN $table ON $table.id = leader.id; or ask once: WHERE $table.id = ANY(\$1)", "advice for $table");
	loops($node);
	$node->safe_psql('postgres', "BEGIN;\n" . join("\n", map { "DELETE FROM $table WHERE id = $_;" } 1 .. 10) . "\nCOMMIT");
	is(observe($node, 'SELECT split_part(advice, $$; no index$$, 1) FROM round_trips'), "one DELETE FROM $table WHERE $table.id = ANY(\$1)", "advice for deletes from $table");
	loops($node);
}
for my $batch ('SELECT * FROM unnest(ARRAY[$n, 2]) AS u JOIN messages AS m ON m.id = u', 'UPDATE written SET b = v.b FROM (VALUES ($n, $$x$$), (2, $$y$$)) AS v(a, b) WHERE written.a = v.a', 'SELECT * FROM messages WHERE id IN ($n, 5) AND numero_abonne = 7')
{
	$node->safe_psql('postgres', "SET enable_seqscan = off;\nBEGIN;\n" . join("\n", map { (my $run = $batch) =~ s/\$n/$_/; "$run;" } 1 .. 12) . "\nCOMMIT");
	is(loops($node), '', "a batch: $batch");
}

# ---- what the client has not sent ----

run_script($node, <<'SQL');
CREATE FUNCTION look_up(n int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    found text;
    row record;
BEGIN
    FOR i IN 1..20 LOOP
        SELECT genre INTO found FROM campagnes WHERE id = i;
        FOR row IN SELECT id FROM messages WHERE campagne_id_fk = i LOOP
            BEGIN
                PERFORM 1 / (row.id - row.id);
            EXCEPTION WHEN division_by_zero THEN
            END;
        END LOOP;
    END LOOP;
    RETURN found;
END $$;
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..20 LOOP
        INSERT INTO written VALUES (i);
        COMMIT;
    END LOOP;
    ROLLBACK;
END $$;
CREATE FUNCTION check_later() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row record;
BEGIN
    PERFORM look_up(1);
    FOR row IN SELECT id FROM campagnes WHERE id = NEW.a LOOP
    END LOOP;
    RETURN NULL;
END $$;
CREATE TABLE late (a bigint REFERENCES campagnes DEFERRABLE INITIALLY DEFERRED);
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_later();
INSERT INTO late SELECT 1 + n % 12 FROM generate_series(1, 30) AS n;
BEGIN;
INSERT INTO late SELECT 1 + n % 12 FROM generate_series(1, 30) AS n;
SELECT count(*) FROM late;
COMMIT;
SELECT look_up(1);
SELECT id FROM campagnes WHERE look_up(2) IS NULL;
DO 'BEGIN PERFORM look_up(1); END';
CALL commits();
EXPLAIN ANALYZE SELECT look_up(id::int) FROM campagnes;
CREATE TABLE made AS SELECT look_up(id::int) FROM campagnes;
COPY (SELECT look_up(id::int) FROM campagnes) TO STDOUT;
SQL
is(loops($node), '', 'functions, triggers and procedures send nothing');
my $by_workers = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
$node->safe_psql('postgres', "SET $by_workers = on; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;\nBEGIN;\n$list;\n" . join("\n", split /(?<=;) /, $elements) . "\nCOMMIT");
is(loops($node), $loop, 'parallel workers count nothing of their own');

# ---- episodes ----

my $half = join "\n", map { "SELECT genre FROM campagnes WHERE id = $_;" } 1 .. 6;
for my $end ('DISCARD PLANS', 'RESET ALL')
{
	$node->safe_psql('postgres', "BEGIN;\n$half\n$end;\n$half\nCOMMIT");
	is(loops($node), '', "$end ends an episode");
}
$node->safe_psql('postgres', "BEGIN;\n$half\nRESET work_mem;\nSHOW work_mem;\nSAVEPOINT s;\n$half\nCOMMIT");
is(loops($node), "select||$element|1|12|12|0|t", 'other utility statements do not');
$node->safe_psql('postgres', "BEGIN;\n$half\n$half\nPREPARE TRANSACTION 'x'");
is(loops($node), "select||$element|1|12|12|0|t", 'PREPARE TRANSACTION ends a block');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'x'");
run_script($node, "$list;\n$half\nSELECT pg_sleep(0.1);\n$half");
is(loops($node), $loop, 'an episode outside of a block');
# The server's clock measures the pause, whose length is certain: psql's own takes longer than 1 ms before the gap is that.
run_script($node, "$list;\n$half\nSET onetrip.watch_gap = '1ms';\n\\! sleep 0.1\n$half");
is(loops($node), '', 'a pause ends it');
run_script($node, "$list;\n$half\n\\! sleep 0.1\n$half");
is(loops($node), $loop, 'one that is shorter than the gap does not');
run_script($node, "SET onetrip.watch_repeats = 6;\n$list;\n$half");
is(loops($node), "select|$list|$element|1|6|6|12|t", 'watch_repeats');
run_script($node, "SET onetrip.watch = off;\n$list;\n$half\n$half");
is(loops($node), '', 'nothing is seen while the watch is off');

# A session that stays idle outside of a block, and then is terminated in an episode. The short gap comes in one message
# with the end of the first loop, and the long one in one with the leader of the second, so that no stall of psql's is a pause.
my $end_of_loop = join ";\n", map({ "SELECT genre FROM campagnes WHERE id = $_" } 7 .. 11), "SET onetrip.watch_gap = '1ms'\\; SELECT genre FROM campagnes WHERE id = 12";
my ($in, $out, $err) = ("$list;\n$half\n$end_of_loop;\n\\echo done\n", '', '');
my $idle = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err);
$idle->pump until $out =~ /done/;
ok($node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM round_trips'), 'the loop of a session that is idle is seen');
is(loops($node), $loop, 'as it was');
$in .= "SET onetrip.watch_gap = '1h'\\; $list;\n$half\n$half\nSELECT 'done' || 2;\n";
$idle->pump until $out =~ /done2/;
is(observe($node, q{SELECT count(*) FROM round_trips}), '0', 'nothing is told before the pause');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'});
$idle->finish;
wait_for_exits($node);
is(loops($node), $loop, 'a session that is terminated tells of its loop');

# Cancels in the middle. The timeout ends with what it cancels, and stops nothing else on a busy machine.
$node->psql('postgres', "BEGIN;\nSAVEPOINT s;\n$half\nSET statement_timeout = '50ms';\nSELECT pg_sleep(10);\nROLLBACK TO s;\n$half\nCOMMIT", on_error_stop => 0);
is(loops($node), "select||$element|1|12|12|0|t", 'a cancelled statement disturbs nothing');

# ---- texts ----

my $long = 'é' x 1200;
my $many = 'SELECT id AS "xé", ' . join ', ', map { "'é$_' AS spalte_$_" } 1 .. 200;
$node->safe_psql('postgres', "BEGIN;\n" . join("\n", map { "$many FROM campagnes WHERE id = $_;" } 1 .. 10) . "\nCOMMIT");
is( observe($node, q{SELECT octet_length(repeated) BETWEEN 1000 AND 1024, repeated LIKE '%, … FROM campagnes WHERE id = $_01', repeated LIKE 'SELECT id AS "xé", $1 AS spalte_1, $2 AS%', repeated LIKE '%''%' FROM round_trips}),
	't|t|t|f', 'a long text is cut at 1 kB, in its select list');
loops($node);
my $in_list = join ', ', 1 .. 2000;
$node->safe_psql('postgres', "BEGIN;\nSELECT id, '$long' FROM campagnes WHERE id IN ($in_list);\n$half\n$half\nCOMMIT");
is( observe($node, q{SELECT leader LIKE 'SELECT id, … FROM campagnes WHERE id IN ($1, $2, %…', octet_length(leader) BETWEEN 1000 AND 1024 FROM round_trips}),
	't|t', 'so is that of a leader');
loops($node);
$node->safe_psql('postgres', "BEGIN;\nSELECT id FROM campagnes WHERE id IN ($in_list);\n$half\n$half\nCOMMIT");
is( observe($node, q{SELECT octet_length(leader) BETWEEN 1000 AND 1024, leader LIKE 'SELECT id FROM campagnes WHERE id IN ($1, $2, $3%…' FROM round_trips}),
	't|t', 'and of one with many constants');
loops($node);
my $odd = q{SELECT genre /* it's */ FROM campagnes WHERE genre <> E'it\'s' AND genre <> $$it's$$ AND genre <> 'it''s' AND id = };
$node->safe_psql('postgres', "BEGIN;\n" . join("\n", map { "$odd$_; -- ;" } 1 .. 10) . "\nCOMMIT");
is(observe($node, 'SELECT repeated FROM round_trips'), q{SELECT genre FROM campagnes WHERE genre <> $1 AND genre <> $2 AND genre <> $3 AND id = $4}, 'no literal is shown');
loops($node);
$node->safe_psql('postgres', "PREPARE odd(int) AS $odd\$1;\nSET backslash_quote = off;\nBEGIN;\n" . join("\n", map { "EXECUTE odd($_);" } 1 .. 10) . "\nCOMMIT");
is(observe($node, 'SELECT repeated FROM round_trips'), q{SELECT genre FROM campagnes WHERE genre <>…}, 'nor is one read that a setting forbids by now');
loops($node);
SKIP:
{
	skip 'from 19 on no session reads backslashes in plain literals', 1 if $node->pg_version->major >= 19;
	$node->safe_psql('postgres', "SET standard_conforming_strings = off; SET escape_string_warning = off;\nBEGIN;\n" . join("\n", map { "SELECT genre FROM campagnes WHERE genre <> 'a\\\\' AND id = $_;" } 1 .. 10) . "\nCOMMIT");
	is(loops($node), 'select||SELECT genre FROM campagnes WHERE genre <> $1 AND id = $2|1|10|10|0|t', 'backslashes as the session reads them');
}

$node->stop;
done_testing();
