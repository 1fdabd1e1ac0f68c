-- The one append-only table: audit trail and outbox at once.

GRANT USAGE ON SCHEMA es TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;
GRANT SELECT ON es.migrations TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;

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
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_stream_version_key UNIQUE (stream, version),
    CONSTRAINT events_event_id_key UNIQUE (event_id)
);

COMMENT ON COLUMN es.events.xid IS
    'The transaction that wrote the row. The feed reads in (xid, id) order, below the oldest transaction still open.';

COMMENT ON TABLE es.events IS
    'Append-only. Whoever builds an archive: a row may leave only when no topic holds its message any more, for every consumer asks here for each message (es.recorded), and what is gone is refused as never recorded. hawk.control is kept for ever.';

CREATE INDEX events_feed_idx ON es.events (xid, id);

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

GRANT SELECT ON es.events TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;
