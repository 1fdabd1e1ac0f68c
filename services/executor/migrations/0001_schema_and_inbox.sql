-- What the executor keeps for itself, and the messages it has handled.

CREATE SCHEMA executor;
GRANT USAGE ON SCHEMA executor TO hawk_executor;
-- Tables that later migrations make here are the service's to write and nobody else's.
ALTER DEFAULT PRIVILEGES IN SCHEMA executor GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_executor;
ALTER DEFAULT PRIVILEGES IN SCHEMA executor GRANT USAGE ON SEQUENCES TO hawk_executor;

CREATE TABLE executor.inbox (
    consumer    text        NOT NULL,
    message_id  text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id)
);

-- A message that was handled stays handled: the row can be neither changed nor taken away by the service.
REVOKE UPDATE, DELETE ON executor.inbox FROM hawk_executor;

-- The read tables: written by the executor's projections, read by people and reports.
CREATE SCHEMA hawk;
GRANT USAGE ON SCHEMA hawk TO hawk_executor, hawk_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_executor;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT USAGE ON SEQUENCES TO hawk_executor;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT SELECT ON TABLES TO hawk_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO hawk_reader;
