-- The one question that every service may ask about events that are not its own: is what I hold an event of the store?
-- The reply is yes or no for each message, and says nothing of the difference.

-- By one digest of the whole message (es.message_digest): two arguments say all there is to say about a batch, and
-- nothing but an id and 32 bytes is compared. `_digests` are 32 bytes a message, one after the other.
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

-- By values, for messages whose digest is not known. Two arrays with an entry a message.
CREATE FUNCTION es.recorded(_facts jsonb, _data jsonb) RETURNS boolean[]
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
