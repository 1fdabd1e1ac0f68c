-- Which other orders there are beside an open card is asked by what they are at, waiting or used since this morning, and
-- not by their kind: of one kind and currency there are more each day.

CREATE INDEX queue_open ON approval.queue (requested_at, workflow_id)
    WHERE status IN ('AWAITING_APPROVAL', 'APPROVED') AND used_at IS NULL;
CREATE INDEX queue_used ON approval.queue (used_at) WHERE undone_at IS NULL;

DROP INDEX approval.plans_of_an_order;
