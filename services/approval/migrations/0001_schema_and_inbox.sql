-- What the approval keeps for itself, and the messages it has handled.

CREATE SCHEMA approval;
GRANT USAGE ON SCHEMA approval TO hawk_approval;
-- Tables that later migrations make here are the service's to write and nobody else's.
ALTER DEFAULT PRIVILEGES IN SCHEMA approval GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_approval;
ALTER DEFAULT PRIVILEGES IN SCHEMA approval GRANT USAGE ON SEQUENCES TO hawk_approval;

CREATE TABLE approval.inbox (
    consumer    text        NOT NULL,
    message_id  text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id)
);

-- A message that was handled stays handled: the row can be neither changed nor taken away by the service.
REVOKE UPDATE, DELETE ON approval.inbox FROM hawk_approval;
