-- The monitor's page names the session whose open transaction holds the feed up, and nothing else of other sessions: the
-- relay's log has the query as well.

CREATE FUNCTION es.feed_holder() RETURNS TABLE (pid integer, role text, application text, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sessions.pid, sessions.usename::text, left(sessions.application_name, 100),
           coalesce(extract(epoch FROM clock_timestamp() - sessions.xact_start), 0)::double precision
    FROM pg_stat_activity AS sessions
    WHERE sessions.backend_xid IS NOT NULL AND sessions.pid <> pg_backend_pid()
    ORDER BY age(sessions.backend_xid) DESC
    LIMIT 1
$$;
REVOKE ALL ON FUNCTION es.feed_holder() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.feed_holder() TO hawk_monitor;
