-- Read tables of stage 2 (deals, accounting pairs, reports) and stage 3 (the journal).

CREATE TABLE hawk.deal_bookings (
    deal_booking_id text NOT NULL, event_id text NOT NULL, deal_sequence integer NOT NULL,
    deal_type text NOT NULL, system text, portfolio text, counterparty text, sell_currency text,
    buy_currency text, sell_amount numeric, buy_amount numeric, fx_rate numeric, trade_date date,
    value_date date, maturity_date date, deal_status text NOT NULL, booking_reference text,
    internal_reference text, external_reference text, comment1 text, transfer_type text,
    linked_deal_sequence integer, triggers_proxy_automation boolean, automated_creation boolean,
    parent_deal_sequence integer, final_hedge_position boolean, near_leg_structure jsonb,
    far_leg_structure jsonb, ndf_structure jsonb, embedded_spot_details jsonb, currency_proxy jsonb,
    onshore_offshore_basis numeric, rate_type text, swap_points numeric, product_type text,
    embedded_spot_purpose text, ndf_reference text, position_tracking boolean, funding_purpose text,
    swap_structure text, currency_pair jsonb, spot_details jsonb, purpose text, proxy_purpose text,
    target_currency text, proxy_rationale text, created_date timestamptz, modified_date timestamptz,
    instruction_id text, portfolio_from text, portfolio_to text, notional_amount numeric,
    currency_pair_code text, murex_book_code text, proxy_currency text, original_currency text,
    differential_rate numeric, embedded_spot_rate numeric, funding_leg_rate numeric,
    ndf_settlement_date date, fixing_source text, reference_rate_source text, settlement_method text,
    actual_fx_rate numeric, retry_count integer NOT NULL DEFAULT 0, retry_timestamp timestamptz,
    sent_timestamp timestamptz, booking_timestamp timestamptz, confirmation_received boolean,
    failure_reason text, manual_intervention_required boolean, modified_by text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    deal_id text GENERATED ALWAYS AS (deal_booking_id) STORED,
    booking_status text GENERATED ALWAYS AS (deal_status) STORED,
    mx_deal_id text GENERATED ALWAYS AS (external_reference) STORED,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (deal_booking_id),
    CONSTRAINT deal_bookings_one_per_sequence UNIQUE (event_id, deal_sequence),
    CONSTRAINT deal_bookings_sequence_positive CHECK (deal_sequence > 0)
);
COMMENT ON TABLE hawk.deal_bookings IS 'One Murex deal. deal_id, booking_status and mx_deal_id are the names the plan gives three live columns.';

CREATE TABLE hawk.h_stg_mrx_ext (
    message_id text NOT NULL, event_id text, instruction_id text, direction text NOT NULL, payload jsonb,
    message_type text, message_status text, status text, ack_at timestamptz, deal_sequence integer,
    attempt integer, external_reference text, reason text, queued_at timestamptz, sent_at timestamptz,
    received_at timestamptz, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (message_id),
    CONSTRAINT h_stg_mrx_ext_direction_known CHECK (direction IN ('OUTBOUND', 'INBOUND'))
);
COMMENT ON TABLE hawk.h_stg_mrx_ext IS 'Messages to and from Murex.';

CREATE TABLE hawk.stage2_error_log (
    error_id text NOT NULL, event_id text, deal_sequence integer, error_type text, error_category text,
    error_message text, system_component text, retry_count integer, max_retries integer,
    retry_eligible boolean, resolution_status text, resolution_notes text, created_date timestamptz,
    resolved_date timestamptz, error_code text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (error_id)
);
COMMENT ON TABLE hawk.stage2_error_log IS 'Failures of booking.';

CREATE TABLE hawk.stage3_error_log (
    error_id text NOT NULL, event_id text, rule_id text, error_code text, error_class text, error_type text,
    error_category text, error_message text, system_component text, retry_count integer,
    max_retries integer, retry_eligible boolean, resolution_status text, resolution_notes text,
    created_date timestamptz, resolved_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (error_id)
);
COMMENT ON TABLE hawk.stage3_error_log IS 'Failures of posting.';

CREATE TABLE hawk.gl_entries (
    gl_entry_id text NOT NULL, event_id text NOT NULL, entry_sequence integer NOT NULL, entry_type text,
    posting_date date, debit_account text NOT NULL, credit_account text NOT NULL,
    amount_sgd numeric NOT NULL, entity_id text, reference_deal_sequence integer,
    reversal_flag boolean NOT NULL DEFAULT false, daily_processing boolean, monthly_only boolean,
    source_field text, source_system text, product_code text, differential_components jsonb,
    entity_dependent_posting boolean, daily_reversal boolean, ndf_specific_logic text,
    dual_currency_treatment jsonb, embedded_spot_logic jsonb, currency_differential_type text,
    proxy_currency_pair text, created_date timestamptz, ledger text NOT NULL, purpose text NOT NULL,
    narrative text, debit_narrative text, credit_narrative text, entry_status text, instruction_id text,
    gl_package_id text, reversal_of text, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (gl_entry_id),
    CONSTRAINT gl_entries_one_per_sequence UNIQUE (event_id, entry_sequence),
    CONSTRAINT gl_entries_ledger_known CHECK (ledger IN ('IFRS', 'LOCAL')),
    CONSTRAINT gl_entries_amount_not_negative CHECK (amount_sgd >= 0)
);
COMMENT ON TABLE hawk.gl_entries IS 'A balanced pair: one debit account, one credit account, one amount in SGD. A negative amount swaps the accounts, so none is stored.';

CREATE TABLE hawk.gl_entries_detail (
    detail_id text NOT NULL, gl_entry_id text NOT NULL, entity_type text, entity_classification text,
    account_code text, account_code_override text, amount numeric, currency text, mx_reference text,
    posting_rationale text, created_date timestamptz, event_id text, side text, detail_status text,
    workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (detail_id),
    CONSTRAINT gl_entries_detail_side_known CHECK (side IN ('DEBIT', 'CREDIT'))
);
COMMENT ON TABLE hawk.gl_entries_detail IS 'The lines of an entry.';

CREATE TABLE hawk.gl_packages (
    gl_package_id text NOT NULL, event_id text NOT NULL, model_type text, entity_id text, nav_type text,
    currency text, status text NOT NULL, amounts jsonb NOT NULL, base_currency text, exposure_currency text,
    fx_rate numeric, historical_rate numeric, prevailing_rate numeric, onshore_rate numeric,
    offshore_rate numeric, ndf_rate numeric, embedded_spot_rate numeric, usd_sgd_rate numeric, rates jsonb,
    gl_date date, notional_amount numeric, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (gl_package_id)
);
COMMENT ON TABLE hawk.gl_packages IS 'Hand-off of stage 2 to stage 3: the named amounts that journal rules refer to, and the rates behind them.';

CREATE TABLE hawk.gl_journal_lines (
    journal_id text NOT NULL, line_no integer NOT NULL, ledger text NOT NULL, accounting_date date NOT NULL,
    period_id text NOT NULL, account_code text NOT NULL, dr_amt numeric NOT NULL DEFAULT 0,
    cr_amt numeric NOT NULL DEFAULT 0, base_ccy text, txn_ccy text, fx_rate numeric, segments jsonb,
    source_refs jsonb NOT NULL, narratives jsonb, post_status text NOT NULL, export_status text NOT NULL,
    event_id text NOT NULL, gl_package_id text, entity_id text, rule_id text,
    reversal_flag boolean NOT NULL DEFAULT false, reversal_of text, posted_at timestamptz,
    exported_at timestamptz, created_date timestamptz, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (journal_id, line_no),
    CONSTRAINT gl_journal_lines_ledger_known CHECK (ledger IN ('IFRS', 'LOCAL')),
    CONSTRAINT gl_journal_lines_one_side CHECK ((dr_amt > 0 AND cr_amt = 0) OR (cr_amt > 0 AND dr_amt = 0)),
    CONSTRAINT gl_journal_lines_finite CHECK (dr_amt < 'Infinity' AND cr_amt < 'Infinity')
);
COMMENT ON TABLE hawk.gl_journal_lines IS 'The journal. A line has exactly one side.';

CREATE TABLE hawk.mx_proxy_hedge_report (
    report_id text NOT NULL, event_id text NOT NULL, report_date date, proxy_component text,
    swap_direction text, currency_pair text, near_leg_structure jsonb, far_leg_structure jsonb,
    hedging_pl_1a_field numeric, lnbr_leg_details jsonb, special_characteristics text,
    lnbr_leg2_swappoints numeric, usd_hedging_pl numeric, sgd_usd_swappoints numeric,
    created_date timestamptz, report_status text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (report_id)
);
COMMENT ON TABLE hawk.mx_proxy_hedge_report IS 'Proxy and NDF report; a nil row for matched currencies.';

CREATE TABLE hawk.mx_discounted_spot (
    spot_id text NOT NULL, currency_pair text, spot_rate numeric, rate_date date, source_system text,
    created_date timestamptz, event_id text, deal_id text, discount_rate numeric, discounted_value numeric,
    value_date date, calculation_method text, spot_status text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (spot_id)
);
COMMENT ON TABLE hawk.mx_discounted_spot IS 'Discounted spot of an event''s external deal.';

CREATE TABLE hawk.hfm_template_entries (
    template_id text NOT NULL, event_id text NOT NULL, template_set text, entry_type text,
    entity_classification text, debit_account text, credit_account text, amount_sgd numeric,
    column_a_designation text, column_h_designation text, processing_period text,
    inception_to_date_basis boolean, revenue_reserves_account text, prior_year_pl_treatment boolean,
    monthly_posting_only boolean, year_end_crossing_logic boolean, special_cny_treatment boolean,
    ndf_specific_treatment boolean, embedded_spot_component jsonb, currency_differential_component jsonb,
    prior_year_pl_note text, monthly_hfm_posting_only boolean, created_date timestamptz,
    template_status text, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (template_id)
);
COMMENT ON TABLE hawk.hfm_template_entries IS 'Template line for Hyperion.';

CREATE TABLE hawk.hedge_effectiveness (
    effectiveness_id text NOT NULL, hedge_relationship_id text, entity_id text, currency_code text,
    nav_type text, hedging_instrument text, hedge_notional numeric, hedged_item_value numeric,
    measurement_period text, measurement_date date, testing_method text, hedge_ratio numeric,
    effectiveness_ratio numeric, ineffectiveness_amount numeric, cumulative_effectiveness numeric,
    lower_threshold numeric, upper_threshold numeric, effectiveness_status text, accounting_treatment text,
    rebalancing_required boolean, rebalancing_action text, prospective_test_result text,
    retrospective_test_result text, hedge_inception_date date, next_test_date date,
    documentation_reference text, auditor_notes text, created_date timestamptz, modified_by text,
    modified_date timestamptz, event_id text, workflow_id text,
    created_by text NOT NULL DEFAULT 'HAWK_AGENT', reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (effectiveness_id)
);
COMMENT ON TABLE hawk.hedge_effectiveness IS 'Effectiveness test of a hedge.';

CREATE TABLE hawk.risk_monitoring (
    monitoring_id text NOT NULL, entity_id text, currency_code text, risk_metric text,
    current_value numeric, threshold_type text, threshold_value numeric, breach_level text,
    breach_timestamp timestamptz, breach_duration_minutes integer, notification_sent boolean,
    escalation_level integer, automated_action_taken text, resolution_status text,
    resolution_timestamp timestamptz, resolution_notes text, measurement_timestamp timestamptz,
    created_date timestamptz, modified_by text, modified_date timestamptz, event_id text,
    monitoring_status text, workflow_id text, created_by text NOT NULL DEFAULT 'HAWK_AGENT',
    reversed_by_event uuid,
    effective boolean NOT NULL GENERATED ALWAYS AS (reversed_by_event IS NULL) STORED,
    PRIMARY KEY (monitoring_id)
);
COMMENT ON TABLE hawk.risk_monitoring IS 'Exposure record of an event.';

CREATE INDEX deal_bookings_workflow ON hawk.deal_bookings (workflow_id);
CREATE INDEX deal_bookings_unsettled ON hawk.deal_bookings (deal_status) WHERE deal_status <> 'Booked';
CREATE INDEX h_stg_mrx_ext_queue ON hawk.h_stg_mrx_ext (direction, message_status);
CREATE INDEX h_stg_mrx_ext_event ON hawk.h_stg_mrx_ext (event_id, deal_sequence);
CREATE INDEX h_stg_mrx_ext_workflow ON hawk.h_stg_mrx_ext (workflow_id);
CREATE INDEX stage2_error_log_event ON hawk.stage2_error_log (event_id);
CREATE INDEX stage2_error_log_workflow ON hawk.stage2_error_log (workflow_id);
CREATE INDEX stage3_error_log_event ON hawk.stage3_error_log (event_id);
CREATE INDEX gl_entries_workflow ON hawk.gl_entries (workflow_id);
CREATE INDEX gl_entries_detail_entry ON hawk.gl_entries_detail (gl_entry_id);
CREATE INDEX gl_packages_event ON hawk.gl_packages (event_id);
CREATE INDEX gl_journal_lines_export ON hawk.gl_journal_lines (export_status, ledger, accounting_date);
CREATE INDEX gl_journal_lines_event ON hawk.gl_journal_lines (event_id);
CREATE INDEX gl_journal_lines_workflow ON hawk.gl_journal_lines (workflow_id);

-- The last line of defence against posting into a closed period: fail closed, no matter who writes.
-- Columns that move no money, export_status above all, stay writable after the period has closed.

CREATE FUNCTION hawk.require_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_open boolean;
BEGIN
    -- The share lock makes a concurrent closing of the period wait until this posting has committed.
    EXECUTE format(
        'SELECT is_open FROM %I.gl_periods WHERE period_id = $1 AND $2 BETWEEN start_date AND end_date FOR SHARE',
        TG_TABLE_SCHEMA)
    INTO found_open USING NEW.period_id, NEW.accounting_date;
    IF found_open IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'Journal % line %: period % is not open for %. Open the period or post on a date in an open one.',
            NEW.journal_id, NEW.line_no, NEW.period_id, NEW.accounting_date
            USING ERRCODE = 'check_violation', TABLE = 'gl_journal_lines', CONSTRAINT = 'gl_journal_lines_period_open';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER gl_journal_lines_period_open
    BEFORE INSERT OR UPDATE OF journal_id, line_no, ledger, accounting_date, period_id, account_code, dr_amt, cr_amt
    ON hawk.gl_journal_lines
    FOR EACH ROW EXECUTE FUNCTION hawk.require_open_period();
