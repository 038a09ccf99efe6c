-- What the demo reads sections with, in plain SQL.

-- The sections of a carousel, one after the other by their section_length.
CREATE FUNCTION pg_temp.sections_of(carousel bytea)
    RETURNS TABLE (ordinal int, byte_offset int, section bytea) LANGUAGE plpgsql AS $$
BEGIN
    carousel := carousel || '';  -- one plain copy in memory
    ordinal := 0;
    byte_offset := 0;
    WHILE byte_offset < length(carousel) LOOP
        ordinal := ordinal + 1;
        section := substring(carousel FROM byte_offset + 1 FOR 3
            + (get_byte(carousel, byte_offset + 1) & 15) * 256
            + get_byte(carousel, byte_offset + 2));
        RETURN NEXT;
        byte_offset := byte_offset + length(section);
    END LOOP;
END $$;

CREATE FUNCTION pg_temp.hex_dump(bytes bytea)
    RETURNS TABLE ("offset" text, hex text, ascii text) LANGUAGE sql AS $$
    SELECT lpad(to_hex(start), 4, '0'),
        regexp_replace(encode(line, 'hex'), '(..)(?=.)', '\1 ', 'g'),
        (SELECT string_agg(CASE WHEN get_byte(line, i) BETWEEN 32 AND 126
            THEN chr(get_byte(line, i)) ELSE '.' END, '' ORDER BY i)
         FROM generate_series(0, length(line) - 1) AS i)
    FROM generate_series(0, length(bytes) - 1, 16) AS start,
        substring(bytes FROM start + 1 FOR 16) AS line
    ORDER BY start
$$;

-- An instant as EN 300 468 writes it: 16 bits of MJD, 6 BCD digits.
CREATE FUNCTION pg_temp.utc_of(bytes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN bytes = '\xffffffffff' THEN 'undefined' ELSE
        date '1858-11-17' + (get_byte(bytes, 0) * 256 + get_byte(bytes, 1)) || ' '
        || regexp_replace(encode(substring(bytes FROM 3), 'hex'), '(..)(..)(..)', '\1:\2:\3') || 'Z'
    END
$$;

-- A section field by field, for layouts with at most one field of width *: what comes after that
-- is counted from the end.
CREATE FUNCTION pg_temp.field_table(layout section_layout, section bytea)
    RETURNS TABLE (field text, byte int, bits int, type text, raw text, value text)
    LANGUAGE sql AS $$
    WITH placed AS (
        SELECT f.ordinal, f.field, replace(f.type, ' split', '') AS type,
            coalesce(f.bit_offset, 8 * length(section)
                - sum(f.width) OVER (ORDER BY f.ordinal DESC))::int AS first_bit,
            coalesce(f.width, 8 * length(section) - sum(f.width) OVER ())::int AS bits
        FROM layout_fields(layout) AS f
    ), cut AS (
        SELECT p.*, substring(('x' || encode(section, 'hex'))::varbit
                FROM first_bit + 1 FOR p.bits) AS bit_string,
            CASE WHEN first_bit % 8 = 0 AND p.bits % 8 = 0 THEN
                substring(section FROM first_bit / 8 + 1 FOR p.bits / 8) END AS bytes
        FROM placed AS p
    )
    SELECT c.field, first_bit / 8, c.bits, c.type,
        CASE WHEN bytes IS NULL THEN 'b' || bit_string::text
             WHEN length(bytes) > 8 THEN encode(substring(bytes FOR 7), 'hex') || '…'
             ELSE encode(bytes, 'hex') END,
        CASE WHEN c.type IN ('uimsbf', 'bslbf') THEN
                 lpad(bit_string::text, 64, '0')::bit(64)::bigint::text
             WHEN c.type = 'utc' THEN pg_temp.utc_of(bytes)
             WHEN c.type = 'char' THEN quote_literal(rtrim(convert_from(bytes, 'LATIN1')))
             WHEN c.type = 'tlv(8,8)' AND length(bytes) > 0 THEN
                 format('tag %s: %s…', get_byte(bytes, 0), left(convert_from(
                     substring(bytes FROM 3 FOR get_byte(bytes, 1)), 'UTF8'), 16))
             WHEN c.type = 'rpchof' AND crc32_mpeg2(section) = 0 THEN 'right'
        END
    FROM cut AS c
    ORDER BY c.ordinal
$$;

-- The digest of a carousel as it comes out under these planner settings, each "name = value".
CREATE FUNCTION pg_temp.digest_under(settings text[], zone text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    setting text;
    digest text;
BEGIN
    FOREACH setting IN ARRAY settings LOOP
        EXECUTE 'SET LOCAL ' || setting;
    END LOOP;
    digest := left(encode(sha256(encode_carousel(zone, current_date)), 'hex'), 16);
    FOREACH setting IN ARRAY settings LOOP
        EXECUTE 'RESET ' || split_part(setting, ' ', 1);
    END LOOP;
    RETURN digest;
END $$;
