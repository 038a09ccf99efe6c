-- Tables that an ORM made, and days in the zones where they are difficult; carousel.sql has the rest.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'Europe/Paris';
SET datestyle = 'ISO';
SET jit = off;
SET random_page_cost = 4;
SET effective_cache_size = '4GB';
SET work_mem = '4MB';
\set SHOW_CONTEXT never
CREATE SCHEMA orm;
-- What an ORM makes: no zones_diffusion, local times, an enum, json, further columns, other integers.
CREATE TYPE orm.genre AS ENUM ('M', 'é', 'long');
CREATE TABLE orm.campagnes (
    created_at timestamp DEFAULT now(), id serial PRIMARY KEY, zone_diffusion varchar(255), network_id smallint,
        genre orm.genre, ack_count smallint, ack_delay int,
    valid_start timestamp(6), valid_end timestamp(6), title varchar(40));
CREATE INDEX ON orm.campagnes (zone_diffusion, valid_end, valid_start);
CREATE TABLE orm.messages (
    uuid uuid, id bigserial PRIMARY KEY, campagne_id_fk int
        REFERENCES orm.campagnes, numero_abonne numeric(20), template_id int, storables json, updated_at timestamp,
        title text);
CREATE INDEX ON orm.messages (campagne_id_fk, id);
-- Next to them the tables of create_carousel_tables.
CREATE SCHEMA made;
SELECT create_carousel_tables('made');
INSERT INTO made.zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
-- The plans below are those of the statistics that ANALYZE makes here, not of what autovacuum does meanwhile.
ALTER TABLE orm.campagnes SET (autovacuum_enabled = off);
ALTER TABLE orm.messages SET (autovacuum_enabled = off);
ALTER TABLE made.zones_diffusion SET (autovacuum_enabled = off);
ALTER TABLE made.campagnes SET (autovacuum_enabled = off);
ALTER TABLE made.messages SET (autovacuum_enabled = off);

-- Days --------------------------------------------------------------------------------------------

-- Campaigns that begin or end at every quarter of an hour for four days around one, of no length, of
-- 25 hours, and without begin or end; next to them the many that are over, or of another zone.
CREATE PROCEDURE orm.make_campaigns(day date) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE orm.campagnes, orm.messages, made.campagnes, made.messages;
    INSERT INTO made.campagnes
    SELECT row_number() OVER (ORDER BY kind, at), 'AFRIQUE', 'M', CASE kind WHEN 2 THEN '-infinity' ELSE at END,
        CASE kind WHEN 1 THEN at + interval '25 hours' WHEN 3 THEN 'infinity' ELSE at END
    FROM generate_series(0, 3) AS kind, generate_series((day - 2)::timestamp AT TIME ZONE 'UTC',
        (day + 3)::timestamp AT TIME ZONE 'UTC', '15 min') AS at;
    INSERT INTO made.campagnes
    SELECT n, CASE WHEN n % 4 = 0 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'M',
        timestamptz '2001-01-01' + n * interval '1 hour', timestamptz '2001-01-08' + n * interval '1 hour'
        FROM generate_series(1925, 10000) AS n;
    INSERT INTO orm.campagnes (id, zone_diffusion, network_id, genre, ack_count, ack_delay, valid_start, valid_end)
    SELECT id, zone_diffusion, 7, 'M', 0, 0, valid_start AT TIME ZONE 'UTC', valid_end AT TIME ZONE 'UTC'
        FROM made.campagnes;
    INSERT INTO made.messages SELECT id, id, id, id FROM made.campagnes;
    INSERT INTO orm.messages (id, campagne_id_fk, numero_abonne, template_id, storables) SELECT id, id, id, id, '[]'
        FROM made.campagnes;
END $$;
-- The contract's rule and nothing else.
CREATE FUNCTION made.by_the_rule(day date) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(int4send(id::int), '' ORDER BY id), '') FROM made.campagnes
        WHERE zone_diffusion = 'AFRIQUE'
      AND (valid_start AT TIME ZONE current_setting('timezone'))::date <= day
          AND day <= (valid_end AT TIME ZONE current_setting('timezone'))::date
$$;
CREATE FUNCTION orm.by_the_rule(day date) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(int4send(id), '' ORDER BY id), '') FROM orm.campagnes
        WHERE zone_diffusion = 'AFRIQUE' AND date_trunc('day', valid_start) <= day
        AND day <= date_trunc('day', valid_end)
$$;
\set ids 'E''ids {\n campagne_id 32 uimsbf\n}'''
-- For the days around one: how many are right, and how many campaigns are on air.
CREATE FUNCTION orm.try_days(tables text, zone text, day date, OUT kind text, OUT days bigint, OUT right_days bigint,
    OUT on_air text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', zone, true), set_config('search_path', tables || ', public', true);
    kind := (SELECT format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = 'campagnes'::regclass AND attname = 'valid_start');
    SELECT count(*), count(*) FILTER (WHERE sections = by_the_rule(day + n)),
        string_agg((length(sections) / 4)::text, ' ' ORDER BY n) INTO days, right_days, on_air
    FROM (SELECT n, encode_carousel('AFRIQUE', day + n, E'ids {\n campagne_id 32 uimsbf\n}') AS sections
        FROM generate_series(-3, 4) AS n) AS s;
END $$;
-- Atlantic/Azores ends summer time at 1:00 of 31 October, which is 0:00 again: that day has midnight twice.
CALL orm.make_campaigns('2021-10-31');
ANALYZE orm.campagnes, orm.messages, made.campagnes, made.messages;
SELECT count(*) AS campaigns FROM made.campagnes;
BEGIN;
SELECT zone, t.*
    FROM unnest('{Atlantic/Azores,UTC,Europe/Paris,America/Sao_Paulo,Pacific/Apia,Asia/Kathmandu,Pacific/Kiritimati,
    Etc/GMT+12}'::text[]) WITH ORDINALITY AS z(zone, n),
    LATERAL orm.try_days('made', zone, '2021-10-31') AS t ORDER BY n;
SELECT zone, t.*
    FROM unnest('{Atlantic/Azores,UTC,Europe/Paris,America/Sao_Paulo,Pacific/Apia,Asia/Kathmandu,Pacific/Kiritimati,
    Etc/GMT+12}'::text[]) WITH ORDINALITY AS z(zone, n),
    LATERAL orm.try_days('orm', zone, '2021-10-31') AS t ORDER BY n;
ROLLBACK;
-- By hand, in the Azores: campaigns of no length at these hours of 31 October; 0:30Z and 1:30Z are 0:30 of one day
-- both.
SET timezone = 'Atlantic/Azores';
SET search_path = made, public;
SELECT at AS instant, at AT TIME ZONE 'UTC' AS utc, array_agg(day ORDER BY day)
    FILTER (WHERE position(int4send(id::int) IN encode_carousel('AFRIQUE', day, :ids)) > 0) AS on_air_on
FROM (SELECT id, valid_start AS at FROM campagnes WHERE valid_start = valid_end
    AND valid_start IN ('2021-10-30 23:45Z', '2021-10-31 00:00Z', '2021-10-31 00:30Z', '2021-10-31 01:00Z',
    '2021-10-31 01:30Z', '2021-11-01 00:45Z', '2021-11-01 01:00Z')) AS c,
    (SELECT date '2021-10-29' + n AS day FROM generate_series(0, 4) AS n) AS d
GROUP BY at ORDER BY at;
RESET search_path;

-- Of 10,000 campaigns those on air are found by the index: zone and both bounds are conditions of one scan,
-- which reads no entry but those on air. (Another is the look whether the zone is known.)
CREATE FUNCTION orm.try_index(tables text, layout section_layout, day date DEFAULT '2021-10-31',
    OUT on_air int, OUT entries bigint, OUT within bigint) LANGUAGE plpgsql AS $$
DECLARE
    index CONSTANT regclass := (tables || '.campagnes_zone_diffusion_valid_end_valid_start_idx')::regclass;
BEGIN
    PERFORM set_config('search_path', tables || ', public', true), set_config('enable_seqscan', 'off', true),
        set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
    entries := pg_stat_get_xact_tuples_returned(index);
    on_air := length(encode_carousel('AFRIQUE', day, layout));
    entries := pg_stat_get_xact_tuples_returned(index) - entries;
    within := (SELECT count(*) FROM campagnes WHERE zone_diffusion = 'AFRIQUE' AND valid_end::date >= day
        AND valid_start::date <= day);
END $$;
BEGIN;
SELECT on_air / 4 AS on_air, within, entries - within AS more FROM orm.try_index('made', :ids);
SELECT within, entries - within AS more FROM orm.try_index('made', message_layout());
-- With local times and varchar as well; the known zones are those of campaigns.
SELECT on_air / 4 AS on_air, within, entries - within AS more FROM orm.try_index('orm', :ids);
ROLLBACK;

-- A midnight that does not exist: in Sao Paulo 4 November 2018 begins at 1:00.
CALL orm.make_campaigns('2018-11-04');
BEGIN;
SELECT zone, t.* FROM unnest('{America/Sao_Paulo,America/New_York,UTC}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('made', zone, '2018-11-04') AS t ORDER BY n;
SELECT zone, t.* FROM unnest('{America/Sao_Paulo,America/New_York,UTC}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('orm', zone, '2018-11-04') AS t ORDER BY n;
ROLLBACK;
-- A day that does not exist: Apia went from 29 to 31 December 2011.
CALL orm.make_campaigns('2011-12-30');
BEGIN;
SELECT zone, t.* FROM unnest('{Pacific/Apia,Pacific/Fakaofo,Pacific/Honolulu,UTC}'::text[])
    WITH ORDINALITY AS z(zone, n), orm.try_days('made', zone, '2011-12-30') AS t ORDER BY n;
SELECT zone, t.* FROM unnest('{Pacific/Apia,Pacific/Fakaofo,Pacific/Honolulu,UTC}'::text[])
    WITH ORDINALITY AS z(zone, n), orm.try_days('orm', zone, '2011-12-30') AS t ORDER BY n;
ROLLBACK;
-- Begin of summer time at midnight, a change of the offset by half an hour, one of 45 minutes.
CALL orm.make_campaigns('2021-03-28');
BEGIN;
SELECT zone, t.* FROM unnest('{Asia/Beirut,Atlantic/Azores,Asia/Kathmandu}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('made', zone, '2021-03-28') AS t ORDER BY n;
SELECT zone, t.* FROM unnest('{Asia/Beirut,Atlantic/Azores,Asia/Kathmandu}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('orm', zone, '2021-03-28') AS t ORDER BY n;
ROLLBACK;
CALL orm.make_campaigns('2019-04-07');
BEGIN;
SELECT zone, t.* FROM unnest('{Australia/Lord_Howe,Pacific/Chatham}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('made', zone, '2019-04-07') AS t ORDER BY n;
SELECT zone, t.* FROM unnest('{Australia/Lord_Howe,Pacific/Chatham}'::text[]) WITH ORDINALITY AS z(zone, n),
    orm.try_days('orm', zone, '2019-04-07') AS t ORDER BY n;
ROLLBACK;

-- Local times are sent as the instants that they are in the session's TimeZone: as the cast says, also
-- where a time is there twice or not at all.
SET search_path = orm, public;
CREATE FUNCTION orm.try_instants(zone text, day date, OUT campaigns bigint, OUT same boolean) LANGUAGE plpgsql AS $$
DECLARE
    layout CONSTANT section_layout := E'x {\n campagne_id 32 uimsbf\n valid_start 40 utc\n valid_end 40 utc\n}';
    sections bytea;
BEGIN
    PERFORM set_config('timezone', zone, true);
    SELECT count(*), string_agg(encode_section(layout, r), '' ORDER BY campagne_id) INTO campaigns, sections
    FROM (SELECT id AS campagne_id, valid_start::timestamptz AS valid_start, valid_end::timestamptz AS valid_end
        FROM orm.campagnes WHERE zone_diffusion = 'AFRIQUE' AND date_trunc('day', valid_start) <= day
        AND day <= date_trunc('day', valid_end)) AS r;
    same := encode_carousel('AFRIQUE', day, layout) = sections;
END $$;
CALL orm.make_campaigns('2021-10-31');
BEGIN;
SELECT zone, day, t.* FROM unnest('{Atlantic/Azores,Asia/Kathmandu,UTC}'::text[]) WITH ORDINALITY AS z(zone, n),
    (SELECT date '2021-10-31' + d AS day FROM generate_series(-1, 1) AS d) AS d, orm.try_instants(zone, day) AS t
    ORDER BY n, day;
ROLLBACK;
CALL orm.make_campaigns('2018-11-04');
BEGIN;
SELECT zone, day, t.* FROM unnest('{America/Sao_Paulo}'::text[]) WITH ORDINALITY AS z(zone, n),
    (SELECT date '2018-11-04' + d AS day FROM generate_series(-1, 1) AS d) AS d, orm.try_instants(zone, day) AS t
    ORDER BY n, day;
ROLLBACK;
CALL orm.make_campaigns('2011-12-30');
BEGIN;
SELECT zone, day, t.* FROM unnest('{Pacific/Apia}'::text[]) WITH ORDINALITY AS z(zone, n),
    (SELECT date '2011-12-30' + d AS day FROM generate_series(-1, 1) AS d) AS d, orm.try_instants(zone, day) AS t
    ORDER BY n, day;
ROLLBACK;
CALL orm.make_campaigns('2019-04-07');
BEGIN;
SELECT zone, day, t.* FROM unnest('{Australia/Lord_Howe}'::text[]) WITH ORDINALITY AS z(zone, n),
    (SELECT date '2019-04-07' + d AS day FROM generate_series(-1, 1) AS d) AS d, orm.try_instants(zone, day) AS t
    ORDER BY n, day;
ROLLBACK;

-- Columns -----------------------------------------------------------------------------------------

SET timezone = 'Europe/Paris';
SET search_path = orm, public;
TRUNCATE orm.campagnes, orm.messages;
INSERT INTO campagnes VALUES
    (DEFAULT, 1, 'AFRIQUE', 7, 'M', 1, 2, '2026-11-21 00:30', '2026-11-21 23:30', 'of the campaign'),
    (DEFAULT, 2, 'AFRIQUE', 8, 'é', 1, 2, '2026-11-01', '2026-11-30', NULL),
    (DEFAULT, 3, 'EUROPE', 9, 'long', 1, 2, '2026-11-01', '2026-11-30', NULL);
INSERT INTO messages VALUES
    (NULL, 1, 1, 5, 6, ' [ {"tag":1, "value":"x"} ] ', NULL, 'of message 1'),
    (NULL, 2, 2, 5, 6, '{"1": 2}', NULL, 'of message 2'), (NULL, 3, 2, 5, 6, 'null', NULL, ''),
    (NULL, 4, 2, 5, 6, NULL, NULL, NULL);
-- The functions agree on such tables too.
SELECT campagne_id, message_id, part, length(section) FROM carousel_sections('AFRIQUE', '2026-11-21');
SELECT section_agg(section) = encode_carousel('AFRIQUE', '2026-11-21') AS same
    FROM carousel_sections('AFRIQUE', '2026-11-21');
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21');
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', E'x {\n title * dvbtext\n}');
INSERT INTO messages VALUES (NULL, 5, 3, 5, 6, '[]', NULL, NULL);
SELECT * FROM carousel_problems('EUROPE', '2026-11-21');
SELECT * FROM carousel_sections('ASIE', '2026-11-21');
-- A column that has the name of one by which messages are chosen: the layout sees that of messages,
-- the choice is made by that of campagnes.
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS before;
ALTER TABLE messages ADD valid_start timestamptz DEFAULT '2030-01-01 00:00Z', ADD valid_end date DEFAULT '2000-01-01',
    ADD zone_diffusion text DEFAULT 'ASIE', ADD network_id int DEFAULT 99, ADD genre char(1) DEFAULT 'z';
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS same;
SELECT encode_carousel('ASIE', '2026-11-21', :ids);
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n message_id 8 uimsbf\n valid_start 40 utc\n valid_end 40 utc\n zone 32 char = zone_diffusion\n '
    'network_id 8 uimsbf\n genre 8 char\n}') AS of_messages;
ALTER TABLE messages DROP valid_start, DROP valid_end, DROP zone_diffusion, DROP network_id, DROP genre;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n message_id 8 uimsbf\n zone 56 char = zone_diffusion\n network_id 8 uimsbf\n genre 8 char\n}')
    AS of_campaigns;
-- Names that must be quoted, those of the statement's own aliases, of columns that every table has.
ALTER TABLE messages ADD "select" int DEFAULT 1, ADD "Select" int DEFAULT 2, ADD m int DEFAULT 3, ADD c int DEFAULT 4,
    ADD z int DEFAULT 5;
SELECT encode_carousel('AFRIQUE', '2026-11-21',
    E'x {\n select 8 uimsbf\n Select 8 uimsbf\n m 8 uimsbf\n c 8 uimsbf\n z 8 uimsbf\n}') AS "01 02 03 04 05";
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n xmin 32 uimsbf\n}');
ALTER TABLE messages DROP "select", DROP "Select", DROP m, DROP c, DROP z;
-- Types that a field does not take are a problem of the message; varchar, char and domains are taken.
CREATE DOMAIN orm.letter AS orm.genre;
ALTER TABLE campagnes ALTER genre TYPE orm.letter;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n genre 8 char\n}') AS of_a_domain;
ALTER TABLE campagnes ALTER genre TYPE char(1) USING left(genre::text, 1);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n genre 8 char\n}') AS of_char_1;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n at 40 utc = created_at\n}') IS NOT NULL AS other_local_times;
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', E'x {\n uuid 8 uimsbf\n}') LIMIT 1;
UPDATE messages SET uuid = '00000000-0000-0000-0000-000000000001';
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', E'x {\n uuid 128 bytes\n}') LIMIT 1;
ALTER TABLE messages ALTER storables TYPE text;
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21');
ALTER TABLE messages ALTER storables TYPE jsonb USING storables::jsonb;
SELECT count(*) FROM carousel_problems('AFRIQUE', '2026-11-21');

-- Zones as an enum, as char(n).
CREATE TYPE orm.zone AS ENUM ('AFRIQUE', 'EUROPE');
BEGIN;
ALTER TABLE campagnes ALTER zone_diffusion TYPE orm.zone USING zone_diffusion::orm.zone;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :ids) AS of_an_enum;
SAVEPOINT s;
SELECT encode_carousel('ASIE', '2026-11-21', :ids);
ROLLBACK TO s;
CREATE TABLE zones_diffusion (zone_diffusion orm.zone, site int);
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 44), ('EUROPE', 45);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n message_id 8 uimsbf\n site 8 uimsbf\n}') AS joined;
ROLLBACK;
BEGIN;
ALTER TABLE campagnes ALTER zone_diffusion TYPE char(20);
CREATE TABLE zones_diffusion (zone_diffusion varchar(20), site int);
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 44), ('EUROPE', 45);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n message_id 8 uimsbf\n site 8 uimsbf\n}') AS of_char_n;
ROLLBACK;

-- Ids ---------------------------------------------------------------------------------------------

-- Of any type for encode_carousel, in the order of the type; integers for those that return them.
CREATE SCHEMA ids;
SET search_path = ids, public;
CREATE TABLE campagnes (id uuid PRIMARY KEY, zone_diffusion text, valid_start timestamptz, valid_end timestamptz);
CREATE TABLE messages (id uuid PRIMARY KEY, campagne_id_fk uuid REFERENCES campagnes, n int);
INSERT INTO campagnes SELECT md5(n::text)::uuid, 'AFRIQUE', '2026-11-21', '2026-11-21' FROM generate_series(1, 3) AS n;
INSERT INTO messages SELECT md5('m' || n)::uuid, md5((1 + n % 3)::text)::uuid, n FROM generate_series(1, 9) AS n;
\set n 'E''x {\n n 8 uimsbf\n}'''
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n)
    = (SELECT string_agg(decode('0' || n, 'hex'), '' ORDER BY campagne_id_fk, id) FROM messages) AS in_order;
SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21', :n);
\echo :LAST_ERROR_SQLSTATE
UPDATE messages SET n = 300 WHERE n = 7;
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', :n);
\echo :LAST_ERROR_SQLSTATE
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n);
UPDATE messages SET n = 7 WHERE n = 300;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n campagne_id 8 uimsbf\n}');
\echo :LAST_ERROR_SQLSTATE
-- Texts, in the order of their collation.
ALTER TABLE messages DROP CONSTRAINT messages_campagne_id_fk_fkey, ALTER campagne_id_fk TYPE text,
    ALTER id TYPE text COLLATE "C";
ALTER TABLE campagnes ALTER id TYPE text COLLATE "C";
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n)
    = (SELECT string_agg(decode('0' || n, 'hex'), '' ORDER BY campagne_id_fk COLLATE "C", id)
    FROM messages) AS in_order;
UPDATE messages SET id = 'l''identifiant "é"', n = 300 WHERE n = 7;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n);
SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21', E'x {\n n 16 uimsbf\n id 200 char\n}');
-- Small ones, and a domain; numeric ones are for encode_carousel alone.
CREATE DOMAIN ids.key AS smallint;
UPDATE messages SET id = n, campagne_id_fk = 1;
DELETE FROM campagnes WHERE id <> md5('1')::uuid::text;
UPDATE campagnes SET id = 1;
ALTER TABLE messages ALTER campagne_id_fk TYPE ids.key USING campagne_id_fk::smallint, ALTER id TYPE ids.key
    USING id::smallint;
ALTER TABLE campagnes ALTER id TYPE ids.key USING id::smallint;
SELECT campagne_id, message_id, section FROM carousel_sections('AFRIQUE', '2026-11-21', E'x {\n n 16 uimsbf\n}')
    WHERE message_id > 5;
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', :n);
ALTER TABLE messages ALTER id TYPE numeric(20);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 16 uimsbf\n id 16 uimsbf\n message_id 8 uimsbf = 1\n}')
    IS NOT NULL AS encoded;
SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21', E'x {\n n 16 uimsbf\n}');
-- A table without key, or a view, may have a message whose id is NULL: it comes last in its campaign,
-- its id is NULL where it is returned, and it is named as such. (Two of them: carousel_ids.sql.)
ALTER TABLE messages DROP CONSTRAINT messages_pkey;
ALTER TABLE messages ALTER id TYPE bigint, ALTER id DROP NOT NULL;
UPDATE messages SET id = NULL WHERE n = 300;
SELECT * FROM carousel_sections('AFRIQUE', '2026-11-21', E'x {\n n 16 uimsbf\n}')
    WHERE message_id > 7 OR message_id IS NULL ORDER BY section;
SELECT * FROM carousel_problems('AFRIQUE', '2026-11-21', :n);
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n);
ALTER TABLE messages ALTER id TYPE text;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n);
ALTER TABLE messages ALTER id TYPE uuid USING md5(id)::uuid;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :n);

DROP SCHEMA orm, made, ids CASCADE;
