-- Foreign keys without an index.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
\set SHOW_CONTEXT never
CREATE SCHEMA fk;
CREATE SCHEMA other;
SET search_path = fk, public;
\pset format unaligned
CREATE VIEW missing AS SELECT table_name, constraint_name, columns, referenced_table, ddl FROM missing_fk_indexes
    WHERE ddl ~ ' ON (fk|other|"Odd schema")\.' ORDER BY ddl COLLATE "C";
CREATE TABLE parent (a int, b int, c int, PRIMARY KEY (a), UNIQUE (a, b), UNIQUE (a, b, c));

-- One column: without an index, and with one that serves or does not.
CREATE TABLE single (id int PRIMARY KEY, x int, a int REFERENCES parent);
TABLE missing;
CREATE INDEX ON single (x, a);
CREATE INDEX ON single (a) WHERE x > 0;
CREATE INDEX ON single ((a + 0));
CREATE INDEX ON single (x) INCLUDE (a);
CREATE INDEX ON single USING brin (a);
SELECT count(*) AS none_serves FROM missing;
CREATE INDEX serves ON single (a, x);
TABLE missing;
-- An index that is not valid does not count.
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'serves'::regclass;
SELECT count(*) AS not_valid FROM missing;
DROP INDEX serves;
CREATE INDEX ON single USING hash (a);
SELECT count(*) AS by_hash FROM missing;
DROP TABLE single;

-- Several columns: the index's leading ones, in any order.
CREATE TABLE composite (x int, a int, b int, c int, FOREIGN KEY (a, b) REFERENCES parent (a, b));
CREATE INDEX ON composite (a);
CREATE INDEX ON composite (b, c, a);
CREATE INDEX ON composite (a) INCLUDE (b);
TABLE missing;
CREATE INDEX reversed ON composite (b, a);
SELECT count(*) AS reversed FROM missing;
DROP INDEX reversed;
CREATE INDEX extra ON composite (a, b, x);
SELECT count(*) AS with_an_extra_column FROM missing;
DROP INDEX extra;
CREATE UNIQUE INDEX ON composite (b, a);
SELECT count(*) AS by_a_unique_index FROM missing;
DROP TABLE composite;
CREATE TABLE three (x int, a int, b int, c int, FOREIGN KEY (c, a, b) REFERENCES parent (c, a, b));
SELECT columns, ddl FROM missing;
CREATE INDEX ON three (b, c, a, x);
SELECT count(*) AS three_in_another_order FROM missing;
DROP TABLE three;

-- A column that has been dropped moves the numbers of the others.
CREATE TABLE dropped (x int, y int, a int REFERENCES parent);
ALTER TABLE dropped DROP COLUMN x;
TABLE missing;
CREATE INDEX ON dropped (a);
SELECT count(*) AS after_a_drop FROM missing;
DROP TABLE dropped;

-- Self references, two keys of one table, names that need quotes, one name in two schemas.
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree, other_parent int CONSTRAINT "an odd name"
    REFERENCES parent);
CREATE SCHEMA "Odd schema";
CREATE TABLE "Odd schema"."Odd ""table" (id int, "Odd ""column" int REFERENCES parent, "order" int REFERENCES fk.tree);
CREATE TABLE other.tree (id int PRIMARY KEY, up int REFERENCES other.tree);
TABLE missing;
-- What the view says to run makes its row go.
SELECT replace(ddl, ' CONCURRENTLY', '') FROM missing
\gexec
TABLE missing;
DROP TABLE "Odd schema"."Odd ""table", other.tree, tree;
DROP SCHEMA "Odd schema";

-- A name of 63 bytes: the server finds a name for the index.
CREATE TABLE t234567890123456789012345678901234567890123456789012345678901_x
    (c234567890123456789012345678901234567890123456789012345678901_x int REFERENCES parent);
TABLE missing;
SELECT replace(ddl, ' CONCURRENTLY', '') FROM missing
\gexec
SELECT count(*) AS long_names FROM missing;
DROP TABLE t234567890123456789012345678901234567890123456789012345678901_x;

-- Partitions: each by itself, since a partitioned table holds no rows.
CREATE TABLE parts (k int, a int REFERENCES parent) PARTITION BY LIST (k);
TABLE missing;
CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2) PARTITION BY LIST (a);
CREATE TABLE part_2_1 PARTITION OF part_2 FOR VALUES IN (1);
TABLE missing;
CREATE INDEX ON part_1 (a);
SELECT table_name FROM missing;
CREATE INDEX ON parts (a);
TABLE missing;
-- A key into a partitioned table is one key, however many partitions that has.
CREATE TABLE keys (k int PRIMARY KEY) PARTITION BY LIST (k);
CREATE TABLE keys_1 PARTITION OF keys FOR VALUES IN (1);
CREATE TABLE keys_2 PARTITION OF keys FOR VALUES IN (2);
CREATE TABLE into_keys (k int REFERENCES keys);
TABLE missing;
CREATE TABLE into_keys_parts (k int REFERENCES keys, x int) PARTITION BY LIST (x);
CREATE TABLE into_keys_part_1 PARTITION OF into_keys_parts FOR VALUES IN (1);
TABLE missing;
DROP TABLE into_keys, into_keys_parts, keys, parts;

-- Keys that are not enforced yet, and temporary tables, have rows to scan too.
CREATE TABLE unchecked (a int);
ALTER TABLE unchecked ADD FOREIGN KEY (a) REFERENCES parent NOT VALID;
SELECT table_name FROM missing;
DROP TABLE unchecked;
CREATE TEMP TABLE temporary_parent (a int PRIMARY KEY);
CREATE TEMP TABLE temporary_child (a int REFERENCES temporary_parent);
SELECT table_name, columns, referenced_table FROM missing_fk_indexes WHERE table_name = 'temporary_child'::regclass;
DROP TABLE temporary_child, temporary_parent;

-- The largest comes first, by what a scan reads.
CREATE TABLE small (a int REFERENCES parent);
CREATE TABLE large (a int REFERENCES parent, filler text);
INSERT INTO parent VALUES (1, 1, 1);
INSERT INTO small VALUES (1);
INSERT INTO large SELECT 1, repeat('x', 100) FROM generate_series(1, 1000);
SELECT table_name, table_bytes = pg_relation_size(table_name) AS as_it_is, table_bytes > 0 AS has_rows
    FROM missing_fk_indexes WHERE table_name IN ('small'::regclass, 'large'::regclass);
DROP SCHEMA other;
DROP TABLE small, large, parent CASCADE;
DROP VIEW missing;
