-- A service's role may switch its own time-outs off and take any advisory lock: with either it could hold up everybody.
-- The relay's role ends such sessions, through functions that end nothing else.

-- Ends sessions of services, in any database of the server, whose transaction has an id (so it holds back the feed) and
-- is older than so many seconds. A reader has no id unless it asks for one.
CREATE FUNCTION es.end_stalling(_seconds integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) FILTER (WHERE pg_terminate_backend(sessions.pid))::integer
    FROM pg_stat_activity AS sessions
    WHERE sessions.usename IN ('hawk_parser', 'hawk_approval', 'hawk_executor', 'hawk_monitor', 'hawk_reader')
        AND sessions.backend_xid IS NOT NULL
        AND sessions.xact_start < clock_timestamp() - make_interval(secs => greatest(_seconds, 1))
$$;

-- Ends sessions that hold or want the lock by which one relay is active, and are not of a relay. The key is
-- `relay.LOCK_KEY`.
CREATE FUNCTION es.free_relay_lock() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*) FILTER (WHERE pg_terminate_backend(sessions.pid))::integer
    FROM pg_locks AS locks
    JOIN pg_stat_activity AS sessions ON sessions.pid = locks.pid
    JOIN pg_database AS databases ON databases.oid = locks.database AND databases.datname = current_database()
    WHERE locks.locktype = 'advisory' AND locks.objsubid = 1
        AND locks.classid = x'4841574B'::bigint::oid AND locks.objid = x'00000002'::bigint::oid
        AND sessions.usename IN ('hawk_parser', 'hawk_approval', 'hawk_executor', 'hawk_monitor', 'hawk_reader')
$$;
