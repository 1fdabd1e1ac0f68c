-- Of two persons: with subjects of the issuer, of two subjects; else of two names. Case, width and composition are seen
-- through here; the relay, which reads the orders, sees through look-alikes too (shared.people.identity).

CREATE OR REPLACE FUNCTION es.publication_order(_position bigint, _event_id uuid, _above bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT max(events.version) FROM es.events AS events,
        LATERAL (SELECT events.data #>> '{proposed_by,person}' AS one,
                        events.data #>> '{confirmed_by,person}' AS other) AS persons,
        LATERAL (SELECT substring(one FROM ' <([^<>]+)>$') AS subject,
                        substring(other FROM ' <([^<>]+)>$') AS other_subject) AS subjects
    WHERE events.stream = 'publication-' || _position AND events.version > _above
        AND events.type = 'PublicationConfirmed' AND events.data ->> 'event_id' = _event_id::text
        AND coalesce(subject <> other_subject, lower(normalize(one, NFKC)) <> lower(normalize(other, NFKC)))
$$;
