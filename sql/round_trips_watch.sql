-- The watch over round trips is there if the library was loaded when the server started: round_trips_watch.out is
-- from a server that does not preload it, round_trips_watch_1.out from one that does.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS onetrip;
SELECT name FROM pg_settings WHERE name LIKE 'onetrip.%' ORDER BY name COLLATE "C";
SELECT count(*) >= 0 AS answers FROM round_trips;
\echo :SQLSTATE
-- Where there is something to reset, it stays.
SELECT round_trips_reset() WHERE current_setting('onetrip.watch', true) IS NULL;
\echo :SQLSTATE
