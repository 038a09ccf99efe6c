# The examples of round trips: what they ask is answered, and what they set raises.

use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Utils;
use RoundTripServer;
use Test::More;

my $node = start_watched_server('examples');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE authors (id int PRIMARY KEY, name text);
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors, title text);
CREATE INDEX ON books (author_id);
INSERT INTO authors SELECT 100 + n, 'a' FROM generate_series(1, 10) AS n;
INSERT INTO books SELECT n, 101 + n % 10, 't' FROM generate_series(1, 20) AS n;
SQL
run_script($node, "BEGIN;\nSELECT id FROM authors;\n" . (join '', map { "SELECT title FROM books WHERE author_id = $_;\n" } 101 .. 110) . "COMMIT;\n");

# ---- postgres_exporter and Grafana ----

my $queries = slurp_file('examples/postgres_exporter/queries.yaml');
my %metric;
while ($queries =~ /^(\w+):\n  query: "(.*)"\n  master: true\n  metrics:\n((?:    - .*\n)+)/mg)
{
	my ($name, $query, $metrics) = ($1, $2, $3);
	my @named = $metrics =~ /^    - (\w+): \{usage: "(?:LABEL|COUNTER|GAUGE)", description: "[^"]+"\}$/mg;
	my @columns = split /,/, (split /\n/, $node->safe_psql('postgres', "COPY ($query) TO STDOUT (FORMAT csv, HEADER)"))[0];
	is("@columns", "@named", "$name has the columns that are metrics");
	$metric{"${name}_$_"} = 1 foreach @named;
}
is(scalar(grep { /_loops$/ } keys %metric), 2, 'queries are found');
is(observe($node, 'SELECT loops, statements FROM round_trips_total WHERE database = current_database()'), '1|10', 'and count');
my $board = decode_json(slurp_file('examples/grafana/round_trips.json'));
my @expressions = map { $_->{expr} } map { @{ $_->{targets} } } @{ $board->{panels} };
is(scalar @expressions, 6, 'a board of six panels');
foreach my $expression (@expressions)
{
	ok($metric{$_}, "the board asks for $_") foreach $expression =~ /(onetrip_\w+)/g;
}

# ---- pytest and Rails ----

sub python
{
	my (@command) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
	my $out = '';
	my $passed = IPC::Run::run([ '/usr/bin/python3', @command ], '<', \undef, '>&', \$out);
	return ($passed, $out);
}

SKIP:
{
	my ($has_pytest) = python('-c', 'import pytest, psycopg2');
	skip 'python3-pytest is not installed', 1 if !$has_pytest;
	my ($passed, $out) = python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'examples/pytest');
	like($out, qr/^3 passed/m, 'tests of pytest');
}
my $rails = slurp_file('examples/rails/database.yml');
my $variables = join '', map { "SET $_->[0] = $_->[1];\n" } map { [ /^    (onetrip\.\w+): (\w+)$/ ] } grep { /^    onetrip/ } split /\n/, $rails;
is($variables, "SET onetrip.watch_action = error;\nSET onetrip.watch_repeats = 3;\n", 'variables of Rails');
my (undef, undef, $err) = $node->psql('postgres', "$variables BEGIN;\nSELECT id FROM authors;\n" . join '', map { "SELECT title FROM books WHERE author_id = $_;\n" } 101 .. 103);
like($err, qr/ERROR:  N\+1: SELECT title FROM books WHERE author_id = \$1/, 'raise');

SKIP:
{
	skip 'ruby-activerecord or ruby-pg is not installed', 1 if system(q(ruby -e 'require "active_record"; require "pg"' 2>/dev/null)) != 0;
	$node->safe_psql('postgres', 'CREATE TABLE publishers (id int PRIMARY KEY); CREATE TABLE shelves (id int PRIMARY KEY)');
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	my $out = '';
	IPC::Run::run([ 'ruby', '-W0', 'tests/clients/active_record.rb', 'examples/rails/database.yml' ], '<', \undef, '>&', \$out);
	my $raises = 'ActiveRecord::StatementInvalid PG::ServerError OT001 PG::ServerError: ERROR:  N+1: SELECT';
	is($out, <<"TEXT", 'ActiveRecord with its settings');
models that are used for the first time: passes
lazy: $raises "books".* FROM "books" WHERE "books"."author_id" = \$1
includes: passes
in batches: passes
annotated: passes
ignored: passes
counted: $raises COUNT(*) FROM "books" WHERE "books"."author_id" = \$1
TEXT
}

$node->stop;
done_testing();
