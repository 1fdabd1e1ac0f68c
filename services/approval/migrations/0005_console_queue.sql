-- The queue as the console shows it: lists of a thousand requests without their texts, decided requests by the time of
-- the decision, and which requests changed since a place that a stream remembers.

-- The short form of a plan, for lists: what the AI said and what was warned of stands on the card.
ALTER TABLE approval.plans ADD COLUMN line jsonb
    GENERATED ALWAYS AS (plan - '{prompt,analysis,claimed,warnings,provenance}'::text[]) STORED;

CREATE INDEX plans_order ON approval.plans (order_id);

ALTER TABLE approval.queue
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN changed    xid8 NOT NULL DEFAULT pg_current_xact_id();

COMMENT ON COLUMN approval.queue.decided_at IS 'When it stopped to wait, by this server''s clock; NULL while it waits.';
COMMENT ON COLUMN approval.queue.changed IS 'The transaction that wrote the row last: streams ask what changed since a place.';

UPDATE approval.queue
SET decided_at = coalesce((issued ->> 'issued_at')::timestamptz, (decisions -> -1 ->> 'decided_at')::timestamptz, requested_at)
WHERE status <> 'AWAITING_APPROVAL';

-- A trigger, so that no statement that changes a row can forget to say so.
CREATE FUNCTION approval.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    IF NEW.status <> 'AWAITING_APPROVAL' AND NEW.decided_at IS NULL THEN
        NEW.decided_at := now();
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON approval.queue
    FOR EACH ROW EXECUTE FUNCTION approval.note_change();

CREATE INDEX queue_waiting ON approval.queue (due_at, workflow_id) WHERE status = 'AWAITING_APPROVAL';
CREATE INDEX queue_decided ON approval.queue (decided_at DESC, workflow_id) WHERE status <> 'AWAITING_APPROVAL';
CREATE INDEX queue_response ON approval.queue (response_id);
CREATE INDEX queue_changed ON approval.queue (changed);
