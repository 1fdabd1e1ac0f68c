-- Rows of feeds that are not plausible wait for people, and what people said to them.

-- `hawk status` says how much waits; without this it would look through all streams.
CREATE INDEX events_held_idx ON es.events (stream, version) WHERE starts_with(stream, 'held-');
