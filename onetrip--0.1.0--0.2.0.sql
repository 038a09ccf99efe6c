/* onetrip--0.1.0--0.2.0.sql */

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION onetrip UPDATE TO '0.2.0'" to load this file. \quit

-- The type section_layout -------------------------------------------------------------------------

-- Sections ----------------------------------------------------------------------------------------

-- Transport packets -------------------------------------------------------------------------------

-- Carousels ---------------------------------------------------------------------------------------

-- Exports -----------------------------------------------------------------------------------------

-- Submissions -------------------------------------------------------------------------------------

-- Loading submissions -----------------------------------------------------------------------------

DROP FUNCTION count_event(bigint, text);

CREATE FUNCTION load_support(request internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION load_support(internal) IS
    'part of load_response_events: planner support for load_rows';

CREATE FUNCTION load_rows() RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SUPPORT load_support;
COMMENT ON FUNCTION load_rows() IS
    'part of load_response_events: the submissions that its statement is about';

CREATE FUNCTION load_events(
    "position" int, OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 50;
COMMENT ON FUNCTION load_events(int) IS
    'part of load_response_events: the rows of one of them';

CREATE FUNCTION load_change(
    form_id "any", user_id "any", date_created "any", responses "any", has_form boolean, form_name text,
    schema "any", has_user boolean, user_full_name text, responses_hash bytea, form_hash bytea,
    row_hash bytea) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION load_change(
    "any", "any", "any", "any", boolean, text, "any", boolean, text, bytea, bytea, bytea) IS
    'part of load_response_events: whether a submission is another than the one that was loaded';

DROP PROCEDURE load_response_events(name, name, text, int, bigint, bigint, bigint, bigint);
CREATE PROCEDURE load_response_events(
    app_schema name, dwh_schema name, mode text DEFAULT 'new', batch_size int DEFAULT 10000,
    INOUT submissions bigint DEFAULT NULL, INOUT events bigint DEFAULT NULL,
    INOUT problems bigint DEFAULT NULL, INOUT batches bigint DEFAULT NULL,
    form_name text DEFAULT NULL, since timestamptz DEFAULT NULL, removals text DEFAULT 'guarded',
    INOUT removed bigint DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE load_response_events(
    name, name, text, int, bigint, bigint, bigint, bigint, text, timestamptz, text, bigint) IS
    'loads submissions as events, each exactly once, batch by batch with a commit each';

-- Round trips -------------------------------------------------------------------------------------
