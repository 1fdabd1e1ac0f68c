-- Reference rows that are not plausible, as the executor tells of them on hawk.executions, and what people said to them.

CREATE TABLE approval.held (
    held_id   text        NOT NULL,
    stream    text        NOT NULL,
    digest    text        NOT NULL,
    persons   integer     NOT NULL,
    document  jsonb       NOT NULL,
    state     text        NOT NULL,
    reason    text        NOT NULL DEFAULT '',
    confirmed jsonb       NOT NULL DEFAULT '[]',
    held_at   timestamptz NOT NULL,
    CONSTRAINT held_pkey PRIMARY KEY (held_id),
    CONSTRAINT held_state_known CHECK (state IN ('WAITING', 'CONFIRMED', 'REJECTED', 'APPLIED', 'DROPPED'))
);
CREATE INDEX held_open ON approval.held (held_at) WHERE state IN ('WAITING', 'CONFIRMED', 'REJECTED');
COMMENT ON TABLE approval.held IS 'What waits for people, or did: its digest is what they decide on.';
