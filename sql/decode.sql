-- decode_section, dissect_section, check_sections, split_sections.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';  -- which must not matter

CREATE TEMP TABLE example AS
SELECT encode_section(message_layout(), row) AS message
FROM (SELECT 123456 AS numero_abonne, 7 AS network_id, 42 AS campagne_id, 3 AS template_id, 'A' AS genre,
             timestamptz '2021-02-01 00:00:00+00' AS valid_start, timestamptz 'infinity' AS valid_end,
             1 AS ack_count, 60 AS ack_delay,
             jsonb '[{"tag": 128, "value": "héllo"}, {"tag": 129, "value": 258}, {"tag": 130, "value": ""}]'
                 AS storables) AS row;

-- A table section of ISO/IEC 13818-1, with its CRC_32.
CREATE TEMP TABLE example_table AS
SELECT layout, encode_section(layout, row) AS section
FROM (SELECT section_layout 'table (max 200) {
    table_id                  8  uimsbf  = 0x40
    section_syntax_indicator  1  bslbf   = 1
    reserved                  3  bslbf   = 0b111
    section_length           12  uimsbf  = length()
    id                       16  uimsbf
    digits                   12  bcd
    sign                      4  tcimsbf
    start                    40  utc
    lasts                    24  duration
    name_length               8  uimsbf  = length(name)
    name                      *  dvbtext
    items                     *  tlv(8,ber)
    CRC_32                   32  rpchof
}' AS layout) AS l,
     (SELECT 513 AS id, 42 AS digits, -3 AS sign, timestamptz '2026-10-01 12:30:05+00' AS start,
             interval '1 day 01:30:00' AS lasts, 'Nouvelle à 8 h' AS name,
             jsonb '[{"tag": 1, "value": "x"}, {"tag": 2, "hex": "00ff"}]' AS items) AS row;

-- What was encoded -----------------------------------------------------------------------------------

SELECT jsonb_pretty(decode_section(message_layout(), message)) FROM example;
SELECT jsonb_pretty(decode_section(layout, section)) FROM example_table;

SELECT encode_section(message_layout(), decode_section(message_layout(), message)) = message AS same FROM example;
SELECT encode_section(layout, decode_section(layout, section)) = section AS same FROM example_table;

-- Each part of a split row.
SELECT ordinal, d ->> 'index' AS index, d ->> 'total_count' AS total_count,
    jsonb_array_length(d -> 'storables') AS items,
       encode_section(message_layout(), d) = part AS same
FROM example,
     encode_sections(message_layout(), decode_section(message_layout(), message) - 'index' - 'total_count' ||
         jsonb_build_object('storables', (SELECT jsonb_agg(jsonb_build_object('tag', i, 'value', repeat('x', 100)))
                                          FROM generate_series(1, 10) AS i))) WITH ORDINALITY AS p(part, ordinal),
     decode_section(message_layout(), part) AS d;

-- For eyes -------------------------------------------------------------------------------------------

SELECT d.* FROM example, dissect_section(message_layout(), message) AS d;
SELECT d.* FROM example_table, dissect_section(layout, section) AS d;
-- A wrong byte here and there: section_length, the hour of start, the length of item 0.
SELECT d.* FROM example_table, dissect_section(layout, set_byte(set_byte(set_byte(section, 2, 2), 9, 37), 35, 9)) AS d;
SELECT field, value FROM example, dissect_section(message_layout(), substr(message, 1, 50)) AS d WHERE byte_offset > 30;
SELECT field, byte_offset, width, raw, value FROM example, dissect_section(message_layout(), message || '\xbeef') AS d
    WHERE byte_offset > 60;
SELECT * FROM dissect_section(message_layout(), '');

-- Errors ---------------------------------------------------------------------------------------------

SELECT decode_section(message_layout(), set_byte(message, 0, 147)) FROM example;
\echo :LAST_ERROR_SQLSTATE
SELECT decode_section(message_layout(), set_byte(message, 2, 0)) FROM example;
SELECT decode_section(message_layout(), set_byte(message, 3, 1)) FROM example;
SELECT decode_section(message_layout(), message || '\x00') FROM example;
SELECT decode_section(message_layout(), substr(message, 1, 20)) FROM example;
SELECT decode_section(message_layout(), '') FROM example;
SELECT decode_section(layout, set_byte(section, 20, 1)) FROM example_table;
SELECT decode_section(layout, repeat('x', 10000)::bytea) FROM example_table;
SELECT decode_section(NULL, ''), decode_section(message_layout(), NULL);

-- Every fault has its row, and the walk goes on -----------------------------------------------------

CREATE FUNCTION pg_temp.crc(section bytea) RETURNS bytea LANGUAGE sql AS $$
    SELECT substr(section, 1, length(section) - 4) ||
           decode(lpad(to_hex(crc32_mpeg2(substr(section, 1, length(section) - 4))), 8, '0'), 'hex')
$$;

SELECT p.* FROM example_table AS t,
    check_sections(layout, section || set_byte(section, 9, 37) || section ||
        pg_temp.crc(set_byte(set_byte(set_byte(section, 1, 224), 5, 160), 9, 37)) || section) AS p;
SELECT p.* FROM example_table AS t, check_sections(layout,
    section || set_byte(section, 2, get_byte(section, 2) + 1) || section) AS p;
SELECT p.* FROM example_table AS t, check_sections(layout,
    section || set_byte(section, 2, get_byte(section, 2) - 1) || section) AS p;
SELECT p.* FROM example_table AS t, check_sections(layout, section || substr(section, 1, 30)) AS p;
-- Of all single-bit faults none is missed.
SELECT count(*) AS bits, count(*) FILTER (WHERE EXISTS (SELECT FROM check_sections(layout,
    set_bit(section, i, 1 - get_bit(section, i))))) AS found
FROM example_table, generate_series(0, 8 * length(section) - 1) AS i;

-- The message section has no checksum. What its redundancy finds:
SELECT what, p.byte_offset, p.field, p.problem
FROM example, (VALUES
    (1, 'table_id', 0, 1), (2, 'reserved bits', 1, -16), (3, 'section_length', 2, 1), (4, 'section_length', 2, -1),
    (5, 'index of several', 3, 1), (6, 'total_count 0', 4, -1), (7, 'subscriber', 8, 1),
    (9, 'hour', 21, 36), (10, 'offset not used', 33, 1), (11, 'offset', 37, 1), (12, 'offset', 37, -1),
    (13, 'item too long', 39, 100), (14, 'item too short', 39, -1), (15, 'addressee_tag', -10, 1),
    (16, 'addressee_length', -9, 1), (17, 'addressee', -1, 1)) AS v(i, what, byte, change),
    LATERAL (SELECT CASE WHEN byte < 0 THEN length(message) + byte ELSE byte END AS at) AS a,
    check_sections(message_layout(), set_byte(message, at, (get_byte(message, at) + change) & 255)) AS p
ORDER BY i, byte_offset;
SELECT count(*) AS bits, count(*) FILTER (WHERE EXISTS (SELECT FROM check_sections(message_layout(),
    set_bit(message, i, 1 - get_bit(message, i))))) AS found
FROM example, generate_series(0, 8 * length(message) - 1) AS i;

-- Any bytes at all.
SELECT count(*) AS inputs, count(*) FILTER (WHERE rows > 0) AS faulty
FROM (SELECT (SELECT count(*) FROM check_sections(message_layout(),
    decode(string_agg(md5(i::text || j::text), ''), 'hex'))) AS rows
      FROM generate_series(1, 200) AS i, generate_series(1, 40) AS j WHERE j <= i % 40 + 1 GROUP BY i) AS r;
SELECT * FROM check_sections(message_layout(), '');
SELECT * FROM check_sections(message_layout(), '\x00');
SELECT * FROM check_sections(E'x {\n a 8 uimsbf\n}', '');
SELECT * FROM check_sections(E'x {\n a 8 uimsbf\n}', '\x0102');
SELECT field, problem FROM check_sections(E'x (max 10) {\n v * tlv(8,8)\n}', decode(repeat('00', 1000000), 'hex'));

-- One by one -----------------------------------------------------------------------------------------

SELECT p.ordinal, p.byte_offset, length(p.section), p.section = message AS same
FROM example, split_sections(message || message || message) AS p;
SELECT count(*) FROM split_sections('');
SELECT s.* FROM example, split_sections(message || substr(message, 1, 2)) AS s;
SELECT s.* FROM example, split_sections(message || substr(message, 1, 3)) AS s;
SELECT s.* FROM example, split_sections(message || substr(message, 1, 60)) AS s;
WITH carousel AS MATERIALIZED (SELECT string_agg(message, '') AS sections FROM example, generate_series(1, 10000))
SELECT count(*), sum(length(s.section)), string_agg(s.section, '' ORDER BY s.ordinal)
    = (SELECT sections FROM carousel) AS same
FROM split_sections((SELECT sections FROM carousel)) AS s;

-- The random layouts of tests/vectors: every section of every row that is accepted -------------------

\getenv abs_srcdir PG_ABS_SRCDIR
\set random_sections `cat :abs_srcdir/tests/vectors/random_sections.json`
CREATE TEMP TABLE random_section AS
SELECT vector ->> 'name' AS name, (vector ->> 'layout')::section_layout AS layout, decode(section, 'hex') AS section
FROM json_array_elements(:'random_sections') AS vector, json_array_elements_text(vector -> 'sections') AS section
WHERE vector ->> 'sqlstate' IS NULL;

-- NULL where a section comes back and has no fault.
CREATE FUNCTION pg_temp.judge(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    row jsonb;
    problem text := (SELECT string_agg(concat_ws(': ', field, p.problem), '; ')
        FROM check_sections(layout, section) AS p);
BEGIN
    IF problem IS NOT NULL THEN
        RETURN problem;
    END IF;
    row := decode_section(layout, section);
    IF encode_section(layout, row) <> section THEN
        RETURN format('%s comes back otherwise', row);
    END IF;
    RETURN NULL;
EXCEPTION WHEN others THEN
    RETURN concat_ws(': ', SQLSTATE, SQLERRM);
END $$;

SELECT count(*) > 400 AS hundreds, count(pg_temp.judge(layout, section)) AS problems FROM random_section;
SELECT name, problem FROM random_section, pg_temp.judge(layout, section) AS problem WHERE problem IS NOT NULL LIMIT 20;
SELECT count(*) FILTER (WHERE lines = 0) AS not_dissected
FROM random_section, LATERAL (SELECT count(*) AS lines FROM dissect_section(layout, section)) AS d;

-- With one byte changed: a row from check_sections where decode_section refuses, else the same bytes again.
CREATE FUNCTION pg_temp.judge_changed(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    row jsonb;
    is_sound bool := NOT EXISTS (SELECT FROM check_sections(layout, section));
BEGIN
    BEGIN
        row := decode_section(layout, section);
    EXCEPTION WHEN invalid_parameter_value THEN
        RETURN CASE WHEN is_sound THEN SQLERRM END;
    END;
    IF NOT is_sound OR encode_section(layout, row) <> section THEN
        RETURN row;
    END IF;
    RETURN NULL;
END $$;

SELECT count(*) > 2000 AS thousands, count(pg_temp.judge_changed(layout, changed)) AS problems
FROM random_section, generate_series(1, 5) AS i,
     LATERAL (SELECT set_byte(section, (hashtext(name || i) & 65535) % length(section),
         hashtext(i || name) & 255) AS changed) AS c
WHERE length(section) > 0;
