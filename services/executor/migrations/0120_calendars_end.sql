-- A calendar that says nothing of a day may know it to be open, or know nothing of its year: each row states how far the
-- calendar it belongs to is known. Without it the row speaks for its own day alone.
ALTER TABLE hawk.holiday_calendar
    ADD COLUMN known_until date,
    ADD CONSTRAINT holiday_calendar_known CHECK (
        known_until >= holiday_date AND date_part('year', known_until) = date_part('year', holiday_date)
    );
COMMENT ON COLUMN hawk.holiday_calendar.known_until IS 'All holidays of this calendar are stated up to this day, which lies in the year of the row. The calendar''s last day is the latest of its rows.';
CREATE OR REPLACE VIEW public.holiday_calendar AS SELECT * FROM hawk.holiday_calendar;
