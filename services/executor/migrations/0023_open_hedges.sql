-- Which hedges are open, and what closes them: rollovers, terminations and amendments refer to these rows.
-- A closing takes its amount off the hedge as soon as it is prepared, and gives it back when it is compensated (its row is
-- then no longer effective): what one workflow is closing no other can close.

ALTER TABLE hawk.hedge_business_events
    ADD COLUMN closes_event_id text,
    ADD COLUMN closes_amount numeric,
    ADD COLUMN closes_usd numeric,
    ADD COLUMN opens_amount numeric,
    ADD COLUMN opens_usd numeric,
    ADD COLUMN carried_amounts jsonb;
COMMENT ON COLUMN hawk.hedge_business_events.closes_event_id IS 'The open hedge this event takes closes_amount off.';
COMMENT ON COLUMN hawk.hedge_business_events.carried_amounts IS 'Amount keys in SGD at which the hedge stands in the books, for its whole opens_amount.';

CREATE INDEX hedge_business_events_closes ON hawk.hedge_business_events (closes_event_id)
    WHERE closes_event_id IS NOT NULL;
CREATE INDEX hedge_business_events_exposure ON hawk.hedge_business_events (exposure_currency, event_status);

CREATE OR REPLACE VIEW public.hedge_business_events AS
SELECT * FROM hawk.hedge_business_events WHERE effective;

-- Hedges that were open before HAWK started. Their amounts are part of the HEDGED snapshots.
CREATE TABLE hawk.opening_hedges (
    event_id text NOT NULL, entity_id text NOT NULL, exposure_currency text NOT NULL, nav_type text NOT NULL,
    order_id text NOT NULL, hedge_method text NOT NULL, hedging_instrument text NOT NULL,
    notional_amount numeric NOT NULL, notional_usd numeric NOT NULL, trade_date date NOT NULL,
    maturity_date date NOT NULL, carried_amounts jsonb, created_by text, created_date timestamptz,
    reference_version bigint NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT opening_hedges_amount CHECK (notional_amount > 0 AND notional_usd >= 0),
    CONSTRAINT opening_hedges_nav CHECK (nav_type IN ('COI', 'RE'))
);
COMMENT ON TABLE hawk.opening_hedges IS 'Hedges that were open before HAWK started, as imported.';
CREATE VIEW public.opening_hedges AS SELECT * FROM hawk.opening_hedges;

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

GRANT SELECT ON public.hedge_business_events, public.opening_hedges, public.v_open_hedges TO hawk_executor, hawk_reader;
