-- ts_packets and ts_sections: sections in transport packets, and back.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
RESET client_min_messages;

\pset format unaligned
\pset footer off

-- A section of `size` bytes in all, filled with a byte.
CREATE FUNCTION pg_temp.section(size int, fill text = 'a5', is_long boolean = false)
    RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT '\x92'::bytea
        || substring(int4send((CASE WHEN is_long THEN 45056 ELSE 12288 END) + size - 3) FROM 3)
        || decode(repeat(fill, size - 3), 'hex')
$$;

-- A packet in short: header, what stands before the first section, and the stuffing at its end.
CREATE FUNCTION pg_temp.packets(packets bytea)
    RETURNS TABLE (packet int, unit_start int, counter int, pointer_field int, stuffing int)
    LANGUAGE sql AS $$
    SELECT n, s, get_byte(p, 3) & 15, CASE WHEN s = 1 THEN get_byte(p, 4) END,
        length(p) - length(rtrim(p, '\xff'::bytea))
    FROM generate_series(1, length(packets) / 188) AS n,
        substring(packets FROM n * 188 - 187 FOR 188) AS p,
        LATERAL (SELECT get_byte(p, 1) >> 6 & 1 AS s) AS u
$$;

-- The packets of which the given ones are left out, or given in another order.
CREATE FUNCTION pg_temp.pick(packets bytea, VARIADIC wanted int[]) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(substring(packets FROM n * 188 - 187 FOR 188), '' ORDER BY ordinal)
    FROM unnest(wanted) WITH ORDINALITY AS w (n, ordinal)
$$;

-- ts_packets --------------------------------------------------------------------------------------

SELECT proname, provolatile, proparallel, proisstrict, obj_description(oid, 'pg_proc') AS comment
FROM pg_proc WHERE proname IN ('ts_packets', 'ts_sections') ORDER BY 1;

SELECT substring(p FOR 12) AS begin, length(p), substring(p FROM 180) AS "end"
FROM ts_packets('\x923004deadbeef', 4660) AS p;
SELECT ts_packets('', 100) AS none, ts_packets(NULL, 100) IS NULL AS sections, ts_packets('', NULL) IS NULL AS pid,
    ts_packets('', 100, NULL) IS NULL AS continuity;

-- PIDs at the edges; arguments by name.
SELECT pid, substring(ts_packets(sections => '\x923000', pid => pid, continuity => 15) FOR 4) AS header
FROM (VALUES (0), (16), (8190)) AS v (pid);

-- Full packets; a tail; a tail of 180 bytes leaves room for 3, one of 175 for 8.
SELECT * FROM pg_temp.packets(ts_packets(pg_temp.section(183) || pg_temp.section(367) || pg_temp.section(20), 100, 14));
SELECT tail, is_long, p.*
FROM (VALUES (180, false), (181, false), (183, false), (184, false), (175, true), (176, true)) AS v (tail, is_long),
    pg_temp.packets(ts_packets(pg_temp.section(183 + tail) || pg_temp.section(100, 'a5', is_long), 100)) AS p;
-- A second section in a packet takes no second pointer_field.
SELECT first, second, is_long, length(ts_packets(pg_temp.section(first) || pg_temp.section(second, 'a5', is_long), 100))
    / 188 AS packets
FROM (VALUES (180, 3, false), (181, 3, false), (175, 8, true), (176, 8, true), (180, 3, true)) AS v (first,
    second, is_long);
-- What one call leaves off, the next goes on with.
SELECT get_byte(ts_packets(pg_temp.section(100), 100, (3 + length(p) / 188) % 16), 3) & 15 AS next_counter
FROM ts_packets(pg_temp.section(4096), 100, 3) AS p;

-- Errors.
\set VERBOSITY sqlstate
SELECT ts_packets('\x923000', -1);
SELECT ts_packets('\x923000', 8191);
SELECT ts_packets('\x923000', 100, -1);
SELECT ts_packets('\x923000', 100, 16);
SELECT ts_packets('\x923001', 100);
\set VERBOSITY default
SELECT ts_packets('\x923000', -1);
SELECT ts_packets('\x923000', 100, 16);
SELECT ts_packets('\x92', 100);
SELECT ts_packets('\x9230', 100);
SELECT ts_packets('\x923001', 100);
SELECT ts_packets('\x923000923005aabb', 100);
SELECT ts_packets('\x923000ffffffff', 100);
SELECT ts_packets(pg_temp.section(4096) || pg_temp.section(4097), 100);
SELECT ts_packets(pg_temp.section(4098), 100);
SELECT * FROM ts_sections('', 8191);

-- ts_sections -------------------------------------------------------------------------------------

SELECT * FROM ts_sections('', 100);
SELECT * FROM ts_sections(NULL, 100);
SELECT * FROM ts_sections(ts_packets('\x923000923001019230020202', 100), 100);
SELECT * FROM ts_sections(ts_packets('\x923000', 100), 101);

-- Two streams, in turns.
SELECT pid, s.* FROM (VALUES (100), (101)) AS v (pid),
    ts_sections(pg_temp.pick(
        ts_packets(pg_temp.section(300, '01') || pg_temp.section(5, '02'), 100, 7)
        || ts_packets(pg_temp.section(300, '03') || pg_temp.section(5, '04'), 101, 2), 1, 3, 2, 4), pid) AS s
    (ordinal, section) WHERE length(section) < 10;

-- Four sections over five packets, of which some are missing, twice there, in the wrong order, cut.
CREATE TEMPORARY TABLE stream AS
SELECT ts_packets(pg_temp.section(50, '01') || pg_temp.section(300, '02') || pg_temp.section(400, '03', true)
    || pg_temp.section(20, '04'), 100) AS packets;
SELECT p.* FROM stream, pg_temp.packets(packets) AS p;
CREATE FUNCTION pg_temp.found(packets bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s bytes', right(section::text, 2), length(section)), ', ' ORDER BY ordinal)
    FROM ts_sections(packets, 100)
$$;
SELECT pg_temp.found(packets) FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 2, 3, 4, 5)) AS without_1 FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 3, 4, 5)) AS without_2 FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 2, 4, 5)) AS without_3 FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 2, 3, 4)) AS without_5 FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 2, 2, 3, 4, 5, 5)) AS twice FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 2, 3, 3, 3, 4, 5)) AS three_times FROM stream;
SELECT pg_temp.found(pg_temp.pick(packets, 1, 2, 3, 5, 4)) AS wrong_order FROM stream;
SELECT pg_temp.found(substring(packets FROM 101)) AS cut_at_begin FROM stream;
SELECT pg_temp.found(substring(packets FOR 900)) AS cut_at_end FROM stream;
SELECT pg_temp.found(substring(packets FOR 200) || substring(packets FROM 211)) AS cut_within FROM stream;

-- What a header can say.
SELECT pg_temp.found(set_byte(packets, 2 * 188, 70)) AS sync_byte FROM stream;
SELECT pg_temp.found(set_byte(packets, 2 * 188 + 1, 128)) AS transport_error_indicator FROM stream;
SELECT pg_temp.found(set_byte(packets, 2 * 188 + 3, 146)) AS scrambled FROM stream;
SELECT pg_temp.found(set_byte(set_byte(packets, 2 * 188 + 3, 50), 2 * 188 + 4, 255)) AS adaptation_field FROM stream;
SELECT pg_temp.found(set_byte(packets, 2 * 188 + 3, 16 | 7)) AS counter FROM stream;
SELECT pg_temp.found(set_byte(packets, 188 + 4, 190)) AS pointer_field FROM stream;
SELECT pg_temp.found(set_byte(set_byte(packets, 6, 63), 7, 255)) AS section_length FROM stream;
SELECT pg_temp.found('\x00010203'::bytea) AS no_packets;

-- An adaptation field of 7 bytes, and a packet with nothing but that, which does not count.
SELECT pg_temp.found('\x4740642a'::bytea || '\xb700' || decode(repeat('ff', 182), 'hex')
    || '\x4740643a0700ffffffffffff00' || '\x92300155' || decode(repeat('ff', 171), 'hex')) AS adaptation_fields;

-- Recordings: a timecode before each packet, or a code after it, and how many of each.
CREATE FUNCTION pg_temp.recorded(packets bytea, before bytea, after bytea) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(before || substring(packets FROM 188 * n + 1 FOR 188) || after, '' ORDER BY n)
    FROM generate_series(0, length(packets) / 188 - 1) AS n
$$;
SELECT pg_temp.found(pg_temp.recorded(packets, '\x01020304', '')) AS of_192 FROM stream;
SELECT pg_temp.found(pg_temp.recorded(packets, '', decode(repeat('5a', 16), 'hex'))) AS of_204 FROM stream;
SELECT pg_temp.found(set_byte(pg_temp.recorded(packets, '\x01020304', ''), 196, 0)) AS damaged_192 FROM stream;
-- One packet and the begin of another, too few bytes to tell how many one has.
SELECT pg_temp.found(ts_packets('\x92300177', 100) || '\x00'::bytea) AS one_and_1_byte;
SELECT pg_temp.found(ts_packets('\x92300177', 100) || decode(repeat('5a', 15), 'hex')) AS one_and_15_bytes;

-- No more than a hundred warnings.
\set VERBOSITY terse
SELECT pg_temp.found(string_agg(set_byte(ts_packets('\x92300177', 100, n % 16), 1, CASE WHEN n % 2 = 0 THEN 64
    ELSE 192 END), ''
    ORDER BY n)) IS NOT NULL AS found FROM generate_series(0, 103) AS n;
\set VERBOSITY default

-- Random mixes come back as they were, and in packets that hold them as closely as the rule says.
DO $$ BEGIN PERFORM setseed(0.13818); END $$;
CREATE TEMPORARY TABLE mixes AS
SELECT mix, string_agg(pg_temp.section(greatest(size, CASE WHEN is_long THEN 8 ELSE 3 END), lpad(to_hex(n), 2, '0'),
    is_long), ''
    ORDER BY n) AS sections
FROM (SELECT mix, n, random() < 0.5 AS is_long, 3 + floor(random() * CASE WHEN random() < 0.5 THEN 30
    WHEN random() < 0.9
        THEN 400 ELSE 4094 END)::int AS size
    FROM generate_series(1, 500) AS mix, generate_series(0, 3 + mix % 50) AS n) AS r
GROUP BY mix;
SELECT count(*) AS mixes, bool_and(back = sections) AS same, bool_and(counted = ordinals) AS ordinals
FROM mixes, LATERAL (SELECT string_agg(section, '' ORDER BY ordinal) AS back, count(*) AS counted,
    max(ordinal) AS ordinals
    FROM ts_sections(ts_packets(sections, 4660, mix % 16), 4660)) AS s;
-- More than 8 bytes of stuffing are for the end alone.
SELECT count(*) > 10000 AS packets, count(*) FILTER (WHERE stuffing > 8 AND packet < last) AS stuffed_without_need,
    count(*) FILTER (WHERE counter <> (packet - 1) % 16) AS wrong_counters
FROM mixes, LATERAL (SELECT p.*, max(packet) OVER () AS last
    FROM pg_temp.packets(ts_packets(sections, 4660)) AS p) AS p;

-- In a loop: a multiple of 16 packets, whatever they begin with, and all sections.
SELECT count(*) AS mixes, bool_and(length(packets) % (16 * 188) = 0) AS whole, bool_and(back = sections) AS same
FROM (SELECT sections, ts_packets(sections, 4660, mix % 16, true) AS packets FROM mixes) AS m,
    LATERAL (SELECT string_agg(section, '' ORDER BY ordinal) AS back FROM ts_sections(packets, 4660)) AS s
WHERE length(sections) > 4000;
-- One section of 20 bytes is written eight times, each in two packets; no section, no packet.
SELECT count(*), count(DISTINCT section), bool_and(section = pg_temp.section(20, '01')) AS same
FROM ts_packets(pg_temp.section(20, '01'), 100, 5, true) AS packets, ts_sections(packets || packets, 100);
SELECT ts_packets('', 100, 0, true), length(ts_packets('\x92300177', 100, loop => false));
