# Exports to files and programs of the server: whole or not at all, whatever happens to the export,
# its backend or its program. Those of a carousel, or of the same sections by a query where this file is called
# 003_exports_of_sections.pl, a link.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Fcntl qw(:mode);
use OnetripTest qw(becomes kill_backend start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $family = $0 =~ /_of_sections/ ? 'sections' : 'carousel';
my $is_carousel = $family eq 'carousel';

# The rows come by the indexes, so that an export has begun long before the last of them.
my $node = start_server('exports', [ 'restart_after_crash = on', map { "enable_$_ = off" } qw(sort incremental_sort hashjoin nestloop seqscan bitmapscan) ]);

# Next to the tables a schema "gated", in which the export waits in the middle for the gate, a schema
# "stuck", in which it does not get past the middle, and a schema "bad", in which the last message
# cannot be encoded.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO campagnes SELECT n, 'AFRIQUE', 'M', '2026-11-01', '2026-11-30' FROM generate_series(1, 5) AS n;
INSERT INTO messages SELECT n, 1 + n % 5, n, n, jsonb_build_object('1', repeat('x', 200)) FROM generate_series(1, 20000) AS n;
CREATE SCHEMA gated;
CREATE VIEW gated.messages AS SELECT * FROM public.messages WHERE id <> 10003 OR pg_advisory_xact_lock_shared(1) IS NOT NULL;
CREATE SCHEMA stuck;
CREATE VIEW stuck.messages AS SELECT * FROM public.messages WHERE id <> 10003 OR pg_sleep(1000) IS NOT NULL;
CREATE SCHEMA bad;
CREATE VIEW bad.messages AS TABLE public.messages UNION ALL SELECT 30000, 5, -1, 1, '{}';
ANALYZE;
SQL

my $folder = PostgreSQL::Test::Utils::tempdir();
my $path = "$folder/carousel.bin";
my $temporary = "$folder/.carousel.bin.onetrip-tmp";
my $right = $node->safe_psql('postgres', "SELECT encode(sha256(encode_carousel('AFRIQUE', '2026-11-21')), 'hex')");
my $size = $node->safe_psql('postgres', "SELECT length(encode_carousel('AFRIQUE', '2026-11-21'))");

# What an export is of, and what it says of it. A query has no messages that could be left out.
my $carousel = "'AFRIQUE', '2026-11-21'";
my $query = <<'SQL';
SELECT encode_section(message_layout(), r) FROM (SELECT c.id AS campagne_id, m.id AS message_id, numero_abonne, network_id, template_id, genre, valid_start, valid_end,
    ack_count, ack_delay, storables FROM messages AS m JOIN campagnes AS c ON c.id = campagne_id_fk JOIN zones_diffusion AS z USING (zone_diffusion) ORDER BY c.id, m.id) AS r
SQL
my $source = $is_carousel ? $carousel : "\$query\$$query\$query\$";
my $counts = $is_carousel ? 'messages, sections, bytes, skipped' : 'rows, sections, bytes, 0';

sub to_file
{
	my ($more) = @_;
	return "SELECT $counts FROM export_${family}_to_file($source, '$path'" . ($more // '') . ')';
}

sub to_program
{
	my ($command, $more) = @_;
	return "SELECT $counts FROM export_${family}_to_program($source, \$command\$$command\$command\$" . ($more // '') . ')';
}

# Nothing to write: on another day, or of no row.
sub to_program_of_nothing
{
	my ($command, $more) = @_;
	my $export = to_program($command, $more);
	return $is_carousel ? $export =~ s/2026-11-21/2020-01-01/r : $export =~ s/\) AS r/ LIMIT 0) AS r/r;
}

# What a query answers, or its error. Options: the schema to look in first, and settings.
sub ask
{
	my ($query, %options) = @_;
	my $settings = join ' ', '-c', 'search_path=' . ($options{schema} // 'public') . ',public', $options{settings} // ();
	my ($status, $out, $err) = $node->psql('postgres', $query, connstr => $node->connstr('postgres') . " options='$settings'");
	return $status == 0 ? $out : $err;
}

# A session that keeps the gate closed until it quits.
sub close_gate
{
	my $gate = $node->background_psql('postgres');
	$gate->query_safe('SELECT pg_advisory_lock(1)');
	return $gate;
}

sub sum_of
{
	my ($file) = @_;
	return sha256_hex(slurp_file($file));
}

sub no_temporary_file
{
	my ($name) = @_;
	return is(join(' ', map { s{.*/}{}r } glob("$folder/.*onetrip-tmp")), '', $name);
}

# ---- files -----------------------------------------------------------------------------------------

is(ask(to_file()), "20000|20000|$size|0", 'an export to a file');
is(sum_of($path), $right, 'has the bytes of encode_carousel');
is(S_IMODE((stat $path)[2]), 0644, 'a new file has the mode that COPY gives it');
no_temporary_file('and nothing else is there');

chmod 0600, $path;
my $inode = (stat $path)[1];
ask(to_file());
is(S_IMODE((stat $path)[2]), 0600, 'a file that is there keeps its mode');
isnt((stat $path)[1], $inode, 'but is another: a reader of the old one keeps that');

my $packets = ask(to_file(', pid => 256'));
is($packets, '20000|20000|' . (-s $path) . '|0', 'transport packets');
is(sum_of($path),
	$node->safe_psql('postgres', "SELECT encode(sha256(ts_packets(encode_carousel('AFRIQUE', '2026-11-21'), 256, loop => true)), 'hex')"),
	'are those of ts_packets');
is($node->safe_psql('postgres', to_file(', pid => 256') =~ s/SELECT \K.*(?= FROM export)/encode(sha256, 'hex')/r), sum_of($path), 'with the SHA-256 that the file has');

# Whatever goes wrong, the old file stays.
append_to_file($path, 'old');
my $old = sum_of($path);

like(ask(to_file(), schema => 'bad'), $is_carousel ? qr/ERROR:  value out of range.*message_id 30000/s : qr/ERROR:  value out of range/, 'a message that cannot be encoded');
is(sum_of($path), $old, 'leaves the old file');
no_temporary_file('and nothing next to it');

# Nor is it replaced by less than was asked for.
like(ask(to_file(', at_least => 20001')), qr/ERROR:  the \w+ has 20000 \w+.*, fewer than the 20001 asked for\nHINT/, 'fewer than asked for');
is(sum_of($path), $old, 'leaves the old file');
no_temporary_file('and nothing next to it');

if ($is_carousel)
{
	like(ask(to_file(", on_error => 'skip', max_skipped => 0"), schema => 'bad'), qr/ERROR:  the carousel has 1 message that cannot be encoded, more than the 0 that may be left out\nHINT/, 'more left out than allowed');
	is(sum_of($path), $old, 'leaves the old file');
	is(ask(to_file(", on_error => 'skip'"), schema => 'bad') =~ s/.*\n//r, "20000|20000|$size|1", 'unless it is left out');
	is(sum_of($path), $right, 'with all others written');
	append_to_file($path, 'old');
	$old = sum_of($path);
}

like(ask(to_file(), schema => 'stuck', settings => '-c statement_timeout=2s'), qr/statement timeout/, 'statement_timeout');
is(sum_of($path), $old, 'leaves the old file');
no_temporary_file('and nothing next to it');

symlink $path, "$folder/link";
(my $to_link = to_file()) =~ s{\Q$path}{$folder/link};
like(ask($to_link), qr/ERROR:  "\Q$folder\E\/link" is a symbolic link.*DETAIL.*HINT/s, 'a symbolic link is refused');
is(readlink "$folder/link", $path, 'and stays');

(my $to_nowhere = to_file()) =~ s{\Q$path}{$folder/none/carousel.bin};
like(ask($to_nowhere), qr/ERROR:  could not access directory "\Q$folder\E\/none\/": No such file/, 'a missing directory');
(my $to_folder = to_file()) =~ s{\Q$path}{$folder};
like(ask($to_folder), qr/ERROR:  "\Q$folder\E" is a directory/, 'a directory');
(my $to_no_name = to_file()) =~ s{\Q$path}{$folder/};
like(ask($to_no_name), qr/ERROR:  path "\Q$folder\E\/" does not name a file.*HINT/s, 'a path without a name');
system_or_bail('mkfifo', "$folder/fifo");
(my $to_fifo = to_file()) =~ s{\Q$path}{$folder/fifo};
like(ask($to_fifo), qr/ERROR:  "\Q$folder\E\/fifo" is not a regular file/, 'a pipe');

# Refused before the first row is read: the path that was given is named, and "stuck" is not entered.
mkdir "$folder/closed", 0555;
append_to_file("$folder/read_only", 'old');
chmod 0444, "$folder/read_only";
for my $closed ("$folder/closed/carousel.bin", "$folder/read_only", '/proc/carousel.bin')
{
	(my $to_closed = to_file()) =~ s{\Q$path}{$closed};
	like(ask("\\set VERBOSITY verbose\n$to_closed", schema => 'stuck'), qr/ERROR:  42501: could not open file "\Q$closed\E" for writing: .*\nDETAIL:  .*\nHINT:  /, "$closed is refused");
}
is(slurp_file("$folder/read_only"), 'old', 'and stays');
no_temporary_file('with nothing next to it');
append_to_file("$folder/write_only", 'old');
chmod 0222, "$folder/write_only";
(my $to_write_only = to_file()) =~ s{\Q$path}{$folder/write_only};
is(ask($to_write_only), "20000|20000|$size|0", 'a file that can be written alone');
is(S_IMODE((stat "$folder/write_only")[2]), 0222, 'is replaced, with its mode');
unlink "$folder/write_only", "$folder/read_only";

# As long as a name may be: a number stands for it in the temporary name.
for my $name ('n' x 242, 'n' x 243, 'n' x 255, 'n' x 254 . 'm', 'é' x 127)
{
	(my $to_long = to_file()) =~ s{\Q$path}{$folder/$name};
	is(ask($to_long), "20000|20000|$size|0", 'a name of ' . length($name) . ' bytes');
	is(sum_of("$folder/$name"), $right, 'has its bytes');
	no_temporary_file('and nothing else is there');
	unlink "$folder/$name";
}
symlink "$folder/loop", "$folder/loop";
for my $impossible ("$folder/" . 'n' x 256, "$folder/loop/carousel.bin", "$folder/" . 'n/' x 3000 . 'n')
{
	(my $to_impossible = to_file()) =~ s{\Q$path}{$impossible};
	like(ask("\\set VERBOSITY verbose\n$to_impossible"), qr/ERROR:  42602: could not \w+ \w+ .*: (?:File name too long|Too many levels of symbolic links)/, 'a path that cannot be is no internal error');
}

# A link that somebody left under the temporary name is not followed, a file there is replaced.
symlink "$folder/victim", $temporary;
is(ask(to_file()), "20000|20000|$size|0", 'a link under the temporary name');
ok(!-e "$folder/victim", 'is not followed');
is(sum_of($path), $right, 'and does not matter');

# The disk is full: the limit on file sizes has the same effect.
SKIP:
{
	skip 'there is no prlimit', 2 if system('prlimit --version >/dev/null 2>&1') != 0;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $backend = $session->query('SELECT pg_backend_pid()');
	append_to_file($path, 'old');
	$old = sum_of($path);
	system_or_bail('prlimit', '--pid', $backend, '--fsize=' . int($size / 2));
	$session->query("SET work_mem = '256MB'");
	$session->query("\\set VERBOSITY verbose");
	$session->query(to_file());
	like($session->{stderr}, qr/ERROR:  53100: could not write to file "\Q$temporary\E": File too large/, 'a full disk');
	is(sum_of($path), $old, 'leaves the old file');
	no_temporary_file('and nothing next to it');
	$session->quit;
}

# Two exports to one path: one after the other. Their own locks are told from the gate by objsubid.
my $gate = close_gate();
my @both = map { $node->background_psql('postgres') } 1 .. 2;
$_->query_safe('SET search_path = gated, public') foreach @both;
$_->query_until(qr/begun/, "\\echo begun\n" . to_file() . ";\n") foreach @both;
ok(becomes(sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid > 2 AND NOT granted") == 1 }),
	'the second of two exports to one path waits');
$gate->quit;
$_->quit foreach @both;
is(sum_of($path), $right, 'and the file is whole');
no_temporary_file('with nothing next to it');

# ---- progress --------------------------------------------------------------------------------------

my $session = $node->background_psql('postgres', on_error_stop => 0);
my $progress = 'SELECT command, type, bytes_processed > 0, tuples_processed > 0, tuples_excluded FROM pg_stat_progress_copy';
for my $target ([ 'FILE', to_file() ], [ 'PROGRAM', to_program('cat >/dev/null') ], [ 'CALLBACK', "SELECT * FROM export_${family}_to_large_object($source)" ])
{
	my ($type, $query) = @$target;
	$gate = close_gate();
	$session->query_safe('SET search_path = gated, public');
	$session->query_until(qr/begun/, "\\echo begun\n$query;\n");
	ok(becomes(sub { $node->safe_psql('postgres', $progress) eq "COPY TO|$type|t|t|0" }), "progress is shown: $type");
	$gate->quit;
	$session->query_safe('SELECT 1');
	is($node->safe_psql('postgres', $progress), '', 'and cleared after success');
	$session->query_safe('SET search_path = bad, public');
	$session->query($query);
	$session->{stderr} = '';
	is($node->safe_psql('postgres', $progress), '', 'and after an error');
}
if ($is_carousel)
{
$session->query_safe("SET search_path = bad, public; SET client_min_messages = error");
$session->query_until(qr/begun/, "\\echo begun\n" . to_program("cat >/dev/null; until [ -e $folder/go ]; do sleep 0.1; done", ", on_error => 'skip'") . ";\n");
ok(becomes(sub { $node->safe_psql('postgres', $progress) =~ /\|1$/ }), 'messages left out are told');
append_to_file("$folder/go", '');
}
$session->quit;

# ---- programs --------------------------------------------------------------------------------------

my $got = "$folder/got";
my $ended = "$folder/ended";
# Seconds without end, and of no other run of this test.
my $long = sprintf '%.7f', 1000 + $$ / 1e7;
# It notes the end of its input. $$ is the process group.
my $noting = "echo \$\$ >$folder/group; cat >$got; echo end >$ended";

# A shell that was ended before it noted its group is known by its command.
sub group_is_gone
{
	chomp(my $group = -e "$folder/group" ? slurp_file("$folder/group") : '');
	my $member = $group ne '' ? qr/^\s*$group\s+[^Z]/ : qr/^\s*\d+\s+[^Z].*\Q$folder\E\/group/;
	return becomes(sub { !grep { /$member/ } `ps -e -o pgid=,stat=,args=` });
}

sub begin_again { unlink $got, $ended, "$folder/group"; return; }

begin_again();
is(ask(to_program($noting)), "20000|20000|$size|0", 'an export to a program');
is(sum_of($got), $right, 'gives it the bytes of encode_carousel');
ok(-e $ended, 'and the end of its input');

begin_again();
is(ask(to_program($noting, ', pid => 256')) =~ s/\|\d+\|0$//r, '20000|20000', 'packets to a program');
is((-s $got) % 188, 0, 'are whole');

# never_ended NAME: the program was ended, and did not see the end of its input.
sub never_ended
{
	my ($name) = @_;
	ok(group_is_gone(), "$name ends the program");
	ok(!-e $ended, 'which does not see the end of its input');
	return;
}

begin_again();
like(ask(to_program($noting), schema => 'bad'), qr/ERROR:  value out of range/, 'a message that cannot be encoded');
never_ended('it');

begin_again();
like(ask(to_program($noting), schema => 'stuck', settings => '-c statement_timeout=2s'), qr/statement timeout/, 'statement_timeout');
never_ended('it');

begin_again();
like(ask(to_program("echo \$\$ >$folder/group; sleep $long; echo end >$ended"), settings => '-c statement_timeout=2s'),
	qr/statement timeout/, 'a program that does not read');
never_ended('the timeout');

begin_again();
like(ask(to_program("trap '' TERM; echo \$\$ >$folder/group; sleep $long; sleep $long; echo end >$ended"), settings => '-c statement_timeout=2s'),
	qr/statement timeout/, 'a program that does not listen');
never_ended('the timeout');

begin_again();
like(ask(to_program("echo \$\$ >$folder/group; cat >$got; sleep $long; echo end >$ended"), settings => '-c statement_timeout=2s'),
	qr/statement timeout/, 'a program that does not come to its end');
never_ended('the timeout');

# in_the_middle NAME, ACTION, SCHEMA: what happens to the backend while the program reads. The
# program does not listen to SIGTERM, so that it has half a second to see an end of file.
sub in_the_middle
{
	my ($name, $action, $schema) = @_;
	begin_again();
	my $client = $node->background_psql('postgres', on_error_stop => 0);
	my $backend = $client->query("SET search_path = $schema, public; SELECT pg_backend_pid()");
	$client->query_until(qr/begun/, "\\echo begun\n" . to_program("trap '' TERM; $noting") . ";\n");
	ok(becomes(sub { -s $got }), 'the program reads');
	$action->($backend);
	never_ended($name);
	$client->{stderr} = '';
	eval { $client->quit };
	return;
}

in_the_middle('pg_cancel_backend', sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }, 'stuck');
in_the_middle('pg_terminate_backend', sub { $node->safe_psql('postgres', "SELECT pg_terminate_backend($_[0])") }, 'stuck');
$gate = close_gate();
in_the_middle('the end of the supervisor', sub {
	chomp(my $group = slurp_file("$folder/group"));
	chomp(my $supervisor = `ps -o ppid= -p $group`);
	kill 'KILL', $supervisor;
	$gate->quit;
}, 'gated');
in_the_middle('kill -9 of the backend', sub { kill_backend($node, $_[0]) }, 'stuck');
ok(becomes(sub { $node->poll_query_until('postgres', 'SELECT true') }), 'the server comes back');
in_the_middle('an immediate shutdown', sub { $node->stop('immediate') }, 'stuck');
$node->start;

# kill -9 in the middle of a file: the next export is not in its own way.
append_to_file($path, 'old');
$old = sum_of($path);
{
	my $client = $node->background_psql('postgres', on_error_stop => 0);
	my $backend = $client->query('SET search_path = stuck, public; SELECT pg_backend_pid()');
	$client->query_until(qr/begun/, "\\echo begun\n" . to_file() . ";\n");
	ok(becomes(sub { -s $temporary }), 'a file is being written');
	kill_backend($node, $backend);
	eval { $client->quit };
}
ok(becomes(sub { $node->poll_query_until('postgres', 'SELECT true') }), 'the server comes back');
is(sum_of($path), $old, 'kill -9 leaves the old file');
is(ask(to_file()), "20000|20000|$size|0", 'the next export works');
is(sum_of($path), $right, 'and is whole');
no_temporary_file('with nothing next to it');

# How a program ends.
like(ask(to_program('cat >/dev/null; echo one >&2; printf "two\\377\\n" >&2; exit 3')),
	qr/ERROR:  program ".*" failed: child process exited with exit code 3\nDETAIL:  one\ntwo\?\nHINT/, 'exit code and last words');
like(ask(to_program('cat >/dev/null; seq 10000 >&2; exit 3')), qr/DETAIL:  (\d+\n)+9999\n10000\nHINT/, 'of many the last');
like(ask(to_program('kill -9 $$')), qr/was terminated by signal 9/, 'a signal');
like(ask(to_program('head -c 100000 >/dev/null')), qr/ERROR:  program ".*" ended before it had read all of the export/, 'a program that reads a part');
like(ask(to_program('exec <&-; sleep 0.1')), qr/ended before it had read all/, 'or nothing');
is(ask(to_program('cat >/dev/null; echo all is well >&2')), "20000|20000|$size|0", 'words without an error do not matter');
like(ask(to_program('/no/such/program')), qr/ERROR:  program ".*" failed: command not found/, 'a program that is not there');

# An empty export never starts the program, unless it is allowed.
begin_again();
like(ask(to_program_of_nothing($noting)), qr/ERROR:  the \w+ has 0 \w+.*, fewer than the 1 asked for\nHINT/, 'an empty export');
ok(!-e $ended && !-e $got, 'is refused before the program sees its end');
like(ask(to_program($noting, ', at_least => 20001')), qr/ERROR:  the \w+ has 20000/, 'fewer than asked for');
never_ended('it');
begin_again();
is(ask(to_program_of_nothing($noting, ', at_least => 0')), '0|0|0|0', 'an empty export that is allowed');
ok(-e $ended && -z $got, 'is an empty input');

# All bad: a hundred warnings, then a count.
if ($is_carousel)
{
my ($status, $out, $err) = $node->psql('postgres', <<"SQL");
CREATE SCHEMA all_bad;
CREATE VIEW all_bad.messages AS SELECT id, campagne_id_fk, -1 AS numero_abonne, template_id, storables FROM public.messages;
SET search_path = all_bad, public;
${\to_program('cat >/dev/null', ", on_error => 'skip', at_least => 0")};
SQL
is($out, '0|0|0|20000', 'a carousel of bad messages');
is(() = $err =~ /WARNING:  message left out: /g, 100, 'has a hundred warnings');
like($err, qr/WARNING:  19900 more messages left out\nHINT:  Use carousel_problems/, 'and a count');

}

# Nobody is left over, and nothing hit a wall.
is(join(' ', grep { /sleep \Q$long\E/ } `ps -e -o args=`), '', 'no program is left');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|leaked|still referenced/, 'nothing bad in the log');

$node->stop;
done_testing();
