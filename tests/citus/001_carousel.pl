# A carousel whose tables Citus distributes over two workers, which encode it: the bytes are those of one server, in
# every time zone, and hardly more than they travel. The recipe is that of docs/operations.md.

use strict;
use warnings;

use CitusCluster qw(start_cluster);
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $messages = $ENV{ONETRIP_CITUS_MESSAGES} || 40000;
my $day = '2021-01-14';

# Campaigns that begin or end at each hour around the day, and one in nine of another zone.
my $rows = <<"SQL";
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes
SELECT n, CASE n % 9 WHEN 0 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'A',
    CASE WHEN n % 2 = 0 THEN timestamptz '$day 12:00Z' + (n - 40) * interval '1 hour' ELSE '2021-01-01Z' END,
    CASE WHEN n % 2 = 1 THEN timestamptz '$day 12:00Z' + (n - 40) * interval '1 hour' ELSE '2021-02-01Z' END
FROM generate_series(1, 80) AS n;
INSERT INTO messages
SELECT n, 1 + n % 80, 1000000000 + n, n,
    (SELECT jsonb_agg(jsonb_build_object('tag', 128 + i, 'value', md5((n * 10 + i)::text)))
     FROM generate_series(1, CASE WHEN n % 10 = 0 THEN 15 ELSE 1 END) AS i)
FROM generate_series(1, $messages) AS n;
SQL

my $one = start_server('one');
$one->safe_psql('postgres', "CREATE EXTENSION onetrip; SELECT create_carousel_tables('public'); $rows");
my ($coordinator, @workers) = start_cluster();
$coordinator->safe_psql('postgres', <<'SQL');
SELECT create_carousel_tables('public');
ALTER TABLE messages DROP CONSTRAINT messages_pkey, DROP CONSTRAINT messages_campagne_id_fk_fkey;
ALTER TABLE messages ADD PRIMARY KEY (campagne_id_fk, id);
SELECT create_reference_table('zones_diffusion');
SELECT create_distributed_table('campagnes', 'id');
SELECT create_distributed_table('messages', 'campagne_id_fk', colocate_with => 'campagnes');
ALTER TABLE messages ADD FOREIGN KEY (campagne_id_fk) REFERENCES campagnes (id);
SQL
$coordinator->safe_psql('postgres', $rows);
is($_->safe_psql('postgres', "SELECT count(*) FROM pg_proc WHERE proname = 'message_sections'"), '1', 'the extension is on ' . $_->name) for @workers;

# ask NODE, SETTINGS, SQL: what it says, and its words.
sub ask
{
	my ($node, $settings, $sql) = @_;
	my (undef, $out, $err) = $node->psql('postgres', "$settings; $sql");
	return ($out, $err);
}

sub is_same
{
	my ($sql, $title, $settings) = @_;
	$settings //= "SET timezone = 'Europe/Paris'";
	my ($out, $err) = ask($coordinator, $settings, $sql);
	my ($right, $right_err) = ask($one, $settings, $sql);
	is($out, $right, $title);
	unlike($right_err, qr/ERROR/, "$title: no error");
	s/psql:<stdin>:\d+: //g for $err, $right_err;
	is($err, $right_err, "$title: the same words");
	return;
}

# ---- bytes -----------------------------------------------------------------------------------------

my $carousel = "encode_carousel('AFRIQUE', '$day')";
my %bytes;
for my $timezone ('UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia')
{
	is_same("SELECT length($carousel), md5($carousel)", "the same bytes in $timezone", "SET timezone = '$timezone'; SET datestyle = 'SQL, DMY'");
	++$bytes{ (ask($coordinator, "SET timezone = '$timezone'", "SELECT md5($carousel)"))[0] };
}
cmp_ok(scalar keys %bytes, '>', 1, 'the days of which differ');

is((ask($coordinator, "SET timezone = 'UTC'", "SELECT form FROM carousel_stats('AFRIQUE', '$day')"))[0], 'sections', 'the workers encode');
is_same("SELECT campagnes, messages, sections, bytes, ts_packets, largest_section FROM carousel_stats('AFRIQUE', '$day')", 'statistics');
is_same("SELECT * FROM carousel_campaigns('AFRIQUE', '$day', 1000000)", 'campaigns');
is_same("SELECT count(*), md5(string_agg(s::text, ',')) FROM carousel_sections('AFRIQUE', '$day') AS s", 'rows');
is_same("SELECT count(*), md5(string_agg(s::text, ',')) FROM carousel_changes('AFRIQUE', '$day', '2021-01-16') AS s", 'changes');
is_same("SELECT messages, sections, bytes, skipped, sha256 FROM export_carousel_to_large_object('AFRIQUE', '$day'$_)", "export$_")
  for '', ', 100', ", 100, 'skip'", ", NULL, 'skip'";
is_same("SELECT * FROM carousel_problems('AFRIQUE', '$day')", 'no problems');

# ---- what travels ----------------------------------------------------------------------------------

my ($length) = ask($coordinator, "SET timezone = 'UTC'", "SELECT length($carousel)");
my (undef, $log) = ask($coordinator, "SET timezone = 'UTC'; LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
	SET auto_explain.log_analyze = on; SET auto_explain.log_verbose = on; SET client_min_messages = log", "SELECT length($carousel)");
my ($travelled, $unit) = $log =~ /SELECT m\.campagne_id_fk.*?Tuple data received from nodes: (\d+) (bytes|kB|MB)/s;
note($log) unless $travelled;
$travelled *= { bytes => 1, kB => 1024, MB => 1024 * 1024 }->{ $unit // 'bytes' } if $travelled;
cmp_ok($travelled // 1e18, '<=', 1.02 * $length, "$length bytes of sections, " . ($travelled // '?') . ' bytes travel');
unlike($log =~ /(SELECT m\.campagne_id_fk.*)/s ? $1 : '', qr/^ *(?:->  )?GroupAggregate.*Custom Scan/ms, 'nothing is grouped on the coordinator');

# ---- errors ----------------------------------------------------------------------------------------

my $bad = "INSERT INTO messages VALUES (100000001, 2, -1, 1), (100000002, 4, -2, 1)";
$_->safe_psql('postgres', $bad) for $one, $coordinator;
my (undef, $error) = ask($coordinator, "SET timezone = 'UTC'", "SELECT length($carousel)");
like($error, qr/ERROR:  value out of range for field "target_filter"/, 'a message that cannot be encoded');
like($error, qr/DETAIL:  The message has campagne_id (?:2|4) and message_id 10000000[12]\. /, 'is named by its worker');
is_same("SELECT * FROM carousel_problems('AFRIQUE', '$day')", 'the same problems');
is_same("SELECT messages, sections, skipped, sha256 FROM export_carousel_to_large_object('AFRIQUE', '$day', on_error => 'skip')", 'messages left out');
$_->safe_psql('postgres', 'DELETE FROM messages WHERE id > 100000000') for $one, $coordinator;

# ---- other layouts, and submissions ----------------------------------------------------------------

is_same("SELECT md5(encode_carousel('AFRIQUE', '$day', E'x {\\n message_id 32 tcimsbf\\n genre 8 char\\n}'))", 'another layout');
my $form = q{'{"children": [{"slug": "a", "answerType": "number"}, {"slug": "b", "answerType": "text"}]}'::jsonb};
$_->safe_psql('postgres', 'CREATE TABLE answers (id bigint PRIMARY KEY, document jsonb)') for $one, $coordinator;
$coordinator->safe_psql('postgres', "SELECT create_distributed_table('answers', 'id')");
$_->safe_psql('postgres', q{INSERT INTO answers SELECT n, jsonb_build_object('a', n, 'b', 'x' || n) FROM generate_series(1, 500) AS n}) for $one, $coordinator;
is_same("SELECT id, f.* FROM answers CROSS JOIN LATERAL flatten_submission(document, $form) AS f ORDER BY id, ord", 'flatten_submission on distributed tables');

# ---- a worker down ---------------------------------------------------------------------------------

$workers[1]->stop;
my ($out, $down) = ask($coordinator, "SET timezone = 'UTC'", "SELECT length($carousel)");
is($out, '', 'a worker that is down fails the carousel');
like($down, qr/ERROR:.*(?:connection|could not|failed)/, 'and says so');
$workers[1]->start;
is_same("SELECT md5($carousel)", 'then it is whole again');

$_->stop for $one, $coordinator, @workers;
done_testing();
