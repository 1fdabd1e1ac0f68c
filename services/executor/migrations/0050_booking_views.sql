-- What booking waits for, as it stands between the two transactions around Murex: a deal is acknowledged from the moment
-- its answer is recorded, although its own row says Booked only when all deals of the workflow are.

CREATE INDEX h_stg_mrx_ext_workflow ON hawk.h_stg_mrx_ext (workflow_id);
CREATE INDEX stage2_error_log_event ON hawk.stage2_error_log (event_id);
CREATE INDEX stage2_error_log_workflow ON hawk.stage2_error_log (workflow_id);
CREATE INDEX stage3_error_log_event ON hawk.stage3_error_log (event_id);

-- Messages name their event; the instruction follows from it. A message about an event that was taken back is not in
-- force, also when it was sent after that (an answer that comes late is cancelled, too).
CREATE OR REPLACE VIEW public.h_stg_mrx_ext AS
SELECT m.message_id, m.event_id, coalesce(m.instruction_id, e.instruction_id) AS instruction_id, m.direction, m.payload,
       m.message_type, m.message_status, m.status, m.ack_at, m.deal_sequence, m.attempt, m.external_reference, m.reason,
       m.queued_at, m.sent_at, m.received_at, m.created_date, m.workflow_id, m.created_by, m.reversed_by_event, m.effective
FROM hawk.h_stg_mrx_ext m
LEFT JOIN hawk.hedge_business_events e ON e.event_id = m.event_id
WHERE m.effective AND coalesce(e.effective, true);

-- The queue as it is: its row is written when the event is released, the event says when booking began and ended.
CREATE OR REPLACE VIEW public.stage2_queue AS
SELECT q.queue_id, q.event_id, q.booking_model, q.currency_type, q.hedging_instrument, q.instruction_id,
       CASE e.stage_2_status WHEN 'Completed' THEN 'Completed' WHEN 'In_Progress' THEN 'In_Progress'
            ELSE q.queue_status END AS queue_status,
       q.processing_priority, q.queued_at, coalesce(q.completed_at, e.stage_2_completion_time) AS completed_at,
       q.created_date, q.workflow_id, q.created_by, q.reversed_by_event, q.effective
FROM hawk.stage2_queue q
LEFT JOIN hawk.hedge_business_events e ON e.event_id = q.event_id
WHERE q.effective;

CREATE OR REPLACE VIEW public.v_event_acked_deals AS
SELECT x.event_id, x.expected_deals, d.planned_deals, d.acked_deals,
       coalesce(x.expected_deals, 0) - d.acked_deals AS missing_deals,
       d.planned_deals IS DISTINCT FROM x.expected_deals AS count_mismatch,
       d.planned_deals > 0 AND d.acked_deals = d.planned_deals AND d.planned_deals = x.expected_deals AS all_acked,
       d.declined_deals, d.last_answer_at
FROM public.v_event_expected_deals x
CROSS JOIN LATERAL (
    SELECT count(*) AS planned_deals,
           count(*) FILTER (WHERE b.deal_status = 'Booked' OR a.acked) AS acked_deals,
           count(*) FILTER (WHERE a.declined AND NOT a.acked) AS declined_deals,
           max(a.answered_at) AS last_answer_at
    FROM public.deal_bookings b
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(m.status = 'ACK'), false) AS acked, coalesce(bool_or(m.status = 'NOK'), false) AS declined,
               max(m.received_at) AS answered_at
        FROM hawk.h_stg_mrx_ext m
        WHERE m.event_id = b.event_id AND m.deal_sequence = b.deal_sequence
          AND m.direction = 'INBOUND' AND m.message_type = 'BOOKING_ANSWER') a
    WHERE b.event_id = x.event_id) d;

CREATE VIEW public.v_event_acked_deals_new AS SELECT * FROM public.v_event_acked_deals;

-- Released by stage 1B with its allocation committed, and not booked yet: what the booking desk has before it.
CREATE VIEW public.v_stage1b_ready_stage2 AS
SELECT e.event_id, e.workflow_id, e.instruction_id, i.order_id, i.sub_order_id, e.entity_id, e.nav_type,
       e.exposure_currency, e.notional_amount, e.business_event_type, e.assigned_booking_model, e.hedging_instrument,
       e.trade_date, e.value_date, e.stage_2_status, coalesce(e.stage_2_start_time, e.stage_1b_completion_time) AS since,
       a.expected_deals, a.planned_deals, a.acked_deals, a.declined_deals, a.missing_deals
FROM public.hedge_business_events e
JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id
JOIN public.v_event_acked_deals a ON a.event_id = e.event_id
WHERE e.event_status = 'Approved' AND e.stage_2_status IN ('Pending', 'In_Progress')
  AND EXISTS (SELECT FROM public.allocation_engine n WHERE n.event_id = e.event_id AND n.finalized);

CREATE OR REPLACE VIEW public.v_stage2_stuck AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.workflow_id,
       a.expected_deals, a.planned_deals, a.acked_deals, a.missing_deals,
       now() - coalesce(e.stage_2_start_time, e.created_date) AS age,
       (SELECT max(b.retry_count) FROM public.deal_bookings b WHERE b.event_id = e.event_id) AS retries,
       l.error_message AS last_error,
       e.modified_by AS owner,
       i.order_id, e.notional_amount, a.declined_deals, l.error_code AS last_error_code,
       coalesce(e.stage_2_start_time, e.created_date) AS since, a.last_answer_at
FROM public.hedge_business_events e
JOIN public.v_event_acked_deals a ON a.event_id = e.event_id
LEFT JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id
LEFT JOIN LATERAL (
    SELECT r.error_message, r.error_code FROM public.stage2_error_log r
    WHERE r.event_id = e.event_id ORDER BY r.created_date DESC, r.error_id LIMIT 1) l ON true
WHERE e.stage_2_status IN ('In_Progress', 'Failed', 'Stuck') AND NOT a.all_acked;

-- Booked, and the journal could not be posted so far: a closed period above all. It is tried again by itself.
CREATE VIEW public.v_stage3_waiting AS
SELECT e.event_id, e.workflow_id, e.instruction_id, i.order_id, e.entity_id, e.nav_type, e.exposure_currency,
       e.notional_amount, e.gl_package_id, e.stage_3_error_code, e.stage_3_error_msg, e.stage_3_attempts,
       e.stage_2_completion_time AS since, e.last_stage_3_update
FROM public.hedge_business_events e
JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id
WHERE e.event_status = 'Booked' AND e.stage_3_error_code IS NOT NULL;

-- Everything that does not go on, worst first: a person has to act, Murex has not answered, the journal waits.
CREATE VIEW public.v_workflow_stuck AS
SELECT 1 AS rank, 'INTERVENTION' AS kind, s.workflow_id, NULL::text AS event_id, s.order_id, NULL::text AS entity_id,
       NULL::text AS exposure_currency, NULL::numeric AS notional_amount, s.updated_at AS since,
       s.error_code AS code, s.failure_reason AS reason, NULL::integer AS retries, NULL::bigint AS missing_deals
FROM public.execution_status s WHERE s.status = 'NEEDS_INTERVENTION'
UNION ALL
SELECT 2, 'BOOKING', b.workflow_id, b.event_id, b.order_id, b.entity_id, b.exposure_currency, b.notional_amount, b.since,
       b.last_error_code, b.last_error, b.retries, b.missing_deals
FROM public.v_stage2_stuck b
UNION ALL
SELECT 3, 'POSTING', p.workflow_id, p.event_id, p.order_id, p.entity_id, p.exposure_currency, p.notional_amount, p.since,
       p.stage_3_error_code, p.stage_3_error_msg, p.stage_3_attempts, NULL
FROM public.v_stage3_waiting p;

-- A cancel message waits until Murex has confirmed that the deal is gone, also when its event is taken back by then.
CREATE OR REPLACE VIEW public.v_hstg_outbound_queue AS
SELECT m.*
FROM hawk.h_stg_mrx_ext m
WHERE m.direction = 'OUTBOUND' AND m.message_status IN ('QUEUED', 'SENT')
  AND (m.effective OR m.message_type = 'CANCEL_REQUEST')
  AND NOT EXISTS (
      SELECT FROM hawk.h_stg_mrx_ext a
      WHERE a.event_id = m.event_id AND a.deal_sequence = m.deal_sequence AND a.direction = 'INBOUND'
        AND CASE m.message_type
            WHEN 'CANCEL_REQUEST' THEN a.message_type = 'CANCEL_ANSWER' AND a.received_at >= m.sent_at
            ELSE a.message_type = 'BOOKING_ANSWER' END);

-- Not in the future where the desk is: the server's own day may be another.
CREATE OR REPLACE VIEW public.v_gl_export_ready AS
SELECT j.* FROM public.gl_journal_lines j
WHERE j.post_status = 'POSTED' AND j.export_status = 'PENDING' AND j.accounting_date <= hawk.business_day();

GRANT SELECT ON ALL TABLES IN SCHEMA public TO hawk_executor, hawk_reader;
