-- What postgres_fdw and Citus need of functions, to run them where the rows are: read from the catalog.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET jit = off;
CREATE SCHEMA distribution;
SET search_path = distribution, public;

-- The functions that look at nothing but their arguments, and are called for a row each.
CREATE VIEW per_row AS
SELECT p.* FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
    AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'onetrip'
WHERE p.prokind = 'f' AND proname IN (
    'message_layout', 'layout_fields', 'encode_section', 'encode_sections', 'decode_section', 'dissect_section',
    'check_sections', 'split_sections',
    'standard_layout', 'library_layouts', 'with_library', 'identify_section',
    'crc32_mpeg2', 'dvb_text', 'ts_packets', 'ts_sections', 'flatten_submission', 'form_questions', 'jsonb_tree',
    'form_from', 'form_dialect', 'merge_forms', 'form_choices', 'form_label',
    'answer_number', 'answer_boolean', 'answer_date', 'answer_datetime', 'answer_time', 'answer_text', 'answer_integer',
    'answer_has');
SELECT count(*) AS functions, count(DISTINCT proname) AS names FROM per_row;

-- They are shipped where they are immutable, which those of a record are not, since a record may hold an enum: their
-- twins of jsonb are. Their parts of a plan run in workers where they are safe. They are C or a constant: nothing in
-- them looks a table up.
SELECT oid::regprocedure AS keeps_rows_at_home, provolatile, proparallel FROM per_row
    WHERE provolatile <> 'i' OR proparallel <> 's' OR prosecdef OR proconfig IS NOT NULL;
SELECT oid::regprocedure AS not_in_c, pg_get_function_sqlbody(oid) LIKE 'RETURN ''%''::section_layout' AS constant
FROM per_row WHERE prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c');

-- Every type that a call must name or send is one that all nodes know by its name: none is polymorphic, none belongs to
-- one node. A record is taken by encode_section(s) alone, and each of them has a twin that takes jsonb; none returns
-- one
-- that its declaration does not spell out.
SELECT oid::regprocedure AS function, format_type(t, NULL) AS pseudo_type,
    EXISTS (SELECT FROM per_row AS twin WHERE twin.proname = p.proname AND twin.pronargs = p.pronargs
        AND twin.proargtypes[1] = 'jsonb'::regtype) AS twin_of_jsonb
FROM per_row AS p, unnest(p.proargtypes) AS t WHERE (SELECT typtype FROM pg_type WHERE oid = t) = 'p' ORDER BY 1;
SELECT oid::regprocedure AS returns_unknown_columns FROM per_row
    WHERE prorettype = 'record'::regtype AND NOT 'o' = ANY(coalesce(proargmodes::text[], '{}'));
SELECT oid::regprocedure AS returns_pseudo_type FROM per_row
    WHERE prorettype IN (SELECT oid FROM pg_type WHERE typtype = 'p') AND prorettype <> 'record'::regtype;
-- A layout goes over the wire as text and in binary.
SELECT typname, typtype, typinput <> 0 AS text_in, typoutput <> 0 AS text_out, typreceive <> 0 AS binary_in,
    typsend <> 0 AS binary_out
FROM pg_type WHERE typname = 'section_layout';

-- section_agg over finished sections: its state is a bytea that any node can read, it combines, and no final
-- function stands between a state and a result.
SELECT aggfnoid::regprocedure AS aggregate, aggtranstype::regtype AS state, aggcombinefn AS combines,
    aggfinalfn AS final, aggserialfn AS serial, aggkind, proparallel
FROM pg_aggregate JOIN pg_proc ON pg_proc.oid = aggfnoid WHERE proname = 'section_agg' AND pronargs = 1;
-- So a state can be taken for a section: what Citus does with worker_partial_agg and coord_combine_agg, states as text
-- between the two. States of all sizes, flat and expanded ones; NULL sections, and nodes without any.
CREATE TABLE sections AS
SELECT node, n, CASE WHEN n % 5 > 0 THEN convert_to(rpad(node || ':' || n, 40, '.'), 'UTF8') END AS section
FROM generate_series(0, 9) AS node, generate_series(1, 3 * (4 ^ node)::int) AS n WHERE node < 7;
INSERT INTO sections SELECT 7, n, NULL FROM generate_series(1, 3) AS n;
ANALYZE sections;
CREATE VIEW sent_home AS
SELECT node, section_agg(section ORDER BY n)::text AS state FROM sections GROUP BY node;
SELECT count(*) AS nodes, min(length(state)) AS smallest, max(length(state)) AS largest,
    count(*) - count(state) AS empty FROM sent_home;
SELECT section_agg(state::bytea ORDER BY node) = (SELECT section_agg(section ORDER BY node, n)
    FROM sections) AS the_same,
    section_agg(state::bytea ORDER BY node) = (SELECT string_agg(section, '' ORDER BY node, n)
        FROM sections) AS as_string_agg FROM sent_home;

-- Partial plans: by parallel workers, and by partitions, where each state is made next to its rows.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE sections SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT section_agg(section) FROM sections;
SELECT length(section_agg(section)) = (SELECT sum(length(section)) FROM sections) AS all_of_it FROM sections;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
CREATE TABLE parts (node int, n int, section bytea) PARTITION BY LIST (node);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (0, 2, 4);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (1, 3, 5);
INSERT INTO parts SELECT * FROM sections WHERE node < 6;
ANALYZE parts;
SET enable_partitionwise_aggregate = on; SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT section_agg(section) FROM parts;
SELECT length(section_agg(section)) = (SELECT sum(length(section)) FROM parts) AS all_of_it FROM parts;
-- ORDER BY in the call forbids both. Where the order is by what rows are parted by, each part can be put in order where
-- it is, and the parts then.
CREATE FUNCTION has_partial_aggregate(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text LIKE '%"Partial Mode": "Partial"%';
END $$;
SELECT has_partial_aggregate('SELECT section_agg(section) FROM parts') AS without_order,
    has_partial_aggregate('SELECT section_agg(section ORDER BY node, n) FROM parts') AS with_order;
SELECT section_agg(of_node ORDER BY node) = (SELECT section_agg(section ORDER BY node, n) FROM parts) AS the_same
FROM (SELECT node, section_agg(section ORDER BY n) AS of_node FROM parts GROUP BY node) AS p;

-- section_agg over rows has a state that only parallel workers of one server can pass on.
SELECT aggfnoid::regprocedure AS aggregate, aggtranstype::regtype AS state, aggserialfn AS serial
FROM pg_aggregate JOIN pg_proc ON pg_proc.oid = aggfnoid WHERE proname = 'section_agg' AND pronargs = 2;

-- What reads tables is no per-row function, and says so: postgres_fdw ships none of it.
SELECT proname, provolatile, proparallel FROM pg_proc
    WHERE proname IN ('encode_carousel', 'carousel_sections', 'carousel_problems', 'carousel_stats') ORDER BY 1;

DROP SCHEMA distribution CASCADE;
