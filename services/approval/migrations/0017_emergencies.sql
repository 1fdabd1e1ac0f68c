-- Emergencies: who declared one about a request, who looked at what was granted in it, and which reviews are open.

ALTER TABLE approval.queue
    ADD COLUMN glass        jsonb,
    ADD COLUMN reviews      jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN review_since timestamptz;

COMMENT ON COLUMN approval.queue.glass IS 'The emergency that was declared about the request; NULL for a request without one.';
COMMENT ON COLUMN approval.queue.reviews IS 'What people found who looked at it afterwards.';
COMMENT ON COLUMN approval.queue.review_since IS
    'When it was granted in an emergency; NULL again as soon as two others have looked at it.';

CREATE INDEX queue_under_review ON approval.queue (review_since, workflow_id) WHERE review_since IS NOT NULL;
CREATE INDEX queue_emergencies ON approval.queue (requested_at DESC, workflow_id) WHERE glass IS NOT NULL;
