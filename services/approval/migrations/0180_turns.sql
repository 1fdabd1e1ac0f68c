-- An approved workflow may have to wait for its turn with the executor, in the order of the grants.

ALTER TABLE approval.queue ADD COLUMN turn jsonb, ADD COLUMN turn_of timestamptz;
COMMENT ON COLUMN approval.queue.turn IS 'What the executor said when the workflow had to wait for its turn: how many before it, about how long.';
COMMENT ON COLUMN approval.queue.turn_of IS 'The time of its grant, which is the order of the turns.';
CREATE INDEX queue_turns ON approval.queue (turn_of, workflow_id)
    WHERE turn_of IS NOT NULL AND used_at IS NULL AND status = 'APPROVED';
