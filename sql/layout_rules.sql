-- What the encoder writes, the decoder takes; intervals in every style; and that long calls end.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET IntervalStyle = 'postgres';

-- a layout on one line
SELECT 'x (max 9) { a 8 uimsbf = s; l:; b * text -- not ; the end
}'::section_layout;
SELECT (E'\uFEFFx { a 8 uimsbf; }')::section_layout::text = 'x { a 8 uimsbf }'::section_layout::text AS same;

-- characters that nobody sees
SELECT U&'x { a\00A08 uimsbf }'::text::section_layout;
SELECT U&'x { a 8 uimsbf\200B }'::text::section_layout;
SELECT 'x { a 32776 bytes }'::section_layout;
SELECT encode_section('x { a 8 uimsbf }', jsonb_build_object('a', U&'1\00A0'));

-- part numbers that a row sets
SELECT encode_section('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', row::jsonb)
FROM (VALUES ('{"i": 1, "n": 3}')) AS v (row);
SELECT encode_section('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', '{"i": 5, "n": 3}'::jsonb);
SELECT encode_section('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', '{"i": 5}'::jsonb);
SELECT encode_section('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', '{"n": 0}'::jsonb);
SELECT encode_section('x { i 8 uimsbf = part(); n 8 uimsbf = parts() }', '{"i": 0, "n": 0}'::jsonb);
SELECT encode_section('x { i 8 uimsbf = part(); j 8 uimsbf = part() }', '{"i": 5, "j": 3}'::jsonb);
SELECT 'x { i 8 uimsbf = part(); a 8 uimsbf = i }'::section_layout;

-- a table with a column that has the name of a part field by chance
CREATE TEMP TABLE messages AS
SELECT 7 AS index, 12 AS numero_abonne, 1 AS network_id, 2 AS campagne_id, 3 AS template_id, 'A' AS genre,
       timestamptz '2026-10-01 00:00+00' AS valid_start, timestamptz '2026-10-02 00:00+00' AS valid_end,
       0 AS ack_count, 0 AS ack_delay, '[]'::jsonb AS storables;
SELECT encode_section(message_layout(), to_jsonb(m)) FROM messages AS m;
SELECT encode_section(message_layout(), to_jsonb(m) - 'index') = encode_section(message_layout(), m) AS same
FROM messages AS m;

-- fields that share a source
SELECT decode_section(layout, encode_section(layout, row)) AS row
FROM (SELECT 'x { l 8 uimsbf = length(a); a * dvbtext = s; b * text = s }'::section_layout AS layout,
             '{"s": {"hex": "15c3a9"}}'::jsonb AS row) AS v;
SELECT encode_sections('x (max 9) { l 8 uimsbf = length(a); a * tlv(8,8) split = s; b * tlv(8,8) = s }',
                       '{"s": {"1": "ab", "2": "cd"}}'::jsonb);

-- a key twice in a json column
SELECT encode_section('x { v * tlv(8,8) }', r) FROM (SELECT '{"1": "a", "1": "b"}'::json AS v) AS r;
SELECT encode_section('x { v * tlv(8,8) }', r) FROM (SELECT '[{"tag": 1, "tag": 2, "value": 0}]'::json AS v) AS r;

-- values of char(n), and NULL
SELECT encode_section('x { v 8 char }', r) FROM (SELECT 'a'::char(2) AS v) AS r;
SELECT encode_section('x { v 8 char }', r) FROM (SELECT rtrim('a'::char(2)) AS v) AS r;
SELECT encode_section('x { v 8 uimsbf }', r) FROM (SELECT NULL::int AS v) AS r;

-- intervals by to_jsonb in each style, and ISO 8601
CREATE TEMP TABLE spans (v interval);
INSERT INTO spans
SELECT make_interval(days => d, hours => h, mins => m, secs => s)
FROM generate_series(-1, 4) AS d, unnest('{-25,-1,0,1,23,99}'::int[]) AS h,
     unnest('{-1,0,59}'::int[]) AS m, unnest('{-1.5,0,0.000001,1,59.999999}'::float8[]) AS s
UNION ALL SELECT interval '1 mon' UNION ALL SELECT interval '-2 years -1 mon 3 days';
CREATE FUNCTION pg_temp.outcome(r record) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN encode_section('x { v 24 duration }', r);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.outcome(r jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN encode_section('x { v 24 duration }', r);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT left(pg_temp.outcome(r), 2) AS outcome, count(*) FROM spans AS r GROUP BY 1 ORDER BY 1;
SET IntervalStyle = 'postgres';
SELECT count(*) AS postgres FROM spans AS r WHERE pg_temp.outcome(r) <> pg_temp.outcome(to_jsonb(r));
SET IntervalStyle = 'postgres_verbose';
SELECT count(*) AS postgres_verbose FROM spans AS r WHERE pg_temp.outcome(r) <> pg_temp.outcome(to_jsonb(r));
SET IntervalStyle = 'sql_standard';
SELECT count(*) AS sql_standard FROM spans AS r WHERE pg_temp.outcome(r) <> pg_temp.outcome(to_jsonb(r));
SET IntervalStyle = 'iso_8601';
SELECT count(*) AS iso_8601 FROM spans AS r WHERE pg_temp.outcome(r) <> pg_temp.outcome(to_jsonb(r));
RESET IntervalStyle;
SELECT v, encode_section('x { v 24 duration }', jsonb_build_object('v', v))
FROM unnest('{PT1H30M,P1DT2H,PT90M,P0.5D}'::text[]) AS v;

-- 4,096 fields of one source, and a section of 4,095 equal bytes and another
CREATE TEMP TABLE shared AS
SELECT ('x {' || string_agg('f' || i || ' 8 char = s', ';') || '}')::section_layout AS layout
FROM generate_series(1, 4096) AS i;
SELECT c.* FROM shared, check_sections(layout, convert_to(repeat('a', 4095) || 'b', 'UTF8')) AS c;

-- long calls end at a timeout
CREATE TEMP TABLE long_values (zeros bytea, lines text);
ALTER TABLE long_values ALTER zeros SET STORAGE EXTERNAL, ALTER lines SET STORAGE EXTERNAL;
INSERT INTO long_values SELECT decode(repeat('00', 50000000), 'hex'), repeat(E'\n', 50000000);
CREATE TEMP TABLE long_json (items text);
ALTER TABLE long_json ALTER items SET STORAGE EXTERNAL;
INSERT INTO long_json
SELECT ('[' || repeat('{"tag": 1, "value": "a"},', 1000000) || '{"tag": 1, "value": "b"}]') AS items;
SET statement_timeout = '100ms';
SELECT count(*)
FROM long_values, check_sections('x { t 8 uimsbf = 0x40; s 4 bslbf = 0; n 12 uimsbf = length() }', zeros);
SELECT lines::section_layout FROM long_values;
SELECT encode_section('x (max 9) { v * tlv(8,8) split }', r) FROM (SELECT items::json AS v FROM long_json) AS r;
SELECT count(*)
FROM long_json, encode_sections('x (max 9) { v * tlv(8,8) split }', jsonb_build_object('v', items::jsonb));
RESET statement_timeout;
