-- `es.recorded` as before, but an entry of `_data` that is a text stands for data: the SHA-256, in hex, of the key that
-- the event is published under, a NUL, and the data as the database prints them. Data themselves are always an object.
-- Kept with the row: it is computed once, and four readers ask.

-- The key is the one that `shared.events.routing.key_of` gives; NULL where an id is no text, for then it gives none.
-- Should another release of PostgreSQL print JSON otherwise, old digests match no message any more, and values decide.
CREATE FUNCTION es.published_digest(_stream text, _data jsonb) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    _workflow jsonb := _data -> 'workflow_id';
    _response jsonb := _data -> 'response_id';
BEGIN
    IF coalesce(pg_catalog.jsonb_typeof(_workflow), 'null') NOT IN ('string', 'null')
       OR coalesce(pg_catalog.jsonb_typeof(_response), 'null') NOT IN ('string', 'null') THEN
        RETURN NULL;
    END IF;
    RETURN pg_catalog.sha256(
        pg_catalog.convert_to(
            coalesce(nullif(_workflow #>> '{}', ''), nullif(_response #>> '{}', ''), _stream), 'UTF8')
        || '\x00'::bytea || pg_catalog.convert_to(_data::text, 'UTF8'));
END
$$;

ALTER TABLE es.events ADD COLUMN published_digest bytea
    GENERATED ALWAYS AS (es.published_digest(stream, data)) STORED;
COMMENT ON COLUMN es.events.published_digest IS 'SHA-256 of key, NUL and data as they are published: what the check at the door compares first.';

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
              AND CASE jsonb_typeof(given.data) WHEN 'string'
                  THEN events.published_digest = decode(given.data #>> '{}', 'hex')
                  ELSE events.data = given.data END
            LIMIT 1) AS found ON true);
END
$$;
