-- Four zones, seven campaigns on air, over and to come, and 4,300 messages to subscribers. Nothing
-- is random; dates lie around current_date.
SELECT create_carousel_tables('public');

INSERT INTO zones_diffusion (zone_diffusion, network_id) VALUES
    ('AFRIQUE', 3), ('CARAÏBES', 5), ('EUROPE', 4), ('OCÉAN INDIEN', 6);

INSERT INTO campagnes (id, zone_diffusion, genre, valid_start, valid_end, ack_count, ack_delay)
SELECT id, zone, genre, current_date + first_day, current_date + last_day + time '23:59:59', 2, 300
FROM (VALUES
    (1, 'AFRIQUE',      'I', -10,  20),
    (2, 'AFRIQUE',      'I', -60, -30),
    (3, 'AFRIQUE',      'P',   5,  30),
    (4, 'AFRIQUE',      'L',  -3,   0),
    (5, 'EUROPE',       'I',  -1,   6),
    (6, 'CARAÏBES',     'P',   0,  14),
    (7, 'OCÉAN INDIEN', 'I', -90,  -1)) AS c (id, zone, genre, first_day, last_day);

-- Short messages: one sentence with the subscriber's first name, a number of days, a flag.
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
SELECT campagne * 10000 + n, campagne, 1000000000 + campagne * 10000 + n, 12,
    jsonb_build_array(
        jsonb_build_object('tag', 128, 'value', format(
            'Bonjour %s, votre abonnement arrive à échéance dans %s jours : rechargez dès '
            'aujourd''hui et profitez d''un mois offert.', first_names[1 + n % 12], 1 + n % 28)),
        jsonb_build_object('tag', 129, 'value', 1 + n % 28),
        jsonb_build_object('tag', 130, 'value', n % 2 = 0))
FROM (VALUES (1, 2000), (2, 600), (3, 500), (5, 700), (6, 200), (7, 150)) AS c (campagne, messages),
    generate_series(1, messages) AS n,
    (VALUES (ARRAY['Aïssatou', 'Benoît', 'Cécile', 'Désiré', 'Eugénie', 'Frédéric', 'Gaëlle',
        'Hélène', 'Joël', 'Léopold', 'Noémie', 'Zoé'])) AS f (first_names);

-- Long messages: six sentences each, more than one section of 512 bytes holds.
INSERT INTO messages (id, campagne_id_fk, numero_abonne, template_id, storables)
SELECT 40000 + n, 4, 1000040000 + n, 20, (
    SELECT jsonb_agg(jsonb_build_object('tag', 128, 'value', format(sentence, n)) ORDER BY ordinal)
    FROM unnest(ARRAY[
        'Cher abonné n° %s, à compter du mois prochain, les conditions générales de votre '
        'abonnement évoluent. Voici, en quelques écrans, ce qui change pour vous.',
        'La chaîne Ciné Événement rejoint votre bouquet : plus de deux cents films inédits par '
        'an, en version originale sous-titrée ou en français, sans supplément.',
        'Les compétitions européennes de football sont désormais retransmises en intégralité, '
        'y compris les résumés de fin de soirée et les magazines du week-end.',
        'Si vous résiliez avant l''échéance, les mensualités déjà versées vous sont remboursées '
        'au prorata, déduction faite des frais de dossier éventuels.',
        'Votre décodeur reste prêté à titre gracieux. Veillez à le garder branché la nuit : '
        'c''est à ce moment-là que les mises à jour sont téléchargées.',
        'Une question ? Nos conseillers répondent du lundi au samedi, de huit heures à vingt '
        'heures. Merci de votre fidélité, et à très bientôt sur nos écrans.'])
        WITH ORDINALITY AS s (sentence, ordinal))
FROM generate_series(1, 150) AS n;

ANALYZE zones_diffusion, campagnes, messages;
