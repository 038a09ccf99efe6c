# Each function of the extension, as the catalog lists them, with any arguments: NULL, empty, extreme, deep and huge ones,
# bytes at random, and right ones with a byte changed. Whatever comes: no crash, no internal error (XX000), the same session.
#
# First each value of a type comes once to each of its places, next to good ones, then all are drawn by lot: ONETRIP_CALLS
# says how many calls of each function, ONETRIP_SEED repeats a run. Binary input of layouts is in
# tests/t/001_layout_receive.pl.

use strict;
use warnings;

use OnetripTest qw(ask end_session random_seed start_server start_session);
use PostgreSQL::Test::Utils;
use Submissions qw(load_functions submissions);
use Test::More;

my $calls = $ENV{ONETRIP_CALLS} // 60;
my $seed = random_seed();

my $node = start_server('random',
	[ 'log_error_verbosity = verbose', 'restart_after_crash = on', "shared_preload_libraries = 'onetrip'" ]);
$node->safe_psql('postgres', <<'SQL' . load_functions('app') . submissions('app', 'app', 40));
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('Z', 7);
INSERT INTO campagnes VALUES (1, 'Z', 'M', '-infinity', 'infinity');
INSERT INTO messages SELECT n, 1, n, n, '{"1": "x"}' FROM generate_series(1, 3) AS n;
CREATE SCHEMA app;
SELECT create_submission_tables('app', 'app');
-- The SQLSTATE of a statement, which runs in a subtransaction of its own.
CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
-- One byte changed, or the end cut off.
CREATE FUNCTION broken(bytes bytea, place int, byte int) RETURNS bytea LANGUAGE sql AS $$
    SELECT CASE WHEN length(bytes) = 0 THEN bytes WHEN byte < 32 THEN substr(bytes, 1, place % length(bytes))
        ELSE set_byte(bytes, place % length(bytes), byte) END $$;
SQL
my $folder = PostgreSQL::Test::Utils::tempdir();

sub one_of
{
	return $_[ int rand @_ ];
}

sub random_bytes
{
	return "'\\x" . join('', map { sprintf '%02x', rand 256 } 1 .. rand 60) . "'::bytea";
}

sub broken
{
	my ($bytes) = @_;
	return sprintf 'broken(%s, %d, %d)', $bytes, int rand 1 << 20, int rand 256;
}

sub broken_text
{
	my ($text) = @_;
	return q{encode(} . broken("convert_to($text, 'UTF8')") . q{, 'escape')};
}

# ---- the values of each type, of which the first is one that is good for something ----

sub typed
{
	my ($type, @values) = @_;
	return map { "$_\::$type" } @values;
}

my $layout = q{E'x (max 64) {\n id 8 uimsbf\n n 8 uimsbf = length(t)\n t * text\n i * tlv(8,8) split\n}'};
my $carousel = q{encode_carousel('Z', '2026-11-21')};
my $section = "encode_section($layout, " . q{'{"id": 1, "t": "t", "i": {"1": "x"}}'::jsonb)};
my @documents = (
	q~'{"children": [{"slug": "a", "answerType": "number"},~
	  . q~ {"slug": "g", "children": [{"slug": "b", "answerType": "date", "answerEnum": [{"value": "1"}]}]}]}'~,
	(map { "'$_'" } 'null', '{}', '[]', '""', '0', '-1e400', '1e-400'),
	q{'{"a": "1", "g": [{"b": null}, 5, [[]]]}'},
	q{'{"": {"a.b": "[x]"}}'},
	q{'{"id": 256, "t": "é", "i": [{"tag": 1, "value": {"2": "x"}}, {"tag": 300, "hex": "z"}]}'},
	q{'{"id": 1, "n": 1, "t": "t", "i": []}'},
	q{'[{"tag": 1, "base64": "===="}]'},
	q{(repeat('[', 5000) || repeat(']', 5000))});
my @json = (
	typed('json', @documents),
	q{'{"a": "\u0000"}'::json},
	q{'{"a": 1, "a": "\ud834"}'::json},
	q{to_json(repeat('x', 5000000))});
my @jsonb = (
	typed('jsonb', @documents),
	q~(repeat('{"children": [', 2000) || repeat(']}', 2000))::jsonb~,
	q{to_jsonb(repeat('x', 5000000))},
	q{(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 20000) AS n)});
my %pool = (
	'bytea' => [
		$section, q{'\x'::bytea}, \&random_bytes, $carousel,
		sub { broken($carousel) },
		sub { broken("ts_packets($carousel, 256)") },
		sub { broken($section) },
		q{decode(repeat('8000ff', 700000), 'hex')}, q{decode(repeat('47', 1880000), 'hex')} ],
	'text' => [
		q{'Z'}, q{''}, q{'none'}, q{repeat('9', 1000000)}, q{'1e' || repeat('9', 30)}, q{'-0.0e-5'}, q{'2024-02-30'},
		q{'0001-01-01'}, q{'true'}, q{'skip'}, q{'changed'}, q{chr(1114111)}, q{repeat('é', 5000000)}, q{'/none/such'},
		q{'/tmp/' || repeat('n', 250)}, q{'/tmp/' || repeat('n', 300)}, q{repeat('/tmp', 2000)} ],
	'cstring' => [
		"$layout\::cstring", q{''::cstring}, q~repeat('x {', 1000000)::cstring~,
		sub { broken_text($layout) . '::cstring' } ],
	'section_layout' => [
		"$layout\::section_layout", 'message_layout()', q{''::section_layout},
		sub { broken_text($layout) . '::section_layout' },
		q{E'x {\n a 8 uimsbf\n}'::section_layout},
		q{('x {' || (SELECT string_agg(format(E'\n f%s 8 uimsbf', n), '') FROM generate_series(1, 4000) AS n) || E'\n}')::section_layout} ],
	'jsonb' => \@jsonb,
	'jsonb[]' => [
		"ARRAY[$documents[0], NULL, $documents[0]]\::jsonb[]", q{'{}'::jsonb[]}, q{'[5:6]={7,"{}"}'::jsonb[]}, q{'{{1},{2}}'::jsonb[]},
		q{array_fill('{"children": [{"slug": "a"}, {}, 1]}'::jsonb, '{20000}')} ],
	'json' => \@json,
	'record' => [
		q{(SELECT r FROM (SELECT 1 AS id, 'é'::text AS t, '[]'::jsonb AS i) AS r)}, 'ROW()', 'ROW(1, NULL)', 'ROW(now())',
		'(SELECT m FROM messages AS m LIMIT 1)', '(SELECT c FROM campagnes AS c)',
		q{(SELECT r FROM (SELECT 1 AS id, repeat('é', 5000000) AS t, '[]'::jsonb AS i) AS r)} ],
	'oid[]' => [ typed('oid[]', q{'{}'}, q{'{0}'}, q{'{20,20,25}'}, q{'{{20,25},{0,0}}'}, q{'[5:6]={20,NULL}'}, q{'{4294967295}'}) ],
	'text[]' => [
		typed(
			'text[]', q{'{all}'}, q{'{}'}, q{'{null,unknown}'}, q{'{NULL}'}, q{'{{all},{missing}}'}, q{'{structure,"A"}'},
			q{'[5:6]={all,all}'}),
		q{array_fill('all'::text, '{1000000}')} ],
	'integer' => [ map { "($_)" } 256, -2147483647 - 1, 2147483647, -1, 0, 1, 15, 16, 8191, 8192 ],
	'bigint' => [ typed('bigint', 1, 0, q{'-9223372036854775808'}, q{'9223372036854775807'}) ],
	'date' => [ typed('date', map { "'$_'" } '2026-11-21', 'infinity', '-infinity', '4713-01-01 BC', '5874897-12-31') ],
	'name' => [ typed('name', q{'app'}, q{'public'}, q{'none'}, q{''}, q{'pg_catalog'}, q{'a"b'}, q{repeat('é', 1000000)}) ],
	'boolean' => [ 'true', 'false' ],
	'timestamp with time zone' => [ map { "'$_'::timestamptz" } '2026-11-21', 'infinity', '-infinity', '4713-01-01 BC' ],
	'"any"' => [ '1', q{''::text}, q{'[]'::jsonb}, 'now()' ],
	'internal' => [ "''::internal", q{'x'::internal}, '0::internal', q{'\x01'::bytea} ]);

# Where the first values are not good enough: what a function does something with.
my @good_carousel = (q{'Z'}, q{'2026-11-21'});
my @good_export = ('1', q{'skip'}, 'message_layout()', 'true', '0', '1000');
my @good_query = (q{$q$SELECT '\x80000100'::bytea$q$});
my @good_sections = ('1', 'true', '1');
my @good_load = ('1', '2', q{'2026-11-21'::date}, "$documents[8]::jsonb", 'true', q{'f'}, "$documents[0]::jsonb", 'true', q{'Ada'}, q{'formio'}, q{':form_id,user_id,'});
my %good = (
	'dvb_text' => [ q{'{"text": "a", "selector": "05"}'} ],
	'standard_layout' => [ q{'sdt'}, q{'isdb'} ],
	'library_layouts' => [ q{'splice'} ],
	'identify_section' => [ q{'\x42f000'}, q{'dvb'} ],
	'answer_number' => [ q{'1.5'} ],
	'answer_boolean' => [ q{'true'} ],
	'answer_date' => [ q{'2026-11-21'} ],
	'answer_datetime' => [ q{'2026-11-21T10:30'}, q{'UTC'} ],
	'answer_time' => [ q{'10:30'} ],
	'form_label' => [ q{'{"fr": "a"}'}, q{'fr'} ],
	'carousel_problems' => [ @good_carousel, 'message_layout()' ],
	'carousel_sections' => [ @good_carousel, 'message_layout()' ],
	'carousel_stats' => [ @good_carousel, '1000', 'message_layout()' ],
	'carousel_campaigns' => [ @good_carousel, '1000', 'message_layout()' ],
	'carousel_changes' => [ @good_carousel, q{'2020-01-01'}, 'message_layout()' ],
	'section_changes' => [ q{$q$SELECT 1, 0, '\x01'::bytea$q$}, q{$q$SELECT message_id, part, section FROM carousel_sections('Z', '2026-11-21')$q$} ],
	'encode_carousel' => [ @good_carousel, 'message_layout()' ],
	'export_carousel_to_file' => [ @good_carousel, "'$folder/file'", @good_export ],
	'export_carousel_to_program' => [ @good_carousel, q{'cat >/dev/null'}, @good_export ],
	'export_carousel_to_large_object' => [ @good_carousel, @good_export ],
	'export_sections_to_file' => [ @good_query, "'$folder/sections'", @good_sections ],
	'export_sections_to_program' => [ @good_query, q{'cat >/dev/null'}, @good_sections ],
	'export_sections_to_large_object' => [ @good_query, @good_sections ],
	'encode_section' => [ $layout, $documents[11] ],
	'message_sections' => [ q{E'x {\\n campagne_id 32 tcimsbf\\n}'}, q{'{0}'}, '1, 2, 3' ],
	'message_problem' => [ q{E'x {\\n campagne_id 8 uimsbf\\n}'}, q{'{0}'}, '1, 2, 999' ],
	'encode_sections' => [ $layout, $documents[11] ],
	'flatten_submission' => [ $documents[8], $documents[0], q{'{all}'} ],
	'form_from' => [ q{'{"components": [{"type": "container", "key": "a.b", "components": [{"type": "number", "key": "n"}]}]}'}, q{'formio'} ],
	'load_hashes' => [@good_load],
	'load_answers' => [ @good_load, 'true' ],
	'load_response_events' => [ q{'app'}, q{'app'}, q{'changed'}, '3', ('0') x 4, 'NULL', 'NULL', q{'all'}, '0' ],
	'ts_packets' => [ $carousel, '256', '0', 'true' ],
	'ts_sections' => [ "ts_packets($carousel, 256)", '256' ]);

sub made
{
	my ($value) = @_;
	return ref $value ? $value->() : $value;
}

sub values_of
{
	my ($type) = @_;
	return ("NULL::$type", @{ $pool{$type} // die "no values of type $type: add them to \%pool" });
}

# An argument of each of the types: good ones next to the value at its place, or else any, of which half are good.
sub arguments
{
	my ($name, $types, $place, $value) = @_;
	my @arguments = map {
		my $type = $types->[$_];
		my $good = !$good{$name} ? $pool{$type}[0] : $type eq '"any"' ? $good{$name}[$_] : "$good{$name}[$_]::$type";
		made(defined $place || rand() < 0.5 ? $good : one_of(values_of($type)))
	} 0 .. $#$types;
	$arguments[$place] = made($value) if defined $place;
	return join ', ', @arguments;
}

# A statement that calls the function in one of the ways in which it can be called.
sub statement
{
	my ($name, $kind, $arguments) = @_;
	my $call = "$name($arguments)";
	return "CALL $call" if $kind eq 'p';
	return one_of("SELECT $call", "SELECT $call FROM generate_series(1, 3)", "SELECT $call OVER () FROM generate_series(1, 2)")
	  if $kind eq 'a';
	return one_of(
		"SELECT count(c) FROM (SELECT $call AS c OFFSET 0) AS s",
		"SELECT count(*) FROM $call",
		"SELECT $call LIMIT 1",
		"SELECT $call FROM generate_series(1, 2)",
		"SELECT 1 FROM generate_series(1, 2) AS n CROSS JOIN LATERAL $call LIMIT 2");
}

# ---- the calls ----

my $session = start();
my $backend = $session->{pid};

sub start
{
	return start_session($node, verbosity => 'verbose', settings => '-c client_min_messages=error');
}

# After a crash, so that it is seen what else crashes.
sub start_again
{
	end_session($session);
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
	$session = start();
	return;
}

# The SQLSTATE that a statement ends with, and what is said to it. A procedure is called by itself, too: inside
# a function it may not commit.
sub attempt
{
	my ($statement, $kind) = @_;
	my $answer = ask($session, "SELECT attempt(\$attempt\$$statement\$attempt\$)");
	return $answer unless $kind eq 'p' && $answer =~ /^25001/;
	$answer = ask($session, $statement);
	return $answer =~ /^ERROR:  (.*)/s ? $1 : $answer =~ /^[\d|]+$/ ? '00000' : $answer;
}

# What is wrong with the answer; the state goes into what has been seen.
sub check
{
	my ($statement, $kind, $seen) = @_;
	my $answer = attempt($statement, $kind);
	my ($state) = $answer =~ /^([0-9A-Z]{5})(?::|$)/;
	++$seen->{ $state // 'none' };
	return "$statement: $answer" if !defined $state || $state eq 'XX000';
	return () if $state ne '00000' || $statement !~ /::internal/ || $statement =~ /NULL::internal/;
	return "$statement: internal is not refused";
}

my @functions = split /\n/, ask($session, q{SELECT concat_ws('|', proname, prokind,
		(SELECT string_agg(format_type(t, NULL), '|' ORDER BY o) FROM unnest(proargtypes) WITH ORDINALITY AS a(t, o)))
	FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip') ORDER BY 1});
cmp_ok(scalar @functions, '>', 30, 'the catalog has functions');

my %states;
for my $function (@functions)
{
	my ($name, $kind, @types) = split /\|/, $function;
	my @rounds = map { my $place = $_; map { [ $place, $_ ] } values_of($types[$place]) } 0 .. $#types;
	push @rounds, [] foreach 1 .. $calls;
	my (@wrong, %seen);
	for my $round (@rounds)
	{
		push @wrong, check(statement($name, $kind, arguments($name, \@types, @$round)), $kind, \%seen);
		last if $seen{none};
	}
	start_again() if $seen{none};
	is(join("\n", @wrong), '', join(', ', "$name(@types)", map { "$_: $seen{$_}" } sort keys %seen) . " (seed $seed)");
	$states{$_} += $seen{$_} foreach keys %seen;
	# Parts of the loader are errors outside of a load.
	next if $name =~ /^load_(rows|events|change)$/;
	cmp_ok($seen{'00000'} // 0, '>', 0, "$name does something") unless grep { $_ eq 'internal' } @types;
}
cmp_ok($states{'00000'} // 0, '>', 10 * $calls, 'many calls succeed');
is(ask($session, 'SELECT pg_backend_pid()'), $backend, "the session lives (seed $seed)");
unlike(
	slurp_file($node->logfile), qr/was terminated by signal|PANIC|XX000[^\n]*\n[^\n]*LOCATION: [^\n]*\.cpp/,
	"and the server saw nothing worse (seed $seed)");
end_session($session);
$node->stop;
done_testing();
