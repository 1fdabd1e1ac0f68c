-- Messages of hawk.progress, kept to answer the progress stream of this service's own page again.
-- `feed_id` is given under the lock of progress_lock, held until commit: numbers become visible in their order.

CREATE TABLE approval.progress (
    feed_id     bigint GENERATED ALWAYS AS IDENTITY,
    workflow_id text    NOT NULL,
    response_id text    NOT NULL,
    sequence    integer NOT NULL,
    message     jsonb   NOT NULL,
    CONSTRAINT progress_pkey PRIMARY KEY (workflow_id, sequence),
    CONSTRAINT progress_feed_key UNIQUE (feed_id)
);

-- Only locked, never written; a table, for no other role can lock it. An advisory lock is anybody's.
CREATE TABLE approval.progress_lock ();
GRANT DELETE ON approval.progress_lock TO hawk_approval;

CREATE INDEX progress_response ON approval.progress (response_id, feed_id);

COMMENT ON TABLE approval.progress IS 'Progress of each workflow as published; rebuilt by reading hawk.progress again.';
