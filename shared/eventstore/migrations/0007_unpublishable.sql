-- Events that the relay passed over because they cannot be published in their present state, each with its cause.
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

-- Lists a sealed event that is not published yet. Nothing happens when it is listed already: the relay may ask again.
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

-- The latest order of two different persons to publish this event, above a version of its stream; NULL when there is
-- none. Persons with subjects of the issuer differ by subject, others by name. Case, width and composition of a name do
-- not matter here; the relay, which reads the orders, recognises look-alikes too (shared.people.identity).
CREATE FUNCTION es.publication_order(_position bigint, _event_id uuid, _above bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT max(events.version) FROM es.events AS events,
        LATERAL (SELECT events.data #>> '{proposed_by,person}' AS one,
                        events.data #>> '{confirmed_by,person}' AS other) AS persons,
        LATERAL (SELECT substring(one FROM ' <([^<>]+)>$') AS subject,
                        substring(other FROM ' <([^<>]+)>$') AS other_subject) AS subjects
    WHERE events.stream = 'publication-' || _position AND events.version > _above
        AND events.type = 'PublicationConfirmed' AND events.data ->> 'event_id' = _event_id::text
        AND coalesce(subject <> other_subject, lower(normalize(one, NFKC)) <> lower(normalize(other, NFKC)))
$$;

-- Notes the result of an order.
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
