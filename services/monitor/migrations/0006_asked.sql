-- Whose response came last: the page that streams "my latest response" names no response. Rows are only added, so that two
-- monitors that keep what one person asked for do not wait for each other. What was kept before has no time; who
-- has handed in nothing since is told so.

CREATE TABLE monitor.asked (
    maker_key   text        NOT NULL,
    at          timestamptz NOT NULL,
    response_id text        NOT NULL,
    CONSTRAINT asked_pkey PRIMARY KEY (maker_key, at, response_id)
);
COMMENT ON COLUMN monitor.asked.maker_key IS 'A key of the person for whom the AI was asked, as shared.people.identity makes them.';
