-- Which version of the rollout the executor keeps to, as it says on hawk.executions. One row for ever.

CREATE TABLE approval.rollout_taken_in (
    only_one boolean     NOT NULL DEFAULT true,
    version  bigint      NOT NULL,
    since    timestamptz NOT NULL,
    CONSTRAINT rollout_taken_in_pkey PRIMARY KEY (only_one),
    CONSTRAINT rollout_taken_in_one_row CHECK (only_one)
);
COMMENT ON TABLE approval.rollout_taken_in IS 'The latest version of the rollout the executor has taken in; no row before the first.';
