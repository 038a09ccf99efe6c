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
-- Where tables.md leaves a choice open, the two chose differently: mostly the place that a refusal names.
SELECT vector ->> 'name' AS name, pg_temp.judge(vector) AS instead
FROM jsonb_array_elements(:'vectors'::jsonb) WITH ORDINALITY AS v (vector, n)
WHERE pg_temp.judge(vector) IS NOT NULL
ORDER BY n;
