-- Messages that hold up their partition and that people want set aside. A projection of the streams `setaside-…`.

CREATE TABLE approval.set_aside (
    stream     text        NOT NULL,
    status     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    proposal   jsonb       NOT NULL,
    CONSTRAINT set_aside_pkey PRIMARY KEY (stream),
    CONSTRAINT set_aside_status_known CHECK (status IN ('PROPOSED', 'CONFIRMED'))
);

CREATE INDEX set_aside_waiting ON approval.set_aside (changed_at) WHERE status = 'PROPOSED';
