-- Hostile bytes: sections of tables with each bit turned, cut at each byte, and with each byte at its limits. What is
-- decoded encodes to the same bytes; what is not is 22023, and check_sections says why. Nothing else may happen.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;
SET timezone = 'UTC';

CREATE TEMP TABLE hostile (name text, layout section_layout, section bytea);
INSERT INTO hostile VALUES
('lists', 'lists (library none) {
    table_id 8 uimsbf
    section_length 16 uimsbf = length()
    n 8 uimsbf = count(counted)
    counted[] { a 4 uimsbf; b 12 bcd; m 8 uimsbf = count(inner); inner[] { c 16 uimsbf = k; d 16 uimsbf = k } }
    l 8 uimsbf = length(measured) + 1
    measured[] { own 8 uimsbf = length(); e 40 utc; rest * dvbtext }
    bits 8 uimsbf = count(flags)
    flags[] 3 bslbf
    fill * align = 1
    CRC 32 rpchof
}', NULL),
('conditions', 'conditions (library none) {
    section_length 16 uimsbf = length()
    kind 8 uimsbf
    flag 1 bslbf = present(o)
    other 7 bslbf default 0x7F
    l 8 uimsbf = length(o)
    if (flag == 1) { o { a 8 uimsbf; optional { b 16 uimsbf; c * text } } }
    if (kind == 1) { d 32 float } else if (kind & 0xF0 != 0) { e 128 inet } else { f 24 duration; g 16 mjd }
    last * utf16
    CRC 32 rpchof
}', NULL),
('items', 'items (library none) {
    section_length 16 uimsbf = length()
    d * tlv(8,8,own)
    CRC 32 rpchof
}
nested (own 1) { d * tlv(8,8,own) }
counted (own 2) { n 8 uimsbf = count(l); l[] { a 8 uimsbf; m 8 uimsbf = length(b); b * bytes } }
extended (own 2 7) { v 8 uimsbf }
scoped (own 3 after 5 0x28) { w 16 uimsbf }
', NULL),
('segments', 'segments (library none) {
    section_length 16 uimsbf = length()
    p 8 uimsbf = part()
    q 8 uimsbf = last_part()
    s 8 uimsbf = last_part(k)
    l[] split(8) by k { a 16 uimsbf }
    CRC 32 rpchof
}', NULL);
UPDATE hostile SET section = encode_section(layout, "row"::jsonb)
FROM (VALUES
    ('lists', '{"table_id": 1, "flags": [1, 2, 3],
                "counted": [{"a": 1, "b": 999, "inner": [{"k": 5}, {"k": 6}]}, {"a": 2, "b": 0, "inner": []}],
                "measured": [{"e": "2026-11-28T12:00:00Z", "rest": "abc"}, {"e": null, "rest": ""}]}'),
    ('conditions', '{"kind": 2, "o": {"a": 1, "b": 2, "c": "xyz"}, "f": "01:02:03", "g": "2026-11-28",
                     "last": "uvw"}'),
    ('items', '{"d": [{"nested": {"d": [{"nested": {"d": [{"nested": {"d": [{"nested": {"d": [{"nested": {"d":
                 [{"nested": {"d": [{"nested": {"d": [{"nested": {"d": []}}]}}]}}]}}]}}]}}]}}]}},
                {"counted": {"l": [{"a": 1, "b": "0102"}, {"a": 2, "b": ""}]}}, {"extended": {"v": 9}},
                {"tag": 5, "hex": "28"}, {"scoped": {"w": 1}}, {"tag": 9, "value": "plain"}]}'),
    ('segments', '{"p": 8, "q": 16, "s": 9, "l": [{"a": 1}, {"a": 2}]}')) AS r (name, "row")
WHERE hostile.name = r.name;
SELECT name, length(section), encode_section(layout, decode_section(layout, section)) = section AS same
FROM hostile ORDER BY name;

-- The changed sections: as they are, and with a CRC_32 and a length that are right again, so that more is looked at.
CREATE FUNCTION pg_temp.sound_frame(section bytea, length_at int) RETURNS bytea LANGUAGE sql AS $$
    SELECT body || decode(lpad(to_hex(crc32_mpeg2(body)), 8, '0'), 'hex')
    FROM (SELECT overlay(substr(section, 1, length(section) - 4) PLACING
                         decode(lpad(to_hex(length(section) - length_at - 2), 4, '0'), 'hex')
                         FROM length_at + 1)) AS s (body)
$$;
CREATE TEMP TABLE changed AS
WITH bytes AS (
    SELECT h.*, CASE name WHEN 'lists' THEN 1 ELSE 0 END AS length_at, at
    FROM hostile AS h, generate_series(0, length(section) - 1) AS at
), made AS (
    SELECT name, layout, length_at, set_bit(section, at * 8 + bit, 1 - get_bit(section, at * 8 + bit)) AS section
    FROM bytes, generate_series(0, 7) AS bit
    UNION SELECT name, layout, length_at, set_byte(section, at, byte)
    FROM bytes, unnest('{0,1,127,255}'::int[]) AS byte
    UNION SELECT name, layout, length_at, substr(section, 1, at) FROM bytes
    UNION SELECT name, layout, length_at, substr(section, 1, at) || substr(section, at + 2) FROM bytes
    UNION SELECT name, layout, length_at, substr(section, 1, at) || '\x00' || substr(section, at + 1) FROM bytes
)
SELECT name, layout, section FROM made
UNION SELECT name, layout, pg_temp.sound_frame(section, length_at) FROM made WHERE length(section) > length_at + 6;

-- 'same', 'refused', or what must not happen.
CREATE FUNCTION pg_temp.outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    j jsonb;
BEGIN
    BEGIN
        j := decode_section(layout, section);
    EXCEPTION WHEN invalid_parameter_value THEN
        RETURN CASE WHEN EXISTS (SELECT FROM check_sections(layout, section)) THEN 'refused'
                    ELSE 'refused without a problem' END;
    END;
    RETURN CASE WHEN encode_section(layout, j) = section THEN 'same' ELSE 'other bytes' END;
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TEMP TABLE outcomes AS SELECT name, section, pg_temp.outcome(layout, section) AS outcome
FROM (SELECT * FROM changed ORDER BY name OFFSET 0) AS c;  -- so that each layout is compiled once
SELECT name, outcome, count(*) > 20 AS often
FROM outcomes WHERE outcome IN ('same', 'refused') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM outcomes WHERE outcome NOT IN ('same', 'refused') ORDER BY 1, 2 LIMIT 20;
-- Each is shown from its first byte to its last, too.
SELECT name, count(*) AS not_shown FROM (SELECT * FROM changed ORDER BY name OFFSET 0) AS c
WHERE length(section) > 0 AND NOT EXISTS (SELECT FROM dissect_section(layout, section)) GROUP BY 1;

-- Claims of more than any section has: a section of 4,096 bytes stays one.
SELECT field, problem
FROM check_sections('x (library none) { n 64 uimsbf = count(l); l[] { a 1 bslbf }; fill * align = 0 }',
    decode(repeat('ff', 4096), 'hex'));
SELECT field, problem FROM check_sections('x (library none) { n 64 uimsbf = length(o); o { a * bytes } }',
    decode(repeat('ff', 4096), 'hex'));
SELECT field, problem FROM check_sections('x (library none) { l[] { n 16 uimsbf = length(); a * tlv(8,16,own) } }
i (own 255) { d * tlv(8,16,own) }', decode(repeat('ff', 4096), 'hex'));
SELECT field, problem
FROM check_sections('x (library none) {
    l[] { n 8 uimsbf = count(m); m[] { o 8 uimsbf = count(p); p[] 1 bslbf; f * align = 1 } }
}',
    decode(repeat('ff', 4096), 'hex'));
-- Items in items to the end of the section: eight are read, the ninth is its bytes.
SELECT jsonb_path_query_array(j, 'strict $.**.hex') AS bytes,
    jsonb_array_length(jsonb_path_query_array(j, 'strict $.**.nested')) AS named
FROM hostile, LATERAL (SELECT string_agg(decode('01' || lpad(to_hex(n), 2, '0'), 'hex'), '' ORDER BY n DESC) AS items
                       FROM generate_series(0, 20, 2) AS n) AS s,
    LATERAL (SELECT decode_section(layout, pg_temp.sound_frame('\x0000'::bytea || items || '\x00000000', 0)) AS j) AS d
WHERE name = 'items';
