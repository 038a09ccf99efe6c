# Dumps of every format, pg_upgrade, another schema, a second database, DROP and CREATE again: layouts that were stored,
# in whatever, are the same, and so are the bytes that they make.

use strict;
use warnings;

use OnetripTest qw(make_server start_server);
use PostgreSQL::Test::Utils;
use Test::More;

# Layouts as a column, a default, in a constraint, a view, a materialised view, a generated column, an index, a partition
# and functions; the extension's schema is not in the search_path.
my $contents = <<'SQL';
CREATE SCHEMA broadcast;
CREATE EXTENSION onetrip SCHEMA broadcast;
SELECT broadcast.create_carousel_tables('public');
SELECT broadcast.create_submission_tables('public', 'public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO campagnes SELECT n, 'AFRIQUE', 'é', '2026-11-01', '2026-11-30' FROM generate_series(1, 3) AS n;
INSERT INTO messages SELECT n, 1 + n % 3, n, n, jsonb_build_object('1', repeat('é', n)) FROM generate_series(1, 100) AS n;
CREATE TABLE layouts (name text PRIMARY KEY, layout broadcast.section_layout NOT NULL DEFAULT E'x (max 16) { -- comment\n a 8 uimsbf = 0x0F\n}');
INSERT INTO layouts VALUES ('default');
INSERT INTO layouts VALUES ('message', broadcast.message_layout());
CREATE TABLE rows (a int, section bytea GENERATED ALWAYS AS (broadcast.encode_section(E'x {\n a 8 uimsbf\n}'::broadcast.section_layout, jsonb_set('{}', '{a}', a::text::jsonb))) STORED,
    CHECK (broadcast.crc32_mpeg2(int4send(a)) >= 0)) PARTITION BY RANGE (a);
CREATE TABLE rows_1 PARTITION OF rows FOR VALUES FROM (0) TO (100);
CREATE INDEX ON rows (broadcast.crc32_mpeg2(int4send(a)));
INSERT INTO rows SELECT * FROM generate_series(0, 99);
CREATE VIEW fields AS SELECT f.* FROM layouts, broadcast.layout_fields(layout) AS f WHERE name = 'message';
CREATE MATERIALIZED VIEW sections AS SELECT broadcast.section_agg(section ORDER BY a) AS sections FROM rows;
CREATE FUNCTION carousel() RETURNS bytea STABLE BEGIN ATOMIC
    SELECT broadcast.encode_carousel('AFRIQUE', '2026-11-21', (SELECT layout FROM layouts WHERE name = 'message'));
END;
-- What lies there, which a dump's text has to make again.
CREATE FUNCTION stored() RETURNS text STABLE BEGIN ATOMIC
    SELECT md5(string_agg(broadcast.section_layout_send(layout), '' ORDER BY name)) FROM layouts;
END;
CREATE FUNCTION constant() RETURNS text STABLE BEGIN ATOMIC
    SELECT E'y {\n a 8 uimsbf = 1\n}'::broadcast.section_layout::text;
END;
SQL

my $look = <<'SQL';
SELECT md5(carousel()), constant(), stored(), md5(sections), (SELECT md5(string_agg(section, '' ORDER BY a)) FROM rows),
    (SELECT string_agg(layout::text, ',' ORDER BY name) FROM layouts), (SELECT md5(string_agg(f::text, ',')) FROM fields AS f) FROM sections;
INSERT INTO layouts VALUES ('again') RETURNING layout::text = (SELECT layout::text FROM layouts WHERE name = 'default');
DELETE FROM layouts WHERE name = 'again';
SQL

my $old = start_server('old');
$old->safe_psql('postgres', $contents);
my $right = $old->safe_psql('postgres', $look);
like($right, qr/uimsbf  = 0x0F\n.*\nt$/s, 'layouts are stored');

# ---- dumps, into databases next to it ----

my $folder = PostgreSQL::Test::Utils::tempdir();
sub command
{
	my (@command) = @_;
	return $old->command_ok(\@command, "@command[0 .. 1]");
}
foreach my $format ('plain', 'custom', 'directory', 'tar')
{
	my $file = "$folder/$format";
	$old->safe_psql('postgres', "CREATE DATABASE $format");
	command('pg_dump', "--format=$format", '--file', $file, 'postgres');
	command($format eq 'plain' ? ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $format, '-f', $file)
		: ('pg_restore', '--exit-on-error', '-d', $format, $format eq 'tar' ? () : '--jobs=2', $file));
	is($old->safe_psql($format, $look), $right, "a dump of format $format");
}
command('pg_dump', '--data-only', '--inserts', '--table=layouts', '--file', "$folder/inserts", 'postgres');
$old->safe_psql('plain', 'DELETE FROM layouts');
command('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'plain', '-f', "$folder/inserts");
is($old->safe_psql('plain', $look), $right, 'and one of INSERTs');

# ---- another schema, DROP and CREATE again ----

$old->safe_psql('custom', 'CREATE SCHEMA elsewhere; ALTER EXTENSION onetrip SET SCHEMA elsewhere');
is($old->safe_psql('custom', $look), $right, 'in another schema');
is($old->safe_psql('postgres', $look), $right, 'the other database keeps its own');

my ($status, undef, $error) = $old->psql('tar', 'DROP EXTENSION onetrip');
like($error, qr/cannot drop extension onetrip because other objects depend on it.*column layout of table layouts/s, 'DROP says what depends on it');
$old->safe_psql('tar', <<'SQL');
DROP EXTENSION onetrip CASCADE;
CREATE EXTENSION onetrip;
SQL
is($old->safe_psql('tar', q{SELECT count(*) FROM messages}), '100', 'DROP leaves the tables and their rows');
is($old->safe_psql('tar', q{SELECT md5(encode_carousel('AFRIQUE', '2026-11-21'))}), (split /\|/, $right)[0], 'CREATE makes the same carousel of them');

# ---- pg_upgrade ----

my $new = make_server('new');
$old->stop;
command_ok([ 'pg_upgrade', '--no-sync', '--old-datadir', $old->data_dir, '--new-datadir', $new->data_dir, '--old-bindir', $old->config_data('--bindir'),
		'--new-bindir', $new->config_data('--bindir'), '--socketdir', $new->host, '--old-port', $old->port, '--new-port', $new->port ], 'pg_upgrade');
$new->start;
is($new->safe_psql('postgres', $look), $right, 'the upgraded cluster has the same');
is($new->safe_psql('custom', $look), $right, 'in each database');
$new->stop;
done_testing();
