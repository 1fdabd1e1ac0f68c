-- Capacity as the documents define it: position - CAR + overlay - buffer - hedged - reserved, never below zero.

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
  AND effective_date <= current_date AND (expiry_date IS NULL OR expiry_date >= current_date)
GROUP BY entity_id, currency_code, nav_type;

CREATE VIEW public.v_entity_capacity_complete AS
WITH snapshot AS (
    SELECT DISTINCT ON (p.entity_id, p.currency_code, p.nav_type) p.*
    FROM hawk.position_nav_master p
    WHERE p.position_type <> 'HEDGED' AND p.as_of_date <= current_date
    ORDER BY p.entity_id, p.currency_code, p.nav_type, p.as_of_date DESC, p.nav_id
), measured AS (
    SELECT s.*, e.entity_name, e.entity_type, e.car_exemption_flag,
           coalesce(f.framework_id, g.framework_id) AS framework_id,
           coalesce(f.hedging_state, g.hedging_state) AS hedging_state,
           coalesce(f.buffer_percentage, g.buffer_percentage) AS framework_buffer,
           h.hedged_as_of, coalesce(h.hedged_snapshot, 0) AS hedged_snapshot
    FROM snapshot s
    JOIN hawk.entity_master e ON e.entity_id = s.entity_id
    -- The entity's own framework, else the currency's, in force today.
    LEFT JOIN LATERAL (
        SELECT * FROM hawk.hedging_framework w
        WHERE w.entity_id = s.entity_id AND (w.currency_code IS NULL OR w.currency_code = s.currency_code)
          AND w.active_flag = 'Y' AND w.period @> current_date
        ORDER BY w.currency_code NULLS LAST, w.effective_date DESC, w.framework_id LIMIT 1) f ON true
    LEFT JOIN LATERAL (
        SELECT * FROM hawk.hedging_framework w
        WHERE w.entity_id IS NULL AND (w.currency_code IS NULL OR w.currency_code = s.currency_code)
          AND w.active_flag = 'Y' AND w.period @> current_date
        ORDER BY w.currency_code NULLS LAST, w.effective_date DESC, w.framework_id LIMIT 1) g ON true
    -- What the feed says is hedged, as of the newest day it says so up to the snapshot's.
    LEFT JOIN LATERAL (
        SELECT q.as_of_date AS hedged_as_of, sum(q.current_position) AS hedged_snapshot
        FROM hawk.position_nav_master q
        WHERE q.entity_id = s.entity_id AND q.currency_code = s.currency_code AND q.nav_type = s.nav_type
          AND q.position_type = 'HEDGED' AND q.as_of_date <= s.as_of_date
        GROUP BY q.as_of_date ORDER BY q.as_of_date DESC LIMIT 1) h ON true
), buffered AS (
    -- Precedence: best rule of buffer_configuration, then the framework, then five per cent.
    SELECT m.*, r.buffer_rule_id, coalesce(r.buffer_percentage, m.framework_buffer, 5.00) AS buffer_percentage
    FROM measured m
    LEFT JOIN LATERAL (
        SELECT b.buffer_rule_id, b.buffer_percentage
        FROM hawk.buffer_configuration b
        WHERE b.active_flag = 'Y' AND b.effective_date <= current_date
          AND (b.expiry_date IS NULL OR b.expiry_date >= current_date)
          AND (b.entity_id IS NULL OR b.entity_id = m.entity_id)
          AND (b.currency_code IS NULL OR b.currency_code = m.currency_code)
          AND (b.entity_type IS NULL OR b.entity_type = m.entity_type)
          AND (b.car_exemption_flag IS NULL OR b.car_exemption_flag = m.car_exemption_flag)
          AND (b.hedging_framework IS NULL OR m.hedging_state IS NULL OR b.hedging_framework = m.hedging_state)
        ORDER BY b.rule_priority,
                 num_nonnulls(b.entity_id, b.currency_code, b.entity_type, b.car_exemption_flag, b.hedging_framework) DESC,
                 b.buffer_rule_id
        LIMIT 1) r ON true
), own AS (
    -- HAWK's own booked movements that the feed cannot know yet; all of them while the feed states nothing hedged.
    SELECT b.nav_id, coalesce(sum(v.amount), 0) AS hedged_since
    FROM buffered b
    JOIN hawk.exposure_movements v
      ON v.entity_id = b.entity_id AND v.currency_code = b.currency_code AND v.nav_type = b.nav_type
    WHERE v.status = 'HEDGED' AND (b.hedged_as_of IS NULL OR v.trade_date > b.hedged_as_of)
    GROUP BY b.nav_id
), amounts AS (
    SELECT b.entity_id, b.entity_name, b.entity_type, b.currency_code, b.nav_type, b.as_of_date,
           b.car_exemption_flag, b.framework_id, b.hedging_state,
           b.current_position AS sfx,
           coalesce(b.optimal_car_amount, 0) AS car,
           coalesce(l.manual_overlay_amount, b.manual_overlay_amount, 0) AS overlay,
           b.buffer_percentage, b.buffer_rule_id,
           b.current_position * b.buffer_percentage / 100 AS buffer_amount,
           b.hedged_snapshot, coalesce(o.hedged_since, 0) AS hedged_own,
           b.hedged_snapshot + coalesce(o.hedged_since, 0) AS hedged,
           coalesce(c.reserved, 0) AS reserved,
           coalesce(c.version, 0) AS exposure_version
    FROM buffered b
    LEFT JOIN own o ON o.nav_id = b.nav_id
    LEFT JOIN hawk.exposure_capacity c
      ON c.entity_id = b.entity_id AND c.currency_code = b.currency_code AND c.nav_type = b.nav_type
    LEFT JOIN public.v_stage1a_overlay_lookup l
      ON l.entity_id = b.entity_id AND l.currency_code = b.currency_code AND l.nav_type = b.nav_type
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
  AND effective_date <= current_date AND (expiry_date IS NULL OR expiry_date >= current_date)
ORDER BY currency_code, effective_date DESC, threshold_id;

CREATE VIEW public.v_usd_pb_capacity_check AS
WITH deposit AS (
    SELECT DISTINCT ON (currency_code) *
    FROM hawk.usd_pb_deposit
    ORDER BY currency_code, measurement_date DESC, deposit_id
), used AS (
    SELECT t.currency_code, t.warning_usd, t.critical_usd, t.maximum_usd,
           d.total_usd_pb_deposits, d.measurement_date, d.last_updated_timestamp,
           coalesce(u.reserved_usd, 0) AS reserved_usd, coalesce(u.hedged_usd, 0) AS hedged_usd,
           coalesce(u.hedged_usd, 0) + coalesce(u.reserved_usd, 0) AS current_hedge_exposure, u.updated_at
    FROM public.v_usd_pb_threshold t
    LEFT JOIN deposit d ON d.currency_code = t.currency_code
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
       reserved_usd, hedged_usd, warning_usd AS threshold_warning, critical_usd AS threshold_critical
FROM used;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO hawk_executor, hawk_reader;
