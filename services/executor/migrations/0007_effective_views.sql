-- One view in public for each table of schema hawk, under the same name: only rows that are in force.
-- A row that was compensated or reversed stays in hawk.* and is not seen here, so today's sums stay right.
-- transaction_log, never written, has its view too, for queries that name it.

CREATE VIEW public.hedge_instructions AS SELECT * FROM hawk.hedge_instructions WHERE effective;
CREATE VIEW public.hedge_business_events AS SELECT * FROM hawk.hedge_business_events WHERE effective;
CREATE VIEW public.allocation_engine AS SELECT * FROM hawk.allocation_engine WHERE effective;
CREATE VIEW public.hedge_event_history AS SELECT * FROM hawk.hedge_event_history WHERE effective;
CREATE VIEW public.reallocation_audit AS SELECT * FROM hawk.reallocation_audit WHERE effective;
CREATE VIEW public.apportionment_requests AS SELECT * FROM hawk.apportionment_requests WHERE effective;
CREATE VIEW public.stage_bundles AS SELECT * FROM hawk.stage_bundles WHERE effective;
CREATE VIEW public.stage2_queue AS SELECT * FROM hawk.stage2_queue WHERE effective;
CREATE VIEW public.audit_trail AS SELECT * FROM hawk.audit_trail WHERE effective;
CREATE VIEW public.execution_status AS SELECT * FROM hawk.execution_status WHERE effective;
CREATE VIEW public.transaction_log AS SELECT * FROM hawk.transaction_log WHERE effective;
CREATE VIEW public.deal_bookings AS SELECT * FROM hawk.deal_bookings WHERE effective;
CREATE VIEW public.h_stg_mrx_ext AS SELECT * FROM hawk.h_stg_mrx_ext WHERE effective;
CREATE VIEW public.stage2_error_log AS SELECT * FROM hawk.stage2_error_log WHERE effective;
CREATE VIEW public.stage3_error_log AS SELECT * FROM hawk.stage3_error_log WHERE effective;
CREATE VIEW public.gl_entries AS SELECT * FROM hawk.gl_entries WHERE effective;
CREATE VIEW public.gl_entries_detail AS SELECT * FROM hawk.gl_entries_detail WHERE effective;
CREATE VIEW public.gl_packages AS SELECT * FROM hawk.gl_packages WHERE effective;
CREATE VIEW public.gl_journal_lines AS SELECT * FROM hawk.gl_journal_lines WHERE effective;
CREATE VIEW public.mx_proxy_hedge_report AS SELECT * FROM hawk.mx_proxy_hedge_report WHERE effective;
CREATE VIEW public.mx_discounted_spot AS SELECT * FROM hawk.mx_discounted_spot WHERE effective;
CREATE VIEW public.hfm_template_entries AS SELECT * FROM hawk.hfm_template_entries WHERE effective;
CREATE VIEW public.hedge_effectiveness AS SELECT * FROM hawk.hedge_effectiveness WHERE effective;
CREATE VIEW public.risk_monitoring AS SELECT * FROM hawk.risk_monitoring WHERE effective;

-- Reference rows and capacity sums are never taken back: they are replaced.
CREATE VIEW public.entity_master AS SELECT * FROM hawk.entity_master;
CREATE VIEW public.position_nav_master AS SELECT * FROM hawk.position_nav_master;
CREATE VIEW public.buffer_configuration AS SELECT * FROM hawk.buffer_configuration;
CREATE VIEW public.threshold_configuration AS SELECT * FROM hawk.threshold_configuration;
CREATE VIEW public.hedging_framework AS SELECT * FROM hawk.hedging_framework;
CREATE VIEW public.currency_configuration AS SELECT * FROM hawk.currency_configuration;
CREATE VIEW public.currency_rates AS SELECT * FROM hawk.currency_rates;
CREATE VIEW public.currency_rate_pairs AS SELECT * FROM hawk.currency_rate_pairs;
CREATE VIEW public.proxy_configuration AS SELECT * FROM hawk.proxy_configuration;
CREATE VIEW public.proxy_rate_history AS SELECT * FROM hawk.proxy_rate_history;
CREATE VIEW public.ps_gl_month_end_rates AS SELECT * FROM hawk.ps_gl_month_end_rates;
CREATE VIEW public.instruction_event_config AS SELECT * FROM hawk.instruction_event_config;
CREATE VIEW public.murex_book_config AS SELECT * FROM hawk.murex_book_config;
CREATE VIEW public.waterfall_logic_configuration AS SELECT * FROM hawk.waterfall_logic_configuration;
CREATE VIEW public.overlay_configuration AS SELECT * FROM hawk.overlay_configuration;
CREATE VIEW public.car_master AS SELECT * FROM hawk.car_master;
CREATE VIEW public.hedge_instruments AS SELECT * FROM hawk.hedge_instruments;
CREATE VIEW public.system_configuration AS SELECT * FROM hawk.system_configuration;
CREATE VIEW public.hedge_be_config AS SELECT * FROM hawk.hedge_be_config;
CREATE VIEW public.gl_rules AS SELECT * FROM hawk.gl_rules;
CREATE VIEW public.gl_rule_lints AS SELECT * FROM hawk.gl_rule_lints;
CREATE VIEW public.gl_coa AS SELECT * FROM hawk.gl_coa;
CREATE VIEW public.gl_periods AS SELECT * FROM hawk.gl_periods;
CREATE VIEW public.usd_pb_deposit AS SELECT * FROM hawk.usd_pb_deposit;
CREATE VIEW public.holiday_calendar AS SELECT * FROM hawk.holiday_calendar;
CREATE VIEW public.entity_alias AS SELECT * FROM hawk.entity_alias;
CREATE VIEW public.exposure_capacity AS SELECT * FROM hawk.exposure_capacity;
CREATE VIEW public.exposure_movements AS SELECT * FROM hawk.exposure_movements;
CREATE VIEW public.usd_pb_usage AS SELECT * FROM hawk.usd_pb_usage;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO hawk_executor, hawk_reader;
