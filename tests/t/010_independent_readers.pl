# What ts_packets makes is read by others: libdvbpsi (VLC's) and tshark (Wireshark's). Both have to
# find every section, byte by byte, and nothing to complain about.

use strict;
use warnings;

use File::Basename qw(dirname);
use FindBin;
use IPC::Run;
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $pid = 0x1234;
my $pmt_pid = 0x0100;

plan skip_all => 'tshark is not installed' if !has_program('tshark', '--version');
my $dvbpsi_reader = build_dvbpsi_reader();
plan skip_all => 'libdvbpsi-dev or a C compiler is not installed' if !defined $dvbpsi_reader;

my $node = start_server('main');
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');

make_layouts();
make_carousel();
make_long_sections();
make_mix();
for my $stream (qw(carousel long mix))
{
    check_stream($stream);
}

check_loops();

# Neither reader is worth anything if it takes whatever it is given.
check_damaged_stream();

$node->stop;
done_testing();

# The readers --------------------------------------------------------------------------------------

sub has_program
{
    my @command = @_;
    my ($output, $errors);
    return eval { IPC::Run::run(\@command, '>', \$output, '2>', \$errors) };
}

# The path of tests/readers/dvbpsi_reader.c's program; undef where it cannot be built.
sub build_dvbpsi_reader
{
    my ($output, $errors);
    my @probe = qw(cc -E -include dvbpsi/dvbpsi.h -x c /dev/null);
    return if !eval { IPC::Run::run(\@probe, '>', \$output, '2>', \$errors) };
    my $program = PostgreSQL::Test::Utils::tempdir() . '/dvbpsi_reader';
    system_or_bail('cc', '-Wall', '-Wextra', '-Werror', '-o', $program,
        "$FindBin::RealBin/../readers/dvbpsi_reader.c", '-ldvbpsi');
    return $program;
}

# Sections in hexadecimal digits, and messages.
sub read_with_dvbpsi
{
    my ($file) = @_;
    my ($output, $messages);
    IPC::Run::run([ $dvbpsi_reader, $file, $pid ], '>', \$output, '2>', \$messages);
    return ([ split /\n/, $output ], $messages);
}

# tshark knows a file of bare packets by their sync_bytes (at least two packets), takes each packet
# as a frame, and needs PAT and PMT to tell PSI from other PIDs by name only: a payload that does not
# begin with a PES prefix is a section to it.
#
# -T jsonraw has each section as the first element of "mpeg_sect_raw", also where it was put together
# out of several frames; -T fields knows no field with the bytes of a whole section.
sub read_with_tshark
{
    my ($file) = @_;
    my @tshark = ('tshark', '-o', 'mpeg_sect.verify_crc:TRUE', '-r', $file);
    my $raw = run_tshark(@tshark, '-Y', "mp2t.pid == $pid", '-T', 'jsonraw', '-j', 'mpeg_sect');
    my @sections = $raw =~ /"mpeg_sect_raw": \[\s*"([0-9a-f]*)"/g;
    my $fields = run_tshark(
        @tshark, '-Y', "mp2t.pid == $pid", '-T', 'fields',
        '-e', 'mpeg_sect.len', '-e', 'mpeg_sect.crc.status', '-e', '_ws.expert.message');
    my (@lengths, @statuses, @messages);
    for my $frame (split /\n/, $fields)
    {
        my ($lengths, $statuses, $messages) = split /\t/, $frame, -1;
        push @lengths, split /,/, $lengths;
        push @statuses, split /,/, $statuses;
        push @messages, $messages if $messages ne '';
    }
    return (\@sections, \@lengths, \@statuses, join("\n", @messages));
}

sub run_tshark
{
    my @command = @_;
    my ($output, $errors);
    IPC::Run::run(\@command, '>', \$output, '2>', \$errors) or die "tshark: $errors";
    return $output;
}

# The streams --------------------------------------------------------------------------------------

# The tables that tell a receiver which PID carries what (ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8), a
# private section with and without CRC_32 (2.4.4.10), and what the streams are made of.
sub make_layouts
{
    $node->safe_psql('postgres', <<'SQL');
CREATE TABLE layouts (name text PRIMARY KEY, layout section_layout);
INSERT INTO layouts VALUES ('pat', 'program_association_section (max 1024) {
    table_id                  8  uimsbf  = 0x00
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    transport_stream_id      16  uimsbf  = 1
    reserved_2                2  bslbf   = 0b11
    version_number            5  uimsbf  = 0
    current_next_indicator    1  bslbf   = 1
    section_number            8  uimsbf  = 0
    last_section_number       8  uimsbf  = 0
    program_number           16  uimsbf  = 1
    reserved_3                3  bslbf   = 0b111
    program_map_pid          13  uimsbf
    crc_32                   32  rpchof
}'), ('pmt', 'ts_program_map_section (max 1024) {
    table_id                  8  uimsbf  = 0x02
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    program_number           16  uimsbf  = 1
    reserved_2                2  bslbf   = 0b11
    version_number            5  uimsbf  = 0
    current_next_indicator    1  bslbf   = 1
    section_number            8  uimsbf  = 0
    last_section_number       8  uimsbf  = 0
    reserved_3                3  bslbf   = 0b111
    pcr_pid                  13  uimsbf  = 0x1FFF  -- none
    reserved_4                4  bslbf   = 0b1111
    program_info_length      12  uimsbf  = 0
    stream_type               8  uimsbf  = 0x05    -- private sections
    reserved_5                3  bslbf   = 0b111
    elementary_pid           13  uimsbf
    reserved_6                4  bslbf   = 0b1111
    es_info_length           12  uimsbf  = 0
    crc_32                   32  rpchof
}'), ('short', 'private_section (max 4096) {
    table_id                  8  uimsbf
    section_syntax_indicator  1  bslbf   = 0
    private_indicator         1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    private_data_byte         *  bytes
}'), ('long', 'private_section (max 4096) {
    table_id                  8  uimsbf
    section_syntax_indicator  1  bslbf   = 1
    private_indicator         1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    table_id_extension       16  uimsbf
    reserved_2                2  bslbf   = 0b11
    version_number            5  uimsbf  = 0
    current_next_indicator    1  bslbf   = 1
    section_number            8  uimsbf  = 0
    last_section_number       8  uimsbf  = 0
    private_data_byte         *  bytes
    crc_32                   32  rpchof
}');
CREATE TABLE streams (name text, ordinal int, section bytea);

CREATE FUNCTION layout(wanted text) RETURNS section_layout
    LANGUAGE sql AS 'SELECT layout FROM layouts WHERE name = wanted';

-- Bytes without a pattern, in places 0xFF.
CREATE FUNCTION noise(n int, size int) RETURNS bytea LANGUAGE sql AS $$
    SELECT substring(string_agg(CASE WHEN (n + i) % 5 = 0 THEN decode(repeat('ff', 64), 'hex')
        ELSE sha512(format('%s %s', n, i)::bytea) END, '') FROM 1 FOR size)
    FROM generate_series(0, size / 64) AS i
$$;

-- A section of `size` bytes in all, of a private table.
CREATE FUNCTION section_of(n int, size int, is_long boolean) RETURNS bytea LANGUAGE sql AS $$
    SELECT encode_section(layout(CASE WHEN is_long THEN 'long' ELSE 'short' END), r)
    FROM (SELECT 128 + n % 32 AS table_id, n AS table_id_extension,
        noise(n, size - CASE WHEN is_long THEN 12 ELSE 3 END) AS private_data_byte) AS r
$$;
SQL
    return;
}

# The demo's carousel, or one of its own where the demo is not at hand: short sections, and messages
# that are split.
sub make_carousel
{
    my $demo = dirname(dirname($FindBin::RealBin)) . '/demo/sample_data.sql';
    if (-r $demo)
    {
        note "carousel: $demo";
        $node->safe_psql('postgres', slurp_file($demo));
        return;
    }
    note 'carousel: made here';
    $node->safe_psql('postgres', <<'SQL');
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 3);
INSERT INTO campagnes (id, zone_diffusion, genre, valid_start, valid_end)
VALUES (1, 'AFRIQUE', 'I', current_date, current_date);
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
SELECT n, 1, 1000000000 + n, 12, (
    SELECT jsonb_agg(jsonb_build_object('tag', 128, 'value', repeat('élève ', 1 + (n * i) % 30)))
    FROM generate_series(1, 1 + n % 9) AS i)
FROM generate_series(1, 400) AS n;
SQL
    return;
}

sub make_long_sections
{
    $node->safe_psql('postgres', <<'SQL');
INSERT INTO streams SELECT 'long', n, section_of(n, 12 + n * 53 % 4085, true)
FROM generate_series(1, 600) AS n;
SQL
    return;
}

# Small ones often: they make most of the places at which sections can end and begin. 3 and 4096
# bytes come for certain.
sub make_mix
{
    my $seed = $ENV{ONETRIP_SEED} // 13818;
    note "seed $seed";
    $node->safe_psql('postgres', <<"SQL");
SELECT setseed(($seed % 100000) / 100000.0);
INSERT INTO streams
SELECT 'mix', n, section_of(n, greatest(size, CASE WHEN is_long THEN 12 ELSE 3 END), is_long)
FROM (SELECT n, random() < 0.5 AS is_long, CASE WHEN n % 500 = 0 THEN 4096 WHEN n % 10 = 0 THEN 3
        ELSE 3 + floor(random() * CASE WHEN random() < 0.4 THEN 30 WHEN random() < 0.8 THEN 400
            ELSE 4094 END)::int END AS size
    FROM generate_series(1, 3000) AS n OFFSET 0) AS r;
SQL
    return;
}

# Sections, one after the other, by their section_length.
sub split_sections
{
    my ($hex) = @_;
    my @sections;
    while ($hex ne '')
    {
        my $length = hex(substr $hex, 2, 4) & 0x0FFF;
        push @sections, substr $hex, 0, 2 * (3 + $length), '';
    }
    return \@sections;
}

# The stream's sections and the path of a file of its packets, after PAT and PMT.
sub write_stream
{
    my ($stream) = @_;
    my $sections =
      $stream eq 'carousel'
      ? "encode_carousel('AFRIQUE', current_date)"
      : "(SELECT string_agg(section, '' ORDER BY ordinal) FROM streams WHERE name = '$stream')";
    my $concatenated = $node->safe_psql('postgres', "SELECT encode($sections, 'hex')");
    my $packets = $node->safe_psql('postgres', <<"SQL");
SELECT encode(ts_packets(encode_section(layout('pat'), r), 0)
    || ts_packets(encode_section(layout('pmt'), r), $pmt_pid)
    || ts_packets($sections, $pid, 9), 'hex')
FROM (SELECT $pmt_pid AS program_map_pid, $pid AS elementary_pid) AS r
SQL
    my $file = PostgreSQL::Test::Utils::tempdir() . "/$stream.ts";
    write_bytes($file, pack 'H*', $packets);
    return (split_sections($concatenated), $file);
}

sub write_bytes
{
    my ($file, $bytes) = @_;
    open my $handle, '>:raw', $file or die "$file: $!";
    print $handle $bytes;
    close $handle or die "$file: $!";
    return;
}

# The checks ---------------------------------------------------------------------------------------

# Not is_deeply: it would print megabytes.
sub same_sections
{
    my ($got, $expected, $name) = @_;
    is(scalar @$got, scalar @$expected, "$name: the same number of sections");
    my @others = grep { $got->[$_] ne $expected->[$_] }
      grep { $_ < @$got } 0 .. $#$expected;
    is(scalar @others, 0, "$name: the same bytes")
      or diag("section $others[0]: got $got->[$others[0]], expected $expected->[$others[0]]");
    return;
}

sub check_stream
{
    my ($stream) = @_;
    my ($expected, $file) = write_stream($stream);
    cmp_ok(scalar @$expected, '>', 200, "$stream: has sections");

    my ($sections, $messages) = read_with_dvbpsi($file);
    same_sections($sections, $expected, "$stream, libdvbpsi");
    is($messages, '', "$stream, libdvbpsi: no message");

    my ($lengths, $statuses);
    ($sections, $lengths, $statuses, $messages) = read_with_tshark($file);
    same_sections($sections, $expected, "$stream, tshark");
    is(
        join(',', @$lengths),
        join(',', map { length($_) / 2 - 3 } @$expected),
        "$stream, tshark: the same section_length");
    is($messages, '', "$stream, tshark: no message");
    check_statuses($stream, $expected, $statuses);
    return;
}

# mpeg_sect.crc.status: 0 bad, 1 good, 2 not checked.
sub check_statuses
{
    my ($stream, $expected, $statuses) = @_;
    my $long = grep { hex(substr $_, 2, 1) >= 8 } @$expected;
    is(scalar(grep { $_ ne '1' } @$statuses), 0, "$stream, tshark: no CRC_32 is wrong");
    is(scalar @$statuses, $long, "$stream, tshark: each CRC_32 is checked");
    return;
}

# Loops of one packet or many, played three times over: libdvbpsi has nothing to say at the seams, and finds all sections as
# often as they were written. All remainders of 16 packets, and sections from one byte of payload on.
sub check_loops
{
	my (@wrong, %remainders);
	my @sizes = ((map { [ ($_) x 1 ] } 3, 20, 100, 175 .. 185, 300, 1000, 1500, 2000, 4096), map { my $n = $_; [ map { 20 + $_ * 37 % 500 } 1 .. $n ] } 2 .. 40);
	push @sizes, map { [ (183) x $_ ] } 1 .. 33;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	for my $sizes (@sizes)
	{
		my $is_long = @$sizes % 2 && $sizes->[0] >= 12 ? 'true' : 'false';
		my $list = join ',', @$sizes;
		my $sections = "(SELECT string_agg(section_of(n::int, greatest(size, 12), $is_long), '' ORDER BY n) FROM unnest('{$list}'::int[]) WITH ORDINALITY AS s (size, n))";
		my $answer = $session->query_safe("SELECT encode(sections, 'hex'), encode(ts_packets(sections, $pid, 5, true), 'hex'), length(ts_packets(sections, $pid)) / 188 % 16 FROM (SELECT $sections AS sections) AS s");
		chomp $answer;  # which BackgroundPsql does not do in every version
		my ($hex, $packets, $remainder) = split /\|/, $answer;
		$remainders{$remainder} = 1;
		my $file = PostgreSQL::Test::Utils::tempdir() . '/loop.ts';
		write_bytes($file, pack('H*', $packets) x 3);
		my ($got, $messages) = read_with_dvbpsi($file);
		my $once = split_sections($hex);
		my $times = @$got / @$once;
		my $is_whole = length($packets) % (2 * 16 * 188) == 0;
		push @wrong, "$list: " . length($packets) / 376 . " packets, $times times, $messages" if !$is_whole || $messages ne '' || $times != int $times || $times % 3 || join('', @$got) ne $hex x $times;
	}
	$session->quit;
	is(join("\n", @wrong), '', 'loops, libdvbpsi: no message, and all sections');
	is(join(' ', sort { $a <=> $b } keys %remainders), join(' ', 0 .. 15), 'of all remainders');
	return;
}

# A bit in a section, and a packet that is missing.
sub check_damaged_stream
{
    my ($expected, $file) = write_stream('long');
    my $bytes = slurp_file($file);
    substr($bytes, 10 * 188 + 100, 1) ^= "\x01";
    substr($bytes, 100 * 188, 188) = '';
    write_bytes($file, $bytes);

    my ($sections, $messages) = read_with_dvbpsi($file);
    cmp_ok(scalar @$sections, '<', scalar @$expected, 'damaged, libdvbpsi: sections are missing');
    like($messages, qr/Bad CRC_32/, 'damaged, libdvbpsi: a CRC_32 is wrong');
    like($messages, qr/TS discontinuity/, 'damaged, libdvbpsi: a packet is missing');

    (undef, undef, my $statuses, $messages) = read_with_tshark($file);
    cmp_ok(scalar(grep { $_ eq '0' } @$statuses), '>', 0, 'damaged, tshark: a CRC_32 is wrong');
    like($messages, qr/missing TS frames/, 'damaged, tshark: a packet is missing');
    return;
}
