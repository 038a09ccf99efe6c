-- A network of two multiplexes with 50 services, and 64 days of events in two languages, from the week in which summer time ends.
INSERT INTO networks VALUES (12289, 8442, 'Réseau numérique d’outre-mer', 'FRA', 'Europe/Paris');
INSERT INTO multiplexes VALUES (1, 12289), (2, 12289);

INSERT INTO services
SELECT n, 1 + (n - 1) / 25, 256 + n, CASE WHEN n % 10 = 0 THEN 2 ELSE 1 END, (ARRAY['Télé Éole', 'Ondes & Cie', 'Łódź Media'])[1 + n % 3],
    (ARRAY['Première', 'Été', 'Où ça ?', 'Noël', 'Příběh', 'Ελλάδα', 'Новости', 'Film', 'Sport', 'Radio Œuvre'])[1 + (n - 1) % 10] || ' ' || n, 4096 + n
FROM generate_series(1, 50) AS n;

INSERT INTO streams
SELECT id, 100 * id + pid, stream_type, language
FROM services, (VALUES (1, 27, NULL, 1), (2, 15, 'fra', 2), (3, 15, 'eng', 1)) AS s (pid, stream_type, language, service_type)
WHERE s.pid = 2 OR services.service_type = 1;

-- Six events a day, which begin at local time: the night of the 24th of October has an hour more.
INSERT INTO events
SELECT 10000 * s.id + n, s.id, n, starts, lead(starts, 1, starts + interval '4 hours') OVER (PARTITION BY s.id ORDER BY n) - starts,
    16 * (1 + n % 10) + n % 8, CASE WHEN n % 7 = 0 THEN 9 END
FROM services AS s, networks, generate_series(0, 6 * 64 - 1) AS n,
    LATERAL (SELECT (timestamp '2026-10-22 02:00' + n / 6 * interval '1 day' + (n % 6) * interval '4 hours' + (s.id % 4) * interval '15 minutes')
        AT TIME ZONE time_zone) AS t (starts);

INSERT INTO descriptions
SELECT e.id, language, format(title, e.event_id), format(summary, s.name)
FROM events AS e JOIN services AS s ON s.id = e.service, (VALUES
    ('fra', ARRAY['Journal de la nuit n° %s', 'Le dîner à l’été %s', 'Château, cœur et forêt %s', 'Příběh z města Łódź %s'], 'Émission présentée en direct sur « %s », façon Besançon.'),
    ('eng', ARRAY['Night news %s', 'A summer’s dinner %s', 'Castles and forests %s', 'A story of Łódź %s'], 'Live on %s.')) AS t (language, titles, summary),
    LATERAL (SELECT titles[1 + e.event_id % 4]) AS c (title);
ANALYZE;
