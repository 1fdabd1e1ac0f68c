-- The monitor's health page shows limits, capacities, and how far the executor has read what was decided.

GRANT USAGE ON SCHEMA hawk, executor TO hawk_monitor;
GRANT EXECUTE ON FUNCTION hawk.business_day(), hawk.in_force(date, date), hawk.covers(text, text) TO hawk_monitor;
GRANT SELECT ON public.v_usd_pb_capacity_check, public.v_entity_capacity_complete TO hawk_monitor;
GRANT SELECT ON executor.control_watermark TO hawk_monitor;
