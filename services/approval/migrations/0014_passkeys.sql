-- Passkeys of those who approve: what their streams tell, and the nonces that are to be signed.

CREATE TABLE approval.passkeys (
    stream text  NOT NULL,
    facts  jsonb NOT NULL,
    CONSTRAINT passkeys_pkey PRIMARY KEY (stream)
);

COMMENT ON TABLE approval.passkeys IS 'One row a person: the events of the stream, but for the uses of keys.';

-- No projection: a nonce is worth nothing after some minutes.
CREATE TABLE approval.passkey_nonces (
    key         bytea       NOT NULL,
    person      text        NOT NULL,
    workflow_id text,
    plan_digest text,
    decision    text,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT passkey_nonces_pkey PRIMARY KEY (key),
    CONSTRAINT passkey_nonces_key_is_sha256 CHECK (octet_length(key) = 32),
    CONSTRAINT passkey_nonces_for_one_decision CHECK (num_nonnulls(workflow_id, plan_digest, decision) IN (0, 3))
);

COMMENT ON COLUMN approval.passkey_nonces.key IS 'SHA-256 of the nonce.';

CREATE INDEX passkey_nonces_expire ON approval.passkey_nonces (expires_at);
