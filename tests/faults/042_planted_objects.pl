# Whoever may create in the schema of the extension before it is installed cannot slip in an object: of whatever of ours an
# equal is there, CREATE EXTENSION fails, leaves all as it was, and calls nothing.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('planted');
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mallory;
GRANT CREATE, USAGE ON SCHEMA public TO mallory;
CREATE TABLE called (name text);
GRANT ALL ON called TO PUBLIC;
SQL

# What the extension has, from a database of its own: functions with their parameters, relations and types.
$node->safe_psql('postgres', 'CREATE DATABASE genuine');
$node->safe_psql('genuine', 'CREATE EXTENSION onetrip');
my $members = <<'SQL';
SELECT p.prokind::text || '|' || proname || '|' || pg_get_function_identity_arguments(p.oid) FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
    WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
UNION ALL SELECT 'relation|' || relname || '|' FROM pg_depend AS d JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'onetrip')
UNION ALL SELECT 'type|section_layout|'
ORDER BY 1
SQL

# An equal of it, as mallory makes it. There is none of what takes our type, which is refused itself, or
# types that only C functions take.
sub equal_of
{
	my ($kind, $name, $arguments) = @_;
	return "CREATE TABLE public.$name (planted int)" if $kind eq 'relation';
	return "CREATE TYPE public.$name AS ENUM ('planted')" if $kind eq 'type';
	return '' if $arguments =~ /section_layout|internal|cstring|record|"any"/;
	$arguments =~ s/ORDER BY.*//;
	my $body = "BEGIN INSERT INTO public.called VALUES ('$name'); RETURN; END";
	return "CREATE PROCEDURE public.$name($arguments) LANGUAGE plpgsql AS \$\$ $body \$\$" if $kind eq 'p';
	$arguments =~ s/,?\s*\bOUT .*//;
	return "CREATE FUNCTION public.$name($arguments) RETURNS void LANGUAGE plpgsql AS \$\$ $body \$\$";
}

my $planted = 0;
foreach my $member (split /\n/, $node->safe_psql('genuine', $members))
{
	my ($kind, $name, $arguments) = split /\|/, $member, -1;
	my $equal = equal_of($kind, $name, $arguments) or next;
	++$planted;
	$node->safe_psql('postgres', "SET ROLE mallory; $equal");
	my ($status, undef, $error) = $node->psql('postgres', 'CREATE EXTENSION onetrip');
	like($error, qr/ERROR:  .*already exists/, "$kind $name($arguments) is refused");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_proc WHERE probin LIKE '%onetrip%'}), '0', 'and nothing of ours is left');
	$node->safe_psql('postgres', 'DROP OWNED BY mallory; GRANT CREATE, USAGE ON SCHEMA public TO mallory');
}
cmp_ok($planted, '>', 15, 'many equals were planted');

# A shell type would be completed by the extension; only superusers make them.
my ($status, undef, $error) = $node->psql('postgres', 'SET ROLE mallory; CREATE TYPE public.section_layout');
like($error, qr/must be superuser to create a base type/, 'no shell type');
is($node->safe_psql('postgres', 'SELECT count(*) FROM called'), '0', 'nothing planted was called');
$node->safe_psql('postgres', 'DROP OWNED BY mallory; CREATE EXTENSION onetrip');
$node->stop;
done_testing();
