"""Signing in with a browser: OpenID Connect, sessions, and who may write with a session's cookie."""
