# The private memory of a session that has decoded a section of every table of the library in every standard, and an item of
# every tag in every set: all definitions are compiled then, once. The sections are made here: those tables with empty loops.

use strict;
use warnings;

use OnetripTest qw(ask end_session private_memory start_server start_session);
use Test::More;

plan skip_all => '/proc/self/smaps_rollup is not there' unless -r '/proc/self/smaps_rollup';

my $node = start_server('library_memory', []);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
CREATE FUNCTION decoded(layout section_layout, section bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN decode_section(layout, section);
EXCEPTION WHEN invalid_parameter_value OR data_exception THEN
	RETURN NULL;
END $$;
-- A section with a body of zeros: of the long header, or of the short one with or without a CRC_32.
CREATE FUNCTION zeros(table_id int, kind text, bytes int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE kind WHEN 'short' THEN unchecked ELSE unchecked || int4send(crc32_mpeg2(unchecked)::bit(32)::int) END
	FROM (SELECT set_byte('\x00'::bytea, 0, table_id)
			|| substr(int4send(CASE kind WHEN 'long' THEN 45056 ELSE 12288 END + length(body)
				+ CASE kind WHEN 'short' THEN 0 ELSE 4 END), 3) || body
		  FROM (SELECT CASE kind WHEN 'long' THEN '\x0000c10000'::bytea ELSE ''::bytea END
			|| CASE table_id WHEN 59 THEN '\x11'::bytea
				-- A DDB without data has a messageLength of 6.
				WHEN 60 THEN '\x110000000000000000000006'::bytea ELSE ''::bytea END
			|| decode(repeat('00', bytes), 'hex')) AS b (body)) AS s (unchecked)
$$;
-- Every table_id of every standard, by the section that its layout reads.
CREATE TABLE probes AS
SELECT name, standard, table_id, layout, section
FROM (SELECT name, standard, table_ids, standard_layout(name, standard) AS layout FROM standard_layouts OFFSET 0) AS l,
	unnest(table_ids) AS table_id
	LEFT JOIN LATERAL (
		SELECT zeros(table_id, kind, bytes) AS section
		FROM generate_series(0, 60) AS bytes, unnest('{long,checked,short}'::text[]) AS kind
		WHERE decoded(layout, zeros(table_id, kind, bytes)) IS NOT NULL
		LIMIT 1) AS s ON true;
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'a section of each table');
SELECT DISTINCT name FROM probes WHERE section IS NULL;
SQL
cmp_ok($node->safe_psql('postgres', 'SELECT count(DISTINCT table_id) FROM probes'), '>=', 68, 'table_ids');

# The relations are read before, so that the session's cache has them.
my $session = start_session($node);
my $sections = ask($session, 'SELECT count(section) FROM probes');
my $before = private_memory($session->{pid});
is(ask($session, 'SELECT count(decoded(layout, section)) FROM probes'), $sections, 'every section is decoded');
my $tables = private_memory($session->{pid}) - $before;
is(ask($session, <<'SQL'), 12 * 256 + 2 * 255, 'every item is decoded, if as its bytes');
SELECT count(decoded(format('x { items * tlv(8,8,%s) }', set)::section_layout,
	scope || tag || '\x21'::bytea || set_byte('\x00'::bytea, 0, extension) || decode(repeat('00', 32), 'hex')))
FROM (SELECT set, CASE set WHEN 'dvb' THEN '\x5f0400000028'::bytea WHEN 'mpeg' THEN '\x050443554549'::bytea
		ELSE ''::bytea END AS scope, set_byte('\x00'::bytea, 0, t) AS tag, extension
	  FROM unnest('{mpeg,dvb,isdb,atsc,ait,int,unt,rnt,dii,eas,splice,dtmb}'::text[]) AS set, generate_series(0, 255) AS t,
		LATERAL generate_series(0, CASE WHEN set = 'dvb' AND t = 127 OR set = 'mpeg' AND t = 63 THEN 255 ELSE 0 END) AS extension
	 ) AS bodies;
SQL
my $all = private_memory($session->{pid}) - $before;
end_session($session);
cmp_ok($all, '>', 1024, 'the definitions were compiled in this session');
cmp_ok($all, '<', 8 * 1024, "$tables kB of private memory for all tables, $all kB with all items");

done_testing();
