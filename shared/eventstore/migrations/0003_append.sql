-- The only way into es.events. Errors: HK001 not the first write, HK002 version conflict, HK003 stream forbidden,
-- HK005 wrong arguments. Facts of an error stand in DETAIL as JSON; the sentence is for people.

CREATE TABLE es.stream_rights (
    role_name name NOT NULL,
    prefix    text NOT NULL CHECK (prefix <> ''),
    PRIMARY KEY (role_name, prefix)
);

COMMENT ON TABLE es.stream_rights IS 'Which login role may append to streams that start with a prefix.';

INSERT INTO es.stream_rights (role_name, prefix) VALUES
    ('hawk_parser', 'response-'), ('hawk_parser', 'deadletter-parser-'),
    ('hawk_approval', 'approval-'), ('hawk_approval', 'submission-'), ('hawk_approval', 'policy'),
    ('hawk_approval', 'rollout'), ('hawk_approval', 'deadletter-approval-'),
    ('hawk_executor', 'plan-'), ('hawk_executor', 'execution-'), ('hawk_executor', 'progress-'),
    ('hawk_executor', 'exposure-'), ('hawk_executor', 'usdpb-'), ('hawk_executor', 'reference-'),
    ('hawk_executor', 'deadletter-executor-'),
    ('hawk_monitor', 'deadletter-monitor-');

GRANT SELECT ON es.stream_rights TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;

-- _streams/_expected hold one entry a stream; the other arrays one entry an event, in the order to append.
CREATE FUNCTION es.append(
    _streams         text[],
    _expected        bigint[],
    _event_streams   text[],
    _event_ids       uuid[],
    _types           text[],
    _schema_versions integer[],
    _data            text[],
    _metadata        text[]
) RETURNS TABLE (stream text, version bigint, recorded_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _found record;
BEGIN
    -- The feed is ordered by transaction id. Had this transaction an id already, another one with a higher id could have
    -- appended version n of a stream before this one appends n + 1, and the feed would show n + 1 first. When the id is
    -- taken after the versions are read, the writer of n has committed, so its id is smaller.
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'append is not the first write of its transaction'
            USING ERRCODE = 'HK001', HINT = 'Append first, write everything else afterwards.';
    END IF;

    IF (SELECT count(DISTINCT named) <> cardinality(_streams) FROM unnest(_streams) AS named)
       OR cardinality(_streams) <> cardinality(_expected)
       OR cardinality(_event_streams) <> cardinality(_event_ids)
       OR NOT _event_streams <@ _streams OR NOT _streams <@ _event_streams THEN
        RAISE EXCEPTION 'append names a stream twice, or streams and events do not belong together' USING ERRCODE = 'HK005';
    END IF;

    SELECT wanted.stream INTO _found
    FROM unnest(_streams) AS wanted(stream)
    WHERE NOT EXISTS (
        SELECT 1 FROM es.stream_rights AS rights
        WHERE rights.role_name = session_user AND starts_with(wanted.stream, rights.prefix))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role % may not append to stream %', session_user, _found.stream
            USING ERRCODE = 'HK003',
                  DETAIL = jsonb_build_object('role', session_user, 'stream', _found.stream)::text;
    END IF;

    SELECT wanted.stream, wanted.expected, latest.version INTO _found
    FROM unnest(_streams, _expected) WITH ORDINALITY AS wanted(stream, expected, place)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(events.version), 0) AS version FROM es.events AS events WHERE events.stream = wanted.stream
    ) AS latest
    WHERE latest.version IS DISTINCT FROM wanted.expected
    ORDER BY wanted.place
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'stream % is at version %, expected %', _found.stream, _found.version, _found.expected
            USING ERRCODE = 'HK002',
                  DETAIL = jsonb_build_object(
                      'stream', _found.stream, 'expected', _found.expected, 'actual', _found.version)::text;
    END IF;

    -- Two appends may both pass the check above; the unique constraint on (stream, version) lets one of them in.
    RETURN QUERY
    INSERT INTO es.events AS events (stream, version, event_id, type, schema_version, data, metadata)
    SELECT given.stream,
           wanted.expected + row_number() OVER (PARTITION BY given.stream ORDER BY given.place),
           given.event_id, given.type, given.schema_version, given.data::jsonb, given.metadata::jsonb
    FROM unnest(_event_streams, _event_ids, _types, _schema_versions, _data, _metadata)
             WITH ORDINALITY AS given(stream, event_id, type, schema_version, data, metadata, place)
    JOIN unnest(_streams, _expected) AS wanted(stream, expected) ON wanted.stream = given.stream
    ORDER BY given.place
    RETURNING events.stream, events.version, events.recorded_at;
END
$$;

REVOKE ALL ON FUNCTION es.append(text[], bigint[], text[], uuid[], text[], integer[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.append(text[], bigint[], text[], uuid[], text[], integer[], text[], text[])
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor;
