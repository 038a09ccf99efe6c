-- Errors of carousels over tables that cannot serve, and errors of what is in the tables' place: none
-- shows the statement that the extension made.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT errors
CREATE SCHEMA errors;
SET search_path = errors, public;
CREATE TABLE zones_diffusion (zone_diffusion text PRIMARY KEY, network_id int);
CREATE TABLE campagnes (id bigint PRIMARY KEY, zone_diffusion text, valid_start timestamptz, valid_end timestamptz);
CREATE TABLE messages (id bigint PRIMARY KEY, campagne_id_fk bigint, n int);
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 1);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', '2026-11-01', '2026-11-30');
INSERT INTO messages VALUES (1, 1, 1), (2, 1, 2);
\set encode 'SELECT encode_carousel(''AFRIQUE'', ''2026-11-21'', E''x {\\n campagne_id 8 uimsbf\\n n 8 uimsbf\\n}'')'
:encode;

-- Types -------------------------------------------------------------------------------------------

-- Every column that the statement compares, of a type that it cannot compare.
BEGIN; ALTER TABLE campagnes ALTER valid_start TYPE text; :encode; ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
BEGIN; ALTER TABLE campagnes ALTER valid_end TYPE text; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes ALTER valid_end TYPE int USING 0; :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes ALTER valid_end TYPE time USING '0:00'; :encode; ROLLBACK;
BEGIN; ALTER TABLE messages ALTER campagne_id_fk TYPE text; :encode; ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
BEGIN; ALTER TABLE campagnes DROP CONSTRAINT campagnes_pkey, ALTER id TYPE uuid USING md5(id::text)::uuid;
:encode; ROLLBACK;
BEGIN; ALTER TABLE messages DROP CONSTRAINT messages_pkey, ALTER id TYPE json USING to_json(id); :encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes DROP CONSTRAINT campagnes_pkey, ALTER id TYPE point USING point(id, id);
:encode; ROLLBACK;
BEGIN; ALTER TABLE campagnes ALTER zone_diffusion TYPE bytea USING zone_diffusion::bytea; :encode; ROLLBACK;
BEGIN; ALTER TABLE zones_diffusion ALTER zone_diffusion TYPE date USING '2026-11-21'; :encode; ROLLBACK;
BEGIN; ALTER TABLE zones_diffusion ADD time_zone interval; :encode; ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
-- In a view too, which is the way out as well.
BEGIN;
ALTER TABLE campagnes RENAME TO all_campagnes;
CREATE VIEW campagnes AS SELECT id, zone_diffusion, valid_start::text, valid_end FROM all_campagnes;
:encode;
ROLLBACK;
BEGIN;
ALTER TABLE campagnes ALTER valid_start TYPE text;
CREATE SCHEMA casts;
CREATE VIEW casts.campagnes AS SELECT id, zone_diffusion, valid_start::timestamptz, valid_end FROM campagnes;
SET LOCAL search_path = casts, errors, public;
:encode;
ROLLBACK;
-- Types that serve: of other kinds, mixed, domains.
BEGIN; ALTER TABLE campagnes ALTER valid_start TYPE date, ALTER valid_end TYPE timestamp; :encode; ROLLBACK;
BEGIN; ALTER TABLE messages ALTER campagne_id_fk TYPE numeric, ALTER id TYPE name USING id::text::name;
:encode; ROLLBACK;
BEGIN;
CREATE DOMAIN errors.instant AS timestamptz;
CREATE DOMAIN errors.zone AS varchar(20);
CREATE DOMAIN errors.key AS int;
ALTER TABLE campagnes ALTER valid_start TYPE errors.instant, ALTER zone_diffusion TYPE errors.zone,
    ALTER id TYPE errors.key;
:encode;
ROLLBACK;
BEGIN; ALTER TABLE campagnes ALTER zone_diffusion TYPE int USING 7; UPDATE zones_diffusion SET zone_diffusion = '7';
SELECT encode_carousel('7', '2026-11-21', E'x {\n n 8 uimsbf\n}'); ROLLBACK;

-- Errors within the statement ---------------------------------------------------------------------

-- Of a function of the user's in a view: its own lines are shown, and whose carousel it is.
CREATE FUNCTION raises(id bigint) RETURNS boolean LANGUAGE plpgsql
    AS $$BEGIN RAISE 'refused by the user''s function'; END$$;
CREATE FUNCTION divides(id bigint) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RETURN 1 / (id - id) = 0; END$$;
CREATE FUNCTION is_inlined(id bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT 1 / ($1 - $1) = 0$$;
ALTER TABLE messages RENAME TO all_messages;
CREATE VIEW messages AS SELECT * FROM all_messages WHERE raises(id);
:encode;
SELECT count(*) FROM carousel_sections('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
SELECT messages FROM carousel_stats('AFRIQUE', '2026-11-21', layout => E'x {\n n 8 uimsbf\n}');
SELECT messages FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21', layout => E'x {\n n 8 uimsbf\n}');
CREATE OR REPLACE VIEW messages AS SELECT * FROM all_messages WHERE divides(id);
:encode;
CREATE OR REPLACE VIEW messages AS SELECT * FROM all_messages WHERE is_inlined(id);
:encode;
-- While it is planned.
CREATE OR REPLACE VIEW messages AS SELECT * FROM all_messages WHERE is_inlined(7);
:encode;
CREATE OR REPLACE VIEW messages AS SELECT * FROM all_messages WHERE 1 / (id - id) = 0;
:encode;
-- A cast, and a set-returning function.
CREATE OR REPLACE VIEW messages AS SELECT id, campagne_id_fk, ('message ' || n)::int AS n FROM all_messages;
:encode;
DROP VIEW messages;
CREATE VIEW messages AS SELECT s AS id, 1 AS campagne_id_fk, 1 AS n FROM generate_series(1, 10, 0) AS s;
:encode;
DROP VIEW messages;
ALTER TABLE all_messages RENAME TO messages;
-- The tables that are looked at before.
ALTER TABLE zones_diffusion RENAME TO all_zones;
CREATE VIEW zones_diffusion AS SELECT * FROM all_zones WHERE raises(network_id);
:encode;
DROP VIEW zones_diffusion;
ALTER TABLE all_zones RENAME TO zones_diffusion;
-- A policy.
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY policy ON messages USING (divides(id));
CREATE ROLE regress_onetrip_policy;
GRANT USAGE ON SCHEMA errors TO regress_onetrip_policy;
GRANT SELECT ON ALL TABLES IN SCHEMA errors TO regress_onetrip_policy;
SET ROLE regress_onetrip_policy;
:encode;
RESET ROLE;
ALTER TABLE messages DISABLE ROW LEVEL SECURITY;
-- Without rights on what a view calls.
REVOKE EXECUTE ON FUNCTION divides FROM PUBLIC;
ALTER TABLE messages RENAME TO all_messages;
CREATE VIEW messages WITH (security_invoker) AS SELECT * FROM all_messages WHERE divides(id);
GRANT SELECT ON messages TO regress_onetrip_policy;
SET ROLE regress_onetrip_policy;
:encode;
RESET ROLE;
DROP VIEW messages;
ALTER TABLE all_messages RENAME TO messages;
-- A materialized view without data; a table whose file is away.
ALTER TABLE messages RENAME TO all_messages;
CREATE MATERIALIZED VIEW messages AS SELECT * FROM all_messages WITH NO DATA;
:encode;
DROP MATERIALIZED VIEW messages;
ALTER TABLE all_messages RENAME TO messages;
-- What a caller in PL/pgSQL gets.
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    PERFORM encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
EXCEPTION WHEN division_by_zero THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN context;
END $$;
ALTER TABLE messages RENAME TO all_messages;
CREATE VIEW messages AS SELECT * FROM all_messages WHERE divides(id);
SELECT caught();
DROP VIEW messages;
ALTER TABLE all_messages RENAME TO messages;
-- An error of a message is about the message, and not about the statement.
UPDATE messages SET n = 256 WHERE id = 2;
:encode;
UPDATE messages SET n = 2 WHERE id = 2;

-- What users wrote, too long to be shown ----------------------------------------------------------

\set VERBOSITY terse
SELECT encode_carousel(repeat('zone é ', 150000), '2026-11-21');
\set VERBOSITY default
CREATE FUNCTION message_sizes(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
    context text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
    context = PG_EXCEPTION_CONTEXT;
    context := regexp_replace(context, 'SQL statement.*', '');
    RETURN SQLSTATE || CASE WHEN greatest(length(message), length(detail), length(hint),
    length(context)) < 4000 THEN ' short' ELSE ' long' END;
END $$;
SELECT message_sizes($$SELECT encode_carousel(repeat('zone é ', 150000), '2026-11-21')$$);
INSERT INTO zones_diffusion SELECT 'zone ' || n || repeat('é', 900), n FROM generate_series(1, 30) AS n;
SELECT message_sizes($$SELECT encode_carousel('ASIE', '2026-11-21')$$);
DELETE FROM zones_diffusion WHERE zone_diffusion LIKE 'zone%';
ALTER TABLE zones_diffusion ADD time_zone text;
UPDATE zones_diffusion SET time_zone = repeat('Europe/Pâris ', 100000);
SELECT message_sizes($$SELECT encode_carousel('AFRIQUE', '2026-11-21')$$);
ALTER TABLE zones_diffusion DROP time_zone;
ALTER TABLE zones_diffusion RENAME TO no_zones;
ALTER TABLE campagnes ADD time_zone text;
UPDATE campagnes SET time_zone = repeat('Europe/Pâris ', 100000);
SELECT message_sizes($$SELECT encode_carousel('AFRIQUE', '2026-11-21')$$);
INSERT INTO campagnes SELECT id + 1, zone_diffusion, valid_start, valid_end, repeat('Mars ', 100000) FROM campagnes;
SELECT message_sizes($$SELECT encode_carousel('AFRIQUE', '2026-11-21')$$);
DELETE FROM campagnes WHERE id = 2;
ALTER TABLE campagnes DROP time_zone;
ALTER TABLE no_zones RENAME TO zones_diffusion;
-- The columns of wide tables, and a long search_path.
DO $$BEGIN EXECUTE (SELECT 'ALTER TABLE messages ' || string_agg(format('ADD %I int',
    'column of an application''s own ' || n), ', ') FROM generate_series(1, 1000) AS n); END$$;
SELECT message_sizes($$SELECT encode_carousel('AFRIQUE', '2026-11-21', 'x { colour 8 uimsbf }')$$);
-- (From 18 on a client is told the search_path after each statement, and takes no message so long.)
CREATE FUNCTION message_sizes_under(path text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    path_before text := current_setting('search_path');
    sizes text;
BEGIN
    PERFORM set_config('search_path', path, true);
    sizes := errors.message_sizes(statement);
    PERFORM set_config('search_path', path_before, true);
    RETURN sizes;
END $$;
SELECT message_sizes_under((SELECT string_agg('a_schema_that_nobody_ever_made_' || n, ', ')
    FROM generate_series(1, 20000) AS n)
    || ', public', $$SELECT encode_carousel('AFRIQUE', '2026-11-21')$$);

-- create_carousel_tables --------------------------------------------------------------------------

SELECT create_carousel_tables('No Such');
\echo :LAST_ERROR_SQLSTATE
CREATE SCHEMA "Théâtre";
GRANT USAGE ON SCHEMA "Théâtre" TO regress_onetrip_policy;
SET ROLE regress_onetrip_policy;
SELECT create_carousel_tables('Théâtre');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
REVOKE USAGE ON SCHEMA "Théâtre" FROM regress_onetrip_policy;
SET ROLE regress_onetrip_policy;
SELECT create_carousel_tables('Théâtre');
RESET ROLE;
SELECT create_carousel_tables('errors');
\echo :LAST_ERROR_SQLSTATE
BEGIN READ ONLY; SELECT create_carousel_tables('errors'); ROLLBACK;
CREATE VIEW "Théâtre".messages AS SELECT 1;
SELECT create_carousel_tables('Théâtre');
DROP VIEW "Théâtre".messages;
-- A type is in the way of a table of its name; nothing is made if not all is.
CREATE DOMAIN "Théâtre".messages AS int;
SELECT create_carousel_tables('Théâtre');
\echo :LAST_ERROR_SQLSTATE
DROP DOMAIN "Théâtre".messages;
SELECT count(*) AS made FROM pg_class WHERE relnamespace = '"Théâtre"'::regnamespace;
-- An event trigger of the user's runs with the caller's search_path; what it raises does not show the statements.
CREATE TABLE errors.seen (tag text, object text, path text);
CREATE FUNCTION errors.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen SELECT command_tag, object_identity,
    current_setting('search_path') FROM pg_event_trigger_ddl_commands();
END $$;
CREATE EVENT TRIGGER regress_onetrip_watch ON ddl_command_end EXECUTE FUNCTION errors.watch();
SELECT create_carousel_tables('Théâtre');
DROP EVENT TRIGGER regress_onetrip_watch;
SELECT tag, object, path FROM seen WHERE tag <> 'COMMENT' ORDER BY tag, object COLLATE "C";
DROP SCHEMA "Théâtre" CASCADE;
CREATE SCHEMA "Théâtre";
CREATE FUNCTION errors.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no tables today'; END $$;
CREATE EVENT TRIGGER regress_onetrip_refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION
    errors.refuse();
SELECT create_carousel_tables('Théâtre');
DROP EVENT TRIGGER regress_onetrip_refuse;
-- Whatever the search_path says: types, functions and operators of the user's own have no say.
CREATE DOMAIN errors.text AS pg_catalog.int4;
CREATE FUNCTION errors.char_length(pg_catalog.text) RETURNS pg_catalog.int4 LANGUAGE sql IMMUTABLE AS 'SELECT 7';
SET search_path = errors, pg_catalog, public;
SELECT create_carousel_tables('Théâtre');
INSERT INTO "Théâtre".zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO "Théâtre".campagnes VALUES (1, 'AFRIQUE', 'M', '2026-11-01', '2026-11-30');
RESET search_path;
SELECT create_carousel_tables('pg_temp');
SELECT 'pg_temp.messages'::regclass IS NOT NULL AS made;
DROP TABLE pg_temp.messages, pg_temp.campagnes, pg_temp.zones_diffusion;

DROP SCHEMA errors, "Théâtre" CASCADE;
DROP ROLE regress_onetrip_policy;
