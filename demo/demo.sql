-- What scripts/demo shows; psql reads it from the root of the source tree.
\pset footer off
\pset null ''
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE EXTENSION onetrip;
\o /dev/null
\ir demo/sample_data.sql
\ir demo/reading.sql
\o

\echo
\echo '== The rows =='
\echo
SELECT zone_diffusion AS zone, c.id AS campagne, valid_start::date, valid_end::date,
    current_date BETWEEN valid_start::date AND valid_end::date AS on_air, count(*) AS messages
FROM campagnes AS c JOIN messages AS m ON m.campagne_id_fk = c.id
GROUP BY c.id ORDER BY c.id;

\echo '== One statement makes a carousel of them =='
\echo
\set ECHO queries
\timing on
SELECT encode_carousel('AFRIQUE', current_date) AS bytes
\gset carousel_
\timing off
\set ECHO none
\echo
CREATE TEMPORARY TABLE sections AS
SELECT * FROM pg_temp.sections_of(:'carousel_bytes');
SELECT (SELECT count(*) FROM messages WHERE campagne_id_fk IN (1, 4)) AS messages,
    count(*) AS sections, sum(length(section)) AS bytes, max(length(section)) AS largest_section
FROM sections;
\echo 'Campaign 4 has long messages, each spread over several sections of at most 512 bytes:'
\echo
SELECT ordinal AS section, byte_offset, get_byte(section, 3) AS index,
    get_byte(section, 4) AS total_count, length(section) AS bytes
FROM sections WHERE ordinal BETWEEN 2000 AND 2003 ORDER BY ordinal;

\echo '== The first section =='
\echo
SELECT d.* FROM sections, pg_temp.hex_dump(section) AS d WHERE ordinal = 1;
SELECT f.* FROM sections, pg_temp.field_table(message_layout(), section) AS f WHERE ordinal = 1;

\echo '== The same bytes under every plan =='
\echo
SELECT planner, pg_temp.digest_under(settings, 'AFRIQUE') AS sha256_begins
FROM (VALUES
    ('as it likes', ARRAY[]::text[]),
    ('merge join', ARRAY['enable_hashjoin = off', 'enable_nestloop = off']),
    ('nested loop', ARRAY['enable_hashjoin = off', 'enable_mergejoin = off']),
    ('no index', ARRAY['enable_indexscan = off', 'enable_bitmapscan = off']),
    ('parallel', ARRAY['parallel_setup_cost = 0', 'parallel_tuple_cost = 0',
        'min_parallel_table_scan_size = 0'])) AS p (planner, settings);

\echo '== A layout of your own, with a column of your own =='
\echo
\set ECHO queries
ALTER TABLE messages ADD COLUMN priorite int NOT NULL DEFAULT 3;

CREATE TABLE layouts (layout section_layout);
INSERT INTO layouts VALUES ('
    alerte (max 256) {
        table_id                  8  uimsbf  = 0x93
        section_syntax_indicator  1  bslbf   = 0
        reserved                  3  bslbf   = 0b111
        section_length           12  uimsbf  = length()
        abonne                   32  uimsbf  = numero_abonne
        priorite                  4  uimsbf  -- the new column
        reserved_future_use       4  bslbf   = 0b1111
        fin                      40  utc     = valid_end
        storables                 *  tlv(8,8) split
        crc                      32  rpchof
    }');
SELECT encode_carousel('CARAÏBES', current_date, layout) AS bytes FROM layouts
\gset own_
\set ECHO none
\echo
\echo 'Its first section:'
\echo
SELECT f.* FROM layouts, pg_temp.sections_of(:'own_bytes') AS s,
    pg_temp.field_table(layout, section) AS f
WHERE s.ordinal = 1;

\echo '== What does not fit is refused, never cut =='
\echo
\set ON_ERROR_STOP off
\set ECHO queries
UPDATE messages SET priorite = 16 WHERE id = 60007;
SELECT encode_carousel('CARAÏBES', current_date, layout) FROM layouts;
\echo
SELECT encode_carousel('CARAIBES', current_date);
