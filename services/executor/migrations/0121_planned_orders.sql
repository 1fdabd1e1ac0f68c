-- Which orders are planned and neither applied nor closed: the same order again gets a warning while the first waits.
-- A projection of the streams plan-… and execution-…; plans that were drawn before this file get their row by
-- `hawk rebuild`.
CREATE TABLE hawk.planned_orders (
    workflow_id text NOT NULL, instruction_type text NOT NULL, exposure_currency text NOT NULL, order_id text NOT NULL,
    planned_at timestamptz NOT NULL, waits boolean NOT NULL,
    PRIMARY KEY (workflow_id)
);
COMMENT ON TABLE hawk.planned_orders IS 'Each hedge order that was planned; waits: neither applied nor closed.';
CREATE INDEX planned_orders_waiting ON hawk.planned_orders (exposure_currency, instruction_type, planned_at) WHERE waits;
CREATE VIEW public.planned_orders AS SELECT * FROM hawk.planned_orders;
GRANT SELECT ON public.planned_orders TO hawk_executor;
