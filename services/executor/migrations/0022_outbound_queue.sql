-- A request waits for Murex until its deal has an answer, or its cancel message one. The messages themselves never change.

CREATE OR REPLACE VIEW public.v_hstg_outbound_queue AS
SELECT m.*
FROM public.h_stg_mrx_ext m
WHERE m.direction = 'OUTBOUND' AND m.message_status IN ('QUEUED', 'SENT')
  AND CASE m.message_type
      WHEN 'BOOKING_REQUEST' THEN NOT EXISTS (
          SELECT FROM hawk.h_stg_mrx_ext a
          WHERE a.event_id = m.event_id AND a.deal_sequence = m.deal_sequence AND a.direction = 'INBOUND')
      ELSE NOT EXISTS (
          SELECT FROM hawk.deal_bookings d
          WHERE d.event_id = m.event_id AND d.deal_sequence = m.deal_sequence AND d.reversed_by_event IS NOT NULL)
      END;
