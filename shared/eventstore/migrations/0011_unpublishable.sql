-- Events that the relay passed over because they can never be published as things stand, each for a named cause.
-- Two persons have them published later (stream publication-<position>); until then `hawk verify` is red.

CREATE TABLE es.unpublishable (
    position      bigint      NOT NULL CONSTRAINT unpublishable_pkey PRIMARY KEY CHECK (position >= 1),
    event_id      uuid        NOT NULL,
    cause         text        NOT NULL CHECK (cause IN ('NO_ROUTE', 'TYPE_FORBIDDEN', 'DATA_MALFORMED', 'TOO_LARGE')),
    reason        text        NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 4000),
    listed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_version bigint      NOT NULL DEFAULT 0,
    published_at  timestamptz
);

COMMENT ON COLUMN es.unpublishable.tried_version IS
    'Version, in the stream of its publication, of the order the relay has tried last: each is tried once.';

CREATE INDEX unpublishable_waiting_idx ON es.unpublishable (position) WHERE published_at IS NULL;

CREATE TRIGGER unpublishable_no_delete BEFORE DELETE ON es.unpublishable
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER unpublishable_no_truncate BEFORE TRUNCATE ON es.unpublishable
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
ALTER TABLE es.unpublishable ENABLE ALWAYS TRIGGER unpublishable_no_delete;
ALTER TABLE es.unpublishable ENABLE ALWAYS TRIGGER unpublishable_no_truncate;

GRANT SELECT ON es.unpublishable TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;

-- Lists a sealed event that is not published yet. Listed already: nothing happens, so that the relay may ask again.
CREATE FUNCTION es.pass_over(_position bigint, _cause text, _reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO es.unpublishable (position, event_id, cause, reason)
    SELECT seals.position, seals.event_id, _cause, _reason
    FROM es.seals AS seals
    WHERE seals.position = _position
        AND _position > (SELECT checkpoints.position FROM es.checkpoints AS checkpoints WHERE checkpoints.name = 'publish')
    ON CONFLICT (position) DO NOTHING;
    IF NOT EXISTS (SELECT FROM es.unpublishable AS listed WHERE listed.position = _position) THEN
        RAISE EXCEPTION 'position % is not sealed, or is published already', _position USING ERRCODE = 'HK005';
    END IF;
END
$$;

-- The latest order to publish an event, above a version of its stream: of two different persons, for this very event.
-- NULL: there is none.
CREATE FUNCTION es.publication_order(_position bigint, _event_id uuid, _above bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT max(events.version) FROM es.events AS events
    WHERE events.stream = 'publication-' || _position AND events.version > _above
        AND events.type = 'PublicationConfirmed' AND events.data ->> 'event_id' = _event_id::text
        AND lower(events.data #>> '{proposed_by,person}') <> lower(events.data #>> '{confirmed_by,person}')
$$;

-- What became of an order.
CREATE FUNCTION es.note_publication(_position bigint, _version bigint, _cause text, _reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE es.unpublishable AS listed
    SET tried_version = _version,
        cause = coalesce(_cause, listed.cause),
        reason = CASE WHEN _cause IS NULL THEN listed.reason ELSE _reason END,
        published_at = CASE WHEN _cause IS NULL THEN clock_timestamp() END
    WHERE listed.position = _position AND listed.published_at IS NULL AND listed.tried_version < _version
        AND _version <= es.publication_order(listed.position, listed.event_id, listed.tried_version);
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION es.pass_over(bigint, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION es.note_publication(bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.pass_over(bigint, text, text) TO hawk_relay;
GRANT EXECUTE ON FUNCTION es.note_publication(bigint, bigint, text, text) TO hawk_relay;
