-- What the parser keeps for itself, and the messages it has handled.

CREATE SCHEMA parser;
GRANT USAGE ON SCHEMA parser TO hawk_parser;
-- Tables that later migrations make here are the service's to write and nobody else's.
ALTER DEFAULT PRIVILEGES IN SCHEMA parser GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_parser;
ALTER DEFAULT PRIVILEGES IN SCHEMA parser GRANT USAGE ON SEQUENCES TO hawk_parser;

CREATE TABLE parser.inbox (
    consumer    text        NOT NULL,
    message_id  text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id)
);

-- A message that was handled stays handled: the row can be neither changed nor taken away by the service.
REVOKE UPDATE, DELETE ON parser.inbox FROM hawk_parser;
