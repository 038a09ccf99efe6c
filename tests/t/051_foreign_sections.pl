# A carousel whose tables all lie on one other server is encoded there: the statement is sent as a whole, and blocks of
# sections come back. Where that cannot be done the rows come, and the bytes are the same.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('sections', []);
my ($folder, $port) = ($node->host, $node->port);
my $day = '2026-11-21';

# Campaigns 3 and 4 are over or begin on the day, by the clocks of New York; 5 is another zone's. The ids of messages
# lie in several blocks, some are negative, and every tenth message takes several sections.
my $rows = <<"SQL";
ALTER TABLE zones_diffusion ADD time_zone text;
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7, 'America/New_York'), ('EUROPE', 8, NULL);
INSERT INTO campagnes
SELECT n, CASE n WHEN 5 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'é', '2026-11-01', '2026-11-30' FROM generate_series(1, 9) AS n;
UPDATE campagnes SET valid_end = '$day 04:59Z' WHERE id = 3;
UPDATE campagnes SET valid_start = '$day 05:00Z' WHERE id = 4;
INSERT INTO messages
SELECT n * 37 - 20000, 1 + n % 9, 1000000000 + n, n,
    (SELECT jsonb_agg(jsonb_build_object('tag', 128 + i, 'value', md5((n * 10 + i)::text) || repeat('é', 50)))
     FROM generate_series(1, CASE WHEN n % 10 = 0 THEN 9 ELSE 1 END) AS i)
FROM generate_series(1, 3000) AS n;
SQL

$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', 'CREATE DATABASE rows TEMPLATE postgres');
$node->safe_psql('rows', "SELECT create_carousel_tables('public'); $rows");
# Settings of its own, which the sessions of postgres_fdw do not all overrule.
$node->safe_psql('postgres', "ALTER DATABASE rows SET $_")
  for "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'", "bytea_output = 'escape'";
$node->safe_psql('postgres', "SELECT create_carousel_tables('public'); $rows");
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '$port', dbname 'rows', extensions 'onetrip');
CREATE SERVER bare FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '$port', dbname 'rows');
CREATE USER MAPPING FOR CURRENT_USER SERVER other;
CREATE USER MAPPING FOR CURRENT_USER SERVER bare;
CREATE SCHEMA far; IMPORT FOREIGN SCHEMA public LIMIT TO (messages, campagnes, zones_diffusion) FROM SERVER other INTO far;
CREATE SCHEMA bare; IMPORT FOREIGN SCHEMA public LIMIT TO (messages, campagnes, zones_diffusion) FROM SERVER bare INTO bare;
CREATE SCHEMA mixed; IMPORT FOREIGN SCHEMA public LIMIT TO (messages, zones_diffusion) FROM SERVER other INTO mixed;
IMPORT FOREIGN SCHEMA public LIMIT TO (campagnes) FROM SERVER bare INTO mixed;
CREATE SCHEMA part;
CREATE TABLE part.messages (LIKE public.messages) PARTITION BY HASH (campagne_id_fk);
CREATE TABLE part.messages_0 PARTITION OF part.messages FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE FOREIGN TABLE part.messages_1 PARTITION OF part.messages FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER other OPTIONS (schema_name 'public', table_name 'half');
SQL
# Half of the messages here, half there.
$node->safe_psql('rows', 'CREATE TABLE half (LIKE messages)');
$node->safe_psql('postgres', <<'SQL');
INSERT INTO part.messages SELECT * FROM messages;
CREATE VIEW part.campagnes AS TABLE public.campagnes;
CREATE VIEW part.zones_diffusion AS TABLE public.zones_diffusion;
SQL

# ask SCHEMA, SQL: with the tables of that schema; what it says, and its notices and errors.
sub ask
{
	my ($schema, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "SET search_path = $schema, public; $sql");
	return ($out, $err);
}

sub is_same
{
	my ($schema, $sql, $title) = @_;
	my ($out, $err) = ask($schema, $sql);
	my ($right) = ask('public', $sql);
	is($out, $right, "$schema: $title");
	is($err, '', "$schema: $title without a word");
	return;
}

my %form = (far => 'sections', bare => 'rows', mixed => 'rows', part => 'rows');
my $stats = "carousel_stats('AFRIQUE', '$day')";
is((ask('public', "SELECT campagnes, messages > 2000, sections > messages, form FROM $stats"))[0], '7|t|t|rows', 'tables of this server');
for my $schema (sort keys %form)
{
	is((ask($schema, "SELECT form FROM $stats"))[0], $form{$schema}, "$schema: encoded where it should be");
	is_same($schema, "SELECT md5(encode_carousel('AFRIQUE', '$day'))", 'the same bytes');
	is_same($schema, "SELECT campagnes, messages, sections, bytes, ts_packets, largest_section FROM $stats", 'the same statistics');
	is_same($schema, "SELECT * FROM carousel_campaigns('AFRIQUE', '$day', 1000000)", 'the same campaigns');
	is_same($schema, "SELECT md5(string_agg(s::text, ',')) FROM carousel_sections('AFRIQUE', '$day') AS s", 'the same rows');
	is_same($schema, "SELECT messages, sections, bytes, skipped, sha256 FROM export_carousel_to_large_object('AFRIQUE', '$day'$_)", "the same export$_")
	  for '', ', 100', ", 100, 'skip'", ", NULL, 'skip'";
	is_same($schema, "SELECT encode_carousel('AFRIQUE', '2025-01-01')", 'nothing of an empty day');
}

# A layout that does not say how long its sections are, and one without columns.
for my $layout ("E'x {\\n message_id 32 tcimsbf\\n genre 16 text\\n}'", "E'x {\\n a 8 uimsbf = 1\\n}'")
{
	is_same('far', "SELECT md5(encode_carousel('AFRIQUE', '$day', $layout))", 'the same bytes of another layout');
	is_same('far', "SELECT messages, sections, bytes FROM carousel_stats('AFRIQUE', '$day', NULL, $layout)", 'and their statistics');
}

# ---- the statement ---------------------------------------------------------------------------------

my $watched = "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
	SET auto_explain.log_verbose = on; SET client_min_messages = log;";
for my $case (
	[ 'tables that were never analyzed', '' ],
	[ 'tables that were', 'ANALYZE far.messages, far.campagnes, far.zones_diffusion' ],
	[ 'estimates of the other server', "ALTER SERVER other OPTIONS (ADD use_remote_estimate 'true')" ],
	[ 'rows that cost next to nothing to fetch', "ALTER SERVER other OPTIONS (SET use_remote_estimate 'false', ADD fdw_tuple_cost '0', ADD fdw_startup_cost '0')" ])
{
	my ($title, $change) = @$case;
	$node->safe_psql('postgres', $change) if $change;
	my (undef, $log) = ask('far', "$watched SELECT length(encode_carousel('AFRIQUE', '$day'));");
	my ($remote) = $log =~ /Remote SQL: (SELECT [^\n]*section_agg.*?GROUP BY 1, 2)/s;
	like($remote // '', qr/public\.section_agg\(public\.message_sections\(/, "$title: the other server makes the blocks");
	like($remote // '', qr/valid_start <= .* AND .*valid_end >= /s, "$title: of the day's campaigns");
	unlike(join('', $log =~ /^Query Text: SELECT m\.campagne_id_fk.*?^CONTEXT/gms), qr/^ *(?:->  )?GroupAggregate/m, "$title: nothing is grouped here");
}

# ---- errors ----------------------------------------------------------------------------------------

# A message of many sections makes smaller blocks, and a column that is declared otherwise is refused.
unlike((ask('far', "$watched SELECT length(encode_carousel('AFRIQUE', '$day', E'x {\\n message_id 32 tcimsbf\\n}'));"))[1], qr/>> 11/, 'large blocks of small messages');
like((ask('far', "$watched SELECT length(encode_carousel('AFRIQUE', '$day'));"))[1], qr/>> 11/, 'smaller ones of those that may be split');
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA odd; IMPORT FOREIGN SCHEMA public LIMIT TO (campagnes, zones_diffusion) FROM SERVER other INTO odd;
CREATE FOREIGN TABLE odd.messages (id bigint, campagne_id_fk bigint, numero_abonne bigint, template_id text, storables jsonb) SERVER other OPTIONS (schema_name 'public', table_name 'messages');
SQL
like((ask('odd', "SELECT encode_carousel('AFRIQUE', '$day')"))[1], qr/ERROR:  column "template_id" has type text on one server and type bigint on another$/m,
	'a type that differs is refused');

# A server whose functions are others than those of the extension.
$node->safe_psql('postgres', 'CREATE DATABASE liar TEMPLATE rows');
$node->safe_psql('liar', <<'SQL');
ALTER EXTENSION onetrip DROP AGGREGATE section_agg(bytea);
DROP AGGREGATE section_agg(bytea);
CREATE FUNCTION nothing(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT NULL::bytea';
CREATE AGGREGATE section_agg(bytea) (SFUNC = nothing, STYPE = bytea);
SQL
$node->safe_psql('postgres', <<"SQL");
CREATE SERVER liar FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '$port', dbname 'liar', extensions 'onetrip');
CREATE USER MAPPING FOR CURRENT_USER SERVER liar;
CREATE SCHEMA lying; IMPORT FOREIGN SCHEMA public LIMIT TO (messages, campagnes, zones_diffusion) FROM SERVER liar INTO lying;
SQL
foreach my $call ("encode_carousel('AFRIQUE', '$day')", "carousel_stats('AFRIQUE', '$day')", "carousel_campaigns('AFRIQUE', '$day')")
{
	my ($out, $err) = ask('lying', "SELECT $call");
	like($err, qr/ERROR:  another server has encoded messages as null$/m, "$call: NULL is no section");
}

# Blocks that are changed on the way: the aggregate gets all sections of a block, and gives back something else.
my $checked = q{E'x (max 60) {\n table_id 8 uimsbf = 130\n flags 4 bslbf = 11\n section_length 12 uimsbf = length()\n message_id 32 tcimsbf\n CRC_32 32 rpchof\n}'};
my $unsaid = q{E'x {\n message_id 32 tcimsbf\n}'};
my %changes = (
	'substr(s, 1, length(s) - 1)' => 'A section ends before its section_length does.',
	q{s || '\x80b0'} => 'A section ends before its section_length does.',
	q{''} => 'A section is missing.',
	q{s || '\x82b100' || decode(repeat('00', 256), 'hex')} => 'A section is larger than those of the layout.',
	'set_byte(s, 0, 131)' => 'A section has another table_id, or other flags, than those of the layout.',
	'set_byte(s, 4, 256 - 1 - get_byte(s, 4))' => 'A section has a wrong CRC_32.');
sub lie
{
	my ($change) = @_;
	$node->safe_psql('liar', "CREATE OR REPLACE FUNCTION changed(s bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS \$\$ SELECT CASE WHEN length(s) > 0 THEN $change ELSE s END \$\$");
	return;
}
lie('s');
$node->safe_psql('liar', q{DROP AGGREGATE section_agg(bytea); CREATE FUNCTION appended(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
	CREATE AGGREGATE section_agg(bytea) (SFUNC = appended, STYPE = bytea, INITCOND = '', FINALFUNC = changed)});
my @of_sections = ("encode_carousel('AFRIQUE', '$day', $checked)", "length(encode_carousel('AFRIQUE', '$day', $checked))", "carousel_campaigns('AFRIQUE', '$day', layout => $checked)",
	"export_carousel_to_large_object('AFRIQUE', '$day', layout => $checked)");
is((ask('lying', "SELECT md5($of_sections[0])"))[0], (ask('bare', "SELECT md5($of_sections[0])"))[0], 'what is not changed is taken');
for my $change (sort keys %changes)
{
	lie($change);
	for my $call (@of_sections)
	{
		my ($out, $err) = ask('lying', "\\set VERBOSITY verbose\nSELECT $call");
		like($err, qr/ERROR:  HV000: another server has sent bytes that are no sections of the layout\nDETAIL:  \Q$changes{$change}\E\nHINT:  Its functions of the names of extension onetrip may be others/, "$change: $call");
	}
	is((ask('lying', "SELECT length(encode_carousel('AFRIQUE', '$day', $unsaid)) >= 0"))[0], 't', "$change: of a layout without section_length nothing is known");
}

$node->safe_psql($_, "INSERT INTO messages VALUES (99, 2, -1, 1), (100, 2, -2, 1)") for 'rows', 'postgres';
for my $schema ('far', 'public')
{
	my (undef, $error) = ask($schema, "SELECT length(encode_carousel('AFRIQUE', '$day'))");
	like($error, qr/ERROR:  value out of range for field "target_filter" .*\nDETAIL:  The message has campagne_id 2 and message_id (?:99|100)\. /,
		"$schema: an error names the message");
	unlike($error, qr/OPERATOR\(pg_catalog/, "$schema: without the statement of the extension");
}
is_same('far', "SELECT * FROM carousel_problems('AFRIQUE', '$day')", 'the same problems');
my $skip = "SELECT messages, skipped, sha256 FROM export_carousel_to_large_object('AFRIQUE', '$day', on_error => 'skip')";
is_deeply([ map { s/psql:<stdin>:\d+: //gr } (ask('far', $skip))[1] ], [ map { s/psql:<stdin>:\d+: //gr } (ask('public', $skip))[1] ],
	'messages left out with the same words');

# A message twice, once its key is gone.
$node->safe_psql('rows', 'DELETE FROM messages WHERE id IN (99, 100); ALTER TABLE messages DROP CONSTRAINT messages_pkey; INSERT INTO messages SELECT * FROM messages WHERE id = (SELECT min(id) FROM messages WHERE campagne_id_fk = 2)');
$node->safe_psql('postgres', 'DELETE FROM messages WHERE id IN (99, 100)');
my $id = $node->safe_psql('rows', 'SELECT id FROM messages GROUP BY id HAVING count(*) > 1');
like((ask('far', "SELECT length(encode_carousel('AFRIQUE', '$day'))"))[1], qr/ERROR:  message $id of campaign 2 is there twice in table far\.messages/,
	'a message that is there twice is named');
$node->safe_psql('rows', "DELETE FROM messages WHERE ctid IN (SELECT max(ctid) FROM messages GROUP BY id HAVING count(*) > 1)");
is_same('far', "SELECT md5(encode_carousel('AFRIQUE', '$day'))", 'and then the same bytes again');

# One that is there twice for the first statements alone; how many the planner asks does not matter.
$node->safe_psql('rows', <<'SQL');
ALTER TABLE messages RENAME TO kept; CREATE SEQUENCE asked;
CREATE VIEW messages AS TABLE kept UNION ALL
    SELECT k.* FROM kept AS k WHERE k.id = (SELECT min(id) FROM kept WHERE campagne_id_fk = 2) AND (SELECT nextval('asked')) <= (SELECT increment_by FROM pg_sequences WHERE sequencename = 'most');
CREATE SEQUENCE most;
SQL
my %answers;
for my $most (1 .. 4)
{
	$node->safe_psql('rows', "SELECT setval('asked', 1, false); ALTER SEQUENCE most INCREMENT BY $most");
	++$answers{$_} for (ask('far', "\\set VERBOSITY verbose\nSELECT length(encode_carousel('AFRIQUE', '$day'))"))[1] =~ /(ERROR:  \w+: .*\nDETAIL:.*\nHINT:.*)/;
}
like(join("\n", sort keys %answers), qr/ERROR:  40001: a message was there twice, and is no longer\nDETAIL:  Another server has answered two statements differently\.\nHINT:  Try again\./,
	'a message that is there twice and no longer');
$node->safe_psql('rows', 'DROP VIEW messages; ALTER TABLE kept RENAME TO messages');

# One message without id is one, two are one too many.
$node->safe_psql('rows', "ALTER TABLE messages ALTER id DROP NOT NULL; INSERT INTO messages VALUES (NULL, 2, 1, 1)");
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE far.messages ALTER id DROP NOT NULL');
is((ask('far', "SELECT md5(encode_carousel('AFRIQUE', '$day'))"))[0], (ask('bare', "SELECT md5(encode_carousel('AFRIQUE', '$day'))"))[0], 'a message without id');
is((ask('far', "SELECT form FROM $stats"))[0], 'sections', 'is encoded there');
$node->safe_psql('rows', "INSERT INTO messages VALUES (NULL, 2, 2, 1)");
like((ask('far', "SELECT length(encode_carousel('AFRIQUE', '$day'))"))[1], qr/ERROR:  message NULL of campaign 2 is there twice in table far\.messages/, 'and two are refused');
$node->safe_psql('rows', "DELETE FROM messages WHERE id IS NULL");

# ---- a server without the functions ----------------------------------------------------------------

$node->safe_psql('rows', 'ALTER EXTENSION onetrip DROP FUNCTION message_sections; ALTER FUNCTION message_sections RENAME TO gone');
my ($out, $notice) = ask('far', "SELECT md5(encode_carousel('AFRIQUE', '$day'))");
is($out, (ask('public', "SELECT md5(encode_carousel('AFRIQUE', '$day'))"))[0], 'without the function: the same bytes');
like($notice, qr/NOTICE:  server "other" cannot encode messages: their rows are fetched\nDETAIL:  function public\.message_sections/, 'and a notice that names the server');
is(() = $notice =~ /NOTICE/g, 1, 'one');
is((ask('far', "SELECT form FROM $stats"))[0], 'rows', 'the form is that of rows');
$node->safe_psql('rows', 'DROP EXTENSION onetrip CASCADE');
like((ask('far', "SELECT md5(encode_carousel('AFRIQUE', '$day'))"))[1], qr/NOTICE:  server "other" cannot/, 'nor without the extension');

# ---- the functions by themselves -------------------------------------------------------------------

# Values of every kind that a setting changes the text of.
my $layout = <<'SQL';
E'all (max 512) {\n a 8 uimsbf = 1\n c 4 uimsbf = 0\n b 12 uimsbf = length()\n at 40 utc\n day 40 utc\n long 24 duration\n number 32 uimsbf\n'
' real 64 float\n yes 8 uimsbf\n word 16 char\n bytes 16 bytes\n items * tlv(8,8)\n}'::section_layout
SQL
$node->safe_psql('postgres', <<'SQL');
CREATE TYPE word AS ENUM ('no', 'ja');
CREATE TABLE kinds AS SELECT 1 AS id, timestamptz '2026-07-08 09:10:11+02' AS at, date '2026-03-04' AS day, interval '1 day -1:00' AS long,
    12345.0::numeric AS number, 0.1::float8 AS real, true AS yes, 'ja'::word AS word, '\x00ff'::bytea AS bytes, '[{"tag": 1, "value": "é"}]'::jsonb AS items
SQL
my %md5;
for my $timezone ('UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia')
{
	for my $settings ("datestyle = 'ISO, MDY'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'", "intervalstyle = 'iso_8601'", "bytea_output = 'escape'", 'extra_float_digits = -10')
	{
		++$md5{ $node->safe_psql('postgres', "SET timezone = '$timezone'; SET $settings; SELECT md5(message_sections($layout, '{}', id, id, at, day, long, number, real, yes, word, bytes, items)) FROM kinds") };
	}
}
is(join(' ', values %md5), '24', 'the same bytes whatever the settings');
is($node->safe_psql('postgres', "SELECT message_sections($layout, '{}', id, id, at, day, long, number, real, yes, word, bytes, items) =
	encode_section($layout, kinds) FROM kinds"), 't', 'those of encode_section');
is($node->safe_psql('postgres', "SELECT message_problem($layout, '{}', id, 7, at, day, long, number, real, yes, word, bytes, items) FROM kinds"), '', 'no problem');
is($node->safe_psql('postgres', "SELECT p[1], p[3] FROM kinds, message_problem($layout, '{}', id, 7, at, day, long, -number, real, yes, word, bytes, items) AS p"),
	'number|22003', 'a problem has its field and SQLSTATE');
like((ask('public', "SELECT message_sections($layout, '{}', 1, 2, 3)"))[1], qr/ERROR:  layout "all" takes two ids and 9 values/, 'a value for each slot');
like((ask('public', "SELECT message_sections($layout, '{}', VARIADIC ARRAY[1, 2, 3])"))[1], qr/ERROR:  layout "all" takes two ids and 9 values, and no array of them/, 'no array of them');
like((ask('public', "SELECT message_sections(NULL, '{}', 1, 2, 3)"))[1], qr/ERROR:.*layout/, 'and a layout');

done_testing();
