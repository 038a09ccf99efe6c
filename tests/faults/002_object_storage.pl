# An export streamed to object storage, by rclone and in several parts, as operators do it: the whole
# object, or none.

use strict;
use warnings;

use Digest::SHA;
use OnetripTest qw(becomes kill_backend start_server);
use PostgreSQL::Test::Utils;
use Test::More;

delete $ENV{AWS_CA_BUNDLE};    # rclone takes no other authority then, and none is needed here

sub succeeds { return system("@_ >/dev/null 2>&1") == 0; }

plan skip_all => 'it installs a package of npm; ONETRIP_OBJECT_STORAGE=1 runs it, as CI does'
  unless $ENV{ONETRIP_OBJECT_STORAGE};
plan skip_all => 'npm is not installed: there is no S3 server' unless succeeds('npm', '--version');
plan skip_all => 'rclone is not installed' unless succeeds('rclone', 'version');

my $folder = PostgreSQL::Test::Utils::tempdir();
my $bucket = "carousels-$$";    # another run's rclone has another one
my ($port, $server) = start_s3_server();

my $node = start_server('storage', [ 'restart_after_crash = on', map { "enable_$_ = off" } qw(sort incremental_sort hashjoin) ]);

# 200 MB, from views: no table need hold them. In the schema "slow" they take a minute.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
CREATE TABLE campagnes (id bigint PRIMARY KEY, zone_diffusion text, valid_start timestamptz, valid_end timestamptz);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', '2026-11-01', '2026-11-30');
CREATE TABLE ids (id bigint PRIMARY KEY);
INSERT INTO ids SELECT n FROM generate_series(1, 52000) AS n;
CREATE VIEW messages AS SELECT 1::bigint AS campagne_id_fk, id, repeat(md5(id::text), 125) AS texte FROM ids;
CREATE SCHEMA slow;
CREATE VIEW slow.messages AS SELECT * FROM public.messages WHERE id % 500 <> 0 OR pg_sleep(0.6) IS NOT NULL;
CREATE FUNCTION layout() RETURNS section_layout LANGUAGE sql IMMUTABLE AS
    $$SELECT E'large (max 4096) {\n message_id 32 uimsbf\n texte * text\n}'::section_layout$$;
VACUUM ANALYZE;
SQL

is(upload('whole', access_key()), '52000', 'a carousel of 200 MB is streamed to object storage');
is(sum_of_object('whole'),
	$node->safe_psql('postgres', "SELECT encode(sha256(encode_carousel('AFRIQUE', '2026-11-21', layout())), 'hex')"),
	'and comes back the same');
cmp_ok(size_of('whole'), '>', 200_000_000, 'all of it');

in_the_middle('a cancel', sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") });
in_the_middle('kill -9 of the backend', sub { kill_backend($node, $_[0]) });
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server comes back');

like(upload('refused', 'wrong'), qr/ERROR:  program ".*" failed: child process exited with exit code \d+\nDETAIL:  .*InvalidAccessKeyId/s,
	'a wrong key fails the call');
is(size_of('refused'), undef, 'and there is no object');

$server->kill_kill;
$node->stop;
done_testing();

# ----------------------------------------------------------------------------------------------------

# The S3 server of npm, in a folder of its own. It has itself given a free port, and says which.
sub start_s3_server
{
	my $log = "$folder/npm.log";
	if (system("cd $folder && npm install --no-audit --no-fund --no-save s3rver >$log 2>&1") != 0)
	{
		plan skip_all => 'npm cannot install s3rver: ' . (slurp_file($log) =~ s/\s+/ /gr);
	}
	mkdir "$folder/objects";
	my $run = IPC::Run::start([ "$folder/node_modules/.bin/s3rver", '--directory', "$folder/objects",
			'--address', '127.0.0.1', '--port', 0, '--configure-bucket', $bucket ],
		'<', \undef, '>', "$folder/s3rver.log", '2>&1');
	my $given;
	becomes(sub { -e "$folder/s3rver.log" && (($given) = slurp_file("$folder/s3rver.log") =~ /listening on .*:(\d+)\n/) })
	  or die "the S3 server does not start: " . slurp_file("$folder/s3rver.log");
	return ($given, $run);
}

sub access_key { return 'S3RVER'; }    # the server's own

# rclone with its remote in the environment.
sub rclone
{
	my ($key) = @_;
	return "env RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S3_TYPE=s3 RCLONE_CONFIG_S3_PROVIDER=Other RCLONE_CONFIG_S3_ACCESS_KEY_ID=$key"
	  . " RCLONE_CONFIG_S3_SECRET_ACCESS_KEY=S3RVER RCLONE_CONFIG_S3_ENDPOINT=http://127.0.0.1:$port rclone";
}

sub export
{
	my ($object, $key) = @_;
	my $command = rclone($key) . " rcat --retries 1 --low-level-retries 1 s3:$bucket/$object";
	return "SELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', '$command', layout => layout())";
}

sub upload
{
	my ($status, $out, $err) = $node->psql('postgres', export(@_));
	return $status == 0 ? $out : $err;
}

sub sum_of_object
{
	my ($object) = @_;
	open my $bytes, '-|', rclone(access_key()) . " cat s3:$bucket/$object" or die $!;
	return Digest::SHA->new(256)->addfile($bytes)->hexdigest;
}

# undef where there is no object of that name.
sub size_of
{
	my ($object) = @_;
	my ($size) = `${\rclone(access_key())} lsf --format ps s3:$bucket/` =~ /^\Q$object\E;(\d+)$/m;
	return $size;
}

sub is_uploading { return scalar grep { m{rclone rcat .*s3:$bucket/} } `ps -e -o args=`; }

# What happens to an export after its first parts are with the server.
sub in_the_middle
{
	my ($name, $action) = @_;
	my $client = $node->background_psql('postgres', on_error_stop => 0);
	my $backend = $client->query('SET search_path = slow, public; SELECT pg_backend_pid()');
	$client->query_until(qr/begun/, "\\echo begun\n" . export('part', access_key()) . ";\n");
	ok($node->poll_query_until('postgres', 'SELECT bytes_processed > 20000000 FROM pg_stat_progress_copy'), 'an export has begun');
	ok(is_uploading(), 'rclone is at work');
	is(size_of('part'), undef, 'its object is not there yet');
	$action->($backend);
	eval { $client->quit };
	ok(becomes(sub { !is_uploading() }), "$name ends rclone");
	is(size_of('part'), undef, 'and there is no object');
	return;
}
