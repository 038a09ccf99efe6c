-- Composite values as objects of tables: attributes that are missing, and arrays of other shapes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;

CREATE TYPE c_short AS (a int);
CREATE TYPE c_with_b AS (a int, b int);
CREATE TYPE c_deep AS (inner_ c_short);
CREATE TYPE c_json AS (inner_ jsonb);
CREATE TYPE c_keyed AS (segment int, a int);
CREATE DOMAIN c_domain AS c_with_b CHECK ((VALUE).a > 0);

CREATE FUNCTION pg_temp.outcome(layout text, r record) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    RETURN (SELECT string_agg(section::text, ' ') FROM encode_sections(layout::section_layout, r) AS section);
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail);
END $$;

-- An attribute that every object needs.
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf; b 8 uimsbf } }', r) FROM (SELECT ARRAY[ROW(1)::c_short] AS l) AS r;
SELECT pg_temp.outcome('x { o { a 8 uimsbf; b 8 uimsbf } }', r) FROM (SELECT ROW(1)::c_short AS o) AS r;
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf; b 8 uimsbf } }', r) FROM (SELECT '{}'::c_short[] AS l) AS r;
-- One that an arm needs, where it is taken and where it is not.
SELECT a, pg_temp.outcome('x { l[] { a 8 uimsbf; if (a == 1) { b 8 uimsbf } } }', r)
FROM generate_series(0, 1) AS a, LATERAL (SELECT ARRAY[ROW(a)::c_short] AS l) AS r;
-- One that may be missing: of a default, a present(), an optional.
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf; b 8 uimsbf default 9 } }', r)
FROM (SELECT ARRAY[ROW(1)::c_short] AS l) AS r;
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf; f 8 bslbf = present(b); if (f == 1) { b 8 uimsbf } } }', r)
FROM (SELECT ARRAY[ROW(1)::c_short] AS l) AS r;
SELECT pg_temp.outcome('x { l[1] { n 8 uimsbf = length(); a 8 uimsbf; optional { b 8 uimsbf } } }', r)
FROM (SELECT ARRAY[ROW(1)::c_short] AS l) AS r;
-- One that is there and NULL is no attribute that is missing.
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf; b 8 uimsbf } }', r)
FROM (SELECT ARRAY[ROW(1, NULL)::c_with_b] AS l) AS r;
-- Within an attribute that is composite, or a document.
SELECT pg_temp.outcome('x { o { inner_ { a 8 uimsbf; b 8 uimsbf } } }', r)
FROM (SELECT ROW(ROW(1)::c_short)::c_deep AS o) AS r;
SELECT pg_temp.outcome('x { o { inner_ { a 8 uimsbf; b 8 uimsbf } } }', r)
FROM (SELECT ROW('{"a": 1}')::c_json AS o) AS r;
SELECT pg_temp.outcome('x { o { inner_ { a 8 uimsbf; b 8 uimsbf } } }', r)
FROM (SELECT ROW('{"a": 1, "b": 2}')::c_json AS o) AS r;
-- A document next to composite values.
SELECT pg_temp.outcome('x { o { a 8 uimsbf }; l[] { a 8 uimsbf; b 8 uimsbf } }', r)
FROM (SELECT ROW(1)::c_short AS o, '[{"a": 1}]'::jsonb AS l) AS r;
-- The key of split by.
SELECT pg_temp.outcome('x { p 8 uimsbf = part(); l[] split(1) by segment { a 8 uimsbf } }', r)
FROM (VALUES (ARRAY[ROW(2, 7)::c_keyed])) AS r (l);
SELECT pg_temp.outcome('x { p 8 uimsbf = part(); l[] split(1) by segment { a 8 uimsbf } }', r)
FROM (SELECT ARRAY[ROW(7)::c_short] AS l) AS r;
-- Domains over composite types, and arrays of them.
SELECT pg_temp.outcome('x { o { a 8 uimsbf; b 8 uimsbf }; l[] { a 8 uimsbf; b 8 uimsbf } }', r)
FROM (SELECT ROW(1, 2)::c_domain AS o, ARRAY[ROW(3, 4)::c_domain] AS l) AS r;
-- Arrays of several dimensions, of objects and of values.
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf } }', r)
FROM (SELECT ARRAY[ARRAY[ROW(1)::c_short], ARRAY[ROW(2)::c_short]] AS l) AS r;
SELECT pg_temp.outcome('x { l[2] 8 uimsbf }', r) FROM (SELECT '{{1,2},{3,4}}'::int[] AS l) AS r;
-- Other types in an object's place.
SELECT pg_temp.outcome('x { o { a 8 uimsbf } }', r) FROM (SELECT 5 AS o) AS r;
SELECT pg_temp.outcome('x { o { a 8 uimsbf } }', r) FROM (SELECT ARRAY[ROW(1)::c_short] AS o) AS r;
SELECT pg_temp.outcome('x { l[] { a 8 uimsbf } }', r) FROM (SELECT ROW(1)::c_short AS l) AS r;

DROP DOMAIN c_domain;
DROP TYPE c_short, c_with_b, c_deep, c_json, c_keyed;
