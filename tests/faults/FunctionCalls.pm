# A call of each function of the extension: tests that have to meet them all take the calls from here, and hold them
# against the catalog.
package FunctionCalls;

use strict;
use warnings;

use Exporter 'import';
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(%one_statement @by_aggregate @in_parallel $functions $loader jobs start_node);

# The signatures that the catalog has.
our $functions = q{SELECT proname || '(' || replace(oidvectortypes(proargtypes), ', ', ',') || ')' FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')};

my $tables = <<'SQL';
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('Z', 7);
INSERT INTO campagnes VALUES (1, 'Z', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 1, n, n, '{"1": "x"}' FROM generate_series(1, 3) AS n;
SELECT create_submission_tables('public', 'public');
INSERT INTO form_schemas (name, schema) SELECT 'f', '{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}';
INSERT INTO users VALUES (gen_random_uuid(), 'Ada', 'L');
CREATE TABLE received (layout section_layout);
CREATE TABLE layouts AS SELECT E'x {\n a 8 uimsbf\n t * text\n}'::section_layout AS layout;
SQL

# A server with a few rows for each function, and a folder with layouts in COPY's binary format.
sub start_node
{
	my ($name, @settings) = @_;
	my $node = start_server($name, [ 'max_parallel_workers_per_gather = 0', 'client_min_messages = error', @settings ]);
	$node->safe_psql('postgres', $tables);
	my $folder = PostgreSQL::Test::Utils::tempdir;
	$node->safe_psql('postgres', "COPY (SELECT layout FROM layouts, generate_series(1, 100)) TO '$folder/layouts' (FORMAT binary)");
	return ($node, $folder);
}

# What is called n times in one statement; "$n" is the number of the call, and
# keeps the planner from calling an immutable function once for all. What needs aggregates, COPY or
# takes its tables anew has statements of its own below.
my $layout = q{(SELECT layout FROM layouts)};
my $section = q{'\x0161'::bytea};
my $form = q{'{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}'::jsonb};
our %one_statement = (
	'section_layout_in(cstring)' => q{section_layout_in(('x { -- ' || $n || E'\n a 8 uimsbf\n}')::cstring)},
	'section_layout_out(section_layout)' => "$layout\::text",
	'section_layout_send(section_layout)' => "section_layout_send($layout)",
	'section_layout_lt(section_layout,section_layout)' => "$layout < section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_le(section_layout,section_layout)' => "$layout <= section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_eq(section_layout,section_layout)' => "$layout = section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_ne(section_layout,section_layout)' => "$layout <> section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_ge(section_layout,section_layout)' => "$layout >= section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_gt(section_layout,section_layout)' => "$layout > section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring)",
	'section_layout_cmp(section_layout,section_layout)' => "section_layout_cmp($layout, section_layout_in(('x { -- ' || \$n || E'\\n a 8 uimsbf\\n}')::cstring))",
	'message_sections(section_layout,oid[],"any")' => "message_sections($layout, '{}', 1, \$n, \$n % 256, \$n::text)",
	'message_problem(section_layout,oid[],"any")' => "message_problem($layout, '{}', 1, \$n, \$n % 512, \$n::text)",
	'section_layout_hash(section_layout)' => "section_layout_hash($layout)",
	'section_layout_hash_extended(section_layout,bigint)' => "section_layout_hash_extended($layout, \$n)",
	'message_layout()' => 'message_layout()',
	'layout_fields(section_layout)' => "layout_fields($layout)",
	'encode_section(section_layout,record)' => "encode_section($layout, (SELECT r FROM (SELECT \$n % 256 AS a, \$n\::text AS t) AS r))",
	'encode_section(section_layout,jsonb)' => "encode_section($layout, jsonb_build_object('a', 1, 't', \$n\::text))",
	'encode_section(section_layout,text)' => "encode_section($layout, '{\"a\": 1, \"t\": \"' || \$n || '\"}')",
	'encode_sections(section_layout,record)' => "encode_sections($layout, (SELECT r FROM (SELECT \$n % 256 AS a, \$n\::text AS t) AS r))",
	'encode_sections(section_layout,jsonb)' => "encode_sections($layout, jsonb_build_object('a', 1, 't', \$n\::text))",
	'encode_sections(section_layout,text)' => "encode_sections($layout, '{\"a\": 1, \"t\": \"' || \$n || '\"}')",
	'decode_section(section_layout,bytea)' => "decode_section($layout, $section)",
	'dissect_section(section_layout,bytea)' => "dissect_section($layout, $section)",
	'check_sections(section_layout,bytea)' => "check_sections($layout, '\\x'::bytea || int4send(\$n\::int))",
	'split_sections(bytea)' => q{split_sections('\x8000010080000101')},
	'crc32_mpeg2(bytea)' => 'crc32_mpeg2(int8send($n))',
	'dvb_text(jsonb)' => q{dvb_text(jsonb_build_object('text', 'a' || $n, 'selector', '05'))},
	'standard_layout(text,text)' => q{standard_layout('sdt', (ARRAY['dvb', 'isdb'])[$n % 2 + 1])},
	'list_standard_layouts()' => q{list_standard_layouts()},
	'library_layouts(text)' => q{library_layouts((ARRAY['splice', 'types'])[$n % 2 + 1])},
	'with_library(section_layout)' => q{with_library(standard_layout('splice_info_section'))},
	'identify_section(bytea,text)' => q{identify_section('\x42f000'::bytea || int4send($n))},
	'ts_packets(bytea,integer,integer,boolean)' => q{ts_packets('\x8000010080000101', 256, ($n % 16)::int, $n % 2 = 0)},
	'ts_sections(bytea,integer)' => q{ts_sections(ts_packets('\x80000100', 256, ($n % 16)::int), 256)},
	'flatten_submission(jsonb,jsonb,text[])' => "flatten_submission(jsonb_build_object('a', \$n, 'c', 1), $form, '{all}')",
	'flatten_submission(json,jsonb,text[])' => "flatten_submission(json_build_object('a', \$n), jsonb_set($form, '{children,0,tag}', to_jsonb(\$n % 100)), '{all}')",
	'flatten_submission(text,jsonb,text[])' => "flatten_submission('{\"a\": ' || \$n || '}', $form, '{all}')",
	'form_questions(jsonb)' => "form_questions($form)",
	'form_choices(jsonb,text)' => "form_choices($form, 'fr')",
	'form_label(jsonb,text)' => q{form_label(jsonb_build_object('English (en)', 'a' || $n), 'en')},
	'form_from(jsonb,text)' => q{form_from(jsonb_build_object('components', jsonb_build_array(jsonb_build_object('type', 'textfield', 'key', 'a' || $n % 100))), 'formio')},
	'form_dialect(jsonb)' => q{form_dialect(jsonb_build_object('survey', '[]'::jsonb, 'n', $n))},
	'form_views(jsonb,text,text,text,text,text)' => "form_views($form, 'v' || \$n % 100, 'documents', language => 'fr')",
	'merge_forms(jsonb[])' => "merge_forms(ARRAY[$form, jsonb_set($form, '{children,0,tag}', to_jsonb(\$n))])",
	'jsonb_tree(jsonb,boolean)' => q{jsonb_tree(jsonb_build_object('a', $n, 'b', '[1, [2]]'::jsonb))},
	'answer_number(text)' => q{answer_number($n || '.5')},
	'answer_boolean(text)' => q{answer_boolean(left('true', 3 + ($n % 2)::int))},
	'answer_date(text)' => q{answer_date('2026-11-' || 10 + $n % 25)},
	'answer_datetime(text,text)' => q{answer_datetime('2026-11-' || 10 + $n % 25 || 'T10:30', 'Europe/Paris')},
	'answer_time(text)' => q{answer_time('10:' || 10 + $n % 60)},
	'answer_at(jsonb,text[],boolean)' => q{answer_at(jsonb_build_object('g', jsonb_build_array(1, jsonb_build_object('a', array['', $n::text]))), '{g,a}', true)},
	'answer_text(jsonb,boolean)' => q{answer_text(jsonb_build_array('a', $n), true)},
	'answer_number(jsonb)' => q{answer_number(to_jsonb($n || '.5'))},
	'answer_integer(jsonb)' => q{answer_integer(to_jsonb($n))},
	'answer_boolean(jsonb)' => q{answer_boolean(to_jsonb($n % 2 = 0))},
	'answer_date(jsonb)' => q{answer_date(to_jsonb('2026-11-' || 10 + $n % 25))},
	'answer_datetime(jsonb,text)' => q{answer_datetime(to_jsonb('2026-11-' || 10 + $n % 25 || 'T10:30'), 'Europe/Paris')},
	'answer_time(jsonb)' => q{answer_time(to_jsonb('10:' || 10 + $n % 60))},
	'answer_has(jsonb,text,boolean)' => q{answer_has(to_jsonb('a ' || $n % 10), '7', true)},
	'load_hashes("any","any","any","any",boolean,text,"any",boolean,text,text,text)' =>
	  "load_hashes(\$n, 'u'::text, now(), jsonb_build_object('a', \$n), true, 'f', jsonb_set($form, '{children,0,tag}', to_jsonb(\$n % 100)), true, 'Ada', NULL, ':form_id,form_name,;')",
	'load_answers("any","any","any","any",boolean,text,"any",boolean,text,text,text,boolean)' =>
	  "load_answers(\$n, 'u'::text, now(), json_build_object('a', \$n), true, 'f', jsonb_set($form, '{children,0,tag}', to_jsonb(\$n % 100)), true, 'Ada', NULL, ':', \$n % 2 = 0)",
	'jsonb_or_null(json)' => q{jsonb_or_null(('{"a": ' || $n || ', "b": "\u0000"}')::json)},
);

# Statements of PL/pgSQL; those that need a place for files or layouts have it in $folder.
sub jobs
{
	my ($folder) = @_;
	return (
		'encode_carousel(text,date,section_layout)' => q{PERFORM encode_carousel('Z', '2026-11-21')},
		'carousel_sections(text,date,section_layout)' => q{PERFORM count(*) FROM carousel_sections('Z', '2026-11-21')},
		'carousel_problems(text,date,section_layout)' => q{PERFORM count(*) FROM carousel_problems('Z', '2026-11-21')},
		'carousel_stats(text,date,bigint,section_layout)' => q{PERFORM carousel_stats('Z', '2026-11-21', 1000)},
		'carousel_campaigns(text,date,bigint,section_layout)' => q{PERFORM count(*) FROM carousel_campaigns('Z', '2026-11-21', 1000)},
		'carousel_changes(text,date,date,section_layout)' => q{PERFORM count(*) FROM carousel_changes('Z', '2026-11-21', '2020-01-01')},
		'section_changes(text,text)' => q{PERFORM count(*) FROM section_changes('SELECT 1, 0, ''\x01''::bytea', 'SELECT n, 0, int4send(n) FROM generate_series(1, 300) AS n')},
		'export_carousel_to_file(text,date,text,integer,text,section_layout,boolean,bigint,bigint)' => qq{PERFORM export_carousel_to_file('Z', '2026-11-21', '$folder/carousel')},
		'export_carousel_to_program(text,date,text,integer,text,section_layout,boolean,bigint,bigint)' => q{PERFORM export_carousel_to_program('Z', '2026-11-21', 'cat >/dev/null')},
		'export_carousel_to_large_object(text,date,integer,text,section_layout,boolean,bigint,bigint)' => q{PERFORM lo_unlink((export_carousel_to_large_object('Z', '2026-11-21', 256)).large_object)},
		'export_sections_to_file(text,text,integer,boolean,bigint)' => qq{PERFORM export_sections_to_file(\$q\$SELECT '\\x80000100'::bytea, 256\$q\$, '$folder/sections')},
		'export_sections_to_program(text,text,integer,boolean,bigint)' => qq{PERFORM export_sections_to_program(\$q\$SELECT '\\x80000100'::bytea\$q\$, 'cat >/dev/null')},
		'export_sections_to_large_object(text,integer,boolean,bigint)' => qq{PERFORM lo_unlink((export_sections_to_large_object(\$q\$SELECT '\\x80000100'::bytea\$q\$, 256)).large_object)},
		'section_layout_recv(internal)' => qq{COPY received FROM '$folder/layouts' (FORMAT binary)},
		'section_agg(section_layout,record)' => 'PERFORM section_agg((SELECT layout FROM layouts), r) FROM (SELECT 1 AS a, n::text AS t FROM generate_series(1, 100) AS n) AS r',
		'section_agg(section_layout,jsonb)' => q{PERFORM section_agg((SELECT layout FROM layouts), jsonb_build_object('a', 1, 't', n::text)) FROM generate_series(1, 100) AS n},
		'section_agg(section_layout,text)' => q{PERFORM section_agg((SELECT layout FROM layouts), '{"a": 1, "t": "' || n || '"}') FROM generate_series(1, 100) AS n},
		'section_agg(bytea)' => 'PERFORM section_agg(int4send(n)) FROM generate_series(1, 100) AS n',
		'create_carousel_tables(name)' => q{BEGIN PERFORM create_carousel_tables('public'); EXCEPTION WHEN duplicate_table THEN NULL; END},
		'create_submission_tables(name,name)' => q{BEGIN PERFORM create_submission_tables('none', 'none'); EXCEPTION WHEN invalid_schema_name THEN NULL; END},
		'load_rows()' => q{BEGIN PERFORM * FROM load_rows() AS r (n int); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END},
		'load_events(integer)' => q{BEGIN PERFORM load_events(1); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END},
		'load_change("any","any","any","any",boolean,text,"any",boolean,text,bytea,bytea,bytea,text)' =>
		  q{BEGIN PERFORM load_change(1, 1, 1, 1, true, '', 1, true, '', '', '', '', NULL); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END},
		'load_support(internal)' => q{BEGIN EXECUTE 'SELECT * FROM load_rows() AS r (n int)'; EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END},
		'round_trip_loops()' => 'BEGIN PERFORM round_trip_loops(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'round_trips_reset(bigint)' => 'BEGIN PERFORM round_trips_reset(1); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'running_round_trips()' => 'BEGIN PERFORM running_round_trips(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'round_trip_totals()' => 'BEGIN PERFORM round_trip_totals(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'heavy_result_rows()' => 'BEGIN PERFORM heavy_result_rows(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'heavy_plan_rows()' => 'BEGIN PERFORM heavy_plan_rows(); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END',
		'submission_support(internal)' => qq{EXECUTE \$x\$SELECT count(*) FROM flatten_submission('{}'::jsonb, $form)\$x\$},
	);
}

# The states of aggregates cannot be handed on in SQL: section_agg calls these, and parallel plans the other.
our @by_aggregate = ('section_agg_transition(internal,section_layout,record)', 'section_agg_transition_jsonb(internal,section_layout,jsonb)',
	'section_agg_transition_text(internal,section_layout,text)', 'section_agg_final(internal)', 'section_agg_append(bytea,bytea)');
our @in_parallel = ('section_agg_combine(internal,internal)', 'section_agg_serialize(internal)', 'section_agg_deserialize(bytea,internal)');
our $loader = 'load_response_events(name,name,text,integer,bigint,bigint,bigint,bigint,text,timestamp with time zone,text,bigint)';

1;
