-- carousel_campaigns, carousel_changes and section_changes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SET client_encoding = 'UTF8';
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
CREATE SCHEMA changes;
SET search_path = changes, public;
SELECT create_carousel_tables('changes');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes
SELECT n, CASE WHEN n % 5 = 0 THEN 'EUROPE' ELSE 'AFRIQUE' END, 'M', date '2026-11-01' + n, date '2026-11-05' + 2 * n
FROM generate_series(1, 12) AS n;
INSERT INTO messages
SELECT c * 100 + n, c, n, 1, CASE WHEN n % 3 = 0 THEN
    (SELECT jsonb_agg(jsonb_build_object('tag', 1, 'value', repeat('x', 200)))
        FROM generate_series(1, 5)) ELSE '[]' END
FROM generate_series(1, 12) AS c, generate_series(1, 5) AS n WHERE n <= c;

-- carousel_campaigns ---------------------------------------------------------------------------------

SELECT * FROM carousel_campaigns('AFRIQUE', '2026-11-09', 1000000);
-- It is carousel_stats by campaign: counts and airtime add up, and shares to 1.
SELECT count(*) = s.campagnes AS campagnes, sum(c.messages) = s.messages AS messages,
    sum(c.sections) = s.sections AS sections,
    sum(c.bytes) = s.bytes AS bytes, abs(extract(epoch FROM sum(c.airtime) - s.cycle)) < 0.0001 AS airtime,
    abs(sum(c.share) - 1) < 0.0001 AS share
FROM carousel_campaigns('AFRIQUE', '2026-11-09', 1000000) AS c, carousel_stats('AFRIQUE', '2026-11-09', 1000000) AS s
GROUP BY s.campagnes, s.messages, s.sections, s.bytes, s.cycle;
-- It is carousel_sections by campaign.
SELECT count(*) AS campaigns, count(*) FILTER (WHERE c = s) AS same FROM (
    SELECT campagne_id, messages, sections, bytes FROM carousel_campaigns('AFRIQUE', '2026-11-09')) AS c
FULL JOIN (SELECT campagne_id, count(DISTINCT message_id) AS messages, count(*) AS sections,
    sum(length(section))::bigint AS bytes
    FROM carousel_sections('AFRIQUE', '2026-11-09') GROUP BY 1) AS s USING (campagne_id);
SELECT count(airtime) AS airtimes FROM carousel_campaigns('AFRIQUE', '2026-11-09');
SELECT campagne_id, airtime FROM carousel_campaigns('AFRIQUE', '2026-11-09', 9223372036854775807) LIMIT 1;
SELECT count(*) AS none FROM carousel_campaigns('AFRIQUE', '2020-01-01');
-- Sections that transport packets cannot carry have shares, and no airtime.
SELECT * FROM carousel_campaigns('AFRIQUE', '2026-11-09', 1000000, E'x {\n message_id 16 uimsbf\n}') LIMIT 2;
-- More campaigns than it has room for at first.
BEGIN;
INSERT INTO campagnes SELECT n, 'EUROPE', 'M', '2026-12-01', '2026-12-01' FROM generate_series(1001, 3000) AS n;
INSERT INTO messages SELECT 10000 + n, n, 1, 1 FROM generate_series(1001, 3000) AS n;
INSERT INTO messages VALUES (20000, 2222, 1, 1);
SELECT count(*), sum(messages), min(campagne_id) AS min, max(campagne_id) AS max, max(share) AS largest
FROM carousel_campaigns('EUROPE', '2026-12-01');
SELECT campagne_id, messages FROM carousel_campaigns('EUROPE', '2026-12-01') LIMIT 3;
ROLLBACK;
SELECT * FROM carousel_campaigns('AFRIQUE', '2026-11-09', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM carousel_campaigns('ASIE');
SELECT * FROM carousel_campaigns(NULL);
SELECT * FROM carousel_campaigns('AFRIQUE', layout => NULL);
SELECT (SELECT count(*) FROM carousel_campaigns('AFRIQUE')) = (SELECT count(*)
    FROM carousel_campaigns('AFRIQUE', current_date)) AS today;
BEGIN;
UPDATE messages SET numero_abonne = -1 WHERE id = 201;
SELECT * FROM carousel_campaigns('AFRIQUE', '2026-11-09');
ROLLBACK;

-- carousel_changes -----------------------------------------------------------------------------------

SELECT campagne_id, message_id, part, change, length(section) AS bytes
    FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-10');
-- It is what the carousels of both days say, in their order, for every two days and in both directions.
CREATE FUNCTION by_carousels(zone text, a date, b date) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT coalesce(x.campagne_id, y.campagne_id), coalesce(x.message_id, y.message_id), coalesce(x.part, y.part),
        CASE WHEN x.section IS NULL THEN 'added' ELSE 'gone' END, coalesce(x.section, y.section)
    FROM carousel_sections(zone, a) AS x FULL JOIN carousel_sections(zone, b) AS y USING (campagne_id,
        message_id, part)
    WHERE x.section IS DISTINCT FROM y.section ORDER BY 1, 2, 3
$$;
SELECT count(*) AS pairs, count(*) FILTER (WHERE array(SELECT c
    FROM carousel_changes('AFRIQUE', a, b) AS c)::text IS NOT DISTINCT FROM
    array(SELECT c FROM by_carousels('AFRIQUE', a, b) AS c(campagne_id bigint, message_id bigint, part int,
        change text, section bytea))::text) AS same
FROM (SELECT date '2026-11-01' + 3 * n AS a FROM generate_series(0, 11) AS n) AS a,
    (SELECT date '2026-11-01' + 2 * n AS b FROM generate_series(0, 15) AS n) AS b;
SELECT count(*) AS of_the_same_day FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-08');
SELECT change, count(*) FROM carousel_changes('AFRIQUE', '-infinity', '2026-11-08') GROUP BY 1;
SELECT change, count(*) FROM carousel_changes('AFRIQUE', '2026-11-08', 'infinity') GROUP BY 1;
-- A campaign that is on air on both days, with one between them, does not count; nor does one between two days.
SELECT DISTINCT campagne_id, change FROM carousel_changes('EUROPE', '2020-01-01', '2030-01-01');
-- NULL is today.
BEGIN;
UPDATE campagnes SET valid_start = now(), valid_end = now() WHERE id = 5;
SELECT change, count(*) AS today FROM carousel_changes('EUROPE', NULL, '2020-01-01') GROUP BY 1;
SELECT change, count(*) AS today FROM carousel_changes('EUROPE', '2020-01-01', NULL) GROUP BY 1;
SELECT count(*) AS today FROM carousel_changes('EUROPE', NULL, NULL);
ROLLBACK;
-- In the zone's own day, in a session whose TimeZone is an abbreviation, with local times and mixed types.
CREATE FUNCTION days_differ() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE array(SELECT c FROM carousel_changes('AFRIQUE', a,
        a + 1) AS c)::text IS DISTINCT FROM
        array(SELECT c FROM by_carousels('AFRIQUE', a, a + 1) AS c(campagne_id bigint, message_id bigint,
            part int, change text, section bytea))::text)
    FROM (SELECT date '2026-11-01' + 3 * n AS a FROM generate_series(0, 11) AS n) AS a
$$;
BEGIN;
ALTER TABLE zones_diffusion ADD time_zone text;
UPDATE zones_diffusion SET time_zone = 'Pacific/Kiritimati';
SELECT days_differ();
SET LOCAL timezone = 'CET';
UPDATE zones_diffusion SET time_zone = NULL;
SELECT days_differ();
ALTER TABLE campagnes ALTER valid_start TYPE timestamp;
SELECT days_differ();
ALTER TABLE campagnes ALTER valid_end TYPE date;
SELECT days_differ();
ROLLBACK;
-- Bounds that are NULL are on air on neither day.
BEGIN;
ALTER TABLE campagnes ALTER valid_start DROP NOT NULL, ALTER valid_end DROP NOT NULL;
UPDATE campagnes SET valid_end = NULL WHERE id % 2 = 0;
UPDATE campagnes SET valid_start = NULL WHERE id % 3 = 0;
SELECT days_differ();
ROLLBACK;
-- Errors are those of the carousel.
SELECT * FROM carousel_changes('ASIE', '2026-11-08', '2026-11-10');
SELECT * FROM carousel_changes(NULL, '2026-11-08', '2026-11-10');
SELECT * FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-10', NULL);
BEGIN;
UPDATE messages SET numero_abonne = -1 WHERE campagne_id_fk = 9;
SELECT * FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-10');
ROLLBACK;
BEGIN;
ALTER TABLE messages DROP CONSTRAINT messages_pkey;
INSERT INTO messages SELECT * FROM messages WHERE id = 902;
SELECT * FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-10');
ROLLBACK;

-- section_changes ------------------------------------------------------------------------------------

SELECT * FROM section_changes(
    $$VALUES (1::bigint, 0, '\x01'::bytea), (2, 0, '\x02'), (2, 1, '\x03'), (4, 0, '\x04'), (5, 0, '\x05')$$,
    $$VALUES (0::bigint, 0, '\x00'::bytea), (1, 0, '\x01'), (2, 0, '\x20'), (2, 2, '\x03'), (4, 0, '\x0400'), (6,
        0, NULL), (7, 7, '\x07')$$);
-- One side or both without rows; rows without a section are none.
SELECT * FROM section_changes($$SELECT 1::bigint, 0, '\x'::bytea
    WHERE false$$, $$SELECT 1::bigint, 0, '\x01'::bytea$$);
SELECT * FROM section_changes($$SELECT 1::bigint, 0, '\x01'::bytea$$, $$SELECT 1::bigint, 0, '\x'::bytea
    WHERE false$$);
SELECT * FROM section_changes($$SELECT 1::bigint, 0, NULL::bytea$$, $$SELECT NULL::bigint, NULL::int, NULL::bytea$$);
-- Other integers, domains, other names, a trailing semicolon, comments, WITH, TABLE, UNION.
CREATE DOMAIN changes.key AS smallint;
CREATE TABLE kept (k changes.key, p smallint, s bytea);
INSERT INTO kept VALUES (1, 0, '\x01'), (3, 0, '\x03');
SELECT * FROM section_changes('TABLE kept', $$ /* of today */ WITH w AS (SELECT 1 AS key, 0 AS part,
    '\x01'::bytea) TABLE w; $$);
SELECT * FROM section_changes('SELECT * FROM kept ORDER BY 1', $$SELECT 1, 0, '\x01'::bytea UNION ALL SELECT 2,
    0, '\x02'$$);
-- Against the sections of the last airing, which are kept.
CREATE TABLE aired_sections AS SELECT message_id AS key, part, section
    FROM carousel_sections('AFRIQUE', '2026-11-08') ORDER BY 1, 2;
CREATE VIEW by_rows AS SELECT message_id AS key, part, change, section
    FROM carousel_changes('AFRIQUE', '2026-11-08', '2026-11-20');
CREATE VIEW by_query AS SELECT * FROM section_changes(
    'SELECT key, part, section FROM changes.aired_sections ORDER BY 1, 2',
    $$SELECT message_id, part, section FROM carousel_sections('AFRIQUE', '2026-11-20') ORDER BY 1, 2$$);
SELECT (SELECT count(*) FROM by_rows) AS changes, (SELECT count(*)
    FROM (TABLE by_rows EXCEPT ALL TABLE by_query) AS d) AS missing,
    (SELECT count(*) FROM (TABLE by_query EXCEPT ALL TABLE by_rows) AS d) AS too_many;
UPDATE messages SET template_id = 2 WHERE id = 703;
SELECT key, part, change, length(section) AS bytes FROM
    section_changes('SELECT key, part, section FROM changes.aired_sections ORDER BY 1, 2',
    $$SELECT message_id, part, section FROM carousel_sections('AFRIQUE', '2026-11-08') ORDER BY 1, 2$$);
-- Many rows, large ones, compressed and out of line: each side fetches what it needs.
CREATE TABLE large AS SELECT n AS key, 0 AS part, decode(repeat(md5(n::text), 1 + n % 700),
    'hex') AS section FROM generate_series(1, 3000) AS n;
UPDATE large SET section = section WHERE key % 2 = 0;
SELECT change, count(*), sum(length(section)) AS bytes FROM section_changes('TABLE changes.large ORDER BY key',
    'SELECT key, part, CASE WHEN key % 10 = 0 THEN section || section ELSE section END
     FROM changes.large WHERE key % 7 > 0 ORDER BY key') GROUP BY 1 ORDER BY 1;
SELECT count(*), count(DISTINCT key) AS keys FROM section_changes(
    'SELECT key, part, section FROM changes.large WHERE false', 'TABLE changes.large ORDER BY key');
SELECT count(*) FROM section_changes('SELECT n, 0, int8send(n) FROM generate_series(1::bigint, 256) AS n',
    'SELECT n, 0, int8send(n) FROM generate_series(1::bigint, 512) AS n');
SELECT key FROM section_changes('SELECT n, 0, int8send(n) FROM generate_series(1::bigint, 512) AS n',
    'SELECT n, 0, int8send(n) FROM generate_series(1::bigint, 511) AS n');

-- Order.
SELECT * FROM section_changes($$VALUES (2::bigint, 0, '\x02'::bytea), (1, 0, '\x01')$$, 'TABLE kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', $$VALUES (1::bigint, 1, '\x02'::bytea), (1, 0, NULL), (1, 0, '\x01')$$);
SELECT * FROM section_changes('TABLE kept', $$VALUES (1::bigint, 0, '\x02'::bytea), (1, 0, '\x01')$$);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', $$VALUES (1::bigint, NULL::int, '\x02'::bytea)$$);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes($$VALUES (1, 0, '\x01'::bytea), (NULL, 0, '\x02')$$, 'TABLE kept');
-- Columns.
SELECT * FROM section_changes('SELECT 1, 0', 'TABLE kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('SELECT 1::numeric, 0, s FROM kept', 'TABLE kept');
SELECT * FROM section_changes('TABLE kept', 'SELECT 1, 0::bigint, s FROM kept');
SELECT * FROM section_changes('TABLE kept', 'SELECT 1, 0, s::text FROM kept');
SELECT * FROM section_changes('SELECT', 'TABLE kept');
SELECT * FROM section_changes('SELECT * FROM campagnes', 'TABLE kept');
-- The rules of a query.
SELECT * FROM section_changes(NULL, 'TABLE kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', NULL);
SELECT * FROM section_changes('', 'TABLE kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('-- nothing', 'TABLE kept');
SELECT * FROM section_changes('TABLE kept; TABLE kept', 'TABLE kept');
SELECT * FROM section_changes('TABLE kept', 'DELETE FROM kept RETURNING *');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'COMMIT');
SELECT * FROM section_changes('TABLE kept', 'EXPLAIN TABLE kept');
SELECT * FROM section_changes('SELECT * INTO new FROM kept', 'TABLE kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('SELECT * INTO new FROM kept UNION ALL TABLE kept', 'TABLE kept');
SELECT * FROM section_changes('TABLE kept', 'SELECT * FROM kept FOR UPDATE');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT * FROM (SELECT * FROM kept FOR KEY SHARE) AS k');
SELECT * FROM section_changes('TABLE kept', 'WITH k AS (SELECT * FROM kept FOR SHARE) TABLE k');
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, (SELECT s FROM kept LIMIT 1 FOR NO KEY UPDATE) FROM kept');
SELECT * FROM section_changes('TABLE kept', 'WITH gone AS (DELETE FROM kept RETURNING *) TABLE gone');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT * FROM kept WHERE k = $1');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT * FROM kept WHERE k = $$1$$');
-- Its own errors show it, and where in it they are.
SELECT * FROM section_changes('TABLE kept', 'SELECT FROM WHERE');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, colour FROM kept');
\set SHOW_CONTEXT errors
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, substr(s, 1, 0 - k) FROM kept');
\set SHOW_CONTEXT never
-- A function in it cannot write either; the transaction can, before and after.
CREATE SEQUENCE numbers;
CREATE FUNCTION writes() RETURNS bytea LANGUAGE plpgsql AS $$BEGIN DELETE FROM changes.kept; RETURN '\x01'; END $$;
CREATE FUNCTION opens() RETURNS bytea LANGUAGE plpgsql AS $$BEGIN SET transaction_read_only = off; DELETE
    FROM changes.kept; RETURN '\x01'; END $$;
CREATE FUNCTION catches() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM changes.kept;
    RETURN '\x01';
EXCEPTION WHEN read_only_sql_transaction THEN
    RETURN '\xff';
END $$;
CREATE VIEW locks AS SELECT * FROM kept FOR UPDATE;
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, writes() FROM kept');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, opens() FROM kept');
SELECT * FROM section_changes('TABLE kept', $$SELECT nextval('numbers'), 0, '\x01'::bytea$$);
SELECT * FROM section_changes('TABLE kept', 'TABLE locks');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, catches() FROM kept ORDER BY 1');
BEGIN;
INSERT INTO kept VALUES (9, 0, '\x09');
SELECT * FROM section_changes('SELECT * FROM kept WHERE k < 9', 'TABLE kept');
SHOW transaction_read_only;
SAVEPOINT s;
SELECT * FROM section_changes('TABLE kept', 'SELECT k, p, writes() FROM kept');
ROLLBACK TO s;
SHOW transaction_read_only;
INSERT INTO kept VALUES (10, 0, '\x0a');
SELECT count(*) FROM kept;
DO $$
BEGIN
    PERFORM section_changes('TABLE changes.kept', 'SELECT k, p, changes.writes() FROM changes.kept');
EXCEPTION WHEN read_only_sql_transaction THEN
    DELETE FROM changes.kept WHERE k = 10;
END $$;
SELECT count(*) FROM kept;
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) FROM section_changes('TABLE kept', 'SELECT * FROM kept WHERE k = 1');
SHOW transaction_read_only;
ROLLBACK;
-- Within itself, and several at a time.
SELECT s.* FROM kept, section_changes(format('SELECT * FROM kept WHERE k = %s', k), $$SELECT k, 0, section
    FROM section_changes(
    'SELECT * FROM kept WHERE false', 'TABLE kept ORDER BY k') AS s(k)$$) AS s ORDER BY k, key;
-- With the caller's rights.
CREATE ROLE regress_onetrip_changes;
GRANT USAGE ON SCHEMA changes TO regress_onetrip_changes;
SET ROLE regress_onetrip_changes;
SELECT * FROM section_changes($$SELECT 1, 0, '\x01'::bytea$$, 'TABLE kept');
RESET ROLE;
DROP OWNED BY regress_onetrip_changes;
DROP ROLE regress_onetrip_changes;

DROP SCHEMA changes CASCADE;
