# Hostile bytes under the layouts of the library: sections of tables with bits turned, bytes changed, cut off, put in and
# taken out, and lengths and counts at their limits. Each is refused with 22023 and check_sections says why, or its row
# encodes to the same bytes; nothing else may happen. The sections are the project's own, and real ones if
# ONETRIP_WORKSHOP_FIXTURES names a folder next to theirs. ONETRIP_LARGE changes each of those many times.

use strict;
use warnings;

use OnetripTest qw(ask end_session private_memory random_seed start_server start_session);
use RealSections qw(has_real_sections real_sections);
use Test::More;

my $seed = random_seed();
my $changes = $ENV{ONETRIP_LARGE} ? 60 : 3;
my $own_changes = $ENV{ONETRIP_LARGE} ? 2000 : 150;

my $node = start_server('hostile_tables', []);
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE samples (number serial, name text, layout section_layout, section bytea);
INSERT INTO samples (name, layout, section)
SELECT name, standard_layout(name), encode_section(standard_layout(name), "row"::jsonb)
FROM (VALUES
	('pat', '{"transport_stream_id": 1, "version_number": 3, "programs": [{"program_number": 0, "network_PID": 16},
		{"program_number": 1, "program_map_PID": 257}, {"program_number": 2, "program_map_PID": 258}]}'),
	('pmt', '{"program_number": 1, "version_number": 0, "PCR_PID": 257, "program_info": [{"tag": 9, "hex": "0500e0aa"}],
		"streams": [{"stream_type": 27, "elementary_PID": 257, "ES_info": [{"stream_identifier_descriptor": {"component_tag": 1}}]},
			{"stream_type": 4, "elementary_PID": 258, "ES_info": [{"tag": 10, "hex": "66726100"}]}]}'),
	('sdt', '{"table_id": 66, "transport_stream_id": 1, "version_number": 1, "original_network_id": 2, "services": [
		{"service_id": 1, "EIT_schedule_flag": 1, "EIT_present_following_flag": 1, "running_status": 4, "free_CA_mode": 0,
		 "descriptors": [{"service_descriptor": {"service_type": 1, "service_provider_name": "onetrip", "service_name": "Chaîne"}}]},
		{"service_id": 2, "EIT_schedule_flag": 0, "EIT_present_following_flag": 1, "running_status": 4, "free_CA_mode": 1,
		 "descriptors": [{"tag": 95, "hex": "00000028"}, {"tag": 131, "hex": "0001fc01"}]}]}'),
	('eit', '{"table_id": 78, "service_id": 1, "version_number": 1, "section_number": 0, "last_section_number": 0,
		"transport_stream_id": 1, "original_network_id": 2, "segment_last_section_number": 0, "last_table_id": 78, "events": [
		{"event_id": 1, "start_time": "2026-11-28T20:00:00Z", "duration": "01:30:00", "running_status": 4, "free_CA_mode": 0,
		 "descriptors": [{"short_event_descriptor": {"ISO_639_language_code": "fra", "event_name": "Journal", "text": "Les informations"}},
			{"content_descriptor": {"contents": [{"content_nibble_level_1": 2, "content_nibble_level_2": 0, "user_byte": 0}]}}]},
		{"event_id": 2, "start_time": null, "duration": "00:00:00", "running_status": 0, "free_CA_mode": 0, "descriptors": []}]}'),
	('tot', '{"UTC_time": "2026-11-28T20:00:00Z", "descriptors": [{"tag": 88, "hex": "465241020100e5c50100000200"}]}')
) AS s (name, "row");

-- One of the changes of a section, by random().
CREATE FUNCTION changed(section bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	size int := length(section);
	at int := floor(random() * size);
	what int := floor(random() * 9);
	byte int := get_byte(section, at);
BEGIN
	RETURN CASE what
		WHEN 0 THEN set_bit(section, floor(random() * size * 8)::int, floor(random() * 2)::int)
		WHEN 1 THEN set_byte(section, at, floor(random() * 256)::int)
		WHEN 2 THEN set_byte(section, at, (ARRAY[0, 1, 127, 128, 254, 255])[1 + floor(random() * 6)::int])
		WHEN 3 THEN set_byte(section, at, (byte + CASE WHEN random() < 0.5 THEN 1 ELSE 255 END) % 256)
		WHEN 4 THEN substr(section, 1, at)
		WHEN 5 THEN section || decode(repeat('ff', floor(random() * 20)::int) || '00', 'hex')
		WHEN 6 THEN substr(section, 1, at) || substr(section, at + 2 + floor(random() * 3)::int)
		WHEN 7 THEN substr(section, 1, at) || substr(section, 1 + floor(random() * size)::int, floor(random() * 40)::int) || substr(section, at + 1)
		-- Twelve bits, as lengths of loops have, at a limit.
		ELSE CASE WHEN at + 1 < size
			THEN set_byte(set_byte(section, at, (byte & 240) | CASE WHEN random() < 0.5 THEN 15 ELSE 0 END), at + 1,
						  (ARRAY[0, 1, 254, 255])[1 + floor(random() * 4)::int])
			ELSE section END
	END;
END $$;

-- The section_length and the CRC_32 of a changed section are made right again, so that what is in it is read.
CREATE FUNCTION framed(section bytea) RETURNS bytea LANGUAGE sql AS $$
	SELECT CASE WHEN length(section) BETWEEN 8 AND 4096
		THEN body || decode(lpad(to_hex(crc32_mpeg2(body)), 8, '0'), 'hex') ELSE section END
	FROM (SELECT set_byte(set_byte(substr(section, 1, greatest(length(section) - 4, 3)), 1,
			(get_byte(section, 1) & 240) | ((length(section) - 3) >> 8)), 2, (length(section) - 3) & 255)
		  WHERE length(section) >= 8) AS s (body)
	UNION ALL SELECT section WHERE length(section) < 8
$$;

-- 'same', 'refused', or what must not happen.
CREATE FUNCTION outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	"row" jsonb;
	again bytea;
BEGIN
	PERFORM count(*) FROM dissect_section(layout, section);
	BEGIN
		"row" := decode_section(layout, section);
	EXCEPTION WHEN invalid_parameter_value THEN
		-- A section after which a sound one follows has no problem: check_sections reads as many as there are.
		RETURN CASE WHEN EXISTS (SELECT FROM check_sections(layout, section)) THEN 'refused'
			WHEN (SELECT count(*) FROM split_sections(section)) > 1 THEN 'refused'
			ELSE 'refused without a problem' END;
	END;
	again := encode_section(layout, "row");
	RETURN CASE WHEN again = section THEN 'same' ELSE 'other bytes: ' || again::text END;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- As many changes of each sample; in the order of the layouts, so that each is compiled once.
CREATE TABLE outcomes (number int, name text, section bytea, outcome text);
CREATE PROCEDURE try_changes(wanted text, changes int) LANGUAGE plpgsql AS $$
DECLARE
	sample samples;
	section bytea;
BEGIN
	FOR sample IN SELECT * FROM samples WHERE CASE wanted WHEN 'own' THEN name !~ '^real' ELSE name ~ '^real' END ORDER BY layout, number LOOP
		FOR i IN 1 .. changes LOOP
			section := sample.section;
			FOR j IN 0 .. floor(random() * 3) LOOP
				section := CASE WHEN length(section) > 0 THEN changed(section) ELSE section END;
			END LOOP;
			section := CASE WHEN random() < 0.8 THEN framed(section) ELSE section END;
			CONTINUE WHEN length(section) = 0;  -- no section, and nothing to say of it
			INSERT INTO outcomes VALUES (sample.number, sample.name, section, outcome(sample.layout, section));
		END LOOP;
	END LOOP;
END $$;
SQL
is($node->safe_psql('postgres', 'SELECT name, outcome(layout, section) FROM samples ORDER BY number'),
	"pat|same\npmt|same\nsdt|same\neit|same\ntot|same", 'the sections as they are');
is($node->safe_psql('postgres', 'SELECT DISTINCT outcome(layout, section || section) FROM samples'),
	'refused', 'two sections where one is wanted');

# try_changes NAME, WHICH, CHANGES: in one session, whose memory is that of one section, however many it has read.
sub try_changes
{
	my ($name, $which, $count) = @_;
	my $session = start_session($node);
	ask($session, 'SELECT setseed(' . ($seed % 1_000_000) / 1_000_000 . ')');
	ask($session, "CALL try_changes('$which', 1)");
	my $before = private_memory($session->{pid});
	is(ask($session, "CALL try_changes('$which', $count)"), '', "$name are read to the end");
	cmp_ok(private_memory($session->{pid}) - $before, '<', 20_000, "$name take no more memory (kB)");
	end_session($session);
	is($node->safe_psql('postgres', <<'SQL'), '', "$name are refused or come back (seed $seed)");
SELECT number, name, encode(section, 'hex'), outcome FROM outcomes WHERE outcome NOT IN ('same', 'refused') ORDER BY number LIMIT 5
SQL
	my $seen = $node->safe_psql('postgres', "SELECT outcome, count(*) FROM outcomes GROUP BY outcome ORDER BY outcome");
	like($seen, qr/^refused\|\d+\nsame\|\d+$/, "$name of both kinds");
	note("$name: " . $seen =~ s/\n/, /r);
	$node->safe_psql('postgres', 'TRUNCATE outcomes');
	return;
}

try_changes('changed sections of our own', 'own', $own_changes);

# Whatever a section claims to hold: all ones, all zeros, one byte over and over.
is($node->safe_psql('postgres', <<'SQL'), '', 'claims of more than there is are refused or come back');
SELECT name, byte, size, outcome
FROM samples, unnest(ARRAY['00', '01', '7f', '80', 'ff', '4d', '48']) AS byte, unnest(ARRAY[3, 12, 183, 1024, 4096]) AS size,
	LATERAL (SELECT outcome(layout, framed(decode(repeat(byte, size), 'hex')))) AS o (outcome)
WHERE name !~ '^real' AND outcome NOT IN ('same', 'refused');
SQL

SKIP:
{
	skip 'ONETRIP_WORKSHOP_FIXTURES names no folder next to sections/given.json and layouts/', 4 unless has_real_sections();
	my ($sql) = real_sections();
	$node->safe_psql('postgres', $sql);
	$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION reads(layout section_layout, section bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN encode_section(layout, decode_section(layout, section)) = section;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END $$;
INSERT INTO samples (name, layout, section)
SELECT DISTINCT ON (number) 'real ' || name, layout, section
FROM (SELECT s.number, standard, identify_section(section, standard) AS name, section,
		  standard_layout(identify_section(section, standard), standard) AS layout
	  FROM sections AS s, unnest(ARRAY['dvb', 'isdb', 'atsc']) AS standard ORDER BY 3, 2 OFFSET 0) AS pairs
WHERE reads(layout, section) ORDER BY number, standard <> 'dvb';
SQL
	try_changes('changed real sections', 'real', $changes);
}

done_testing();
