# A carousel over foreign tables: the other server's session has a TimeZone of its own (postgres_fdw sets GMT), and the
# days are those of the zone or of the asking session all the same.

use strict;
use warnings;

use OnetripTest qw(start_server);
use Test::More;

my $node = start_server('foreign', []);
my ($folder, $port) = ($node->host, $node->port);

# Campaigns of half an hour around each midnight of a week, in three zones: those of the other server.
my $campaigns = <<'SQL';
ALTER TABLE zones_diffusion ADD time_zone text;
INSERT INTO zones_diffusion VALUES ('New York', 1, 'America/New_York'), ('Apia', 2, 'Pacific/Apia'), ('session', 3, NULL);
INSERT INTO campagnes
SELECT row_number() OVER (ORDER BY zone, at), zone, 'M', at, at + interval '30 min'
FROM unnest('{New York,Apia,session}'::text[]) AS zone, generate_series(timestamptz '2021-01-10 00:15Z', '2021-01-18 00:00Z', '1 hour') AS at;
INSERT INTO messages SELECT id, id, id, id FROM campagnes;
SQL
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', 'CREATE DATABASE rows TEMPLATE postgres');
$node->safe_psql('rows', "SELECT create_carousel_tables('public'); $campaigns CREATE SCHEMA local_times;
	CREATE TABLE local_times.campagnes AS SELECT id, zone_diffusion, valid_start AT TIME ZONE coalesce(time_zone, 'America/New_York') AS valid_start,
		valid_end AT TIME ZONE coalesce(time_zone, 'America/New_York') AS valid_end FROM campagnes JOIN zones_diffusion USING (zone_diffusion);");
$node->safe_psql('postgres', "SELECT create_carousel_tables('public'); $campaigns");
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$folder', port '$port', dbname 'rows');
CREATE USER MAPPING FOR CURRENT_USER SERVER other;
CREATE SCHEMA far;
IMPORT FOREIGN SCHEMA public LIMIT TO (messages, campagnes, zones_diffusion) FROM SERVER other INTO far;
CREATE SCHEMA far_local_times;
IMPORT FOREIGN SCHEMA local_times FROM SERVER other INTO far_local_times;
SQL

my $layout = "E'x {\\n campagne_id 32 uimsbf\\n}'";

# What a session with these settings says of each day of a zone.
sub days
{
	my ($search_path, $timezone, $zone) = @_;
	return $node->safe_psql('postgres', <<"SQL");
SET search_path = $search_path, public;
SET timezone = '$timezone';
SELECT day::date, length(c) / 4, encode(sha256(c), 'hex')
FROM generate_series(timestamp '2021-01-09', '2021-01-19', '1 day') AS day, encode_carousel('$zone', day::date, $layout) AS c;
SQL
}

sub by_the_rule
{
	my ($zone, $time_zone) = @_;
	return $node->safe_psql('postgres', <<"SQL");
SELECT day::date, count(c.*), encode(sha256(coalesce(string_agg(int4send(id::int), '' ORDER BY id), '')), 'hex')
FROM generate_series(timestamp '2021-01-09', '2021-01-19', '1 day') AS day
LEFT JOIN campagnes AS c ON zone_diffusion = '$zone' AND (valid_start AT TIME ZONE '$time_zone')::date <= day AND day <= (valid_end AT TIME ZONE '$time_zone')::date
GROUP BY day ORDER BY day;
SQL
}

for my $case (
	[ 'Pacific/Honolulu', 'New York', 'America/New_York' ],
	[ 'GMT', 'Apia', 'Pacific/Apia' ],
	[ 'America/New_York', 'session', 'America/New_York' ],
	[ 'Asia/Kathmandu', 'session', 'Asia/Kathmandu' ],
	[ 'CET', 'session', 'Europe/Brussels' ],
	[ '<+03:30>-03:30', 'session', 'Asia/Tehran' ],
	[ 'GMT', 'session', 'GMT' ])
{
	my ($timezone, $zone, $time_zone) = @$case;
	my $right = by_the_rule($zone, $time_zone);
	is(days('public', $timezone, $zone), $right, "zone $zone in a session of $timezone: tables here");
	is(days('far', $timezone, $zone), $right, "zone $zone in a session of $timezone: tables there");
}

# One day by hand, the evening of which is the next day in Greenwich.
is($node->safe_psql('postgres', <<"SQL"), '0|1|0', '2021-01-14 in America/New_York is that day alone');
SET timezone = 'Europe/Paris';
SET search_path = far, public;
SELECT string_agg((position(int4send((SELECT id::int FROM campagnes WHERE zone_diffusion = 'New York' AND valid_start = '2021-01-15 03:15Z'))
	IN encode_carousel('New York', day::date, $layout)) > 0)::int::text, '|' ORDER BY day)
FROM generate_series(timestamp '2021-01-13', '2021-01-15', '1 day') AS day;
SQL

# Local times there, with zones and messages here.
for my $case ([ 'Pacific/Honolulu', 'New York', 'America/New_York' ], [ 'Pacific/Honolulu', 'Apia', 'Pacific/Apia' ],
	[ 'America/New_York', 'session', 'America/New_York' ])
{
	my ($timezone, $zone, $time_zone) = @$case;
	is(days('far_local_times', $timezone, $zone), by_the_rule($zone, $time_zone), "zone $zone in a session of $timezone: local times there");
}

# What the other server is asked for: the bounds travel, so that its index serves.
$node->safe_psql('postgres', "ALTER SERVER other OPTIONS (ADD use_remote_estimate 'true')");
my $log = -s $node->logfile;
$node->append_conf('postgresql.conf', "log_statement = 'all'");
$node->reload;
$node->safe_psql('postgres', "SET search_path = far, public; SELECT length(encode_carousel('New York', '2021-01-14', $layout))");
my $asked = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log);
like($asked, qr/valid_start <= '2021-01-15 04:59:59\.999999\+00'/, 'the end of the day in New York travels');
like($asked, qr/valid_end >= '2021-01-14 05:00:00\+00'/, 'and so does its begin');
unlike($asked, qr/FROM public\.campagnes[^\n]*(?:date_trunc|timezone)/, 'nothing that depends on its TimeZone does');

# Errors of the other server show what it was asked, which is postgres_fdw's, and not the statement of the extension.
$node->safe_psql('rows', 'ALTER TABLE messages RENAME TO gone');
my ($status, undef, $error) = $node->psql('postgres', "SET search_path = far, public; SELECT encode_carousel('New York', '2021-01-14', $layout)");
isnt($status, 0, 'a table that is gone is an error');
like($error, qr/relation "public\.messages" does not exist/, 'of the other server');
unlike($error, qr/OPERATOR\(pg_catalog/, 'without the statement of this one');

done_testing();
