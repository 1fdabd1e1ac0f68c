-- A row of the configuration that an approved change wrote carries its workflow, as every row of a workflow does.

ALTER TABLE hawk.entity_master ADD COLUMN workflow_id text;
ALTER TABLE hawk.buffer_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.threshold_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.hedging_framework ADD COLUMN workflow_id text;
ALTER TABLE hawk.currency_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.waterfall_logic_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.overlay_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.instruction_event_config ADD COLUMN workflow_id text;
ALTER TABLE hawk.murex_book_config ADD COLUMN workflow_id text;
ALTER TABLE hawk.proxy_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.system_configuration ADD COLUMN workflow_id text;
ALTER TABLE hawk.gl_rules ADD COLUMN workflow_id text;
ALTER TABLE hawk.gl_coa ADD COLUMN workflow_id text;
ALTER TABLE hawk.hedge_be_config ADD COLUMN workflow_id text;

CREATE OR REPLACE VIEW public.entity_master AS SELECT * FROM hawk.entity_master;
CREATE OR REPLACE VIEW public.buffer_configuration AS SELECT * FROM hawk.buffer_configuration;
CREATE OR REPLACE VIEW public.threshold_configuration AS SELECT * FROM hawk.threshold_configuration;
CREATE OR REPLACE VIEW public.hedging_framework AS SELECT * FROM hawk.hedging_framework;
CREATE OR REPLACE VIEW public.currency_configuration AS SELECT * FROM hawk.currency_configuration;
CREATE OR REPLACE VIEW public.waterfall_logic_configuration AS SELECT * FROM hawk.waterfall_logic_configuration;
CREATE OR REPLACE VIEW public.overlay_configuration AS SELECT * FROM hawk.overlay_configuration;
CREATE OR REPLACE VIEW public.instruction_event_config AS SELECT * FROM hawk.instruction_event_config;
CREATE OR REPLACE VIEW public.murex_book_config AS SELECT * FROM hawk.murex_book_config;
CREATE OR REPLACE VIEW public.proxy_configuration AS SELECT * FROM hawk.proxy_configuration;
CREATE OR REPLACE VIEW public.system_configuration AS SELECT * FROM hawk.system_configuration;
CREATE OR REPLACE VIEW public.gl_rules AS SELECT * FROM hawk.gl_rules;
CREATE OR REPLACE VIEW public.gl_coa AS SELECT * FROM hawk.gl_coa;
CREATE OR REPLACE VIEW public.hedge_be_config AS SELECT * FROM hawk.hedge_be_config;
