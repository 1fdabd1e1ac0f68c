-- What the monitor keeps for itself, and the messages it has handled.

CREATE SCHEMA monitor;
GRANT USAGE ON SCHEMA monitor TO hawk_monitor;
-- Tables that later migrations make here are the service's to write and nobody else's.
ALTER DEFAULT PRIVILEGES IN SCHEMA monitor GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA monitor GRANT USAGE ON SEQUENCES TO hawk_monitor;

CREATE TABLE monitor.inbox (
    consumer    text        NOT NULL,
    message_id  text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id)
);

-- A message that was handled stays handled: the row can be neither changed nor taken away by the service.
REVOKE UPDATE, DELETE ON monitor.inbox FROM hawk_monitor;
