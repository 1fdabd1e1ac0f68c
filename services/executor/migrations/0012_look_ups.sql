-- What planning and applying ask of the tables, as look-ups: their cost must not grow with the workflows there ever were.

-- Orders of a currency that were received on a day, in the order in which a warning names them. `effective` says what the
-- unique indexes say by `reversed_by_event`: else one of them, which also fits, might be read from end to end instead.
CREATE INDEX hedge_instructions_of_a_day
    ON hawk.hedge_instructions (exposure_currency, instruction_date, instruction_type, received_timestamp, msg_uid)
    WHERE effective AND parent_instruction_id IS NULL AND instruction_type IN ('U', 'I');

-- The open hedges of an exposure, the oldest first: an inception adds to the first one.
CREATE INDEX hedge_business_events_oldest
    ON hawk.hedge_business_events (exposure_currency, entity_id, nav_type, accounting_method, trade_date, event_id)
    WHERE effective AND event_status IN ('Booked', 'Posted') AND opens_amount > 0;
-- By currency and status alone there are more each day; what asks by currency has the index above.
DROP INDEX hawk.hedge_business_events_exposure;

-- A reversal marks all rows of its workflow.
CREATE INDEX gl_packages_workflow ON hawk.gl_packages (workflow_id);
CREATE INDEX stage3_error_log_workflow ON hawk.stage3_error_log (workflow_id);
