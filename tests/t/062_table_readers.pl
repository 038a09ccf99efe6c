# PAT, PMT, NIT, SDT, EIT and TOT that are made of rows are read by others: libdvbpsi (VLC's), with its own decoders of
# these tables, and tshark (Wireshark's). Both find the same programs, streams, services, events, times and texts. What is
# expected is put together here, of the data that the rows are made of, and not by onetrip. Texts are bytes of UTF-8 throughout.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use JSON::PP;
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local qw(timegm);

my $json = JSON::PP->new->canonical;
my %pid_of = (pat => 0, nit => 0x10, sdt => 0x11, eit => 0x12, eit_pf => 0x12, tot => 0x14);

# Names in the tables of characters of EN 300 468 annex A: as they stand in the row, and what they are.
my @NAMES = (
	[ 'Un', 'Un' ],
	[ 'Příběh', 'Příběh' ],
	[ 'Ça ira à Noël, œuvre n° 1', 'Ça ira à Noël, œuvre n° 1' ],
	[ 'Σίσυφος', 'Σίσυφος' ],
	[ { text => 'Новости', selector => '01' }, 'Новости' ],
	[ { text => 'Ψυχή', selector => '03' }, 'Ψυχή' ],
	[ { text => 'Çağdaş', selector => '05' }, 'Çağdaş' ],
	[ { text => 'Łódź', selector => '100002' }, 'Łódź' ],
	[ { text => 'Fête à 5 €', selector => '0b' }, 'Fête à 5 €' ],
	[ { text => '東京', selector => '11' }, '東京' ],
	[ { text => 'Zoé 🎬', selector => '15' }, 'Zoé 🎬' ],
);

plan skip_all => 'tshark is not installed' if !has_program('tshark', '--version');
my $table_reader = build_table_reader();
plan skip_all => 'libdvbpsi-dev or a C compiler is not installed' if !defined $table_reader;

my $node = start_server('main');
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
make_layouts();

check_pat_and_pmt();
check_nit();
check_sdt();
check_eit_schedule();
check_present_following();
check_tot();
check_damaged_table();

$node->stop;
done_testing();

# The readers --------------------------------------------------------------------------------------

sub has_program
{
	my @command = @_;
	my ($output, $errors);
	return eval { IPC::Run::run(\@command, '>', \$output, '2>', \$errors) };
}

# The path of tests/readers/table_reader.c's program; undef if it cannot be built.
sub build_table_reader
{
	my ($output, $errors);
	my @probe = qw(cc -E -include dvbpsi/dvbpsi.h -x c /dev/null);
	return if !eval { IPC::Run::run(\@probe, '>', \$output, '2>', \$errors) };
	my $program = PostgreSQL::Test::Utils::tempdir() . '/table_reader';
	system_or_bail('cc', '-Wall', '-Wextra', '-Werror', '-o', $program, "$FindBin::RealBin/../readers/table_reader.c", '-ldvbpsi');
	return $program;
}

# What table_reader prints, a line an element, and the library's messages.
sub read_with_dvbpsi
{
	my ($file) = @_;
	my ($output, $messages);
	IPC::Run::run([ $table_reader, $file ], '>', \$output, '2>', \$messages);
	return ([ split /\n/, $output ], $messages);
}

# All values of each field in the order of the file, and what tshark has to complain about. A frame has the values of its sections.
sub read_with_tshark
{
	my ($file, @fields) = @_;
	my @tshark = ('tshark', '-o', 'mpeg_sect.verify_crc:TRUE', '-r', $file, '-T', 'fields', '-E', 'aggregator=|');
	my ($output, $errors);
	local $ENV{TZ} = 'UTC';
	local $ENV{LC_ALL} = 'C.UTF-8';
	IPC::Run::run([ @tshark, map { ('-e', $_) } @fields, qw(mpeg_sect.crc.status _ws.expert.message) ], '>', \$output, '2>', \$errors)
	  or die "tshark: $errors";
	my %values = map { $_ => [] } @fields;
	my @complaints;
	for my $frame (split /\n/, $output)
	{
		my @cells = split /\t/, $frame, -1;
		push @{ $values{ $fields[$_] } }, split /\|/, $cells[$_], -1 for 0 .. $#fields;
		push @complaints, map { $_ eq '1' ? () : "CRC_32 status $_" } split /\|/, $cells[-2];
		push @complaints, grep { $_ ne '' } $cells[-1];
	}
	return (\%values, join "\n", @complaints);
}

# A text as tshark prints it. Version 4.0 leaves ISO/IEC 6937 and UTF-16 as they are sent, each byte over 0x7F replaced.
sub tshark_text
{
	my ($row, $text, $default) = @_;
	my $table = ref $row ? { 11 => 'UTF-16BE' }->{ $row->{selector} } : $default;
	return $text if !defined $table || $text !~ /[^ -~]/;
	my ($bytes, $errors) = ('', '');
	# What the table does not have is sent in UTF-8.
	IPC::Run::run([ 'iconv', '-f', 'UTF-8', '-t', $table ], '<', \$text, '>', \$bytes, '2>', \$errors) or return $text;
	return $bytes =~ s/[\x80-\xFF]/\xEF\xBF\xBD/gr;
}

# Instants as tshark prints them.
sub of_tshark
{
	my ($at) = @_;
	my ($date, $time) = split / /, $at;
	my ($year, $month, $day) = split /-/, $date;
	my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
	return sprintf '%s %2d, %d %s.000000000 UTC', $months[ $month - 1 ], $day, $year, $time;
}

# The layouts --------------------------------------------------------------------------------------

# Strict ones, in the syntax of ISO/IEC 13818-1 (2.4.4.3, 2.4.4.8) and EN 300 468 (5.2.1, 5.2.3, 5.2.4, 5.2.6).
sub make_layouts
{
	my $long_head = <<'TEXT';
    section_syntax_indicator      1  bslbf   = 1
    reserved_future_use           1  bslbf   = 1
    reserved                      2  bslbf   = 0b11
    section_length               12  uimsbf  = length()
TEXT
	my $numbers = <<'TEXT';
    reserved                      2  bslbf   = 0b11
    version_number                5  uimsbf
    current_next_indicator        1  bslbf   = 1
    section_number                8  uimsbf  = part()
    last_section_number           8  uimsbf  = last_part()
TEXT
	my $events = <<'TEXT';
        event_id                 16  uimsbf
        start_time               40  utc
        duration                 24  duration
        running_status            3  uimsbf
        free_CA_mode              1  bslbf
        descriptors_loop_length  12  uimsbf  = length(descriptors)
        descriptors               *  tlv(8,8,dvb)
    }
    CRC_32  32  rpchof
}
short_event_descriptor (dvb 0x4D) {              -- EN 300 468, 6.2.37
    ISO_639_language_code  24  char
    event_name_length       8  uimsbf  = length(event_name)
    event_name              *  dvbtext
    text_length             8  uimsbf  = length(text)
    text                    *  dvbtext
}
content_descriptor (dvb 0x54) {                  -- 6.2.9
    contents[] {
        content_nibble_level_1  4  uimsbf
        content_nibble_level_2  4  uimsbf
        user_byte               8  uimsbf
    }
}
parental_rating_descriptor (dvb 0x55) {          -- 6.2.28
    ratings[] {
        country_code  24  char
        rating         8  uimsbf
    }
}
TEXT
	my %layouts = (pat => <<"TEXT", pmt => <<"TEXT", nit => <<"TEXT", sdt => <<"TEXT", eit => <<"TEXT", eit_pf => <<"TEXT", tot => <<"TEXT");
pat (max 1024) {
    table_id                  8  uimsbf  = 0x00
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    transport_stream_id      16  uimsbf
$numbers
    programs[] split {
        program_number  16  uimsbf
        reserved         3  bslbf  = 0b111
        if (program_number == 0) {
            network_PID  13  uimsbf
        } else {
            program_map_PID  13  uimsbf
        }
    }
    CRC_32  32  rpchof
}
TEXT
pmt (max 1024) {
    table_id                  8  uimsbf  = 0x02
    section_syntax_indicator  1  bslbf   = 1
    zero                      1  bslbf   = 0
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    program_number           16  uimsbf
    reserved                  2  bslbf   = 0b11
    version_number            5  uimsbf
    current_next_indicator    1  bslbf   = 1
    section_number            8  uimsbf  = 0
    last_section_number       8  uimsbf  = 0
    reserved                  3  bslbf   = 0b111
    PCR_PID                  13  uimsbf
    reserved                  4  bslbf   = 0b1111
    program_info_length      12  uimsbf  = length(program_info)
    program_info              *  tlv(8,8,mpeg)
    streams[] {
        stream_type      8  uimsbf
        reserved         3  bslbf   = 0b111
        elementary_PID  13  uimsbf
        reserved         4  bslbf   = 0b1111
        ES_info_length  12  uimsbf  = length(ES_info)
        ES_info          *  tlv(8,8,mpeg)
    }
    CRC_32  32  rpchof
}
ISO_639_language_descriptor (mpeg 0x0A) {        -- ISO/IEC 13818-1, 2.6.18
    languages[] {
        ISO_639_language_code  24  char
        audio_type              8  uimsbf
    }
}
TEXT
nit (max 1024) {
    table_id                      8  uimsbf
$long_head
    network_id                   16  uimsbf
$numbers
    reserved_future_use           4  bslbf   = 0b1111
    network_descriptors_length   12  uimsbf  = length(network_descriptors)
    network_descriptors           *  tlv(8,8,dvb)
    reserved_future_use           4  bslbf   = 0b1111
    transport_stream_loop_length 12  uimsbf  = length(transport_streams)
    transport_streams[] split {
        transport_stream_id           16  uimsbf
        original_network_id           16  uimsbf
        reserved_future_use            4  bslbf   = 0b1111
        transport_descriptors_length  12  uimsbf  = length(transport_descriptors)
        transport_descriptors          *  tlv(8,8,dvb)
    }
    CRC_32  32  rpchof
}
network_name_descriptor (dvb 0x40) {             -- EN 300 468, 6.2.27
    network_name  *  dvbtext
}
service_list_descriptor (dvb 0x41) {             -- 6.2.35
    services[] {
        service_id   16  uimsbf
        service_type  8  uimsbf
    }
}
TEXT
sdt (max 1024, text 6937) {
    table_id                      8  uimsbf
$long_head
    transport_stream_id          16  uimsbf
$numbers
    original_network_id          16  uimsbf
    reserved_future_use           8  bslbf   = 0xFF
    services[] split {
        service_id                 16  uimsbf
        reserved_future_use         6  bslbf   = 0b111111
        EIT_schedule_flag           1  bslbf
        EIT_present_following_flag  1  bslbf
        running_status              3  uimsbf
        free_CA_mode                1  bslbf
        descriptors_loop_length    12  uimsbf  = length(descriptors)
        descriptors                 *  tlv(8,8,dvb)
    }
    CRC_32  32  rpchof
}
service_descriptor (dvb 0x48) {                  -- 6.2.33
    service_type                  8  uimsbf
    service_provider_name_length  8  uimsbf  = length(service_provider_name)
    service_provider_name         *  dvbtext
    service_name_length           8  uimsbf  = length(service_name)
    service_name                  *  dvbtext
}
TEXT
eit_schedule {
    table_id                      8  uimsbf
$long_head
    service_id                   16  uimsbf
$numbers
    transport_stream_id          16  uimsbf
    original_network_id          16  uimsbf
    segment_last_section_number   8  uimsbf  = last_part(segment)
    last_table_id                 8  uimsbf
    events[] split(8) by segment {
$events
TEXT
eit_pf {
    table_id                      8  uimsbf  = 0x4E
$long_head
    service_id                   16  uimsbf
$numbers
    transport_stream_id          16  uimsbf
    original_network_id          16  uimsbf
    segment_last_section_number   8  uimsbf  = last_part()
    last_table_id                 8  uimsbf  = 0x4E
    events[] split(1) by position {
$events
TEXT
tot {
    table_id                  8  uimsbf  = 0x73
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    UTC_time                 40  utc
    reserved                  4  bslbf   = 0b1111
    descriptors_loop_length  12  uimsbf  = length(descriptors)
    descriptors               *  tlv(8,8,dvb)
    CRC_32                   32  rpchof
}
local_time_offset_descriptor (dvb 0x58) {        -- 6.2.20
    offsets[] {
        country_code               24  char
        country_region_id           6  uimsbf
        reserved                    1  bslbf  = 1
        local_time_offset_polarity  1  bslbf
        local_time_offset          16  bcd
        time_of_change             40  utc
        next_time_offset           16  bcd
    }
}
TEXT
	$node->safe_psql('postgres', 'CREATE TABLE layouts (name text PRIMARY KEY, layout section_layout)');
	$node->safe_psql('postgres', "INSERT INTO layouts VALUES ('$_', \$layout\$$layouts{$_}\$layout\$)") for sort keys %layouts;
	return;
}

# The streams --------------------------------------------------------------------------------------

# libdvbpsi shows an EIT, whose section numbers may have gaps, when it has seen the last one of them twice.
sub copies_of
{
	my ($name) = @_;
	return $name =~ /^eit/i ? 2 : 1;
}

# A file of the packets of these tables, [name, row, PID unless that of the name]..., and how many sections each has. Tables of one
# PID follow one another in its packets.
sub write_stream
{
	my ($name, @tables) = @_;
	my (%sections_of, @pids, @counts);
	for (@tables)
	{
		my ($layout, $row, $pid) = @$_;
		$pid //= $pid_of{$layout};
		my $text = $json->encode($row);
		utf8::downgrade($text);
		my $sections = $node->safe_psql('postgres', <<"SQL");
SELECT coalesce(string_agg(encode(s, 'hex'), ' '), '')
FROM layouts, encode_sections(layout, \$row\$$text\$row\$::jsonb) AS s WHERE name = '$layout'
SQL
		push @pids, $pid if !exists $sections_of{$pid};
		$sections_of{$pid} .= "$sections ";
		push @counts, scalar split ' ', $sections;
	}
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.ts";
	open my $handle, '>:raw', $file or die "$file: $!";
	for my $pid (@pids)
	{
		my $hex = $sections_of{$pid} =~ s/ //gr x copies_of($name);
		print $handle pack 'H*', $node->safe_psql('postgres', "SELECT encode(ts_packets('\\x$hex', $pid), 'hex')");
	}
	# tshark knows a file of packets by two sync_bytes at least.
	print $handle pack('H*', '471fff10') . ("\xff" x 184) for 1 .. 2;
	close $handle or die "$file: $!";
	return ($file, @counts);
}

sub instant
{
	my ($epoch) = @_;
	my @parts = gmtime $epoch;
	return sprintf '%d-%02d-%02d %02d:%02d:%02d', $parts[5] + 1900, $parts[4] + 1, @parts[ 3, 2, 1, 0 ];
}

sub of_json { return $_[0] =~ s/ /T/r . 'Z'; }

sub lines_are
{
	my ($got, $expected, $name) = @_;
	my @others = grep { ($got->[$_] // '') ne ($expected->[$_] // '') } 0 .. (@$got > @$expected ? $#$got : $#$expected);
	return is(scalar @others, 0, $name) || diag(sprintf '%d of %d, the first is %d: got "%s", expected "%s"',
		scalar @others, scalar @$expected, $others[0], $got->[ $others[0] ] // 'nothing', $expected->[ $others[0] ] // 'nothing');
}

# What libdvbpsi reads is these lines; what tshark finds in each field is these values. Neither says a word.
sub check_readers
{
	my ($name, $file, $lines, %values) = @_;
	my ($got, $messages) = read_with_dvbpsi($file);
	lines_are($got, $lines, "$name: libdvbpsi");
	is($messages, '', "$name: libdvbpsi has no message");
	my ($found, $complaints) = read_with_tshark($file, sort keys %values);
	lines_are($found->{$_}, [ (@{ $values{$_} }) x copies_of($name) ], "$name: tshark's $_") for sort keys %values;
	is($complaints, '', "$name: tshark has no complaint");
	return;
}

# The tables ---------------------------------------------------------------------------------------

# 301 programs in two sections, and the PMTs of three of them.
sub check_pat_and_pmt
{
	my @programs = map { { program_number => $_, program_map_PID => 0x100 + $_ } } 1 .. 300;
	my @tables = [ pat => { transport_stream_id => 0xFFFE, version_number => 31, programs => [ { program_number => 0, network_PID => 0x10 }, @programs ] } ];
	my @lines = ("pat\t65534\t31", "program\t0\t16", map { "program\t$_->{program_number}\t$_->{program_map_PID}" } @programs);
	my (@types, @pids, @languages);
	for my $program (1, 2, 300)
	{
		my $pcr = 0x1000 + $program;
		my @streams = ([ 0x1B, $pcr, [] ], map { [ 0x0F, 0x1800 + $program + $_->[0], [ { ISO_639_language_descriptor => { languages => [ { ISO_639_language_code => $_->[1], audio_type => $_->[0] } ] } }, { tag => 0x52, hex => sprintf '%02x', $_->[0] } ] ] } [ 0, 'fra' ], [ 3, 'eng' ]);
		push @tables, [ pmt => {
			program_number => $program, version_number => $program % 32, PCR_PID => $pcr,
			program_info => [ { tag => 0x05, hex => '43554549' } ],
			streams => [ map { { stream_type => $_->[0], elementary_PID => $_->[1], ES_info => $_->[2] } } @streams ],
		}, 0x100 + $program ];
		push @lines, "pmt\t$program\t" . $program % 32 . "\t$pcr", "descriptor\t05\t43554549";
		for my $stream (@streams)
		{
			push @lines, "stream\t$stream->[0]\t$stream->[1]";
			push @types, sprintf '0x%02x', $stream->[0];
			push @pids, sprintf '0x%04x', $stream->[1];
		}
		splice @lines, -1, 0, "language\tfra\t0", "descriptor\t52\t00";
		push @lines, "language\teng\t3", "descriptor\t52\t03";
		push @languages, qw(fra eng);
	}
	my ($file, @counts) = write_stream('pat_and_pmt', @tables);
	is("@counts", '2 1 1 1', 'PAT and PMT: sections');
	check_readers('PAT and PMT', $file, \@lines,
		'mpeg_pat.tsid' => [ ('0xfffe') x 2 ],
		'mpeg_pat.version' => [ ('0x1f') x 2 ],
		'mpeg_pat.sect_num' => [ 0, 1 ],
		'mpeg_pat.last_sect_num' => [ 1, 1 ],
		'mpeg_pat.prog_num' => [ map { sprintf '0x%04x', $_ } 0 .. 300 ],
		'mpeg_pat.prog_map_pid' => [ map { sprintf '0x%04x', $_ } 0x10, map { $_->{program_map_PID} } @programs ],
		'mpeg_pmt.pg_num' => [qw(0x0001 0x0002 0x012c)],
		'mpeg_pmt.version' => [qw(0x01 0x02 0x0c)],
		'mpeg_pmt.pcr_pid' => [qw(0x1001 0x1002 0x112c)],
		'mpeg_pmt.stream.type' => \@types,
		'mpeg_pmt.stream.elementary_pid' => \@pids,
		'mpeg_descr.lang.code' => \@languages);
	return;
}

# 90 transport streams of this network in several sections, and another network.
sub check_nit
{
	my (@streams, @lines, @ids);
	for my $id (1 .. 90)
	{
		my @services = map { { service_id => 100 * $id + $_, service_type => $_ % 2 ? 1 : 0x19 } } 1 .. 1 + $id % 9;
		push @streams, { transport_stream_id => $id, original_network_id => 0x20FA, transport_descriptors => [ { service_list_descriptor => { services => \@services } } ] };
		push @lines, "transport\t$id\t8442", map { "listed\t$_->{service_id}\t$_->{service_type}" } @services;
		push @ids, map { sprintf '0x%04x', $_->{service_id} } @services;
	}
	my $name = 'Réseau d’été';
	my %row = (version_number => 5, network_descriptors => [ { network_name_descriptor => { network_name => $name } } ]);
	my ($file, @counts) = write_stream('nit', [ nit => { %row, table_id => 0x40, network_id => 0x3001, transport_streams => \@streams } ],
		[ nit => { %row, table_id => 0x41, network_id => 0x3002, transport_streams => [] } ]);
	cmp_ok($counts[0], '>', 1, 'NIT: in several sections');
	# Each section has the network's descriptors, and libdvbpsi has all of them.
	check_readers('NIT', $file, [ "nit\t64\t12289\t5", ("network_name\t$name") x $counts[0], @lines, "nit\t65\t12290\t5", "network_name\t$name" ],
		'dvb_nit.sid' => [ ('0x3001') x $counts[0], '0x3002' ],
		'dvb_nit.sect_num' => [ 0 .. $counts[0] - 1, 0 ],
		'dvb_nit.ts.id' => [ map { sprintf '0x%04x', $_ } 1 .. 90 ],
		'mpeg_descr.svc_list.id' => \@ids,
		'mpeg_descr.net_name.name' => [ ($name) x ($counts[0] + 1) ]);
	return;
}

# 55 services in several sections, in two versions, and those of another transport stream.
sub check_sdt
{
	my (@services, @lines, @names, @providers);
	for my $n (1 .. 55)
	{
		my ($row, $name) = @{ $NAMES[ $n % @NAMES ] };
		push @services, { service_id => $n, EIT_schedule_flag => $n % 2, EIT_present_following_flag => 1, running_status => 4, free_CA_mode => $n % 3 ? 0 : 1,
			descriptors => [ { service_descriptor => { service_type => 1, service_provider_name => "Chaîne $n", service_name => $row } } ] };
		push @lines, join("\t", 'service', $n, $n % 2, 1, 4, $n % 3 ? 0 : 1), "names\t1\tChaîne $n\t$name";
		push @names, tshark_text($row, $name, 'ISO_6937');
		push @providers, tshark_text('', "Chaîne $n", 'ISO_6937');
	}
	my %row = (original_network_id => 0x20FA, services => \@services);
	my ($file, @counts) = write_stream('sdt', (map { [ sdt => { %row, table_id => 0x42, transport_stream_id => 1, version_number => $_ } ] } 31, 0),
		[ sdt => { %row, table_id => 0x46, transport_stream_id => 2, version_number => 7 } ]);
	cmp_ok($counts[0], '>', 1, 'SDT: in several sections');
	my @numbers = 0 .. $counts[0] - 1;
	check_readers('SDT', $file, [ map { ($_, @lines) } "sdt\t66\t1\t31\t8442", "sdt\t66\t1\t0\t8442", "sdt\t70\t2\t7\t8442" ],
		'dvb_sdt.tsid' => [ map { ($_) x $counts[0] } qw(0x0001 0x0001 0x0002) ],
		'dvb_sdt.version' => [ map { ($_) x $counts[0] } qw(0x1f 0x00 0x07) ],
		'dvb_sdt.sect_num' => [ (@numbers) x 3 ],
		'dvb_sdt.svc.id' => [ map { sprintf '0x%04x', $_ } (1 .. 55) x 3 ],
		'mpeg_descr.svc.svc_name' => [ (@names) x 3 ],
		'mpeg_descr.svc.provider_name' => [ (@providers) x 3 ]);
	return;
}

# The descriptors of an event in two languages, and what libdvbpsi finds in them.
sub event_descriptors
{
	my ($n) = @_;
	my ($row, $name) = @{ $NAMES[ $n % @NAMES ] };
	# The layout of EIT has no table of its own, so that a string is ASCII, or UTF-8 with its selector.
	my $summary = 'Un été à Łódź, ' . 'n° ' x ($n % 37) . $n;
	my @rows = (
		{ short_event_descriptor => { ISO_639_language_code => 'fra', event_name => $row, text => $summary } },
		{ short_event_descriptor => { ISO_639_language_code => 'eng', event_name => "Story $n", text => '' } },
		{ content_descriptor => { contents => [ { content_nibble_level_1 => 1 + $n % 10, content_nibble_level_2 => $n % 16, user_byte => 0 } ] } },
		{ parental_rating_descriptor => { ratings => [ { country_code => 'FRA', rating => $n % 16 } ] } });
	my @lines = ("title\tfra\t$name\t$summary", "title\teng\tStory $n\t", "content\t" . (16 * (1 + $n % 10) + $n % 16) . "\t0", "rating\tFRA\t" . $n % 16);
	return (\@rows, \@lines, [ tshark_text($row, $name), "Story $n" ], [ $summary, '' ]);
}

# Five days in segments of three hours and tables of 32 segments: two events, or none, or 30, which take several sections.
sub check_eit_schedule
{
	my $midnight = timegm(0, 0, 0, 24, 9, 2026);
	my (%events, %lines, %starts, %names, %texts);
	for my $n (map { my $segment = $_; $segment % 7 == 3 ? () : map { 30 * $segment + $_ } $segment % 7 == 2 ? 0 .. 29 : (0, 15) } 0 .. 39)
	{
		my $start = $midnight + 360 * $n;
		my $segment = int($n / 30);
		my ($rows, $lines, $names, $texts) = event_descriptors($n);
		my $table_id = 0x50 + int($segment / 32);
		push @{ $events{$table_id} }, { segment => $segment % 32, event_id => 1000 + $n, start_time => of_json(instant($start)), duration => '00:05:30', running_status => $n % 5, free_CA_mode => $n % 2, descriptors => $rows };
		push @{ $lines{$table_id} }, join("\t", 'event', 1000 + $n, instant($start), '00:05:30', $n % 5, $n % 2), @$lines;
		push @{ $starts{$table_id} }, of_tshark(instant($start));
		push @{ $names{$table_id} }, @$names;
		push @{ $texts{$table_id} }, @$texts;
	}
	my %row = (service_id => 7, version_number => 30, transport_stream_id => 1, original_network_id => 0x20FA, last_table_id => 0x51);
	my ($file, @counts) = write_stream('eit', map { [ eit => { %row, table_id => $_, events => $events{$_} } ] } 0x50, 0x51);
	cmp_ok($counts[0], '>', 34, 'EIT schedule: some segments have several sections');
	my @tables = (0x50, 0x51);
	check_readers('EIT schedule', $file, [ map { ("eit\t$_\t7\t30\t1\t8442\t81", @{ $lines{$_} }) } @tables ],
		'dvb_eit.sid' => [ ('0x0007') x ($counts[0] + $counts[1]) ],
		'dvb_eit.version' => [ ('0x1e') x ($counts[0] + $counts[1]) ],
		'dvb_eit.evt.id' => [ map { sprintf '0x%04x', $_->{event_id} } map { @{ $events{$_} } } @tables ],
		'dvb_eit.evt.start_time' => [ map { @{ $starts{$_} } } @tables ],
		'mpeg_descr.short_evt.name' => [ map { @{ $names{$_} } } @tables ],
		'mpeg_descr.short_evt.txt' => [ grep { $_ ne '' } map { @{ $texts{$_} } } @tables ]);
	return;
}

# Present and following, and a service of which nothing is on: its section 0 has no event.
sub check_present_following
{
	my $start = timegm(0, 30, 0, 25, 9, 2026);
	my (@events, @lines, @names);
	for my $position (0, 1)
	{
		my ($rows, $lines, $names) = event_descriptors(3 + $position);
		push @events, { position => $position, event_id => $position, start_time => of_json(instant($start + 3600 * $position)), duration => '01:00:00', running_status => $position ? 1 : 4, free_CA_mode => 0, descriptors => $rows };
		push @lines, join("\t", 'event', $position, instant($start + 3600 * $position), '01:00:00', $position ? 1 : 4, 0), @$lines;
		push @names, @$names;
	}
	my %row = (version_number => 1, transport_stream_id => 1, original_network_id => 0x20FA);
	my ($file, @counts) = write_stream('eit_pf', [ eit_pf => { %row, service_id => 7, events => \@events } ], [ eit_pf => { %row, service_id => 8, events => [ $events[1] ] } ]);
	is("@counts", '2 2', 'EIT present/following: two sections each');
	check_readers('EIT present/following', $file, [ "eit\t78\t7\t1\t1\t8442\t78", @lines, "eit\t78\t8\t1\t1\t8442\t78", @lines[ @lines / 2 .. $#lines ] ],
		'dvb_eit.sid' => [qw(0x0007 0x0007 0x0008 0x0008)],
		'dvb_eit.sect_num' => [ 0, 1, 0, 1 ],
		'dvb_eit.segment_last_sect_num' => [ (1) x 4 ],
		'dvb_eit.evt.id' => [qw(0x0000 0x0001 0x0001)],
		'dvb_eit.evt.duration' => [ ('0x010000') x 3 ],
		'mpeg_descr.short_evt.name' => [ @names, @names[ 2, 3 ] ]);
	return;
}

# Each quarter of an hour of the night in which summer time ends in France, at 01:00 UTC, and begins nowhere.
sub check_tot
{
	my $change = timegm(0, 0, 1, 25, 9, 2026);
	my (@tables, @lines, @times, @offsets, @next);
	for my $quarter (-4 .. 4)
	{
		my $now = $change + 900 * $quarter;
		my ($before, $after) = $quarter < 0 ? (200, 100) : (100, 200);
		my $next = $quarter < 0 ? $change : timegm(0, 0, 1, 28, 2, 2027);
		my @places = ([ 'FRA', 0, 0, $before, $next, $after ], [ 'CAN', 1, 1, 230, timegm(0, 30, 4, 1, 10, 2026), 330 ]);
		push @tables, [ tot => { UTC_time => of_json(instant($now)), descriptors => [ { local_time_offset_descriptor => { offsets => [ map { {
			country_code => $_->[0], country_region_id => $_->[1], local_time_offset_polarity => $_->[2], local_time_offset => $_->[3],
			time_of_change => of_json(instant($_->[4])), next_time_offset => $_->[5] } } @places ] } } ] } ];
		push @lines, "tot\t" . instant($now), map { sprintf "offset\t%s\t%d\t%d\t%04d\t%s\t%04d", @$_[ 0 .. 3 ], instant($_->[4]), $_->[5] } @places;
		push @times, of_tshark(instant($now));
		push @offsets, map { sprintf '%d.000000000', 3600 * int($_->[3] / 100) + 60 * ($_->[3] % 100) } @places;
		push @next, map { of_tshark(instant($_->[4])) } @places;
	}
	my ($file, @counts) = write_stream('tot', @tables);
	check_readers('TOT', $file, \@lines,
		'dvb_tot.utc_time' => \@times,
		'mpeg_descr.local_time_offset.country_code' => [ (qw(FRA CAN)) x 9 ],
		'mpeg_descr.local_time_offset.polarity' => [ (qw(0x00 0x01)) x 9 ],
		'mpeg_descr.local_time_offset.offset' => \@offsets,
		'mpeg_descr.local_time_offset.time_of_change' => \@next);
	return;
}

# Neither reader is worth anything if it takes whatever it is given.
sub check_damaged_table
{
	my ($file) = write_stream('damaged', [ tot => { UTC_time => '2026-11-28T12:00:00Z', descriptors => [] } ]);
	my $bytes = slurp_file($file);
	substr($bytes, 8, 1) ^= "\x01";
	open my $handle, '>:raw', $file or die "$file: $!";
	print $handle $bytes;
	close $handle or die "$file: $!";
	my ($lines, $messages) = read_with_dvbpsi($file);
	like("@$lines$messages", qr/^(?!.*2026-11-28 12:00:00).*CRC/s, 'damaged: libdvbpsi says so');
	my (undef, $complaints) = read_with_tshark($file, 'dvb_tot.utc_time');
	like($complaints, qr/CRC_32 status 0/, 'damaged: tshark says so');
	return;
}
