-- By pg_cron, as a role that may export: nothing outside of the server is needed.
SELECT cron.schedule('onetrip export AFRIQUE', '5 0 * * *',
    $$SELECT export_carousel_to_file('AFRIQUE', current_date, '/srv/carousel/AFRIQUE.bin')$$);
SELECT cron.schedule('onetrip load', '*/5 * * * *', $$CALL load_response_events('app', 'dwh', 'changed')$$);
