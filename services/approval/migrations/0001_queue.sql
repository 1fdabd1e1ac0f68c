-- The service's own read tables: requests that wait, decisions, and submissions. Projections of its streams;
-- `plans` keeps what a card shows of a plan that the executor drew.

CREATE TABLE approval.queue (
    workflow_id  text        NOT NULL,
    response_id  text        NOT NULL,
    status       text        NOT NULL,
    reason       text        NOT NULL DEFAULT '',
    maker_keys   text[]      NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz,
    request      jsonb       NOT NULL,
    decisions    jsonb       NOT NULL DEFAULT '[]',
    issued       jsonb,
    turn         jsonb,
    turn_of      timestamptz,
    used_at      timestamptz,
    undone_at    timestamptz,
    CONSTRAINT queue_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT queue_status_known CHECK (status IN
        ('AWAITING_APPROVAL', 'APPROVED', 'REJECTED', 'EXPIRED', 'WITHDRAWN', 'CLOSED'))
);

COMMENT ON COLUMN approval.queue.due_at IS 'When the clock acts next: the request expires or the unused grant lapses.';
COMMENT ON COLUMN approval.queue.issued IS 'The grant as it was issued; the executor verifies it, not this table.';
COMMENT ON COLUMN approval.queue.turn IS 'The executor''s message when the workflow had to wait for its turn: how many are before it, about how long.';
COMMENT ON COLUMN approval.queue.turn_of IS 'The time of its grant, which is the order of the turns.';
COMMENT ON COLUMN approval.queue.undone_at IS 'When everything that the grant allowed was undone; NULL while it is in effect or was never used.';

CREATE INDEX queue_due ON approval.queue (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX queue_status ON approval.queue (status, requested_at);
CREATE INDEX queue_requested ON approval.queue (requested_at);
-- Makers are looked up by what all spellings of a name have in common (shared.people.identity), not by its characters.
CREATE INDEX queue_maker_keys ON approval.queue USING gin (maker_keys);
-- An approved workflow may have to wait for its turn with the executor, in the order of the grants.
CREATE INDEX queue_turns ON approval.queue (turn_of, workflow_id)
    WHERE turn_of IS NOT NULL AND used_at IS NULL AND status = 'APPROVED';

-- The open card warns when its order was made before: which orders of a type and currency wait or were applied, and
-- which of them were undone since. A reversal has the type of what it reverses and is not an order.
CREATE TABLE approval.plans (
    workflow_id text  NOT NULL,
    plan        jsonb NOT NULL,
    detail      jsonb NOT NULL,
    instruction_type text
        GENERATED ALWAYS AS (CASE WHEN plan ? 'reversal' THEN NULL ELSE plan ->> 'instruction_type' END) STORED,
    exposure_currency text GENERATED ALWAYS AS (plan ->> 'exposure_currency') STORED,
    order_id text GENERATED ALWAYS AS (plan ->> 'order_id') STORED,
    CONSTRAINT plans_pkey PRIMARY KEY (workflow_id)
);

CREATE INDEX plans_of_an_order ON approval.plans (exposure_currency, instruction_type);

CREATE TABLE approval.submissions (
    response_id  text        NOT NULL,
    maker_keys   text[]      NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT submissions_pkey PRIMARY KEY (response_id)
);

CREATE INDEX submissions_maker_keys ON approval.submissions USING gin (maker_keys);
