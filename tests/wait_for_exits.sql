-- DROP DATABASE waits for the sessions that were here before for 5 s only: wait until they have ended.
DO $$
BEGIN
    FOR i IN 1..18000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname ~ '^regress_onetrip_');
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
