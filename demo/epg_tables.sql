-- An EPG in SQL: relational tables of services, events and descriptions; the rows of the DVB tables that are made of them; their
-- versions; the order in which they are sent; and the way back. docs/epg.md goes through it.
--
-- It wants the tables empty: epg_data.sql fills them. `at` is the instant for which the tables are made.

-- What there is to say -----------------------------------------------------------------------------

CREATE TABLE networks (
    network_id int PRIMARY KEY, original_network_id int NOT NULL, name text NOT NULL,
    country char(3) NOT NULL, time_zone text NOT NULL);
CREATE TABLE multiplexes (
    transport_stream_id int PRIMARY KEY, network_id int NOT NULL REFERENCES networks);
CREATE TABLE services (
    id int PRIMARY KEY, transport_stream_id int NOT NULL REFERENCES multiplexes, service_id int NOT NULL,
    service_type int NOT NULL, provider text NOT NULL, name text NOT NULL, pmt_pid int NOT NULL,
    UNIQUE (transport_stream_id, service_id));
CREATE TABLE streams (
    service int NOT NULL REFERENCES services, pid int NOT NULL, stream_type int NOT NULL, language char(3),
    PRIMARY KEY (service, pid));
CREATE TABLE events (
    id bigint PRIMARY KEY, service int NOT NULL REFERENCES services, event_id int NOT NULL,
    starts timestamptz NOT NULL, lasts interval NOT NULL, genre int NOT NULL, rating int,
    UNIQUE (service, starts));
CREATE TABLE descriptions (
    event bigint NOT NULL REFERENCES events, language char(3) NOT NULL, title text NOT NULL, summary text NOT NULL,
    PRIMARY KEY (event, language));

-- The rows of the tables ---------------------------------------------------------------------------

-- The columns of these views are the fields of the layouts, but version_number. `pid` and `period`, how often a table is sent in
-- the transport stream of `multiplex`, are ISO/IEC 13818-1's, EN 300 468's and TS 101 211's.

CREATE VIEW pat_rows AS
SELECT m.transport_stream_id AS multiplex, m.transport_stream_id,
    jsonb_build_array(jsonb_build_object('program_number', 0, 'network_PID', 16))
        || jsonb_agg(jsonb_build_object('program_number', s.service_id, 'program_map_PID', s.pmt_pid) ORDER BY s.service_id) AS programs
FROM multiplexes AS m JOIN services AS s USING (transport_stream_id)
GROUP BY m.transport_stream_id;

CREATE VIEW pmt_rows AS
SELECT s.transport_stream_id AS multiplex, s.pmt_pid, s.service_id AS program_number, min(t.pid) AS "PCR_PID", '[]'::jsonb AS program_info,
    jsonb_agg(jsonb_build_object('stream_type', t.stream_type, 'elementary_PID', t.pid, 'ES_info',
        CASE WHEN t.language IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('ISO_639_language_descriptor',
            jsonb_build_object('languages', jsonb_build_array(jsonb_build_object('ISO_639_language_code', t.language, 'audio_type', 0))))) END)
        ORDER BY t.pid) AS streams
FROM services AS s JOIN streams AS t ON t.service = s.id
GROUP BY s.id;

CREATE VIEW nit_rows AS
SELECT n.network_id,
    jsonb_build_array(jsonb_build_object('network_name_descriptor', jsonb_build_object('network_name', n.name))) AS network_descriptors,
    jsonb_agg(jsonb_build_object('transport_stream_id', m.transport_stream_id, 'original_network_id', n.original_network_id,
        'transport_descriptors', jsonb_build_array(jsonb_build_object('service_list_descriptor', jsonb_build_object('services', (
            SELECT jsonb_agg(jsonb_build_object('service_id', service_id, 'service_type', service_type) ORDER BY service_id)
            FROM services AS s WHERE s.transport_stream_id = m.transport_stream_id)))))
        ORDER BY m.transport_stream_id) AS transport_streams
FROM networks AS n JOIN multiplexes AS m USING (network_id)
GROUP BY n.network_id;

CREATE VIEW sdt_rows AS
SELECT m.transport_stream_id, n.original_network_id,
    jsonb_agg(jsonb_build_object('service_id', s.service_id, 'EIT_schedule_flag', true, 'EIT_present_following_flag', true,
        'running_status', 4, 'free_CA_mode', false, 'descriptors', jsonb_build_array(jsonb_build_object('service_descriptor',
            jsonb_build_object('service_type', s.service_type, 'service_provider_name', s.provider, 'service_name', s.name))))
        ORDER BY s.service_id) AS services
FROM networks AS n JOIN multiplexes AS m USING (network_id) JOIN services AS s USING (transport_stream_id)
GROUP BY m.transport_stream_id, n.original_network_id;

-- An event as it stands in an EIT, but for the key of its place in the table.
CREATE VIEW eit_events AS
SELECT e.service, e.starts, e.lasts, jsonb_build_object(
    'event_id', e.event_id, 'start_time', e.starts, 'duration', e.lasts, 'free_CA_mode', false,
    'descriptors', coalesce((
            SELECT jsonb_agg(jsonb_build_object('short_event_descriptor', jsonb_build_object(
                'ISO_639_language_code', d.language, 'event_name', d.title, 'text', d.summary)) ORDER BY d.language)
            FROM descriptions AS d WHERE d.event = e.id), '[]')
        || jsonb_build_array(jsonb_build_object('content_descriptor', jsonb_build_object('contents', jsonb_build_array(jsonb_build_object(
            'content_nibble_level_1', e.genre / 16, 'content_nibble_level_2', e.genre % 16, 'user_byte', 0)))))
        || CASE WHEN e.rating IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('parental_rating_descriptor',
            jsonb_build_object('ratings', jsonb_build_array(jsonb_build_object('country_code', n.country, 'rating', e.rating))))) END) AS event
FROM events AS e JOIN services AS s ON s.id = e.service JOIN multiplexes USING (transport_stream_id) JOIN networks AS n USING (network_id);

-- 64 days, from midnight UTC before `at`, in tables of 32 segments of three hours.
CREATE FUNCTION eit_schedule_rows(at timestamptz)
    RETURNS TABLE (transport_stream_id int, original_network_id int, service_id int, number int, last_number int, events jsonb)
    LANGUAGE sql STABLE AS $$
    WITH days AS (SELECT date_trunc('day', at, 'UTC') AS midnight),
    placed AS (
        SELECT e.*, floor(extract(epoch FROM e.starts - midnight) / 10800)::int AS segment
        FROM eit_events AS e, days WHERE e.starts >= midnight AND e.starts < midnight + 64 * interval '24 hours')
    SELECT s.transport_stream_id, n.original_network_id, s.service_id, p.segment / 32, max(max(p.segment) / 32) OVER (PARTITION BY s.id),
        jsonb_agg(p.event || jsonb_build_object('segment', p.segment % 32, 'running_status', 0) ORDER BY p.starts)
    FROM placed AS p JOIN services AS s ON s.id = p.service JOIN multiplexes USING (transport_stream_id) JOIN networks AS n USING (network_id)
    GROUP BY s.id, n.network_id, p.segment / 32
$$;

-- The event that is on, and the next one. Section 0 is empty if nothing is on.
CREATE FUNCTION eit_pf_rows(at timestamptz)
    RETURNS TABLE (transport_stream_id int, original_network_id int, service_id int, events jsonb)
    LANGUAGE sql STABLE AS $$
    SELECT s.transport_stream_id, n.original_network_id, s.service_id, coalesce(
        (SELECT jsonb_build_array(e.event || '{"position": 0, "running_status": 4}') FROM eit_events AS e
            WHERE e.service = s.id AND e.starts <= at AND at < e.starts + e.lasts ORDER BY e.starts DESC LIMIT 1), '[]')
        || coalesce((SELECT jsonb_build_array(e.event || '{"position": 1, "running_status": 1}') FROM eit_events AS e
            WHERE e.service = s.id AND e.starts > at ORDER BY e.starts LIMIT 1), '[]')
    FROM services AS s JOIN multiplexes USING (transport_stream_id) JOIN networks AS n USING (network_id)
$$;

-- Each network's offset from UTC, the next instant at which it changes, and the offset from then on, as the server's time zones know it.
CREATE FUNCTION tot_rows(at timestamptz) RETURNS TABLE (network_id int, "UTC_time" timestamptz, descriptors jsonb)
    LANGUAGE sql STABLE AS $$
    WITH offsets AS (
        SELECT n.network_id, n.country, t, (t AT TIME ZONE n.time_zone) - (t AT TIME ZONE 'UTC') AS offset_then
        FROM networks AS n, generate_series(date_trunc('hour', at), at + interval '1 year', interval '30 minutes') AS t),
    changes AS (
        SELECT *, offset_then - lag(offset_then) OVER (PARTITION BY network_id ORDER BY t) AS change FROM offsets)
    SELECT n.network_id, at, jsonb_build_array(jsonb_build_object('local_time_offset_descriptor', jsonb_build_object('offsets', jsonb_build_array(
        jsonb_build_object('country_code', n.country, 'country_region_id', 0, 'local_time_offset_polarity', now < '0',
            'local_time_offset', to_char(greatest(now, -now), 'HH24MI')::int, 'time_of_change', coalesce(c.t, at),
            'next_time_offset', to_char(greatest(coalesce(c.offset_then, now), -coalesce(c.offset_then, now)), 'HH24MI')::int)))))
    FROM networks AS n CROSS JOIN LATERAL (SELECT (at AT TIME ZONE n.time_zone) - (at AT TIME ZONE 'UTC')) AS o (now)
    LEFT JOIN LATERAL (SELECT * FROM changes WHERE changes.network_id = n.network_id AND change <> '0' AND t > at ORDER BY t LIMIT 1) AS c ON true
$$;

-- All tables that the transport stream of a multiplex carries. Each is one of a table_id and an extension (the service, the
-- transport stream, the network), and of a transport stream for those that speak of others.
CREATE FUNCTION tables_of(multiplex int, at timestamptz)
    RETURNS TABLE (pid int, layout text, table_id int, extension int, stream int, period interval, contents jsonb)
    LANGUAGE sql STABLE AS $$
    SELECT 0, 'pat', 0, transport_stream_id, 0, interval '100 ms', to_jsonb(r) - 'multiplex'
    FROM pat_rows AS r WHERE r.multiplex = $1
    UNION ALL
    SELECT pmt_pid, 'pmt', 2, program_number, 0, '100 ms', to_jsonb(r) - '{multiplex,pmt_pid}'::text[]
    FROM pmt_rows AS r WHERE r.multiplex = $1
    UNION ALL
    SELECT 16, 'nit', CASE WHEN m.network_id IS NULL THEN 65 ELSE 64 END, r.network_id, 0, '10 s', to_jsonb(r)
    FROM nit_rows AS r LEFT JOIN multiplexes AS m ON m.network_id = r.network_id AND m.transport_stream_id = $1
    UNION ALL
    SELECT 17, 'sdt', CASE WHEN transport_stream_id = $1 THEN 66 ELSE 70 END, transport_stream_id, 0,
        CASE WHEN transport_stream_id = $1 THEN interval '2 s' ELSE '10 s' END, to_jsonb(r)
    FROM sdt_rows AS r
    UNION ALL
    SELECT 18, 'eit_pf', CASE WHEN transport_stream_id = $1 THEN 78 ELSE 79 END, service_id, transport_stream_id,
        CASE WHEN transport_stream_id = $1 THEN interval '2 s' ELSE '10 s' END,
        to_jsonb(r) || jsonb_build_object('last_table_id', CASE WHEN transport_stream_id = $1 THEN 78 ELSE 79 END)
    FROM eit_pf_rows(at) AS r
    UNION ALL
    SELECT 18, 'eit_schedule', first + number, service_id, transport_stream_id, CASE WHEN number < 2 THEN interval '10 s' ELSE '30 s' END,
        to_jsonb(r) - '{number,last_number}'::text[] || jsonb_build_object('last_table_id', first + last_number)
    FROM eit_schedule_rows(at) AS r, (VALUES (80, true), (96, false)) AS t (first, is_actual)
    WHERE (transport_stream_id = $1) = is_actual
    UNION ALL
    SELECT 20, 'tdt', 112, 0, 0, '30 s', jsonb_build_object('UTC_time', at)
    UNION ALL
    SELECT 20, 'tot', 115, 0, 0, '30 s', to_jsonb(r) - 'network_id'
    FROM tot_rows(at) AS r JOIN multiplexes USING (network_id) WHERE transport_stream_id = $1
$$;

-- What is on air, and its versions -----------------------------------------------------------------

-- A table that is no longer sent keeps its row, so that it goes on from its version if it comes again.
CREATE TABLE aired (
    multiplex int, table_id int, extension int, stream int,
    version_number int NOT NULL DEFAULT 0, hash bytea NOT NULL, on_air boolean NOT NULL DEFAULT true,
    pid int NOT NULL, layout text NOT NULL, period interval NOT NULL, contents jsonb NOT NULL,
    PRIMARY KEY (multiplex, table_id, extension, stream));

-- Makes the tables of `at` those on air. A version goes up, from 31 to 0, if the bytes are others than before, and only then: those
-- of two times are compared under one version. Returns how many tables are new, changed, as before, and gone.
CREATE FUNCTION put_on_air(multiplex int, at timestamptz, OUT added bigint, OUT changed bigint, OUT same bigint, OUT gone bigint)
    LANGUAGE sql AS $$
    WITH fresh AS MATERIALIZED (
        SELECT t.*, (SELECT sha256(section_agg(section ORDER BY part))
            FROM encode_sections(standard_layout(t.layout), t.contents || jsonb_build_object('table_id', t.table_id, 'version_number', 0)) WITH ORDINALITY AS s (section, part)) AS hash
        FROM tables_of($1, at) AS t),
    before AS (SELECT * FROM aired AS a WHERE a.multiplex = $1),
    written AS (
        INSERT INTO aired AS a (multiplex, table_id, extension, stream, hash, pid, layout, period, contents)
        SELECT $1, table_id, extension, stream, hash, pid, layout, period, contents FROM fresh
        ON CONFLICT (multiplex, table_id, extension, stream) DO UPDATE SET
            version_number = CASE WHEN a.hash = excluded.hash THEN a.version_number ELSE (a.version_number + 1) % 32 END,
            hash = excluded.hash, on_air = true, pid = excluded.pid, period = excluded.period, contents = excluded.contents
        WHERE (a.hash, a.on_air, a.pid, a.period) IS DISTINCT FROM (excluded.hash, true, excluded.pid, excluded.period)),
    ended AS (
        UPDATE aired AS a SET on_air = false
        WHERE a.multiplex = $1 AND a.on_air AND NOT EXISTS (
            SELECT FROM fresh AS f WHERE (f.table_id, f.extension, f.stream) = (a.table_id, a.extension, a.stream))
        RETURNING 1)
    SELECT count(*) FILTER (WHERE b.hash IS NULL), count(*) FILTER (WHERE b.hash <> f.hash), count(*) FILTER (WHERE b.hash = f.hash),
        (SELECT count(*) FROM ended)
    FROM fresh AS f LEFT JOIN before AS b USING (table_id, extension, stream)
$$;

-- The sections on air. TDT and TOT have no version_number, and keys of the first level that a layout does not name are passed over.
CREATE VIEW sections_on_air AS
SELECT a.multiplex, a.pid, a.table_id, a.extension, a.stream, a.period, s.part - 1 AS part, s.section
FROM aired AS a, encode_sections(standard_layout(a.layout), a.contents || jsonb_build_object('table_id', a.table_id, 'version_number', a.version_number))
    WITH ORDINALITY AS s (section, part)
WHERE a.on_air;

-- A cycle of 30 seconds in the order of time: each section as often as its period says, those of one period spread evenly over it.
CREATE VIEW cycle AS
SELECT s.multiplex, s.pid, s.section, extract(epoch FROM s.period) * (turn + place) AS second, s.table_id, s.extension, s.stream, s.part
FROM (SELECT *, (sum(length(section)) OVER (PARTITION BY multiplex, period ORDER BY table_id, extension, stream, part) - length(section))::float8
        / sum(length(section)) OVER (PARTITION BY multiplex, period) AS place
    FROM sections_on_air) AS s,
    generate_series(0, extract(epoch FROM interval '30 s') / extract(epoch FROM s.period) - 1) AS turn;

-- The way back --------------------------------------------------------------------------------------

-- The services and events of a recording, each once, whatever made it.
CREATE FUNCTION recorded_services(packets bytea)
    RETURNS TABLE (transport_stream_id int, service_id int, service_type int, provider text, name text) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT (t ->> 'transport_stream_id')::int, (s ->> 'service_id')::int, (d ->> 'service_type')::int,
        dvb_text(d -> 'service_provider_name'), dvb_text(d -> 'service_name')
    FROM (SELECT DISTINCT section FROM ts_sections(packets, 17) WHERE get_byte(section, 0) IN (66, 70)) AS r,
        decode_section(standard_layout('sdt'), section) AS t, jsonb_array_elements(t -> 'services') AS s,
        jsonb_path_query(s, '$.descriptors[*].service_descriptor') AS d
$$;

CREATE FUNCTION recorded_events(packets bytea)
    RETURNS TABLE (transport_stream_id int, service_id int, event_id int, starts timestamptz, lasts interval, language text, title text, summary text)
    LANGUAGE sql STABLE AS $$
    SELECT DISTINCT (t ->> 'transport_stream_id')::int, (t ->> 'service_id')::int, (e ->> 'event_id')::int, (e ->> 'start_time')::timestamptz,
        (e ->> 'duration')::interval, d ->> 'ISO_639_language_code', dvb_text(d -> 'event_name'), dvb_text(d -> 'text')
    FROM (SELECT DISTINCT section FROM ts_sections(packets, 18) WHERE get_byte(section, 0) BETWEEN 80 AND 111) AS r,
        decode_section(standard_layout('eit'), section) AS t, jsonb_array_elements(t -> 'events') AS e,
        jsonb_path_query(e, '$.descriptors[*].short_event_descriptor') AS d
$$;
