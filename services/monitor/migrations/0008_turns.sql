-- Who waits for a turn since when: so that lists say how many are before a workflow now, and not how many were when it
-- was approved.

ALTER TABLE monitor.workflows ADD COLUMN turn_at timestamptz;

COMMENT ON COLUMN monitor.workflows.turn_at IS 'Since when the workflow is approved and waits for its turn, by the message of the highest sequence; NULL when it does not.';

UPDATE monitor.workflows w SET turn_at = (p.message ->> 'at')::timestamptz
FROM monitor.progress p
WHERE p.workflow_id = w.workflow_id AND p.sequence = w.sequence
  AND w.state = 'APPROVED' AND p.message ->> 'reason' LIKE 'WAITING_FOR_TURN:%';

CREATE INDEX workflows_turns ON monitor.workflows (turn_at, workflow_id) WHERE turn_at IS NOT NULL;
