/* onetrip--0.2.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION onetrip" to load this file. \quit

-- The type section_layout ------------------------------------------------------------------------

CREATE TYPE section_layout;

CREATE FUNCTION section_layout_in(input cstring) RETURNS section_layout
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_out(layout section_layout) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_recv(message internal) RETURNS section_layout
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_send(layout section_layout) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE section_layout (
    INPUT = section_layout_in,
    OUTPUT = section_layout_out,
    RECEIVE = section_layout_recv,
    SEND = section_layout_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE section_layout IS
    'layout of a DVB/MPEG section, in the notation of the standards'' syntax tables';
COMMENT ON FUNCTION section_layout_in(cstring) IS 'I/O';
COMMENT ON FUNCTION section_layout_out(section_layout) IS 'I/O: canonical text';
COMMENT ON FUNCTION section_layout_recv(internal) IS 'I/O';
COMMENT ON FUNCTION section_layout_send(section_layout) IS 'I/O';

-- Layouts are compared by their canonical text, byte by byte.
CREATE FUNCTION section_layout_lt("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_le("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_eq("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_ne("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_ge("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_gt("left" section_layout, "right" section_layout) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_cmp("left" section_layout, "right" section_layout) RETURNS int
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_hash(layout section_layout) RETURNS int
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_layout_hash_extended(layout section_layout, seed bigint) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION section_layout_lt(section_layout, section_layout) IS 'implementation of < operator';
COMMENT ON FUNCTION section_layout_le(section_layout, section_layout) IS 'implementation of <= operator';
COMMENT ON FUNCTION section_layout_eq(section_layout, section_layout) IS 'implementation of = operator';
COMMENT ON FUNCTION section_layout_ne(section_layout, section_layout) IS 'implementation of <> operator';
COMMENT ON FUNCTION section_layout_ge(section_layout, section_layout) IS 'implementation of >= operator';
COMMENT ON FUNCTION section_layout_gt(section_layout, section_layout) IS 'implementation of > operator';
COMMENT ON FUNCTION section_layout_cmp(section_layout, section_layout) IS 'less-equal-greater';
COMMENT ON FUNCTION section_layout_hash(section_layout) IS 'hash';
COMMENT ON FUNCTION section_layout_hash_extended(section_layout, bigint) IS 'hash';

CREATE OPERATOR < (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_lt,
    COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_le,
    COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR = (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel,
    HASHES, MERGES
);
CREATE OPERATOR <> (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR >= (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_ge,
    COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR > (
    LEFTARG = section_layout, RIGHTARG = section_layout, FUNCTION = section_layout_gt,
    COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR < (section_layout, section_layout) IS 'less than';
COMMENT ON OPERATOR <= (section_layout, section_layout) IS 'less than or equal';
COMMENT ON OPERATOR = (section_layout, section_layout) IS 'equal';
COMMENT ON OPERATOR <> (section_layout, section_layout) IS 'not equal';
COMMENT ON OPERATOR >= (section_layout, section_layout) IS 'greater than or equal';
COMMENT ON OPERATOR > (section_layout, section_layout) IS 'greater than';

CREATE OPERATOR CLASS section_layout_ops DEFAULT FOR TYPE section_layout USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 section_layout_cmp(section_layout, section_layout);
CREATE OPERATOR CLASS section_layout_ops DEFAULT FOR TYPE section_layout USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 section_layout_hash(section_layout),
    FUNCTION 2 section_layout_hash_extended(section_layout, bigint);
COMMENT ON OPERATOR FAMILY section_layout_ops USING btree IS 'order of layouts, by canonical text';
COMMENT ON OPERATOR FAMILY section_layout_ops USING hash IS 'hashes of layouts, by canonical text';
COMMENT ON OPERATOR CLASS section_layout_ops USING btree IS 'order of layouts, by canonical text';
COMMENT ON OPERATOR CLASS section_layout_ops USING hash IS 'hashes of layouts, by canonical text';

-- Sections ---------------------------------------------------------------------------------------

CREATE FUNCTION message_layout() RETURNS section_layout
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN $layout$
message (max 512) {
    table_id                  8  uimsbf  = 0x92
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    index                     8  uimsbf  = part()
    total_count               8  uimsbf  = parts()
    target_filter            32  uimsbf  = numero_abonne
    network_id                8  uimsbf
    message_id               32  uimsbf  = campagne_id
    template_id              32  uimsbf
    genre                     8  char
    valid_start              40  utc
    valid_end                40  utc
    message_ack_count         8  uimsbf  = ack_count
    message_ack_delay        16  uimsbf  = ack_delay
    offset_appearance        16  uimsbf  = 0
    offset_filter            16  uimsbf  = 0
    offset_addressee         16  uimsbf  = offset(addressee)
    storables                 *  tlv(8,8) split
  addressee:
    addressee_tag             8  uimsbf  = 0x01
    addressee_length          8  uimsbf  = length(addressee_number)
    addressee_number         64  uimsbf  = numero_abonne
}
$layout$::section_layout;
COMMENT ON FUNCTION message_layout() IS
    'layout of the targeted message to a set-top box; the default of encode_carousel and its family';

CREATE FUNCTION layout_fields(
    layout section_layout,
    OUT ordinal int, OUT field text, OUT bit_offset int, OUT width int, OUT type text,
    OUT source text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 25;
COMMENT ON FUNCTION layout_fields(section_layout) IS
    'fields of a layout, offsets and widths in bits; null for the width of a * field and offsets after it';

-- Functions of a record are STABLE: it may hold an enum, whose labels can be renamed.
CREATE FUNCTION encode_section(layout section_layout, source record) RETURNS bytea
    AS 'MODULE_PATHNAME', 'encode_section_record' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION encode_section(section_layout, record) IS
    'one section of a row; an error if the row needs several';

CREATE FUNCTION encode_section(layout section_layout, source jsonb) RETURNS bytea
    AS 'MODULE_PATHNAME', 'encode_section_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION encode_section(section_layout, jsonb) IS
    'one section of a JSON row; an error if the row needs several';

CREATE FUNCTION encode_section(layout section_layout, source text) RETURNS bytea
    AS 'MODULE_PATHNAME', 'encode_section_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION encode_section(section_layout, text) IS
    'one section of a JSON row given as text; a duplicate key is an error';

CREATE FUNCTION encode_sections(layout section_layout, source record) RETURNS SETOF bytea
    AS 'MODULE_PATHNAME', 'encode_sections_record' LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION encode_sections(section_layout, record) IS
    'sections of a row, in order';

CREATE FUNCTION encode_sections(layout section_layout, source jsonb) RETURNS SETOF bytea
    AS 'MODULE_PATHNAME', 'encode_sections_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION encode_sections(section_layout, jsonb) IS
    'sections of a JSON row, in order';

CREATE FUNCTION encode_sections(layout section_layout, source text) RETURNS SETOF bytea
    AS 'MODULE_PATHNAME', 'encode_sections_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION encode_sections(section_layout, text) IS
    'sections of a JSON row given as text, in order; a duplicate key is an error';

CREATE FUNCTION section_agg_transition(state internal, layout section_layout, source record)
    RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION section_agg_transition_jsonb(state internal, layout section_layout, source jsonb)
    RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION section_agg_transition_text(state internal, layout section_layout, source text)
    RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION section_agg_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION section_agg_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_agg_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION section_agg_final(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION section_agg_append(state bytea, section bytea) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION section_agg_transition(internal, section_layout, record) IS
    'aggregate transition function';
COMMENT ON FUNCTION section_agg_transition_jsonb(internal, section_layout, jsonb) IS
    'aggregate transition function';
COMMENT ON FUNCTION section_agg_transition_text(internal, section_layout, text) IS
    'aggregate transition function';
COMMENT ON FUNCTION section_agg_combine(internal, internal) IS 'aggregate combine function';
COMMENT ON FUNCTION section_agg_serialize(internal) IS 'aggregate serial function';
COMMENT ON FUNCTION section_agg_deserialize(bytea, internal) IS 'aggregate deserial function';
COMMENT ON FUNCTION section_agg_final(internal) IS 'aggregate final function';
COMMENT ON FUNCTION section_agg_append(bytea, bytea) IS
    'aggregate transition and combine function';

CREATE AGGREGATE section_agg(layout section_layout, source record) (
    SFUNC = section_agg_transition,
    STYPE = internal,
    FINALFUNC = section_agg_final,
    COMBINEFUNC = section_agg_combine,
    SERIALFUNC = section_agg_serialize,
    DESERIALFUNC = section_agg_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE section_agg(section_layout, record) IS
    'sections of all rows, in the order of ORDER BY within the call; without it in no particular order';

CREATE AGGREGATE section_agg(layout section_layout, source jsonb) (
    SFUNC = section_agg_transition_jsonb,
    STYPE = internal,
    FINALFUNC = section_agg_final,
    COMBINEFUNC = section_agg_combine,
    SERIALFUNC = section_agg_serialize,
    DESERIALFUNC = section_agg_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE section_agg(section_layout, jsonb) IS
    'sections of all JSON rows, in the order of ORDER BY within the call; without it in no particular order';

CREATE AGGREGATE section_agg(layout section_layout, source text) (
    SFUNC = section_agg_transition_text,
    STYPE = internal,
    FINALFUNC = section_agg_final,
    COMBINEFUNC = section_agg_combine,
    SERIALFUNC = section_agg_serialize,
    DESERIALFUNC = section_agg_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE section_agg(section_layout, text) IS
    'sections of all JSON rows as text, in the order of ORDER BY within the call; without it in no particular order';

CREATE AGGREGATE section_agg(section bytea) (
    SFUNC = section_agg_append,
    STYPE = bytea,
    -- the room that an expanded state takes, which the planner cannot know
    SSPACE = 8192,
    COMBINEFUNC = section_agg_append,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE section_agg(bytea) IS
    'finished sections, concatenated in the order of ORDER BY within the call; without it in no particular order';

CREATE FUNCTION decode_section(layout section_layout, section bytea) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION decode_section(section_layout, bytea) IS
    'JSON row that the section was made from; an error if the section breaks the layout';

CREATE FUNCTION dissect_section(
    layout section_layout, section bytea,
    OUT field text, OUT byte_offset int, OUT "bit" int, OUT width int, OUT raw text,
    OUT value text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 25;
COMMENT ON FUNCTION dissect_section(section_layout, bytea) IS
    'section field by field, for people to read, with what is wrong in each field';

CREATE FUNCTION check_sections(
    layout section_layout, sections bytea,
    OUT ordinal bigint, OUT byte_offset bigint, OUT field text, OUT problem text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION check_sections(section_layout, bytea) IS
    'every fault of concatenated sections against a layout; no rows if there is none';

CREATE FUNCTION split_sections(
    sections bytea, OUT ordinal bigint, OUT byte_offset bigint, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION split_sections(bytea) IS
    'concatenated sections one by one, by their section_length';

CREATE FUNCTION crc32_mpeg2(data bytea) RETURNS bigint
    AS 'MODULE_PATHNAME', 'onetrip_crc32_mpeg2' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION crc32_mpeg2(bytea) IS
    'CRC_32 of ISO/IEC 13818-1; 0 for data that end with their own CRC_32';

CREATE FUNCTION dvb_text(value jsonb) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION dvb_text(jsonb) IS
    'text of a dvbtext value as decode_section writes it; NULL if it has only bytes';

-- The library of the standards' tables and descriptors.
CREATE FUNCTION standard_layout(name text, standard text DEFAULT 'dvb') RETURNS section_layout
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION standard_layout(text, text) IS
    'layout of a standard''s table, with the sets of descriptors of "dvb", "isdb" or "atsc"';

CREATE FUNCTION list_standard_layouts(
    OUT name text, OUT standard text, OUT table_ids int[], OUT title text, OUT clause text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION list_standard_layouts() IS
    'rows of the view standard_layouts';

CREATE VIEW standard_layouts AS
    SELECT name, standard, table_ids, title, clause FROM list_standard_layouts();
COMMENT ON VIEW standard_layouts IS
    'tables that standard_layout knows, and the table_ids by which identify_section finds them';
COMMENT ON COLUMN standard_layouts.name IS 'name of the table''s layout';
COMMENT ON COLUMN standard_layouts.standard IS '"dvb", "isdb" or "atsc"';
COMMENT ON COLUMN standard_layouts.table_ids IS
    'table_ids by which the table is found; empty if another layout reads it as well';
COMMENT ON COLUMN standard_layouts.title IS 'name of the table in words';
COMMENT ON COLUMN standard_layouts.clause IS 'standard and clause that have its syntax';
GRANT SELECT ON standard_layouts TO PUBLIC;

CREATE FUNCTION library_layouts("set" text, OUT name text, OUT layout text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION library_layouts(text) IS
    'definitions in a set of the library, such as "dvb"; "types" gives the types of fields';

CREATE FUNCTION with_library(layout section_layout) RETURNS section_layout
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION with_library(section_layout) IS
    'the layout, with every library definition that it uses in its own text, so that it needs no library';

CREATE FUNCTION identify_section(section bytea, standard text DEFAULT 'dvb') RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION identify_section(bytea, text) IS
    'name of the standard layout that a section has; NULL if there is none';

-- Transport packets ------------------------------------------------------------------------------

CREATE FUNCTION ts_packets(
    sections bytea, pid int, continuity int DEFAULT 0, loop boolean DEFAULT false) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ts_packets(bytea, int, int, boolean) IS
    'sections in transport packets on a PID; the first packet has the given continuity counter';

CREATE FUNCTION ts_sections(packets bytea, pid int, OUT ordinal bigint, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ts_sections(bytea, int) IS
    'sections that transport packets of a PID carry; what is lost or wrong raises a warning';

-- Carousels --------------------------------------------------------------------------------------

CREATE FUNCTION create_carousel_tables(schema name) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION create_carousel_tables(name) IS
    'makes zones_diffusion, campagnes and messages in a schema; they belong to the caller';

-- A carousel's statement over tables of other servers calls them there. They are IMMUTABLE so that it is
-- sent; an index or a generated column should use encode_sections.
CREATE FUNCTION message_sections(layout section_layout, types oid[], VARIADIC "values" "any") RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION message_sections(section_layout, oid[], "any") IS
    'sections of a message, from its ids and a value for each source; for carousels of several servers';

CREATE FUNCTION message_problem(layout section_layout, types oid[], VARIADIC "values" "any") RETURNS text[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION message_problem(section_layout, oid[], "any") IS
    'field, problem, SQLSTATE, message and hint of a message that cannot be encoded; NULL if it can be';

CREATE FUNCTION encode_carousel(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout())
    RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION encode_carousel(text, date, section_layout) IS
    'sections of all messages that are on air in a zone on a date, by campaign and message';

CREATE FUNCTION carousel_sections(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT part int, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100000;
COMMENT ON FUNCTION carousel_sections(text, date, section_layout) IS
    'sections of all messages that are on air in a zone on a date, a row each, in order';

CREATE FUNCTION carousel_problems(
    zone text, on_date date DEFAULT NULL, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT field text, OUT problem text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION carousel_problems(text, date, section_layout) IS
    'messages on air that cannot be encoded, each with its first wrong field';

CREATE FUNCTION carousel_stats(
    zone text, on_date date DEFAULT NULL, bitrate bigint DEFAULT NULL,
    layout section_layout DEFAULT message_layout(),
    OUT campagnes bigint, OUT messages bigint, OUT sections bigint, OUT bytes bigint,
    OUT ts_packets bigint, OUT largest_section int, OUT cycle interval, OUT form text)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION carousel_stats(text, date, bigint, section_layout) IS
    'size of a carousel, time of a cycle at a bitrate (bits per second), and where it is encoded';

CREATE FUNCTION carousel_campaigns(
    zone text, on_date date DEFAULT NULL, bitrate bigint DEFAULT NULL,
    layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT messages bigint, OUT sections bigint, OUT bytes bigint,
    OUT airtime interval, OUT share numeric)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 100;
COMMENT ON FUNCTION carousel_campaigns(text, date, bigint, section_layout) IS
    'share of each campaign in a carousel, largest first, and its airtime in a cycle';

CREATE FUNCTION carousel_changes(
    zone text, from_date date, to_date date, layout section_layout DEFAULT message_layout(),
    OUT campagne_id bigint, OUT message_id bigint, OUT part int, OUT change text,
    OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000;
COMMENT ON FUNCTION carousel_changes(text, date, date, section_layout) IS
    'sections of the messages that are on air in a zone on exactly one of two dates, in order';

CREATE FUNCTION section_changes(
    before text, after text,
    OUT key bigint, OUT part int, OUT change text, OUT section bytea)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10000;
COMMENT ON FUNCTION section_changes(text, text) IS
    'sections that only one of two queries has, or that differ between them, by key and part';

-- Exports ----------------------------------------------------------------------------------------

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
    'carousel to the standard input of a program on the server, which is ended if the export fails';

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
    'sections of a query to the standard input of a program on the server, which is ended if the export fails';

CREATE FUNCTION export_sections_to_large_object(
    query text, pid int DEFAULT NULL, loop boolean DEFAULT true,
    at_least bigint DEFAULT 1,
    OUT rows bigint, OUT sections bigint, OUT bytes bigint, OUT elapsed interval,
    OUT large_object oid, OUT sha256 bytea)
    RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION export_sections_to_large_object(text, int, boolean, bigint) IS
    'sections of a query to a new large object, for \lo_export or lo_get';

-- Submissions ------------------------------------------------------------------------------------

CREATE FUNCTION submission_support(request internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION submission_support(internal) IS
    'planner support: as many rows as the form has questions';

CREATE FUNCTION flatten_submission(
    responses jsonb, form jsonb, include text[] DEFAULT '{}',
    OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'flatten_submission_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    COST 500 ROWS 50 SUPPORT submission_support;
COMMENT ON FUNCTION flatten_submission(jsonb, jsonb, text[]) IS
    'answers of a submission, a row each, as its form describes them';

CREATE FUNCTION flatten_submission(
    responses json, form jsonb, include text[] DEFAULT '{}',
    OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'flatten_submission_json' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    COST 1000 ROWS 50 SUPPORT submission_support;
COMMENT ON FUNCTION flatten_submission(json, jsonb, text[]) IS
    'answers of a submission, a row each, as its form describes them';

CREATE FUNCTION flatten_submission(
    responses text, form jsonb, include text[] DEFAULT '{}',
    OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'flatten_submission_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    COST 1000 ROWS 50 SUPPORT submission_support;
COMMENT ON FUNCTION flatten_submission(text, jsonb, text[]) IS
    'answers of a submission given as text, a row each; a duplicate key is an error';

CREATE FUNCTION form_questions(
    form jsonb,
    OUT ord int, OUT schema_path text, OUT answer_type text, OUT tag text, OUT label jsonb,
    OUT choices jsonb, OUT problem text, OUT keys text[], OUT repeat_path text, OUT required boolean,
    OUT relevant jsonb, OUT metadata boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    COST 1000 ROWS 50 SUPPORT submission_support;
COMMENT ON FUNCTION form_questions(jsonb) IS
    'questions of a form in tree order, and what is wrong with it';

CREATE FUNCTION form_choices(
    form jsonb, language text DEFAULT NULL,
    OUT schema_path text, OUT ord int, OUT value text, OUT label text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION form_choices(jsonb, text) IS
    'choices of a form''s questions, a row each, with their labels in a language';

CREATE FUNCTION form_label(label jsonb, language text DEFAULT NULL) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION form_label(jsonb, text) IS
    'label of a form''s node in a language, or its default label; null if it has none';
CREATE FUNCTION form_from(form jsonb, dialect text) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION form_from(jsonb, text) IS
    'form of another system as onetrip''s own tree, for flatten_submission';

CREATE FUNCTION form_dialect(form jsonb) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION form_dialect(jsonb) IS
    'dialect for form_from that the form seems to be written in; null if it looks like none';

CREATE FUNCTION merge_forms(forms jsonb[]) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION merge_forms(jsonb[]) IS
    'one tree for all versions of a form, given from the oldest to the newest';

CREATE FUNCTION form_views(
    form jsonb, name text, source text, id_column text DEFAULT 'id',
    document_column text DEFAULT 'responses', language text DEFAULT NULL,
    OUT ord int, OUT view_name text, OUT statement text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION form_views(jsonb, text, text, text, text, text) IS
    'statements that make typed views of a form''s submissions: a row for each submission, and views of the repeats';

CREATE FUNCTION jsonb_tree(
    document jsonb, leaves_only boolean DEFAULT false,
    OUT ord bigint, OUT parent_ord bigint, OUT depth int, OUT keys text[], OUT idx int[],
    OUT path text, OUT type text, OUT value jsonb)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 100;
COMMENT ON FUNCTION jsonb_tree(jsonb, boolean) IS
    'every value of a document, a row each; document #> keys is the value';

CREATE FUNCTION answer_number(value text) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_number(text) IS
    'an answer''s text as a number, in JSON''s grammar; null if it is not one';

CREATE FUNCTION answer_boolean(value text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_boolean(text) IS
    'an answer''s text as true or false; null if it is neither';

CREATE FUNCTION answer_date(value text) RETURNS date
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_date(text) IS
    'an answer''s text as a date, YYYY-MM-DD; null if it is not one';

CREATE FUNCTION answer_datetime(value text, zone text DEFAULT 'UTC') RETURNS timestamptz
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_datetime(text, text) IS
    'an answer''s text as an instant, in the given zone if it names none; null if it is not one';

CREATE FUNCTION answer_time(value text) RETURNS time
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_time(text) IS
    'an answer''s text as a time of day, without its zone; null if it is not one';

CREATE FUNCTION answer_at(document jsonb, keys text[], empty_is_null boolean DEFAULT false) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_at(jsonb, text[], boolean) IS
    'the answer that a document has below these keys; an array in place of a group counts by its first object';

CREATE FUNCTION answer_text(answer jsonb, empty_is_null boolean DEFAULT false) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_text(jsonb, boolean) IS
    'an answer in a document as text; several in an array are joined by spaces';

CREATE FUNCTION answer_number(answer jsonb) RETURNS numeric
    AS 'MODULE_PATHNAME', 'answer_number_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_number(jsonb) IS
    'an answer in a document as a number; null if it is not one';

CREATE FUNCTION answer_integer(answer jsonb) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_integer(jsonb) IS
    'an answer in a document as an integer; null if it is not one';

CREATE FUNCTION answer_boolean(answer jsonb) RETURNS boolean
    AS 'MODULE_PATHNAME', 'answer_boolean_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_boolean(jsonb) IS
    'an answer in a document as true or false; null if it is neither';

CREATE FUNCTION answer_date(answer jsonb) RETURNS date
    AS 'MODULE_PATHNAME', 'answer_date_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_date(jsonb) IS
    'an answer in a document as a date; null if it is not one';

CREATE FUNCTION answer_datetime(answer jsonb, zone text DEFAULT 'UTC') RETURNS timestamptz
    AS 'MODULE_PATHNAME', 'answer_datetime_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_datetime(jsonb, text) IS
    'an answer in a document as an instant, in the given zone if it names none; null if it is not one';

CREATE FUNCTION answer_time(answer jsonb) RETURNS time
    AS 'MODULE_PATHNAME', 'answer_time_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_time(jsonb) IS
    'an answer in a document as a time of day; null if it is not one';

CREATE FUNCTION answer_has(answer jsonb, choice text, spaced boolean DEFAULT false) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION answer_has(jsonb, text, boolean) IS
    'whether an answer in a document includes a choice; null if there is no answer';

-- Loading submissions ----------------------------------------------------------------------------

CREATE FUNCTION create_submission_tables(app_schema name, dwh_schema name) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION create_submission_tables(name, name) IS
    'makes the tables of submissions in one schema and of their events in another; they belong to the caller';

CREATE FUNCTION load_support(request internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION load_support(internal) IS
    'part of load_response_events: planner support for load_rows';

CREATE FUNCTION load_rows() RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SUPPORT load_support;
COMMENT ON FUNCTION load_rows() IS
    'part of load_response_events: the submissions of the current batch';

CREATE FUNCTION load_events(
    "position" int, OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 50;
COMMENT ON FUNCTION load_events(int) IS 'part of load_response_events: the rows of one submission';

CREATE FUNCTION load_change(
    form_id "any", user_id "any", date_created "any", responses "any", has_form boolean, form_name text,
    schema "any", has_user boolean, user_full_name text, responses_hash bytea, form_hash bytea,
    row_hash bytea, dialect text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION load_change(
    "any", "any", "any", "any", boolean, text, "any", boolean, text, bytea, bytea, bytea, text) IS
    'part of load_response_events: whether a submission differs from the one that was loaded';

CREATE FUNCTION load_hashes(
    form_id "any", user_id "any", date_created "any", responses "any", has_form boolean, form_name text,
    schema "any", has_user boolean, user_full_name text, dialect text, target text,
    OUT responses_hash bytea, OUT form_hash bytea, OUT row_hash bytea) RETURNS record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION load_hashes(
    "any", "any", "any", "any", boolean, text, "any", boolean, text, text, text) IS
    'part of load_response_events on tables of Citus: what the ledger compares of a submission';

CREATE FUNCTION load_answers(
    form_id "any", user_id "any", date_created "any", responses "any", has_form boolean, form_name text,
    schema "any", has_user boolean, user_full_name text, dialect text, target text, are_problems boolean,
    OUT ord int, OUT schema_path text, OUT keys text[], OUT idx int[], OUT value text,
    OUT answer_type text, OUT tag text, OUT status text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500 ROWS 50;
COMMENT ON FUNCTION load_answers(
    "any", "any", "any", "any", boolean, text, "any", boolean, text, text, text, boolean) IS
    'part of load_response_events on tables of Citus: the rows of a submission';

CREATE FUNCTION jsonb_or_null(document json) RETURNS jsonb
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION jsonb_or_null(json) IS
    'document as jsonb; null if jsonb cannot hold it, for example because of \u0000';

CREATE PROCEDURE load_response_events(
    app_schema name, dwh_schema name, mode text DEFAULT 'new', batch_size int DEFAULT 10000,
    INOUT submissions bigint DEFAULT NULL, INOUT events bigint DEFAULT NULL,
    INOUT problems bigint DEFAULT NULL, INOUT batches bigint DEFAULT NULL,
    form_name text DEFAULT NULL, since timestamptz DEFAULT NULL, removals text DEFAULT 'guarded',
    INOUT removed bigint DEFAULT NULL)
    AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON PROCEDURE load_response_events(
    name, name, text, int, bigint, bigint, bigint, bigint, text, timestamptz, text, bigint) IS
    'loads submissions as events, each exactly once, in batches that commit one by one';

-- Round trips ------------------------------------------------------------------------------------

CREATE FUNCTION round_trip_loops(
    OUT database_oid oid, OUT role_oid oid, OUT application_name text, OUT tags jsonb,
    OUT traceparent text, OUT kind text, OUT leader text, OUT leader_column text,
    OUT evidence text, OUT repeated text, OUT queryid bigint, OUT leader_queryid bigint,
    OUT episodes bigint, OUT statements bigint, OUT longest bigint, OUT round_trips bigint,
    OUT rows bigint, OUT transactions bigint, OUT sessions int, OUT leader_rows bigint,
    OUT distinct_parameters boolean, OUT server_time double precision,
    OUT wait_time double precision, OUT first_seen timestamptz, OUT last_seen timestamptz,
    OUT advice text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'round_trip_rows' LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION round_trip_loops() IS 'rows of the view round_trips, with OIDs';

CREATE VIEW round_trips AS
SELECT d.datname AS database, r.rolname AS role, l.application_name, l.tags, l.traceparent,
       l.kind, l.leader, l.leader_column, l.evidence, l.repeated, l.queryid, l.leader_queryid,
       l.episodes, l.statements, l.longest, l.round_trips, l.rows, l.transactions, l.sessions,
       l.leader_rows, l.distinct_parameters, l.server_time, l.wait_time, l.first_seen,
       l.last_seen, l.advice
FROM round_trip_loops() AS l
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) l.database_oid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) l.role_oid;
COMMENT ON VIEW round_trips IS
    'statements that clients ran again and again in a loop, what that cost, and what to write instead';
COMMENT ON COLUMN round_trips.database IS 'database of the statements; null if it is gone';
COMMENT ON COLUMN round_trips.role IS 'role that ran the statements; null if it is gone';
COMMENT ON COLUMN round_trips.application_name IS
    'application that ran them, without what PgBouncer appends; null for further variants of a loop';
COMMENT ON COLUMN round_trips.tags IS 'tags in the comment of the statement, onetrip.watch_tags';
COMMENT ON COLUMN round_trips.traceparent IS 'traceparent of one request, from the last episode';
COMMENT ON COLUMN round_trips.kind IS 'select, insert, update, delete, or page';
COMMENT ON COLUMN round_trips.leader IS 'statement whose rows were looped over; null if none';
COMMENT ON COLUMN round_trips.leader_column IS
    'column of the leader that held the values asked for; null if it is not known';
COMMENT ON COLUMN round_trips.evidence IS
    'how the leader is known: values (its result held those asked for) or order; null if none';
COMMENT ON COLUMN round_trips.repeated IS 'statement in the loop, its constants replaced by $n';
COMMENT ON COLUMN round_trips.queryid IS
    'query identifier of the repeated statement, as in pg_stat_statements';
COMMENT ON COLUMN round_trips.leader_queryid IS 'query identifier of the leader';
COMMENT ON COLUMN round_trips.episodes IS
    'transactions, or runs of statements without a longer pause, in which the loop was seen';
COMMENT ON COLUMN round_trips.statements IS 'executions in total';
COMMENT ON COLUMN round_trips.longest IS 'most executions in one episode';
COMMENT ON COLUMN round_trips.round_trips IS
    'executions that the client waited for before it sent the next; an upper bound';
COMMENT ON COLUMN round_trips.rows IS 'rows that the statements returned or changed';
COMMENT ON COLUMN round_trips.transactions IS 'transactions in which the statements ran';
COMMENT ON COLUMN round_trips.sessions IS 'most sessions in one episode';
COMMENT ON COLUMN round_trips.leader_rows IS 'rows that the leader returned in those episodes';
COMMENT ON COLUMN round_trips.distinct_parameters IS
    'whether the parameters changed; if not, the same look-up was repeated';
COMMENT ON COLUMN round_trips.server_time IS 'time that the server spent in the statements, in ms';
COMMENT ON COLUMN round_trips.wait_time IS
    'time that the session waited for the next statement, in ms: network and client';
COMMENT ON COLUMN round_trips.first_seen IS 'when the first execution began';
COMMENT ON COLUMN round_trips.last_seen IS 'when the last execution ended';
COMMENT ON COLUMN round_trips.advice IS 'what to write instead';
GRANT SELECT ON round_trips TO PUBLIC;

CREATE FUNCTION round_trips_reset(queryid bigint DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'round_trips_reset_of' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION round_trips_reset(bigint) IS
    'empties the views of the watch, for all databases; with a queryid, removes the rows of that statement';
REVOKE ALL ON FUNCTION round_trips_reset(bigint) FROM PUBLIC;

CREATE FUNCTION running_round_trips(
    OUT database_oid oid, OUT role_oid oid, OUT pid int, OUT application_name text,
    OUT since timestamptz, OUT kind text, OUT leader text, OUT repeated text,
    OUT statements bigint, OUT round_trips bigint, OUT wait_time double precision)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION running_round_trips() IS 'rows of the view round_trips_now, with OIDs';

CREATE VIEW round_trips_now AS
SELECT d.datname AS database, r.rolname AS role, l.pid, l.application_name, l.since, l.kind,
       l.leader, l.repeated, l.statements, l.round_trips, l.wait_time
FROM running_round_trips() AS l
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) l.database_oid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) l.role_oid;
COMMENT ON VIEW round_trips_now IS
    'loops that run now: for each session the one with the most statements, as of when it last doubled';
COMMENT ON COLUMN round_trips_now.database IS 'database of the statements; null if it is gone';
COMMENT ON COLUMN round_trips_now.role IS 'role that ran the statements; null if it is gone';
COMMENT ON COLUMN round_trips_now.application_name IS
    'the client''s application_name, without what PgBouncer appends';
COMMENT ON COLUMN round_trips_now.pid IS 'process of the session';
COMMENT ON COLUMN round_trips_now.since IS 'when the first execution began';
COMMENT ON COLUMN round_trips_now.kind IS 'select, insert, update or delete';
COMMENT ON COLUMN round_trips_now.leader IS 'statement whose rows are looped over; null if none';
COMMENT ON COLUMN round_trips_now.repeated IS 'statement in the loop, its constants replaced by $n';
COMMENT ON COLUMN round_trips_now.statements IS
    'executions when the loop was first seen or last doubled';
COMMENT ON COLUMN round_trips_now.round_trips IS
    'those of them that the client waited for; an upper bound';
COMMENT ON COLUMN round_trips_now.wait_time IS
    'time that the session waited for the next statement until then, in ms';
GRANT SELECT ON round_trips_now TO PUBLIC;

CREATE FUNCTION round_trip_totals(
    OUT database_oid oid, OUT loops bigint, OUT statements bigint, OUT round_trips bigint,
    OUT server_time double precision, OUT wait_time double precision, OUT evictions bigint,
    OUT stats_since timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION round_trip_totals() IS 'rows of the view round_trips_total, with OIDs';

CREATE VIEW round_trips_total AS
SELECT d.datname AS database, t.loops, t.statements, t.round_trips, t.server_time, t.wait_time,
       t.evictions, t.stats_since
FROM round_trip_totals() AS t
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) t.database_oid;
COMMENT ON VIEW round_trips_total IS
    'what all loops of a database have cost since the last reset; counters that never decrease';
COMMENT ON COLUMN round_trips_total.database IS
    'database of the loops; null for databases beyond the first 64, and for one that is gone';
COMMENT ON COLUMN round_trips_total.loops IS 'loops, each counted once per episode';
COMMENT ON COLUMN round_trips_total.statements IS 'executions in loops';
COMMENT ON COLUMN round_trips_total.round_trips IS
    'those of them that the client waited for; an upper bound';
COMMENT ON COLUMN round_trips_total.server_time IS
    'time that the server spent in the statements, in ms';
COMMENT ON COLUMN round_trips_total.wait_time IS
    'time that sessions waited for the next statement in loops, in ms';
COMMENT ON COLUMN round_trips_total.evictions IS
    'rows of the view round_trips that were removed to make room';
COMMENT ON COLUMN round_trips_total.stats_since IS 'when the counters were last reset';
GRANT SELECT ON round_trips_total TO PUBLIC;

CREATE FUNCTION heavy_result_rows(
    OUT database_oid oid, OUT role_oid oid, OUT application_name text, OUT queryid bigint,
    OUT query text, OUT executions bigint, OUT "rows" bigint, OUT most_rows bigint,
    OUT bytes bigint, OUT columns int, OUT widest_column text, OUT widest_share double precision,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT advice text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION heavy_result_rows() IS 'rows of the view heavy_results, with OIDs';

CREATE VIEW heavy_results AS
SELECT d.datname AS database, r.rolname AS role, h.application_name, h.queryid, h.query,
       h.executions, h."rows", h.most_rows, h.bytes, h.columns, h.widest_column, h.widest_share,
       h.first_seen, h.last_seen, h.advice
FROM heavy_result_rows() AS h
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) h.database_oid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) h.role_oid;
COMMENT ON VIEW heavy_results IS
    'large results that clients fetched in one piece, and what to fetch instead';
COMMENT ON COLUMN heavy_results.database IS 'database of the statements; null if it is gone';
COMMENT ON COLUMN heavy_results.role IS 'role that ran the statements; null if it is gone';
COMMENT ON COLUMN heavy_results.application_name IS
    'the client''s application_name, without what PgBouncer appends';
COMMENT ON COLUMN heavy_results.queryid IS 'identifier of the statement, as in pg_stat_statements';
COMMENT ON COLUMN heavy_results.query IS 'statement, its constants replaced by $n';
COMMENT ON COLUMN heavy_results.executions IS 'executions with a heavy result';
COMMENT ON COLUMN heavy_results."rows" IS 'rows of these executions in total';
COMMENT ON COLUMN heavy_results.most_rows IS 'most rows in one execution';
COMMENT ON COLUMN heavy_results.bytes IS
    'total size of the rows, uncompressed, estimated from the first 256 of each execution; null if not known';
COMMENT ON COLUMN heavy_results.columns IS 'columns of the result';
COMMENT ON COLUMN heavy_results.widest_column IS 'column with the largest share of the bytes';
COMMENT ON COLUMN heavy_results.widest_share IS 'share of that column, from 0 to 1';
COMMENT ON COLUMN heavy_results.first_seen IS 'when the first such execution ended';
COMMENT ON COLUMN heavy_results.last_seen IS 'when the last such execution ended';
COMMENT ON COLUMN heavy_results.advice IS 'what to fetch instead';
GRANT SELECT ON heavy_results TO PUBLIC;

CREATE FUNCTION heavy_plan_rows(
    OUT database_oid oid, OUT role_oid oid, OUT application_name text, OUT queryid bigint,
    OUT query text, OUT plans bigint, OUT planning_time double precision, OUT executions bigint,
    OUT server_time double precision, OUT relations int, OUT or_arms int, OUT seq_scan text,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT advice text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION heavy_plan_rows() IS 'rows of the view heavy_plans, with OIDs';

CREATE VIEW heavy_plans AS
SELECT d.datname AS database, r.rolname AS role, h.application_name, h.queryid, h.query, h.plans,
       h.planning_time, h.executions, h.server_time, h.relations, h.or_arms, h.seq_scan,
       h.first_seen, h.last_seen, h.advice
FROM heavy_plan_rows() AS h
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) h.database_oid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) h.role_oid;
COMMENT ON VIEW heavy_plans IS 'statements with an expensive plan, and what to write instead';
COMMENT ON COLUMN heavy_plans.database IS 'database of the statements; null if it is gone';
COMMENT ON COLUMN heavy_plans.role IS 'role that ran the statements; null if it is gone';
COMMENT ON COLUMN heavy_plans.application_name IS
    'the client''s application_name, without what PgBouncer appends';
COMMENT ON COLUMN heavy_plans.queryid IS 'identifier of the statement, as in pg_stat_statements';
COMMENT ON COLUMN heavy_plans.query IS 'statement, its constants replaced by $n';
COMMENT ON COLUMN heavy_plans.plans IS 'heavy plans that were made';
COMMENT ON COLUMN heavy_plans.planning_time IS 'time that the planner spent on them, in ms';
COMMENT ON COLUMN heavy_plans.executions IS
    'executions of the statement in sessions that have made such a plan for it';
COMMENT ON COLUMN heavy_plans.server_time IS 'time that the server spent on the executions, in ms';
COMMENT ON COLUMN heavy_plans.relations IS 'tables in the query; a partitioned table counts once';
COMMENT ON COLUMN heavy_plans.or_arms IS 'most branches of a single OR';
COMMENT ON COLUMN heavy_plans.seq_scan IS
    'largest table read whole although less than 1 % of its rows are needed, and the columns of the filter';
COMMENT ON COLUMN heavy_plans.first_seen IS 'when the first heavy plan was made';
COMMENT ON COLUMN heavy_plans.last_seen IS 'when the last plan was made or execution ended';
COMMENT ON COLUMN heavy_plans.advice IS 'what to write instead';
GRANT SELECT ON heavy_plans TO PUBLIC;

CREATE VIEW missing_fk_indexes AS
SELECT c.conrelid::pg_catalog.regclass AS table_name, c.conname AS constraint_name, k.columns,
       c.confrelid::pg_catalog.regclass AS referenced_table,
       pg_catalog.pg_relation_size(c.conrelid) AS table_bytes,
       pg_catalog.format('CREATE INDEX CONCURRENTLY ON %I.%I (%s)', n.nspname, t.relname, k.list)
           AS ddl
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.position) AS columns,
           pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY u.position) AS list
    FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS u(number, position)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = u.number) AS k
WHERE c.contype = 'f'
  -- A partitioned table holds no rows: its partitions have constraints of their own.
  AND t.relkind = 'r'
  AND NOT pg_catalog.pg_is_other_temp_schema(t.relnamespace)
  -- A key into a partitioned table has a constraint of its own for each partition there.
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint AS p
      WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
      WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL
        -- BRIN finds ranges of pages, and not rows.
        AND m.amname <> 'brin'
        AND i.indnkeyatts >= pg_catalog.cardinality(c.conkey)
        AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(c.conkey) - 1]
            OPERATOR(pg_catalog.@>) c.conkey)
ORDER BY table_bytes DESC NULLS LAST, n.nspname, t.relname, c.conname;
COMMENT ON VIEW missing_fk_indexes IS
    'foreign keys without an index, so that joins and deletes scan the whole table; largest table first';
COMMENT ON COLUMN missing_fk_indexes.table_name IS 'table with the foreign key';
COMMENT ON COLUMN missing_fk_indexes.constraint_name IS 'name of the foreign key';
COMMENT ON COLUMN missing_fk_indexes.columns IS 'columns of the key, in its order';
COMMENT ON COLUMN missing_fk_indexes.referenced_table IS 'table that the key points to';
COMMENT ON COLUMN missing_fk_indexes.table_bytes IS 'size of the table with the key, in bytes';
COMMENT ON COLUMN missing_fk_indexes.ddl IS 'statement that creates the index';
GRANT SELECT ON missing_fk_indexes TO PUBLIC;
