# Carousels as large as a bytea can be, and larger: 600 MB works in the memory that the result takes,
# past 1 GB the error names the way out, and what streams takes no memory at all.
#
# Runs with ONETRIP_LARGE=1 where 4 GB of memory are free.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

sub memory_available
{
	return 0 unless -r '/proc/meminfo';
	return slurp_file('/proc/meminfo') =~ /^MemAvailable:\s+(\d+) kB/m ? $1 : 0;
}

plan skip_all => 'it reads /proc/PID/status' unless -r "/proc/$$/status";
plan skip_all => 'it takes 4 GB of memory; ONETRIP_LARGE=1 runs it' unless $ENV{ONETRIP_LARGE};
plan skip_all => 'less than 4 GB of memory are free' if memory_available() < 4 * 1024 * 1024;

# Without sort and hash the rows come by the index, and nothing but the result takes memory.
my $node = start_server('large', [ 'max_parallel_workers_per_gather = 0', 'enable_sort = off', 'enable_hashjoin = off' ]);

# A section of this layout takes 4 bytes and the 4,028 of the text, which no table holds. Campaign 1
# is 600 MB, campaign 2 the most that a bytea holds (so much that its last section is begun with less
# room than the largest of the layout could take), campaign 3 one section more.
my $section = 4032;
my $most = int((2**30 - 1 - 4) / $section);
my %messages = (1 => 150_000, 2 => $most, 3 => $most + 1);
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION onetrip;
CREATE TABLE campagnes (id bigint PRIMARY KEY, zone_diffusion text, valid_start timestamptz, valid_end timestamptz);
INSERT INTO campagnes SELECT n, 'zone ' || n, '2026-11-01', '2026-11-30' FROM generate_series(1, 3) AS n;
CREATE TABLE ids (campagne_id_fk bigint, id bigint);
INSERT INTO ids SELECT 1, n FROM generate_series(1, $messages{1}) AS n;
INSERT INTO ids SELECT 2, n FROM generate_series(1, $messages{2}) AS n;
INSERT INTO ids SELECT 3, n FROM generate_series(1, $messages{3}) AS n;
CREATE UNIQUE INDEX ON ids (campagne_id_fk, id);
CREATE VIEW messages AS SELECT campagne_id_fk, id, repeat('x', 4028) AS texte, decode(repeat('78', 4028), 'hex') AS octets FROM ids;
CREATE FUNCTION layout() RETURNS section_layout LANGUAGE sql IMMUTABLE AS
    \$\$SELECT E'large (max 4096) {\\n message_id 32 uimsbf\\n texte * text\\n}'::section_layout\$\$;
VACUUM ANALYZE;
SQL

# One session; what it answers, and how much private memory its backend had at most (kB).
my ($in, $out, $err) = ('', '', '');
my $timer = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
my $harness = IPC::Run::start(
	[ 'psql', '-X', '-A', '-t', '-q', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') ],
	'<', \$in, '>', \$out, '2>', \$err, $timer);
my $asked = 0;
my $backend;

sub private_memory
{
	return 0 unless $backend;
	return slurp_file("/proc/$backend/status") =~ /^RssAnon:\s+(\d+) kB/m ? $1 : 0;
}

sub ask
{
	my ($query) = @_;
	++$asked;
	($out, $err) = ('', '');
	$in .= "$query;\n\\echo answered $asked\n\\warn answered $asked\n";
	$timer->start($PostgreSQL::Test::Utils::timeout_default);
	my $peak = 0;
	until ($out =~ /answered $asked\n/ && $err =~ /answered $asked\n/)
	{
		$harness->pump_nb;
		my $now = private_memory();
		$peak = $now if $now > $peak;
		usleep(1_000);
	}
	(my $answer = $out . $err) =~ s/answered $asked\n//g;
	chomp $answer;
	return ($answer, $peak);
}

# A result in so many bytes and 32 MB next to it, in kB.
sub room_for
{
	my ($bytes) = @_;
	return $bytes / 1024 + 32 * 1024;
}

sub shown
{
	my ($peak, $bytes) = @_;
	return sprintf '%.0f MB for %.0f MB', $peak / 1024, $bytes / 1024 / 1024;
}

my $too_large = qr/ERROR:  54000: .*1 GB.*^DETAIL:.*1073741819.*^HINT:.*export_carousel_to_file.*export_carousel_to_program.*export_carousel_to_large_object.*carousel_sections/ms;
my %largest = map { $_ => $messages{$_} * $section } keys %messages;
($backend) = ask('SELECT pg_backend_pid()');
ask("SELECT octet_length(encode_carousel('zone 1', '2020-01-01', layout()))");
cmp_ok(private_memory(), '<', 32 * 1024, 'the backend is small to begin with');

# ---- encode_carousel ----

my ($answer, $peak) = ask("SELECT octet_length(encode_carousel('zone 1', '2026-11-21', layout()))");
is($answer, $largest{1}, 'encode_carousel makes 600 MB');
cmp_ok($peak, '<', room_for($largest{1}), 'in its own memory: ' . shown($peak, $largest{1}));
cmp_ok($peak, '>', 0.8 * $largest{1} / 1024, 'which was looked at in time');
cmp_ok(private_memory(), '<', 32 * 1024, 'and gives it back');

# Each hundredth section: message_id, and the text to its end.
($answer) = ask(<<'SQL');
DO $$
DECLARE
    carousel bytea := encode_carousel('zone 1', '2026-11-21', layout());
    at int;
BEGIN
    FOR n IN 1..150000 BY 100 LOOP
        at := 4032 * (n - 1);
        IF substr(carousel, at + 1, 4032) <> int4send(n) || decode(repeat('78', 4028), 'hex') THEN
            RAISE 'section % is wrong', n;
        END IF;
    END LOOP;
END $$
SQL
is($answer, '', 'the sections are right and in order');

($answer, $peak) = ask("SELECT octet_length(encode_carousel('zone 2', '2026-11-21', layout()))");
is($answer, $largest{2}, 'the largest carousel that a bytea holds');
cmp_ok($peak, '<', room_for($largest{2}), 'in its own memory: ' . shown($peak, $largest{2}));

($answer, $peak) = ask("SELECT octet_length(encode_carousel('zone 3', '2026-11-21', layout()))");
like($answer, $too_large, 'one section more is too much, and the error says what to do');
cmp_ok($peak, '<', room_for(2**30), 'no memory is wasted on it: ' . shown($peak, 2**30));
cmp_ok(private_memory(), '<', 32 * 1024, 'and none is kept');

# ---- section_agg ----

# The server copies what an aggregate returns (up to PostgreSQL 15), hence twice the result.
($answer, $peak) = ask('SELECT octet_length(section_agg(layout(), r)) FROM (SELECT id AS message_id, texte FROM messages WHERE campagne_id_fk = 1) AS r');
is($answer, $largest{1}, 'section_agg(layout, record) makes 600 MB');
cmp_ok($peak, '<', room_for(2 * $largest{1}), 'in memory of the result twice: ' . shown($peak, $largest{1}));
($answer) = ask('SELECT octet_length(section_agg(layout(), r)) FROM (SELECT id AS message_id, texte FROM messages WHERE campagne_id_fk = 3) AS r');
like($answer, $too_large, 'section_agg(layout, record) past 1 GB is the same error');

my $finished = "SELECT int4send(id::int) || octets AS section FROM messages WHERE campagne_id_fk =";
($answer, $peak) = ask("SELECT octet_length(section_agg(section)) FROM ($finished 1) AS s");
is($answer, $largest{1}, 'section_agg(bytea) makes 600 MB');
cmp_ok($peak, '<', room_for(2 * $largest{1}), 'in memory of the result twice: ' . shown($peak, $largest{1}));
($answer) = ask("SELECT octet_length(section_agg(section)) FROM ($finished 3) AS s");
like($answer, $too_large, 'section_agg(bytea) past 1 GB is the same error');
cmp_ok(private_memory(), '<', 32 * 1024, 'neither keeps memory');

# ---- what takes no memory ----

($answer, $peak) = ask("SELECT count(*) FROM carousel_problems('zone 3', '2026-11-21', layout())");
is($answer, 0, 'carousel_problems reads more than 1 GB');
cmp_ok($peak, '<', room_for(0), 'in hardly any memory: ' . shown($peak, $largest{3}));
($answer, $peak) = ask("SELECT count(*) || ' ' || sum(octet_length(section)) FROM carousel_sections('zone 1', '2026-11-21', layout())");
is($answer, "$messages{1} $largest{1}", 'carousel_sections gives 600 MB');
cmp_ok($peak, '<', room_for(0), 'in hardly any memory: ' . shown($peak, $largest{1}));

# ---- exports: as large as you like, in the memory of a small one ----

my $folder = PostgreSQL::Test::Utils::tempdir();
my %export = (
	file => "export_carousel_to_file('zone 3', '2026-11-21', '$folder/carousel', layout => layout())",
	program => "export_carousel_to_program('zone 3', '2026-11-21', 'wc -c >$folder/counted', layout => layout())",
	'large object' => "export_carousel_to_large_object('zone 1', '2026-11-21', layout => layout())");
for my $target (sort keys %export)
{
	my $zone = $target eq 'large object' ? 1 : 3;
	($answer, $peak) = ask("SELECT messages, bytes FROM $export{$target}");
	is($answer, "$messages{$zone}|$largest{$zone}", "an export of more than half a gigabyte to a $target");
	cmp_ok($peak, '<', room_for(0), 'in hardly any memory: ' . shown($peak, $largest{$zone}));
}
is(-s "$folder/carousel", $largest{3}, 'all of it is in the file');
is(slurp_file("$folder/counted") + 0, $largest{3}, 'and came to the program');

$in .= "\\q\n";
$harness->finish;
unlike(slurp_file($node->logfile), qr/PANIC|was terminated by signal|XX000/, 'nothing bad in the log');

$node->stop;
done_testing();
