-- What the console shows of a dead letter: enough to know what was refused, why, and what became of it since. The message
-- itself stays with the monitor. Rows of an earlier release have no details; their `code` is empty.

ALTER TABLE approval.letters
    ADD COLUMN service        text    NOT NULL DEFAULT '',
    ADD COLUMN consumer_group text    NOT NULL DEFAULT '',
    ADD COLUMN topic          text    NOT NULL DEFAULT '',
    ADD COLUMN place          integer NOT NULL DEFAULT 0,
    ADD COLUMN first_offset   bigint  NOT NULL DEFAULT 0,
    ADD COLUMN last_offset    bigint  NOT NULL DEFAULT 0,
    ADD COLUMN messages       bigint  NOT NULL DEFAULT 1,
    ADD COLUMN size_bytes     bigint  NOT NULL DEFAULT 0,
    ADD COLUMN code           text    NOT NULL DEFAULT '',
    ADD COLUMN reason         text    NOT NULL DEFAULT '',
    ADD COLUMN missing_code   text,
    ADD COLUMN missing        text,
    ADD COLUMN refusals       integer NOT NULL DEFAULT 1,
    ADD COLUMN refused        integer NOT NULL DEFAULT 0,
    ADD COLUMN answered       integer NOT NULL DEFAULT 0,
    ADD COLUMN answer         jsonb,
    ADD COLUMN asked          jsonb,
    ADD CONSTRAINT letters_bounded CHECK (
        length(service) <= 40 AND length(consumer_group) <= 249 AND length(topic) <= 249 AND length(code) <= 100
        AND length(reason) <= 4096 AND length(missing_code) <= 100 AND length(missing) <= 1000
        AND pg_column_size(answer) <= 16384 AND pg_column_size(asked) <= 16384);

COMMENT ON COLUMN approval.letters.place IS 'The partition.';
COMMENT ON COLUMN approval.letters.missing IS 'Why it cannot be published again as it was; NULL where it can.';
COMMENT ON COLUMN approval.letters.refused IS 'Version of the latest refusal in the stream of the letter: messages come in any order.';
COMMENT ON COLUMN approval.letters.answered IS 'Version of the latest answer to a person who asked for a replay; 0 for none.';
COMMENT ON COLUMN approval.letters.answer IS 'That answer: published again, or declined and why.';
COMMENT ON COLUMN approval.letters.asked IS 'Who asked last that it be published again, when and why.';

-- The list shows the latest refusal first, a page after a letter.
CREATE INDEX letters_latest ON approval.letters (refused_at DESC, letter DESC);
