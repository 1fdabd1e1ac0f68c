-- The bytes of every response, under their SHA-256: lineage begins at what the AI really sent, not at its decoded text.
-- A response above 1 MiB is refused unread; its first 64 KiB are kept, and size_bytes is its whole size.

CREATE TABLE parser.answers (
    sha256      text        NOT NULL,
    size_bytes  bigint      NOT NULL,
    bytes       bytea       NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT answers_pkey PRIMARY KEY (sha256),
    CONSTRAINT answers_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT answers_bounded CHECK (octet_length(bytes) <= 1048576 AND octet_length(bytes) <= size_bytes),
    CONSTRAINT answers_addressed CHECK (
        octet_length(bytes) < size_bytes OR sha256 = encode(pg_catalog.sha256(bytes), 'hex')
    )
);

-- The parser adds responses, and nobody changes or removes one, not even the owner.
REVOKE UPDATE, DELETE ON parser.answers FROM hawk_parser;
CREATE TRIGGER answers_append_only BEFORE UPDATE OR DELETE ON parser.answers
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER answers_no_truncate BEFORE TRUNCATE ON parser.answers
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
ALTER TABLE parser.answers ENABLE ALWAYS TRIGGER answers_append_only;
ALTER TABLE parser.answers ENABLE ALWAYS TRIGGER answers_no_truncate;

GRANT USAGE ON SCHEMA parser TO hawk_reader;
GRANT SELECT ON parser.answers TO hawk_reader;
