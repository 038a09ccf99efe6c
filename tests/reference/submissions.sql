-- The slow and obvious flatten_submission and jsonb_tree, by recursive queries straight from the rules, and
-- random forms and documents to compare them on. Nothing here calls the extension.
CREATE SCHEMA reference;

-- Paths ------------------------------------------------------------------------------------------------

CREATE FUNCTION reference.schema_path(way text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(CASE WHEN key = '' OR key ~ '[].[" ]'
        THEN '"' || replace(key, '"', '""') || '"' ELSE key END, '.' ORDER BY n), '')
    FROM unnest(way) WITH ORDINALITY AS k (key, n)
$$;

CREATE FUNCTION reference.normalised_path(way jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '$' || coalesce(string_agg(CASE jsonb_typeof(step) WHEN 'number' THEN '[' || step::text || ']'
        ELSE '[''' || replace(replace(replace(replace(replace(step #>> '{}', '\', '\\'), '''', '\'''), E'\n', '\n'), E'\t', '\t'), E'\x01', '\u0001') || ''']'
        END, '' ORDER BY n), '')
    FROM jsonb_array_elements(way) WITH ORDINALITY AS s (step, n)
$$;

-- Forms ------------------------------------------------------------------------------------------------

-- Every node with a slug below nodes with slugs, in tree order; of a way that occurs twice the last.
CREATE FUNCTION reference.form_nodes(form jsonb)
    RETURNS TABLE (way text[], place int[], is_question boolean, is_group boolean, answer_type text, tag text, choices jsonb)
    LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE node AS (
        SELECT '{}'::text[] AS way, '{}'::int[] AS place, form AS node
        UNION ALL
        SELECT way || (child ->> 'slug'), place || n::int, child
        FROM node, jsonb_array_elements(CASE jsonb_typeof(node -> 'children') WHEN 'array' THEN node -> 'children' ELSE '[]' END)
            WITH ORDINALITY AS c (child, n)
        WHERE jsonb_typeof(child -> 'slug') = 'string'
    )
    SELECT DISTINCT ON (way) way, place, is_question, has_children OR NOT is_question,
        CASE WHEN is_question THEN CASE WHEN type IN ('text', 'number', 'boolean', 'date') THEN type ELSE 'text' END END,
        CASE WHEN jsonb_typeof(node -> 'tag') NOT IN ('array', 'object') THEN node ->> 'tag' END,
        CASE WHEN jsonb_typeof(node -> 'answerEnum') = 'array' THEN node -> 'answerEnum' END
    FROM node,
        LATERAL (SELECT coalesce(jsonb_typeof(node -> 'children') = 'array', false) AS has_children, node ->> 'answerType' AS type) AS t,
        LATERAL (SELECT type IS NOT NULL OR coalesce(node -> 'nodeType' = '"question"', false) AND NOT has_children AS is_question) AS q
    WHERE way <> '{}'
    ORDER BY way, place DESC
$$;

-- Judgement --------------------------------------------------------------------------------------------

CREATE FUNCTION reference.is_day(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN false
        WHEN substr(value, 1, 4) = '0000' OR substr(value, 6, 2) NOT BETWEEN '01' AND '12' THEN false
        ELSE substr(value, 9, 2)::int BETWEEN 1 AND extract(day FROM make_date(substr(value, 1, 4)::int, substr(value, 6, 2)::int, 1)
            + interval '1 month' - interval '1 day')
    END
$$;

-- Of a text that is a number by JSON's grammar, whether numeric can hold it: up to 131,072 digits before the point,
-- 16,383 after it as written, and an exponent below 2^31 / 2 - 1.
CREATE FUNCTION reference.holds(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT abs(exponent) < 1073741823 AND length(fraction) - exponent <= 16383
        AND (digits = '' OR length(digits) - length(fraction) + exponent <= 131072)
    FROM (SELECT coalesce(substring(value FROM '[eE](.*)$')::numeric, 0) AS exponent, coalesce(substring(value FROM '[.]([0-9]*)'), '') AS fraction,
        ltrim(regexp_replace(value, '[eE].*$|[^0-9]', '', 'g'), '0') AS digits) AS parts
$$;

CREATE FUNCTION reference.judge(answer jsonb, type text, choices jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN answer = 'null' THEN 'null'
        WHEN NOT CASE type
            WHEN 'number' THEN jsonb_typeof(answer) = 'number' OR coalesce(jsonb_typeof(answer) = 'string'
                AND CASE WHEN answer #>> '{}' ~ '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?$' THEN reference.holds(answer #>> '{}') END, false)
            WHEN 'boolean' THEN jsonb_typeof(answer) = 'boolean'
            WHEN 'date' THEN jsonb_typeof(answer) = 'string' AND reference.is_day(answer #>> '{}')
            ELSE true END THEN 'wrong_type'
        WHEN choices IS NOT NULL AND NOT EXISTS (SELECT FROM jsonb_array_elements(choices) AS choice
            WHERE jsonb_typeof(choice -> 'value') NOT IN ('array', 'object') AND choice ->> 'value' = answer #>> '{}') THEN 'not_in_choices'
        ELSE 'ok' END
$$;

-- flatten_submission -----------------------------------------------------------------------------------

-- `place` sorts by the walk: at every level the scalars (0), then the containers (1), as they come.
CREATE FUNCTION reference.flatten(responses jsonb, form jsonb)
    RETURNS TABLE (ord int, schema_path text, keys text[], idx int[], value text, answer_type text, tag text, status text)
    LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE form_node AS MATERIALIZED (SELECT * FROM reference.form_nodes(form)),
    walk AS (
        SELECT '{}'::text[] AS way, '{}'::text[] AS keys, '{}'::int[] AS idx, '{}'::int[] AS place, responses AS value,
            CASE WHEN jsonb_typeof(responses) <> 'object' THEN 'structure' END AS status
        UNION ALL
        SELECT child.way, child.keys, child.idx, walk.place || is_container::int || n, child.value,
            CASE
                WHEN is_container AND f.way IS NULL THEN NULL
                WHEN child.value = '[]' AND NOT is_element THEN 'null'
                WHEN is_container THEN CASE WHEN CASE jsonb_typeof(child.value) WHEN 'object' THEN f.is_group ELSE NOT is_element END
                    THEN NULL ELSE 'structure' END
                WHEN f.way IS NULL THEN 'unknown'
                WHEN NOT f.is_question THEN 'structure'
                ELSE reference.judge(child.value, f.answer_type, f.choices)
            END
        FROM walk CROSS JOIN LATERAL (
            SELECT walk.way || m.key AS way, walk.keys || m.key AS keys, walk.idx AS idx, m.value, false AS is_element, n::int AS n
            FROM jsonb_each(CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END) WITH ORDINALITY AS m (key, value, n)
            UNION ALL
            SELECT walk.way, walk.keys || (n - 1)::text, walk.idx || (n - 1)::int, e.value, true, n::int
            FROM jsonb_array_elements(CASE jsonb_typeof(walk.value) WHEN 'array' THEN walk.value ELSE '[]' END) WITH ORDINALITY AS e (value, n)
        ) AS child
        CROSS JOIN LATERAL (SELECT jsonb_typeof(child.value) IN ('object', 'array') AS is_container) AS c
        LEFT JOIN form_node AS f ON f.way = child.way
        WHERE walk.status IS NULL
    ),
    found AS (SELECT 0 AS phase, place, way, keys, idx, value, status FROM walk WHERE status IS NOT NULL),
    -- The document is one, and each object in an array at a group. An object or nothing at a group is one without an index of its
    -- own; is_real is false of nothing, in which there is no answer. In an array without objects there is none.
    repetition AS (
        SELECT '{}'::text[] AS way, '{}'::text[] AS keys, '{}'::int[] AS idx, jsonb_typeof(responses) = 'object' AS is_real
        UNION ALL
        SELECT f.way, below.keys, below.idx, below.is_real
        FROM repetition AS r JOIN form_node AS f ON f.way[:cardinality(f.way) - 1] = r.way
            CROSS JOIN LATERAL (SELECT r.keys || f.way[cardinality(f.way)] AS keys) AS k
            CROSS JOIN LATERAL (SELECT CASE WHEN r.is_real AND f.is_group THEN responses #> k.keys END AS value) AS v
            CROSS JOIN LATERAL (
                SELECT k.keys, r.idx, true WHERE jsonb_typeof(v.value) = 'object'
                UNION ALL
                SELECT k.keys || (n - 1)::text, r.idx || (n - 1)::int, true
                FROM jsonb_array_elements(CASE jsonb_typeof(v.value) WHEN 'array' THEN v.value ELSE '[]' END) WITH ORDINALITY AS e (element, n)
                WHERE jsonb_typeof(element) = 'object'
                UNION ALL
                SELECT k.keys, r.idx, false WHERE coalesce(jsonb_typeof(v.value), 'nothing') NOT IN ('object', 'array')
            ) AS below (keys, idx, is_real)
    ),
    missing AS (SELECT 1, f.place, f.way, NULL::text[], r.idx, NULL::jsonb, 'missing'
        FROM form_node AS f JOIN repetition AS r ON r.way = f.way[:cardinality(f.way) - 1]
        WHERE is_question AND NOT (r.is_real AND EXISTS (SELECT FROM found WHERE found.way = f.way AND found.keys[:cardinality(r.keys)] = r.keys))),
    both_kinds AS (TABLE found UNION ALL TABLE missing)
    SELECT row_number() OVER (ORDER BY phase, b.place, b.idx)::int, reference.schema_path(b.way), b.keys, b.idx,
        CASE WHEN b.status = 'null' THEN NULL WHEN jsonb_typeof(b.value) IN ('object', 'array') THEN b.value::text ELSE b.value #>> '{}' END,
        f.answer_type, f.tag, b.status
    FROM both_kinds AS b LEFT JOIN form_node AS f USING (way)
$$;

-- jsonb_tree -------------------------------------------------------------------------------------------

CREATE FUNCTION reference.tree(document jsonb)
    RETURNS TABLE (ord bigint, parent_ord bigint, depth int, keys text[], idx int[], path text, type text, value jsonb)
    LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE walk AS (
        SELECT '{}'::int[] AS place, '{}'::text[] AS keys, '{}'::int[] AS idx, '[]'::jsonb AS way, document AS value
        UNION ALL
        SELECT walk.place || n, walk.keys || key, walk.idx || index, walk.way || step, child.value
        FROM walk CROSS JOIN LATERAL (
            SELECT n::int AS n, m.key, '{}'::int[] AS index, to_jsonb(m.key) AS step, m.value
            FROM jsonb_each(CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END) WITH ORDINALITY AS m (key, value, n)
            UNION ALL
            SELECT n::int, (n - 1)::text, ARRAY[(n - 1)::int], to_jsonb(n - 1), e.value
            FROM jsonb_array_elements(CASE jsonb_typeof(walk.value) WHEN 'array' THEN walk.value ELSE '[]' END) WITH ORDINALITY AS e (value, n)
        ) AS child
    ),
    numbered AS (SELECT row_number() OVER (ORDER BY place) AS ord, * FROM walk)
    SELECT n.ord, p.ord, cardinality(n.place), n.keys, n.idx, reference.normalised_path(n.way), jsonb_typeof(n.value), n.value
    FROM numbered AS n LEFT JOIN numbered AS p ON p.place = n.place[:cardinality(n.place) - 1] AND n.place <> '{}'
$$;

-- Random forms and documents, by random() -----------------------------------------------------------------

CREATE FUNCTION reference.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT choices[1 + floor(random() * cardinality(choices))]
$$;

-- Few, so that documents and forms meet.
CREATE FUNCTION reference.random_key() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT reference.pick('a', 'b', 'c', 'd', 'a', 'b', 'c', 'a.b', '', 'x y', 'é', '😀', '"', '[0]', '0', '''', '\', E'\n', E'\x01', 'a rather long key, of some forty characters')
$$;

CREATE FUNCTION reference.random_scalar() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT reference.pick('null', 'true', 'false', '0', '-1.50', '1e400', '12345678901234567890', '"a"', '""', '"1"', '"-2e5"', '"01"', '"1e200000"', '"1e131071"', '"0.5e-16383"', '"true"',
        '"2016-02-29"', '"2017-02-30"', '"2017-04-30"', '"0000-01-01"', '"a\"b\\\n"', '"é😀"', to_json(repeat('long ', (random() * 60)::int))::text)::jsonb
$$;

CREATE FUNCTION reference.random_value(depth int) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    kind float := random();
    result jsonb;
BEGIN
    IF depth = 0 OR kind < 0.4 THEN
        RETURN reference.random_scalar();
    ELSIF kind < 0.6 THEN
        result := '[]';
        FOR i IN 1 .. floor(random() * 5) LOOP
            result := result || jsonb_build_array(reference.random_value(depth - 1));
        END LOOP;
    ELSE
        result := reference.random_object(depth - 1);
    END IF;
    RETURN result;
END $$;

CREATE FUNCTION reference.random_object(depth int) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    result jsonb := '{}';
BEGIN
    FOR i IN 1 .. floor(random() * 7) LOOP
        result := result || jsonb_build_object(reference.random_key(), reference.random_value(depth));
    END LOOP;
    RETURN result;
END $$;

CREATE FUNCTION reference.random_node(depth int) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    result jsonb := '{}';
    choices jsonb := '[]';
BEGIN
    IF random() < 0.95 THEN
        result := result || jsonb_build_object('slug', reference.random_key());
    END IF;
    IF random() < 0.6 THEN
        result := result || jsonb_build_object('answerType', reference.pick('text', 'number', 'boolean', 'date', 'colour'));
    END IF;
    IF random() < 0.3 THEN
        result := result || jsonb_build_object('tag', reference.pick('tag', 'another', repeat('long ', 30)));
    END IF;
    IF random() < 0.2 THEN
        FOR i IN 1 .. floor(random() * 10) LOOP
            choices := choices || jsonb_build_array(jsonb_build_object('value', reference.random_value(1), 'label', 'x'));
        END LOOP;
        result := result || jsonb_build_object('answerEnum', choices);
    END IF;
    IF random() < 0.5 THEN
        result := result || jsonb_build_object('nodeType', reference.pick('question', 'section'));
    END IF;
    -- Anything may be anywhere.
    IF random() < 0.05 THEN
        result := result || jsonb_build_object(reference.pick('slug', 'answerType', 'tag', 'answerEnum', 'nodeType', 'children'), reference.random_value(2));
    END IF;
    IF depth > 0 AND random() < 0.5 THEN
        result := result || jsonb_build_object('children', reference.random_nodes(depth - 1));
    END IF;
    RETURN result;
END $$;

CREATE FUNCTION reference.random_nodes(depth int) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    result jsonb := '[]';
BEGIN
    FOR i IN 1 .. floor(random() * 8) LOOP
        result := result || jsonb_build_array(CASE WHEN random() < 0.97 THEN reference.random_node(depth) ELSE reference.random_value(1) END);
    END LOOP;
    RETURN result;
END $$;

CREATE FUNCTION reference.random_form() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN random() < 0.97 THEN jsonb_build_object('slug', 'form', 'children', reference.random_nodes(4)) ELSE reference.random_value(2) END
$$;

CREATE FUNCTION reference.random_responses() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN random() < 0.95 THEN reference.random_object(6) ELSE reference.random_value(3) END
$$;
