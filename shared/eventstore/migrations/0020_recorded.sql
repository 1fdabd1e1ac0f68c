-- The one question that every service may ask about events that are not its own: is what I hold an event of the store?
-- One entry a message, and for each only yes or no. Whatever differs, the answer is the same no.

CREATE FUNCTION es.recorded(
    _event_ids       uuid[],
    _streams         text[],
    _versions        bigint[],
    _types           text[],
    _schema_versions integer[],
    _times           timestamptz[],
    _correlation_ids text[],
    _causation_ids   text[],
    _traceparents    text[],
    _data            text[]
) RETURNS boolean[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan is made and kept: the planner takes arrays of known length for cheaper and would plan at every call, which
-- costs three times the look-up. Made while the store is small, it must still be a look-up by the id's index later.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    _asked CONSTANT integer := cardinality(_event_ids);
BEGIN
    IF cardinality(_streams) IS DISTINCT FROM _asked OR cardinality(_versions) IS DISTINCT FROM _asked
       OR cardinality(_types) IS DISTINCT FROM _asked OR cardinality(_schema_versions) IS DISTINCT FROM _asked
       OR cardinality(_times) IS DISTINCT FROM _asked OR cardinality(_correlation_ids) IS DISTINCT FROM _asked
       OR cardinality(_causation_ids) IS DISTINCT FROM _asked OR cardinality(_traceparents) IS DISTINCT FROM _asked
       OR cardinality(_data) IS DISTINCT FROM _asked THEN
        RAISE EXCEPTION 'recorded takes one entry a message in each array' USING ERRCODE = 'HK005';
    END IF;
    RETURN (
        SELECT coalesce(array_agg(coalesce(found.yes, false) ORDER BY given.place), '{}')
        FROM unnest(_event_ids, _streams, _versions, _types, _schema_versions, _times, _correlation_ids, _causation_ids,
                    _traceparents, _data)
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
              AND events.data = given.data::jsonb
            LIMIT 1) AS found ON true);
END
$$;

REVOKE ALL ON FUNCTION es.recorded(uuid[], text[], bigint[], text[], integer[], timestamptz[], text[], text[], text[], text[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.recorded(uuid[], text[], bigint[], text[], integer[], timestamptz[], text[], text[], text[], text[])
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_reader;
