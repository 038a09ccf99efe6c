# The two walls: whatever of the extension's own code fails, and wherever, the backend lives, the error arrives with its
# SQLSTATE, no C++ object is left, and the next call is right. The extension is linked with fault_injector.cpp, which
# lets fail, one after the other: each allocation by the server's functions and by operator new, each call of the server
# after the outward wall (before it and when it is done), and the first call of each pure function.
#
# ONETRIP_FAULTS is how many faults of one kind a statement has at most; 0 is as many as there are.

use strict;
use warnings;

use FunctionCalls qw(%one_statement @by_aggregate @in_parallel $functions $loader jobs start_node);
use JSON::PP qw(decode_json);
use OnetripTest qw(ask end_session start_session);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $stage = $ENV{ONETRIP_FAULT_STAGE} // plan skip_all => 'scripts/test faults builds the extension with faults';
my $most = $ENV{ONETRIP_FAULTS} // 25;
chomp(my $libraries = `pg_config --pkglibdir`);
# Of class 58, which a loader does not take for an answer that the target refuses.
my %sqlstate = (1 => '53200', 2 => '53200', 3 => '58OT1', 4 => '58OT1', 5 => 'XX000');
my @kinds = ('', "the server's memory", 'operator new', 'before calls of the server', 'after calls of the server', 'pure functions');

# Names of the library's functions by their places.
my %name_of = map { /^0*([0-9a-f]+) [tTwW] (.*)/ ? (hex $1 => $2) : () } split /\n/, `nm -C '$stage$libraries/onetrip.so'`;

# What the compiler knows not to throw, so that callers have no landing pad for it: destructors, default constructors and
# moves that it makes by itself, and a getter whose caller sees that it is one.
sub never_throws
{
	my ($name) = @_;
	return $name =~ /(\w+)::~\1\(\)$/ || $name =~ /(\w+)::\1\(\)$/ || $name =~ /(\w+)::\1\([^,]*\b\1&&\)$/ || $name =~ /::operator=\([^,]*&&\)$/
	  || $name eq 'onetrip::submission::Form::questions() const';
}

$ENV{ONETRIP_STAGE} = $stage;
my ($node, $folder) = start_node('walls', "shared_preload_libraries = 'onetrip'", "dynamic_library_path = '$stage$libraries:\$libdir'");
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION onetrip_spare(function bigint) RETURNS void LANGUAGE c AS 'onetrip';
CREATE FUNCTION onetrip_arm(kind int, occasion int) RETURNS void LANGUAGE c AS 'onetrip';
CREATE FUNCTION onetrip_disarm() RETURNS cstring LANGUAGE c AS 'onetrip';
CREATE FUNCTION onetrip_live_allocations() RETURNS bigint LANGUAGE c AS 'onetrip';
CREATE FUNCTION onetrip_last_function() RETURNS bigint LANGUAGE c AS 'onetrip';
CREATE TABLE many AS SELECT n % 256 AS a, n::text AS t FROM generate_series(1, 2000) AS n;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE SEQUENCE shapes;
SQL

# The statements, a function each; what they answer is the same each time.
my %statements = map { ($_ => "SELECT md5(string_agg(c::text, ',')) FROM (SELECT $one_statement{$_} AS c FROM generate_series(1, 2) AS n(n) OFFSET 0) AS s" =~ s/\$n/n.n/gr) }
  keys %one_statement;
my %job = jobs($folder);
$statements{$_} = $job{$_} =~ /^COPY/ ? $job{$_} : $job{$_} =~ /^PERFORM/ ? $job{$_} =~ s/^PERFORM/SELECT/r : "DO \$do\$ BEGIN $job{$_}; END \$do\$" foreach keys %job;
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2';
$statements{ $in_parallel[0] } = "$parallel; SELECT length(section_agg((SELECT layout FROM layouts), many)) FROM many; RESET ALL";
$statements{$loader} = q{INSERT INTO form_responses SELECT gen_random_uuid(), f.id, u.id, '{"a": 1, "b": 2, "c": 3}', now() FROM form_schemas AS f, users AS u;
	CALL load_response_events('public', 'public')};
# Early ends, and the watch.
$statements{'rows with LIMIT'} = q{SELECT carousel_sections('Z', '2026-11-21') LIMIT 1; SELECT jsonb_tree('[1, [2, 3]]') LIMIT 1};
$statements{'a loop that is watched'} = join '; ', 'BEGIN', 'SELECT id FROM messages', (map { "SELECT template_id FROM messages WHERE id = $_" } 1 .. 12), 'COMMIT',
  'SELECT count(*) > 0 FROM round_trips';

my $session = start_session($node, verbosity => 'sqlstate');
ask($session, 'SELECT ' . join ', ', map { "onetrip_spare($_)" } grep { never_throws($name_of{$_}) } sort keys %name_of);
my ($backend, %thrown, %skipped, @totals) = ($session->{pid});

# Times, objects' numbers, counts of loads and numbers of columns differ.
sub comparable
{
	my ($answer) = @_;
	$answer =~ s/\d\d:\d\d:\d\d(\.\d+)?/TIME/g;
	$answer =~ s/^(\d+)(\|\1)+$/$1/mg;
	$answer =~ s/^\d+(?:\|\d+){4}$/LOADED/mg;
	return $answer;
}

# The fault at the n-th occasion, and the statement again: what became of the fault, errors, live allocations after it,
# the function that threw, the second answer.
sub disturb
{
	my ($statement, $kind, $occasion) = @_;
	my $answer = ask($session, "SELECT onetrip_arm($kind, $occasion); $statement;\n\\echo then\nROLLBACK; RESET ALL; SET onetrip.watch = on; "
		  . "SELECT onetrip_disarm(), onetrip_live_allocations(), onetrip_last_function();\n\\echo again\n\\warn again\n$statement");
	# Errors come after all rows, up to the second "again" the faulted statement's.
	my ($state, $rows, $again) = $answer =~ /^.*?then\n(.*?)\nagain\n(.*?)again\n?(.*)$/s or return (outcome => 'gone', errors => $answer);
	my %seen = (errors => join("\n", $rows =~ /^(ERROR: .*)$/mg), again => $rows =~ s/^ERROR: .*\n//mgr . $again);
	@seen{qw(outcome live function)} = split /\|/, $state;
	return %seen;
}

# What the watch's detector and its clocks throw must not fail what the client sent: the log tells of it.
sub is_detector { return $_[0] =~ /\bonetrip::roundtrip::(?:Detector|StatementClock|EpisodeClock|Statement)\b/ }

# What is wrong with the errors of a statement in which this function threw.
my $unwatched = 0;
sub wrong_errors
{
	my ($name, $errors, $sqlstate) = @_;
	$unwatched += is_detector($name);
	return $errors eq '' ? () : "$name: $errors" if is_detector($name);
	return $errors =~ /^ERROR:  $sqlstate$/m ? () : "$name: $errors";
}

# All faults of one kind in one statement; gives what is wrong.
sub disturb_all
{
	my ($statement, $kind, $right, $live_before) = @_;
	my @wrong;
	for (my $occasion = 1; $most == 0 || $occasion <= $most || $kind == 5; ++$occasion)
	{
		my %seen = disturb($statement, $kind, $occasion);
		return "fault $occasion: $seen{errors}" if $seen{outcome} eq 'gone';
		last if $seen{outcome} eq 'none';
		my $name = $kind == 5 ? $name_of{ $seen{function} } // $seen{function} : 'memory';
		$skipped{$name} = $seen{function} if $seen{outcome} eq 'skipped';
		next if $seen{outcome} eq 'skipped';
		++$totals[$kind];
		$thrown{$name} = $seen{function} if $kind == 5;
		push @wrong, map { "fault $occasion in $_" } wrong_errors($name, $seen{errors}, $sqlstate{$kind});
		push @wrong, "fault $occasion ($name): $seen{live} allocations live, $live_before before" if $seen{live} != $live_before;
		$live_before = $seen{live};
		push @wrong, "fault $occasion ($name), then: $seen{again}" if comparable($seen{again} =~ s/\n$//r) ne $right;
	}
	return @wrong;
}

foreach my $function (sort keys %statements)
{
	my $statement = $statements{$function};
	ask($session, $statement);
	my $right = comparable(ask($session, $statement));
	my $live = ask($session, 'SELECT onetrip_live_allocations()');
	unlike($right, qr/ERROR/, "$function works");
	foreach my $kind (1 .. 5)
	{
		is(join("\n", disturb_all($statement, $kind, $right, $live)), '', "$function: $kinds[$kind]");
		is(ask($session, 'SELECT pg_backend_pid()'), $backend, 'in one backend') or BAIL_OUT('the backend is gone');
	}
	is(comparable(ask($session, $statement)), $right, "$function is as it was");
	is(join(' ', sort grep { !/^(?:\.\.?|carousel|layouts|sections)$/ } readdir_of($folder)), '', "$function leaves no file");
}
is(ask($session, 'SELECT count(*) = (SELECT count(*) FROM submission_loads) AND count(*) * 2 = (SELECT count(*) FROM response_events) FROM form_responses'), 't',
	'all submissions are loaded once');

# Functions that are met by nothing so simple: statements of which each tries those that have not thrown yet.
sub vector
{
	my ($case) = @_;
	my $layout = "\$vector\$$case->{layout}\$vector\$::section_layout";
	return "SELECT $layout" unless $case->{columns};
	my $row = join ', ', map { my ($type, $value) = @{ $case->{columns}{$_} }; (defined $value ? "\$vector\$$value\$vector\$" : 'NULL') . "::$type AS \"$_\"" } sort keys %{ $case->{columns} };
	return "SELECT s, decode_section($layout, s), (SELECT count(*) FROM dissect_section($layout, s)), (SELECT count(*) FROM check_sections($layout, s || s || '\\x00')),"
	  . " (SELECT count(p) FROM check_sections($layout, overlay(s placing '\\xff4142' from 4)) AS p), ts_sections(ts_packets(s, 256), 256) FROM (SELECT $row) AS r, encode_sections($layout, r) AS s;"
	  . " SELECT encode_section($layout, to_jsonb(r)) FROM (SELECT $row) AS r";
}

# So many turns in a block, each of these statements, by what follows their first columns.
sub loops_of
{
	my ($turns, @rests) = @_;
	my $statements = join ', ', map { "'SELECT ' || repeat('id, ', n::int) || $_" } @rests;
	return "BEGIN; SELECT id FROM messages; SELECT $statements FROM nextval('shapes') AS n, generate_series(1, $turns) AS i\n\\gexec\nCOMMIT";
}

my $answers = q~'{"a": "x", "é\"\\\u00e9\ud834\udd1e\n": 1.50, "n": 1e2, "m": -12.5e-3, "b": true, "d": "2024-02-29", "g": [{"c": 1, "s.t": null}, 5, [[]], {}], "q": {"z": [1, [false]]}, "": []}'~;
my $questions = q~'{"children": [{"slug": "a", "answerType": "text", "answerEnum": [{"value": "y"}, {"value": 2}], "label": {"fr": "é"}}, {"slug": "n", "answerType": "number"}, {"slug": "m", "answerType": "odd"},
	{"slug": "b", "answerType": "boolean", "tag": "t"}, {"slug": "d", "answerType": "date"}, {"slug": "g", "children": [{"slug": "c", "answerType": "date"}, {"slug": "s.t", "answerType": "text"}]},
	{"slug": "q", "answerType": "number"}, {"slug": "q", "answerType": "number"}, {"nodeType": "question"}, {"slug": "k", "children": 5}]}'~;
my @further = ("SELECT (SELECT count(*) FROM check_sections(message_layout(), repeat(chr(65), 60)::bytea))",
	"SELECT flatten_submission($answers\::json, $questions\::jsonb, '{all}')", "SELECT flatten_submission($answers\::jsonb, $questions\::jsonb, '{all}')",
	"SELECT form_from($questions\::jsonb, 'onetrip'), form_dialect($questions\::jsonb), merge_forms(ARRAY[$questions, $questions]\::jsonb[])",
	"SELECT form_from(jsonb_build_object('properties', jsonb_build_object('a', '{\"enum\": [1, \"b\"]}'::jsonb)), 'jsonschema')", "SELECT form_from('[]', 'none')",
	"SELECT form_questions($questions\::jsonb)", "SELECT jsonb_tree($answers\::jsonb), jsonb_tree($answers\::jsonb, true)",
	"SELECT flatten_submission('5'::jsonb, $questions\::jsonb, '{all}')", "SELECT flatten_submission('{\"a\": nul}'::json, $questions\::jsonb, '{all}')",
	"SELECT answer_number(v), answer_boolean(v), answer_date(v) FROM unnest('{-0.5e+3,1.,true,false,2024-02-29,2023-02-29,0001-01-01,x}'::text[]) AS v",
	"SELECT ts_sections(overlay(ts_packets(repeat('\\x80', 1)::bytea || '\\x000100', 256) placing '\\x00' from 4), 256)", "SELECT split_sections('\\x8000010080ffff')",
	"SELECT section_agg(message_layout(), r) FROM messages AS r",
	"SELECT decode_section(message_layout(), '\\x00')", "SELECT encode_section('x { n 8 uimsbf\n}', r) FROM (SELECT 'NaN'::numeric AS n) AS r",
	"SELECT encode_section('x { c 32 crc32\n}', '{\"c\": 1}'::jsonb)",
	"SELECT jsonb_or_null(json_object_agg('k' || n, repeat('[', n) || n || repeat(']', n))) FROM generate_series(1, 100) AS n",
	"SELECT flatten_submission(json_object_agg(n, repeat('[', n) || n || repeat(']', n))::text::json, $questions\::jsonb, '{all}') FROM generate_series(1, 100) AS n",
	"SELECT encode_section('x { t * tlv(8,8)\n}', '{\"t\": {\"1\": {\"2\": {\"3\": {\"4\": {\"5\": \"x\"}}}}}}'::jsonb)",
	"SELECT jsonb_or_null('[-1e9000, 1e-9000, 0.00000000000000000000001]')",
	# Packets that are missing, and bytes between them.
	map({ "SELECT ts_sections($_, 256) FROM ts_packets(decode(repeat('80000100', 200), 'hex'), 256) AS p" }
		'substring(p for 188) || substring(p from 377)', "p || '\\x00474747'::bytea || p || p", "'\\x47'::bytea || p || p"),
	# Loops of statements that were not met before: the number of columns tells them apart. Many values at once; texts with all that
	# the lexer knows; more statements, and more loops, than are remembered; one whose leader has rows in later turns only; a pause.
	loops_of(12, q~'id FROM messages WHERE id = ANY (ARRAY[' || i || ', 100])'~),
	loops_of(12, q~'"id", $a$b$a$, ''it''''s'', E''\\n'' /* /* */ */ FROM messages WHERE id = -' || i~),
	loops_of(70, q~repeat('id + ', i) || 'id FROM messages WHERE id = -' || i~),
	loops_of(300, q~repeat('id + ', i % 20) || 'id FROM messages WHERE id = -' || i~),
	loops_of(12, q~'id FROM messages WHERE id > 9 - ' || i~, q~'template_id FROM messages WHERE id = ' || i~),
	# One message, within which no time is a pause, and a pause that is longer than the gap.
	join('\\; ', 'SET onetrip.watch_gap = 1', 'SELECT 1 AS a', ('SELECT template_id FROM messages WHERE id = 1') x 12) . ";\n\\! sleep 0.1\nSELECT 2 AS b");
foreach my $file ('sections', 'refused_layouts', 'random_sections')
{
	my @cases = @{ decode_json(slurp_file("tests/vectors/$file.json")) };
	push @further, map { my $statement = vector($_); utf8::encode($statement); $statement } @cases;
}

# Faults in the functions that are not spared yet; gives what is wrong. A backend keeps what it has made of the library.
my $kept = ask($session, 'SELECT onetrip_live_allocations()');
sub disturb_new
{
	my ($statement) = @_;
	my ($right, @wrong) = (comparable(ask($session, $statement)));
	while (my %seen = disturb($statement, 5, 1))
	{
		return "$statement: $seen{errors}" if $seen{outcome} eq 'gone';
		last if $seen{outcome} eq 'none';
		my $name = $name_of{ $seen{function} } // $seen{function};
		ask($session, "SELECT onetrip_spare($seen{function})");
		($seen{outcome} eq 'skipped' ? \%skipped : \%thrown)->{$name} = $seen{function};
		next if $seen{outcome} eq 'skipped';
		++$totals[5];
		push @wrong, wrong_errors($name, $seen{errors}, 'XX000');
		push @wrong, "$name: $seen{live} allocations live, $kept before" if $seen{live} != $kept;
		push @wrong, "$name, then: $seen{again}" if comparable($seen{again} =~ s/\n$//r) ne $right;
	}
	return @wrong;
}
ask($session, 'SELECT ' . join ', ', map { "onetrip_spare($_)" } values %thrown, values %skipped);
is(join("\n", map { disturb_new($_) } @further), '', 'functions that take more to be met');
is(ask($session, 'SELECT pg_backend_pid()'), $backend, 'in the same backend');

sub readdir_of
{
	my ($path) = @_;
	opendir(my $handle, $path) or die "$path: $!";
	return readdir $handle;
}

my %tested = map { $_ => 1 } keys %statements, @by_aggregate, @in_parallel;
is(join(', ', grep { !$tested{$_} } split /\n/, ask($session, $functions)), '', 'every function of the extension was disturbed');
note(sprintf '%s: %d faults', $kinds[$_], $totals[$_] // 0) foreach 1 .. 5;
note(scalar(keys %thrown) . ' pure functions threw');
# A function of ours by its name, be it in a template.
my @pure = grep { !/^[^(]*\bstd::|__gnu_cxx/ && /^(?:[\w:<>*& ]+ )?onetrip::(?:jsonb|transport|section|submission|roundtrip)::/ && !never_throws($_) } values %name_of;
note('not reached: ' . join ', ', sort grep { !$thrown{$_} && !$skipped{$_} } @pure);
note('spared, since they or a caller promise not to throw: ' . join ', ', sort grep { !$thrown{$_} } keys %skipped);
end_session($session);
my $log = slurp_file($node->logfile);
my $told = () = $log =~ /LOG:  round trips of this session are watched no longer/g;
is($told, $unwatched, 'the log tells of each fault of the detector');
# Where no wall stands before it, it is taken for one that promises not to throw. A session gives the watch up at the
# first fault, so that the functions after that are not reached.
cmp_ok(scalar(grep { is_detector($_) } keys %thrown), '>', 0, 'the detector is behind a wall');
unlike($log, qr/was terminated by signal|PANIC/, 'the server saw nothing worse');
$node->stop;
done_testing();
