-- Zones, campaigns and messages that are there twice: an error, never a message sent twice, never
-- bytes that depend on the order of rows on disk.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
CREATE SCHEMA ids;
SET search_path = ids, public;
CREATE TABLE zones_diffusion (zone_diffusion text, network_id int);
CREATE TABLE campagnes (id bigint, zone_diffusion text, valid_start timestamptz, valid_end timestamptz, n int);
CREATE TABLE messages (id bigint, campagne_id_fk bigint, n int);
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 1), ('EUROPE', 2);
INSERT INTO campagnes
SELECT id, zone, '2026-11-01', '2026-11-30', id
FROM (VALUES (1, 'AFRIQUE'), (2, 'AFRIQUE'), (3, 'EUROPE')) AS c(id, zone);
INSERT INTO messages SELECT n, 1 + n % 3, n FROM generate_series(1, 9) AS n;
\set layout 'E''x {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n n 8 uimsbf\n network_id 8 uimsbf\n}'''
-- What every job says of the tables as they are.
CREATE PROCEDURE try(zone text DEFAULT 'AFRIQUE', layout section_layout DEFAULT
    E'x {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n n 8 uimsbf\n network_id 8 uimsbf\n}')
LANGUAGE plpgsql AS $$
DECLARE
    job text;
    result text;
    message text;
BEGIN
    FOREACH job IN ARRAY ARRAY[
        'SELECT encode_carousel($1, $2, $3)',
        'SELECT string_agg(section, '''') FROM carousel_sections($1, $2, $3)',
        'SELECT count(*) FROM carousel_problems($1, $2, $3)',
        'SELECT messages FROM carousel_stats($1, $2, NULL, $3)',
        'SELECT messages FROM export_carousel_to_large_object($1, $2, layout => $3)'
    ] LOOP
        BEGIN
            EXECUTE job INTO result USING zone, date '2026-11-21', layout;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, result = PG_EXCEPTION_DETAIL;
            result := SQLSTATE || ' ' || message || ' | ' || result;
        END;
        RAISE WARNING '%: %', substring(job FROM '\w*carousel\w*'), result;
    END LOOP;
END $$;
CALL try();

-- A zone ------------------------------------------------------------------------------------------

-- With the same columns and with others; of another zone it does not matter.
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 1);
CALL try();
-- Also if the layout takes nothing of it.
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n message_id 8 uimsbf\n}');
\echo :LAST_ERROR_SQLSTATE
SELECT encode_carousel('EUROPE', '2026-11-21', :layout) AS other_zone;
UPDATE zones_diffusion SET network_id = 9
WHERE ctid = (SELECT max(ctid) FROM zones_diffusion WHERE zone_diffusion = 'AFRIQUE');
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
DELETE FROM zones_diffusion WHERE network_id = 9;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
-- A zone of many rows is no zone twice if the table of zones is that of campaigns.
ALTER TABLE zones_diffusion RENAME TO no_zones;
ALTER TABLE campagnes ADD network_id int DEFAULT 1;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
ALTER TABLE campagnes DROP network_id;
ALTER TABLE no_zones RENAME TO zones_diffusion;

-- A campaign --------------------------------------------------------------------------------------

INSERT INTO campagnes VALUES (2, 'AFRIQUE', '2026-11-01', '2026-11-30', 0);
CALL try();
-- Also if it is over, or has no messages: one day both will be on air.
UPDATE campagnes SET valid_start = '2020-01-01', valid_end = '2020-01-01' WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
-- In another zone it is another campaign, as in a table that is partitioned by zone.
UPDATE campagnes SET zone_diffusion = 'EUROPE' WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
-- Without an id it has no messages.
UPDATE campagnes SET zone_diffusion = 'AFRIQUE', id = NULL WHERE n = 0;
INSERT INTO campagnes SELECT * FROM campagnes WHERE id IS NULL;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
DELETE FROM campagnes WHERE id IS NULL;
-- An index spares the look, but not one that shows nothing: of some rows, of other columns, deferred, of the parent.
CREATE UNIQUE INDEX of_some ON campagnes (id) WHERE n > 0;
CREATE UNIQUE INDEX expression ON campagnes ((id * 10 + n));
CREATE UNIQUE INDEX further ON campagnes (zone_diffusion, id, n);
CREATE UNIQUE INDEX zone_alone ON campagnes (n, zone_diffusion);
ALTER TABLE campagnes ADD CONSTRAINT late UNIQUE (id) DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO campagnes VALUES (2, 'AFRIQUE', '2026-11-01', '2026-11-30', 0);
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
ROLLBACK;
ALTER TABLE campagnes DROP CONSTRAINT late;
CREATE UNIQUE INDEX whole ON campagnes (zone_diffusion, id);
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
CREATE TABLE heirs () INHERITS (campagnes);
INSERT INTO heirs VALUES (2, 'AFRIQUE', '2026-11-01', '2026-11-30', 0);
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
DROP TABLE heirs;
DROP INDEX of_some, expression, further, zone_alone, whole;

-- A message ---------------------------------------------------------------------------------------

INSERT INTO messages VALUES (4, 2, 0);
CALL try();
-- As the first and as the last one of a carousel.
UPDATE messages SET id = 3, campagne_id_fk = 1 WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
UPDATE messages SET id = 7, campagne_id_fk = 2 WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
-- In another campaign it is another message, as in a table that is partitioned by campaign.
UPDATE messages SET campagne_id_fk = 1 WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS two_campaigns;
-- Off the air, in another zone, of no campaign it does not matter.
UPDATE messages SET id = 5, campagne_id_fk = 3 WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS once;
SELECT encode_carousel('EUROPE', '2026-11-21', :layout);
SELECT encode_carousel('EUROPE', '2026-12-21', :layout) AS off_the_air;
UPDATE messages SET campagne_id_fk = NULL WHERE n = 0;
SELECT encode_carousel('EUROPE', '2026-11-21', :layout) AS once;
-- Of messages without an id one is sound, if it can be sent at all.
UPDATE messages SET id = NULL, campagne_id_fk = 2 WHERE n = 0;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}') AS one_without_id;
INSERT INTO messages VALUES (NULL, 2, 0);
CALL try(layout => E'x {\n n 8 uimsbf\n}');
DELETE FROM messages WHERE id IS NULL;
INSERT INTO messages VALUES (7, 2, 0);
-- In parallel, and by another plan.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_sort = off;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout);
RESET ALL;
SET search_path = ids, public;
SET timezone = 'UTC';
SET client_min_messages = warning;
DELETE FROM messages WHERE n = 0;

-- Ids of other types ------------------------------------------------------------------------------

-- Equal by the type's equality, though not the same bytes.
ALTER TABLE messages ALTER id TYPE numeric;
SELECT encode_carousel('AFRIQUE', '2026-11-21', :layout) AS numeric;
INSERT INTO messages VALUES (4.00, 2, 0);
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
DELETE FROM messages WHERE n = 0;
ALTER TABLE messages ALTER id TYPE text USING 'message ' || id;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}') AS text;
INSERT INTO messages SELECT id, campagne_id_fk, 0 FROM messages WHERE n = 4;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
DELETE FROM messages WHERE n = 0;
-- What is too long to be shown is cut.
UPDATE messages SET id = repeat('é', 500000) || n;
INSERT INTO messages SELECT id, campagne_id_fk, 0 FROM messages WHERE n = 4;
\set VERBOSITY terse
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
\set VERBOSITY default
DELETE FROM messages WHERE n = 0;
UPDATE messages SET n = 256 WHERE n = 6;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
UPDATE messages SET n = 6 WHERE n = 256;
ALTER TABLE messages ALTER id TYPE uuid USING md5(id)::uuid;
SELECT length(encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}')) AS uuid;
INSERT INTO messages SELECT id, campagne_id_fk, 0 FROM messages WHERE n = 4;
SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n n 8 uimsbf\n}');
DELETE FROM messages WHERE n = 0;
-- Tables partitioned by zone and by campaign, whose keys hold the partition's.
DROP TABLE messages, campagnes;
CREATE TABLE campagnes (id bigint, zone_diffusion text, valid_start timestamptz, valid_end timestamptz,
    PRIMARY KEY (zone_diffusion, id)) PARTITION BY LIST (zone_diffusion);
CREATE TABLE campagnes_of_afrique PARTITION OF campagnes FOR VALUES IN ('AFRIQUE');
CREATE TABLE campagnes_of_europe PARTITION OF campagnes FOR VALUES IN ('EUROPE');
CREATE TABLE messages (id bigint, campagne_id_fk bigint, PRIMARY KEY (campagne_id_fk, id))
    PARTITION BY LIST (campagne_id_fk);
CREATE TABLE messages_of_1 PARTITION OF messages FOR VALUES IN (1);
CREATE TABLE messages_of_2 PARTITION OF messages FOR VALUES IN (2);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', '2026-11-01', '2026-11-30'),
    (1, 'EUROPE', '2026-11-01', '2026-11-30'), (2, 'AFRIQUE', '2026-11-01', '2026-11-30');
INSERT INTO messages VALUES (7, 1), (7, 2), (8, 1);
SELECT zone_diffusion, encode_carousel(zone_diffusion, '2026-11-21',
    E'x {\n campagne_id 8 uimsbf\n message_id 8 uimsbf\n}') FROM zones_diffusion ORDER BY 1;

DROP SCHEMA ids CASCADE;
