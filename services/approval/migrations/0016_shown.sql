-- When a card that somebody may decide on was shown to that person first. No projection: that a page was read is no fact
-- of a stream. A decision takes the time into its event, and the row is of no use any more.
CREATE TABLE approval.shown (
    workflow_id text        NOT NULL,
    person_key  text        NOT NULL,
    shown_at    timestamptz NOT NULL,
    CONSTRAINT shown_pkey PRIMARY KEY (workflow_id, person_key)
);

CREATE INDEX shown_old ON approval.shown (shown_at);
