-- What the monitor shows: one row per workflow, the facts told about it, its progress, and what was answered.
-- Everything here can be rebuilt by reading the topics again. Topics arrive in any order relative to each other, so
-- every write commutes: a fact is kept once, a state gives way only to one of a higher sequence.

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
-- The order of the list: what needs a person first, then the newest.
CREATE INDEX workflows_listed
    ON monitor.workflows ((state = 'NEEDS_INTERVENTION') DESC, created_at DESC, workflow_id DESC);

COMMENT ON TABLE monitor.workflows IS 'State of each workflow as of the highest sequence of hawk.progress that was seen.';

CREATE TABLE monitor.workflow_facts (
    workflow_id text  NOT NULL,
    kind        text  NOT NULL,
    part        text  NOT NULL DEFAULT '',
    document    jsonb NOT NULL,
    CONSTRAINT workflow_facts_pkey PRIMARY KEY (workflow_id, kind, part)
);

COMMENT ON COLUMN monitor.workflow_facts.part IS 'Distinguishes facts that happen more than once (decisions): the id of the message.';

CREATE TABLE monitor.response_facts (
    response_id text  NOT NULL,
    kind        text  NOT NULL,
    part        text  NOT NULL DEFAULT '',
    document    jsonb NOT NULL,
    CONSTRAINT response_facts_pkey PRIMARY KEY (response_id, kind, part)
);

-- Messages of hawk.progress, kept to answer progress streams again and to date each state.
-- `feed_id` is given under the lock of progress_lock, held until commit: numbers become visible in their order.
CREATE TABLE monitor.progress (
    feed_id     bigint GENERATED ALWAYS AS IDENTITY,
    workflow_id text    NOT NULL,
    response_id text    NOT NULL,
    sequence    integer NOT NULL,
    message     jsonb   NOT NULL,
    CONSTRAINT progress_pkey PRIMARY KEY (workflow_id, sequence),
    CONSTRAINT progress_feed_key UNIQUE (feed_id)
);

-- Only locked, never written; a table, for no other role can lock it. An advisory lock is anybody's.
CREATE TABLE monitor.progress_lock ();
GRANT DELETE ON monitor.progress_lock TO hawk_monitor;

CREATE INDEX progress_response ON monitor.progress (response_id, feed_id);
