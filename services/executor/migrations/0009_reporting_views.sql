-- Views that today's read-only analysis names, over the rows in force.

CREATE VIEW public.v_available_amounts_fast AS
SELECT c.entity_id, c.entity_name, c.entity_type, c.currency_code, c.nav_type, c.as_of_date, c.sfx AS sfx_position,
       c.car AS car_amount_distribution, c.overlay AS manual_overlay_amount, c.buffer_percentage, c.buffer_amount,
       c.hedged AS hedged_position, c.reserved AS reserved_amount, c.unhedged AS unhedged_position,
       c.available_amount AS available_amount_for_hedging
FROM public.v_entity_capacity_complete c;

CREATE VIEW public.v_available_amounts_test AS SELECT * FROM public.v_available_amounts_fast;

-- Capacity before HAWK's own use and after it, and what that use is made of.
CREATE VIEW public.v_entity_capacity_use AS
SELECT c.entity_id, c.entity_name, c.entity_type, c.currency_code, c.nav_type, c.as_of_date, c.sfx, c.car, c.overlay,
       c.buffer_percentage, c.buffer_amount, c.hedged_snapshot,
       greatest(c.sfx - c.car + c.overlay - c.buffer_amount - c.hedged_snapshot, 0) AS available_before,
       c.reserved, c.hedged_own, c.available_amount AS available_after
FROM public.v_entity_capacity_complete c;

-- The share of each entity in an order, in waterfall sequence, with the running total.
CREATE VIEW public.v_allocation_waterfall_summary AS
SELECT a.request_id, i.order_id, a.workflow_id, a.event_id, a.allocation_id, a.entity_id, m.entity_type, a.currency_code,
       a.nav_type, a.waterfall_priority, a.allocation_sequence, a.available_amount_for_hedging, a.hedge_amount_allocation,
       sum(a.hedge_amount_allocation) OVER (
           PARTITION BY a.request_id ORDER BY a.allocation_sequence, a.allocation_id) AS allocated_so_far,
       round(a.hedge_amount_allocation * 100 / nullif(a.available_amount_for_hedging, 0), 2) AS utilization_percentage,
       a.allocation_status, a.execution_date
FROM public.allocation_engine a
LEFT JOIN public.hedge_instructions i ON i.instruction_id = a.instruction_id
LEFT JOIN public.entity_master m ON m.entity_id = a.entity_id;

-- Positions are the hedges that are open, with what is left of them; those from before HAWK started are among them.
CREATE VIEW public.v_hedge_positions_fast AS
SELECT o.event_id, o.order_id, i.sub_order_id, o.workflow_id, o.entity_id, m.entity_name, o.exposure_currency, o.nav_type,
       e.business_event_type, e.assigned_booking_model, o.hedging_instrument, o.hedge_method AS accounting_method,
       o.notional_amount, o.outstanding_amount AS hedge_position_amount,
       coalesce(e.hedge_position_currency, o.exposure_currency) AS hedge_position_currency, e.final_hedge_portfolio,
       e.fx_rate, o.trade_date, e.value_date, o.maturity_date, e.murex_deal_id, e.event_status, o.outstanding_usd
FROM public.v_open_hedges o
LEFT JOIN public.hedge_business_events e ON e.event_id = o.event_id
LEFT JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id
LEFT JOIN public.entity_master m ON m.entity_id = o.entity_id;

-- Orders without the shares of their entities, with the state of their events: that of the least advanced one.
CREATE VIEW public.v_hedge_instructions_fast AS
SELECT i.instruction_id, i.msg_uid, i.instruction_type, i.instruction_date, i.exposure_currency, i.hedge_amount_order,
       i.nav_type, i.hedge_method, i.entity_id, i.order_id, i.sub_order_id, i.previous_order_id, i.value_date,
       i.instruction_status, i.check_status, i.usd_pb_check_status, i.allocated_notional, i.not_allocated_notional,
       i.failure_reason, i.received_timestamp, i.processed_timestamp, i.requested_by, i.response_id, i.workflow_id,
       coalesce(e.events, 0) AS event_count,
       CASE WHEN coalesce(e.events, 0) = 0 THEN i.instruction_status
            WHEN e.posted = e.events THEN 'Posted'
            WHEN e.booked = e.events THEN 'Booked'
            ELSE i.instruction_status END AS lifecycle_status
FROM public.hedge_instructions i
LEFT JOIN LATERAL (
    SELECT count(*) AS events, count(*) FILTER (WHERE b.event_status = 'Posted') AS posted,
           count(*) FILTER (WHERE b.event_status IN ('Booked', 'Posted')) AS booked
    FROM public.hedge_business_events b WHERE b.workflow_id = i.workflow_id) e ON true
WHERE i.parent_instruction_id IS NULL;

CREATE VIEW public.v_hi_today AS
SELECT * FROM public.v_hedge_instructions_fast WHERE instruction_date = hawk.business_day();

-- Neither at its end nor refused: somebody or something still has to act. A question is answered by its check.
CREATE VIEW public.v_hi_actionable AS
SELECT * FROM public.v_hedge_instructions_fast
WHERE instruction_type NOT IN ('U', 'Q') AND lifecycle_status NOT IN ('Posted', 'Rejected', 'Cancelled', 'Superseded');

CREATE VIEW public.v_overlay_amounts_active AS
SELECT o.overlay_id, o.entity_id, o.currency_code, o.nav_type, o.overlay_type, o.overlay_amount, o.overlay_direction,
       o.adjusted_amount, o.probability_percentage,
       CASE WHEN upper(o.overlay_direction) IN ('OUT', 'DECREASE', 'NEGATIVE') THEN -1 ELSE 1 END
           * coalesce(o.adjusted_amount, o.overlay_amount) AS signed_amount,
       o.approval_status, o.approved_by, o.approved_date, o.expected_execution_date, o.effective_date, o.expiry_date
FROM public.overlay_configuration o
WHERE o.active_flag = 'Y' AND upper(o.approval_status) IN ('APPROVED', 'PROBABLE')
  AND hawk.in_force(o.effective_date, o.expiry_date);

-- Overlays that a person should look at: in force and not approved, or about to end.
CREATE VIEW public.v_overlay_alerts AS
SELECT o.overlay_id, o.entity_id, o.currency_code, o.nav_type, o.overlay_amount, o.approval_status, o.effective_date,
       o.expiry_date,
       CASE WHEN upper(o.approval_status) <> 'APPROVED' THEN 'NOT_APPROVED' ELSE 'EXPIRES_SOON' END AS alert,
       o.expiry_date - hawk.business_day() AS days_left
FROM public.overlay_configuration o
WHERE o.active_flag = 'Y' AND hawk.in_force(o.effective_date, o.expiry_date)
  AND (upper(o.approval_status) <> 'APPROVED' OR o.expiry_date - hawk.business_day() <= 7);

CREATE VIEW public.currency_rates_parsed AS
SELECT r.rate_id, r.currency_pair, split_part(r.currency_pair, '/', 1) AS base_currency,
       split_part(r.currency_pair, '/', 2) AS quote_currency, r.rate_type, r.ledger, r.rate_value, r.effective_date,
       r.expiry_date, r.source_system, r.created_date
FROM public.currency_rates r;

-- A position with the currency it is an exposure in. Trailing line ends of the feed are not part of a code.
CREATE VIEW public.position_nav_master_with_exposure AS
SELECT p.*, btrim(p.currency_code, E' \r\n\t') AS exposure_currency, m.entity_name, m.entity_type, m.parent_entity_id
FROM public.position_nav_master p
LEFT JOIN public.entity_master m ON m.entity_id = p.entity_id;

-- The 38 columns of the live table, in its order.
CREATE VIEW public.hedge_instructions_legacy AS
SELECT i.instruction_id, i.msg_uid, i.instruction_type, i.instruction_date, i.exposure_currency, i.order_id, i.sub_order_id,
       i.previous_order_id, i.supersedes_msg_uid, i.hedge_amount_order, i.hedge_method, i.hedging_instrument_hint,
       i.value_date, i.tenor_or_maturity, i.framework_id_snapshot, i.hedging_state_snapshot, i.buffer_pct_snapshot,
       i.car_exemption_snapshot, i.instruction_status, i.check_status, i.acknowledgement_status, i.response_notional,
       i.allocated_notional, i.not_allocated_notional, i.usd_pb_check_status, i.failure_reason, i.request_id,
       i.processed_timestamp, i.response_timestamp, i.received_timestamp, i.external_trade_id, i.portfolio_code, i.created_by,
       i.created_date, i.modified_by, i.modified_date, i.instruction_fingerprint, i.result
FROM public.hedge_instructions i;

-- Two more names by which queries ask for the hand-over to the ledger and its lines.
CREATE VIEW public.hedge_gl_packages AS
SELECT p.gl_package_id AS package_id, e.instruction_id, e.event_id, e.murex_deal_id AS booking_id, p.status AS package_status,
       p.gl_date, p.base_currency AS currency, t.total AS total_debit_amount, t.total AS total_credit_amount, p.workflow_id
FROM public.gl_packages p
JOIN public.hedge_business_events e ON e.event_id = p.event_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.amount_sgd), 0) AS total FROM public.gl_entries g
    WHERE g.gl_package_id = p.gl_package_id AND g.ledger = 'IFRS') t;

CREATE VIEW public.hedge_gl_entries AS
SELECT d.detail_id AS entry_id, g.gl_package_id AS package_id, g.instruction_id, d.account_code, d.side AS entry_type,
       CASE d.side WHEN 'DEBIT' THEN d.amount END AS debit_amount,
       CASE d.side WHEN 'CREDIT' THEN d.amount END AS credit_amount,
       d.currency, g.narrative, g.ledger, d.event_id, d.workflow_id
FROM public.gl_entries_detail d
JOIN public.gl_entries g ON g.gl_entry_id = d.gl_entry_id;

-- All views of schema public. hawk_reader has its right on them from 0001.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO hawk_executor;
