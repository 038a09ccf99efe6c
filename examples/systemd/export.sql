-- /etc/onetrip/export.sql. An empty carousel, or one of which a message cannot be encoded, is an error, and the old file stays.
\if :{?folder}
\else
\set folder /srv/carousel
\endif
SELECT messages, sections, bytes FROM export_carousel_to_file(:'zone', current_date, :'folder' || '/' || :'zone' || '.bin');
