-- Which other orders there are beside an open card is asked by type and currency at once: five of each kind are named,
-- so a card reads a few rows, however many orders the day has.

ALTER TABLE approval.queue ADD COLUMN once_a_day text;
COMMENT ON COLUMN approval.queue.once_a_day IS
    'Type and currency (I USD) of an order of which a second one of the day is worth a look; NULL for every other workflow.';

UPDATE approval.queue AS queue SET once_a_day = plans.instruction_type || ' ' || plans.exposure_currency
FROM approval.plans AS plans
WHERE plans.workflow_id = queue.workflow_id AND plans.instruction_type IN ('U', 'I');

DROP INDEX approval.queue_open;
DROP INDEX approval.queue_used;
CREATE INDEX queue_open ON approval.queue (once_a_day, requested_at, workflow_id)
    WHERE once_a_day IS NOT NULL AND status IN ('AWAITING_APPROVAL', 'APPROVED') AND used_at IS NULL;
CREATE INDEX queue_used ON approval.queue (once_a_day, used_at, workflow_id)
    WHERE once_a_day IS NOT NULL AND undone_at IS NULL;

ALTER TABLE approval.plans DROP COLUMN instruction_type;
