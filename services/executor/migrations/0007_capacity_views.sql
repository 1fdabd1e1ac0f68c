-- Capacity as the documents define it: position - CAR + overlay - buffer - hedged - reserved, never below zero.
-- shared.hedging.planning.waterfall and shared.hedging.capacity decide by these rules; the views only show.

-- The desk's day: Singapore, which has no clock changes.
CREATE FUNCTION hawk.business_day() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (now() AT TIME ZONE 'Asia/Singapore')::date
$$;

-- Says whether a validity covers the business day; an absent bound is open.
CREATE FUNCTION hawk.in_force(starts date, ends date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(starts <= hawk.business_day(), true) AND coalesce(ends >= hawk.business_day(), true)
$$;

-- Says whether a scope column covers a value. Absent, empty or ALL covers every value.
CREATE FUNCTION hawk.covers(scope text, value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(scope, '') IN ('', 'ALL') OR scope = value
$$;

-- Approved overlays in force today, per exposure; a plain difference of the IN and OUT directions.
CREATE VIEW public.v_stage1a_overlay_lookup AS
SELECT entity_id, currency_code, nav_type,
       sum(CASE WHEN upper(overlay_direction) IN ('OUT', 'DECREASE', 'NEGATIVE') THEN -1 ELSE 1 END
           * coalesce(adjusted_amount, overlay_amount)) AS manual_overlay_amount,
       count(*) AS overlay_count,
       max(coalesce(modified_date, created_date)) AS last_update,
       'sum of approved overlays in force'::text AS calculation_method
FROM hawk.overlay_configuration
WHERE active_flag = 'Y' AND upper(approval_status) = 'APPROVED'
  AND hawk.in_force(effective_date, expiry_date)
GROUP BY entity_id, currency_code, nav_type;

-- HAWK's own use of each exposure: what is reserved, and what it booked that the feed cannot know yet. While the feed
-- states nothing hedged, all of HAWK's own movements count.
CREATE VIEW public.v_exposure_use AS
SELECT c.stream, c.version, c.entity_id, c.currency_code, c.nav_type, c.reserved, h.hedged_as_of,
       coalesce(m.hedged, 0) AS hedged, coalesce(m.hedged_usd, 0) AS hedged_usd
FROM hawk.exposure_capacity c
LEFT JOIN LATERAL (
    SELECT max(q.as_of_date) AS hedged_as_of
    FROM hawk.position_nav_master q
    WHERE q.entity_id = c.entity_id AND q.currency_code = c.currency_code AND q.nav_type = c.nav_type
      AND q.position_type = 'HEDGED' AND q.as_of_date <= hawk.business_day()) h ON true
LEFT JOIN LATERAL (
    SELECT sum(v.amount) AS hedged, sum(v.amount_usd) AS hedged_usd
    FROM hawk.exposure_movements v
    WHERE v.stream = c.stream AND v.status = 'HEDGED'
      AND (h.hedged_as_of IS NULL OR v.trade_date > h.hedged_as_of)) m ON true;

CREATE VIEW public.v_entity_capacity_complete AS
WITH snapshot AS (
    SELECT DISTINCT ON (p.entity_id, p.currency_code, p.nav_type)
           p.nav_id, p.entity_id, p.currency_code, p.nav_type, p.as_of_date, p.current_position,
           p.optimal_car_amount, p.manual_overlay_amount
    FROM hawk.position_nav_master p
    WHERE p.position_type = 'NET' AND p.as_of_date <= hawk.business_day()
    ORDER BY p.entity_id, p.currency_code, p.nav_type, p.as_of_date DESC, p.nav_id DESC
), measured AS (
    SELECT s.*, e.entity_name, e.entity_type, e.car_exemption_flag,
           f.framework_id, f.hedging_state, f.buffer_percentage AS framework_buffer,
           h.as_of_date AS hedged_as_of, coalesce(h.current_position, 0) AS hedged_snapshot
    FROM snapshot s
    JOIN hawk.entity_master e ON e.entity_id = s.entity_id
    -- The entity's own framework, else its currency's, else a general one.
    LEFT JOIN LATERAL (
        SELECT w.framework_id, w.hedging_state, w.buffer_percentage
        FROM hawk.hedging_framework w
        WHERE w.active_flag = 'Y' AND hawk.in_force(w.effective_date, w.expiry_date)
          AND hawk.covers(w.entity_id, s.entity_id) AND hawk.covers(w.currency_code, s.currency_code)
        ORDER BY hawk.covers(w.entity_id, ''), hawk.covers(w.currency_code, ''), w.framework_id
        LIMIT 1) f ON true
    -- The hedged position that the feed states, on the newest day it states one.
    LEFT JOIN LATERAL (
        SELECT q.as_of_date, q.current_position
        FROM hawk.position_nav_master q
        WHERE q.entity_id = s.entity_id AND q.currency_code = s.currency_code AND q.nav_type = s.nav_type
          AND q.position_type = 'HEDGED' AND q.as_of_date <= hawk.business_day()
        ORDER BY q.as_of_date DESC, q.nav_id DESC LIMIT 1) h ON true
), buffered AS (
    -- Precedence: best rule of buffer_configuration, then the framework, then five per cent.
    SELECT m.*, coalesce(r.buffer_rule_id, m.framework_id) AS buffer_rule_id,
           coalesce(r.buffer_percentage, m.framework_buffer, 5) AS buffer_percentage
    FROM measured m
    LEFT JOIN LATERAL (
        SELECT b.buffer_rule_id, b.buffer_percentage
        FROM hawk.buffer_configuration b
        WHERE b.active_flag = 'Y' AND hawk.in_force(b.effective_date, b.expiry_date)
          AND hawk.covers(b.entity_id, m.entity_id) AND hawk.covers(b.currency_code, m.currency_code)
          AND hawk.covers(b.entity_type, m.entity_type)
          AND hawk.covers(b.car_exemption_flag, coalesce(m.car_exemption_flag, 'N'))
          AND hawk.covers(b.hedging_framework, coalesce(m.hedging_state, ''))
        ORDER BY b.rule_priority,
                 hawk.covers(b.entity_id, '')::int + hawk.covers(b.currency_code, '')::int
                     + hawk.covers(b.entity_type, '')::int + hawk.covers(b.car_exemption_flag, '')::int
                     + hawk.covers(b.hedging_framework, '')::int,
                 b.buffer_rule_id
        LIMIT 1) r ON true
), amounts AS (
    SELECT b.entity_id, b.entity_name, b.entity_type, b.currency_code, b.nav_type, b.as_of_date,
           b.car_exemption_flag, b.framework_id, b.hedging_state,
           b.current_position AS sfx,
           coalesce(b.optimal_car_amount, 0) AS car,
           coalesce(b.manual_overlay_amount, 0) AS overlay,
           b.buffer_percentage, b.buffer_rule_id,
           b.current_position * b.buffer_percentage / 100 AS buffer_amount,
           b.hedged_snapshot, coalesce(u.hedged, 0) AS hedged_own,
           b.hedged_snapshot + coalesce(u.hedged, 0) AS hedged,
           coalesce(u.reserved, 0) AS reserved,
           coalesce(u.version, 0) AS exposure_version
    FROM buffered b
    LEFT JOIN public.v_exposure_use u
      ON u.entity_id = b.entity_id AND u.currency_code = b.currency_code AND u.nav_type = b.nav_type
)
SELECT a.*,
       a.sfx - a.car + a.overlay - a.buffer_amount - a.hedged - a.reserved AS unhedged,
       greatest(a.sfx - a.car + a.overlay - a.buffer_amount - a.hedged - a.reserved, 0) AS available_amount
FROM amounts a;

-- USD_PB_DEPOSIT levels are kept in thousands of USD; sums of usage are in USD.
CREATE VIEW public.v_usd_pb_threshold AS
SELECT DISTINCT ON (currency_code)
       currency_code, threshold_id, effective_date,
       warning_level * 1000 AS warning_usd, critical_level * 1000 AS critical_usd, maximum_limit * 1000 AS maximum_usd
FROM hawk.threshold_configuration
WHERE threshold_type = 'USD_PB_DEPOSIT' AND active_flag = 'Y'
  AND hawk.in_force(effective_date, expiry_date)
ORDER BY currency_code, effective_date DESC NULLS LAST, threshold_id;

-- USD for one unit: proxies by the NDF rate, mismatched currencies by the onshore rate, the others by the prevailing one.
CREATE VIEW public.v_ccy_to_usd AS
SELECT c.currency_code,
       CASE WHEN c.currency_code = 'USD' THEN 1
            WHEN c.currency_type = 'Mismatched_with_Proxy' THEN 1 / nullif(ndf.rate_value, 0)
            ELSE own.rate_value / nullif(usd.rate_value, 0) END AS usd_per_unit,
       least(coalesce(ndf.effective_date, own.effective_date), usd.effective_date) AS rate_date
FROM hawk.currency_configuration c
LEFT JOIN hawk.currency_rates ndf
  ON ndf.currency_pair = 'USD/' || c.currency_code AND ndf.rate_type = 'ndf' AND ndf.ledger = 'IFRS'
LEFT JOIN hawk.currency_rates own
  ON own.currency_pair = c.currency_code || '/SGD' AND own.ledger = 'IFRS'
 AND own.rate_type = CASE c.currency_type WHEN 'Mismatched' THEN 'onshore' ELSE 'prevailing' END
LEFT JOIN hawk.currency_rates usd
  ON usd.currency_pair = 'USD/SGD' AND usd.rate_type = 'prevailing' AND usd.ledger = 'IFRS';

-- Used, over all entities: what the feed states as hedged, at today's rate; HAWK's own later movements and what is
-- reserved, at the rates their plans were pinned to.
CREATE VIEW public.v_usd_pb_capacity_check AS
WITH deposit AS (
    SELECT DISTINCT ON (currency_code) currency_code, total_usd_pb_deposits, measurement_date, last_updated_timestamp
    FROM hawk.usd_pb_deposit
    ORDER BY currency_code, measurement_date DESC, deposit_id
), stated AS (
    SELECT newest.currency_code, sum(newest.current_position) AS hedged
    FROM (SELECT DISTINCT ON (q.entity_id, q.currency_code, q.nav_type) q.currency_code, q.current_position
          FROM hawk.position_nav_master q
          WHERE q.position_type = 'HEDGED' AND q.as_of_date <= hawk.business_day()
          ORDER BY q.entity_id, q.currency_code, q.nav_type, q.as_of_date DESC, q.nav_id DESC) newest
    GROUP BY newest.currency_code
), own AS (
    SELECT currency_code, sum(hedged_usd) AS hedged_usd FROM public.v_exposure_use GROUP BY currency_code
), used AS (
    SELECT t.currency_code, t.warning_usd, t.critical_usd, t.maximum_usd,
           d.total_usd_pb_deposits, d.measurement_date, d.last_updated_timestamp, u.updated_at,
           coalesce(u.reserved_usd, 0) AS reserved_usd,
           round(coalesce(s.hedged * r.usd_per_unit, 0), 2) AS stated_usd, coalesce(o.hedged_usd, 0) AS own_usd,
           round(coalesce(s.hedged * r.usd_per_unit, 0), 2) + coalesce(o.hedged_usd, 0) + coalesce(u.reserved_usd, 0)
               AS current_hedge_exposure
    FROM public.v_usd_pb_threshold t
    LEFT JOIN deposit d ON d.currency_code = t.currency_code
    LEFT JOIN stated s ON s.currency_code = t.currency_code
    LEFT JOIN public.v_ccy_to_usd r ON r.currency_code = t.currency_code
    LEFT JOIN own o ON o.currency_code = t.currency_code
    LEFT JOIN hawk.usd_pb_usage u ON u.currency_code = t.currency_code
)
SELECT currency_code, total_usd_pb_deposits, current_hedge_exposure,
       greatest(maximum_usd - current_hedge_exposure, 0) AS available_capacity,
       maximum_usd AS threshold_maximum,
       round(current_hedge_exposure * 100 / nullif(maximum_usd, 0), 2) AS utilization_percentage,
       CASE WHEN current_hedge_exposure > maximum_usd THEN 'BREACH'
            WHEN current_hedge_exposure > critical_usd THEN 'CRITICAL'
            WHEN current_hedge_exposure > warning_usd THEN 'WARN'
            ELSE 'WITHIN' END AS breach_status,
       CASE WHEN current_hedge_exposure > maximum_usd THEN 'Refuse: the USD limit is exceeded.'
            WHEN current_hedge_exposure > warning_usd THEN 'Proceed with a warning.'
            ELSE 'Proceed.' END AS stage_1a_recommendation,
       measurement_date, coalesce(updated_at, last_updated_timestamp) AS last_updated_timestamp,
       reserved_usd, stated_usd, own_usd, warning_usd AS threshold_warning, critical_usd AS threshold_critical
FROM used;

GRANT EXECUTE ON FUNCTION hawk.business_day(), hawk.in_force(date, date), hawk.covers(text, text)
    TO hawk_executor, hawk_reader;
