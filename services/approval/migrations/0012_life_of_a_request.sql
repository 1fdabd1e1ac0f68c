-- A granted approval may be taken back before it is executed.

ALTER TABLE approval.queue DROP CONSTRAINT queue_status_known;
ALTER TABLE approval.queue ADD CONSTRAINT queue_status_known CHECK (status IN
    ('AWAITING_APPROVAL', 'APPROVED', 'REJECTED', 'EXPIRED', 'WITHDRAWN', 'REVOKED', 'CLOSED'));

-- What people asked for: a projection of the streams revocation-<workflow>. What became of it stands in the queue.
CREATE TABLE approval.revocations (
    workflow_id text  NOT NULL,
    asked       jsonb NOT NULL,
    CONSTRAINT revocations_pkey PRIMARY KEY (workflow_id)
);
