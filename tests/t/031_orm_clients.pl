# Real ORMs: what they load lazily is seen, and what they load eagerly is not.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

# Debian's, for Debian's Python; a Debian that is there for another PostgreSQL may not have them.
plan skip_all => 'Django, peewee or SQLAlchemy is not installed'
  if system(q(/usr/bin/python3 -c 'import django, peewee, psycopg2, sqlalchemy' 2>/dev/null)) != 0;

my $node = start_watched_server('orms');

# Loops, as the tables of leader and repeated statement and the statements' number.
sub tables_of_loops
{
	my $rows = $node->safe_psql('postgres', <<'SQL');
SELECT kind, substring(leader FROM 'FROM "?(\w+)'), substring(repeated FROM 'FROM "?(\w+)') COLLATE "C",
    substring(repeated FROM 'WHERE .*(campagne_id_fk|\mid\M)'), statements, leader_rows, distinct_parameters
FROM round_trips ORDER BY 3
SQL
	observe($node, 'SELECT round_trips_reset()');
	return $rows;
}

my $messages = 'select|campagnes|messages|campagne_id_fk|12|12|t';
my $campaigns = 'select|messages|campagnes|id|60|60|t';
my %lazy = (
	peewee => "$campaigns\n$messages",
	sqlalchemy => $messages,
	django => "$campaigns\n$messages");

for my $orm (sort keys %lazy)
{
	is(run_client($node, 'orm_loops', $orm, 'lazy'), '60', "$orm reads all messages lazily");
	my $advice = observe($node, 'SELECT advice FROM round_trips');
	like($advice, qr/JOIN messages ON messages\.campagne_id_fk = campagnes\.id; .* WHERE messages\.campagne_id_fk = ANY\(\$1\)/, "$orm: advice");
	is(tables_of_loops(), $lazy{$orm}, "$orm: its loops are seen");
	is(run_client($node, 'orm_loops', $orm, 'eager'), '60', "$orm reads all messages eagerly");
	is(tables_of_loops(), '', "$orm: no loop");
}

$node->stop;
done_testing();
