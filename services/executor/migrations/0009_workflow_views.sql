-- What is ready, stuck or waiting, over the effective rows of schema public.

-- The expectation is the plan's, written on the event; configuration speaks for events that have none yet.
CREATE VIEW public.v_event_expected_deals AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.assigned_booking_model,
       coalesce(e.expected_deal_count, c.deal_count) AS expected_deals
FROM public.hedge_business_events e
LEFT JOIN LATERAL (
    SELECT k.deal_count FROM public.instruction_event_config k
    WHERE k.booking_model = e.assigned_booking_model AND k.instruction_event = e.business_event_type
    ORDER BY k.effective_date DESC NULLS LAST, k.config_id LIMIT 1) c ON true;

-- Sets, not sums: a deal counts once, however often Murex answered for it.
CREATE VIEW public.v_event_acked_deals AS
SELECT x.event_id, x.expected_deals, d.planned_deals, d.acked_deals,
       coalesce(x.expected_deals, 0) - d.acked_deals AS missing_deals,
       d.planned_deals IS DISTINCT FROM x.expected_deals AS count_mismatch,
       d.planned_deals > 0 AND d.acked_deals = d.planned_deals AND d.planned_deals = x.expected_deals AS all_acked
FROM public.v_event_expected_deals x
CROSS JOIN LATERAL (
    SELECT count(*) AS planned_deals, count(*) FILTER (WHERE b.deal_status IN ('Acked', 'Booked')) AS acked_deals
    FROM public.deal_bookings b WHERE b.event_id = x.event_id) d;

CREATE VIEW public.v_stage2_ready_stage3 AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.notional_amount,
       e.assigned_booking_model, e.gl_package_id, e.stage_3_status, a.expected_deals, a.acked_deals, e.workflow_id
FROM public.hedge_business_events e
JOIN public.v_event_acked_deals a ON a.event_id = e.event_id
WHERE a.all_acked AND e.stage_2_status = 'Completed' AND e.event_status = 'Booked'
  AND e.gl_package_id IS NOT NULL AND coalesce(e.stage_3_status, 'Pending') <> 'Posted';

CREATE VIEW public.v_stage2_stuck AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.workflow_id,
       a.expected_deals, a.planned_deals, a.acked_deals, a.missing_deals,
       now() - coalesce(e.stage_2_start_time, e.created_date) AS age,
       (SELECT max(b.retry_count) FROM public.deal_bookings b WHERE b.event_id = e.event_id) AS retries,
       (SELECT l.error_message FROM public.stage2_error_log l WHERE l.event_id = e.event_id
        ORDER BY l.created_date DESC LIMIT 1) AS last_error,
       e.modified_by AS owner
FROM public.hedge_business_events e
JOIN public.v_event_acked_deals a ON a.event_id = e.event_id
WHERE e.stage_2_status IN ('In_Progress', 'Failed', 'Stuck') AND NOT a.all_acked;

CREATE VIEW public.v_gl_export_ready AS
SELECT j.* FROM public.gl_journal_lines j
WHERE j.post_status = 'POSTED' AND j.export_status = 'PENDING' AND j.accounting_date <= current_date;

CREATE VIEW public.v_hstg_outbound_queue AS
SELECT m.* FROM public.h_stg_mrx_ext m WHERE m.direction = 'OUTBOUND' AND m.message_status IN ('QUEUED', 'SENT');

CREATE VIEW public.v_hstg_inbound_pending AS
SELECT m.* FROM public.h_stg_mrx_ext m WHERE m.direction = 'INBOUND' AND m.message_status = 'QUEUED';

CREATE VIEW public.v_stage1a_to_1b_ready AS
SELECT i.* FROM public.hedge_instructions i
WHERE i.check_status IN ('Pass', 'Partial') AND i.parent_instruction_id IS NULL AND i.instruction_status = 'Checked';

CREATE VIEW public.v_hedge_lifecycle_status AS
SELECT e.event_id, i.order_id, i.msg_uid, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency,
       e.business_event_type, e.notional_amount, i.instruction_status, e.event_status, e.stage_1a_status,
       e.stage_1b_status, e.stage_2_status, e.stage_3_status, e.gl_posting_status, e.workflow_id
FROM public.hedge_business_events e
JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO hawk_executor, hawk_reader;
