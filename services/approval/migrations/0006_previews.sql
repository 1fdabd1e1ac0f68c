-- Previews that people asked for: what the parser read in the answer, and the plans that the executor drew of it. Rows
-- go when their time is over; the next preview takes the old ones away.

CREATE TABLE approval.previews (
    response_id text        NOT NULL,
    maker       text        NOT NULL,
    lapses_at   timestamptz NOT NULL,
    reading     jsonb,
    CONSTRAINT previews_pkey PRIMARY KEY (response_id)
);

CREATE INDEX previews_lapse ON approval.previews (lapses_at);

CREATE TABLE approval.preview_plans (
    response_id text    NOT NULL REFERENCES approval.previews ON DELETE CASCADE,
    component   integer NOT NULL,
    plan        jsonb   NOT NULL,
    CONSTRAINT preview_plans_pkey PRIMARY KEY (response_id, component)
);
