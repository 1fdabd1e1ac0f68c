-- What is asked of the days before is looked up, however many there are.

-- The newest snapshot of each exposure of a currency, one exposure after the other.
CREATE INDEX position_nav_master_newest
    ON hawk.position_nav_master (currency_code, entity_id, nav_type, position_type, as_of_date DESC);

-- As before, but for one condition in the place of two: the days after the newest snapshot are a range of the key.
CREATE OR REPLACE VIEW public.v_exposure_use AS
SELECT c.stream, c.version, c.entity_id, c.currency_code, c.nav_type, c.reserved, h.hedged_as_of,
       coalesce(m.hedged, 0) AS hedged, coalesce(m.hedged_usd, 0) AS hedged_usd
FROM hawk.exposure_capacity c
LEFT JOIN LATERAL (
    SELECT max(q.as_of_date) AS hedged_as_of
    FROM hawk.position_nav_master q
    WHERE q.entity_id = c.entity_id AND q.currency_code = c.currency_code AND q.nav_type = c.nav_type
      AND q.position_type = 'HEDGED' AND q.as_of_date <= hawk.business_day()) h ON true
LEFT JOIN LATERAL (
    SELECT sum(d.hedged) AS hedged, sum(d.hedged_usd) AS hedged_usd
    FROM hawk.exposure_days d
    WHERE d.stream = c.stream AND d.trade_date > coalesce(h.hedged_as_of, '-infinity'::date)) m ON true;
