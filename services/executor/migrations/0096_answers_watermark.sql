-- As of when, by the clock of this database, everything was handled that stood on a partition of hawk.murex.answers.
-- Written about once a second by the member of the group that holds it, for each partition that the topic has; shared by
-- all executors. A deal is silent only when the oldest of these times has passed its deadline too.
CREATE TABLE executor.answers_watermark (
    partition    integer NOT NULL,
    caught_up_at timestamptz,
    CONSTRAINT answers_watermark_pkey PRIMARY KEY (partition)
);
COMMENT ON TABLE executor.answers_watermark IS 'As of when each partition of hawk.murex.answers was read to its end. NULL: never.';
ALTER TABLE executor.answers_watermark OWNER TO hawk_owner;
