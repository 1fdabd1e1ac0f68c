-- Reference and configuration tables: projections of the messages of hawk.reference.
-- reference_version is the version of the row's stream at its last change; a plan pins it.
-- workflow_id names the approved change that wrote the row last, in the tables of the configuration that it may change.

CREATE TABLE hawk.entity_master (
    entity_id text NOT NULL, entity_name text, entity_type text NOT NULL, parent_entity_id text,
    currency_code text NOT NULL, car_exemption_flag text, legal_entity_code text, business_unit text,
    country_code text, region text, active_flag text NOT NULL DEFAULT 'Y', inception_date date,
    termination_date date, parent_child_nav_link boolean, regulatory_classification text,
    risk_weight_category text, murex_issuer text, murex_comment text, comments text, created_by text,
    created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (entity_id),
    CONSTRAINT entity_master_type_known CHECK (entity_type IN ('Branch', 'Subsidiary', 'Associate', 'TMU')),
    CONSTRAINT entity_master_flags CHECK (car_exemption_flag IN ('Y', 'N') AND active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.position_nav_master (
    nav_id text NOT NULL, entity_id text NOT NULL, currency_code text NOT NULL, as_of_date date NOT NULL,
    source_system text, source_batch_id text, nav_type text NOT NULL, position_type text NOT NULL,
    current_position numeric NOT NULL, coi_amount numeric, re_amount numeric, buffer_pct numeric,
    buffer_amount numeric, manual_overlay_amount numeric, manual_overlay_notes text,
    optimal_car_amount numeric, optimal_car_source text, optimal_car_as_of date, data_quality_status text,
    data_quality_notes text, created_by text, created_at timestamptz, modified_by text,
    modified_at timestamptz, computed_total_nav numeric, reference_version bigint NOT NULL,
    PRIMARY KEY (nav_id),
    CONSTRAINT position_nav_master_one_snapshot UNIQUE (entity_id, currency_code, nav_type, position_type, as_of_date)
);

CREATE TABLE hawk.buffer_configuration (
    buffer_rule_id text NOT NULL, entity_id text, currency_code text, hedging_framework text,
    car_exemption_flag text, entity_type text, buffer_percentage numeric NOT NULL,
    rule_priority integer NOT NULL, minimum_buffer_amount numeric, maximum_buffer_amount numeric,
    buffer_allocation_method text, nav_type_priority text, active_flag text NOT NULL DEFAULT 'Y',
    effective_date date, expiry_date date, business_rule_description text, created_by text,
    created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (buffer_rule_id),
    CONSTRAINT buffer_configuration_percentage CHECK (buffer_percentage BETWEEN 0 AND 100),
    CONSTRAINT buffer_configuration_flags CHECK (car_exemption_flag IN ('Y', 'N') AND active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.threshold_configuration (
    threshold_id text NOT NULL, threshold_type text NOT NULL, currency_code text NOT NULL, entity_type text,
    warning_level numeric NOT NULL, critical_level numeric NOT NULL, maximum_limit numeric NOT NULL,
    unit_of_measure text NOT NULL, escalation_level_1 text, escalation_level_2 text,
    escalation_level_3 text, automated_action_flag text, notification_emails text,
    breach_tolerance_minutes integer, active_flag text NOT NULL DEFAULT 'Y', effective_date date,
    expiry_date date, created_by text, created_date timestamptz, modified_by text,
    modified_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (threshold_id),
    CONSTRAINT threshold_configuration_flags CHECK (automated_action_flag IN ('Y', 'N') AND active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.hedging_framework (
    framework_id text NOT NULL, currency_code text, entity_id text, hedging_state text NOT NULL,
    framework_type text, car_exemption_override text, buffer_percentage numeric,
    minimum_hedge_amount numeric, maximum_hedge_amount numeric, hedge_ratio numeric, accounting_method text,
    rebalancing_frequency text, effectiveness_threshold_lower numeric,
    effectiveness_threshold_upper numeric, active_flag text NOT NULL DEFAULT 'Y',
    effective_date date, expiry_date date, notes text, created_by text, created_date timestamptz,
    modified_by text, modified_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    period daterange GENERATED ALWAYS AS (daterange(effective_date, expiry_date, '[]')) STORED,
    PRIMARY KEY (framework_id),
    CONSTRAINT hedging_framework_flags CHECK (car_exemption_override IN ('Y', 'N') AND active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.currency_configuration (
    currency_code text NOT NULL, currency_name text, currency_type text NOT NULL,
    base_currency text NOT NULL, is_deliverable boolean, proxy_currency text,
    settlement_days integer NOT NULL, dealing_currency boolean, hedge_accounting_eligible boolean,
    minimum_deal_size numeric NOT NULL, maximum_deal_size numeric NOT NULL,
    rounding_precision integer NOT NULL, market_hours_start time, market_hours_end time, cut_off_time time,
    active_flag boolean NOT NULL DEFAULT true, effective_date date, expiry_date date,
    exposure_currency text, created_by text, created_date timestamptz, modified_by text,
    modified_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (currency_code)
);

CREATE TABLE hawk.currency_rates (
    rate_id text NOT NULL, currency_pair text NOT NULL, rate_type text NOT NULL,
    rate_value numeric NOT NULL, effective_date date NOT NULL, expiry_date date, source_system text,
    created_date timestamptz, ledger text NOT NULL DEFAULT 'IFRS', created_by text,
    reference_version bigint NOT NULL,
    PRIMARY KEY (currency_pair, rate_type, ledger),
    CONSTRAINT currency_rates_id UNIQUE (rate_id),
    CONSTRAINT currency_rates_ledger_known CHECK (ledger IN ('IFRS', 'LOCAL'))
);

CREATE TABLE hawk.currency_rate_pairs (
    pair_id text NOT NULL, base_currency text NOT NULL, quote_currency text NOT NULL, onshore_rate numeric,
    offshore_rate numeric, rate_date date NOT NULL, created_date timestamptz, rate_differential numeric,
    differential_type text, calculation_method text, business_justification text,
    applicable_portfolios jsonb, effective_date date, expiry_date date, created_by text,
    reference_version bigint NOT NULL,
    PRIMARY KEY (pair_id)
);

CREATE TABLE hawk.proxy_configuration (
    proxy_id text NOT NULL, exposure_currency text NOT NULL, proxy_currency text NOT NULL, proxy_type text,
    hedge_instrument text, proxy_ratio numeric, correlation_coefficient numeric, basis_risk_factor numeric,
    effectiveness_threshold numeric, hedge_adjustment_factor numeric, liquidity_premium numeric,
    regulatory_approval text, market_data_source text, pricing_methodology text, risk_management_notes text,
    historical_performance text, active_flag text NOT NULL DEFAULT 'Y', effective_date date,
    expiry_date date, review_frequency text, last_review_date date, next_review_date date, created_by text,
    created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (proxy_id),
    CONSTRAINT proxy_configuration_flags CHECK (active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.proxy_rate_history (
    proxy_rate_id text NOT NULL, exposure_currency text NOT NULL, proxy_currency text NOT NULL,
    rate_type text NOT NULL, rate_value numeric NOT NULL, rate_date date NOT NULL, source text, notes text,
    created_by text, created_date timestamptz, reference_version bigint NOT NULL,
    PRIMARY KEY (proxy_rate_id)
);

CREATE TABLE hawk.ps_gl_month_end_rates (
    month_end_rate_id text NOT NULL, rate_date date NOT NULL, currency_code text NOT NULL,
    blended_rate numeric NOT NULL, source text, notes text, created_by text, created_date timestamptz,
    reference_version bigint NOT NULL,
    PRIMARY KEY (month_end_rate_id)
);

CREATE TABLE hawk.instruction_event_config (
    config_id text NOT NULL, instruction_event text NOT NULL, nav_type text NOT NULL,
    currency_type text NOT NULL, hedging_instrument text, accounting_method text, mrx_book_code_ids jsonb,
    booking_model text NOT NULL, deal_count integer NOT NULL, gl_entry_count integer NOT NULL,
    portfolio_routing jsonb, special_processing_flags jsonb, status integer, effective_date date,
    expiry_date date, created_by text, created_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (config_id)
);

CREATE TABLE hawk.murex_book_config (
    config_id text NOT NULL, murex_book_code text NOT NULL, book_name text, portfolio_type text,
    business_unit text, tps_outbound boolean, transformations jsonb, risk_limit_profile text,
    settlement_instructions jsonb, counterparty_restrictions jsonb, product_restrictions jsonb,
    currency_restrictions jsonb, gl_mapping_rules jsonb, active_flag boolean NOT NULL DEFAULT true,
    created_by text, created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (config_id)
);

CREATE TABLE hawk.waterfall_logic_configuration (
    waterfall_id text NOT NULL, waterfall_type text NOT NULL, currency_code text, entity_type text NOT NULL,
    nav_type text, priority_level integer NOT NULL, sort_order text, nav_amount_criteria text,
    car_exemption_required text, description text, business_rule text,
    active_flag text NOT NULL DEFAULT 'Y', effective_date date, expiry_date date, created_by text,
    created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (waterfall_id),
    CONSTRAINT waterfall_logic_configuration_flags CHECK (active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.overlay_configuration (
    overlay_id text NOT NULL, entity_id text NOT NULL, currency_code text NOT NULL, nav_type text NOT NULL,
    overlay_type text, overlay_amount numeric NOT NULL, overlay_direction text,
    expected_execution_date date, probability_percentage numeric, adjusted_amount numeric, description text,
    business_justification text, supporting_document text, reference_number text,
    approval_status text NOT NULL, approved_by text, approved_date date, reviewer_comments text,
    active_flag text NOT NULL DEFAULT 'Y', effective_date date, expiry_date date,
    auto_expire_flag text, processing_status text, last_applied_date date, application_count integer,
    created_by text, created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (overlay_id),
    CONSTRAINT overlay_configuration_flags CHECK (active_flag IN ('Y', 'N') AND auto_expire_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.car_master (
    car_id text NOT NULL, entity_id text NOT NULL, currency_code text NOT NULL,
    reporting_date date NOT NULL, cet1_capital numeric, total_capital numeric, risk_weighted_assets numeric,
    car_ratio numeric, optimal_car_amount numeric, allocated_car_amount numeric,
    remaining_car_amount numeric, car_utilization_percentage numeric, regulatory_minimum numeric,
    internal_target numeric, buffer_requirement numeric, validation_status text, data_source text,
    notes text, created_by text, created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL,
    PRIMARY KEY (car_id)
);

CREATE TABLE hawk.hedge_instruments (
    instrument_id text NOT NULL, instrument_name text, instrument_type text NOT NULL, currency_pair text,
    base_currency text, quote_currency text, currency_classification text, nav_type_applicable text,
    accounting_method_supported text, minimum_notional numeric, maximum_notional numeric,
    standard_tenors text, settlement_type text, trade_confirmation_required boolean,
    regulatory_approval_required boolean, risk_weight numeric, liquidity_rating text,
    counterparty_limits_applicable boolean, booking_system text, pricing_source text,
    active_flag text NOT NULL DEFAULT 'Y', effective_date date, expiry_date date, notes text,
    created_by text, created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL,
    PRIMARY KEY (instrument_id),
    CONSTRAINT hedge_instruments_flags CHECK (active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.system_configuration (
    config_id text NOT NULL, config_category text, config_key text NOT NULL, config_value text NOT NULL,
    data_type text, description text, default_value text, valid_values text, environment text,
    requires_restart boolean, security_level text, change_approval_required boolean, last_modified_by text,
    last_modified_date timestamptz, effective_date date, expiry_date date,
    active_flag text NOT NULL DEFAULT 'Y', created_by text, created_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (config_key),
    CONSTRAINT system_configuration_flags CHECK (active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.hedge_be_config (
    be_code text NOT NULL, product_code text, event_type text, gl_account text NOT NULL,
    ledger text, business_unit text, profit_centre text, affiliate text, country text, system text,
    channel text, fx_flag text, resident text, gst text, chartfield2 text, narration_1 text,
    narration_2 text, narration_3 text, narration_4 text, narration_5 text, narration_6 text,
    narration_7 text, coa_conversion_flag text, status text NOT NULL DEFAULT 'Active', active_flag text NOT NULL DEFAULT 'Y',
    maker text, checker text, created_by text, created_date timestamptz, modified_by text,
    modified_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (be_code),
    CONSTRAINT hedge_be_config_flags CHECK (fx_flag IN ('Y', 'N') AND coa_conversion_flag IN ('Y', 'N') AND active_flag IN ('Y', 'N'))
);

CREATE TABLE hawk.gl_rules (
    rule_id bigint NOT NULL, enabled boolean NOT NULL DEFAULT true, priority integer NOT NULL DEFAULT 100,
    scope jsonb NOT NULL, lines jsonb NOT NULL, effective_from date, effective_to date, version_tag text,
    narrative_vars jsonb, created_by text, created_date timestamptz, reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (rule_id)
);

CREATE TABLE hawk.gl_rule_lints (
    lint_id text NOT NULL, rule_id bigint NOT NULL, conflicting_rule_id bigint, finding text NOT NULL,
    severity text NOT NULL, description text, resolved boolean NOT NULL DEFAULT false, created_by text,
    created_date timestamptz, reference_version bigint NOT NULL,
    PRIMARY KEY (lint_id)
);

CREATE TABLE hawk.gl_coa (
    account_code text NOT NULL, description text, segments jsonb,
    active_flag boolean NOT NULL DEFAULT true, account_type text, created_by text, created_date timestamptz,
    reference_version bigint NOT NULL, workflow_id text,
    PRIMARY KEY (account_code)
);

CREATE TABLE hawk.gl_periods (
    period_id text NOT NULL, start_date date NOT NULL, end_date date NOT NULL, is_open boolean NOT NULL,
    created_by text, created_date timestamptz, reference_version bigint NOT NULL,
    PRIMARY KEY (period_id),
    CONSTRAINT gl_periods_in_order CHECK (start_date <= end_date)
);

CREATE TABLE hawk.usd_pb_deposit (
    deposit_id text NOT NULL, currency_code text NOT NULL, measurement_date date NOT NULL,
    measurement_time timestamptz, total_usd_pb_deposits numeric, current_hedge_exposure numeric,
    pending_hedge_requests numeric, total_projected_exposure numeric, available_capacity numeric,
    threshold_warning numeric, threshold_critical numeric, threshold_maximum numeric,
    utilization_percentage numeric, breach_status text, last_breach_timestamp timestamptz,
    deposit_trend text, daily_change_amount numeric, daily_change_percentage numeric,
    forecast_1_day numeric, forecast_7_days numeric, forecast_30_days numeric, data_source text,
    data_quality_score numeric, validation_status text, last_updated_timestamp timestamptz,
    escalation_level text, notification_sent_flag text, notification_timestamp timestamptz, notes text,
    created_by text, created_date timestamptz, modified_by text, modified_date timestamptz,
    reference_version bigint NOT NULL,
    PRIMARY KEY (deposit_id),
    CONSTRAINT usd_pb_deposit_flags CHECK (notification_sent_flag IN ('Y', 'N'))
);

-- A day without a row may be open, or its year may not be published yet: each row states up to which day its calendar is
-- known. Without known_until the row speaks for its own day alone.
CREATE TABLE hawk.holiday_calendar (
    calendar_code text NOT NULL, holiday_date date NOT NULL, holiday_name text, known_until date, source text,
    created_by text, created_date timestamptz, reference_version bigint NOT NULL,
    PRIMARY KEY (calendar_code, holiday_date),
    CONSTRAINT holiday_calendar_known CHECK (
        known_until >= holiday_date AND date_part('year', known_until) = date_part('year', holiday_date)
    )
);
COMMENT ON COLUMN hawk.holiday_calendar.known_until IS 'All holidays of this calendar are stated up to this day, which lies in the year of the row. The calendar''s last day is the latest of its rows.';

CREATE TABLE hawk.entity_alias (
    alias_id text NOT NULL, entity_id text NOT NULL, description text, created_by text,
    created_date timestamptz, reference_version bigint NOT NULL,
    PRIMARY KEY (alias_id)
);

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

CREATE INDEX entity_master_currency ON hawk.entity_master (currency_code, entity_type);
CREATE INDEX buffer_configuration_currency ON hawk.buffer_configuration (currency_code);
CREATE INDEX threshold_configuration_kind ON hawk.threshold_configuration (threshold_type, currency_code);
CREATE INDEX usd_pb_deposit_latest ON hawk.usd_pb_deposit (currency_code, measurement_date DESC);
