-- The types mjd, utf16, inet, macaddr, float and char of any length, of columns and of JSON.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';
SET client_encoding = 'UTF8';

CREATE TEMP TABLE programmes AS
    SELECT n, date '2026-11-28' + 10000 * n AS day, '239.255.0.1'::inet + n AS host, '2001:db8::'::inet + n AS host6,
        '08:00:2b:01:02:03'::macaddr AS device, (n / 3.0)::real AS r4, (n / 3.0)::double precision AS r8,
        repeat('é', n) AS word
    FROM generate_series(0, 3) AS n;
CREATE TEMP TABLE layouts AS SELECT 'x {
    day 16 mjd; host 32 inet; host6 128 inet; device 48 macaddr; r4 32 float; r8 64 float; w 64 utf16 = word
    size 8 uimsbf = length(c)
    c * char = word; d * utf16 = word
}'::section_layout AS l;
SELECT l FROM layouts;
SELECT encode_section(l, p), encode_section(l, p) = encode_section(l, to_jsonb(p)) AS same,
    decode_section(l, encode_section(l, p)) = to_jsonb(p) - 'n' AS back
FROM layouts, programmes AS p ORDER BY n;
SELECT decode_section(l, encode_section(l, p)) FROM layouts, programmes AS p WHERE n = 2;
SELECT field, raw, value FROM layouts, programmes AS p, dissect_section(l, encode_section(l, p)) WHERE n = 1;

-- Numbers as the server prints them, of both widths.
SELECT f4, encode_section('x { f4 32 float }', r) AS four,
    f8, encode_section('x { f8 64 float }', r) AS eight,
    left(decode_section('x { f8 64 float }', encode_section('x { f8 64 float }', r)) ->> 'f8', 25) AS json
FROM (VALUES (1, '0.1'::real, '0.1'::double precision), (2, '1e20', '1e20'), (3, '1e-05', '1e-05'),
    (4, '16777216', '9007199254740993'), (5, 'Infinity', '-Infinity'), (6, 'NaN', 'NaN'), (7, '-0', '-0'),
    (8, '1.4e-45', '5e-324'), (9, '3.4028235e38', '1.7976931348623157e308')) AS r (n, f4, f8) ORDER BY n;
SELECT encode_section('x { a 32 float; b 64 float = a }', r) AS of_a_real FROM (SELECT 0.1::real AS a) AS r;
SELECT encode_section('x { a 32 float; b 64 float = a }', r) AS of_a_numeric FROM (SELECT 0.1 AS a) AS r;
SELECT encode_section('x { a 32 float; b 64 float = a }', r) AS of_an_integer FROM (SELECT 7 AS a) AS r;
SELECT decode_section('x { a 32 float; b 64 float }', '\x7fc000018000000000000000');

-- What is not taken.
CREATE FUNCTION pg_temp.refused(type text, value anyelement, OUT state text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM encode_section(format('x { v %s }', type)::section_layout, r) FROM (SELECT value AS v) AS r;
    state := 'accepted';
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
SELECT * FROM pg_temp.refused('16 mjd', '1948-08-04'::date);
SELECT * FROM pg_temp.refused('16 mjd', '2128-01-10'::date);
SELECT * FROM pg_temp.refused('16 mjd', 'infinity'::date);
SELECT * FROM pg_temp.refused('16 mjd', NULL::date);
SELECT * FROM pg_temp.refused('16 mjd', '2026-11-28 00:00:00+00'::timestamptz);
SELECT * FROM pg_temp.refused('16 mjd', '2026-11-28'::text);
SELECT * FROM pg_temp.refused('32 inet', '10.0.0.0/8'::inet);
SELECT * FROM pg_temp.refused('32 inet', '::1'::inet);
SELECT * FROM pg_temp.refused('128 inet', '10.0.0.1'::inet);
SELECT * FROM pg_temp.refused('32 inet', '10.0.0.1/32'::cidr);
SELECT * FROM pg_temp.refused('32 inet', '10.0.0.1'::text);
SELECT * FROM pg_temp.refused('* text', '10.0.0.1'::inet);
SELECT * FROM pg_temp.refused('48 macaddr', '08:00:2b:01:02:03:04:05'::macaddr8);
SELECT * FROM pg_temp.refused('32 float', 1e39::double precision);
SELECT * FROM pg_temp.refused('32 float', 1e-60);
SELECT * FROM pg_temp.refused('32 float', '1'::text);
SELECT * FROM pg_temp.refused('8 uimsbf', 1::real);
SELECT * FROM pg_temp.refused('32 utf16', 'abc'::text);
SELECT * FROM pg_temp.refused('32 utf16', 'a '::char(3));
SELECT * FROM pg_temp.refused('* char', '€'::text);
