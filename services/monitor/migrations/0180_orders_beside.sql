-- The same order again is told of while it is open: which workflows plan an order of a type and currency. A reversal
-- has the type of what it reverses and is no order.
ALTER TABLE monitor.workflow_facts
    ADD COLUMN instruction_type text GENERATED ALWAYS AS (
        CASE WHEN kind = 'plan' AND document ->> 'reverses' IS NULL THEN document ->> 'instruction_type' END) STORED,
    ADD COLUMN exposure_currency text GENERATED ALWAYS AS (
        CASE WHEN kind = 'plan' THEN document ->> 'exposure_currency' END) STORED,
    ADD COLUMN order_id text GENERATED ALWAYS AS (CASE WHEN kind = 'plan' THEN document ->> 'order_id' END) STORED;
CREATE INDEX workflow_facts_orders ON monitor.workflow_facts (exposure_currency, instruction_type)
    WHERE instruction_type IS NOT NULL;
