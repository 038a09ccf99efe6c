-- What \dx+ lists is a table of contents: every object is described, every parameter named.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;

-- Array types come with their element types and row types with their views; neither has a description
-- anywhere.
CREATE TEMPORARY VIEW members AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object,
    obj_description(d.objid, d.classid::regclass::name) AS description
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
WHERE e.extname = 'onetrip' AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    AND NOT (d.classid = 'pg_type'::regclass
             AND EXISTS (SELECT FROM pg_type AS t WHERE t.typarray = d.objid OR t.oid = d.objid AND t.typtype = 'c'));

CREATE TEMPORARY VIEW parameters AS
SELECT p.oid::regprocedure AS function, ordinal, p.proargnames[ordinal] AS name
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid,
    generate_series(1, greatest(p.pronargs, cardinality(p.proallargtypes))) AS ordinal;

SELECT count(*) > 40 AS objects, bool_or(object LIKE '%encode_carousel%') AS with_functions,
    bool_or(object = 'type section_layout') AS with_types
FROM members;
SELECT count(*) > 150 AS parameters, bool_or(name = 'zone') AS with_names FROM parameters;

SELECT object AS without_description FROM members WHERE coalesce(description, '') = '' ORDER BY 1;
SELECT function, ordinal AS parameter_without_name FROM parameters WHERE coalesce(name, '') = ''
ORDER BY function::text, ordinal;

SELECT object AS view_with_column_without_description, attname
FROM members AS m JOIN pg_attribute AS a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid
WHERE a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NULL ORDER BY 1, a.attnum;

-- Descriptions are phrases, as those of pg_description: no sentence, and one line of a terminal.
SELECT object, description FROM members WHERE description ~ '\.$|\n' OR length(description) > 110 ORDER BY 1;

-- A function that anyone may run writes nothing outside of the database.
SELECT m.object AS closed_to_public
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE NOT has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1;

-- None runs as its owner.
SELECT p.oid::regprocedure AS runs_as_its_owner
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
WHERE p.prosecdef;
