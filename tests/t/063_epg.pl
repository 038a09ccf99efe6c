# The EPG of demo/ and docs/epg.md: 50 services and 64 days of events become one transport stream, in which libdvbpsi and tshark
# find the same services, events, times and texts, each table comes as often as it must, and versions go up when and only when
# bytes change. The recording's tables become the rows that they were made of.

use strict;
use warnings;

use File::Basename qw(dirname);
use FindBin;
use IPC::Run;
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

# An instant of the night in which summer time ends in Paris, after which 64 days of events are left but for the first two.
my $night = '2026-10-24 23:30Z';
my $seconds = 30;
my $demo = dirname(dirname($FindBin::RealBin)) . '/demo';

my $node = start_server('main');
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', slurp_file("$demo/$_.sql")) for qw(epg_tables epg_data);

check_manual();
check_first_airing();
my $file = make_stream();
check_repetition($file);
check_way_back($file);
check_libdvbpsi($file);
check_tshark($file);
check_versions();
check_summer_time();

$node->stop;
done_testing();

sub sql
{
	my ($statement) = @_;
	return $node->safe_psql('postgres', $statement);
}

sub lines_of { return split /\n/, sql($_[0]); }

# The first element in which two lists differ, not all of both.
sub same_lists
{
	my ($got, $expected, $name) = @_;
	my @others = grep { ($got->[$_] // '') ne ($expected->[$_] // '') } 0 .. (@$got > @$expected ? $#$got : $#$expected);
	return is(scalar @others, 0, $name) || diag(sprintf '%d of %d, the first: got "%s", expected "%s"',
		scalar @others, scalar @$expected, $got->[ $others[0] ] // 'nothing', $expected->[ $others[0] ] // 'nothing');
}

# The page has the statements of the demo, word for word.
sub check_manual
{
	my $page = slurp_file("$demo/../docs/epg.md");
	my @statements = grep { /\S/ } split /;\n(?=\n|CREATE|--)/, slurp_file("$demo/epg_tables.sql") =~ s/^--.*\n//gmr;
	my @missing = map { /(\S.*)/ } grep { my $statement = s/^\s+|\s+$//gr; index($page, $statement) < 0 } @statements;
	cmp_ok(scalar @statements, '>', 15, 'the demo has statements');
	is(join("\n", @missing), '', 'and the manual has all of them');
	return;
}

sub check_first_airing
{
	is(sql('SELECT count(*), count(DISTINCT service) FROM events'), '19200|50', 'events of 50 services');
	is(sql("SELECT count(DISTINCT (starts AT TIME ZONE 'Europe/Paris')::date) FROM events"), 64, 'of 64 days');
	is(sql("SELECT * FROM put_on_air(1, '$night')"), '881|0|0|0', 'all tables are new');
	is(sql('SELECT count(*) FROM sections_on_air, check_sections(standard_layout((SELECT layout FROM aired AS a
			WHERE (a.table_id, a.extension, a.stream) = (sections_on_air.table_id, sections_on_air.extension, sections_on_air.stream))), section)'),
		0, 'nothing is wrong in their sections');
	is(sql("SELECT string_agg(DISTINCT table_id::text, ',') FROM aired WHERE table_id BETWEEN 80 AND 111 GROUP BY stream ORDER BY stream"),
		"80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95\n100,101,102,103,104,105,106,107,108,109,110,111,96,97,98,99", '16 tables of 4 days');
	return;
}

sub make_stream
{
	my $path = PostgreSQL::Test::Utils::tempdir() . '/epg.ts';
	my $rows = sql("SELECT rows FROM export_sections_to_file(
		'SELECT section, pid FROM cycle WHERE multiplex = 1 ORDER BY second, pid, table_id, extension, stream, part', '$path')");
	is($rows, sql('SELECT count(*) FROM cycle'), 'all sections of the cycle are written');
	return $path;
}

# Where each section begins, in seconds of the cycle: the packets of the file are sent at one rate.
sub beginnings
{
	my ($path) = @_;
	my $bytes = slurp_file($path);
	my $packets = length($bytes) / 188;
	my (%open, %found);
	my $end = sub {
		my ($pid) = @_;
		while (my $begun = $open{$pid})
		{
			return if length $begun->{bytes} < 3;
			my $length = 3 + (unpack('n', substr $begun->{bytes}, 1, 2) & 0x0FFF);
			return if length $begun->{bytes} < $length || ord $begun->{bytes} == 0xFF;
			my $section = substr $begun->{bytes}, 0, $length, '';
			push @{ $found{"$pid " . unpack('H*', $section)} }, $begun->{at};
			$begun->{at} = $begun->{last};
			delete $open{$pid} if $begun->{bytes} eq '';
		}
	};
	for my $number (0 .. $packets - 1)
	{
		my $packet = substr $bytes, 188 * $number, 188;
		my $word = unpack 'n', substr $packet, 1, 2;
		my ($pid, $control) = ($word & 0x1FFF, ord(substr $packet, 3, 1) & 0x30);
		my $payload = $control == 0x10 ? substr $packet, 4 : substr $packet, 5 + ord substr $packet, 4, 1;
		my $at = $number / $packets * $seconds;
		if ($word & 0x4000)
		{
			my $pointer = ord substr $payload, 0, 1, '';
			if ($open{$pid})
			{
				$open{$pid}{bytes} .= substr $payload, 0, $pointer;
				$end->($pid);
			}
			$open{$pid} = { bytes => substr($payload, $pointer), at => $at, last => $at };
		}
		elsif ($open{$pid})
		{
			$open{$pid}{bytes} .= $payload;
			$open{$pid}{last} = $at;
		}
		$end->($pid);
	}
	return \%found;
}

# Between two copies of a section, over the seam as well, lies its period and no more than a twentieth of it or of a tenth of a second.
sub check_repetition
{
	my ($path) = @_;
	my $found = beginnings($path);
	my %periods = map { split /\|/ } lines_of(q{SELECT pid || ' ' || encode(section, 'hex'), extract(epoch FROM period)::float FROM sections_on_air});
	is(scalar(grep { !$found->{$_} } keys %periods), 0, 'each section is in the file');
	is(scalar(grep { !exists $periods{$_} } keys %$found), 0, 'and no other');
	my @late;
	for my $section (sort keys %$found)
	{
		my @at = @{ $found->{$section} };
		my @gaps = map { ($_ < $#at ? $at[ $_ + 1 ] : $at[0] + $seconds) - $at[$_] } 0 .. $#at;
		my $period = $periods{$section} // next;
		my ($longest) = sort { $b <=> $a } @gaps;
		push @late, sprintf '%s: %.3f s, more than %.1f s', substr($section, 0, 24), $longest, $period if $longest > 1.05 * $period + 0.05;
	}
	same_lists(\@late, [], 'each comes as often as its period says');
	return;
}

sub check_way_back
{
	my ($path) = @_;
	is(sql("SELECT count(*) FROM recorded_services(pg_read_binary_file('$path'))"), 50, 'services of the recording');
	is(sql("SELECT count(*) FROM (TABLE services EXCEPT SELECT s.id, r.transport_stream_id, r.service_id, r.service_type, r.provider, r.name, s.pmt_pid
			FROM recorded_services(pg_read_binary_file('$path')) AS r JOIN services AS s USING (transport_stream_id, service_id)) AS e"), 0, 'are those of the EPG');
	sql("CREATE TABLE recorded AS SELECT * FROM recorded_events(pg_read_binary_file('$path'))");
	my $told = "SELECT s.transport_stream_id, s.service_id, e.event_id, e.starts, e.lasts, d.language::text, d.title, d.summary
		FROM services AS s JOIN events AS e ON e.service = s.id JOIN descriptions AS d ON d.event = e.id WHERE e.starts >= '2026-10-24Z'";
	is(sql("SELECT count(*) FROM ($told EXCEPT TABLE recorded) AS e"), 0, 'events of the recording are those of the EPG');
	is(sql("SELECT count(*) FROM (TABLE recorded EXCEPT $told) AS e"), 0, 'and no other');
	return;
}

# Other people's readers ---------------------------------------------------------------------------

sub has_program
{
	my @command = @_;
	my ($output, $errors);
	return eval { IPC::Run::run(\@command, '>', \$output, '2>', \$errors) };
}

# libdvbpsi shows an EIT when it has seen its last section twice, so that the file is played three times over.
sub check_libdvbpsi
{
	my ($path) = @_;
  SKIP:
	{
		skip 'libdvbpsi-dev or a C compiler is not installed', 6 if !has_program(qw(cc -E -include dvbpsi/dvbpsi.h -x c /dev/null));
		my $reader = PostgreSQL::Test::Utils::tempdir() . '/table_reader';
		system_or_bail('cc', '-o', $reader, "$FindBin::RealBin/../readers/table_reader.c", '-ldvbpsi');
		my ($output, $messages);
		IPC::Run::run([ $reader, $path, 3 ], '>', \$output, '2>', \$messages);
		is($messages, '', 'libdvbpsi: no message');
		my %read = elements_of($output);
		my %told = (
			program => q{SELECT concat_ws(E'\t', service_id, pmt_pid) FROM services WHERE transport_stream_id = 1 UNION ALL SELECT E'0\t16'},
			stream => q{SELECT concat_ws(E'\t', service_id, stream_type, pid) FROM services AS s JOIN streams ON service = s.id WHERE transport_stream_id = 1},
			names => q{SELECT concat_ws(E'\t', transport_stream_id, service_id, service_type, provider, name) FROM services},
			event => q{SELECT concat_ws(E'\t', transport_stream_id, service_id, event_id, to_char(starts, 'YYYY-MM-DD HH24:MI:SS'), lasts)
				FROM events AS e JOIN services AS s ON s.id = e.service WHERE starts >= '2026-10-24Z'},
			title => q{SELECT concat_ws(E'\t', transport_stream_id, service_id, event_id, language, title, summary)
				FROM descriptions AS d JOIN events AS e ON e.id = d.event JOIN services AS s ON s.id = e.service WHERE starts >= '2026-10-24Z'});
		same_lists([ sort keys %{ $read{$_} } ], [ sort split /\n/, sql($told{$_}) ], "libdvbpsi: each $_") for sort keys %told;
	}
	return;
}

# The lines of table_reader by their first word, each with what it belongs to, and no line twice.
sub elements_of
{
	my ($output) = @_;
	my (%elements, $program, $transport, $service, $event, $is_schedule);
	for (split /\n/, $output)
	{
		my ($word, @values) = split /\t/, $_, -1;
		$program = $values[0] if $word eq 'pmt';
		$transport = $values[1] if $word eq 'sdt';
		($transport, $service, $is_schedule) = ($values[3], $values[1], $values[0] >= 0x50) if $word eq 'eit';
		$service = $values[0] if $word eq 'service';
		$event = $values[0] if $word eq 'event';
		next if ($word eq 'event' || $word eq 'title') && !$is_schedule;
		my @of = $word eq 'stream' ? ($program) : $word eq 'names' || $word eq 'event' ? ($transport, $service) : $word eq 'title' ? ($transport, $service, $event) : ();
		@values = @values[ 0 .. 2 ] if $word eq 'event';
		$elements{$word}{ join "\t", @of, @values } = 1;
	}
	return %elements;
}

# Of each field the values that there are, in the whole file.
sub check_tshark
{
	my ($path) = @_;
  SKIP:
	{
		my %told = (
			'mpeg_pat.prog_num' => q{SELECT '0x' || lpad(to_hex(n), 4, '0') FROM (SELECT service_id AS n FROM services WHERE transport_stream_id = 1 UNION SELECT 0) AS s},
			'mpeg_pmt.stream.elementary_pid' => q{SELECT '0x' || lpad(to_hex(pid), 4, '0') FROM services AS s JOIN streams ON service = s.id WHERE transport_stream_id = 1},
			'mpeg_descr.svc.svc_name' => 'SELECT DISTINCT name FROM services',
			'dvb_eit.evt.start_time' => q{SELECT DISTINCT starts FROM events WHERE starts >= '2026-10-24Z'},
			'mpeg_descr.short_evt.name' => q{SELECT DISTINCT title FROM descriptions AS d JOIN events AS e ON e.id = d.event WHERE starts >= '2026-10-24Z'},
			'mpeg_descr.short_evt.txt' => 'SELECT DISTINCT summary FROM descriptions');
		skip 'tshark is not installed', 1 + keys %told if !has_program('tshark', '--version');
		my @fields = sort keys %told;
		my ($read, $complaints) = values_of($path, @fields);
		is($complaints, '', 'tshark: no complaint');
		for my $field (@fields)
		{
			my @told = map { $field =~ /time/ ? of_tshark($_) : $_ } split /\n/, sql($told{$field});
			same_lists([ sort keys %{ $read->{$field} } ], [ sort @told ], "tshark: each $field");
		}
	}
	return;
}

sub values_of
{
	my ($path, @fields) = @_;
	my ($output, $errors, %read, @complaints);
	local $ENV{TZ} = 'UTC';
	local $ENV{LC_ALL} = 'C.UTF-8';
	IPC::Run::run([ qw(tshark -o mpeg_sect.verify_crc:TRUE -T fields -E aggregator=| -r), $path, map { ('-e', $_) } @fields, qw(mpeg_sect.crc.status _ws.expert.message) ],
		'>', \$output, '2>', \$errors) or die "tshark: $errors";
	for my $frame (split /\n/, $output)
	{
		my @cells = split /\t/, $frame, -1;
		for my $i (0 .. $#fields)
		{
			$read{ $fields[$i] }{$_} = 1 for split /\|/, $cells[$i];
		}
		push @complaints, grep { $_ ne '1' } split /\|/, $cells[-2];
		push @complaints, grep { $_ ne '' } $cells[-1];
	}
	return (\%read, join "\n", @complaints);
}

# An instant as tshark prints it.
sub of_tshark
{
	my ($at) = @_;
	my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
	my ($year, $month, $day, $time) = $at =~ /^(\d+)-(\d+)-(\d+) ([\d:]+)/;
	return sprintf '%s %2d, %d %s.000000000 UTC', $months[ $month - 1 ], $day, $year, $time;
}

# Time ---------------------------------------------------------------------------------------------

# The versions of the tables that are not 0, by their layout, table_id and extension.
sub versions { return sql('SELECT string_agg(concat_ws(\' \', layout, table_id, extension, version_number), \', \' ORDER BY table_id, extension) FROM aired WHERE version_number > 0'); }

sub check_versions
{
	is(sql("SELECT * FROM put_on_air(1, '$night')"), '0|0|881|0', 'once more: nothing changes');
	is(versions(), '', 'and no version goes up');

	sql("UPDATE descriptions SET title = title || ' !' WHERE language = 'fra' AND event = (SELECT id FROM events WHERE service = 4 AND starts > '2026-12-01Z' ORDER BY starts LIMIT 1)");
	is(sql("SELECT * FROM put_on_air(1, '$night')"), '0|1|880|0', 'a title of December: one table changes');
	is(versions(), 'eit_schedule 89 260 1', 'the one that it stands in');

	# From 31 to 0; and a service without events, whose tables go and come back.
	sql("UPDATE aired SET version_number = 31 WHERE table_id = 66");
	sql("CREATE TABLE away AS SELECT * FROM events WHERE service = 7 AND starts >= '2026-12-20Z'");
	sql("CREATE TABLE away_too AS SELECT * FROM descriptions WHERE event IN (SELECT id FROM away)");
	sql("DELETE FROM descriptions WHERE event IN (SELECT id FROM away); DELETE FROM events WHERE id IN (SELECT id FROM away)");
	sql("UPDATE services SET name = 'Autre' WHERE id = 1");
	my $changed = sql("SELECT concat_ws('|', added, gone) FROM put_on_air(1, '$night')");
	is($changed, '0|1', 'a service without events in its last table: that is gone');
	is(sql('SELECT version_number FROM aired WHERE table_id = 66'), 0, 'after version 31 comes 0');
	is(sql('SELECT max(version_number) FROM aired WHERE table_id = 66 OR extension <> 263 AND table_id < 89'), 0, 'nothing else has gone up');
	is(sql('SELECT count(*) FROM sections_on_air WHERE table_id = 94 AND extension = 263'), 8, 'its table before that is left with one day');

	sql("INSERT INTO events TABLE away; INSERT INTO descriptions TABLE away_too; UPDATE descriptions SET title = 'Retour' WHERE event IN (SELECT max(id) FROM away) AND language = 'fra'");
	is(sql("SELECT concat_ws('|', added, gone) FROM put_on_air(1, '$night')"), '0|0', 'it comes back');
	is(sql('SELECT version_number FROM aired WHERE table_id = 95 AND extension = 263'), 1, 'with the next version, since its bytes are others');
	return;
}

# The offset before and after the change of 01:00 UTC, and the next one.
sub check_summer_time
{
	my $offsets = q{SELECT concat_ws(' ', d ->> 'local_time_offset_polarity', d ->> 'local_time_offset', d ->> 'time_of_change', d ->> 'next_time_offset')
		FROM tot_rows('%s') AS r, encode_section(standard_layout('tot'), r) AS section, decode_section(standard_layout('tot'), section) AS t,
		jsonb_path_query(t, '$.descriptors[0].local_time_offset_descriptor.offsets[0]') AS d};
	is(sql(sprintf $offsets, '2026-10-25 00:59:59Z'), '0 200 2026-10-25T01:00:00Z 100', 'TOT in summer time');
	is(sql(sprintf $offsets, '2026-10-25 01:00:00Z'), '0 100 2027-03-28T01:00:00Z 200', 'TOT an instant later');
	sql("UPDATE networks SET time_zone = 'America/St_Johns'");
	is(sql(sprintf $offsets, '2026-10-25 00:00Z'), '1 230 2026-11-01T04:30:00Z 330', 'TOT west of Greenwich, with half an hour');
	sql("UPDATE networks SET time_zone = 'Asia/Tokyo'");
	is(sql(sprintf $offsets, '2026-10-25 00:00Z'), '0 900 2026-10-25T00:00:00Z 900', 'TOT where nothing changes');
	is(sql("SELECT count(*) FROM recorded WHERE lasts = '5 hours' AND starts BETWEEN '2026-10-24 19:00Z' AND '2026-10-25 01:00Z'"), 100, 'the night has an hour more');
	return;
}
