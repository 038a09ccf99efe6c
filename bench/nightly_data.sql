-- What the night of 2021-02-10 finds, in the tables of carousel_data.sql: 5 of the 100 campaigns ended the day before and
-- 5 begin, the sections of the last airing are kept, and one message in a hundred was edited since.
UPDATE campagnes SET valid_end = '2021-02-09 23:59:59Z' WHERE id <= 5;
UPDATE campagnes SET valid_start = '2021-02-10 00:00:00Z' WHERE id > 95;
CREATE TABLE aired_sections (message_id bigint, part int, section bytea, PRIMARY KEY (message_id, part));
INSERT INTO aired_sections
SELECT message_id, part, section FROM carousel_sections('AFRIQUE', '2021-02-09');
UPDATE messages SET template_id = 13 WHERE id % 100 = 0;
VACUUM ANALYZE campagnes, messages, aired_sections;
