-- All that the catalog knows of the extension, without OIDs, in the order of a database of locale C.
SET search_path = pg_catalog;

CREATE TEMPORARY VIEW members AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
WHERE e.extname = 'onetrip' AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

CREATE FUNCTION pg_temp.rights(acl aclitem[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(acl) AS item
$$;

SELECT 'extension', extversion, extrelocatable, extconfig::regclass[], extcondition
FROM pg_extension WHERE extname = 'onetrip';
SELECT object, obj_description(objid, classid::regclass::name) FROM members ORDER BY object;
SELECT object, 'needs ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
FROM members AS m JOIN pg_depend AS d USING (classid, objid) WHERE d.deptype <> 'e'
ORDER BY object, 2;
SELECT object, pg_temp.rights(proacl), CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid)
    ELSE concat_ws(' ', pg_get_function_arguments(p.oid), provolatile, proparallel, procost) END
FROM members AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
ORDER BY object;
SELECT object, to_jsonb(a) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype', aggtranstype::regtype, aggmtranstype::regtype
FROM members AS m JOIN pg_aggregate AS a ON m.classid = 'pg_proc'::regclass AND a.aggfnoid = m.objid
ORDER BY object;
SELECT object, typtype, typlen, typbyval, typcategory, typalign, typstorage, typdelim, typinput, typoutput, typreceive,
    typsend, typmodin, typmodout, typanalyze, pg_temp.rights(typacl)
FROM members AS m JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
ORDER BY object;
SELECT object, relkind, relpersistence, reloptions, pg_temp.rights(relacl), pg_get_viewdef(c.oid)
FROM members AS m JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
ORDER BY object;
SELECT object, attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)
FROM members AS m JOIN pg_attribute AS a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid
WHERE attnum > 0 AND NOT attisdropped ORDER BY object, attnum;
SELECT object, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash
FROM members AS m JOIN pg_operator AS o ON m.classid = 'pg_operator'::regclass AND o.oid = m.objid
ORDER BY object;
SELECT object, opcintype::regtype, opcdefault, opckeytype::regtype
FROM members AS m JOIN pg_opclass AS c ON m.classid = 'pg_opclass'::regclass AND c.oid = m.objid
ORDER BY object;
SELECT object, amopstrategy, amopopr::regoperator
FROM members AS m JOIN pg_amop AS o ON m.classid = 'pg_opfamily'::regclass AND o.amopfamily = m.objid
ORDER BY object, amopstrategy;
SELECT object, amprocnum, amproc
FROM members AS m JOIN pg_amproc AS o ON m.classid = 'pg_opfamily'::regclass AND o.amprocfamily = m.objid
ORDER BY object, amprocnum;
