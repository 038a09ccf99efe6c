-- The database that scripts/fuzz-sql lets sqlsmith loose on: the extension, tables of carousels and of
-- submissions, and material of every type that its functions take, right, broken and large.
--
-- sqlsmith reads what functions there are from "pg_proc", without a schema. The role that it is has a
-- table of that name first in its search_path: in it our functions are many, and look as if none
-- returned a set, since sqlsmith passes over those that do.

\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE ROLE fuzz LOGIN PASSWORD 'fuzz';
CREATE SCHEMA onetrip;
CREATE EXTENSION onetrip SCHEMA onetrip;
CREATE SCHEMA material;
SET search_path = material, onetrip;

-- A carousel and submissions ----------------------------------------------------------------------

SELECT create_carousel_tables('material') \g /dev/null
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('CALEDONIE', 8), ('', 9);
INSERT INTO campagnes
SELECT n, (ARRAY['AFRIQUE', 'CALEDONIE', ''])[1 + n % 3], 'M', current_date - 5, current_date + 5 FROM generate_series(1, 9) AS n;
INSERT INTO messages
SELECT n, 1 + n % 9, CASE n % 30 WHEN 0 THEN -1 ELSE n END, n, jsonb_build_array(jsonb_build_object('tag', n % 256, 'value', repeat('x', n)))
FROM generate_series(1, 90) AS n;
CREATE SCHEMA application;
CREATE SCHEMA warehouse;
SELECT create_submission_tables('application', 'warehouse') \g /dev/null

-- Layouts that are stored, and what is to be read by them -------------------------------------------

CREATE TABLE layouts (layout section_layout, stored_text text);
INSERT INTO layouts SELECT replace(t, ';', E'\n')::section_layout, t FROM unnest(ARRAY[
    message_layout()::text,
    'x {; a 8 uimsbf; }',
    'x {; n 8 uimsbf = length(t); t * text; u * bytes; }',
    'x (max 64) {; id 32 uimsbf; p 8 uimsbf = part(); l 8 uimsbf = last_part(); items * tlv(8,ber) split; }',
    'x {; table_id 8 uimsbf = 0x80; flags 4 bslbf = 0; section_length 12 uimsbf = length(); at 40 utc; long 24 duration; c 32 rpchof; }',
    'x {; id 8 uimsbf; o 16 uimsbf = offset(here); d * dvbtext; here:; n 16 bcd; s 16 tcimsbf; e 16 char; }']) AS t;

CREATE TYPE row_source AS (
    id int, a int, t text, u bytea, n numeric, s bigint, e text, d text, o bool, items jsonb, storables jsonb, at timestamptz,
    long interval, numero_abonne bigint, network_id int, campagne_id bigint, template_id bigint, genre text,
    valid_start timestamptz, valid_end timestamptz, ack_count int, ack_delay int);

-- A byte changed, a part cut out, or as it is.
CREATE FUNCTION broken(bytes bytea) RETURNS bytea LANGUAGE sql VOLATILE AS $$
    SELECT CASE
        WHEN length(bytes) = 0 OR dice < 0.3 THEN bytes
        WHEN dice < 0.8 THEN set_byte(bytes, place, floor(random() * 256)::int)
        ELSE overlay(bytes PLACING '' FROM place + 1 FOR floor(random() * 20)::int) END
    FROM (SELECT random() AS dice, floor(random() * length(bytes))::int AS place) AS d
$$;
CREATE FUNCTION document(n int) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT CASE n % 8
        WHEN 0 THEN '{"who": {"name": "Ada", "born": "1815-12-10"}, "drug": [{"dose": 2}, {"dose": "much"}], "pains": ["head"], "again": null}'
        WHEN 1 THEN '{"slug": "f", "nodeType": "form", "children": [{"slug": "who", "children": [{"slug": "name", "answerType": "text", "tag": "t"}, {"slug": "born", "answerType": "date"}]}, {"slug": "pains", "answerType": "text", "answerEnum": [{"value": "head"}]}, {"slug": "again", "answerType": "boolean"}, {"slug": "again", "answerType": 5}]}'
        WHEN 2 THEN jsonb_build_array(jsonb_build_object('tag', n, 'value', n), jsonb_build_object('tag', n % 256, 'hex', 'dead'))
        WHEN 3 THEN (repeat('[', n) || repeat(']', n))::jsonb
        WHEN 4 THEN (SELECT jsonb_object_agg('key ' || i, i) FROM generate_series(1, n * 20) AS i)
        WHEN 5 THEN to_jsonb(repeat('é', n * 100))
        WHEN 6 THEN jsonb_build_object('a', n, 'id', n, 't', 'text', 'u', '\xff', 'items', '[]'::jsonb)
        ELSE (ARRAY['null', '{}', '[]', '1e400', '-0', '"\u0001"', 'true'])[1 + n % 7]::jsonb END
$$;
CREATE FUNCTION row_of(n int) RETURNS row_source LANGUAGE sql VOLATILE AS $$
    SELECT (n, n, repeat('t', n % 9), '\x00ff', n / 3.0, -n, 'é', 'dvb', n % 2 = 0, document(2), document(n), now(),
        n * interval '1 hour', n, n, n, n, 'M', now(), 'infinity', n, n)::row_source
$$;

CREATE TABLE sections (layout section_layout, section bytea, carousel bytea, packets bytea);
INSERT INTO sections
SELECT message_layout(), broken(section), broken(repeated), broken(ts_packets(repeated, 256))
FROM generate_series(1, 40) AS n, LATERAL (SELECT encode_carousel('AFRIQUE') AS repeated) AS c,
    LATERAL (SELECT section FROM carousel_sections('AFRIQUE') OFFSET n % 20 LIMIT 1) AS s;

CREATE TABLE documents (document jsonb, document_text json, form jsonb, include text[], row_source row_source);
INSERT INTO documents
SELECT document(n), document(n + 3)::json, document(n * 5 + 1),
    (ARRAY['{}', '{all}', '{missing}', '{null,unknown}', '{NULL}', '{{all}}', '{nonsense}'])[1 + n % 7]::text[],
    CASE WHEN n % 10 > 0 THEN row_of(n) END
FROM generate_series(1, 60) AS n;

CREATE TABLE scalars (zone text, day date, small int, large bigint, answer text, is_so boolean, schema_name name, at timestamptz);
INSERT INTO scalars
SELECT (ARRAY['AFRIQUE', 'CALEDONIE', '', 'none'])[1 + n % 4],
    (ARRAY[current_date::text, '-infinity', 'infinity', '4713-01-01 BC', '5874897-12-31', '2026-02-28'])[1 + n % 6]::date,
    (ARRAY[-2147483648, 2147483647, 0, 1, 8191, 256, -1])[1 + n % 7],
    (ARRAY[-9223372036854775808, 9223372036854775807, 0, 1, 4294967296])[1 + n % 5],
    (ARRAY['12', '-0.5e3', '1e999999', 'true', 'false', '2026-02-30', '2024-02-29', '', repeat('9', 5000)])[1 + n % 9],
    n % 2 = 0, (ARRAY['application', 'warehouse', 'material', 'none', ''])[1 + n % 5], 'infinity'
FROM generate_series(1, 60) AS n;

-- Material that is at hand without a table, each time another.
CREATE SCHEMA anew;
CREATE FUNCTION anew.layout() RETURNS section_layout LANGUAGE sql VOLATILE AS 'SELECT layout FROM material.layouts ORDER BY random() LIMIT 1';
CREATE FUNCTION anew.layout_text() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT encode(material.broken(convert_to(replace(stored_text, ';', E'\n'), 'UTF8')), 'escape') FROM material.layouts ORDER BY random() LIMIT 1$$;
CREATE FUNCTION anew.bytes() RETURNS bytea LANGUAGE sql VOLATILE AS
    'SELECT material.broken((ARRAY[section, carousel, packets])[1 + floor(random() * 3)]) FROM material.sections ORDER BY random() LIMIT 1';
CREATE FUNCTION anew.document() RETURNS jsonb LANGUAGE sql VOLATILE AS 'SELECT material.document(floor(random() * 300)::int)';
CREATE FUNCTION anew.document_text() RETURNS json LANGUAGE sql VOLATILE AS 'SELECT material.document(floor(random() * 300)::int)::json';
CREATE FUNCTION anew.words() RETURNS text[] LANGUAGE sql VOLATILE AS 'SELECT include FROM material.documents ORDER BY random() LIMIT 1';
CREATE FUNCTION anew.row_source() RETURNS material.row_source LANGUAGE sql VOLATILE AS 'SELECT material.row_of(floor(random() * 100)::int)';
CREATE FUNCTION anew.zone() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT zone FROM material.scalars ORDER BY random() LIMIT 1';
CREATE FUNCTION anew.day() RETURNS date LANGUAGE sql VOLATILE AS 'SELECT day FROM material.scalars ORDER BY random() LIMIT 1';
CREATE FUNCTION anew.schema_name() RETURNS name LANGUAGE sql VOLATILE AS 'SELECT schema_name FROM material.scalars ORDER BY random() LIMIT 1';

-- What sqlsmith takes for the catalog of functions ---------------------------------------------------

CREATE TEMP VIEW ours AS
SELECT p.* FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
JOIN pg_catalog.pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'onetrip';

-- sqlsmith likes functions without parameters best, and has few arguments but NULL. So each of ours can be called with
-- random material too. One that returns rows can only stand in a SELECT list; these can stand anywhere.
CREATE TABLE anew.values (type regtype PRIMARY KEY, expression text);
INSERT INTO anew.values VALUES
    ('section_layout', 'anew.layout()'), ('bytea', 'anew.bytes()'), ('jsonb', 'anew.document()'), ('json', 'anew.document_text()'),
    ('text[]', 'anew.words()'), ('record', 'anew.row_source()'), ('text', 'anew.zone()'), ('date', 'anew.day()'), ('name', 'anew.schema_name()'),
    ('int', '(SELECT small FROM material.scalars ORDER BY random() LIMIT 1)'), ('bigint', '(SELECT large FROM material.scalars ORDER BY random() LIMIT 1)'),
    ('cstring', 'anew.layout_text()::cstring'), ('boolean', '(random() < 0.5)');
CREATE SCHEMA called;
SELECT format('CREATE FUNCTION called.%I() RETURNS %s LANGUAGE sql VOLATILE AS $$SELECT %s FROM %s AS r%s$$',
    name || row_number() OVER (ORDER BY oid),
    CASE WHEN has_rows OR is_aggregate THEN 'jsonb' WHEN result = 'cstring'::regtype THEN 'text'
        ELSE format_type(result, NULL) END,
    CASE WHEN is_aggregate THEN 'to_jsonb(' || call || ')' WHEN has_rows THEN 'jsonb_agg(to_jsonb(r))'
        WHEN result = 'cstring'::regtype THEN 'r::text' ELSE 'r' END,
    CASE WHEN is_aggregate THEN 'generate_series(1, 4)' ELSE call END,
    -- A function says the columns of its records, or its caller does.
    CASE WHEN result = 'record'::regtype AND NOT has_columns THEN '(a int, b text)' ELSE '' END)
FROM (SELECT p.oid, proname AS name, prorettype AS result, prokind = 'a' AS is_aggregate,
          proretset OR prorettype = 'record'::regtype AS has_rows,
          coalesce(proargmodes && '{o,b,t}', false) AS has_columns,
          format('onetrip.%I(%s)', proname, string_agg(expression, ', ' ORDER BY ordinal)) AS call
      FROM ours AS p
      LEFT JOIN LATERAL unnest(proargtypes) WITH ORDINALITY AS a(type, ordinal) ON true
      LEFT JOIN anew.values AS v ON v.type = a.type
      WHERE prokind IN ('f', 'a')
      GROUP BY p.oid, proname, prorettype, prokind, proretset, proargmodes
      HAVING count(*) FILTER (WHERE a.type IS NOT NULL AND v.type IS NULL) = 0) AS calls
\gexec

CREATE SCHEMA seen_by_sqlsmith;
-- Of these types sqlsmith knows no value: it would spoil half of all statements by them. Operators it
-- reads with their schema.
CREATE TABLE unusable AS
SELECT oid AS type FROM pg_type WHERE typtype IN ('r', 'm') OR typname ~ '^any(range|multirange|enum|compatible)';
SET allow_system_table_mods = on;
DELETE FROM pg_operator WHERE oprleft IN (TABLE unusable) OR oprright IN (TABLE unusable) OR oprresult IN (TABLE unusable);
CREATE TABLE seen_by_sqlsmith.pg_proc AS
WITH chosen AS (
    SELECT oid, proname, pronamespace, prokind, proretset AND pronamespace <> 'onetrip'::regnamespace AS proretset, prorettype,
        -- sqlsmith has no rows of type record, but those of a table's column.
        CASE WHEN pronamespace = 'onetrip'::regnamespace
            THEN replace(proargtypes::text, 'record'::regtype::oid::text, 'row_source'::regtype::oid::text)::oidvector
            ELSE proargtypes END AS proargtypes
    FROM pg_catalog.pg_proc
    WHERE NOT EXISTS (SELECT FROM unnest(proargtypes) AS t WHERE t IN (SELECT type FROM unusable))
      AND proname !~ '^(pg_sleep|pg_advisory|pg_try_advisory|pg_terminate|pg_cancel|set_config|lo_|lo|.*_to_xml|ts_stat|pg_stat_reset)')
SELECT (oid::bigint + copy * 100000000)::oid AS oid, proname, pronamespace, prokind, proretset, prorettype, proargtypes
FROM chosen, generate_series(1, CASE WHEN pronamespace IN ('onetrip'::regnamespace, 'called'::regnamespace, 'anew'::regnamespace) THEN 20 ELSE 1 END) AS copy;
-- sqlsmith asks for each by itself.
CREATE UNIQUE INDEX ON seen_by_sqlsmith.pg_proc (oid);

-- The role has the rights that a user has, and no superuser's.
GRANT USAGE ON SCHEMA onetrip, material, application, warehouse, anew, called, seen_by_sqlsmith TO fuzz;
ALTER TABLE unusable SET SCHEMA seen_by_sqlsmith;
GRANT SELECT ON ALL TABLES IN SCHEMA material, application, warehouse, anew TO fuzz;
GRANT SELECT ON seen_by_sqlsmith.pg_proc TO fuzz;
ALTER ROLE fuzz SET search_path = seen_by_sqlsmith, pg_catalog, material, onetrip;
ANALYZE;
