-- Reversals: a line that was posted and its counterpart both go to the general ledger, though neither is in force any
-- more; and a reversing journal that waits for an open period is seen to wait.

CREATE OR REPLACE VIEW public.v_gl_export_ready AS
SELECT j.* FROM hawk.gl_journal_lines j
WHERE j.post_status = 'POSTED' AND j.export_status = 'PENDING' AND j.accounting_date <= hawk.business_day();

CREATE OR REPLACE VIEW public.v_workflow_stuck AS
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

GRANT SELECT ON public.v_gl_export_ready, public.v_workflow_stuck TO hawk_executor, hawk_reader;
