-- `es.recorded` as before, but an entry of `_data` that is a text stands for data: the SHA-256, in hex, of the key that
-- the event is published under, a NUL, and the data as the database prints them. Data themselves are always an object.

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
              -- Written out: a function would be planned and run anew for each row. The key is the one that
              -- `shared.events.routing.key_of` gives; where an id is no text it gives none.
              AND CASE WHEN jsonb_typeof(given.data) <> 'string' THEN events.data = given.data
                  ELSE coalesce(jsonb_typeof(events.data -> 'workflow_id'), 'null') IN ('string', 'null')
                   AND coalesce(jsonb_typeof(events.data -> 'response_id'), 'null') IN ('string', 'null')
                   AND given.data #>> '{}' = encode(sha256(
                       convert_to(coalesce(nullif(events.data ->> 'workflow_id', ''),
                                           nullif(events.data ->> 'response_id', ''), events.stream), 'UTF8')
                       || '\x00'::bytea || convert_to(events.data::text, 'UTF8')), 'hex') END
            LIMIT 1) AS found ON true);
END
$$;
