-- The rollout that the executor keeps to and how it reads hawk.control, as it reports them on hawk.executions. Always one
-- row; the columns `…_noted` hold the version of stream control-executor that each half comes from, so that an older
-- message never takes the place of a newer one.

CREATE TABLE approval.executor_control (
    only_one       boolean NOT NULL DEFAULT true,
    rollout_noted  bigint  NOT NULL DEFAULT 0,
    version        bigint,
    digest         text,
    since          timestamptz,
    stopped        boolean NOT NULL DEFAULT false,
    doubted        bigint,
    reading_noted  bigint  NOT NULL DEFAULT 0,
    behind_since   timestamptz,
    CONSTRAINT executor_control_pkey PRIMARY KEY (only_one),
    CONSTRAINT executor_control_one_row CHECK (only_one)
);
INSERT INTO approval.executor_control DEFAULT VALUES;
COMMENT ON TABLE approval.executor_control IS 'The decision on the rollout the executor keeps to; version NULL before the first.';
