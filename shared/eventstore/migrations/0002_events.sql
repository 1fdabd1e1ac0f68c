-- The one append-only table: audit trail and outbox at once.

-- The SHA-256 of what is published of an event, in the order and the form of `shared.messaging.door.Presented.digest`,
-- with a NUL after each part: no text here can hold one. NULL where the id that gives the key is not a text, because
-- then there is no key. Should another release of PostgreSQL print JSON differently, old digests match no message any
-- more, and values decide.
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

CREATE TABLE es.events (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    stream         text        NOT NULL CHECK (octet_length(stream) BETWEEN 1 AND 255),
    version        bigint      NOT NULL CHECK (version >= 1),
    event_id       uuid        NOT NULL,
    type           text        NOT NULL CHECK (type <> ''),
    schema_version integer     NOT NULL CHECK (schema_version >= 1),
    data           jsonb       NOT NULL CHECK (jsonb_typeof(data) = 'object'),
    metadata       jsonb       NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid            xid8        NOT NULL DEFAULT pg_current_xact_id(),
    -- Kept with the row: it is computed once, and four readers ask.
    message_digest bytea       GENERATED ALWAYS AS (
        es.message_digest(event_id, stream, version, type, schema_version, recorded_at, metadata, data)) STORED,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_stream_version_key UNIQUE (stream, version),
    CONSTRAINT events_event_id_key UNIQUE (event_id)
);

COMMENT ON TABLE es.events IS
    'Append-only. An archive may take a row away only when no topic holds its message any more: every consumer asks here for each message (es.recorded), and a row that is gone is refused as never recorded. hawk.control is kept for ever.';
COMMENT ON COLUMN es.events.xid IS
    'The transaction that wrote the row. The feed reads in (xid, id) order, below the oldest transaction still open.';
COMMENT ON COLUMN es.events.message_digest IS 'SHA-256 of the message that is published of this event; the check at the door compares it first.';

CREATE INDEX events_feed_idx ON es.events (xid, id);
-- `hawk status` says how many reference rows wait for people; without this it would look through all streams.
CREATE INDEX events_held_idx ON es.events (stream, version) WHERE starts_with(stream, 'held-');

CREATE FUNCTION es.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: the table is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'HK004', HINT = 'Correct a fact by appending an event that says so.';
END
$$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON es.events
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON es.events
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
-- ALWAYS: session_replication_role = replica does not switch them off.
ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_append_only;
ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_no_truncate;
