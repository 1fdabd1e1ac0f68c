-- What is told to people and programs outside: a row for each event and recipient, put in in the transaction of the
-- event, sent later. No projection: whether somebody was told is a fact of its own, so a rebuild leaves this table alone.

CREATE TABLE approval.notifications (
    notification_id uuid        NOT NULL DEFAULT gen_random_uuid(),
    event_id        uuid        NOT NULL,
    channel         text        NOT NULL,
    recipient       text        NOT NULL,
    kind            text        NOT NULL,
    workflow_id     text        NOT NULL,
    told            jsonb       NOT NULL,
    happened_at     timestamptz NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now(),
    state           text        NOT NULL DEFAULT 'WAITING',
    due_at          timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    claim           uuid,
    sent_at         timestamptz,
    why             text        NOT NULL DEFAULT '',
    again_by        text        NOT NULL DEFAULT '',
    CONSTRAINT notifications_pkey PRIMARY KEY (event_id, channel, recipient),
    CONSTRAINT notifications_id UNIQUE (notification_id),
    CONSTRAINT notifications_state_known CHECK (state IN ('WAITING', 'SENT', 'GIVEN_UP')),
    CONSTRAINT notifications_channel_known CHECK (channel IN ('mail', 'webhook')),
    CONSTRAINT notifications_due_while_waiting CHECK ((state = 'WAITING') = (due_at IS NOT NULL)),
    CONSTRAINT notifications_bounded CHECK (length(recipient) <= 254 AND length(why) <= 300 AND length(again_by) <= 1000)
);

COMMENT ON COLUMN approval.notifications.notification_id IS 'The webhook-id: one for all attempts.';
COMMENT ON COLUMN approval.notifications.due_at IS 'When it is tried next; while it is being sent, when its claim ends.';
COMMENT ON COLUMN approval.notifications.claim IS 'Whose turn it is to send it; a sender whose claim is over notes nothing.';
COMMENT ON COLUMN approval.notifications.why IS 'Why the latest attempt failed.';

CREATE INDEX notifications_due ON approval.notifications (channel, due_at) WHERE state = 'WAITING';
CREATE INDEX notifications_due_of ON approval.notifications (channel, recipient, due_at) WHERE state = 'WAITING';
CREATE INDEX notifications_listed ON approval.notifications (state, noted_at DESC, notification_id);
