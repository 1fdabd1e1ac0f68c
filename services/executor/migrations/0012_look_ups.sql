-- What planning and applying ask of the tables, as look-ups: their cost must not grow with the workflows there ever were.

-- Orders of a currency that were received on a day, in the order in which a warning names them.
CREATE INDEX hedge_instructions_of_a_day
    ON hawk.hedge_instructions (exposure_currency, instruction_date, instruction_type, received_timestamp, msg_uid)
    WHERE parent_instruction_id IS NULL AND reversed_by_event IS NULL AND instruction_type IN ('U', 'I');

-- The open hedges of an exposure, the oldest first: an inception adds to the first one.
CREATE INDEX hedge_business_events_oldest
    ON hawk.hedge_business_events (exposure_currency, entity_id, nav_type, accounting_method, trade_date, event_id)
    WHERE effective AND event_status IN ('Booked', 'Posted') AND opens_amount > 0;

-- A reversal marks all rows of its workflow.
CREATE INDEX gl_packages_workflow ON hawk.gl_packages (workflow_id);
CREATE INDEX stage3_error_log_workflow ON hawk.stage3_error_log (workflow_id);
