-- jsonb_tree.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET client_encoding = 'UTF8';

CREATE TEMP TABLE example AS SELECT jsonb
    '{"b": [true, {"c": null, "d": [1.50, "x"]}, []], "a": {"": "é", "it''s": 1e2, "x.y": "\\\"\n\u0001"}, "e": {}}'
    AS document;
SELECT t.*, document #> keys = value AS found FROM example, jsonb_tree(document) AS t;
SELECT t.* FROM example, jsonb_tree(document, leaves_only => true) AS t;
-- The same in the SELECT list, where rows stream.
SELECT jsonb_tree(document, true) FROM example;
SELECT (t).path FROM (SELECT jsonb_tree(document) AS t FROM example) AS s LIMIT 3;

-- The path finds the value in the server's own JSON path, which has RFC 9535's brackets for indexes alone.
SELECT path, jsonb_path_query_first(document, replace(path, '$[', 'strict $[')::jsonpath) = value AS found
FROM (SELECT jsonb '[[1, [2]], 3]' AS document) AS d, jsonb_tree(document);

-- A scalar or an empty container is a tree of one.
SELECT document, t.* FROM (VALUES ('1'::jsonb), ('"x"'), ('null'), ('true'), ('[]'), ('{}')) AS v (document),
    jsonb_tree(document) AS t;
SELECT document, t.ord, t.type FROM (VALUES ('1'::jsonb), ('"x"'), ('null'), ('true'), ('[]'), ('{}')) AS v (document),
    jsonb_tree(document, true) AS t;
SELECT * FROM jsonb_tree(NULL);
SELECT * FROM jsonb_tree('1', NULL);

-- Values are jsonb in their own right: what the server makes of the same text, byte for byte.
SELECT bool_and(record_image_eq(ROW(value), ROW(value::text::jsonb)))
FROM example, jsonb_tree(document);
SELECT count(*), bool_and(value = to_jsonb(v)), bool_and(record_image_eq(ROW(value), ROW(value::text::jsonb)))
    FROM (SELECT n, repeat('v', n) AS v FROM generate_series(110, 130) AS n) AS s,
    jsonb_tree(jsonb_build_object('k', v), true);
SELECT (value)::numeric + 1 AS sum FROM jsonb_tree('[1, 2.50, -1e30]', true);

-- Depth, width and size.
SELECT ord, depth, cardinality(keys), length(path), type
    FROM jsonb_tree((repeat('[{"a":', 2500) || '1' || repeat('}]', 2500))::jsonb, true);
SELECT count(*), max(depth), max(parent_ord) FROM jsonb_tree((repeat('[', 1000) || repeat(']', 1000))::jsonb);
WITH document AS MATERIALIZED (SELECT jsonb_object_agg('key ' || n, n) AS document FROM generate_series(1, 100000) AS n)
SELECT count(*), max(ord), count(DISTINCT path), bool_and(path = '$[''key ' || value::text || ''']')
    FROM document, jsonb_tree(document, true);
WITH document AS MATERIALIZED (SELECT jsonb_build_array(repeat('x', 10000000), 1) AS document)
SELECT path, length(value::text) FROM document, jsonb_tree(document);

-- A parallel plan gives the same rows.
CREATE TABLE tree_documents AS SELECT n, jsonb_build_object('n', n, 'list',
    jsonb_build_array(n, md5(n::text), jsonb_build_array(n))) AS document FROM generate_series(1, 1000) AS n;
ANALYZE tree_documents;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS off) SELECT count(*), sum(ord), sum(length(path)), sum(length(value::text))
    FROM tree_documents, jsonb_tree(document);
SELECT count(*), sum(ord), sum(length(path)), sum(length(value::text)) FROM tree_documents, jsonb_tree(document);
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(ord), sum(length(path)), sum(length(value::text)) FROM tree_documents, jsonb_tree(document);
DROP TABLE tree_documents;
