/* onetrip--0.1.0--0.2.0.sql */

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION onetrip UPDATE TO '0.2.0'" to load this file. \quit

-- The type section_layout -------------------------------------------------------------------------

-- Sections ----------------------------------------------------------------------------------------

-- Transport packets -------------------------------------------------------------------------------

-- Carousels ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION create_carousel_tables(schema name) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
CREATE OR REPLACE FUNCTION encode_carousel(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout())
    RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
CREATE OR REPLACE FUNCTION carousel_sections(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT part int, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100000;
CREATE OR REPLACE FUNCTION carousel_problems(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT field text, OUT problem text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
CREATE OR REPLACE FUNCTION carousel_stats(
    zone text, on_date date DEFAULT NULL, bitrate bigint DEFAULT NULL,
    layout section_layout DEFAULT message_layout(),
    OUT campagnes bigint, OUT messages bigint, OUT sections bigint, OUT bytes bigint,
    OUT ts_packets bigint, OUT largest_section int, OUT cycle interval)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;

-- Exports -----------------------------------------------------------------------------------------

-- Submissions -------------------------------------------------------------------------------------

-- Loading submissions -----------------------------------------------------------------------------

-- Round trips -------------------------------------------------------------------------------------
