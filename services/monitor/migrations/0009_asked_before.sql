-- Whose response came last, of the responses that were kept before 0006: their messages were handled, and are not read
-- again. They wait here until a monitor has taken them over: by which keys a person is found only the code knows. The
-- time is that of the event, as for all that came since.

CREATE TABLE monitor.asked_before (
    response_id text        NOT NULL,
    maker       text        NOT NULL,
    at          timestamptz NOT NULL,
    CONSTRAINT asked_before_pkey PRIMARY KEY (response_id)
);
COMMENT ON TABLE monitor.asked_before IS 'Responses that monitor.asked does not know yet. Empty once a monitor has run.';

INSERT INTO monitor.asked_before (response_id, maker, at)
SELECT f.response_id, f.document #>> '{maker,name}', e.recorded_at
FROM monitor.response_facts f JOIN es.events e ON e.stream = 'response-' || f.response_id AND e.type = 'ResponseReceived'
WHERE f.kind = 'received' AND f.document #>> '{maker,name}' IS NOT NULL
    AND NOT EXISTS (SELECT FROM monitor.asked a WHERE a.response_id = f.response_id);
