-- The tables that create_submission_tables makes; load_response_events.sql fills them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
-- Schemas whose names need quotes; the caller's search_path means nothing.
CREATE SCHEMA "App's";
CREATE SCHEMA "d w h";
CREATE SCHEMA shadow;
CREATE DOMAIN shadow.text AS int;
CREATE DOMAIN shadow.uuid AS int;
SET search_path = shadow, pg_catalog, public;
SELECT create_submission_tables('App''s', 'd w h');
RESET search_path;
SELECT c.relnamespace::regnamespace AS schema, relname AS "table", attname AS "column",
    format_type(atttypid, atttypmod) AS type, attnotnull AS not_null, pg_get_expr(adbin, adrelid) AS "default"
FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
WHERE relnamespace IN ('"App''s"'::regnamespace, '"d w h"'::regnamespace) AND relkind = 'r' AND attnum > 0
    ORDER BY 1, 2, attnum;
SELECT c.conrelid::regclass AS "table", pg_get_constraintdef(c.oid) AS "constraint" FROM pg_constraint AS c
    WHERE contype <> 'n' AND connamespace IN ('"App''s"'::regnamespace, '"d w h"'::regnamespace) ORDER BY 1, 2;
-- Every foreign key has an index.
SELECT conrelid::regclass AS "table", conname FROM pg_constraint AS c
    WHERE contype = 'f' AND connamespace = '"App''s"'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]);
SELECT c.oid::regclass AS "table", obj_description(c.oid, 'pg_class') AS comment FROM pg_class AS c
    WHERE relnamespace IN ('"App''s"'::regnamespace, '"d w h"'::regnamespace) AND relkind = 'r' ORDER BY 1;
-- They are the caller's: the extension may go.
SELECT count(*) AS members FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid
    WHERE d.deptype = 'e' AND c.relnamespace IN ('"App''s"'::regnamespace, '"d w h"'::regnamespace);
-- Tables that are there, and schemas that are not, are errors; nothing is half made.
SELECT create_submission_tables('App''s', 'd w h');
SELECT create_submission_tables('shadow', 'nowhere');
SELECT create_submission_tables('nowhere', 'shadow');
SELECT create_submission_tables('shadow', 'd w h');
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'shadow'::regnamespace;
SELECT create_submission_tables(NULL, 'd w h') IS NULL AS is_null;
-- One schema may hold all of them.
SELECT create_submission_tables('shadow', 'shadow');
SELECT count(*) AS tables FROM pg_class WHERE relnamespace = 'shadow'::regnamespace AND relkind = 'r';
DROP SCHEMA "App's", "d w h", shadow CASCADE;
