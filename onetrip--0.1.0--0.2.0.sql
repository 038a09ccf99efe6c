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

CREATE FUNCTION carousel_campaigns(
    zone text, on_date date DEFAULT NULL, bitrate bigint DEFAULT NULL,
    layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT messages bigint, OUT sections bigint, OUT bytes bigint,
    OUT airtime interval, OUT share numeric)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION carousel_campaigns(text, date, bigint, section_layout) IS
    'what each campaign takes of a carousel, largest first, and how long that is on air in a cycle';

CREATE FUNCTION carousel_changes(
    zone text, from_date date, to_date date, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT part int, OUT change text,
    OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION carousel_changes(text, date, date, section_layout) IS
    'sections of the messages that are on air in a zone on one of two dates alone, in order';

CREATE FUNCTION section_changes(
    before text, after text,
    OUT key bigint, OUT part int, OUT change text, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10000;
COMMENT ON FUNCTION section_changes(text, text) IS
    'sections that one of two queries has alone, or other bytes of; both by key and part';

-- Exports -----------------------------------------------------------------------------------------

-- Submissions -------------------------------------------------------------------------------------

-- Loading submissions -----------------------------------------------------------------------------

-- Round trips -------------------------------------------------------------------------------------
