-- One view in public for each table of schema hawk, with the name of the table: only rows that are in force.
-- A row that was compensated or reversed stays in hawk.* and is not seen here, so today's sums stay right.
-- transaction_log, never written, has its view too, for queries that name it.

-- Messages name their event; the instruction follows from it. A message about an event that was taken back is not in
-- force, also when it was sent after that (an answer that comes late is cancelled, too).
CREATE VIEW public.h_stg_mrx_ext AS
SELECT m.message_id, m.event_id, coalesce(m.instruction_id, e.instruction_id) AS instruction_id, m.direction, m.payload,
       m.message_type, m.message_status, m.status, m.ack_at, m.deal_sequence, m.attempt, m.external_reference, m.reason,
       m.queued_at, m.sent_at, m.received_at, m.created_date, m.workflow_id, m.created_by, m.reversed_by_event, m.effective
FROM hawk.h_stg_mrx_ext m
LEFT JOIN hawk.hedge_business_events e ON e.event_id = m.event_id
WHERE m.effective AND coalesce(e.effective, true);

-- The queue as it is: its row is written when the event is released, the event says when booking began and ended.
CREATE VIEW public.stage2_queue AS
SELECT q.queue_id, q.event_id, q.booking_model, q.currency_type, q.hedging_instrument, q.instruction_id,
       CASE e.stage_2_status WHEN 'Completed' THEN 'Completed' WHEN 'In_Progress' THEN 'In_Progress'
            ELSE q.queue_status END AS queue_status,
       q.processing_priority, q.queued_at, coalesce(q.completed_at, e.stage_2_completion_time) AS completed_at,
       q.created_date, q.workflow_id, q.created_by, q.reversed_by_event, q.effective
FROM hawk.stage2_queue q
LEFT JOIN hawk.hedge_business_events e ON e.event_id = q.event_id
WHERE q.effective;

-- All other tables. A row without `effective` (reference rows, capacity sums) is never taken back: it is replaced.
DO $$
DECLARE
    plain record;
BEGIN
    FOR plain IN
        SELECT table_name AS name, bool_or(column_name = 'effective') AS can_be_taken_back
        FROM information_schema.columns
        WHERE table_schema = 'hawk' AND table_name NOT IN ('h_stg_mrx_ext', 'stage2_queue')
        GROUP BY table_name
    LOOP
        EXECUTE format('CREATE VIEW public.%1$I AS SELECT * FROM hawk.%1$I', plain.name)
            || CASE WHEN plain.can_be_taken_back THEN ' WHERE effective' ELSE '' END;
    END LOOP;
END
$$;
