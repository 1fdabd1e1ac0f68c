-- What HAWK may do, as the executor has taken it in from hawk.control. One row for ever: whoever applies a plan locks it
-- shared until its commit, so that a new version waits for those that are at work and nobody works on an old one.

CREATE TABLE executor.rollout (
    only_one boolean NOT NULL DEFAULT true,
    version  bigint  NOT NULL,
    terms    jsonb,
    stopped  boolean NOT NULL,
    reason   text    NOT NULL,
    CONSTRAINT rollout_pkey PRIMARY KEY (only_one),
    CONSTRAINT rollout_one_row CHECK (only_one)
);
INSERT INTO executor.rollout (version, terms, stopped, reason) VALUES (0, NULL, false, '');
COMMENT ON TABLE executor.rollout IS 'The version of the rollout the executor keeps to. terms NULL: the mode the installation starts in.';

-- What was applied on each business day in Singapore, under any mode: a cap that comes into force at noon counts the
-- morning too. Whatever became of the workflow later, it stays: the cap bounds what is begun.
CREATE TABLE executor.day_use (
    workflow_id  text    NOT NULL,
    business_day date    NOT NULL,
    amount_usd   numeric NOT NULL,
    CONSTRAINT day_use_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT day_use_not_negative CHECK (amount_usd >= 0)
);
CREATE INDEX day_use_by_day ON executor.day_use (business_day);
COMMENT ON TABLE executor.day_use IS 'USD equivalent of each applied order, by the business day it was applied on.';

-- Only locked, never written (services/executor/rollout); a table, for no other role can lock it. An advisory lock is
-- anybody's.
CREATE TABLE executor.rollout_lock ();

ALTER TABLE executor.rollout OWNER TO hawk_owner;
ALTER TABLE executor.day_use OWNER TO hawk_owner;
ALTER TABLE executor.rollout_lock OWNER TO hawk_owner;
-- The row is there for good and is only ever brought up to date; SELECT FOR SHARE needs UPDATE as well.
REVOKE INSERT, DELETE ON executor.rollout FROM hawk_executor;
GRANT SELECT, UPDATE ON executor.rollout TO hawk_executor;
GRANT SELECT, INSERT ON executor.day_use TO hawk_executor;
GRANT DELETE ON executor.rollout_lock TO hawk_executor;
