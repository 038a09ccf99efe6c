-- The type section_layout: text in and out, what is refused and where, and layouts as values.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';

-- Canonical text ----------------------------------------------------------------------------------

-- The built-in layout is the text of the manual, to the byte.
\pset format unaligned
\pset tuples_only on
SELECT message_layout();
SELECT length(message_layout()::text) AS characters, md5(message_layout()::text);

-- However it is spelled and spaced: one field a line, columns aligned, comments dropped. Constants
-- keep their spelling; a source that is the field's own name and the maximum of 4096 are not said.
SELECT $$
 -- a comment before the name
 demo   -- and after it: € é

  ( max    4096 )
 {

a 3 uimsbf=0b101 -- five
   bb     0005    bslbf   =   0x1F
ccc 16 tcimsbf   -- no source
dddd * tlv( 16 , ber )split=items
  label  :
	e	24	char	=	e
longest_name_of_all 8 bcd = 07 }$$::section_layout;

-- Lines may end as on Windows, and tabs are blanks.
SELECT E'x {\r\n\ta 8 uimsbf = 1\r\n\r\n\tb * text\r\n}\r\n'::section_layout;

-- All types, sources and a label.
SELECT $$every (max 300) {
 f1 1 uimsbf
 f2 2 tcimsbf
 f3 5 bslbf = f1
 f4 64 bcd
 f5 40 utc
 f6 24 duration
 f7 2048 char
 f8 8 text
 f9 16 bytes
 f10 8 uimsbf = length(f14)
 f11 16 uimsbf = length()
 f12 16 bslbf = offset(here)
 p1 8 uimsbf = part()
 p2 8 bslbf = last_part()
 p3 8 uimsbf = parts()
 f13 * tlv(8,16) split
 here:
 f14 * dvbtext
 f15 32 rpchof
}$$::section_layout;
\pset tuples_only off
\pset format aligned

-- Entering the canonical text again gives the same text.
CREATE TEMP TABLE layouts (name text PRIMARY KEY, layout section_layout);
INSERT INTO layouts VALUES
    ('message', message_layout()),
    ('byte', 'byte{n 8 uimsbf}'),
    ('word', E'word (max 2048)\n{\nn 16 uimsbf\n}'),
    ('pair', $$pair { lo 4 uimsbf = n
                      hi 4 uimsbf = 0xF }$$),
    ('text', 'text { t * text }');
SELECT name, layout::text::section_layout::text = layout::text AS idempotent,
       layout::text COLLATE "C" ~ '\n}$' AS ends_with_its_brace
FROM layouts ORDER BY name COLLATE "C";

-- Names: letters, digits, underscores; upper and lower case differ; up to 63 characters. The words
-- of the notation are names like any other, but for those that are kept.
SELECT ('max (max 10) { max 8 uimsbf
 split 8 uimsbf = split
 length 8 uimsbf = length
 Length 8 uimsbf = length(length)
 part 8 uimsbf = part
 uimsbf 8 uimsbf
 ' || repeat('n', 63) || ' 8 uimsbf
 _0 8 uimsbf = If }')::section_layout;

-- Refusals ----------------------------------------------------------------------------------------

-- A literal that is wrong is refused when the statement is read.
SELECT 'x { a 8 uint }'::section_layout;

-- SQLSTATE, message and detail of a text that is no layout.
CREATE FUNCTION pg_temp.refusal(layout text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    RETURN 'accepted as ' || layout::section_layout::text;
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(E'\n', SQLSTATE || ' ' || message, nullif(detail, ''));
END $$;

\pset format unaligned
\pset tuples_only on
SELECT concat_ws(E'\n', '-- ' || what, pg_temp.refusal(layout), '') FROM (VALUES
    (1, 'nothing', ''),
    (2, 'blanks and a comment only', E'  \n -- nothing'),
    (3, 'no brace', 'x'),
    (4, 'a number for a name', '7 { a 8 uimsbf }'),
    (5, 'a dash in a name', 'x-y { a 8 uimsbf }'),
    (6, 'a name of 64 characters', repeat('n', 64) || ' { a 8 uimsbf }'),
    (7, 'a letter that names do not have', E'x {\n  é 8 uimsbf\n}'),
    (8, 'columns count characters', E'x {\n  a /* é€😀 */ 8 uimsbf\n}'),
    (9, 'max of 2', E'x\n(max 2) { a 8 uimsbf }'),
    (10, 'max of 4097', 'x (max 4097) { a 8 uimsbf }'),
    (11, 'max in hexadecimal', 'x (max 0x10) { a 8 uimsbf }'),
    (12, 'max without a number', 'x (max) { a 8 uimsbf }'),
    (13, 'max without its word', 'x (512) { a 8 uimsbf }'),
    (14, 'max not closed', 'x (max 512 { a 8 uimsbf }'),
    (15, 'not closed', E'x {\n  a 8 uimsbf\n'),
    (16, 'text after it', E'x { a 8 uimsbf }\n\n  y 8 uimsbf'),
    (17, 'no field', 'x { }'),
    (18, 'a label only', E'x {\n l:\n}'),
    (19, 'two fields in a line', 'x { a 8 uimsbf b 8 uimsbf }'),
    (20, 'a field after a label', E'x {\n l: a 8 uimsbf\n}'),
    (21, 'no width', E'x {\n  a uimsbf\n}'),
    (22, 'a negative width', E'x {\n  a -8 uimsbf\n}'),
    (23, 'a width that is no number', E'x {\n  a 8bits uimsbf\n}'),
    (24, 'a width of 2^64 + 8', E'x {\n  a 18446744073709551624 uimsbf\n}'),
    (25, 'no type', E'x {\n  a 8\n}'),
    (26, 'unknown type', E'x {\n  a 8 uint\n}'),
    (27, 'a type in capitals', E'x {\n  a 8 UIMSBF\n}'),
    (28, 'uimsbf of 0 bits', E'x {\n  a 0 uimsbf\n}'),
    (29, 'uimsbf of 65 bits', E'x {\n  a 65 uimsbf\n}'),
    (30, 'tcimsbf of 1 bit', E'x {\n  a 1 tcimsbf\n}'),
    (31, 'bcd of 6 bits', E'x {\n  a 6 bcd\n}'),
    (32, 'bcd of 68 bits', E'x {\n  a 68 bcd\n}'),
    (33, 'utc of 32 bits', E'x {\n  a 32 utc\n}'),
    (34, 'duration of 40 bits', E'x {\n  a 40 duration\n}'),
    (35, 'bcd of no width', E'x {\n  a * bcd\n}'),
    (36, 'text of 12 bits', E'x {\n  a 12 text\n}'),
    (37, 'bytes of 0 bits', E'x {\n  a 0 bytes\n}'),
    (38, 'dvbtext of 8 bits', E'x {\n  a 8 dvbtext\n}'),
    (39, 'tlv of 8 bits', E'x {\n  a 8 tlv(8,8)\n}'),
    (40, 'rpchof of 16 bits', E'x {\n  a 16 rpchof\n}'),
    (41, 'tlv without its widths', E'x {\n  a * tlv\n}'),
    (42, 'tlv of 4-bit tags', E'x {\n  a * tlv(4,8)\n}'),
    (43, 'tlv of 24-bit lengths', E'x {\n  a * tlv(8,24)\n}'),
    (44, 'tlv of three widths', E'x {\n  a * tlv(8,8,8)\n}'),
    (45, 'duplicate field', E'x {\n  a 8 uimsbf\n  b 8 uimsbf\n  a 8 uimsbf\n}'),
    (46, 'a label like a field', E'x {\n  a 8 uimsbf\n  a:\n  b 8 uimsbf\n}'),
    (47, 'duplicate label', E'x {\n  a 8 uimsbf\n  l:\n  b 8 uimsbf\n  l:\n}'),
    (48, 'unknown label', E'x {\n  a 8 uimsbf = offset(b)\n}'),
    (49, 'offset of a field', E'x {\n  a 8 uimsbf = offset(b)\n  b 8 uimsbf\n}'),
    (50, 'length of a label', E'x {\n  a 8 uimsbf = length(b)\n  b:\n}'),
    (51, 'unknown field', E'x {\n  a 8 uimsbf = length(b)\n}'),
    (52, 'length of itself', E'x {\n  a 8 uimsbf = length(a)\n}'),
    (53, 'unknown function', E'x {\n  a 8 uimsbf = size()\n}'),
    (54, 'an argument to part', E'x {\n  a 8 uimsbf = part(a)\n}'),
    (55, 'offset without a label', E'x {\n  a 8 uimsbf = offset()\n}'),
    (56, 'a source missing', E'x {\n  a 8 uimsbf =\n}'),
    (57, 'a source that is a string', E'x {\n  a 8 uimsbf = "one"\n}'),
    (58, 'a negative constant', E'x {\n  a 8 tcimsbf = -1\n}'),
    (59, 'a malformed constant', E'x {\n  a 8 uimsbf = 0xG1\n}'),
    (60, 'a binary constant with a 2', E'x {\n  a 8 uimsbf = 0b102\n}'),
    (61, 'constant too large', E'x {\n  a 8 uimsbf = 256\n}'),
    (62, 'constant too large for tcimsbf', E'x {\n  a 8 tcimsbf = 128\n}'),
    (63, 'constant too large for bcd', E'x {\n  a 8 bcd = 100\n}'),
    (64, 'constant of 2^64', E'x {\n  a 64 uimsbf = 18446744073709551616\n}'),
    (65, 'constant for utc', E'x {\n  a 40 utc = 5\n}'),
    (66, 'constant for char', E'x {\n  a 8 char = 5\n}'),
    (67, 'length() for tcimsbf', E'x {\n  a 8 tcimsbf = length()\n}'),
    (68, 'length() for bcd', E'x {\n  a 8 bcd = length()\n}'),
    (69, 'part() for char', E'x {\n  a 8 char = part()\n}'),
    (70, 'a source for rpchof', E'x {\n  a 32 rpchof = crc\n}'),
    (71, 'the layout ends off a byte', E'x {\n  a 7 uimsbf\n}'),
    (72, '* off a byte', E'x {\n  a 4 uimsbf\n  b * text\n  c 4 uimsbf\n}'),
    (73, 'a label off a byte', E'x {\n  a 4 uimsbf\n  l:\n  b 4 uimsbf\n}'),
    (74, 'rpchof off a byte', E'x {\n  a 4 uimsbf\n  c 32 rpchof\n  b 4 uimsbf\n}'),
    (75, 'length() from off a byte', E'x {\n  a 4 uimsbf = length()\n  b 4 uimsbf\n}'),
    (76, 'length of a field off a byte', E'x {\n  a 4 uimsbf = length(b)\n  b 8 uimsbf\n  c 4 uimsbf\n}'),
    (77, 'fixed fields over max', E'x (max 3) {\n  a 16 uimsbf\n  b 16 uimsbf\n}'),
    (78, 'fixed fields over 4096 bytes', E'x {\n  a 32768 char\n  b 8 uimsbf\n}'),
    (79, 'a second split', E'x {\n  n 8 uimsbf = length(a)\n  a * tlv(8,8) split\n  b * tlv(8,8) split\n}'),
    (80, 'split of a text', E'x {\n  a * text split\n}'),
    (81, 'a source before split', E'x {\n  a * tlv(8,8) = b split\n}'),
    (82, 'two fields that cannot be told apart', E'x {\n  a * text\n  b * bytes\n}'),
    (83, 'a length after its field', E'x {\n  a * text\n  n 8 uimsbf = length(a)\n  b * bytes\n}'),
    (84, 'an offset of a further label', E'x {\n  o 8 uimsbf = offset(m)\n  a * text\n  l:\n  b * text\n  m:\n}'),
    (85, 'a length() that can never fit', E'x {\n  n 8 uimsbf = length()\n  a 2048 char\n}'),
    (86, 'a list not closed', E'x {\n  a[] {\n    b 8 uimsbf\n}'),
    (87, 'kept for conditions', E'x {\n  if 8 uimsbf\n}'),
    (88, 'kept for conditions, as a layout', 'else { a 8 uimsbf }'),
    (89, 'kept for conditions, as a source', E'x {\n  a 8 uimsbf = if\n}'),
    (90, 'kept for conditions, as a label', E'x {\n  a 8 uimsbf\n  else:\n}'),
    (91, 'a semicolon, as in C', E'x {\n  a 8 uimsbf;\n}')
) AS t(n, what, layout) ORDER BY n;
\pset tuples_only off
\pset format aligned

-- Layouts as values -------------------------------------------------------------------------------

-- Text to layout and back, also from varchar and as a parameter; NULL stays NULL.
SELECT 'b { n 8 uimsbf }'::varchar::section_layout::varchar AS varchar,
       NULL::text::section_layout IS NULL AS null_in,
       NULL::section_layout::text IS NULL AS null_out;
SELECT encode_section(NULL, r) IS NULL AS null_layout,
       encode_section('byte { n 8 uimsbf }', NULL::jsonb) IS NULL AS null_json_row
FROM (SELECT 1 AS n) AS r;
SELECT count(*) AS sections_of_null FROM encode_sections(NULL::section_layout, '{}'::jsonb);
SELECT count(*) AS fields_of_null FROM layout_fields(NULL);

-- Operators: see layout_operators.sql.
SELECT message_layout() = message_layout();
SELECT message_layout()::text = message_layout()::text AS same;

-- A layout from a table, another in each row, and one layout several times.
SELECT name, encode_section(layout, r) FROM layouts, (SELECT 1 AS n, 'un' AS t) AS r
WHERE name <> 'message' ORDER BY name COLLATE "C";
SELECT count(*) AS rows, count(DISTINCT name) AS layouts, bool_and(section = CASE name
           WHEN 'byte' THEN set_byte('\x00', 0, n)
           WHEN 'word' THEN set_byte('\x0000', 1, n)
           WHEN 'pair' THEN set_byte('\x00', 0, n * 16 + 15)
           ELSE convert_to('t' || n, 'UTF8') END) AS all_right
FROM (SELECT name, r.n, encode_section(layout, r) AS section
      FROM layouts, (SELECT n, 't' || n AS t FROM generate_series(0, 15) AS n) AS r
      WHERE name <> 'message' ORDER BY r.n, name COLLATE "C") AS s;

-- Hundreds of layouts at one call site, each met again and again.
SELECT count(*) AS sections, sum(length(section)) = sum(width / 8) AS all_right
FROM (SELECT w * 8 AS width,
             encode_section(format('x { n %s char }', w * 8)::section_layout, r) AS section
      FROM generate_series(1, 3) AS turn, generate_series(1, 500) AS w, (SELECT 'n' AS n) AS r) AS s;

-- A layout over 2 kB is compressed or stored out of line; it is the same layout.
CREATE FUNCTION pg_temp.wide_layout(fields int) RETURNS section_layout LANGUAGE sql AS $$
    SELECT ('wide {' || string_agg(format(E'\n f%s_%s 8 uimsbf = n', i, md5(i::text)), '' ORDER BY i)
            || E'\n}')::section_layout
    FROM generate_series(1, fields) AS i
$$;
CREATE TEMP TABLE wide (how text, layout section_layout);
ALTER TABLE wide ALTER layout SET STORAGE EXTERNAL;
INSERT INTO wide VALUES ('out of line', pg_temp.wide_layout(200));
ALTER TABLE wide ALTER layout SET STORAGE MAIN;
INSERT INTO wide VALUES ('compressed', pg_temp.wide_layout(200));
ALTER TABLE wide ALTER layout SET STORAGE EXTENDED;
INSERT INTO wide VALUES ('compressed and out of line', pg_temp.wide_layout(600));
SELECT how, pg_column_size(layout) < octet_length(layout::text) AS is_compressed,
       octet_length(layout::text), md5(layout::text) = md5(pg_temp.wide_layout(fields)::text) AS same,
       count(*) AS rows, bool_and(section = decode(repeat(lpad(to_hex(n), 2, '0'), fields), 'hex')) AS all_right
FROM (SELECT *, CASE WHEN how LIKE '%and%' THEN 600 ELSE 200 END AS fields FROM wide) AS w,
     LATERAL (SELECT n, encode_section(w.layout, r) AS section
              FROM (SELECT n FROM generate_series(1, 10) AS n) AS r) AS s
GROUP BY how, layout::text, fields, pg_column_size(layout) ORDER BY how COLLATE "C";

-- A toasted layout that is replaced gives way to the new one, in one session.
UPDATE wide SET layout = 'narrow { n 8 uimsbf }' WHERE how = 'out of line';
SELECT encode_section(layout, r) FROM wide, (SELECT 5 AS n) AS r WHERE how = 'out of line';

-- As the DEFAULT of a column, in an array, in a composite value, in a domain.
CREATE TEMP TABLE channels (id int, layout section_layout NOT NULL DEFAULT message_layout());
INSERT INTO channels VALUES (1, DEFAULT), (2, 'x { a 8 uimsbf }');
INSERT INTO channels VALUES (3, NULL);
SELECT id, layout::text = message_layout()::text AS is_default FROM channels ORDER BY id;
SELECT layouts[1], array_length(layouts, 1) AS n,
       encode_section(layouts[2], (SELECT r FROM (SELECT 7 AS n) AS r)) AS by_second
FROM (SELECT ARRAY['a { n 8 uimsbf }', 'b { n 16 uimsbf }']::section_layout[] AS layouts) AS a;
SELECT '{"x { a 8 uimsbf }",NULL}'::section_layout[];
CREATE DOMAIN pg_temp.small_layout AS section_layout CHECK (length(VALUE::text) < 40);
SELECT encode_section('x { n 8 uimsbf }'::pg_temp.small_layout, r) FROM (SELECT 1 AS n) AS r;
SELECT message_layout()::pg_temp.small_layout;

-- In variables of PL/pgSQL and in prepared statements, under a generic plan too.
DO $$
DECLARE
    layout section_layout := 'x { n 8 uimsbf }';
    sections text = '';
BEGIN
    FOR i IN 1..3 LOOP
        sections := sections || encode(encode_section(layout, jsonb_build_object('n', i)), 'hex') || ' ';
        layout := format('x { n %s uimsbf }', (i + 1) * 8);
    END LOOP;
    RAISE INFO '%', sections;
END $$;
SET plan_cache_mode = force_generic_plan;
PREPARE by_layout(section_layout, int) AS SELECT encode_section($1, r) FROM (SELECT $2 AS n) AS r;
EXECUTE by_layout('x { n 8 uimsbf }', 1);
EXECUTE by_layout('y { n 32 uimsbf }', 2);
EXECUTE by_layout('x { n 8 uimsbf }', 3);
EXECUTE by_layout(NULL, 3);
EXECUTE by_layout('x { n }', 3);
RESET plan_cache_mode;

-- Its fields: a row for each, with where it begins while that is the same for all rows.
SELECT * FROM layout_fields(message_layout());
SELECT * FROM layout_fields('x { a 4 uimsbf
    b 4 bslbf = a
    n 8 uimsbf = length(c)
    c * text
    l:
    d 16 tcimsbf = 3
    o * tlv(16,ber) split = items
    crc 32 rpchof }');

-- The binary form is a version byte and the canonical text.
SELECT section_layout_send('x { a 8 uimsbf }') = '\x01'::bytea || convert_to(E'x {\n    a  8  uimsbf\n}',
    'UTF8') AS send;
