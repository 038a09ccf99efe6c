-- The third part of what scripts/demo shows: the tables of a transport stream from a relational EPG, and back.
\pset footer off
\pset null ''
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE EXTENSION IF NOT EXISTS onetrip;
\o /dev/null
CREATE SCHEMA epg;
SET search_path = epg, public;
\ir demo/epg_tables.sql
\ir demo/epg_data.sql
\o

\echo
\echo '== An EPG in tables: the night in which summer time ends, an hour longer =='
\echo
\set ECHO queries
SELECT s.name, e.starts, e.starts AT TIME ZONE 'Europe/Paris' AS in_paris, e.lasts, d.language, d.title
FROM events AS e JOIN services AS s ON s.id = e.service JOIN descriptions AS d ON d.event = e.id
WHERE s.id = 4 AND e.starts >= '2026-10-24 18:00Z' AND e.starts < '2026-10-25 06:00Z' ORDER BY e.starts, d.language DESC;
\set ECHO none

\echo '== All tables of a transport stream, in one statement =='
\echo
\set ECHO queries
SELECT * FROM put_on_air(1, '2026-10-24 23:30Z');
\set ECHO none
SELECT pid, layout, period, count(DISTINCT (table_id, extension, stream)) AS tables, count(section) AS sections, sum(length(section)) AS bytes
FROM aired JOIN sections_on_air USING (multiplex, table_id, extension, stream, pid, period)
GROUP BY pid < 4096, CASE WHEN pid < 4096 THEN pid END, pid, layout, period HAVING pid <= 4097 ORDER BY pid, layout, period;

\echo '== A title is corrected: versions go up where bytes change, and nowhere else =='
\echo
\set ECHO queries
UPDATE descriptions SET title = 'Journal de l’été' WHERE language = 'fra' AND event = (
    SELECT id FROM events WHERE service = 4 AND starts <= '2026-10-24 23:30Z' ORDER BY starts DESC LIMIT 1);
SELECT * FROM put_on_air(1, '2026-10-24 23:30Z');
SELECT layout, table_id, extension, version_number FROM aired WHERE version_number > 0 ORDER BY table_id;
\set ECHO none

\echo '== One transport stream of 30 seconds, each table as often as it must come =='
\echo
\set ECHO queries
SELECT rows, sections, bytes, round(bytes * 8 / 30.0 / 1e6, 2) AS mbit_s FROM export_sections_to_file(
    'SELECT section, pid FROM cycle WHERE multiplex = 1 ORDER BY second, pid, table_id, extension, stream, part',
    current_setting('data_directory') || '/epg.ts');
\set ECHO none

\echo '== Read as a protocol analyser reads it =='
\echo
\set ECHO queries
SELECT repeat('    ', regexp_count(field, '\.')) || substring(field FROM '(?:\[\d+\]\.)?[^.]*$') AS field,
    byte_offset AS byte, width AS bits, value
FROM sections_on_air, dissect_section(standard_layout('eit_pf'), section)
WHERE (table_id, extension, part) = (78, 260, 0);
\set ECHO none

\echo '== And back: a recording becomes rows, and they are those of the EPG =='
\echo
\set ECHO queries
CREATE TEMPORARY TABLE recorded AS SELECT * FROM recorded_events(pg_read_binary_file('epg.ts'));
SELECT starts AT TIME ZONE 'Europe/Paris' AS in_paris, lasts, language, title, summary FROM recorded
WHERE service_id = 260 AND starts >= '2026-10-24 18:00Z' AND starts < '2026-10-25 06:00Z' ORDER BY starts, language DESC;

SELECT count(*) AS recorded, count(*) FILTER (WHERE e.id IS NOT NULL) AS as_they_were
FROM recorded AS r LEFT JOIN (services AS s JOIN events AS e ON e.service = s.id JOIN descriptions AS d ON d.event = e.id)
    ON (s.transport_stream_id, s.service_id, e.event_id, e.starts, e.lasts, d.language, d.title, d.summary)
     = (r.transport_stream_id, r.service_id, r.event_id, r.starts, r.lasts, r.language, r.title, r.summary);
