-- A carousel of :messages messages of four items each (a French sentence of 130 bytes, an integer,
-- a boolean, a URL): about 250 bytes a section. 100 campaigns, all on air in zone AFRIQUE on
-- 2021-02-10, their messages inserted one campaign after the other. The same rows every time.
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 3), ('EUROPE', 4);
INSERT INTO campagnes
SELECT id, 'AFRIQUE', 'I', '2021-02-01 00:00:00Z', '2021-02-28 23:59:59Z', 2, 300
FROM generate_series(1, 100) AS id;
INSERT INTO messages
SELECT id, 1 + (id - 1) * 100 / :messages, 1000000000 + id, 12,
    jsonb_build_array(
        jsonb_build_object('tag', 1, 'value', rpad(
            'Cher abonné, votre abonnement arrive à échéance le ' || 1 + id % 28
            || ' : rechargez dès aujourd''hui et profitez d''un mois offert. n° ' || id, 126, '.')),
        jsonb_build_object('tag', 2, 'value', id),
        jsonb_build_object('tag', 3, 'value', id % 2 = 0),
        jsonb_build_object('tag', 4, 'value', 'https://recharge.example.com/offre/' || 1000000 + id
            || '?canal=stb&zone=afrique'))
FROM generate_series(1, :messages) AS id;
VACUUM ANALYZE zones_diffusion, campagnes, messages;
