-- Judges the extension by the cases of random_tables.py: CALL judge(case) for each, then look at the table verdicts. A
-- verdict that begins with DIFFERS is one: another outcome, other bytes, another row. Where the contract leaves open which
-- of several faults is named, and at which of two places, the verdict says that it was another.
CREATE TABLE verdicts (seed text, what text, n int, verdict text);

CREATE FUNCTION judge_layout("case" jsonb, OUT layout section_layout, OUT verdict text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    state text;
BEGIN
    layout := ("case" ->> 'layout')::section_layout;
    verdict := CASE
        WHEN NOT ("case" -> 'accepted')::boolean THEN 'DIFFERS: accepted, not: ' || ("case" ->> 'reason')
        WHEN layout::text <> "case" ->> 'canonical' THEN 'DIFFERS: canonical text'
        WHEN layout::text::section_layout::text <> layout::text THEN 'DIFFERS: its canonical text is entered as another'
        ELSE 'layout accepted' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    verdict := CASE
        WHEN ("case" -> 'accepted')::boolean OR state <> '42601' THEN format('DIFFERS: %s %s', state, message)
        WHEN position(format('line %s, column %s:', "case" #>> '{position,0}', "case" #>> '{position,1}') IN message) > 0
            THEN 'layout refused at the same place'
        ELSE 'layout refused at another place' END;
END $$;

CREATE FUNCTION judge_row(layout section_layout, "row" jsonb, result jsonb, as_text boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made bytea[];
    wanted bytea[];
    decoded jsonb;
    message text;
    state text;
BEGIN
    IF as_text THEN
        made := ARRAY(SELECT encode_sections(layout, "row"::text));
    ELSE
        made := ARRAY(SELECT encode_sections(layout, "row"));
    END IF;
    IF NOT result ? 'sections' THEN
        RETURN format('DIFFERS: %s, not %s', made, result);
    END IF;
    wanted := ARRAY(SELECT decode(value, 'hex') FROM jsonb_array_elements_text(result -> 'sections'));
    IF made <> wanted THEN
        RETURN format('DIFFERS: %s, not %s', made, wanted);
    END IF;
    FOR i IN 1 .. cardinality(made) LOOP
        decoded := decode_section(layout, made[i]);
        IF decoded <> result -> 'decoded' -> i - 1 THEN
            RETURN format('DIFFERS: read as %s, not %s', decoded, result -> 'decoded' -> i - 1);
        ELSIF encode_section(layout, decoded) <> made[i] THEN
            RETURN 'DIFFERS: does not come back';
        END IF;
        -- What is written has no faults; items that read as bytes are remarks.
        IF EXISTS (SELECT FROM check_sections(layout, made[i]) AS c WHERE c.problem !~ '^read as bytes') THEN
            RETURN 'DIFFERS: written with a fault';
        END IF;
    END LOOP;
    RETURN 'row encoded';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    RETURN CASE
        WHEN result ? 'sections' OR state <> result ->> 'sqlstate' THEN format('DIFFERS: %s %s, not %s', state, message, result)
        WHEN position(format('field "%s"', result ->> 'path') IN message) > 0 THEN 'row refused at the same path'
        ELSE 'row refused at another path' END;
END $$;

CREATE FUNCTION judge_section(layout section_layout, section bytea, wanted jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    decoded jsonb;
    message text;
    state text;
BEGIN
    PERFORM count(*) FROM dissect_section(layout, section);
    decoded := decode_section(layout, section);
    RETURN CASE
        WHEN wanted = 'null' THEN 'DIFFERS: read'
        WHEN decoded <> wanted THEN format('DIFFERS: read as %s, not %s', decoded, wanted)
        WHEN encode_section(layout, decoded) <> section THEN 'DIFFERS: does not come back'
        ELSE 'section read' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    RETURN CASE
        WHEN wanted <> 'null' OR state <> '22023' THEN format('DIFFERS: %s %s', state, message)
        WHEN length(section) > 0 AND NOT EXISTS (SELECT FROM check_sections(layout, section)) THEN 'DIFFERS: no problem'
        ELSE 'section refused' END;
END $$;

CREATE PROCEDURE judge("case" jsonb) LANGUAGE plpgsql AS $$
DECLARE
    layout section_layout;
    verdict text;
    seed text := "case" ->> 'seed';
BEGIN
    SELECT j.layout, j.verdict INTO layout, verdict FROM judge_layout("case") AS j;
    INSERT INTO verdicts VALUES (seed, 'layout', 0, verdict);
    IF layout IS NULL OR NOT ("case" -> 'accepted')::boolean THEN
        RETURN;
    END IF;
    -- Every second row as text, which is parsed by other code.
    INSERT INTO verdicts SELECT seed, 'row', n, judge_row(layout, r.value, "case" -> 'results' -> n::int - 1, n % 2 = 0)
    FROM jsonb_array_elements("case" -> 'rows') WITH ORDINALITY AS r (value, n);
    INSERT INTO verdicts
    SELECT seed, 'section', n, judge_section(layout, decode(c.value ->> 'section', 'hex'), c.value -> 'decoded')
    FROM jsonb_array_elements("case" -> 'changed') WITH ORDINALITY AS c (value, n);
END $$;
