# Each function of the extension, as the catalog lists them, with arguments at random: bytes, NULLs, empty, extreme, deep and huge
# ones, and right ones with a byte changed. Whatever comes: no crash, no internal error (XX000), the same session.
#
# ONETRIP_CALLS says how many calls of each function, ONETRIP_SEED repeats a run. Binary input of layouts is in
# tests/t/001_layout_receive.pl.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $calls = $ENV{ONETRIP_CALLS} // 60;
my $seed = $ENV{ONETRIP_SEED} // time;
srand($seed);

my $node = start_server('random', [ 'client_min_messages = error', 'log_error_verbosity = verbose' ]);
$node->safe_psql('postgres', <<'SQL');
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
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- One byte changed, or the end cut off.
CREATE FUNCTION broken(bytes bytea, place int, byte int) RETURNS bytea LANGUAGE sql AS $$
    SELECT CASE WHEN length(bytes) = 0 THEN bytes WHEN byte < 32 THEN substr(bytes, 1, place % length(bytes))
        ELSE set_byte(bytes, place % length(bytes), byte) END $$;
SQL

sub one_of
{
	return $_[ int rand @_ ];
}

sub broken
{
	my ($bytes) = @_;
	return sprintf 'broken(%s, %d, %d)', $bytes, int rand 1 << 20, int rand 256;
}

my $layout = q{E'x (max 64) {\n id 8 uimsbf\n n 8 uimsbf = length(t)\n t * text\n i * tlv(8,8) split\n}'};
my $forms = q{'{"children": [{"slug": "a", "answerType": "number"}, {"slug": "g", "children": [{"slug": "b", "answerType": "date", "answerEnum": [{"value": "1"}]}]}]}'};
my @json = ($forms, map { "'$_'" } 'null', '{}', '[]', '""', '0', '-1e400', '1e-400', '{"a": "1", "g": [{"b": null}, 5, [[]]]}', '{"": {"a.b": "[x]"}}',
	'{"id": 256, "t": "é", "i": [{"tag": 1, "value": {"2": "x"}}, {"tag": 300, "hex": "z"}]}', '{"id": 1, "n": 1, "t": "t", "i": []}', '[{"tag": 1, "base64": "===="}]');

# What the values of a type are made of; each gives an expression in SQL.
my %pool = (
	'bytea' => sub {
		my $bytes = join '', map { sprintf '%02x', rand 256 } 1 .. rand 60;
		return one_of("'\\x$bytes'::bytea", q{'\x'::bytea}, broken(q{encode_carousel('Z', '2026-11-21')}), broken(q{ts_packets(encode_carousel('Z', '2026-11-21'), 256)}),
			q{decode(repeat('8000ff', 700000), 'hex')}, q{decode(repeat('47', 1880000), 'hex')}, broken("encode_section($layout, " . q{'{"id": 1, "t": "t", "i": {"1": "x"}}'::jsonb)}));
	},
	'text' => sub {
		return one_of(q{'Z'}, q{''}, q{'none'}, q{repeat('9', 1000000)}, q{'1e' || repeat('9', 30)}, q{'-0.0e-5'}, q{'2024-02-30'}, q{'0001-01-01'}, q{'true'}, q{'skip'}, q{chr(1114111)}, q{repeat('é', 5000000)}, q{'/none/such'});
	},
	'cstring' => sub { return one_of(q{''::cstring}, "$layout\::cstring", q~repeat('x {', 1000000)::cstring~, 'encode(' . broken("convert_to($layout, 'UTF8')") . q{, 'escape')::cstring}) },
	'section_layout' => sub { return one_of('message_layout()', "$layout\::section_layout", 'encode(' . broken("convert_to($layout, 'UTF8')") . q{, 'escape')::section_layout}, q{E'x {\n a 8 uimsbf\n}'::section_layout}) },
	'jsonb' => sub {
		return one_of((map { "$_\::jsonb" } @json), q{(repeat('[', 5000) || repeat(']', 5000))::jsonb}, q~(repeat('{"children": [', 2000) || repeat(']}', 2000))::jsonb~,
			q{to_jsonb(repeat('x', 5000000))}, q{(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 20000) AS n)});
	},
	'json' => sub { return one_of((map { "$_\::json" } @json), q{'{"a": "\u0000"}'::json}, q{'{"a": 1, "a": "\ud834"}'::json}, q{(repeat('[', 5000) || repeat(']', 5000))::json}, q{to_json(repeat('x', 5000000))}) },
	'record' => sub { return one_of('ROW()', 'ROW(1, NULL)', 'ROW(now())', q{(SELECT r FROM (SELECT 1 AS id, 'é'::text AS t, '[]'::jsonb AS i) AS r)}, '(SELECT m FROM messages AS m LIMIT 1)', '(SELECT c FROM campagnes AS c)') },
	'text[]' => sub { return map { "$_\::text[]" } one_of(q{'{}'}, q{'{all}'}, q{'{null,unknown}'}, q{'{NULL}'}, q{'{{all},{missing}}'}, q{'{structure,"A"}'}, q{'[5:6]={all,all}'}) },
	'integer' => sub { return '(' . one_of(-2147483647 - 1, 2147483647, -1, 0, 1, 15, 16, 256, 8191, 8192) . ')' },
	'bigint' => sub { return one_of(q{'-9223372036854775808'::bigint}, q{'9223372036854775807'::bigint}, '0::bigint', '1::bigint') },
	'date' => sub { return map { "'$_'::date" } one_of('infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2026-11-21') },
	'name' => sub { return map { "'$_'::name" } one_of('app', 'public', 'none', '', 'pg_catalog', 'a"b') },
	'boolean' => sub { return one_of('true', 'false') },
	'internal' => sub { return one_of("''::internal", q{'x'::internal}, '0::internal', q{'\x01'::bytea}) });

sub argument
{
	my ($type) = @_;
	my $make = $pool{$type} // die "no values of type $type: add them to \%pool";
	return rand() < 0.07 ? "NULL::$type" : $make->();
}

sub statement
{
	my ($name, $kind, @types) = @_;
	my $call = "$name(" . join(', ', map { argument($_) } @types) . ')';
	return "CALL $call" if $kind eq 'p';
	return one_of("SELECT $call", "SELECT $call FROM generate_series(1, 3)", "SELECT $call OVER () FROM generate_series(1, 2)") if $kind eq 'a';
	return one_of("SELECT count(c) FROM (SELECT $call AS c OFFSET 0) AS s", "SELECT count(*) FROM $call", "SELECT $call LIMIT 1", "SELECT $call FROM generate_series(1, 2)",
		"SELECT 1 FROM generate_series(1, 2) AS n CROSS JOIN LATERAL $call LIMIT 2");
}

my $session = $node->background_psql('postgres', on_error_stop => 0, timeout => 5 * $PostgreSQL::Test::Utils::timeout_default);
my $backend = $session->query('SELECT pg_backend_pid()');
my @functions = split /\n/, $session->query(q{SELECT concat_ws('|', proname, prokind, (SELECT string_agg(format_type(t, NULL), '|' ORDER BY o) FROM unnest(proargtypes) WITH ORDINALITY AS a(t, o)))
	FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip') ORDER BY 1});
cmp_ok(scalar @functions, '>', 30, 'the catalog has functions');

my %states;
for my $function (@functions)
{
	my ($name, $kind, @types) = split /\|/, $function;
	my (@wrong, %seen);
	for (1 .. $calls)
	{
		my $statement = statement($name, $kind, @types);
		my $answer = $session->query("SELECT attempt(\$attempt\$$statement\$attempt\$)");
		my ($state) = $answer =~ /^([0-9A-Z]{5})/;
		push @wrong, "$statement: $answer" if !defined $state || $state eq 'XX000';
		push @wrong, "$statement: internal is not refused" if grep({ $_ eq 'internal' } @types) && ($state // '') eq '00000' && $statement !~ /NULL::internal/;
		++$seen{ $state // 'none' };
		++$states{ $state // 'none' };
		# A crash would end every further call.
		last if !defined $state;
	}
	is(join("\n", @wrong), '', join(', ', "$name(@types)", map { "$_: $seen{$_}" } sort keys %seen) . " (seed $seed)");
}
cmp_ok($states{'00000'} // 0, '>', $calls, 'many calls succeed');
is($session->query('SELECT pg_backend_pid()'), $backend, "the session lives (seed $seed)");
unlike(slurp_file($node->logfile), qr/was terminated by signal|PANIC|XX000[^\n]*\n[^\n]*LOCATION: [^\n]*\.cpp/, "and the server saw nothing worse (seed $seed)");
$session->quit;
$node->stop;
done_testing();
