-- The read model of the monitor: one row per workflow, the facts about it and about its response.
-- Reading the topics again rebuilds everything here. Topics arrive in any order relative to each other, so every write
-- commutes: a fact is kept once, a state gives way only to one of a higher sequence.

CREATE TABLE monitor.workflows (
    workflow_id text        NOT NULL,
    response_id text,
    state       text        NOT NULL DEFAULT 'PROPOSED',
    sequence    integer     NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    CONSTRAINT workflows_pkey PRIMARY KEY (workflow_id)
);

CREATE INDEX workflows_response ON monitor.workflows (response_id);
CREATE INDEX workflows_state ON monitor.workflows (state, created_at);
-- The order of the list: workflows that need a person first, then the newest.
CREATE INDEX workflows_listed
    ON monitor.workflows ((state = 'NEEDS_INTERVENTION') DESC, created_at DESC, workflow_id DESC);

COMMENT ON TABLE monitor.workflows IS 'State of each workflow as of the highest sequence of hawk.progress that was seen.';

CREATE TABLE monitor.workflow_facts (
    workflow_id text  NOT NULL,
    kind        text  NOT NULL,
    part        text  NOT NULL DEFAULT '',
    document    jsonb NOT NULL,
    -- A card warns when its order was made before: which workflows plan an order of a type and currency. A reversal has
    -- the type of what it reverses and is not an order.
    instruction_type text GENERATED ALWAYS AS (
        CASE WHEN kind = 'plan' AND document ->> 'reverses' IS NULL THEN document ->> 'instruction_type' END) STORED,
    exposure_currency text GENERATED ALWAYS AS (
        CASE WHEN kind = 'plan' THEN document ->> 'exposure_currency' END) STORED,
    order_id text GENERATED ALWAYS AS (CASE WHEN kind = 'plan' THEN document ->> 'order_id' END) STORED,
    CONSTRAINT workflow_facts_pkey PRIMARY KEY (workflow_id, kind, part)
);

CREATE INDEX workflow_facts_orders ON monitor.workflow_facts (exposure_currency, instruction_type)
    WHERE instruction_type IS NOT NULL;

COMMENT ON COLUMN monitor.workflow_facts.part IS 'Distinguishes facts that happen more than once (decisions): the id of the message.';

CREATE TABLE monitor.response_facts (
    response_id text  NOT NULL,
    kind        text  NOT NULL,
    part        text  NOT NULL DEFAULT '',
    document    jsonb NOT NULL,
    CONSTRAINT response_facts_pkey PRIMARY KEY (response_id, kind, part)
);
