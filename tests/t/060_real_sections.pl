# Sections of real streams, by the layouts of their tables: what is decoded encodes to the same bytes. Sections and layouts
# are test data that do not lie in the repository: ONETRIP_WORKSHOP_FIXTURES names a folder next to theirs.

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

# Several layouts may claim a table_id: one of them must read it. Those of any table are for table_ids without one.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	"row" jsonb := decode_section(layout, section);
BEGIN
	RETURN CASE WHEN encode_section(layout, "row") = section THEN 'same' ELSE 'differs' END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || ' | ' || detail;
END $$;
CREATE FUNCTION read_outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN outcome(layout, section);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END $$;
CREATE TABLE outcomes AS
SELECT number, name, read_outcome(layout, section) AS outcome  -- in the order of the layouts, each of which is compiled once
FROM (SELECT number, name, layout, section FROM sections AS s JOIN layouts AS l
	  ON l.prefix = s.prefix OR l.prefix = 'any' AND s.prefix NOT IN (SELECT prefix FROM layouts) ORDER BY name OFFSET 0) AS pairs;
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'each section is encoded to its bytes again by a layout that reads it');
SELECT number, string_agg(name || ': ' || outcome, '; ') FROM outcomes GROUP BY number HAVING NOT bool_or(outcome = 'same') ORDER BY number;
SQL
is($node->safe_psql('postgres', "SELECT DISTINCT name FROM outcomes WHERE outcome = 'differs'"),
	'', 'no layout reads what it writes otherwise');

done_testing();
