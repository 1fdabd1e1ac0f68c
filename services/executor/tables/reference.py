"""Columns of the reference and configuration tables. Source: domain facts 2.2."""

from services.executor.tables.table import Table

TABLES: tuple[Table, ...] = (
    Table.of(
        "entity_master",
        "entity_id",
        text=(
            "entity_id entity_name entity_type parent_entity_id currency_code "
            "car_exemption_flag legal_entity_code business_unit country_code region active_flag "
            "regulatory_classification risk_weight_category murex_issuer murex_comment comments "
            "created_by modified_by workflow_id"
        ),
        bigint="reference_version",
        boolean="parent_child_nav_link",
        date="inception_date termination_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "position_nav_master",
        "nav_id",
        text=(
            "nav_id entity_id currency_code source_system source_batch_id nav_type "
            "position_type manual_overlay_notes optimal_car_source data_quality_status "
            "data_quality_notes created_by modified_by"
        ),
        numeric=(
            "current_position coi_amount re_amount buffer_pct buffer_amount "
            "manual_overlay_amount optimal_car_amount computed_total_nav"
        ),
        bigint="reference_version",
        date="as_of_date optimal_car_as_of",
        timestamptz="created_at modified_at",
    ),
    Table.of(
        "buffer_configuration",
        "buffer_rule_id",
        text=(
            "buffer_rule_id entity_id currency_code hedging_framework car_exemption_flag "
            "entity_type buffer_allocation_method nav_type_priority active_flag "
            "business_rule_description created_by modified_by workflow_id"
        ),
        numeric="buffer_percentage minimum_buffer_amount maximum_buffer_amount",
        integer="rule_priority",
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "threshold_configuration",
        "threshold_id",
        text=(
            "threshold_id threshold_type currency_code entity_type unit_of_measure "
            "escalation_level_1 escalation_level_2 escalation_level_3 automated_action_flag "
            "notification_emails active_flag created_by modified_by workflow_id"
        ),
        numeric="warning_level critical_level maximum_limit",
        integer="breach_tolerance_minutes",
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "hedging_framework",
        "framework_id",
        text=(
            "framework_id currency_code entity_id hedging_state framework_type "
            "car_exemption_override accounting_method rebalancing_frequency active_flag notes "
            "created_by modified_by workflow_id"
        ),
        numeric=(
            "buffer_percentage minimum_hedge_amount maximum_hedge_amount hedge_ratio "
            "effectiveness_threshold_lower effectiveness_threshold_upper"
        ),
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
        generated="period",
    ),
    Table.of(
        "currency_configuration",
        "currency_code",
        text=(
            "currency_code currency_name currency_type base_currency proxy_currency "
            "exposure_currency created_by modified_by workflow_id"
        ),
        numeric="minimum_deal_size maximum_deal_size",
        integer="settlement_days rounding_precision",
        bigint="reference_version",
        boolean="is_deliverable dealing_currency hedge_accounting_eligible active_flag",
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
        time="market_hours_start market_hours_end cut_off_time",
    ),
    Table.of(
        "currency_rates",
        "currency_pair rate_type ledger",
        text="rate_id currency_pair rate_type source_system ledger created_by",
        numeric="rate_value",
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date",
    ),
    Table.of(
        "currency_rate_pairs",
        "pair_id",
        text=(
            "pair_id base_currency quote_currency differential_type calculation_method "
            "business_justification created_by"
        ),
        numeric="onshore_rate offshore_rate rate_differential",
        bigint="reference_version",
        date="rate_date effective_date expiry_date",
        timestamptz="created_date",
        jsonb="applicable_portfolios",
    ),
    Table.of(
        "proxy_configuration",
        "proxy_id",
        text=(
            "proxy_id exposure_currency proxy_currency proxy_type hedge_instrument "
            "regulatory_approval market_data_source pricing_methodology risk_management_notes "
            "historical_performance active_flag review_frequency created_by modified_by workflow_id"
        ),
        numeric=(
            "proxy_ratio correlation_coefficient basis_risk_factor effectiveness_threshold "
            "hedge_adjustment_factor liquidity_premium"
        ),
        bigint="reference_version",
        date="effective_date expiry_date last_review_date next_review_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "proxy_rate_history",
        "proxy_rate_id",
        text="proxy_rate_id exposure_currency proxy_currency rate_type source notes created_by",
        numeric="rate_value",
        bigint="reference_version",
        date="rate_date",
        timestamptz="created_date",
    ),
    Table.of(
        "ps_gl_month_end_rates",
        "month_end_rate_id",
        text="month_end_rate_id currency_code source notes created_by",
        numeric="blended_rate",
        bigint="reference_version",
        date="rate_date",
        timestamptz="created_date",
    ),
    Table.of(
        "instruction_event_config",
        "config_id",
        text=(
            "config_id instruction_event nav_type currency_type hedging_instrument "
            "accounting_method booking_model created_by workflow_id"
        ),
        integer="deal_count gl_entry_count status",
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date",
        jsonb="mrx_book_code_ids portfolio_routing special_processing_flags",
    ),
    Table.of(
        "murex_book_config",
        "config_id",
        text=(
            "config_id murex_book_code book_name portfolio_type business_unit risk_limit_profile "
            "created_by modified_by workflow_id"
        ),
        bigint="reference_version",
        boolean="tps_outbound active_flag",
        timestamptz="created_date modified_date",
        jsonb=(
            "transformations settlement_instructions counterparty_restrictions "
            "product_restrictions currency_restrictions gl_mapping_rules"
        ),
    ),
    Table.of(
        "waterfall_logic_configuration",
        "waterfall_id",
        text=(
            "waterfall_id waterfall_type currency_code entity_type nav_type sort_order "
            "nav_amount_criteria car_exemption_required description business_rule active_flag "
            "created_by modified_by workflow_id"
        ),
        integer="priority_level",
        bigint="reference_version",
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "overlay_configuration",
        "overlay_id",
        text=(
            "overlay_id entity_id currency_code nav_type overlay_type overlay_direction "
            "description business_justification supporting_document reference_number "
            "approval_status approved_by reviewer_comments active_flag auto_expire_flag "
            "processing_status created_by modified_by workflow_id"
        ),
        numeric="overlay_amount probability_percentage adjusted_amount",
        integer="application_count",
        bigint="reference_version",
        date="expected_execution_date approved_date effective_date expiry_date last_applied_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "car_master",
        "car_id",
        text=("car_id entity_id currency_code validation_status data_source notes created_by modified_by"),
        numeric=(
            "cet1_capital total_capital risk_weighted_assets car_ratio optimal_car_amount "
            "allocated_car_amount remaining_car_amount car_utilization_percentage "
            "regulatory_minimum internal_target buffer_requirement"
        ),
        bigint="reference_version",
        date="reporting_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "hedge_instruments",
        "instrument_id",
        text=(
            "instrument_id instrument_name instrument_type currency_pair base_currency "
            "quote_currency currency_classification nav_type_applicable "
            "accounting_method_supported standard_tenors settlement_type liquidity_rating "
            "booking_system pricing_source active_flag notes created_by modified_by"
        ),
        numeric="minimum_notional maximum_notional risk_weight",
        bigint="reference_version",
        boolean=("trade_confirmation_required regulatory_approval_required counterparty_limits_applicable"),
        date="effective_date expiry_date",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "system_configuration",
        "config_key",
        text=(
            "config_id config_category config_key config_value data_type description "
            "default_value valid_values environment security_level last_modified_by active_flag "
            "created_by workflow_id"
        ),
        bigint="reference_version",
        boolean="requires_restart change_approval_required",
        date="effective_date expiry_date",
        timestamptz="last_modified_date created_date",
    ),
    Table.of(
        "hedge_be_config",
        "be_code",
        text=(
            "be_code product_code event_type gl_account ledger business_unit profit_centre "
            "affiliate country system channel fx_flag resident gst chartfield2 narration_1 "
            "narration_2 narration_3 narration_4 narration_5 narration_6 narration_7 "
            "coa_conversion_flag status active_flag maker checker created_by modified_by workflow_id"
        ),
        bigint="reference_version",
        timestamptz="created_date modified_date",
    ),
    Table.of(
        "gl_rules",
        "rule_id",
        text="version_tag created_by workflow_id",
        integer="priority",
        bigint="rule_id reference_version",
        boolean="enabled",
        date="effective_from effective_to",
        timestamptz="created_date",
        jsonb="scope lines narrative_vars",
    ),
    Table.of(
        "gl_rule_lints",
        "lint_id",
        text="lint_id finding severity description created_by",
        bigint="rule_id conflicting_rule_id reference_version",
        boolean="resolved",
        timestamptz="created_date",
    ),
    Table.of(
        "gl_coa",
        "account_code",
        text="account_code description account_type created_by workflow_id",
        bigint="reference_version",
        boolean="active_flag",
        timestamptz="created_date",
        jsonb="segments",
    ),
    Table.of(
        "opening_hedges",
        "event_id",
        text=("event_id entity_id exposure_currency nav_type order_id hedge_method hedging_instrument created_by"),
        bigint="reference_version",
        numeric="notional_amount notional_usd",
        date="trade_date maturity_date",
        timestamptz="created_date",
        jsonb="carried_amounts",
    ),
    Table.of(
        "gl_periods",
        "period_id",
        text="period_id created_by",
        bigint="reference_version",
        boolean="is_open",
        date="start_date end_date",
        timestamptz="created_date",
    ),
    Table.of(
        "usd_pb_deposit",
        "deposit_id",
        text=(
            "deposit_id currency_code breach_status deposit_trend data_source validation_status "
            "escalation_level notification_sent_flag notes created_by modified_by"
        ),
        numeric=(
            "total_usd_pb_deposits current_hedge_exposure pending_hedge_requests "
            "total_projected_exposure available_capacity threshold_warning threshold_critical "
            "threshold_maximum utilization_percentage daily_change_amount "
            "daily_change_percentage forecast_1_day forecast_7_days forecast_30_days "
            "data_quality_score"
        ),
        bigint="reference_version",
        date="measurement_date",
        timestamptz=(
            "measurement_time last_breach_timestamp last_updated_timestamp "
            "notification_timestamp created_date modified_date"
        ),
    ),
    Table.of(
        "holiday_calendar",
        "calendar_code holiday_date",
        text="calendar_code holiday_name source created_by",
        bigint="reference_version",
        date="holiday_date known_until",
        timestamptz="created_date",
    ),
    Table.of(
        "entity_alias",
        "alias_id",
        text="alias_id entity_id description created_by",
        bigint="reference_version",
        timestamptz="created_date",
    ),
)
