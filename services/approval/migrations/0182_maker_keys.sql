-- Makers are looked up by what all spellings of a name have in common (shared.people.identity), not by its characters.
-- Rows from before have no keys and are found by the name as it was given.

ALTER TABLE approval.queue ADD COLUMN maker_keys text[] NOT NULL DEFAULT '{}';
ALTER TABLE approval.submissions ADD COLUMN maker_keys text[] NOT NULL DEFAULT '{}';

CREATE INDEX queue_maker_keys ON approval.queue USING gin (maker_keys);
CREATE INDEX submissions_maker_keys ON approval.submissions USING gin (maker_keys);
