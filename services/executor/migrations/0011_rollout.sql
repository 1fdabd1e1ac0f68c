-- The rollout, which says what HAWK may do, as the executor has read it from hawk.control. Always one row: a transaction
-- that applies a plan locks it shared until its commit, so that a new version waits for those at work and nobody works on
-- an old one.

CREATE TABLE executor.rollout (
    only_one boolean NOT NULL DEFAULT true,
    version  bigint  NOT NULL,
    terms    jsonb,
    stopped  boolean NOT NULL,
    reason   text    NOT NULL,
    doubted  bigint,
    CONSTRAINT rollout_pkey PRIMARY KEY (only_one),
    CONSTRAINT rollout_one_row CHECK (only_one)
);
INSERT INTO executor.rollout (version, terms, stopped, reason) VALUES (0, NULL, false, '');
COMMENT ON TABLE executor.rollout IS 'The version of the rollout the executor keeps to. terms NULL: nothing was read yet. doubted: a version that came without the one before it.';

-- The approval policy as the executor has read it from hawk.control; NULL before that.
CREATE TABLE executor.policy (
    only_one boolean NOT NULL DEFAULT true,
    version  bigint,
    policy   jsonb,
    CONSTRAINT policy_pkey PRIMARY KEY (only_one),
    CONSTRAINT policy_one_row CHECK (only_one)
);
INSERT INTO executor.policy DEFAULT VALUES;
COMMENT ON TABLE executor.policy IS 'The policy the executor plans by.';

-- The time, by the clock of this database, up to which every message of hawk.control was handled. Written about once a
-- second by the member of the group that holds its partition. A table of its own: a transaction that applies a plan locks
-- the row of executor.rollout, and every change of that row would make it fail.
CREATE TABLE executor.control_watermark (
    only_one     boolean NOT NULL DEFAULT true,
    caught_up_at timestamptz,
    CONSTRAINT control_watermark_pkey PRIMARY KEY (only_one),
    CONSTRAINT control_watermark_one_row CHECK (only_one)
);
INSERT INTO executor.control_watermark DEFAULT VALUES;
COMMENT ON TABLE executor.control_watermark IS 'The time up to which hawk.control was read to its end. NULL: never.';

-- Orders applied on each business day in Singapore, under any mode: a cap that comes into force at noon counts the
-- morning too. A row stays also when its workflow is undone later: the cap limits what is begun.
CREATE TABLE executor.day_use (
    workflow_id  text    NOT NULL,
    business_day date    NOT NULL,
    amount_usd   numeric NOT NULL,
    CONSTRAINT day_use_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT day_use_not_negative CHECK (amount_usd >= 0)
);
CREATE INDEX day_use_by_day ON executor.day_use (business_day);
COMMENT ON TABLE executor.day_use IS 'USD equivalent of each applied order, by the business day it was applied on.';

-- Only locked, never written (services/executor/rollout). A table, because no other role can lock it; anybody can take an
-- advisory lock.
CREATE TABLE executor.rollout_lock ();

-- These rows always exist and are only updated; SELECT FOR SHARE needs UPDATE as well.
REVOKE INSERT, DELETE ON executor.rollout, executor.policy, executor.control_watermark FROM hawk_executor;
-- `hawk status` says whether the executor reads hawk.control.
GRANT SELECT ON executor.control_watermark TO hawk_reader;
