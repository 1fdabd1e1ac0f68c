-- Workflows, events and messages that are ready, stuck, waiting or open, over the effective rows of schema public.

-- The expectation is the plan's, written on the event; configuration speaks for events that have none yet.
CREATE VIEW public.v_event_expected_deals AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.assigned_booking_model,
       coalesce(e.expected_deal_count, c.deal_count) AS expected_deals
FROM public.hedge_business_events e
LEFT JOIN LATERAL (
    SELECT k.deal_count FROM public.instruction_event_config k
    WHERE k.booking_model = e.assigned_booking_model AND k.instruction_event = e.business_event_type
    ORDER BY k.effective_date DESC NULLS LAST, k.config_id LIMIT 1) c ON true;

-- Sets, not sums: a deal counts once, however often Murex answered for it. It is acknowledged from the moment its answer
-- is recorded, although its own row says Booked only when all deals of the workflow are.
CREATE VIEW public.v_event_acked_deals AS
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

-- Released by stage 1B with its allocation committed, and not booked yet: the work of the booking desk.
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

CREATE VIEW public.v_stage2_stuck AS
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

CREATE VIEW public.v_stage2_ready_stage3 AS
SELECT e.event_id, e.instruction_id, e.entity_id, e.nav_type, e.exposure_currency, e.notional_amount,
       e.assigned_booking_model, e.gl_package_id, e.stage_3_status, a.expected_deals, a.acked_deals, e.workflow_id
FROM public.hedge_business_events e
JOIN public.v_event_acked_deals a ON a.event_id = e.event_id
WHERE a.all_acked AND e.stage_2_status = 'Completed' AND e.event_status = 'Booked'
  AND e.gl_package_id IS NOT NULL AND coalesce(e.stage_3_status, 'Pending') <> 'Posted';

-- Everything that is stuck, worst first: a person has to act, Murex has not replied, the journal of a hedge or of a
-- reversal waits.
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
FROM public.v_stage3_waiting p
UNION ALL
SELECT 3, 'POSTING', w.workflow_id, NULL, s.order_id, NULL, NULL, NULL, w.since, w.error_code, w.error_message,
       w.retry_count, NULL
FROM (SELECT DISTINCT ON (l.workflow_id) l.workflow_id, l.error_code, l.error_message, l.retry_count,
             min(l.created_date) OVER (PARTITION BY l.workflow_id) AS since
      FROM public.stage3_error_log l
      WHERE l.event_id IS NULL AND l.resolution_status = 'OPEN'
      ORDER BY l.workflow_id, l.created_date DESC) w
JOIN public.execution_status s ON s.workflow_id = w.workflow_id;

-- A line that was posted and its counterpart both go to the general ledger, though neither is in force after a reversal.
-- No accounting date in the desk's future: the server's own day may be another.
CREATE VIEW public.v_gl_export_ready AS
SELECT j.* FROM hawk.gl_journal_lines j
WHERE j.post_status = 'POSTED' AND j.export_status = 'PENDING' AND j.accounting_date <= hawk.business_day();

-- A request waits until its deal has an answer; a cancel message until Murex has confirmed that the deal is gone, also
-- when its event is taken back by then. The messages themselves never change.
CREATE VIEW public.v_hstg_outbound_queue AS
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

-- Hedges that are open: rollovers, terminations and amendments refer to these rows.
CREATE VIEW public.v_open_hedges AS
WITH opened AS (
    SELECT e.event_id, e.entity_id, e.exposure_currency, e.nav_type, i.order_id, e.accounting_method AS hedge_method,
           e.hedging_instrument, e.opens_amount AS notional_amount, e.opens_usd AS notional_usd, e.trade_date,
           e.maturity_date, e.carried_amounts, e.workflow_id
    FROM hawk.hedge_business_events e
    JOIN hawk.hedge_instructions i ON i.instruction_id = e.instruction_id
    WHERE e.effective AND e.event_status IN ('Booked', 'Posted') AND e.opens_amount > 0
    UNION ALL
    SELECT o.event_id, o.entity_id, o.exposure_currency, o.nav_type, o.order_id, o.hedge_method,
           o.hedging_instrument, o.notional_amount, o.notional_usd, o.trade_date, o.maturity_date,
           o.carried_amounts, NULL
    FROM hawk.opening_hedges o
)
SELECT o.event_id, o.entity_id, o.exposure_currency, o.nav_type, o.order_id, o.hedge_method, o.hedging_instrument,
       o.notional_amount, o.notional_amount - coalesce(c.amount, 0) AS outstanding_amount,
       coalesce(o.notional_usd, 0) - coalesce(c.usd, 0) AS outstanding_usd,
       o.trade_date, o.maturity_date, o.carried_amounts, o.workflow_id
FROM opened o
LEFT JOIN LATERAL (
    SELECT sum(x.closes_amount) AS amount, sum(x.closes_usd) AS usd
    FROM hawk.hedge_business_events x
    WHERE x.closes_event_id = o.event_id AND x.effective) c ON true
WHERE o.notional_amount > coalesce(c.amount, 0);
COMMENT ON VIEW public.v_open_hedges IS 'Hedges that are open, with what is outstanding: the amount opened less every closing, those under way included.';
