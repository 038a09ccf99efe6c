# Calls without end in one session: the memory of the backend is the same in the middle and at the end.
#
# Each function of the extension is called in the shapes that matter: many calls in one statement, whose call
# site keeps what it compiled; many statements, each a call site of its own; and errors, caught in
# subtransactions. ONETRIP_CALLS says how many calls in one statement; of statements, errors and jobs it is
# the hundredth part.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'it reads /proc/PID/status' unless -r "/proc/$$/status";

my $calls = $ENV{ONETRIP_CALLS} // 20_000;
my $few = int($calls / 100) || 1;

my $node = PostgreSQL::Test::Cluster->new('growth');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "extension_destdir = '$ENV{ONETRIP_STAGE}'")
  if $ENV{ONETRIP_STAGE};
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nfsync = off\nautovacuum = off\njit = off\nmax_parallel_workers_per_gather = 0\nclient_min_messages = error");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('Z', 7);
INSERT INTO campagnes VALUES (1, 'Z', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 1, n, n, '{"1": "x"}' FROM generate_series(1, 3) AS n;
SELECT create_submission_tables('public', 'public');
INSERT INTO form_schemas SELECT gen_random_uuid(), 'f', NULL, '{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}';
INSERT INTO users VALUES (gen_random_uuid(), 'Ada', 'L');
CREATE TABLE received (layout section_layout);
CREATE TABLE layouts AS SELECT E'x {\n a 8 uimsbf\n t * text\n}'::section_layout AS layout;
SQL
my $folder = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', "COPY (SELECT layout FROM layouts, generate_series(1, 100)) TO '$folder/layouts' (FORMAT binary)");

# What is called n times in one statement; "$n" is the number of the call, and
# keeps the planner from calling an immutable function once for all. What needs aggregates, COPY or
# takes its tables anew has statements of its own below.
my $layout = q{(SELECT layout FROM layouts)};
my $section = q{'\x0161'::bytea};
my $form = q{'{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}'::jsonb};
my %one_statement = (
	'section_layout_in(cstring)' => q{section_layout_in(('x { -- ' || $n || E'\n a 8 uimsbf\n}')::cstring)},
	'section_layout_out(section_layout)' => "$layout\::text",
	'section_layout_send(section_layout)' => "section_layout_send($layout)",
	'message_layout()' => 'message_layout()',
	'layout_fields(section_layout)' => "layout_fields($layout)",
	'encode_section(section_layout,record)' => "encode_section($layout, (SELECT r FROM (SELECT \$n % 256 AS a, \$n\::text AS t) AS r))",
	'encode_section(section_layout,jsonb)' => "encode_section($layout, jsonb_build_object('a', 1, 't', \$n\::text))",
	'encode_sections(section_layout,record)' => "encode_sections($layout, (SELECT r FROM (SELECT \$n % 256 AS a, \$n\::text AS t) AS r))",
	'encode_sections(section_layout,jsonb)' => "encode_sections($layout, jsonb_build_object('a', 1, 't', \$n\::text))",
	'decode_section(section_layout,bytea)' => "decode_section($layout, $section)",
	'dissect_section(section_layout,bytea)' => "dissect_section($layout, $section)",
	'check_sections(section_layout,bytea)' => "check_sections($layout, '\\x'::bytea || int4send(\$n\::int))",
	'split_sections(bytea)' => q{split_sections('\x8000010080000101')},
	'crc32_mpeg2(bytea)' => 'crc32_mpeg2(int8send($n))',
	'ts_packets(bytea,integer,integer)' => q{ts_packets('\x8000010080000101', 256, ($n % 16)::int)},
	'ts_sections(bytea,integer)' => q{ts_sections(ts_packets('\x80000100', 256, ($n % 16)::int), 256)},
	'flatten_submission(jsonb,jsonb,text[])' => "flatten_submission(jsonb_build_object('a', \$n, 'c', 1), $form, '{all}')",
	'flatten_submission(json,jsonb,text[])' => "flatten_submission(json_build_object('a', \$n), jsonb_set($form, '{children,0,tag}', to_jsonb(\$n % 100)), '{all}')",
	'form_questions(jsonb)' => "form_questions($form)",
	'jsonb_tree(jsonb,boolean)' => q{jsonb_tree(jsonb_build_object('a', $n, 'b', '[1, [2]]'::jsonb))},
	'answer_number(text)' => q{answer_number($n || '.5')},
	'answer_boolean(text)' => q{answer_boolean(left('true', 3 + ($n % 2)::int))},
	'answer_date(text)' => q{answer_date('2026-11-' || 10 + $n % 25)},
	'jsonb_or_null(json)' => q{jsonb_or_null(('{"a": ' || $n || ', "b": "\u0000"}')::json)},
);

# A statement each time, a hundredth of the calls.
my %job = (
	'encode_carousel(text,date,section_layout)' => q{PERFORM encode_carousel('Z', '2026-11-21')},
	'carousel_sections(text,date,section_layout)' => q{PERFORM count(*) FROM carousel_sections('Z', '2026-11-21')},
	'carousel_problems(text,date,section_layout)' => q{PERFORM count(*) FROM carousel_problems('Z', '2026-11-21')},
	'carousel_stats(text,date,bigint,section_layout)' => q{PERFORM carousel_stats('Z', '2026-11-21', 1000)},
	'export_carousel_to_file(text,date,text,integer,text,section_layout)' => qq{PERFORM export_carousel_to_file('Z', '2026-11-21', '$folder/carousel')},
	'export_carousel_to_program(text,date,text,integer,text,section_layout)' => q{PERFORM export_carousel_to_program('Z', '2026-11-21', 'cat >/dev/null')},
	'export_carousel_to_large_object(text,date,integer,text,section_layout)' => q{PERFORM lo_unlink((export_carousel_to_large_object('Z', '2026-11-21')).large_object)},
	'section_layout_recv(internal)' => qq{COPY received FROM '$folder/layouts' (FORMAT binary)},
	'section_agg(section_layout,record)' => 'PERFORM section_agg((SELECT layout FROM layouts), r) FROM (SELECT 1 AS a, n::text AS t FROM generate_series(1, 100) AS n) AS r',
	'section_agg(bytea)' => 'PERFORM section_agg(int4send(n)) FROM generate_series(1, 100) AS n',
	'create_carousel_tables(name)' => q{BEGIN PERFORM create_carousel_tables('public'); EXCEPTION WHEN duplicate_table THEN NULL; END},
	'create_submission_tables(name,name)' => q{BEGIN PERFORM create_submission_tables('none', 'none'); EXCEPTION WHEN invalid_schema_name THEN NULL; END},
	'count_event(bigint,text)' => q{BEGIN PERFORM count_event(1, 'ok'); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END},
	'round_trip_loops()' => 'BEGIN PERFORM round_trip_loops(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
	'round_trips_reset()' => 'BEGIN PERFORM round_trips_reset(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
	'submission_support(internal)' => qq{EXECUTE \$x\$SELECT count(*) FROM flatten_submission('{}'::jsonb, $form)\$x\$},
);

# The states of aggregates cannot be handed on in SQL: section_agg calls these, and parallel plans the other.
my %by_aggregate = map { $_ => 1 } ('section_agg_transition(internal,section_layout,record)', 'section_agg_final(internal)', 'section_agg_append(bytea,bytea)');
my %in_parallel = map { $_ => 1 } ('section_agg_combine(internal,internal)', 'section_agg_serialize(internal)', 'section_agg_deserialize(bytea,internal)');
my $loader = 'load_response_events(name,name,text,integer,bigint,bigint,bigint,bigint)';

# Errors, each caught in a subtransaction of its own: ServerErrors and those of pure code.
my @errors = (
	q~PERFORM section_layout 'x {'~,
	q~PERFORM encode_section((SELECT layout FROM layouts), '{"a": 256, "t": ""}'::jsonb)~,
	q~PERFORM encode_section((SELECT layout FROM layouts), '{"a": 1}'::jsonb)~,
	q~PERFORM encode_sections((SELECT layout FROM layouts), ROW(1))~,
	q~PERFORM decode_section((SELECT layout FROM layouts), '\x')~,
	q~PERFORM split_sections('\x80ffff')~,
	q~PERFORM ts_packets('\x80', 256)~,
	q~PERFORM flatten_submission('{}'::jsonb, '{}', '{nonsense}')~,
	q~PERFORM flatten_submission('{'::json, '{}')~,
	q~PERFORM encode_carousel('none', '2026-11-21')~,
	q~PERFORM section_agg((SELECT layout FROM layouts), r) FROM (SELECT n AS a, '' AS t FROM generate_series(250, 260) AS n) AS r~,
	q~PERFORM count(*) FROM carousel_sections('Z', '2026-11-21', 'x { a 8 uimsbf' || chr(10) || '}')~,
	q~PERFORM export_carousel_to_program('Z', '2026-11-21', 'exit 3')~,
);

my $session = $node->background_psql('postgres', on_error_stop => 0, timeout => 10 * $PostgreSQL::Test::Utils::timeout_default);
my $backend = $session->query('SELECT pg_backend_pid()');

sub ask
{
	my ($query) = @_;
	$session->{stderr} = '';
	my $answer = $session->query($query);
	return $session->{stderr} =~ /ERROR/ ? die "$query: $session->{stderr}" : $answer;
}

# What the backend holds between statements: all contexts but those of this very query, and private memory, in kB.
sub memory
{
	my $contexts = ask(q{SELECT sum(total_bytes - free_bytes) / 1024 FROM pg_backend_memory_contexts
		WHERE name IN ('TopMemoryContext', 'CacheMemoryContext', 'ErrorContext') OR parent IN ('TopMemoryContext', 'CacheMemoryContext')
			AND name !~ '^(MessageContext|TopTransactionContext|TopPortalContext|PortalContext|Transaction.*|SPI.*)$'});
	my ($private) = slurp_file("/proc/$backend/status") =~ /^RssAnon:\s+(\d+) kB/m;
	return ($contexts, $private);
}

# Half of the calls, then the other half: nothing may have grown. What is kept once (plans, catalog entries, an arena
# of malloc) is there after the first half; a leak of ten bytes a call shows in the second.
my (@figures, %called);
sub stays_level
{
	my ($name, $many, $run) = @_;
	$run->(int($many / 2) || 1);
	my ($contexts, $private) = memory();
	$run->(int($many / 2) || 1);
	my ($contexts_now, $private_now) = memory();
	push @figures, sprintf '%-75s %8d calls, contexts %6d -> %6d kB, private %6d -> %6d kB', $name, $many, $contexts, $contexts_now, $private, $private_now;
	cmp_ok($contexts_now - $contexts, '<=', 64, "$name: memory contexts");
	cmp_ok($private_now - $private, '<=', 2048, "$name: private memory");
	$called{$name} = 1;
	return;
}

sub in_loop
{
	my ($statement, $many) = @_;
	return "DO \$do\$ BEGIN FOR i IN 1 .. $many LOOP $statement; END LOOP; END \$do\$";
}

sub caught
{
	my ($statement) = @_;
	return "BEGIN $statement; RAISE 'no error' USING ERRCODE = 'ZZ000'; EXCEPTION WHEN OTHERS THEN IF SQLSTATE = 'ZZ000' THEN RAISE; END IF; END";
}

for my $function (sort keys %one_statement)
{
	stays_level($function, $calls, sub { ask("SELECT count(c) FROM (SELECT $one_statement{$function} AS c FROM generate_series(1, $_[0]) AS n(n) OFFSET 0) AS s" =~ s/\$n/n.n/gr) });
	# A call site each: EXECUTE plans anew.
	(my $once = $one_statement{$function}) =~ s/\$n/1/g;
	stays_level("$function, statements", $few, sub { ask(in_loop("EXECUTE \$x\$SELECT $once\$x\$", $_[0])) });
}
stays_level($_, $few, sub { ask(in_loop($job{$_}, $_[0])) }) foreach sort keys %job;
stays_level("error: $_", $few, sub { ask(in_loop(caught($_), $_[0])) }) foreach @errors;

# Workers of a parallel plan make states, the leader combines them.
ask(q{CREATE TABLE many AS SELECT n % 256 AS a, n::text AS t FROM generate_series(1, 20000) AS n; ALTER TABLE many SET (parallel_workers = 2); ANALYZE many;
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2});
my $parallel = 'SELECT length(section_agg((SELECT layout FROM layouts), many)) FROM many';
like(ask("EXPLAIN (COSTS OFF) $parallel"), qr/Partial Aggregate/, 'the plan is parallel');
my $turns = int($few / 10) || 1;
stays_level('section_agg in parallel plans', $turns, sub { ask($parallel) foreach 1 .. $_[0] });
ask('SET max_parallel_workers_per_gather = 0');

# Each call loads one submission.
stays_level($loader, $turns, sub {
	for (1 .. $_[0])
	{
		ask(q{INSERT INTO form_responses SELECT gen_random_uuid(), f.id, u.id, '{"a": 1, "b": 2, "c": 3}', now() FROM form_schemas AS f, users AS u});
		ask(q{CALL load_response_events('public', 'public')});
	}
});
is(ask('SELECT count(*) FROM submission_loads'), 2 * (int($turns / 2) || 1), 'all submissions were loaded');

# Of the catalog none was left out.
$called{$_} = 1 foreach keys %by_aggregate, keys %in_parallel;
my @functions = split /\n/, ask(q{SELECT proname || '(' || replace(oidvectortypes(proargtypes), ', ', ',') || ')' FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')});
cmp_ok(scalar @functions, '>', 30, 'the catalog has functions');
is(join(', ', sort grep { !$called{$_} } @functions), '', 'every function of the extension was called');

note($_) foreach @figures;
is($session->query('SELECT pg_backend_pid()'), $backend, 'in one session');
$session->quit;
$node->stop;
done_testing();
