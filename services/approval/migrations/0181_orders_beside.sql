-- The same order again is told of on the open card: which orders of a type and currency wait or were applied, and
-- which of them were taken back since. A reversal has the type of what it reverses and is no order.
ALTER TABLE approval.plans
    ADD COLUMN instruction_type text
        GENERATED ALWAYS AS (CASE WHEN plan ? 'reversal' THEN NULL ELSE plan ->> 'instruction_type' END) STORED,
    ADD COLUMN exposure_currency text GENERATED ALWAYS AS (plan ->> 'exposure_currency') STORED,
    ADD COLUMN order_id text GENERATED ALWAYS AS (plan ->> 'order_id') STORED;
CREATE INDEX plans_of_an_order ON approval.plans (exposure_currency, instruction_type);

ALTER TABLE approval.queue ADD COLUMN undone_at timestamptz;
COMMENT ON COLUMN approval.queue.undone_at IS 'When all that the grant allowed was taken back again; NULL while it is in effect or was never used.';
