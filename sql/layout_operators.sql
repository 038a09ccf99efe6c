-- Comparing layouts: by their canonical text, byte by byte.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
CREATE SCHEMA operators;
SET search_path = operators, public;
RESET client_min_messages;

-- Operators ---------------------------------------------------------------------------------------

-- A spelling is not compared. Untyped literals are layouts.
SELECT 'x { a 8 uimsbf }'::section_layout = 'x{a 8 uimsbf -- the first
}' AS equal, 'x { a 8 uimsbf }'::section_layout <> 'x { a 8 uimsbf = 1 }' AS unequal;
SELECT message_layout() = message_layout()::text::section_layout AS equal;
PREPARE same AS SELECT message_layout() = $1 AS equal;
EXECUTE same('x { a 8 uimsbf }');
SELECT 'x { a 8 uimsbf }'::section_layout = 'x { a 8 uint }';
-- (The server's own hint has other words in 19.)
\set VERBOSITY terse
SELECT 'x { a 8 uimsbf }'::section_layout = 'x { a 8 uimsbf }'::text;
\set VERBOSITY default

-- All of them, in the order of bytes: capitals before small letters, a short text before a longer one.
CREATE TABLE layouts (n int, layout section_layout);
INSERT INTO layouts VALUES (3, 'a { f 8 uimsbf }'), (1, 'B { f 8 uimsbf }'), (2, 'Bb { f 8 uimsbf }'),
    (4, 'a_ { f 8 uimsbf }');
SELECT n, layout::text COLLATE "C" < lead(layout::text) OVER w AS text_less, layout < lead(layout) OVER w AS less,
    layout <= layout AND layout <= lead(layout) OVER w AS less_or_equal, lead(layout) OVER w > layout AS greater,
    layout >= layout AND lead(layout) OVER w >= layout AS greater_or_equal,
    layout = lead(layout) OVER w OR layout > lead(layout) OVER w OR layout >= lead(layout) OVER w AS never
FROM layouts WINDOW w AS (ORDER BY layout) ORDER BY layout;
SELECT layout < NULL AS is_null FROM layouts WHERE n = 1;

-- What needs them ---------------------------------------------------------------------------------

SELECT count(DISTINCT layout) FROM (SELECT layout FROM layouts UNION ALL SELECT layout FROM layouts) AS twice;
SELECT count(*) FROM (SELECT layout FROM layouts UNION SELECT layout FROM layouts) AS once;
SELECT n FROM layouts WHERE layout IN ('a { f 8 uimsbf }', 'B { f 8 uimsbf }') ORDER BY n;
SET enable_hashagg = off;
SELECT count(*), min(n) FROM (SELECT * FROM layouts UNION ALL SELECT * FROM layouts) AS twice GROUP BY layout
    ORDER BY min(n);
RESET enable_hashagg;
SET enable_sort = off;
SELECT count(*), min(n) FROM (SELECT * FROM layouts UNION ALL SELECT * FROM layouts) AS twice GROUP BY layout
    ORDER BY min(n);
RESET enable_sort;

ALTER TABLE layouts ADD UNIQUE (layout);
INSERT INTO layouts VALUES (5, 'B{f 8 uimsbf}');
INSERT INTO layouts VALUES (5, 'B{f 8 uimsbf}') ON CONFLICT (layout) DO UPDATE SET n = 10 RETURNING n;

-- Joins of each kind.
SET enable_nestloop = off; SET enable_mergejoin = off;
SELECT count(*) FROM layouts AS a JOIN layouts AS b USING (layout);
RESET enable_mergejoin; SET enable_hashjoin = off;
SELECT count(*) FROM layouts AS a JOIN layouts AS b USING (layout);
RESET enable_nestloop; RESET enable_hashjoin;

-- Indexes, with values that are kept out of line too.
CREATE TABLE many (n int, layout section_layout);
ALTER TABLE many ALTER COLUMN layout SET STORAGE EXTERNAL;
INSERT INTO many
SELECT i, format('many_%s {%s }', i, (SELECT string_agg(format(E'\n f%s 8 uimsbf', f), '') || E'\n'
    FROM generate_series(1, CASE WHEN i % 100 = 0 THEN 300 ELSE 1 END) AS f))::section_layout
FROM generate_series(1, 1000) AS i;
CREATE INDEX many_hash ON many USING hash (layout);
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM many WHERE layout = 'x { a 8 uimsbf }';
SELECT sum((SELECT count(*) FROM many AS b WHERE b.layout = a.layout)) FROM many AS a;
DROP INDEX many_hash;
ALTER TABLE many ALTER COLUMN layout SET STORAGE EXTENDED;
UPDATE many SET layout = layout;
DELETE FROM many WHERE n % 100 = 0;
CREATE INDEX many_btree ON many (layout);
SELECT sum((SELECT count(*) FROM many AS b WHERE b.layout = a.layout)) FROM many AS a;
EXPLAIN (COSTS OFF) SELECT * FROM many WHERE layout > 'x { a 8 uimsbf }';
RESET enable_seqscan; RESET enable_bitmapscan;

-- Partitions by hash: each layout in one of them, and found there.
CREATE TABLE parts (n int, layout section_layout) PARTITION BY HASH (layout);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM many;
SELECT count(DISTINCT tableoid) AS partitions, count(*) FROM parts;
SELECT count(*) FROM many AS m WHERE m.n <= 20
    AND (SELECT satisfies_hash_partition('parts'::regclass, 2, 0, m.layout))
        <> EXISTS (SELECT FROM parts_0 AS p WHERE p.n = m.n);
CREATE TABLE ranges (layout section_layout) PARTITION BY RANGE (layout);
CREATE TABLE ranges_m PARTITION OF ranges FOR VALUES FROM ('m { f 8 uimsbf }') TO ('n { f 8 uimsbf }');
INSERT INTO ranges VALUES (message_layout());
INSERT INTO ranges VALUES ('x { f 8 uimsbf }');

-- Hashes with a seed of 0 agree with those without one.
SELECT count(*) FROM layouts WHERE section_layout_hash(layout) <> section_layout_hash_extended(layout, 0)::bit(32)::int
    OR section_layout_hash_extended(layout, 0) = section_layout_hash_extended(layout, 1);

-- Audit triggers compare whole rows.
CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.* IS DISTINCT FROM NEW.* THEN
        RAISE NOTICE 'layout % is changed', NEW.n;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit BEFORE UPDATE ON layouts FOR EACH ROW EXECUTE FUNCTION changed();
CREATE TRIGGER audit_when BEFORE UPDATE ON layouts FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION changed();
UPDATE layouts SET layout = layout::text::section_layout;
UPDATE layouts SET layout = 'c { f 8 uimsbf }' WHERE n = 3;

-- The classes are complete, and a sort has what it needs of a window's frame, an array and a row.
SELECT opfname, amname, amvalidate(c.oid) AS valid FROM pg_opclass AS c JOIN pg_opfamily AS f ON f.oid = opcfamily
JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'section_layout'::regtype ORDER BY amname;
SELECT array_agg(layout ORDER BY layout) = array_agg(layout ORDER BY n) AS same_order FROM layouts WHERE n < 4;
SELECT ROW(1, message_layout()) = ROW(1, message_layout()) AS equal;

SET client_min_messages = warning;
DROP SCHEMA operators CASCADE;
