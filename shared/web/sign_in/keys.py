"""The provider's public keys, fetched when they are needed and kept for minutes.

A token that names an unknown key, or whose signature fits none, has the set fetched again: keys change while people are
signed in. A flood of such tokens has it fetched once in `FETCH_PAUSE`. A key that the provider does not serve any more
counts for nothing after `KEPT_FOR` at the latest.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from shared.errors import Defect, InvalidInput, Transient
from shared.security.signing import SignatureProblem, header_of
from shared.security.token_keys import keys_of_jwks
from shared.security.token_signatures import PERSON_TYPES
from shared.security.tokens import TokenSettings, verify_claims

#: Time that a fetched set is believed.
KEPT_FOR: Final = timedelta(minutes=10)
#: Time between two attempts to fetch it, whatever comes.
FETCH_PAUSE: Final = timedelta(seconds=10)
#: What a token is refused with where another key might fit.
_OF_ANOTHER_KEY: Final = frozenset({"TOKEN_KEY_UNKNOWN", "TOKEN_SIGNATURE_INVALID", "TOKEN_ALGORITHM_NOT_ALLOWED"})


class ProviderKeys:
    """Checks tokens by the keys of one provider.

    Args:
        fetch: gives the text of the provider's JWKS; raises Transient.
    """

    def __init__(self, fetch: Callable[[], Awaitable[str]], clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._jwks = ""
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    async def claims(
        self, token: str, settings: TokenSettings, now: datetime, types: frozenset[str] = PERSON_TYPES
    ) -> dict[str, Any]:
        """Return the claims of a token of this provider that counts, at `now`.

        Raises:
            InvalidInput: as `verify_claims` does.
            Transient: the keys cannot be had at the moment.
        """
        jwks = await self._current()
        try:
            return verify_claims(token, replace(settings, public_pem=None, jwks=jwks), now, types)
        except InvalidInput as refused:
            if refused.code not in _OF_ANOTHER_KEY or _names_one_of(token, jwks):
                raise
            later = await self._newer()
            if later == jwks:
                raise
        return verify_claims(token, replace(settings, public_pem=None, jwks=later), now, types)

    async def _current(self) -> str:
        """Return the set that is believed now."""
        async with self._lock:
            if self._fetched_at is None or self._clock() >= self._fetched_at + KEPT_FOR:
                if self._pauses():
                    raise Transient("The provider's keys could not be fetched a moment ago; try again shortly.")
                await self._fetch_now()
            return self._jwks

    async def _newer(self) -> str:
        """Return the set of now, fetched if that was not done within the pause."""
        async with self._lock:
            if not self._pauses():
                await self._fetch_now()
            return self._jwks

    def _pauses(self) -> bool:
        return self._tried_at is not None and self._clock() < self._tried_at + FETCH_PAUSE

    async def _fetch_now(self) -> None:
        self._tried_at = self._clock()
        text = await self._fetch()
        try:
            keys_of_jwks(text)
        except Defect as defect:
            raise Transient(f"The provider serves keys that cannot be used: {defect}") from defect
        self._jwks, self._fetched_at = text, self._clock()


def _names_one_of(token: str, jwks: str) -> bool:
    """Return whether a token names a key of the set: another set would judge it no better."""
    try:
        kid = header_of(token).get("kid")
    except SignatureProblem:
        return True
    return kid is not None and any(key.named and key.kid == kid for key in keys_of_jwks(jwks))
