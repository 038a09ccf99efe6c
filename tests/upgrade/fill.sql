-- What a database holds that has used onetrip 0.1.0: stored layouts, what depends on its functions,
-- and the carousel's tables.
CREATE TABLE layouts (name text PRIMARY KEY, layout section_layout NOT NULL DEFAULT message_layout());
INSERT INTO layouts VALUES ('message', DEFAULT), ('small', 'small { n 8 uimsbf -- a comment
}');
-- One that is long enough to be compressed.
INSERT INTO layouts SELECT 'wide', ('wide {' || string_agg(format(E'\n f%s 8 uimsbf = n', i), '' ORDER BY i)
    || E'\n}')::section_layout FROM generate_series(1, 300) AS i;

CREATE TABLE sections (n int, document jsonb CHECK (encode_section('s { n 8 uimsbf }', document) <> '\xff'),
    section bytea GENERATED ALWAYS AS (encode_section('s { n 8 uimsbf }', document)) STORED);
INSERT INTO sections (n, document) VALUES (1, '{"n": 1}'), (2, '{"n": 2}');
CREATE INDEX ON sections (crc32_mpeg2(section));

SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 3);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'I', '2026-02-01 00:00:00+00', '2026-02-28 23:59:59+00');
INSERT INTO messages SELECT i, 1, i, 12, '[{"tag": 128, "value": "Bonjour"}]' FROM generate_series(1, 100) AS i;
CREATE VIEW carousels AS
SELECT zone_diffusion, name, encode_carousel(zone_diffusion, '2026-02-10', layout) AS carousel
FROM zones_diffusion, layouts WHERE name = 'message';
CREATE FUNCTION all_sections() RETURNS bytea LANGUAGE sql
    RETURN (SELECT section_agg(section ORDER BY n) FROM sections);
