"""Columns of the tables of stages 2 and 3: deals, Murex messages, accounting pairs, reports, journal.

Source: domain facts 2.1.
"""

from services.executor.tables.table import Table

TABLES: tuple[Table, ...] = (
    Table.of(
        "deal_bookings",
        "deal_booking_id",
        text=(
            "deal_booking_id event_id deal_type system portfolio counterparty sell_currency "
            "buy_currency deal_status booking_reference internal_reference external_reference "
            "comment1 transfer_type rate_type product_type embedded_spot_purpose ndf_reference "
            "funding_purpose swap_structure purpose proxy_purpose target_currency "
            "proxy_rationale instruction_id portfolio_from portfolio_to currency_pair_code "
            "murex_book_code proxy_currency original_currency fixing_source "
            "reference_rate_source settlement_method failure_reason modified_by workflow_id "
            "created_by"
        ),
        numeric=(
            "sell_amount buy_amount fx_rate onshore_offshore_basis swap_points notional_amount "
            "differential_rate embedded_spot_rate funding_leg_rate actual_fx_rate"
        ),
        integer="deal_sequence linked_deal_sequence parent_deal_sequence retry_count",
        boolean=(
            "triggers_proxy_automation automated_creation final_hedge_position "
            "position_tracking confirmation_received manual_intervention_required"
        ),
        date="trade_date value_date maturity_date ndf_settlement_date",
        timestamptz="created_date modified_date retry_timestamp sent_timestamp booking_timestamp",
        jsonb=(
            "near_leg_structure far_leg_structure ndf_structure embedded_spot_details "
            "currency_proxy currency_pair spot_details"
        ),
        uuid="reversed_by_event",
        generated="deal_id booking_status mx_deal_id effective",
    ),
    Table.of(
        "h_stg_mrx_ext",
        "message_id",
        text=(
            "message_id event_id instruction_id direction message_type message_status status "
            "external_reference reason workflow_id created_by"
        ),
        integer="deal_sequence attempt",
        timestamptz="ack_at queued_at sent_at received_at created_date",
        jsonb="payload",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "stage2_error_log",
        "error_id",
        text=(
            "error_id event_id error_type error_category error_message system_component "
            "resolution_status resolution_notes error_code workflow_id created_by"
        ),
        integer="deal_sequence retry_count max_retries",
        boolean="retry_eligible",
        timestamptz="created_date resolved_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "stage3_error_log",
        "error_id",
        text=(
            "error_id event_id rule_id error_code error_class error_type error_category "
            "error_message system_component resolution_status resolution_notes workflow_id "
            "created_by"
        ),
        integer="retry_count max_retries",
        boolean="retry_eligible",
        timestamptz="created_date resolved_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "gl_entries",
        "gl_entry_id",
        text=(
            "gl_entry_id event_id entry_type debit_account credit_account entity_id "
            "source_field source_system product_code ndf_specific_logic "
            "currency_differential_type proxy_currency_pair ledger purpose narrative "
            "debit_narrative credit_narrative entry_status instruction_id gl_package_id "
            "reversal_of workflow_id created_by"
        ),
        numeric="amount_sgd",
        integer="entry_sequence reference_deal_sequence",
        boolean=("reversal_flag daily_processing monthly_only entity_dependent_posting daily_reversal"),
        date="posting_date",
        timestamptz="created_date",
        jsonb="differential_components dual_currency_treatment embedded_spot_logic",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "gl_entries_detail",
        "detail_id",
        text=(
            "detail_id gl_entry_id entity_type entity_classification account_code "
            "account_code_override currency mx_reference posting_rationale event_id side "
            "detail_status workflow_id created_by"
        ),
        numeric="amount",
        timestamptz="created_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "gl_packages",
        "gl_package_id",
        text=(
            "gl_package_id event_id model_type entity_id nav_type currency status base_currency "
            "exposure_currency workflow_id created_by"
        ),
        numeric=(
            "fx_rate historical_rate prevailing_rate onshore_rate offshore_rate ndf_rate "
            "embedded_spot_rate usd_sgd_rate notional_amount"
        ),
        date="gl_date",
        timestamptz="created_date",
        jsonb="amounts rates",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "gl_journal_lines",
        "journal_id line_no",
        text=(
            "journal_id ledger period_id account_code base_ccy txn_ccy post_status "
            "export_status event_id gl_package_id entity_id rule_id reversal_of workflow_id "
            "created_by"
        ),
        numeric="dr_amt cr_amt fx_rate",
        integer="line_no",
        boolean="reversal_flag",
        date="accounting_date",
        timestamptz="posted_at exported_at created_date",
        jsonb="segments source_refs narratives",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "mx_proxy_hedge_report",
        "report_id",
        text=(
            "report_id event_id proxy_component swap_direction currency_pair "
            "special_characteristics report_status workflow_id created_by"
        ),
        numeric="hedging_pl_1a_field lnbr_leg2_swappoints usd_hedging_pl sgd_usd_swappoints",
        date="report_date",
        timestamptz="created_date",
        jsonb="near_leg_structure far_leg_structure lnbr_leg_details",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "mx_discounted_spot",
        "spot_id",
        text=(
            "spot_id currency_pair source_system event_id deal_id calculation_method spot_status workflow_id created_by"
        ),
        numeric="spot_rate discount_rate discounted_value",
        date="rate_date value_date",
        timestamptz="created_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "hfm_template_entries",
        "template_id",
        text=(
            "template_id event_id template_set entry_type entity_classification debit_account "
            "credit_account column_a_designation column_h_designation processing_period "
            "revenue_reserves_account prior_year_pl_note template_status workflow_id created_by"
        ),
        numeric="amount_sgd",
        boolean=(
            "inception_to_date_basis prior_year_pl_treatment monthly_posting_only "
            "year_end_crossing_logic special_cny_treatment ndf_specific_treatment "
            "monthly_hfm_posting_only"
        ),
        timestamptz="created_date",
        jsonb="embedded_spot_component currency_differential_component",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "hedge_effectiveness",
        "effectiveness_id",
        text=(
            "effectiveness_id hedge_relationship_id entity_id currency_code nav_type "
            "hedging_instrument measurement_period testing_method effectiveness_status "
            "accounting_treatment rebalancing_action prospective_test_result "
            "retrospective_test_result documentation_reference auditor_notes modified_by "
            "event_id workflow_id created_by"
        ),
        numeric=(
            "hedge_notional hedged_item_value hedge_ratio effectiveness_ratio "
            "ineffectiveness_amount cumulative_effectiveness lower_threshold upper_threshold"
        ),
        boolean="rebalancing_required",
        date="measurement_date hedge_inception_date next_test_date",
        timestamptz="created_date modified_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "risk_monitoring",
        "monitoring_id",
        text=(
            "monitoring_id entity_id currency_code risk_metric threshold_type breach_level "
            "automated_action_taken resolution_status resolution_notes modified_by event_id "
            "monitoring_status workflow_id created_by"
        ),
        numeric="current_value threshold_value",
        integer="breach_duration_minutes escalation_level",
        boolean="notification_sent",
        timestamptz=("breach_timestamp resolution_timestamp measurement_timestamp created_date modified_date"),
        uuid="reversed_by_event",
        generated="effective",
    ),
)
