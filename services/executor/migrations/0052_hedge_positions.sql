-- Positions are the hedges that are open, with what is left of them; those from before HAWK started stand among them.

CREATE OR REPLACE VIEW public.v_hedge_positions_fast AS
SELECT o.event_id, o.order_id, i.sub_order_id, o.workflow_id, o.entity_id, m.entity_name, o.exposure_currency, o.nav_type,
       e.business_event_type, e.assigned_booking_model, o.hedging_instrument, o.hedge_method AS accounting_method,
       o.notional_amount, o.outstanding_amount AS hedge_position_amount,
       coalesce(e.hedge_position_currency, o.exposure_currency) AS hedge_position_currency, e.final_hedge_portfolio,
       e.fx_rate, o.trade_date, e.value_date, o.maturity_date, e.murex_deal_id, e.event_status, o.outstanding_usd
FROM public.v_open_hedges o
LEFT JOIN public.hedge_business_events e ON e.event_id = o.event_id
LEFT JOIN public.hedge_instructions i ON i.instruction_id = e.instruction_id
LEFT JOIN public.entity_master m ON m.entity_id = o.entity_id;

GRANT SELECT ON public.v_hedge_positions_fast TO hawk_executor, hawk_reader;
