-- Tickets for the streams of elements on other sites: of each its SHA-256, for a minute.

CREATE TABLE approval.stream_tickets (
    key         bytea       NOT NULL,
    person      text        NOT NULL,
    workflow_id text,
    response_id text,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT stream_tickets_pkey PRIMARY KEY (key),
    CONSTRAINT stream_tickets_key_is_sha256 CHECK (octet_length(key) = 32),
    CONSTRAINT stream_tickets_one_scope CHECK (num_nonnulls(workflow_id, response_id) = 1)
);

CREATE INDEX stream_tickets_expire ON approval.stream_tickets (expires_at);
