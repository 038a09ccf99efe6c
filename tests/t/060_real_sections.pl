# Sections of real streams, by the layouts of the library: what is decoded encodes to the same bytes. The sections are test
# data that do not lie in the repository: ONETRIP_WORKSHOP_FIXTURES names a folder next to theirs.

use strict;
use warnings;

use OnetripTest qw(start_server);
use RealSections qw(has_real_sections real_sections);
use Test::More;

plan skip_all => 'ONETRIP_WORKSHOP_FIXTURES names no folder next to sections/given.json and layouts/' unless has_real_sections();

my $node = start_server('real_sections', []);
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
my ($sql, $count) = real_sections();
$node->safe_psql('postgres', $sql);
cmp_ok($count, '>', 900, 'sections');

# A section does not say which standard it follows: one of them must read it.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	"row" jsonb := decode_section(layout, section);
BEGIN
	RETURN CASE WHEN encode_section(layout, "row") = section THEN 'same' ELSE 'differs' END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN 'not encoded: ' || SQLERRM || ' | ' || detail;
END $$;
CREATE FUNCTION read_outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN outcome(layout, section);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || ' | ' || detail;
END $$;
CREATE TABLE outcomes AS
SELECT number, table_id, standard, name, read_outcome(standard_layout(name, standard), section) AS outcome
FROM (  -- in the order of the layouts, each of which is compiled once
	SELECT number, section, get_byte(section, 0) AS table_id, standard, identify_section(section, standard) AS name
	FROM sections, unnest(ARRAY['dvb', 'isdb', 'atsc']) AS standard ORDER BY name, standard OFFSET 0) AS pairs;
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'each section is encoded to its bytes again by a layout that reads it');
SELECT number, to_hex(table_id), string_agg(standard || ' ' || name || ': ' || outcome, '; ')
FROM outcomes GROUP BY number, table_id HAVING NOT bool_or(outcome = 'same') ORDER BY number;
SQL
is($node->safe_psql('postgres', "SELECT DISTINCT name FROM outcomes WHERE outcome ~ '^(differs|not encoded)'"),
	'', 'no layout reads what it writes otherwise');
is($node->safe_psql('postgres', <<'SQL'), '', 'tables of the standards are read by their own layouts');
SELECT DISTINCT standard, name, to_hex(table_id), outcome FROM outcomes
WHERE outcome <> 'same' AND (table_id < 128 AND standard = 'dvb' OR table_id < 64) ORDER BY 2, 1;
SQL

# Which table a section is one of.
is($node->safe_psql('postgres', <<'SQL'), <<'NAMES' =~ s/\n$//r, 'names of tables by standard and table_id');
SELECT standard, string_agg(name || '=' || ids, ' ' ORDER BY name)
FROM (SELECT standard, name, string_agg(DISTINCT upper(to_hex(table_id)), ',') AS ids
	  FROM outcomes WHERE name !~ '^private' GROUP BY standard, name) AS n
GROUP BY standard ORDER BY standard;
SQL
atsc|aeit=D6 aett=D7 atsc_eit=CB cat=1 dccsct=D4 dcct=D3 det=CE dsmcc_download_data=3C dsmcc_stream_descriptors=3D dsmcc_user_to_network=3B dst=CF ett=CC ltst=D2 mgt=C7 nrt=D1 pat=0 pmt=2 rrt=CA splice_info_section=FC stt=CD tsdt=3 vct=C8
dvb|ait=74 bat=4A ca_message=80,81 cat=1 container=75 dfit=7C dit=7E dsmcc_download_data=3C dsmcc_stream_descriptors=3D dsmcc_user_to_network=3B eit=4E,4F,50,51,52,53,60,61 int=4C mpe_ifec=7A nit=40 pat=0 pmt=2 rnt=79 rst=71 sat=4D sdt=42,46 sgt=91 sit=7F splice_info_section=FC tsdt=3 unt=4B
isdb|ait=74 amt=FE bat=4A bit=C4 cat=1 cdt=C8 dct=C0 dit=7E dlt=C1 dsmcc_download_data=3C dsmcc_stream_descriptors=3D dsmcc_user_to_network=3B eit=4E,4F,50,51,52,53,60,61 ert=D1 int=4C itt=D2 ldt=C7 lit=D0 nbit=C5,C6 nit=40 pat=0 pcat=C2 pmt=2 rst=71 sdt=42,46 sdtt=C3 sit=7F splice_info_section=FC tsdt=3 unt=4B
NAMES

done_testing();
