-- Sessions of browsers on the dashboard, which signs in as the console does and for itself.

CREATE TABLE monitor.sessions (
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
COMMENT ON TABLE monitor.sessions IS 'Who is signed in with a browser. The id itself is in the cookie alone.';
COMMENT ON COLUMN monitor.sessions.key IS 'SHA-256 of the session''s id.';
COMMENT ON COLUMN monitor.sessions.roles_of IS 'When the issuer gave the roles.';
COMMENT ON COLUMN monitor.sessions.login IS 'SHA-256 of the state of the sign-in, which makes one session; NULL in the demo.';

CREATE INDEX sessions_of_a_person ON monitor.sessions (person, seen_at);
CREATE INDEX sessions_at_the_provider ON monitor.sessions (issuer, subject);
CREATE INDEX sessions_expire ON monitor.sessions (expires_at);
CREATE INDEX sessions_seen ON monitor.sessions (seen_at);

-- Logout tokens of the provider that were taken: each counts once, as long as it could come again.
CREATE TABLE monitor.logout_tokens (
    token      bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT logout_tokens_pkey PRIMARY KEY (token)
);
COMMENT ON COLUMN monitor.logout_tokens.token IS 'SHA-256 of its id (jti).';
CREATE INDEX logout_tokens_expire ON monitor.logout_tokens (expires_at);
