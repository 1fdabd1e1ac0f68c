-- run as: administrator
-- The roles of HAWK. Nobody logs in as the owner, so nobody who logs in can switch the guards off.
-- Roles belong to the whole server and several databases may be migrated at once: the second run finds them made.

CREATE FUNCTION pg_temp.make_role(role_name text, options text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I %s', role_name, options);
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

SELECT pg_temp.make_role('hawk_owner', 'NOLOGIN');
SELECT pg_temp.make_role(name, 'LOGIN')
FROM unnest(ARRAY['hawk_parser', 'hawk_approval', 'hawk_executor', 'hawk_monitor', 'hawk_relay', 'hawk_reader']) AS name;

DO $$
BEGIN
    -- An administrator who is not a superuser must be a member of the owner to act as it in the next migrations.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT hawk_owner TO %I', current_user);
    END IF;
    -- The relay names the session that stalls the feed; without this it would see its process id but not its query.
    IF NOT pg_has_role('hawk_relay', 'pg_read_all_stats', 'MEMBER') THEN
        GRANT pg_read_all_stats TO hawk_relay;
    END IF;
    -- Every login role of the server could connect, and fill the disk with temporary tables.
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- Nobody logs in as the owner; its functions es.end_stalling and es.free_relay_lock end sessions of HAWK's roles.
    IF NOT pg_has_role('hawk_owner', 'pg_signal_backend', 'MEMBER') THEN
        GRANT pg_read_all_stats, pg_signal_backend TO hawk_owner;
    END IF;
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO hawk_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader',
        current_database());
    -- Verification and rebuild derive the tables beside the live ones.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO hawk_owner, hawk_reader', current_database());
    EXECUTE format('ALTER DATABASE %I SET search_path = hawk, public', current_database());
END
$$;

-- An open transaction with an id stalls the feed for everybody: a session that goes silent inside one is cut off.
-- Set per database: the settings of a role in one database never collide with those in another.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['hawk_parser', 'hawk_approval', 'hawk_executor', 'hawk_monitor', 'hawk_relay'] LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = %L',
                       role_name, current_database(), '15s');
    END LOOP;
    -- A reader gets no transaction id and stalls nothing; the bound only keeps forgotten sessions from holding back vacuum.
    EXECUTE format('ALTER ROLE hawk_reader IN DATABASE %I SET idle_in_transaction_session_timeout = %L',
                   current_database(), '10min');
    EXECUTE format('ALTER ROLE hawk_reader IN DATABASE %I SET default_transaction_read_only = on', current_database());
END
$$;

GRANT CREATE, USAGE ON SCHEMA public TO hawk_owner;
GRANT USAGE ON SCHEMA public TO hawk_reader;

-- The schema and its table of migrations were made by the runner before there was an owner.
ALTER SCHEMA es OWNER TO hawk_owner;
ALTER TABLE es.migrations OWNER TO hawk_owner;
