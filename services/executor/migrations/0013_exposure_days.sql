-- What HAWK booked of each exposure, summed by trade date: how much of it the feed cannot know yet is a sum over days,
-- and not over every movement there ever was.

CREATE TABLE hawk.exposure_days (
    stream text NOT NULL, trade_date date NOT NULL, hedged numeric NOT NULL, hedged_usd numeric NOT NULL,
    PRIMARY KEY (stream, trade_date)
);
COMMENT ON TABLE hawk.exposure_days IS 'Sums of the booked movements of an exposure stream by trade date. A termination is negative.';

INSERT INTO hawk.exposure_days (stream, trade_date, hedged, hedged_usd)
SELECT stream, trade_date, sum(amount), sum(amount_usd)
FROM hawk.exposure_movements WHERE status = 'HEDGED'
GROUP BY stream, trade_date;

CREATE VIEW public.exposure_days AS SELECT * FROM hawk.exposure_days;
GRANT SELECT ON public.exposure_days TO hawk_executor;

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
    WHERE d.stream = c.stream AND (h.hedged_as_of IS NULL OR d.trade_date > h.hedged_as_of)) m ON true;
