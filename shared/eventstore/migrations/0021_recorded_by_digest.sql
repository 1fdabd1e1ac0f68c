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
              AND CASE jsonb_typeof(given.data)
                  WHEN 'string' THEN es.published_digest(events.stream, events.data) = given.data #>> '{}'
                  ELSE events.data = given.data END
            LIMIT 1) AS found ON true);
END
$$;

-- The key is the one that `shared.events.routing.key_of` gives; NULL where it gives none.
CREATE FUNCTION es.published_digest(_stream text, _data jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN coalesce(pg_catalog.jsonb_typeof(_data -> 'workflow_id'), 'null') IN ('string', 'null')
         AND coalesce(pg_catalog.jsonb_typeof(_data -> 'response_id'), 'null') IN ('string', 'null')
        THEN pg_catalog.encode(pg_catalog.sha256(
            pg_catalog.convert_to(
                coalesce(nullif(_data ->> 'workflow_id', ''), nullif(_data ->> 'response_id', ''), _stream), 'UTF8')
            || '\x00'::bytea || pg_catalog.convert_to(_data::text, 'UTF8')), 'hex')
    END
$$;

REVOKE ALL ON FUNCTION es.published_digest(text, jsonb) FROM PUBLIC;
