"""Columns of the tables of stages 1A and 1B, of the audit trail and of progress.

Source: domain facts 2.1 and the plan 3.2, 4.1.
"""

from services.executor.tables.table import Table

TABLES: tuple[Table, ...] = (
    Table.of(
        "hedge_instructions",
        "instruction_id",
        text=(
            "instruction_id msg_uid instruction_type exposure_currency order_id sub_order_id "
            "previous_order_id supersedes_msg_uid hedge_method hedging_instrument_hint "
            "tenor_or_maturity framework_id_snapshot hedging_state_snapshot "
            "car_exemption_snapshot instruction_status check_status acknowledgement_status "
            "usd_pb_check_status failure_reason request_id external_trade_id portfolio_code "
            "modified_by instruction_fingerprint result entity_id nav_type trace_id "
            "parent_instruction_id response_id requested_by workflow_id created_by"
        ),
        numeric=("hedge_amount_order buffer_pct_snapshot response_notional allocated_notional not_allocated_notional"),
        date="instruction_date value_date",
        timestamptz=("processed_timestamp response_timestamp received_timestamp created_date modified_date"),
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "hedge_business_events",
        "event_id",
        text=(
            "event_id instruction_id entity_id business_event_type nav_type currency_type "
            "hedging_instrument accounting_method murex_deal_id external_deal_reference "
            "portfolio_code counterparty event_status booking_reference settlement_reference "
            "gl_posting_status notes modified_by stage_2_status stage_2_error_id "
            "assigned_booking_model final_hedge_portfolio hedge_position_currency "
            "stage_3_status gl_package_id stage_1a_status stage_1b_status exposure_currency "
            "original_hedge_id stage_3_error_code stage_3_error_msg workflow_id created_by "
            "closes_event_id"
        ),
        numeric=(
            "notional_amount hedge_ratio fx_rate hedge_position_amount final_notional_amount "
            "booking_progress_percentage booking_success_rate hedge_effectiveness_initial "
            "closes_amount closes_usd opens_amount opens_usd"
        ),
        integer="recovery_point expected_deal_count actual_deal_count stage_3_attempts",
        date="start_date maturity_date trade_date value_date",
        timestamptz=(
            "created_date modified_date stage_2_start_time stage_2_completion_time "
            "stage_1a_start_time stage_1a_completion_time stage_1b_start_time "
            "stage_1b_completion_time last_stage_3_update"
        ),
        jsonb="portfolio_routing carried_amounts",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "allocation_engine",
        "allocation_id",
        text=(
            "allocation_id request_id entity_id currency_code nav_type car_exemption_flag "
            "allocation_status notes modified_by instruction_id event_id workflow_id created_by"
        ),
        numeric=(
            "sfx_position car_amount_distribution manual_overlay_amount buffer_percentage "
            "buffer_amount hedged_position unhedged_position hedge_amount_allocation "
            "available_amount_for_hedging"
        ),
        integer="waterfall_priority allocation_sequence",
        boolean="finalized",
        date="execution_date calculation_date executed_date",
        timestamptz="created_date modified_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "hedge_event_history",
        "event_sequence_id",
        text=(
            "event_sequence_id original_hedge_id event_type successor_event_id event_id "
            "history_status workflow_id created_by"
        ),
        numeric="notional_amount",
        date="event_date",
        timestamptz="created_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "reallocation_audit",
        "reallocation_id",
        text=(
            "reallocation_id reallocation_reason allocation_id event_id entity_id currency_code "
            "nav_type reallocation_status workflow_id created_by"
        ),
        numeric="original_allocation new_allocation",
        timestamptz="created_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "apportionment_requests",
        "request_id",
        text=(
            "request_id business_event_type reallocation_type instruction_id exposure_currency "
            "request_status workflow_id created_by"
        ),
        numeric="hedge_amount_order",
        timestamptz="created_date",
        jsonb="existing_hedge_context",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "stage_bundles",
        "bundle_id",
        text=(
            "stage_id stage_name instruction_id instruction_type order_id sub_order_id "
            "exposure_currency hedge_method entity_id_filter nav_type_filter status "
            "error_message updated_by stage_from stage_to bundle_status validation_checksum "
            "workflow_id created_by"
        ),
        numeric="hedge_amount_order",
        integer="processing_priority",
        timestamptz="created_at updated_at handoff_timestamp",
        jsonb="payload event_ids",
        uuid="bundle_id reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "stage2_queue",
        "queue_id",
        text=(
            "queue_id event_id booking_model currency_type hedging_instrument instruction_id "
            "queue_status workflow_id created_by"
        ),
        integer="processing_priority",
        timestamptz="queued_at completed_at created_date",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "audit_trail",
        "audit_id",
        text=(
            "audit_id trace_id transaction_id msg_uid stage process_step action sub_action "
            "table_name record_id entity_id currency_code operation_type field_name old_value "
            "new_value business_justification change_reason validation_status "
            "calculation_details user_id user_role user_department session_id ip_address "
            "application_name application_version approved_by approval_comments "
            "authorization_level data_classification sensitivity_level archived_flag status "
            "error_code error_message external_reference source_system target_system message "
            "actor workflow_id created_by"
        ),
        numeric="data_quality_score",
        integer="execution_time_ms retention_period_years",
        boolean="approval_required",
        date="archive_date purge_eligible_date",
        timestamptz=("operation_timestamp processing_start_time processing_end_time approval_timestamp created_date"),
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "execution_status",
        "transaction_id",
        text=(
            "transaction_id status stage_1a_status stage_1b_status stage_2_status "
            "stage_3_status order_id booking_model failure_reason error_code workflow_id "
            "created_by"
        ),
        integer="total_operations completed_operations progress",
        timestamptz="started_at completed_at updated_at",
        uuid="reversed_by_event",
        generated="effective",
    ),
    Table.of(
        "transaction_log",
        "transaction_id",
        text="transaction_id status notes workflow_id created_by",
        integer="operations_count",
        timestamptz="started_at completed_at",
        uuid="reversed_by_event",
        generated="effective",
    ),
)
