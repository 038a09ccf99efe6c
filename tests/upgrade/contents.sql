-- What fill.sql filled in, and what is made of it: the same after an update and after a restore.
SET timezone = 'UTC';
SELECT name, md5(layout::text), md5(section_layout_send(layout)) FROM layouts ORDER BY name;
SELECT * FROM sections ORDER BY n;
SELECT zone_diffusion, name, length(carousel), md5(carousel) FROM carousels;
SELECT all_sections();
SELECT count(*) FROM layouts, encode_sections(layout, '{"n": 7}'::jsonb) WHERE name <> 'message';
