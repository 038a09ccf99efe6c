# The carousels of the night by pg_cron, with the statements of docs/carousels.md: a file for each zone, and
# a zone that fails says why and stops no other.

use strict;
use warnings;

use OnetripTest qw(becomes start_server);
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'pg_cron is not installed' unless -e `pg_config --pkglibdir` =~ s/\n//r . '/pg_cron.so';

my $folder = PostgreSQL::Test::Utils::tempdir();
my $page = slurp_file("$ENV{TESTDIR}/docs/carousels.md");

# The block of the page that begins so, of the folder here.
sub block_of_page
{
	my ($begin) = @_;
	$page =~ /^```[^\n]*\n(\Q$begin\E.*?)^```$/ms or BAIL_OUT("docs/carousels.md has no block that begins with $begin");
	return $1 =~ s{/srv/carousels}{$folder}gr;
}

my $node = start_server('cron', [ q{shared_preload_libraries = 'pg_cron'}, 'cron.use_background_workers = on' ]);
$node->safe_psql('postgres', <<'SQL' . block_of_page('CREATE VIEW nightly'));
CREATE EXTENSION pg_cron;
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes SELECT n, CASE WHEN n > 2 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'M', '-infinity', 'infinity' FROM generate_series(1, 4) AS n;
INSERT INTO messages SELECT n, 1 + n % 4, n, n, '{"1": "bonjour"}' FROM generate_series(1, 1000) AS n;
INSERT INTO messages VALUES (1001, 4, -1, 1, '{}');
SQL

$node->safe_psql('postgres', block_of_page('SELECT cron.schedule'));
is($node->safe_psql('postgres', 'SELECT jobname, schedule FROM cron.job ORDER BY jobname'),
	"carousel AFRIQUE|30 2 * * *\ncarousel EUROPE|30 2 * * *", 'a job for each zone');

# It is not half past two now: the jobs are to run with the next minute.
$node->safe_psql('postgres', q{UPDATE cron.job SET schedule = '* * * * *'});
$node->poll_query_until('postgres', q{SELECT count(DISTINCT jobid) = 2 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')})
  or BAIL_OUT('no job has run');
is(slurp_file("$folder/afrique.bin"),
	pack('H*', $node->safe_psql('postgres', q{SELECT encode(encode_carousel('AFRIQUE'), 'hex')})),
	'the carousel of one zone is there');
ok(!-e "$folder/europe.bin", 'that of the other is not');
my $record = q{SELECT status, return_message FROM cron.job_run_details NATURAL JOIN cron.job WHERE jobname = 'carousel %s' ORDER BY runid LIMIT 1};
like($node->safe_psql('postgres', sprintf $record, 'AFRIQUE'), qr/^succeeded\|/, 'the record says that it was written');
like($node->safe_psql('postgres', sprintf $record, 'EUROPE'),
	qr/^failed\|.*field "target_filter".*message_id 1001/s, 'and which message and field the other one has failed on');

$node->stop;
done_testing();
