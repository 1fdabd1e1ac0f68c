-- Sessions of browsers. Nothing of them is derived from events, and nothing of HAWK depends on them: who signs in again
-- has another one.

CREATE TABLE approval.sessions (
    key              bytea       NOT NULL,
    person           text        NOT NULL,
    roles            text[]      NOT NULL,
    roles_of         timestamptz,
    authenticated_at timestamptz,
    acr              text,
    amr              text[]      NOT NULL,
    seen_at          timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    issuer           text        NOT NULL,
    subject          text        NOT NULL,
    provider_session text        NOT NULL,
    login            bytea,
    CONSTRAINT sessions_pkey PRIMARY KEY (key),
    CONSTRAINT sessions_key_is_sha256 CHECK (octet_length(key) = 32),
    CONSTRAINT sessions_login_once UNIQUE (login)
);
COMMENT ON TABLE approval.sessions IS 'Who is signed in with a browser. The id itself is in the cookie alone.';
COMMENT ON COLUMN approval.sessions.key IS 'SHA-256 of the session''s id.';
COMMENT ON COLUMN approval.sessions.roles_of IS 'When the issuer gave the roles.';
COMMENT ON COLUMN approval.sessions.login IS 'SHA-256 of the state of the sign-in, which makes one session; NULL in the demo.';

CREATE INDEX sessions_of_a_person ON approval.sessions (person, seen_at);
CREATE INDEX sessions_at_the_provider ON approval.sessions (issuer, subject);
CREATE INDEX sessions_expire ON approval.sessions (expires_at);
CREATE INDEX sessions_seen ON approval.sessions (seen_at);

-- Logout tokens of the provider that were taken: each counts once, as long as it could come again.
CREATE TABLE approval.logout_tokens (
    token      bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT logout_tokens_pkey PRIMARY KEY (token)
);
COMMENT ON COLUMN approval.logout_tokens.token IS 'SHA-256 of its id (jti).';
CREATE INDEX logout_tokens_expire ON approval.logout_tokens (expires_at);
