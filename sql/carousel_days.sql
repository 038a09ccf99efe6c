-- The days of a zone: those of its own time zone, on this server and on others; orm_tables.sql has those
-- of the session.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE SCHEMA days;
SET search_path = days, public;
SELECT create_carousel_tables('days');
ALTER TABLE zones_diffusion ADD time_zone text;
INSERT INTO zones_diffusion VALUES
    ('Paris', 1, 'Europe/Paris'), ('New York', 2, 'America/New_York'), ('Apia', 3, 'Pacific/Apia'),
        ('Lord Howe', 4, 'Australia/Lord_Howe'),
    ('Azores', 5, 'Atlantic/Azores'), ('Sao Paulo', 6, 'America/Sao_Paulo'), ('Five', 7, '<+05>-05'),
        ('session', 8, NULL);
-- The same columns as local times, in a schema without zones.
CREATE TABLE zones AS SELECT * FROM zones_diffusion;
\set id 'E''x {\\n message_id 8 uimsbf\\n}'''
CREATE SCHEMA local_days;
CREATE TABLE local_days.campagnes (id bigint PRIMARY KEY, zone_diffusion text, valid_start timestamp,
    valid_end timestamp, time_zone text);
CREATE INDEX ON local_days.campagnes (zone_diffusion, valid_end, valid_start);
CREATE TABLE local_days.messages (id bigint PRIMARY KEY, campagne_id_fk bigint);
-- Campaigns that begin or end at every half hour for four days around one, and some without end.
CREATE PROCEDURE make_campaigns(zone text, day date) LANGUAGE plpgsql AS $$
DECLARE
    z text := coalesce((SELECT time_zone FROM zones WHERE zone_diffusion = zone), current_setting('timezone'));
BEGIN
    TRUNCATE days.campagnes, days.messages, local_days.campagnes, local_days.messages;
    INSERT INTO days.campagnes
    SELECT row_number() OVER (ORDER BY kind, at), zone, 'M', CASE kind WHEN 2 THEN '-infinity' ELSE at END,
        CASE kind WHEN 1 THEN at + interval '25 hours' WHEN 3 THEN 'infinity' WHEN 4 THEN '294276-12-31 23:00Z'
            ELSE at END
    FROM generate_series(0, 4) AS kind,
        generate_series((day - 2)::timestamp AT TIME ZONE 'UTC',
            (day + 3)::timestamp AT TIME ZONE 'UTC', '30 min') AS at;
    INSERT INTO local_days.campagnes
    SELECT id, zone, valid_start AT TIME ZONE z,
        CASE WHEN valid_end > '9999-01-01' THEN 'infinity' ELSE valid_end AT TIME ZONE z END,
        (SELECT time_zone FROM zones WHERE zone_diffusion = zone)
    FROM days.campagnes;
    INSERT INTO days.messages SELECT id, id, id, id FROM days.campagnes;
    INSERT INTO local_days.messages SELECT id, id FROM days.campagnes;
END $$;
-- The contract's rule and nothing else.
CREATE FUNCTION by_the_rule(z text, day date) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(int4send(id::int), '' ORDER BY id), '') FROM days.campagnes
    WHERE (valid_start AT TIME ZONE z)::date <= day
      AND (valid_end > '9999-01-01' OR day <= (valid_end AT TIME ZONE z)::date)
$$;
-- For the days around one: how many are right, by instants and by local times, and how many campaigns are on air.
CREATE FUNCTION try_days(zone text, day date, OUT days bigint, OUT right_days bigint,
    OUT right_local_days bigint, OUT on_air text)
LANGUAGE plpgsql AS $$
DECLARE
    z text := coalesce((SELECT time_zone FROM zones WHERE zone_diffusion = zone), current_setting('timezone'));
    layout CONSTANT section_layout := E'ids {\n campagne_id 32 uimsbf\n}';
    sections bytea;
    n int;
BEGIN
    days := 0; right_days := 0; right_local_days := 0;
    CALL make_campaigns(zone, day);
    FOR n IN -3 .. 4 LOOP
        PERFORM set_config('search_path', 'days, public', true);
        sections := encode_carousel(zone, day + n, layout);
        days := days + 1;
        right_days := right_days + (sections = days.by_the_rule(z, day + n))::int;
        on_air := concat_ws(' ', on_air, length(sections) / 4);
        PERFORM set_config('search_path', 'local_days, public', true);
        right_local_days := right_local_days + (encode_carousel(zone, day + n, layout) = sections)::int;
    END LOOP;
    PERFORM set_config('search_path', 'days, public', true);
END $$;

-- The days on which summer time begins and ends, and Samoa's missing day; the session's TimeZone has no say.
SET timezone = 'Asia/Kathmandu';
SELECT zone, day, t.* FROM (VALUES
    ('Paris', date '2021-03-28'), ('Paris', '2021-10-31'), ('New York', '2021-03-14'), ('New York', '2021-11-07'),
    ('Lord Howe', '2021-10-03'), ('Lord Howe', '2021-04-04'), ('Azores', '2021-03-28'), ('Azores', '2021-10-31'),
    ('Sao Paulo', '2018-11-04'), ('Sao Paulo', '2019-02-17'), ('Apia', '2011-12-30'), ('Apia', '2021-04-04'),
        ('Five', '2021-06-01'),
    ('session', '2021-06-01')) AS d(zone, day), try_days(zone, day) AS t;
SET timezone = 'Pacific/Honolulu';
SELECT zone, day, t.* FROM (VALUES ('Paris', date '2021-03-28'), ('New York', '2021-11-07'),
    ('Apia', '2011-12-30'), ('session', '2021-06-01')) AS d(zone, day),
    try_days(zone, day) AS t;
-- An index on zone and validity serves: it is read once, and gives no entry but those on air.
CREATE FUNCTION try_index(day date, OUT entries bigint, OUT within bigint) LANGUAGE plpgsql AS $$
DECLARE
    index CONSTANT regclass := 'days.campagnes_zone_diffusion_valid_end_valid_start_idx';
BEGIN
    PERFORM set_config(name, 'off', true)
    FROM unnest('{enable_seqscan,enable_nestloop,enable_mergejoin}'::text[]) AS name;
    -- What the session has read before may still be among these.
    entries := pg_stat_get_xact_tuples_returned(index);
    PERFORM encode_carousel('New York', day, E'x {\n message_id 32 uimsbf\n}');
    entries := pg_stat_get_xact_tuples_returned(index) - entries;
    within := (SELECT count(*) FROM campagnes WHERE zone_diffusion = 'New York'
        AND valid_end >= day::timestamp AT TIME ZONE 'America/New_York'
        AND valid_start < (day + 1)::timestamp AT TIME ZONE 'America/New_York');
END $$;
CALL make_campaigns('New York', '2021-03-14');
INSERT INTO campagnes SELECT 100000 + n, 'New York', 'M', timestamptz '2001-01-01Z' + n * interval '1 hour',
    timestamptz '2001-01-08Z' + n * interval '1 hour' FROM generate_series(1, 10000) AS n;
-- Autovacuum must not give the planner other figures meanwhile.
ALTER TABLE campagnes SET (autovacuum_enabled = off);
ALTER TABLE messages SET (autovacuum_enabled = off);
ANALYZE campagnes, messages;
SELECT within, entries - within AS more FROM try_index('2021-03-14');

-- By hand: half past midnight in New York is the day before in UTC, and another day than in Paris.
TRUNCATE campagnes, messages;
INSERT INTO campagnes SELECT n, zone, 'M', '2021-01-14 22:30 America/New_York', '2021-01-14 23:30 America/New_York'
FROM (VALUES (1, 'New York'), (2, 'Paris'), (3, 'session')) AS c(n, zone);
INSERT INTO messages SELECT id, id, id, id FROM campagnes;
SET timezone = 'UTC';
SELECT day::date, encode_carousel('New York', day::date, :id) AS new_york,
    encode_carousel('Paris', day::date, :id) AS paris, encode_carousel('session', day::date, :id) AS utc
FROM generate_series(timestamp '2021-01-13', '2021-01-16', '1 day') AS day;
-- A session whose TimeZone AT TIME ZONE would take for an abbreviation: CET has summer time as a TimeZone alone.
SET timezone = 'CET';
UPDATE campagnes SET valid_start = '2021-07-14 22:30Z', valid_end = '2021-07-14 22:30Z';
SELECT day::date, encode_carousel('session', day::date, :id) AS cet
FROM generate_series(timestamp '2021-07-13', '2021-07-16', '1 day') AS day;
SET timezone = 'Europe/Brussels';
SELECT day::date, encode_carousel('session', day::date, :id) AS brussels
FROM generate_series(timestamp '2021-07-13', '2021-07-16', '1 day') AS day;
-- Ends of time, on the days there.
UPDATE campagnes SET valid_start = '4713-01-01 00:00Z BC', valid_end = '294276-12-31 23:59:59Z';
SELECT day, encode_carousel('Paris', day, :id) AS paris, encode_carousel('session', day, :id) AS session
FROM unnest('{-infinity,4713-01-01 BC,4713-01-02 BC,4700-01-01 BC,2021-01-01}'::date[]
    || '{294276-12-30,5874897-12-31,infinity}'::date[]) AS day;

-- NULL is today --------------------------------------------------------------------------------------

-- Two zones of which it is the same day for one hour of the 24.
SET timezone = 'UTC';
BEGIN;
DELETE FROM messages;
DELETE FROM campagnes;
INSERT INTO zones_diffusion VALUES ('Kiritimati', 1, 'Pacific/Kiritimati'), ('Midway', 2, 'Pacific/Midway');
INSERT INTO campagnes
SELECT row_number() OVER (), zone, 'M', day AT TIME ZONE time_zone, day AT TIME ZONE time_zone
FROM (VALUES ('Kiritimati', 'Pacific/Kiritimati'), ('Midway', 'Pacific/Midway'),
    ('session', 'UTC')) AS z(zone, time_zone),
    LATERAL (SELECT (now() AT TIME ZONE time_zone)::date::timestamp AS day) AS d;
INSERT INTO messages SELECT id, id, id, id FROM campagnes;
SELECT zone, encode_carousel(zone, layout => :id) AS left_out, encode_carousel(zone, NULL, :id) AS if_null
FROM unnest('{Kiritimati,Midway,session}'::text[]) AS zone;
SELECT zone, (SELECT count(*) FROM carousel_sections(zone)) AS sections, (SELECT messages
FROM carousel_stats(zone)) AS messages,
    (SELECT count(*) FROM carousel_problems(zone, NULL, 'x { message_id 8 uimsbf = 1 }')) AS problems,
    (SELECT messages FROM export_carousel_to_large_object(zone, NULL)) AS exported
FROM unnest('{Kiritimati,Midway,session}'::text[]) AS zone;
SELECT encode_carousel('Kiritimati', (now() AT TIME ZONE 'Pacific/Kiritimati')::date - 1, :id) AS yesterday;
COMMIT;

-- Local times ----------------------------------------------------------------------------------------

-- Columns without time zone are local time of the zone wherever a layout sends them, also twice or not at all.
DROP TABLE messages, campagnes, zones_diffusion;
CREATE TABLE zones_diffusion AS SELECT zone_diffusion, time_zone FROM zones;
CREATE TABLE campagnes (id int, zone_diffusion text, valid_start timestamp, valid_end date);
CREATE TABLE messages (id int, campagne_id_fk int, at timestamp, tz timestamptz, day date);
INSERT INTO campagnes VALUES (1, 'New York', '2021-03-14 01:59:59', '2021-03-14'),
    (2, 'Paris', '2021-03-14 01:59:59', '2021-03-14');
INSERT INTO messages SELECT n, c, at, at AT TIME ZONE 'UTC', at
FROM generate_series(1, 2) AS c,
    unnest('{2021-03-14 02:30,2021-11-07 01:30,infinity,-infinity,NULL}'::timestamp[]) WITH ORDINALITY AS a(at, n);
SELECT m.id, m.at, s.section = encode_section(E'x {\n at 40 utc\n}', r) AS as_local_time, s.section
FROM carousel_sections('New York', '2021-03-14', E'x {\n at 40 utc\n}') AS s
JOIN messages AS m ON m.id = s.message_id AND m.campagne_id_fk = 1,
    LATERAL (SELECT m.at AT TIME ZONE 'America/New_York' AS at) AS r
ORDER BY m.id;
SELECT message_id, section FROM carousel_sections('New York', '2021-03-14',
    E'x {\n valid_start 40 utc\n valid_end 40 utc\n tz 40 utc\n day 40 utc\n}') WHERE message_id < 3;
-- What no field holds is a problem of its message and not an error of its own.
UPDATE messages SET at = CASE id WHEN 1 THEN '294276-12-31 23:59:59' WHEN 2 THEN '4713-01-01 BC'
    ELSE '2021-03-14' END::timestamp;
SELECT message_id, field, problem FROM carousel_problems('New York', '2021-03-14', 'x { at 40 utc }');

-- Errors ---------------------------------------------------------------------------------------------

UPDATE zones_diffusion SET time_zone = 'Europe/Pariss' WHERE zone_diffusion = 'Paris';
SELECT encode_carousel('Paris', '2021-03-14', :id);
\echo :LAST_ERROR_SQLSTATE
SELECT encode_carousel('New York', '2021-03-14', :id) AS another_zone;
UPDATE zones_diffusion SET time_zone = '' WHERE zone_diffusion = 'Paris';
SELECT encode_carousel('Paris', '2021-03-14', :id);
UPDATE zones_diffusion SET time_zone = 'EUROPE/paris' WHERE zone_diffusion = 'Paris';
SELECT encode_carousel('Paris', '2021-03-14', :id) AS whatever_case;
ALTER TABLE zones_diffusion ALTER time_zone TYPE char(40);
SELECT encode_carousel('Paris', '2021-03-14', :id) AS of_char_n;
-- Where the campaigns say it, all of a zone say the same.
ALTER TABLE zones_diffusion RENAME TO no_zones;
ALTER TABLE campagnes ADD time_zone varchar(60);
SELECT encode_carousel('Paris', '2021-03-14', :id) AS of_the_session;
INSERT INTO campagnes VALUES (3, 'Paris', '2001-01-01', '2001-01-01', 'Europe/Paris');
SELECT encode_carousel('Paris', '2021-03-14', :id);
\echo :LAST_ERROR_SQLSTATE
UPDATE campagnes SET time_zone = 'Europe/London' WHERE id = 2;
SELECT encode_carousel('Paris', '2021-03-14', :id);
UPDATE campagnes SET time_zone = 'Mars/Olympus' WHERE zone_diffusion = 'Paris';
SELECT encode_carousel('Paris', '2021-03-14', :id);
\echo :LAST_ERROR_SQLSTATE
UPDATE campagnes SET time_zone = 'Europe/Paris' WHERE zone_diffusion = 'Paris';
SELECT encode_carousel('Paris', '2021-03-14', :id) AS of_the_campaigns;
ALTER TABLE no_zones RENAME TO zones_diffusion;
-- The right to read it is needed as well; a view may give it.
CREATE ROLE regress_onetrip_days;
GRANT USAGE ON SCHEMA days TO regress_onetrip_days;
GRANT SELECT ON messages, campagnes TO regress_onetrip_days;
GRANT SELECT (zone_diffusion) ON zones_diffusion TO regress_onetrip_days;
SET ROLE regress_onetrip_days;
SELECT encode_carousel('New York', '2021-03-14', :id);
RESET ROLE;
DROP OWNED BY regress_onetrip_days;
DROP ROLE regress_onetrip_days;

DROP SCHEMA days, local_days CASCADE;
