-- A request that nobody decides escalates before it expires, and people ask who asked for it.

ALTER TABLE approval.queue
    ADD COLUMN escalate_at timestamptz,
    ADD COLUMN life        jsonb NOT NULL DEFAULT '[]';

COMMENT ON COLUMN approval.queue.escalate_at IS 'When the clock escalates it; NULL once it has, or has ended.';
COMMENT ON COLUMN approval.queue.life IS 'What happened while it waits besides decisions: escalation, questions, answers.';

CREATE INDEX queue_escalates ON approval.queue (escalate_at, workflow_id) WHERE escalate_at IS NOT NULL;
