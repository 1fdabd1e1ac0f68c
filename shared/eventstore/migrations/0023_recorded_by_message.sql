-- The check at the door asks by one digest of the whole message: key, headers and data as they are published. Two arrays
-- then say all there is to say about a batch, and nothing but an id and 32 bytes is compared.

-- What is published of an event, in the order and the form of `shared.messaging.door.Presented.digest`, with a NUL after
-- each part: no text here can hold one. NULL where the id that gives the key is no text, for then it gives none.
-- Should another release of PostgreSQL print JSON otherwise, old digests match no message any more, and values decide.
CREATE FUNCTION es.message_digest(
    _event_id uuid, _stream text, _version bigint, _type text, _schema_version integer, _recorded_at timestamptz,
    _metadata jsonb, _data jsonb
) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _workflow jsonb := _data -> 'workflow_id';
    _response jsonb := _data -> 'response_id';
BEGIN
    IF coalesce(jsonb_typeof(_workflow), 'null') NOT IN ('string', 'null')
       OR coalesce(jsonb_typeof(_response), 'null') NOT IN ('string', 'null') THEN
        RETURN NULL;
    END IF;
    RETURN sha256(
        convert_to(coalesce(nullif(_workflow #>> '{}', ''), nullif(_response #>> '{}', ''), _stream), 'UTF8')
        || '\x00' || convert_to(_event_id::text, 'UTF8')
        || '\x00' || convert_to(_stream, 'UTF8')
        || '\x00' || convert_to(lpad(_version::text, 20, '0'), 'UTF8')
        || '\x00' || convert_to('hawk.' || _type || '.v' || _schema_version, 'UTF8')
        -- As Python's isoformat writes it: without a fraction where there is none.
        || '\x00' || convert_to(
            replace(to_char(_recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), '.000000', ''), 'UTF8')
        || '\x00' || convert_to(coalesce(_metadata ->> 'correlation_id', ''), 'UTF8')
        || '\x00' || convert_to(coalesce(_metadata ->> 'causation_id', ''), 'UTF8')
        || '\x00' || convert_to(coalesce(_metadata ->> 'traceparent', ''), 'UTF8')
        || '\x00' || convert_to(_data::text, 'UTF8'));
END
$$;

ALTER TABLE es.events DROP COLUMN published_digest;
DROP FUNCTION es.published_digest(text, jsonb);

ALTER TABLE es.events ADD COLUMN message_digest bytea GENERATED ALWAYS AS (
    es.message_digest(event_id, stream, version, type, schema_version, recorded_at, metadata, data)) STORED;
COMMENT ON COLUMN es.events.message_digest IS 'SHA-256 of the message that is published of this event: what the check at the door compares first.';

-- Whether the store holds events of these ids and these digests, one place a message. `_digests` are 32 bytes each, one
-- after the other.
CREATE FUNCTION es.recorded(_ids uuid[], _digests bytea) RETURNS boolean[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan is made and kept. Made while the store is small, it must still be a look-up by the id's index later.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    IF octet_length(_digests) IS DISTINCT FROM 32 * cardinality(_ids) THEN
        RAISE EXCEPTION 'recorded takes an id and a digest of 32 bytes a message' USING ERRCODE = 'HK005';
    END IF;
    RETURN (
        SELECT coalesce(array_agg(coalesce(found.yes, false) ORDER BY given.place), '{}')
        FROM unnest(_ids) WITH ORDINALITY AS given(id, place)
        -- LIMIT makes it a look-up an id. EXISTS may become a table of all events instead, where they were few once.
        LEFT JOIN LATERAL (
            SELECT true AS yes FROM es.events AS events
            WHERE events.event_id = given.id
              AND events.message_digest = substring(_digests FROM 32 * given.place::integer - 31 FOR 32)
            LIMIT 1) AS found ON true);
END
$$;

REVOKE ALL ON FUNCTION es.recorded(uuid[], bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.recorded(uuid[], bytea)
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_reader;

-- As values, what a digest said no to: as migration 0020 made it.
CREATE OR REPLACE FUNCTION es.recorded(_facts jsonb, _data jsonb) RETURNS boolean[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan is made and kept. Made while the store is small, it must still be a look-up by the id's index later.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    IF jsonb_typeof(_facts) IS DISTINCT FROM 'array' OR jsonb_typeof(_data) IS DISTINCT FROM 'array'
       OR jsonb_array_length(_facts) <> jsonb_array_length(_data) THEN
        RAISE EXCEPTION 'recorded takes two arrays with an entry a message in each' USING ERRCODE = 'HK005';
    END IF;
    RETURN (
        SELECT coalesce(array_agg(coalesce(found.yes, false) ORDER BY given.place), '{}')
        FROM ROWS FROM (
                jsonb_to_recordset(_facts) AS (
                    event_id uuid, stream text, version bigint, type text, schema_version integer,
                    recorded_at timestamptz, correlation_id text, causation_id text, traceparent text),
                jsonb_array_elements(_data))
             WITH ORDINALITY AS given(event_id, stream, version, type, schema_version, recorded_at, correlation_id,
                                      causation_id, traceparent, data, place)
        -- The data come last: they alone may have to be fetched from beside the row.
        LEFT JOIN LATERAL (
            SELECT true AS yes FROM es.events AS events
            WHERE events.event_id = given.event_id AND events.stream = given.stream AND events.version = given.version
              AND events.type = given.type AND events.schema_version = given.schema_version
              AND events.recorded_at = given.recorded_at
              AND coalesce(events.metadata ->> 'correlation_id', '') = given.correlation_id
              AND coalesce(events.metadata ->> 'causation_id', '') = given.causation_id
              AND coalesce(events.metadata ->> 'traceparent', '') = given.traceparent
              AND events.data = given.data
            LIMIT 1) AS found ON true);
END
$$;
