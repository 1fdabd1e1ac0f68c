"""Nonces that this service gives for passkeys to sign: each for one person and one decision, for a few minutes.

A nonce of a decision is used up with it, on the stream of the person's passkeys; one of a registration when it comes.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import asyncpg

from shared.passkeys.challenge import Signed, written

#: A person reads a dialog, finds the security key and touches it.
LIFETIME: Final = timedelta(minutes=5)
#: Old nonces that a new one takes away.
REMOVED_MAX: Final = 100
#: Characters of a nonce: 32 bytes as Base64 for URLs.
CHARACTERS: Final = 43
_BYTES: Final = 32

_KEEP: Final = """
    INSERT INTO approval.passkey_nonces (key, person, workflow_id, plan_digest, decision, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6)"""
_OLD: Final = """
    DELETE FROM approval.passkey_nonces WHERE key IN (
        SELECT key FROM approval.passkey_nonces WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
        FOR UPDATE SKIP LOCKED)"""
#: Asked in the transaction of the decision.
GIVEN: Final = """
    SELECT person, workflow_id, plan_digest, decision, expires_at FROM approval.passkey_nonces WHERE key = $1"""
TAKE: Final = "DELETE FROM approval.passkey_nonces WHERE key = $1 RETURNING person, workflow_id, expires_at"


@dataclass(frozen=True, slots=True)
class Nonces:
    """The nonces on the service's own table, so that every replica knows what any of them gave."""

    pool: Callable[[], asyncpg.Pool]

    async def give(self, person: str, signed: Signed | None, at: datetime) -> str:
        """Return a new nonce for a decision of a person, or for the registration of a key (None)."""
        nonce = written(secrets.token_bytes(_BYTES))
        what = (None, None, None) if signed is None else (signed.workflow_id, signed.plan_digest, signed.decision)
        async with self.pool().acquire() as connection, connection.transaction():
            await connection.execute(_OLD, at, REMOVED_MAX)
            await connection.execute(_KEEP, key_of(nonce), person, *what, at + LIFETIME)
        return nonce

    async def take(self, nonce: str, person: str, at: datetime) -> bool:
        """Use up a nonce of a registration; False where it is not one of this person, or its time is over."""
        row = await self.pool().fetchrow(TAKE, key_of(nonce))
        return row is not None and row["workflow_id"] is None and row["person"] == person and at < row["expires_at"]


def key_of(nonce: str) -> bytes:
    """Return what is kept of a nonce: whoever reads the table can have nothing signed over it."""
    return sha256(nonce.encode()).digest()
