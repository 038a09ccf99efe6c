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

$node->stop;
done_testing();
