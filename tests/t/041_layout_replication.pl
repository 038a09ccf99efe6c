# Logical replication of tables with layouts, whose rows the subscriber finds by all of their columns.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = start_server('publisher', [], allows_streaming => 'logical');
my $subscriber = start_server('subscriber', []);
my $connection = $publisher->connstr . ' dbname=postgres';

my $tables = <<'SQL';
CREATE EXTENSION onetrip;
CREATE TABLE layouts (name text, layout section_layout);
ALTER TABLE layouts REPLICA IDENTITY FULL;
CREATE TABLE keyed (layout section_layout PRIMARY KEY, n int);
SQL
$_->safe_psql('postgres', $tables) foreach $publisher, $subscriber;
$publisher->safe_psql('postgres', <<'SQL');
INSERT INTO layouts VALUES ('message', message_layout()), ('small', 'small { a 8 uimsbf }'), ('none', NULL);
-- One that is kept out of line.
ALTER TABLE layouts ALTER COLUMN layout SET STORAGE EXTERNAL;
INSERT INTO layouts SELECT 'wide', ('wide {' || string_agg(format(E'\n f%s 8 uimsbf', i), '') || E'\n}')::section_layout
FROM generate_series(1, 1000) AS i;
INSERT INTO keyed SELECT layout, 0 FROM layouts WHERE name IN ('message', 'small');
CREATE PUBLICATION layouts FOR ALL TABLES;
SQL

# What both hold.
sub rows
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		q(SELECT name, md5(layout::text) FROM layouts ORDER BY name; SELECT layout, n FROM keyed ORDER BY layout));
}

foreach my $binary ('false', 'true')
{
	$subscriber->safe_psql('postgres', <<"SQL");
TRUNCATE layouts, keyed;
CREATE SUBSCRIPTION layouts_$binary CONNECTION '$connection' PUBLICATION layouts WITH (binary = $binary);
SQL
	$subscriber->wait_for_subscription_sync($publisher, "layouts_$binary");
	is(rows($subscriber), rows($publisher), "binary = $binary: the tables are copied");
	$publisher->safe_psql('postgres', <<'SQL');
UPDATE layouts SET name = name || '!' WHERE name LIKE 'm%';
UPDATE layouts SET layout = 'other { a 16 uimsbf }' WHERE name = 'small';
UPDATE layouts SET name = 'wider' WHERE name LIKE 'wide%';
UPDATE layouts SET layout = 'small { a 8 uimsbf }' WHERE name = 'none';
DELETE FROM layouts WHERE layout = 'other { a 16 uimsbf }';
UPDATE keyed SET n = n + 1;
UPDATE keyed SET layout = 'first { a 8 uimsbf }' WHERE layout = message_layout();
DELETE FROM keyed WHERE layout = 'small { a 8 uimsbf }';
INSERT INTO layouts VALUES ('small', 'small { a 8 uimsbf }');
SQL
	$publisher->wait_for_catchup("layouts_$binary");
	is(rows($subscriber), rows($publisher), "binary = $binary: updates and deletes reach the rows they meant");
	$subscriber->safe_psql('postgres', "DROP SUBSCRIPTION layouts_$binary");
}
unlike(slurp_file($subscriber->logfile), qr/could not identify an equality operator/, 'and no worker stopped');

$_->stop foreach $subscriber, $publisher;
done_testing();
