-- The service's own read tables: what waits, who decided, what people handed in. Projections of its streams;
-- `plans` keeps what a card shows of a plan drawn elsewhere.

CREATE TABLE approval.queue (
    workflow_id  text        NOT NULL,
    response_id  text        NOT NULL,
    status       text        NOT NULL,
    reason       text        NOT NULL DEFAULT '',
    maker        text        NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz,
    request      jsonb       NOT NULL,
    decisions    jsonb       NOT NULL DEFAULT '[]',
    issued       jsonb,
    used_at      timestamptz,
    CONSTRAINT queue_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT queue_status_known CHECK (status IN
        ('AWAITING_APPROVAL', 'APPROVED', 'REJECTED', 'EXPIRED', 'WITHDRAWN', 'CLOSED'))
);

CREATE INDEX queue_due ON approval.queue (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX queue_status ON approval.queue (status, requested_at);
CREATE INDEX queue_requested ON approval.queue (requested_at);
CREATE INDEX queue_maker ON approval.queue (maker, requested_at);

COMMENT ON COLUMN approval.queue.due_at IS 'When the clock acts next: the request expires or the unused grant lapses.';
COMMENT ON COLUMN approval.queue.issued IS 'The grant as it was issued; the executor verifies it, not this table.';

CREATE TABLE approval.plans (
    workflow_id text  NOT NULL,
    plan        jsonb NOT NULL,
    detail      jsonb NOT NULL,
    CONSTRAINT plans_pkey PRIMARY KEY (workflow_id)
);

CREATE TABLE approval.submissions (
    response_id  text        NOT NULL,
    maker        text        NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT submissions_pkey PRIMARY KEY (response_id)
);

CREATE INDEX submissions_maker ON approval.submissions (maker, submitted_at);
