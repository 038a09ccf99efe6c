-- The vectors of tests/vectors/tables.json, made by hand by somebody who had not read the code: layouts with their
-- canonical text, refusals with line and column, rows with their sections, sections with what they say.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';
SET client_encoding = 'UTF8';

\getenv abs_srcdir PG_ABS_SRCDIR
\set vectors `cat :abs_srcdir/tests/vectors/tables.json`

CREATE FUNCTION pg_temp.judge_row(vector jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    layout section_layout := (vector ->> 'layout')::section_layout;
    made bytea[] := ARRAY(SELECT encode_sections(layout, vector -> 'row'));
    wanted bytea[] := ARRAY(SELECT decode(value, 'hex') FROM jsonb_array_elements_text(vector -> 'sections'));
    told jsonb := (SELECT coalesce(jsonb_agg(decode_section(layout, section)), '[]') FROM unnest(made) AS section);
    again bytea;
BEGIN
    IF vector ? 'sqlstate' THEN
        RETURN format('accepted: %s', made);
    ELSIF made <> wanted THEN
        RETURN format('other bytes: %s', made);
    ELSIF told <> vector -> 'decoded' THEN
        RETURN format('decoded to %s', told);
    END IF;
    FOR i IN 1 .. cardinality(made) LOOP
        again := encode_section(layout, told -> i - 1);
        IF again <> made[i] THEN
            RETURN format('section %s comes back as %s', i, again);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION pg_temp.judge_section(vector jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    layout section_layout := (vector ->> 'layout')::section_layout;
    section bytea := decode(vector ->> 'section', 'hex');
    told jsonb;
BEGIN
    IF vector ? 'problems' THEN
        told := (SELECT jsonb_agg(field ORDER BY ordinal, byte_offset) FROM check_sections(layout, section));
        RETURN CASE WHEN told <> (SELECT jsonb_agg(value -> 0) FROM jsonb_array_elements(vector -> 'problems'))
            THEN told::text END;
    END IF;
    told := decode_section(layout, section);
    IF vector ? 'sqlstate' THEN
        RETURN format('decoded to %s', told);
    END IF;
    RETURN CASE WHEN told <> vector -> 'decoded' -> 0 THEN told::text END;
END $$;

CREATE FUNCTION pg_temp.judge_layout(vector jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    canonical text := (vector ->> 'layout')::section_layout::text;
BEGIN
    IF vector ? 'refused' THEN
        RETURN 'accepted';
    ELSIF canonical <> vector ->> 'canonical' THEN
        RETURN canonical;
    END IF;
    RETURN CASE WHEN canonical::section_layout::text <> canonical THEN 'its canonical text is entered as another' END;
END $$;

-- NULL where the case comes out as it says, else what came instead.
CREATE FUNCTION pg_temp.judge(vector jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    state text;
BEGIN
    RETURN CASE
        WHEN vector ? 'row' THEN pg_temp.judge_row(vector)
        WHEN vector ? 'section' THEN pg_temp.judge_section(vector)
        ELSE pg_temp.judge_layout(vector)
    END;
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    IF state = '42601' AND position(format('line %s, column %s:', vector #>> '{refused,0}', vector #>> '{refused,1}')
                                    IN message) > 0 THEN
        RETURN NULL;
    ELSIF state = vector ->> 'sqlstate' AND position(format('field "%s"', vector ->> 'path') IN message) > 0 THEN
        RETURN NULL;
    END IF;
    RETURN format('%s: %s', state, message);
END $$;

SELECT count(*) FROM jsonb_array_elements(:'vectors'::jsonb);
-- Where the contract leaves a choice open the two chose differently. Each of these is listed with the reason for which
-- the contract allows what happens here; none but these may differ, and none of these may come to agree unseen.
CREATE TEMP TABLE allowed (reason text, name text);
INSERT INTO allowed SELECT reason, unnest(names) FROM (VALUES
('The contract wants line and column, not which of two places that contradict each other. Here: the word that names '
 'what is not there.', ARRAY['there is no 8859-12', 'there is no 8859-16']),
('The same. "if" is reserved: one that no condition follows is refused as a name.', ARRAY['if without a condition']),
('The same. Here: the tag of the second definition, which the first has.',
 ARRAY['two items of one tag', 'two items of one tag and first byte', 'two items of one tag and scope']),
('The same. Here: the reference that is one too deep.', ARRAY['definitions 17 deep']),
('The same. Here: the word "split", which asks for what is missing or stands there a second time.',
 ARRAY['split by without a part', 'the key of split is a field too', 'the key of split is a column too',
       'a second split']),
('The same. Here: the source that is shared, not the field.',
 ARRAY['a source with two defaults', 'a source with a default and without',
       'a source with a default and without in two arms']),
('The same. Here: the field whose place is wrong, not its source.',
 ARRAY['offset in an optional', 'part() in a list']),
('The same. Here: the end of the braces, where the sum of what is in them is known.',
 ARRAY['always over max', 'a list of so many is over max']),
('The same. Here: the list whose items no reader can tell apart, or the field whose end is open.',
 ARRAY['an item that ends nowhere', 'an item whose list ends nowhere', 'length() in one arm only',
       'an optional in an item', 'an open definition in a counted item']),
('The grammar has "± n" with any n: 0 is one, and adds nothing.', ARRAY['more than nothing']),
('The flag and the element contradict each other (2.1); the contract does not say which the error names. Here: the '
 'present(), which is computed.', ARRAY['present and yet not written', 'a list that is written without its flag']),
('check_sections names the item, and in the problem what its definition refused (2.3).',
 ARRAY['what its definition refused has a row']),
('The path leads to the item, as paths do (chapter 4), not only to its list.',
 ARRAY['an item of two names', 'a named item in the value of a plain one']),
('The path leads to the field that no longer fits; the contract has "an error of its * field", which it is.',
 ARRAY['a row that does not fit']),
('The contract does not say which item of a segment of too many is named. Here: the list, whose '
 'items they are together.',
 ARRAY['more than a segment holds']),
('ARIB STD-B24 has several ways to call a set; single shifts and locking shifts read as the same text.',
 ARRAY['ARIB hiragana and katakana']),
('A string that is a number is taken for it, as "Infinity" and "NaN" are: the contract refuses no string.',
 ARRAY['a float that is a text'])) AS a (reason, names);
SELECT coalesce(v.vector ->> 'name', a.name) AS name, pg_temp.judge(vector) AS instead,
    reason IS NOT NULL AS allowed
FROM jsonb_array_elements(:'vectors'::jsonb) WITH ORDINALITY AS v (vector, n)
FULL JOIN allowed AS a ON a.name = vector ->> 'name'
WHERE (pg_temp.judge(vector) IS NULL) = (reason IS NOT NULL);
SELECT vector ->> 'name' AS name, pg_temp.judge(vector) AS instead
FROM jsonb_array_elements(:'vectors'::jsonb) WITH ORDINALITY AS v (vector, n)
WHERE pg_temp.judge(vector) IS NOT NULL
ORDER BY n;
