# Updates: of each older version, filled, the catalog is that of a fresh installation, and what was
# stored is still there. Dumps restore it, and DROP takes all of it.

use strict;
use warnings;

use File::Basename qw(basename);
use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $kept = 'tests/upgrade';

# Where the server finds the scripts: copies of those that are installed, so that others can be added.
my $root = PostgreSQL::Test::Utils::tempdir();
my $sharedir = `pg_config --sharedir`;
chomp $sharedir;
my $installed = ($ENV{ONETRIP_STAGE} // '') . "$sharedir/extension";
my $scripts = "$root$sharedir/extension";

sub add_script
{
	my ($name, $content) = @_;
	open my $file, '>', "$scripts/$name" or die "$name: $!";
	print {$file} $content;
	close $file or die "$name: $!";
	return;
}

# Other extensions are found where the server has them.
sub copy_scripts
{
	system_or_bail('mkdir', '-p', $scripts);
	copy($_, $scripts) or die "$_: $!" foreach glob("$installed/onetrip*"), glob("$kept/onetrip--*.sql");
	return;
}

sub server
{
	my $node = PostgreSQL::Test::Cluster->new('upgrade');
	$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
	if ($node->pg_version >= 18)
	{
		$node->append_conf('postgresql.conf', "extension_control_path = '$root$sharedir:\$system'");
	}
	else
	{
		# Debian's servers have this setting, others have not.
		my (undef, $unknown) = run_command([ 'postgres', '-D', $node->data_dir, '-C', 'extension_destdir' ]);
		plan skip_all => 'this server looks for extensions in its own folder alone' if $unknown ne '';
		# The destination's own libraries are found by a link to their folder.
		my $libdir = `pg_config --pkglibdir`;
		chomp $libdir;
		system_or_bail('mkdir', '-p', "$root$libdir");
		symlink(($ENV{ONETRIP_STAGE} // '') . "$libdir/onetrip.so", "$root$libdir/onetrip.so") or die $!;
		$node->append_conf('postgresql.conf', "extension_destdir = '$root'");
	}
	$node->start;
	return $node;
}

copy_scripts();
my $node = server();

sub run_file
{
	my ($database, $file) = @_;
	return $node->safe_psql($database, slurp_file("$kept/$file"));
}

sub catalog_of { return run_file($_[0], 'catalog.sql'); }

# A database with a version of the extension, the default one unless given.
sub create
{
	my ($database, $version) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database,
		'CREATE EXTENSION onetrip' . (defined $version ? " VERSION '$version'" : ''));
	return;
}

sub update { return $node->safe_psql($_[0], 'ALTER EXTENSION onetrip UPDATE' . ($_[1] // '')); }

create('fresh');
my $fresh = catalog_of('fresh');
my $current = $node->safe_psql('fresh', q(SELECT extversion FROM pg_extension WHERE extname = 'onetrip'));
like($fresh, qr/^function public\.encode_carousel\(text,date,public\.section_layout\)\|sections of all/m,
	'the catalog is read');

# ---- dumps ----

# What a dump of the database makes in a new one.
sub restored
{
	my ($database) = @_;
	my $dump = "$root/$database.dump";
	$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr($database) ], "$database is dumped");
	$node->safe_psql('postgres', "CREATE DATABASE ${database}_restored");
	$node->command_ok(
		[ 'pg_restore', '--exit-on-error', '-d', $node->connstr("${database}_restored"), $dump ],
		"$database is restored");
	return run_file("${database}_restored", 'contents.sql');
}

# ---- every version that there was ----

sub check_version
{
	my ($version) = @_;
	(my $database = "from_$version") =~ s/\./_/g;
	create($database, $version);
	run_file($database, 'fill.sql');
	my $contents = run_file($database, 'contents.sql');
	is(restored($database), $contents, "$version: a dump restores it into the current version");
	is(catalog_of("${database}_restored"), $fresh, "$version: with the catalog of a fresh installation");

	update($database);
	is(catalog_of($database), $fresh, "$version: an update gives the catalog of a fresh installation");
	is(run_file($database, 'contents.sql'), $contents, "$version: an update leaves what was stored");
	return $database;
}

my @versions = map { basename($_) =~ /^onetrip--(.*)\.sql$/ } glob("$kept/onetrip--*.sql");
ok((grep { $_ eq $current } @versions), "the script of $current is in $kept");
my @databases = map { check_version($_) } @versions;

# ---- DROP ----

foreach my $database (@databases)
{
	my ($status, $out, $err) = $node->psql($database, 'DROP EXTENSION onetrip');
	like($err, qr/cannot drop extension onetrip because other objects depend on it/, 'DROP spares what is stored');
	$node->safe_psql($database, 'DROP EXTENSION onetrip CASCADE');
	is( $node->safe_psql($database, q(SELECT count(*) FROM pg_proc WHERE probin LIKE '%onetrip%')),
		'0', 'DROP CASCADE leaves no function');
	is($node->safe_psql($database, 'SELECT count(*) FROM messages'), '100', 'nor takes the user\'s tables');
	$node->safe_psql($database, 'CREATE EXTENSION onetrip');
	is(catalog_of($database), $fresh, 'and what is created again is as before');
}

# ---- the comparison itself, by a version to come ----

# Its install script has one function more and one changed; the update script says how to get there.
my $install = slurp_file("$installed/onetrip--$current.sql");
my $changes = <<'SQL';
CREATE FUNCTION next_function(value int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN value;
REVOKE EXECUTE ON FUNCTION next_function FROM PUBLIC;
COMMENT ON FUNCTION next_function(int) IS 'a function of the version to come';
ALTER FUNCTION crc32_mpeg2(bytea) COST 7;
SQL
add_script('onetrip--99.0.sql', "$install\n$changes");
create('to_come', '99.0');
my $to_come = catalog_of('to_come');

# A database that is updated by such a script.
my $updates = 0;

sub updated_by
{
	my ($script) = @_;
	my $database = 'updated_' . ++$updates;
	add_script("onetrip--$current--99.0.sql", $script);
	create($database, $current);
	update($database, q( TO '99.0'));
	return catalog_of($database);
}

is(updated_by($changes), $to_come, 'a whole update script is found whole');
foreach my $line (split /\n/, $changes)
{
	next if $line =~ /^CREATE/;
	isnt(updated_by($changes =~ s/\Q$line\E\n//r), $to_come, "an update script without this is not: $line");
}
isnt(updated_by(''), $to_come, 'an empty update script is not');

# ---- what is made anew ----

# The script to the current version, which makes two objects more anew: a function that anyone may run, and a view. round_trips_reset is closed.
my $to_current = slurp_file("$installed/onetrip--0.1.0--$current.sql");
my $anew = <<'SQL';
DROP FUNCTION crc32_mpeg2(bytea);
CREATE FUNCTION crc32_mpeg2(data bytea, initial bigint DEFAULT 4294967295) RETURNS bigint
    LANGUAGE sql IMMUTABLE RETURN initial;
DROP VIEW missing_fk_indexes;
CREATE VIEW missing_fk_indexes AS SELECT 1 AS "position", ''::text AS ddl;
GRANT SELECT ON missing_fk_indexes TO PUBLIC;
SQL
my $listed = <<'LIST';
crc32_mpeg2(bytea) -> crc32_mpeg2(bytea, bigint)
missing_fk_indexes -> missing_fk_indexes
LIST
ok($to_current =~ s/(set_config\('onetrip_update\.made_anew', '\n)/$1$listed/, 'the list is where it was');
add_script('onetrip--0.1.0--88.0.sql', $to_current =~ s/^(?=-- Owners and ACLs)/$anew\n/mr);
$node->safe_psql('postgres', 'CREATE ROLE ' . $_) foreach qw(teller helper maker);
$node->safe_psql('postgres', 'ALTER ROLE maker SUPERUSER');

my $update_88 = q(ALTER EXTENSION onetrip UPDATE TO '88.0');

# All rights on functions and procedures, those that are the extension's own and those that somebody gave.
my $rights = <<'SQL';
SELECT proname, proowner::regrole, proacl, initprivs FROM pg_proc AS p
LEFT JOIN pg_init_privs ON classoid = 'pg_proc'::regclass AND objoid = p.oid
WHERE EXISTS (SELECT FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'onetrip'
    WHERE d.deptype = 'e' AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid) AND %s
ORDER BY proname::text COLLATE "C", oid
SQL
# The current version has no count_event any more.
my $given = sprintf $rights, q(proacl::text LIKE '%teller%' AND proname <> 'count_event');
my $three = (sprintf $rights, q(proname IN ('crc32_mpeg2', 'round_trips_reset'))) . ";\n" . <<'SQL';
SELECT relowner::regrole, relacl, initprivs FROM pg_class AS c
LEFT JOIN pg_init_privs ON classoid = 'pg_class'::regclass AND objoid = c.oid WHERE relname = 'missing_fk_indexes';
SELECT attacl FROM pg_attribute WHERE attname = 'ddl' AND attacl IS NOT NULL;
SQL

# An ACL that nobody changed is that of a fresh installation.
create('untouched', '0.1.0');
my $untouched = $node->safe_psql('untouched', $three);
$node->safe_psql('untouched', $update_88);
is($node->safe_psql('untouched', $three), $untouched, 'rights that nobody changed are those of an installation');

# Every function, the two and those that the current version makes anew: PUBLIC may not, one role may.
$node->safe_psql('postgres', 'CREATE DATABASE "given rights"');
$node->safe_psql('given rights', <<'SQL');
CREATE SCHEMA "a schema";
SET ROLE maker;
CREATE EXTENSION onetrip SCHEMA "a schema" VERSION '0.1.0';
GRANT USAGE ON SCHEMA "a schema" TO teller;
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA "a schema" FROM PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA "a schema" TO teller WITH GRANT OPTION;
SET ROLE teller;
GRANT EXECUTE ON FUNCTION "a schema".crc32_mpeg2 TO helper;
RESET ROLE;
REVOKE SELECT ON "a schema".missing_fk_indexes FROM PUBLIC;
GRANT SELECT ON "a schema".missing_fk_indexes TO teller;
GRANT SELECT (ddl) ON "a schema".missing_fk_indexes TO helper;
SQL
my $before = $node->safe_psql('given rights', "$given;$three");
like($before, qr/^maker\|\{maker=.*,teller=r\/maker\}\|\{.*=r\/maker\}\n\{helper=r\/maker\}$/m, 'rights on a view are given');
like($before, qr/^crc32_mpeg2\|maker\|\{maker=X\/maker,teller=X\*\/maker,helper=X\/teller\}\|$/m, 'rights are given');
like($before, qr/^export_carousel_to_file\|maker\|\{maker=X\/maker,pg_write_server_files=X\/maker,teller=X\*\/maker\}\|./m,
	'next to those of the extension');
$node->safe_psql('given rights', $update_88);
is($node->safe_psql('given rights', "$given;$three"), $before, 'an update keeps the rights and owners of what it makes anew');
is( $node->safe_psql('given rights', q(SELECT has_function_privilege('helper', '"a schema".crc32_mpeg2(bytea, bigint)', 'EXECUTE'))),
	't', 'those that a role other than the owner gave, too');
my (undef, undef, $err) = $node->psql('given rights', 'DROP ROLE helper');
like($err, qr/cannot be dropped.*privileges for function "a schema".crc32_mpeg2\(bytea,bigint\)/s, 'a role with rights stays');
like($err, qr/privileges for column ddl of view "a schema".missing_fk_indexes/, 'one with rights on a column, too');
my $dumped = "$root/rights.sql";
$node->command_ok([ 'pg_dump', '-f', $dumped, $node->connstr('given rights') ], 'such a database is dumped');
like(slurp_file($dumped), qr/GRANT ALL ON FUNCTION "a schema".crc32_mpeg2\(.*\) TO teller WITH GRANT OPTION;/, 'with its rights');

# Nor do default privileges that came later change them.
create('by_default', '0.1.0');
$node->safe_psql('by_default', <<'SQL');
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO teller;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO teller;
SQL
my $of_exports = sprintf $rights, q(proname IN ('ts_packets', 'export_carousel_to_file'));
$before = $node->safe_psql('by_default', "$of_exports;$three");
$node->safe_psql('by_default', $update_88);
is($node->safe_psql('by_default', "$of_exports;$three"), $before, 'default privileges that came later change no rights');

# Nobody may, not even the owner: such an ACL has no item.
create('no_rights', '0.1.0');
$node->safe_psql('no_rights', <<'SQL');
REVOKE ALL ON FUNCTION crc32_mpeg2, ts_packets FROM PUBLIC, CURRENT_USER;
REVOKE ALL ON missing_fk_indexes FROM PUBLIC, CURRENT_USER;
SQL
my $no_rights = sprintf $rights, q(proname IN ('crc32_mpeg2', 'ts_packets', 'round_trips_reset'));
$before = $node->safe_psql('no_rights', "$no_rights;$three");
like($before, qr/^crc32_mpeg2\|[^|]*\|\{\}\|$/m, 'all rights are taken away');
$node->safe_psql('no_rights', $update_88);
is($node->safe_psql('no_rights', "$no_rights;$three"), $before, 'and an update gives none back');
is( $node->safe_psql('no_rights', q(GRANT EXECUTE ON FUNCTION ts_packets TO teller;
		SELECT has_function_privilege('teller', oid, 'EXECUTE') FROM pg_proc WHERE proname = 'ts_packets')),
	't', 'which can be given as before');

# ---- what depends on what is made anew ----

# The reply to an update that must be refused, with SQLSTATE.
sub refusal
{
	my ($database, $statement) = @_;
	my $catalog = catalog_of($database);
	my ($status, undef, $err) = $node->psql($database, "\\set VERBOSITY verbose\n$statement");
	is(catalog_of($database), $catalog, 'a refused update changes nothing');
	return $err =~ s/^(?:CONTEXT|LOCATION|STATEMENT):.*//msr;
}

create('dependents', '0.1.0');
$node->safe_psql('dependents', <<'SQL');
CREATE VIEW checksums AS SELECT crc32_mpeg2('\x00') AS checksum;
CREATE VIEW slow_keys AS SELECT ddl FROM missing_fk_indexes;
CREATE FUNCTION slow_key() RETURNS SETOF missing_fk_indexes LANGUAGE sql AS 'SELECT * FROM missing_fk_indexes';
CREATE MATERIALIZED VIEW kept_checksums AS SELECT crc32_mpeg2('\x00') AS checksum;
CREATE TABLE files (content bytea CHECK (crc32_mpeg2(content) > 0), checksum bigint DEFAULT crc32_mpeg2('\x00'));
CREATE INDEX files_checksum ON files (crc32_mpeg2(content));
CREATE RULE no_checksum AS ON DELETE TO files WHERE crc32_mpeg2(old.content) = 0 DO INSTEAD NOTHING;
CREATE POLICY some_checksums ON files USING (crc32_mpeg2(content) > 1);
CREATE FUNCTION reset() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT round_trips_reset(); END;
CREATE FUNCTION text_of_a_body() RETURNS bigint LANGUAGE sql AS $$ SELECT crc32_mpeg2('\x00') $$;
SQL
is(refusal('dependents', $update_88), <<'TEXT', 'an update that would take what depends on it is refused');
psql:<stdin>:2: ERROR:  2BP01: cannot update extension onetrip to version 0.2.0 because other objects depend on what it makes anew
DETAIL:  constraint files_content_check on table public.files depends on function public.crc32_mpeg2(bytea)
default value for column checksum of table public.files depends on function public.crc32_mpeg2(bytea)
function public.reset() depends on function public.round_trips_reset()
function public.slow_key() depends on type public.missing_fk_indexes
index public.files_checksum depends on function public.crc32_mpeg2(bytea)
materialized view public.kept_checksums depends on function public.crc32_mpeg2(bytea)
policy some_checksums on table public.files depends on function public.crc32_mpeg2(bytea)
rule no_checksum on table public.files depends on function public.crc32_mpeg2(bytea)
view public.checksums depends on function public.crc32_mpeg2(bytea)
view public.slow_keys depends on view public.missing_fk_indexes
HINT:  Drop these objects, update the extension, and create them again.
TEXT
$node->safe_psql('dependents', <<"SQL");
DROP VIEW checksums, slow_keys;
DROP FUNCTION slow_key();
DROP MATERIALIZED VIEW kept_checksums;
DROP TABLE files;
DROP FUNCTION reset();
$update_88;
SQL
is($node->safe_psql('dependents', 'SELECT text_of_a_body()'), '4294967295', 'and goes on when nothing depends on it any more');

# ---- what needs an immutable function ----

# What takes a record was IMMUTABLE in 0.1.0.
create('immutable', '0.1.0');
$node->safe_psql('immutable', <<'SQL');
CREATE TYPE pair AS (a int, b int);
CREATE TABLE rows (a int, r pair CHECK (encode_section('x { a 8 uimsbf }', r) <> '\x00'),
    section bytea GENERATED ALWAYS AS (encode_section('x { a 8 uimsbf }', r)) STORED, other bytea DEFAULT encode_section('x { a 8 uimsbf }', '(1,2)'::pair));
CREATE INDEX rows_key ON rows (a, encode_section('x { a 8 uimsbf }', r));
CREATE INDEX rows_predicate ON rows (a) WHERE encode_section('x { a 8 uimsbf }', r) > '\x05';
CREATE TABLE parts (r pair) PARTITION BY LIST (encode_section('x { a 8 uimsbf }', r));
CREATE INDEX parts_key ON parts (encode_section('x { a 8 uimsbf }', r));
CREATE VIEW unharmed AS SELECT encode_section('x { a 8 uimsbf }', r), encode_sections('x { a 8 uimsbf }', r) FROM rows;
CREATE FUNCTION section_of(r pair) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN encode_section('x { a 8 uimsbf }', r);
CREATE TABLE wrapped (r pair, section bytea GENERATED ALWAYS AS (section_of(r)) STORED);
SQL
is(refusal('immutable', 'ALTER EXTENSION onetrip UPDATE'), <<'TEXT', 'an update is refused while an immutable function is needed');
psql:<stdin>:2: ERROR:  42P17: cannot update extension onetrip to version 0.2.0 because what is no longer immutable is in use
DETAIL:  column section of table public.rows uses function public.encode_section(public.section_layout,record)
index public.parts_key uses function public.encode_section(public.section_layout,record)
index public.rows_key uses function public.encode_section(public.section_layout,record)
index public.rows_predicate uses function public.encode_section(public.section_layout,record)
table public.parts uses function public.encode_section(public.section_layout,record)
HINT:  Drop these objects, update the extension, and create them again by a function of your own that calls this one and is declared IMMUTABLE.
TEXT
$node->safe_psql('immutable', <<'SQL');
ALTER TABLE rows DROP COLUMN section;
DROP INDEX rows_key, rows_predicate;
DROP TABLE parts;
ALTER EXTENSION onetrip UPDATE;
CREATE INDEX rows_key ON rows (a, section_of(r));
INSERT INTO rows VALUES (1, '(7,8)');
INSERT INTO wrapped VALUES ('(9,8)');
SQL
is($node->safe_psql('immutable', 'SELECT * FROM unharmed; SELECT section FROM wrapped'), "\\x07|\\x07\n\\x09", 'what needs none is left alone');

# ---- what is planted before an update ----

# An equal of what is new, made by somebody: an update neither takes it over nor replaces it.
foreach my $create ('CREATE', 'CREATE OR REPLACE')
{
	my $database = 'planted_' . ++$updates;
	add_script("onetrip--$current--99.0.sql", $changes =~ s/^CREATE/$create/r);
	create($database, $current);
	$node->safe_psql($database, 'CREATE FUNCTION next_function(value int) RETURNS int LANGUAGE sql RETURN 0');
	my ($status, undef, $err) = $node->psql($database, q(ALTER EXTENSION onetrip UPDATE TO '99.0'));
	like($err, qr/ERROR:  function .*(already exists|is not a member of extension)/, "$create is refused where an equal is");
	is(catalog_of($database), $fresh, 'and nothing is updated');
}

# An operator of the name and types of a new one, whole or as the shell that a commutator leaves.
foreach my $operator ('=', '===')
{
	my $database = 'planted_' . ++$updates;
	create($database, '0.1.0');
	$node->safe_psql($database, <<"SQL");
CREATE FUNCTION lie(section_layout, section_layout) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR $operator (LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = lie, COMMUTATOR = =);
SQL
	my ($status, undef, $err) = $node->psql($database, 'ALTER EXTENSION onetrip UPDATE');
	like($err, qr/ERROR:  (commutator )?operator .* (already|is not a member of extension)/, "an operator $operator is not taken over");
}

$node->stop;
done_testing();
