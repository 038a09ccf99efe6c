# Every submission exactly once: loaders that are killed, cancelled, run into a bad row or into each other leave what a
# clean load leaves, once another has come to its end.
#
# ONETRIP_KILLS is how many are killed.

use strict;
use warnings;

use OnetripTest qw(answer ask end_session is_answered kill_backend random_seed reset_timeout send_query start_server start_session);
use PostgreSQL::Test::Utils;
use Submissions qw(load_functions submissions);
use Test::More;
use Time::HiRes qw(usleep);

my $seed = random_seed();
my $kills = $ENV{ONETRIP_KILLS} // 5;

my $node = start_server('load_once', [ 'log_statement = none', 'restart_after_crash = on' ]);

$node->safe_psql('postgres', <<'SQL' . load_functions('app') . submissions('app', 'app', 1600) . <<'SQL');
CREATE EXTENSION onetrip;
CREATE SCHEMA app;
CREATE SCHEMA dwh;
SELECT create_submission_tables('app', 'dwh');
SQL
-- A clean load of what the application has now.
CREATE PROCEDURE app.load_clean() LANGUAGE plpgsql AS $$
DECLARE
    s bigint; e bigint; p bigint; b bigint; r bigint;
BEGIN
    DROP SCHEMA IF EXISTS clean CASCADE;
    CREATE SCHEMA clean;
    CREATE TABLE clean.response_events (LIKE dwh.response_events INCLUDING ALL);
    EXECUTE (SELECT refusals FROM app.clean);
    CALL load_response_events('app', 'clean', 'new', 1000000, s, e, p, b, removed => r);
END $$;
CREATE TABLE app.clean (refusals text);
INSERT INTO app.clean VALUES ('SELECT');
ANALYZE;
SQL

sub sql { return $node->safe_psql('postgres', shift); }

sub is_clean
{
	my ($what) = @_;
	sql('CALL app.load_clean()');
	is(sql("SELECT app.contents('dwh')"), sql("SELECT app.contents('clean')"), "$what: as a clean load");
	return;
}

# Some answers are refused, by a constraint that is checked at once and by one that is checked late.
sub refuse_some
{
	my ($schema) = @_;
	return "CREATE FUNCTION $schema.look() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN
			IF NEW.value LIKE 'secret %34 %' THEN RAISE 'refused: %', NEW.value; END IF; RETURN NULL; END\$\$;
		CREATE CONSTRAINT TRIGGER look AFTER INSERT ON $schema.response_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION $schema.look();";
}
sql("ALTER TABLE dwh.response_events ADD CONSTRAINT no_such_answer CHECK (value NOT LIKE 'secret %6 0')");

# ---- kill -9 ----

# The application goes on between the kills: new, edited and deleted submissions.
sub edit_submissions
{
	my ($turn) = @_;
	my $n = int rand 1600;
	sql("UPDATE app.form_responses SET responses = app.document($n + i, $turn) FROM generate_series(1, 40) AS i WHERE id = app.id($n + i);
	     DELETE FROM app.form_responses WHERE id IN (SELECT app.id((random() * 1600)::int) FROM generate_series(1, 5));
	     INSERT INTO app.form_responses (id, form_id, responses) SELECT app.id(10000 * $turn + i), '00000000-0000-0000-0000-000000000001', app.document(i, 0) FROM generate_series(1, 20) AS i");
	return;
}

# Loads that are killed, in both modes, with refusals and removals, and then one to the end.
sub kill_loaders
{
	my ($what, $first) = @_;
	my ($killed, $torn) = (0, 0);
	for my $turn ($first .. $first + $kills - 1)
	{
		my $session = start_session($node);
		my $mode = $turn % 3 == 0 ? 'changed' : 'new';
		# The first has loaded something, and has far to go; the others may be killed before they begin.
		my $batch = $turn == $first ? 1 : 1 + int rand 12;
		send_query($session, "CALL load_response_events('app', 'dwh', '$mode', $batch, removals => 'all')");
		if ($turn == $first)
		{
			$node->poll_query_until('postgres', 'SELECT count(*) > 0 FROM dwh.submission_loads') or die 'nothing is loaded';
		}
		else
		{
			usleep(int rand 100_000);
		}
		kill_backend($node, $session->{pid});
		answer($session);
		$killed++ unless is_answered($session);
		end_session($session);
		$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
		$torn += sql("SELECT app.torn('dwh')");
		edit_submissions($turn);
	}
	cmp_ok($killed, '>', 0, "$what: loaders were killed in the middle ($killed of $kills, seed $seed)");
	is($torn, 0, "no submission was half loaded after a kill (seed $seed)");
	my $loaded = sql('SELECT count(*) FROM dwh.submission_loads');
	cmp_ok($loaded, '>', 0, "killed loaders had loaded something ($loaded)");
	sql("CALL load_response_events('app', 'dwh', 'changed', 500, removals => 'all')");
	is_clean("$what, $kills kills (seed $seed)");
	return;
}

# Without a trigger rows come into the tables past the executor.
kill_loaders('plain tables', 1);
sql(refuse_some('dwh'));
sql('UPDATE app.clean SET refusals = $sql$' . refuse_some('clean') . '$sql$');
sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
kill_loaders('tables with a trigger', 1 + $kills);

# ---- cancels and timeouts in one session ----

sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
my $session = start_session($node);
ask($session, "SET work_mem = '64kB'; SET client_min_messages = warning");
my $cancelled = 0;
for my $turn (1 .. 15)
{
	ask($session, "SET statement_timeout = " . (5 + int rand 60));
	my $answer = ask($session, "CALL load_response_events('app', 'dwh', '" . ($turn % 2 ? 'new' : 'changed') . "', " . (1 + int rand 60) . ", removals => 'all')");
	$cancelled++ if $answer =~ /canceling statement due to statement timeout/;
}
cmp_ok($cancelled, '>', 0, "timeouts stop it ($cancelled of 15)");
reset_timeout($session);
is(sql("SELECT app.torn('dwh')"), 0, "no submission is half loaded after a timeout (seed $seed)");
is(sql('SELECT count(*) FROM pg_ls_tmpdir()'), 0, 'no temporary file is left by the same session');
is(ask($session, "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'object'; SELECT count(*) FROM pg_cursors"), "0\n0", 'nor a lock, nor a cursor');
like(ask($session, "CALL load_response_events('app', 'dwh')"), qr/^\d+\|\d+\|\d+\|\d+\|\d+$/, 'it goes on in the same session');
is_clean("timeouts (seed $seed)");

# Many batches leave nothing in the session's memory.
my $memory = "SELECT sum(total_bytes) FROM pg_backend_memory_contexts";
sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
ask($session, "CALL load_response_events('app', 'dwh', batch_size => 600)");
my $before = ask($session, $memory);
sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
ask($session, "CALL load_response_events('app', 'dwh', batch_size => 10)");
my $behind = ask($session, $memory);
cmp_ok($behind - $before, '<', 262144, "memory does not grow with the batches ($before to $behind)");
end_session($session);

# ---- several at once ----

sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
my @levels = ('read committed', 'repeatable read', 'serializable', 'serializable');
my @sessions = map { start_session($node) } @levels;
for my $i (0 .. $#levels)
{
	ask($sessions[$i], "SET client_min_messages = warning; SET default_transaction_isolation = '$levels[$i]'");
	my $batch = 20 + int rand 100;
	send_query($sessions[$i], "CALL load_response_events('app', 'dwh', '" . ($i % 2 ? 'changed' : 'new') . "', $batch)");
}
my $together = 0;
for my $one (@sessions)
{
	my $result = answer($one);
	like($result, qr/^\d+\|\d+\|\d+\|\d+\|\d+$/, "of four loaders at once none fails (seed $seed)");
	$together += $1 if $result =~ /^(\d+)\|/;
	end_session($one);
}
is($together, sql('SELECT count(*) FROM app.form_responses'), 'together they have loaded each submission once');
is_clean("four loaders at once (seed $seed)");

# ---- what is refused ----

sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
my $errors = '';
my %refused;
for my $batch (300, 100, 1)
{
	sql('TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads');
	my ($status, $out, $err) = $node->psql('postgres', "CALL load_response_events('app', 'dwh', batch_size => $batch)");
	is($status, 0, "what is refused does not stop batches of $batch");
	my @notices = $err =~ /NOTICE:  batch (\d+):/g;
	is("@notices", join(' ', 1 .. (split /\|/, $out)[3]), 'as many notices as batches');
	$refused{ sql("SELECT count(*) || ' ' || string_agg(submission_id || value, ' ' ORDER BY submission_id) FROM dwh.response_event_problems WHERE status = 'refused'") } = 1;
	is_clean("with refusals in batches of $batch");
	$errors .= $err;
}
is(scalar(keys %refused), 1, 'the same are refused whatever the size of a batch');
like((keys %refused)[0], qr/23514.*P0001|P0001.*23514/, 'for both reasons');
like($errors, qr/NOTICE:  search: /, 'a notice of the search');
like($errors, qr/NOTICE:  batch \d+: \d+ of \d+ submissions, \d+ events, \d+ problems, \d+ submissions a second/, 'a notice after each batch');

# What is no refusal stops it: here a disk that is full, as a trigger has it.
sql("CREATE FUNCTION dwh.full() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN RAISE 'no room for %', NEW.value USING ERRCODE = 'disk_full'; END\$\$;
	CREATE TRIGGER full_disk BEFORE INSERT ON dwh.response_events FOR EACH ROW EXECUTE FUNCTION dwh.full();
	TRUNCATE dwh.response_events, dwh.response_event_problems, dwh.submission_loads");
my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL load_response_events('app', 'dwh')");
is($status, 3, 'a full disk stops it');
like($err, qr/ERROR:  53100: could not load batch 1 of submissions/, 'with the SQLSTATE');
$errors .= $err;
is(sql('SELECT (SELECT count(*) FROM dwh.response_events) + (SELECT count(*) FROM dwh.submission_loads)'), 0, 'and leaves nothing');
sql('DROP TRIGGER full_disk ON dwh.response_events');
sql("CALL load_response_events('app', 'dwh')");
is_clean('a disk that had room again');

# A ledger of 0.1 of which a part is of nobody that the source shows; and what is gone.
sql("UPDATE dwh.submission_loads SET source = NULL, row_hash = NULL;
	DELETE FROM app.form_responses WHERE id IN (SELECT submission_id FROM dwh.submission_loads ORDER BY 1 LIMIT 3)");
($status, $out, $err) = $node->psql('postgres', "CALL load_response_events('app', 'dwh', 'changed')");
like($err, qr/NOTICE:  3 rows of dwh\.submission_loads have no source: they are never removed/, 'a notice counts rows without a source');
unlike($err, qr/NOTICE:  removed/, 'which are not removed');
like($out, qr/\|0$/, 'nor counted');
sql("DELETE FROM app.form_responses WHERE id IN (SELECT submission_id FROM dwh.submission_loads WHERE source IS NOT NULL ORDER BY 1 LIMIT 2)");
($status, $out, $err) = $node->psql('postgres', "CALL load_response_events('app', 'dwh', 'changed')");
like($err, qr/NOTICE:  removed what was loaded of 2 submissions that are gone from schema "app"/, 'a notice counts what is removed');
like($out, qr/\|2$/, 'and so does the result');
unlike($errors, qr/secret/, 'no message shows an answer');
unlike(slurp_file($node->logfile), qr/secret/, 'nor does the log');

$node->stop;
done_testing();
