-- Read tables of stages 1A and 1B, and the audit and progress tables, with the names the live system uses.
-- All rows that a workflow writes carry workflow_id, and reversed_by_event once that event has taken them back.
-- No foreign keys: the events are checked before they are appended, and a rebuild fills the tables in any order.

CREATE TABLE hawk.hedge_instructions (
    instruction_id text NOT NULL, msg_uid text NOT NULL, instruction_type text NOT NULL,
    instruction_date date, exposure_currency text, order_id text, sub_order_id text, previous_order_id text,
    supersedes_msg_uid text, hedge_amount_order numeric, hedge_method text, hedging_instrument_hint text,
    value_date date, tenor_or_maturity text, framework_id_snapshot text, hedging_state_snapshot text,
    buffer_pct_snapshot numeric, car_exemption_snapshot text, instruction_status text NOT NULL,
    check_status text, acknowledgement_status text, response_notional numeric, allocated_notional numeric,
    not_allocated_notional numeric, usd_pb_check_status text, failure_reason text, request_id text,
    processed_timestamp timestamptz, response_timestamp timestamptz, received_timestamp timestamptz,
    external_trade_id text, portfolio_code text, created_date timestamptz, modified_by text,
    modified_date timestamptz, instruction_fingerprint text, result text, entity_id text, nav_type text,
    trace_id text, parent_instruction_id text, response_id text, requested_by text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (instruction_id),
    CONSTRAINT hedge_instructions_type_known CHECK (instruction_type IN ('U', 'I', 'R', 'T', 'A', 'Q')),
    CONSTRAINT hedge_instructions_amount_positive CHECK (hedge_amount_order > 0),
    CONSTRAINT hedge_instructions_flags CHECK (car_exemption_snapshot IN ('Y', 'N'))
);
COMMENT ON TABLE hawk.hedge_instructions IS 'An order as received and its check result; a sub-order (the share of one entity) names its parent and has a msg_uid of its own.';

CREATE TABLE hawk.hedge_business_events (
    event_id text NOT NULL, instruction_id text NOT NULL, entity_id text, business_event_type text,
    nav_type text, currency_type text, hedging_instrument text, accounting_method text,
    notional_amount numeric, hedge_ratio numeric, start_date date, maturity_date date, trade_date date,
    value_date date, fx_rate numeric, murex_deal_id text, external_deal_reference text, portfolio_code text,
    counterparty text, event_status text NOT NULL, booking_reference text, settlement_reference text,
    gl_posting_status text, notes text, created_date timestamptz, modified_by text,
    modified_date timestamptz, stage_2_status text, stage_2_start_time timestamptz,
    stage_2_completion_time timestamptz, stage_2_error_id text, assigned_booking_model text,
    portfolio_routing jsonb, final_hedge_portfolio text, hedge_position_amount numeric,
    hedge_position_currency text, recovery_point integer, stage_3_status text, gl_package_id text,
    stage_1a_status text, stage_1a_start_time timestamptz, stage_1a_completion_time timestamptz,
    stage_1b_status text, stage_1b_start_time timestamptz, stage_1b_completion_time timestamptz,
    expected_deal_count integer, actual_deal_count integer, exposure_currency text, original_hedge_id text,
    final_notional_amount numeric, booking_progress_percentage numeric, booking_success_rate numeric,
    hedge_effectiveness_initial numeric, stage_3_error_code text, stage_3_error_msg text,
    stage_3_attempts integer, last_stage_3_update timestamptz, closes_event_id text, closes_amount numeric,
    closes_usd numeric, opens_amount numeric, opens_usd numeric, carried_amounts jsonb, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (event_id)
);
COMMENT ON TABLE hawk.hedge_business_events IS 'One hedge event of one entity and NAV type, carrier of the stage statuses.';
-- A closing takes its amount off the hedge as soon as it is prepared, and gives it back when it is compensated (its row is
-- then no longer effective): what one workflow is closing no other can close.
COMMENT ON COLUMN hawk.hedge_business_events.closes_event_id IS 'The open hedge this event takes closes_amount off.';
COMMENT ON COLUMN hawk.hedge_business_events.carried_amounts IS 'Amounts in SGD by key at which the books carry the hedge, for its whole opens_amount.';

CREATE TABLE hawk.allocation_engine (
    allocation_id text NOT NULL, request_id text, entity_id text NOT NULL, currency_code text NOT NULL,
    nav_type text NOT NULL, sfx_position numeric, car_exemption_flag text, car_amount_distribution numeric,
    manual_overlay_amount numeric, buffer_percentage numeric, buffer_amount numeric,
    hedged_position numeric, unhedged_position numeric, hedge_amount_allocation numeric,
    available_amount_for_hedging numeric, waterfall_priority integer, allocation_sequence integer,
    allocation_status text NOT NULL, execution_date date, notes text, created_date timestamptz,
    modified_by text, modified_date timestamptz, instruction_id text, event_id text,
    finalized boolean NOT NULL DEFAULT false, calculation_date date, executed_date date, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (allocation_id),
    CONSTRAINT allocation_engine_flags CHECK (car_exemption_flag IN ('Y', 'N'))
);
COMMENT ON TABLE hawk.allocation_engine IS 'Capacity of one entity as computed, and what an order took of it.';

CREATE TABLE hawk.hedge_event_history (
    event_sequence_id text NOT NULL, original_hedge_id text, event_type text, event_date date,
    successor_event_id text, event_id text, notional_amount numeric, history_status text,
    created_date timestamptz, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (event_sequence_id)
);
COMMENT ON TABLE hawk.hedge_event_history IS 'The chain of predecessors and successors of a hedge.';

CREATE TABLE hawk.reallocation_audit (
    reallocation_id text NOT NULL, original_allocation numeric, new_allocation numeric,
    reallocation_reason text, allocation_id text, event_id text, entity_id text, currency_code text,
    nav_type text, reallocation_status text, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (reallocation_id)
);
COMMENT ON TABLE hawk.reallocation_audit IS 'Each move from one allocation to another, with its reason.';

CREATE TABLE hawk.apportionment_requests (
    request_id text NOT NULL, business_event_type text, reallocation_type text,
    existing_hedge_context jsonb, instruction_id text, exposure_currency text, hedge_amount_order numeric,
    request_status text, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (request_id)
);
COMMENT ON TABLE hawk.apportionment_requests IS 'The split of an order among entities, as asked for.';

CREATE TABLE hawk.stage_bundles (
    bundle_id uuid NOT NULL, stage_id text, stage_name text, instruction_id text, instruction_type text,
    order_id text, sub_order_id text, exposure_currency text, hedge_method text, hedge_amount_order numeric,
    entity_id_filter text, nav_type_filter text, payload jsonb, status text NOT NULL, error_message text,
    created_at timestamptz, updated_by text, updated_at timestamptz, stage_from text, stage_to text,
    event_ids jsonb, bundle_status text, handoff_timestamp timestamptz, validation_checksum text,
    processing_priority integer, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (bundle_id)
);
COMMENT ON TABLE hawk.stage_bundles IS 'The hand-over of one stage to the next, with a checksum.';

CREATE TABLE hawk.stage2_queue (
    queue_id text NOT NULL, event_id text NOT NULL, booking_model text, currency_type text,
    hedging_instrument text, instruction_id text, queue_status text, processing_priority integer,
    queued_at timestamptz, completed_at timestamptz, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (queue_id)
);
COMMENT ON TABLE hawk.stage2_queue IS 'Events released to booking.';

CREATE TABLE hawk.audit_trail (
    audit_id text NOT NULL, trace_id text, transaction_id text, msg_uid text, stage text, process_step text,
    action text NOT NULL, sub_action text, table_name text, record_id text, entity_id text,
    currency_code text, operation_type text, field_name text, old_value text, new_value text,
    business_justification text, change_reason text, validation_status text, calculation_details text,
    user_id text, user_role text, user_department text, session_id text, ip_address text,
    application_name text, application_version text, operation_timestamp timestamptz,
    processing_start_time timestamptz, processing_end_time timestamptz, execution_time_ms integer,
    approval_required boolean, approved_by text, approval_timestamp timestamptz, approval_comments text,
    authorization_level text, data_classification text, sensitivity_level text,
    retention_period_years integer, archived_flag text, archive_date date, purge_eligible_date date,
    status text, error_code text, error_message text, data_quality_score numeric, external_reference text,
    source_system text, target_system text, created_date timestamptz, message text, actor text,
    workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (audit_id),
    CONSTRAINT audit_trail_flags CHECK (archived_flag IN ('Y', 'N'))
);
COMMENT ON TABLE hawk.audit_trail IS 'Decisions, stage records, approvals, refusals and compensations, for people; the proof is the event store.';

CREATE TABLE hawk.execution_status (
    transaction_id text NOT NULL, total_operations integer NOT NULL,
    completed_operations integer NOT NULL DEFAULT 0, status text NOT NULL, stage_1a_status text,
    stage_1b_status text, stage_2_status text, stage_3_status text, progress integer NOT NULL DEFAULT 0,
    order_id text, booking_model text, failure_reason text, error_code text, started_at timestamptz,
    completed_at timestamptz, updated_at timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (transaction_id),
    CONSTRAINT execution_status_within_total CHECK (completed_operations BETWEEN 0 AND total_operations),
    CONSTRAINT execution_status_progress CHECK (progress BETWEEN 0 AND 100)
);
COMMENT ON TABLE hawk.execution_status IS 'The progress of a workflow; transaction_id is the workflow id.';

CREATE TABLE hawk.transaction_log (
    transaction_id text NOT NULL, status text NOT NULL, started_at timestamptz, completed_at timestamptz,
    operations_count integer, notes text, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (transaction_id)
);
COMMENT ON TABLE hawk.transaction_log IS 'Kept for queries that name it; not written, because es.events is the log of transactions.';

-- Orders that are planned and neither applied nor closed: a repeated order gets a warning while the first waits.
-- A projection of the streams plan-… and execution-….
CREATE TABLE hawk.planned_orders (
    workflow_id text NOT NULL, instruction_type text NOT NULL, exposure_currency text NOT NULL, order_id text NOT NULL,
    planned_at timestamptz NOT NULL, waits boolean NOT NULL,
    PRIMARY KEY (workflow_id)
);
COMMENT ON TABLE hawk.planned_orders IS 'Each hedge order that was planned; waits: neither applied nor closed.';

-- A row that was taken back frees its key; whether it may be used again is for the planner to say. The share of an entity
-- has its sub-order's id as msg_uid, which follows from an order id that a response may state as often as it likes: it
-- proves nothing and must not stop an execution.
CREATE UNIQUE INDEX hedge_instructions_msg_uid ON hawk.hedge_instructions (msg_uid)
    WHERE reversed_by_event IS NULL AND parent_instruction_id IS NULL;
CREATE UNIQUE INDEX hedge_instructions_fingerprint ON hawk.hedge_instructions (instruction_fingerprint)
    WHERE reversed_by_event IS NULL AND parent_instruction_id IS NULL;
CREATE INDEX hedge_instructions_order ON hawk.hedge_instructions (order_id);
CREATE INDEX hedge_instructions_workflow ON hawk.hedge_instructions (workflow_id);
CREATE INDEX hedge_business_events_open ON hawk.hedge_business_events (entity_id, exposure_currency, nav_type, event_status);
CREATE INDEX hedge_business_events_exposure ON hawk.hedge_business_events (exposure_currency, event_status);
CREATE INDEX hedge_business_events_closes ON hawk.hedge_business_events (closes_event_id)
    WHERE closes_event_id IS NOT NULL;
CREATE INDEX hedge_business_events_instruction ON hawk.hedge_business_events (instruction_id);
CREATE INDEX hedge_business_events_workflow ON hawk.hedge_business_events (workflow_id);
CREATE INDEX allocation_engine_exposure ON hawk.allocation_engine (entity_id, currency_code, nav_type);
CREATE INDEX allocation_engine_workflow ON hawk.allocation_engine (workflow_id);
CREATE INDEX hedge_event_history_original ON hawk.hedge_event_history (original_hedge_id);
CREATE INDEX audit_trail_workflow ON hawk.audit_trail (workflow_id);
CREATE INDEX planned_orders_waiting ON hawk.planned_orders (exposure_currency, instruction_type, planned_at) WHERE waits;
