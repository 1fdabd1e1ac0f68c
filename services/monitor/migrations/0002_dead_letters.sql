-- The events of each dead letter's stream, as hawk.deadletters has them. Everything shown is derived on reading.

CREATE TABLE monitor.dead_letters (
    letter   text        NOT NULL,
    version  integer     NOT NULL,
    type     text        NOT NULL,
    at       timestamptz NOT NULL,
    document jsonb       NOT NULL,
    CONSTRAINT dead_letters_pkey PRIMARY KEY (letter, version)
);

-- The list shows the latest letters first.
CREATE INDEX dead_letters_refused ON monitor.dead_letters (at DESC, letter) WHERE version = 1;

COMMENT ON TABLE monitor.dead_letters IS 'Events of each dead letter: refused, replayed, declined, refused again.';
