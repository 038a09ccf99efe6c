-- A relational EPG of :services services and :days days, an event each half hour, in two languages; the rows of an EIT schedule, one
-- for each service and table_id, as a view and as a table; their sections, and the text of what those are decoded to.
CREATE TABLE services (id int PRIMARY KEY, service_id int, transport_stream_id int, original_network_id int);
CREATE TABLE events (id bigint PRIMARY KEY, service int REFERENCES services, event_id int, starts timestamptz, lasts interval, genre int,
    rating int);
CREATE TABLE descriptions (event bigint REFERENCES events, language char(3), title text, summary text, PRIMARY KEY (event, language));

INSERT INTO services SELECT n, n, 1 + n / 20, 8442 FROM generate_series(1, :services) AS n;
INSERT INTO events
SELECT s.id * 100000 + n, s.id, n, timestamptz '2026-10-22Z' + n * interval '30 minutes', interval '30 minutes', 16 * (1 + n % 10) + n % 16, n % 16
FROM services AS s, generate_series(0, 48 * :days - 1) AS n;
INSERT INTO descriptions
SELECT id, language, title || ' ' || event_id, summary || ' ' || repeat('n° ', event_id % 12) || event_id
FROM events, (VALUES
    ('fra', 'Le dîner à l''été', 'Émission consacrée à la gastronomie française, présentée en direct de Besançon'),
    ('eng', 'The dinner', 'A programme about food and those who make it, live from the kitchen of a restaurant')) AS t (language, title, summary);
CREATE INDEX ON events (service, starts);

CREATE TABLE layouts AS SELECT standard_layout('eit_schedule') AS writing, standard_layout('eit') AS reading;

CREATE VIEW eit_schedule_rows AS
WITH placed AS (
    SELECT e.*, floor(extract(epoch FROM e.starts - timestamptz '2026-10-22Z') / 10800)::int AS n FROM events AS e
)
SELECT 80 + p.n / 32 AS table_id, s.service_id, s.transport_stream_id, s.original_network_id, 7 AS version_number,
    max(80 + max(p.n) / 32) OVER (PARTITION BY s.id) AS last_table_id,
    jsonb_agg(jsonb_build_object(
        'segment', p.n % 32, 'event_id', p.event_id, 'start_time', p.starts, 'duration', p.lasts, 'running_status', 0, 'free_CA_mode', false,
        'descriptors', (
            SELECT jsonb_agg(jsonb_build_object('short_event_descriptor',
                jsonb_build_object('ISO_639_language_code', language, 'event_name', title, 'text', summary)) ORDER BY language)
            FROM descriptions AS t WHERE t.event = p.id)
          || jsonb_build_array(
                jsonb_build_object('content_descriptor', jsonb_build_object('contents', jsonb_build_array(jsonb_build_object(
                    'content_nibble_level_1', p.genre / 16, 'content_nibble_level_2', p.genre % 16, 'user_byte', 0)))),
                jsonb_build_object('parental_rating_descriptor', jsonb_build_object('ratings', jsonb_build_array(jsonb_build_object(
                    'country_code', 'FRA', 'rating', p.rating)))))
      ) ORDER BY p.starts) AS events
FROM placed AS p JOIN services AS s ON s.id = p.service
GROUP BY s.id, p.n / 32;

CREATE TABLE rows AS TABLE eit_schedule_rows;
-- What is compared is reading: neither sections nor texts are compressed.
CREATE TABLE sections (service_id int, table_id int, part bigint, section bytea);
ALTER TABLE sections ALTER section SET STORAGE EXTERNAL;
INSERT INTO sections
SELECT r.service_id, r.table_id, s.part, s.section
FROM layouts, rows AS r, encode_sections(writing, r) WITH ORDINALITY AS s (section, part);
CREATE TABLE texts (row text);
ALTER TABLE texts ALTER row SET STORAGE EXTERNAL;
INSERT INTO texts SELECT decode_section(reading, section) FROM layouts, sections;
VACUUM ANALYZE;
