/* onetrip--0.1.0--0.2.0.sql */

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION onetrip UPDATE TO '0.2.0'" to load this file. \quit

-- The type section_layout -------------------------------------------------------------------------

-- Sections ----------------------------------------------------------------------------------------

-- Transport packets -------------------------------------------------------------------------------

DROP FUNCTION ts_packets(bytea, int, int);
CREATE FUNCTION ts_packets(
    sections bytea, pid int, continuity int DEFAULT 0, loop boolean DEFAULT false) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ts_packets(bytea, int, int, boolean) IS
    'sections in transport packets on a PID, the first of which has this continuity counter';

-- Carousels ---------------------------------------------------------------------------------------

-- Exports -----------------------------------------------------------------------------------------

DROP FUNCTION export_carousel_to_file(text, date, text, int, text, section_layout);
DROP FUNCTION export_carousel_to_program(text, date, text, int, text, section_layout);
DROP FUNCTION export_carousel_to_large_object(text, date, int, text, section_layout);

CREATE FUNCTION export_carousel_to_file(
    zone text, on_date date, path text, pid int DEFAULT NULL,
    on_error text DEFAULT 'fail', layout section_layout DEFAULT message_layout(),
    loop boolean DEFAULT true, at_least bigint DEFAULT 1, max_skipped bigint DEFAULT NULL,
    OUT messages bigint, OUT sections bigint, OUT bytes bigint, OUT skipped bigint,
    OUT elapsed interval, OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE EXECUTE ON FUNCTION export_carousel_to_file FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_carousel_to_file TO pg_write_server_files;
COMMENT ON FUNCTION export_carousel_to_file(
    text, date, text, int, text, section_layout, boolean, bigint, bigint) IS
    'carousel to a file of the server, which is replaced when all of it is written';

CREATE FUNCTION export_carousel_to_program(
    zone text, on_date date, command text, pid int DEFAULT NULL,
    on_error text DEFAULT 'fail', layout section_layout DEFAULT message_layout(),
    loop boolean DEFAULT true, at_least bigint DEFAULT 1, max_skipped bigint DEFAULT NULL,
    OUT messages bigint, OUT sections bigint, OUT bytes bigint, OUT skipped bigint,
    OUT elapsed interval, OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE EXECUTE ON FUNCTION export_carousel_to_program FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_carousel_to_program TO pg_execute_server_program;
COMMENT ON FUNCTION export_carousel_to_program(
    text, date, text, int, text, section_layout, boolean, bigint, bigint) IS
    'carousel to the standard input of a program on the server, which is ended where the export fails';

CREATE FUNCTION export_carousel_to_large_object(
    zone text, on_date date DEFAULT NULL, pid int DEFAULT NULL,
    on_error text DEFAULT 'fail', layout section_layout DEFAULT message_layout(),
    loop boolean DEFAULT true, at_least bigint DEFAULT 1, max_skipped bigint DEFAULT NULL,
    OUT messages bigint, OUT sections bigint, OUT bytes bigint, OUT skipped bigint,
    OUT elapsed interval, OUT large_object oid, OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION export_carousel_to_large_object(
    text, date, int, text, section_layout, boolean, bigint, bigint) IS
    'carousel to a new large object, for \lo_export or lo_get';

CREATE FUNCTION export_sections_to_file(
    query text, path text, pid int DEFAULT NULL, loop boolean DEFAULT true,
    at_least bigint DEFAULT 1,
    OUT rows bigint, OUT sections bigint, OUT bytes bigint, OUT elapsed interval,
    OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE EXECUTE ON FUNCTION export_sections_to_file FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_sections_to_file TO pg_write_server_files;
COMMENT ON FUNCTION export_sections_to_file(text, text, int, boolean, bigint) IS
    'sections of a query to a file of the server, which is replaced when all of it is written';

CREATE FUNCTION export_sections_to_program(
    query text, command text, pid int DEFAULT NULL, loop boolean DEFAULT true,
    at_least bigint DEFAULT 1,
    OUT rows bigint, OUT sections bigint, OUT bytes bigint, OUT elapsed interval,
    OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE EXECUTE ON FUNCTION export_sections_to_program FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_sections_to_program TO pg_execute_server_program;
COMMENT ON FUNCTION export_sections_to_program(text, text, int, boolean, bigint) IS
    'sections of a query to the standard input of a program on the server, which is ended where the export fails';

CREATE FUNCTION export_sections_to_large_object(
    query text, pid int DEFAULT NULL, loop boolean DEFAULT true,
    at_least bigint DEFAULT 1,
    OUT rows bigint, OUT sections bigint, OUT bytes bigint, OUT elapsed interval,
    OUT large_object oid, OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION export_sections_to_large_object(text, int, boolean, bigint) IS
    'sections of a query to a new large object, for \lo_export or lo_get';

-- Submissions -------------------------------------------------------------------------------------

-- Loading submissions -----------------------------------------------------------------------------

-- Round trips -------------------------------------------------------------------------------------
