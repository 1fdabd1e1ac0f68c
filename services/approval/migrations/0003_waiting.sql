-- Other matters that people decide on: messages that hold up a partition, implausible reference rows, dead letters.

-- Messages that hold up their partition and that people want to set aside. A projection of the streams `setaside-…`.
CREATE TABLE approval.set_aside (
    stream     text        NOT NULL,
    status     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    proposal   jsonb       NOT NULL,
    CONSTRAINT set_aside_pkey PRIMARY KEY (stream),
    CONSTRAINT set_aside_status_known CHECK (status IN ('PROPOSED', 'CONFIRMED'))
);

CREATE INDEX set_aside_waiting ON approval.set_aside (changed_at) WHERE status = 'PROPOSED';

-- Implausible reference rows, as the executor reports them on hawk.executions, and people's decisions on them.
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
COMMENT ON TABLE approval.held IS 'Reference rows that wait for people, or did. People decide on the digest.';

-- The dead letters there are, as hawk.deadletters reports them: a replay of any other is refused.
CREATE TABLE approval.letters (
    letter     text        NOT NULL,
    refused_at timestamptz NOT NULL,
    CONSTRAINT letters_pkey PRIMARY KEY (letter)
);
