# Whatever lies in a schema in front: no function, no operator, no type and no table that has the name of one of ours or of
# the server's is called or read by ours, but for the three tables that are found along the search_path.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('search_path');
my $folder = PostgreSQL::Test::Utils::tempdir();

sub ask
{
	my ($query) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query);
	return $status == 0 ? $out : "$out$err";
}

# ---- the traps ----

# Each has the signature of what it stands before, and raises when it is called. Who creates them needs no more than a
# schema; types have no values, and tables no columns, so that whoever takes them for others fails as well.
$node->safe_psql('postgres', <<'SQL');
SET search_path = pg_catalog;
CREATE SCHEMA hostile;
CREATE TABLE public.planted (kind text, object text, reason text);

CREATE FUNCTION public.plant(kind text, object text, ddl text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE ddl;
    INSERT INTO public.planted VALUES (kind, object);
EXCEPTION WHEN others THEN
    INSERT INTO public.planted VALUES (kind, object, sqlerrm);
END $$;
CREATE FUNCTION public.plant_function(kind text, object text, name text, arguments text, result text)
RETURNS void LANGUAGE sql AS $$
    SELECT public.plant(kind, object, format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
        name, arguments, result, format('BEGIN RAISE ''called %%'', %L; END', object)))
$$;
CREATE FUNCTION public.is_member(class regclass, object oid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = object AND deptype = 'e'
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip'))
$$;

SELECT count(public.plant_function('function', oid::regprocedure::text, proname, oidvectortypes(proargtypes),
    CASE WHEN proretset THEN 'SETOF ' ELSE '' END || format_type(prorettype, NULL)))
FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace OR public.is_member('pg_proc', oid);

WITH operator AS (
    SELECT oid, oprname, format('op_%s', oid) AS function, concat_ws(', ', nullif(format_type(nullif(oprleft, 0), NULL), ''), format_type(oprright, NULL)) AS arguments,
        concat_ws(', ', 'LEFTARG = ' || format_type(nullif(oprleft, 0), NULL), 'RIGHTARG = ' || format_type(oprright, NULL)) AS sides, format_type(oprresult, NULL) AS result
    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace), function AS MATERIALIZED (
    SELECT *, public.plant_function('operator function', oid::regoperator::text, function, arguments, result) FROM operator)
SELECT count(public.plant('operator', oid::regoperator::text, format('CREATE OPERATOR hostile.%s (FUNCTION = hostile.%I, %s)', oprname, function, sides)))
FROM function;

SELECT count(public.plant('type', oid::regtype::text, format('CREATE TYPE hostile.%I AS ENUM ()', typname)))
FROM pg_type WHERE typtype IN ('b', 'r', 'm', 'd') AND typcategory <> 'A'
    AND (typnamespace = 'pg_catalog'::regnamespace OR public.is_member('pg_type', oid));
SELECT count(public.plant('relation', oid::regclass::text, format('CREATE TABLE hostile.%I ()', relname)))
FROM pg_class WHERE relkind IN ('r', 'v') AND (relnamespace = 'pg_catalog'::regnamespace OR public.is_member('pg_class', oid));
-- Names that statements of ours give to what they make of the caller's tables, and those of the tables.
SELECT count(public.plant('relation', name, format('CREATE TABLE hostile.%I ()', name)))
FROM unnest('{form,s,r,l,b,e,form_schemas,users,form_responses,response_events,response_event_problems,submission_loads}'::text[]) AS name;
SQL

is( $node->safe_psql('postgres', q{SELECT kind FROM planted WHERE kind <> 'function' GROUP BY kind HAVING count(*) FILTER (WHERE reason IS NULL) < 0.9 * count(*)}),
	'', 'nine of ten operators, types and relations are planted');
is( $node->safe_psql('postgres', q{SELECT object, reason FROM planted WHERE kind = 'function' AND reason !~ 'PL/pgSQL functions cannot (accept|return) type|unsafe use of pseudo-type|cannot determine result data type'}),
	'', 'of functions all that SQL can declare');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM planted WHERE kind = 'function' AND reason IS NULL}), '>', 1500, 'which are many');
like(ask(q{SET search_path = hostile, public, pg_catalog; SELECT length('x'::pg_catalog.text)}), qr/called length\(text\)/, 'a trap catches');
like(ask(q{SET search_path = hostile, public, pg_catalog; SELECT 1 = 1}), qr/called =\(integer,integer\)/, 'so does an operator');
like(ask(q{SET search_path = hostile, public, pg_catalog; SELECT '1'::text}), qr/invalid input value for enum/, 'and a type');
like(ask(q{SET search_path = hostile, public, pg_catalog; SELECT message_layout()}), qr/called public.message_layout\(\)/, 'and what has a name of ours');

# The way in which sessions look, and what lies in the session's own schema.
my $temporary = join '', map { "CREATE TEMPORARY TABLE $_ ();" }
  qw(pg_class pg_index pg_proc pg_namespace pg_constraint pg_attribute pg_database pg_roles form_schemas users form_responses response_events response_event_problems submission_loads round_trips round_trips_now round_trips_total heavy_results heavy_plans missing_fk_indexes form);
my %paths = (
	'a hostile schema in front' => 'SET search_path = hostile, public, pg_catalog;',
	'temporary objects in front' => "$temporary CREATE TYPE pg_temp.section_layout AS ENUM (); CREATE TYPE pg_temp.text AS ENUM ();"
	  . ' SET search_path = pg_temp, hostile, public, pg_catalog;',
	'temporary objects in front unnamed' => "$temporary SET search_path = public;");

# ---- every function ----

my $layout = "'s { n 8 uimsbf }'::public.section_layout";
my $document = q{'{"n": 1, "m": [true, {"k": "2026-01-01"}]}'};
my $form = q{'{"slug": "f", "children": [{"slug": "n", "answerType": "number"}, {"slug": "m", "answerType": "text"}]}'::pg_catalog.jsonb};
my $row = "(SELECT r FROM (SELECT 1 AS n) AS r)";
my $zone = q{'AFRIQUE', '2026-11-10'};

# What tables are, by name, where nothing hostile is in sight.
sub tables_of
{
	my ($schema) = @_;
	return <<"SQL";
SET search_path = pg_catalog;
SELECT c.oid::regclass, attname, atttypid::regtype, attnotnull, pg_get_expr(adbin, adrelid) FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid
LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum WHERE relnamespace = '$schema'::regnamespace AND attnum > 0 ORDER BY c.oid::regclass::text, attnum;
SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = '$schema'::regnamespace ORDER BY 1::text, 2;
SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class AS c ON c.oid = indrelid WHERE relnamespace = '$schema'::regnamespace ORDER BY 1;
SQL
}

my $loaded = <<'SQL';
SET search_path = pg_catalog;
SELECT to_jsonb(e) - 'processed_on' FROM dwh.response_events AS e ORDER BY submission_id, ord;
SELECT to_jsonb(e) - 'processed_on' FROM dwh.response_event_problems AS e ORDER BY submission_id, ord;
SELECT to_jsonb(e) - 'processed_on' FROM dwh.submission_loads AS e ORDER BY submission_id;
SQL

# Tables of submissions; those of an application have json, an enum and domains.
sub submissions
{
	my ($json) = @_;
	my $tables = <<'SQL';
SET client_min_messages = error; DROP SCHEMA IF EXISTS app, dwh CASCADE; CREATE SCHEMA app; CREATE SCHEMA dwh; SELECT public.create_submission_tables('app', 'dwh');
INSERT INTO app.form_schemas (id, name, schema) SELECT lpad('1', 32, '0')::uuid, 'f', '{"slug": "f", "children": [{"slug": "n", "answerType": "number"}, {"slug": "m", "answerType": "text", "answerEnum": [{"value": "a"}]}]}';
INSERT INTO app.users SELECT lpad('1', 32, '0')::uuid, 'Ada', 'Lovelace';
INSERT INTO app.form_responses SELECT lpad(n::text, 32, '0')::uuid, lpad('1', 32, '0')::uuid, lpad('1', 32, '0')::uuid, jsonb_build_object('n', n, 'm', array['a', 'b'], 'x', 1), '2026-01-01' FROM generate_series(1, 3) AS n;
SQL
	$tables .= <<'SQL' if $json;
DROP TABLE dwh.submission_loads, dwh.response_event_problems;
CREATE TYPE app.answer_type AS ENUM ('number', 'text'); CREATE DOMAIN app.document AS json; CREATE DOMAIN app.id AS uuid;
ALTER TABLE app.form_responses ALTER responses TYPE app.document USING responses::text::json;
ALTER TABLE app.form_schemas ALTER schema TYPE app.document USING schema::text::json;
ALTER TABLE dwh.response_events ALTER answer_type TYPE app.answer_type USING answer_type::app.answer_type;
SQL
	return $tables;
}

# Parts of the loader.
my $change = 'load_change("any","any","any","any",boolean,text,"any",boolean,text,bytea,bytea,bytea,text)';

# Of each function: what is run before it, the call, and what is looked at after it; both by others.
my %calls = (
	'section_layout_in(cstring)' => { call => q{SELECT public.section_layout_in('s { n 8 uimsbf }'::pg_catalog.cstring)} },
	'section_layout_out(section_layout)' => { call => "SELECT public.section_layout_out($layout)" },
	'section_layout_send(section_layout)' => { call => "SELECT public.section_layout_send($layout)" },
	'section_layout_lt(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.<) public.message_layout()" },
	'section_layout_le(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.<=) public.message_layout()" },
	'section_layout_eq(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.=) public.message_layout()" },
	'section_layout_ne(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.<>) public.message_layout()" },
	'section_layout_ge(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.>=) public.message_layout()" },
	'section_layout_gt(section_layout,section_layout)' => { call => "SELECT $layout OPERATOR(public.>) public.message_layout()" },
	'section_layout_cmp(section_layout,section_layout)' => { call => "SELECT public.section_layout_cmp($layout, public.message_layout())" },
	'section_layout_hash(section_layout)' => { call => "SELECT public.section_layout_hash($layout)" },
	'section_layout_hash_extended(section_layout,bigint)' => { call => "SELECT public.section_layout_hash_extended($layout, 1)" },
	'message_layout()' => { call => 'SELECT public.message_layout()' },
	'layout_fields(section_layout)' => { call => 'SELECT * FROM public.layout_fields(public.message_layout())' },
	'encode_section(section_layout,record)' => { call => "SELECT public.encode_section($layout, $row)" },
	'encode_section(section_layout,jsonb)' => { call => "SELECT public.encode_section($layout, $document\::pg_catalog.jsonb)" },
	'encode_section(section_layout,text)' => { call => "SELECT public.encode_section($layout, $document)" },
	'encode_sections(section_layout,record)' => { call => "SELECT public.encode_sections($layout, $row)" },
	'encode_sections(section_layout,jsonb)' => { call => "SELECT public.encode_sections($layout, $document\::pg_catalog.jsonb)" },
	'encode_sections(section_layout,text)' => { call => "SELECT public.encode_sections($layout, $document)" },
	'section_agg(section_layout,record)' => { call => "SELECT public.section_agg($layout, r ORDER BY n) FROM (VALUES (1), (2)) AS r (n)" },
	'section_agg(section_layout,jsonb)' => { call => "SELECT public.section_agg($layout, $document\::pg_catalog.jsonb)" },
	'section_agg(section_layout,text)' => { call => "SELECT public.section_agg($layout, $document)" },
	'section_agg(bytea)' => { call => q{SELECT public.section_agg(s) FROM (VALUES ('\x01'::pg_catalog.bytea), ('\x02')) AS r (s)} },
	'section_agg_append(bytea,bytea)' => { call => q{SELECT public.section_agg_append('\x01', '\x02')} },
	'decode_section(section_layout,bytea)' => { call => "SELECT public.decode_section($layout, '\\x01')" },
	'dissect_section(section_layout,bytea)' => { call => "SELECT * FROM public.dissect_section($layout, '\\x01')" },
	'check_sections(section_layout,bytea)' => { call => q{SELECT * FROM public.check_sections(public.message_layout(), '\x92')} },
	'split_sections(bytea)' => { call => q{SELECT * FROM public.split_sections('\x920000')} },
	'crc32_mpeg2(bytea)' => { call => q{SELECT public.crc32_mpeg2('\x31')} },
	'dvb_text(jsonb)' => { call => q{SELECT public.dvb_text('{"text": "a", "selector": "05"}')} },
	'standard_layout(text,text)' => { call => q{SELECT public.standard_layout('sdt')} },
	'list_standard_layouts()' => { call => 'SELECT public.list_standard_layouts()' },
	'library_layouts(text)' => { call => q{SELECT public.library_layouts('splice')} },
	'with_library(section_layout)' => { call => q{SELECT public.with_library(public.standard_layout('splice_info_section'))} },
	'identify_section(bytea,text)' => { call => q{SELECT public.identify_section('\x42f000')} },
	'standard_layouts' => { call => 'SELECT name, standard, table_ids, title, clause FROM public.standard_layouts' },
	'ts_packets(bytea,integer,integer,boolean)' => { call => q{SELECT public.ts_packets('\x920000', 100)} },
	'ts_sections(bytea,integer)' => { call => q{SELECT * FROM public.ts_sections(public.ts_packets('\x920000', 100), 100)} },
	'create_carousel_tables(name)' => { before => 'SET client_min_messages = error; DROP SCHEMA IF EXISTS made CASCADE; CREATE SCHEMA made',
		call => q{SELECT public.create_carousel_tables('made')}, look => tables_of('made') },
	'message_sections(section_layout,oid[],"any")' => { call => "SELECT public.message_sections($layout, '{}', 1, 2, 3)" },
	'message_problem(section_layout,oid[],"any")' => { call => "SELECT public.message_problem($layout, '{}', 1, 2, -3)" },
	'encode_carousel(text,date,section_layout)' => { call => "SELECT public.encode_carousel($zone)" },
	'carousel_sections(text,date,section_layout)' => { call => "SELECT * FROM public.carousel_sections($zone)" },
	'carousel_problems(text,date,section_layout)' => {
		call => "SELECT * FROM public.carousel_problems($zone, E's {\\n template_id 4 uimsbf\\n campagne_id 4 uimsbf\\n}')" },
	'carousel_stats(text,date,bigint,section_layout)' => { call => "SELECT * FROM public.carousel_stats($zone, 1000)" },
	'carousel_campaigns(text,date,bigint,section_layout)' => { call => "SELECT * FROM public.carousel_campaigns($zone, 1000)" },
	'carousel_changes(text,date,date,section_layout)' => { call => "SELECT * FROM public.carousel_changes($zone, '2020-01-01')" },
	'section_changes(text,text)' => {
		call => q{SELECT * FROM public.section_changes($$VALUES (1, 0, '\x01'::pg_catalog.bytea)$$, $$VALUES (1, 0, '\x02'::pg_catalog.bytea)$$)} },
	'export_carousel_to_file(text,date,text,integer,text,section_layout,boolean,bigint,bigint)' => {
		call => "SELECT messages, bytes FROM public.export_carousel_to_file($zone, '$folder/file')", look => "SELECT pg_read_binary_file('$folder/file')" },
	'export_carousel_to_program(text,date,text,integer,text,section_layout,boolean,bigint,bigint)' => {
		call => "SELECT messages, bytes FROM public.export_carousel_to_program($zone, 'cat >$folder/program')", look => "SELECT pg_read_binary_file('$folder/program')" },
	'export_carousel_to_large_object(text,date,integer,text,section_layout,boolean,bigint,bigint)' => { before => 'SELECT lo_unlink(oid) FROM pg_largeobject_metadata',
		call => "SELECT messages, bytes FROM public.export_carousel_to_large_object($zone)", look => 'SELECT lo_get(oid) FROM pg_largeobject_metadata' },
	'export_sections_to_file(text,text,integer,boolean,bigint)' => {
		call => "SELECT rows, bytes FROM public.export_sections_to_file('SELECT pg_catalog.bytea ''\\x920000''', '$folder/file')", look => "SELECT pg_read_binary_file('$folder/file')" },
	'export_sections_to_program(text,text,integer,boolean,bigint)' => {
		call => "SELECT rows, bytes FROM public.export_sections_to_program('SELECT pg_catalog.bytea ''\\x920000''', 'cat >$folder/program')", look => "SELECT pg_read_binary_file('$folder/program')" },
	'export_sections_to_large_object(text,integer,boolean,bigint)' => { before => 'SELECT lo_unlink(oid) FROM pg_largeobject_metadata',
		call => "SELECT rows, bytes FROM public.export_sections_to_large_object('SELECT pg_catalog.bytea ''\\x920000''')", look => 'SELECT lo_get(oid) FROM pg_largeobject_metadata' },
	'flatten_submission(jsonb,jsonb,text[])' => { call => "SELECT * FROM public.flatten_submission($document\::pg_catalog.jsonb, $form, '{all}')" },
	'flatten_submission(json,jsonb,text[])' => { call => "SELECT * FROM public.flatten_submission($document\::pg_catalog.json, $form, '{all}')" },
	'flatten_submission(text,jsonb,text[])' => { call => "SELECT * FROM public.flatten_submission($document, $form, '{all}')" },
	'form_questions(jsonb)' => { call => "SELECT * FROM public.form_questions($form)" },
	'form_choices(jsonb,text)' => { call => q{SELECT * FROM public.form_choices('{"children": [{"slug": "c", "answerType": "text", "answerEnum": [{"value": "x"}]}]}', 'fr')} },
	'form_label(jsonb,text)' => { call => q{SELECT public.form_label('{"fr": "a"}', 'fr')} },
	'form_from(jsonb,text)' => { call => q{SELECT public.form_from('{"components": [{"type": "number", "key": "a"}]}', 'formio')} },
	'form_dialect(jsonb)' => { call => "SELECT public.form_dialect($form)" },
	'form_views(jsonb,text,text,text,text,text)' => { call => "SELECT * FROM public.form_views($form, 'v', 's.t')" },
	'merge_forms(jsonb[])' => { call => "SELECT public.merge_forms(ARRAY[$form, $form]\::pg_catalog.jsonb[])" },
	'jsonb_tree(jsonb,boolean)' => { call => "SELECT * FROM public.jsonb_tree($document)" },
	'answer_at(jsonb,text[],boolean)' => { call => q{SELECT public.answer_at('{"g": [{"a": ["", "b"]}]}', '{g,a}', true)} },
	'answer_text(jsonb,boolean)' => { call => q{SELECT public.answer_text('["a", 1.50]')} },
	'answer_number(jsonb)' => { call => q{SELECT public.answer_number('1.50'::pg_catalog.jsonb)} },
	'answer_integer(jsonb)' => { call => q{SELECT public.answer_integer('7')} },
	'answer_boolean(jsonb)' => { call => q{SELECT public.answer_boolean('true'::pg_catalog.jsonb)} },
	'answer_date(jsonb)' => { call => q{SELECT public.answer_date('"2026-01-01"'::pg_catalog.jsonb)} },
	'answer_datetime(jsonb,text)' => { call => q{SELECT public.answer_datetime('"2026-01-01 10:30"'::pg_catalog.jsonb)} },
	'answer_time(jsonb)' => { call => q{SELECT public.answer_time('"10:30"'::pg_catalog.jsonb)} },
	'answer_has(jsonb,text,boolean)' => { call => q{SELECT public.answer_has('"a b"', 'b', true)} },
	'answer_number(text)' => { call => q{SELECT public.answer_number('1.50')} },
	'answer_boolean(text)' => { call => q{SELECT public.answer_boolean('true')} },
	'answer_date(text)' => { call => q{SELECT public.answer_date('2026-01-01')} },
	'answer_datetime(text,text)' => { call => q{SELECT public.answer_datetime('2026-01-01 10:30', 'Europe/Paris')} },
	'answer_time(text)' => { call => q{SELECT public.answer_time('10:30')} },
	'create_submission_tables(name,name)' => { before => 'SET client_min_messages = error; DROP SCHEMA IF EXISTS made CASCADE; CREATE SCHEMA made',
		call => q{SELECT public.create_submission_tables('made', 'made')}, look => tables_of('made') },
	'load_rows()' => { call => q{SELECT * FROM public.load_rows() AS r (n int)} },
	'load_events(integer)' => { call => q{SELECT * FROM public.load_events(1)} },
	$change => { call => q{SELECT public.load_change(1, 1, 1, 1, true, '', 1, true, '', '', '', '', NULL)} },
	'load_hashes("any","any","any","any",boolean,text,"any",boolean,text,text,text)' =>
	  { call => q{SELECT * FROM public.load_hashes(1, 1, 1, '{"a": 1}'::pg_catalog.jsonb, true, 'f', '{"children": [{"slug": "a", "answerType": "number"}]}'::pg_catalog.jsonb, true, '', 'kobo', ':form_id,')} },
	'load_answers("any","any","any","any",boolean,text,"any",boolean,text,text,text,boolean)' =>
	  { call => q{SELECT * FROM public.load_answers(1, 1, 1, '{"a": 1}'::pg_catalog.json, true, 'f', '{"children": [{"slug": "a", "answerType": "number"}]}'::pg_catalog.json, true, '', NULL, ':', false)} },
	'jsonb_or_null(json)' => { call => "SELECT public.jsonb_or_null($document)" },
	'load_response_events(name,name,text,integer,bigint,bigint,bigint,bigint,text,timestamp with time zone,text,bigint)' => { before => submissions(0),
		call => q{CALL public.load_response_events('app', 'dwh', 'new', 2)}, look => $loaded },
	'load_response_events, changed' => { before => submissions(0),
		call => q{CALL public.load_response_events('app', 'dwh', 'new', 2); DELETE FROM app.form_responses WHERE id OPERATOR(pg_catalog.=) '00000000-0000-0000-0000-000000000002';
			UPDATE app.form_responses SET responses = '{"n": 7}'; CALL public.load_response_events('app', 'dwh', 'changed')}, look => $loaded },
	'load_response_events, json' => { before => submissions(1),
		call => q{CALL public.load_response_events('app', 'dwh', 'changed')}, look => $loaded . tables_of('dwh') },
	'round_trips_reset(bigint)' => { call => 'SELECT public.round_trips_reset(NULL)', look => 'SELECT count(*) FROM round_trips' },
	'running_round_trips()' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.running_round_trips()' },
	'round_trip_totals()' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.round_trip_totals()' },
	'heavy_result_rows()' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.heavy_result_rows()' },
	'heavy_plan_rows()' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.heavy_plan_rows()' },
	'round_trips_now' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.round_trips_now' },
	'round_trips_total' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.round_trips_total' },
	'heavy_results' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.heavy_results' },
	'heavy_plans' => { call => 'SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 FROM public.heavy_plans' },
	'round_trip_loops()' => {
		call => "SELECT public.round_trips_reset(); BEGIN; SELECT id FROM public.campagnes;"
		  . join('', map { "SELECT genre FROM public.campagnes WHERE id OPERATOR(pg_catalog.=) $_;" } 1 .. 12)
		  . 'COMMIT; SELECT kind, leader, repeated, statements, advice FROM public.round_trip_loops()' },
	'round_trips' => { call => 'SELECT database, role, kind, leader, repeated, advice FROM public.round_trips' },
	'missing_fk_indexes' => { before => 'CREATE TABLE IF NOT EXISTS public.referrer (a bigint REFERENCES public.messages)', call => 'SELECT * FROM public.missing_fk_indexes' });

my @members = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT replace(oid::regprocedure::text, 'public.', '') FROM pg_proc WHERE is_member('pg_proc', oid) AND NOT 'internal'::regtype = ANY (proargtypes)
UNION ALL SELECT oid::regclass::text FROM pg_class WHERE is_member('pg_class', oid)
SQL
is(join("\n", grep { !$calls{$_} } @members), '', 'every function that SQL can call, and every view, is called');

sub result_of
{
	my ($name, $path) = @_;
	my $call = $calls{$name};
	$node->safe_psql('postgres', $call->{before}) if $call->{before};
	my $result = ask("SET client_min_messages = warning; $path $call->{call}");
	return $result . "\n--\n" . ($call->{look} ? $node->safe_psql('postgres', $call->{look}) : '');
}

sub check_all
{
	my ($right) = @_;
	foreach my $path (sort keys %paths)
	{
		is(result_of($_, $paths{$path}), $right->{$_}, "$_: $path changes nothing") foreach sort keys %calls;
	}
	return;
}

my %right = map { $_ => result_of($_, '') } sort keys %calls;
is( join(', ', grep { $right{$_} =~ /ERROR|^\n--\n$/ } sort keys %right),
	"$change, load_events(integer), load_rows(), section_agg_append(bytea,bytea)", 'without them each gives something, but what is part of something else');
check_all(\%right);

# ---- in the extension's own schema ----

# There whoever can create something can offer what fits better than ours. The loader asks for ours by their exact types.
$node->safe_psql('postgres', $_) foreach submissions(1), <<'SQL';
CREATE FUNCTION trap(name text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'called %', name; END$$;
SQL
foreach my $arguments ('jsonb, jsonb, text', 'json, jsonb, text')
{
	$node->safe_psql('postgres', qq{CREATE FUNCTION flatten_submission($arguments) RETURNS TABLE (ord int, schema_path text, keys text[], idx int[], value text, answer_type text, tag text, status text) LANGUAGE sql AS \$\$SELECT 1, '', '{}'::text[], '{}'::int[], '', '', '', '' WHERE trap('flatten_submission')\$\$});
}
my $documents = 'CREATE FUNCTION public.jsonb_or_null(app.document) RETURNS jsonb LANGUAGE sql AS $$SELECT to_jsonb(public.trap(\'jsonb_or_null\'))$$;'
  . 'CREATE FUNCTION public.form_questions(app.document, OUT answer_type text) LANGUAGE sql AS $$SELECT public.trap(\'form_questions\')::text$$;'
  . 'CREATE FUNCTION public.load_events(bigint) RETURNS boolean LANGUAGE sql AS $$SELECT public.trap(\'load_events\')$$;';
$calls{'load_response_events, json'}{before} .= $documents;
$calls{'load_response_events, json'}{before} =~ s/^/DROP FUNCTION IF EXISTS public.load_events(bigint);/;
foreach my $name (grep { /^load_response_events/ } sort keys %calls)
{
	is(result_of($name, ''), $right{$name}, "$name: what fits better in the extension's schema changes nothing");
}

# ---- what is meant to be found ----

$node->safe_psql('postgres', 'CREATE SCHEMA chosen; CREATE VIEW chosen.messages AS SELECT * FROM public.messages WHERE id = 1');
is(ask("SET search_path = chosen, public; SELECT messages FROM carousel_stats($zone)"), 1, 'the three tables are found along the path');
is(ask("SET search_path = public, chosen; SELECT messages FROM carousel_stats($zone)"), 60, 'the first of them');
is(ask("CREATE TEMP VIEW messages AS SELECT * FROM public.messages WHERE id < 3; SET search_path = public; SELECT messages FROM carousel_stats($zone)"),
	2, 'temporary ones before all where pg_temp is not named');
is(ask("CREATE TEMP VIEW messages AS SELECT * FROM public.messages WHERE id < 3; SET search_path = public, pg_temp; SELECT messages FROM carousel_stats($zone)"),
	60, 'and last where it is');

$node->stop;
done_testing();
