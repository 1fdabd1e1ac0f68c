"""The provider's keys: fetched when needed, kept for minutes, never asked for more often than the pause allows."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from shared.errors import InvalidInput, Transient
from shared.security.tokens import TokenSettings
from shared.web.sign_in.keys import FETCH_PAUSE, KEPT_FOR, ProviderKeys

START = datetime(2026, 11, 29, 9, tzinfo=UTC)
SETTINGS = TokenSettings(public_pem=None, issuer="https://login.example", audience="hawk")
ONE, TWO = (RSAKey.generate_key(2048, {"kid": kid}, private=True) for kid in ("one", "two"))


class Served:
    """A provider that serves these keys; a test counts how often it is asked."""

    def __init__(self, *keys: RSAKey) -> None:
        self.now = START
        self.asked = 0
        self.text = ""
        self.serve(*keys)
        self.keys = ProviderKeys(self.fetch, lambda: self.now)

    def serve(self, *keys: RSAKey, **members: Any) -> None:
        self.text = json.dumps({"keys": [{**key.as_dict(private=False), **members} for key in keys]})

    async def fetch(self) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.text:
            raise Transient("away")
        return self.text

    async def subject(self, token: str) -> str:
        return str((await self.keys.claims(token, SETTINGS, START))["sub"])


def token(key: RSAKey, kid: str | None, alg: str = "RS256") -> str:
    seconds = int(START.timestamp())
    claims = {"iss": SETTINGS.issuer, "aud": "hawk", "sub": "ann", "iat": seconds, "exp": seconds + 600}
    header = {"alg": alg} if kid is None else {"alg": alg, "kid": kid}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=["RS256", "PS256"])


async def test_keys_are_fetched_once_for_many_tokens() -> None:
    served = Served(ONE)
    assert await asyncio.gather(*(served.subject(token(ONE, "one")) for _ in range(5))) == ["ann"] * 5
    assert served.asked == 1


async def test_unknown_key_has_the_set_fetched_again() -> None:
    served = Served(ONE)
    await served.subject(token(ONE, "one"))
    served.serve(ONE, TWO)
    served.now += FETCH_PAUSE
    assert await served.subject(token(TWO, "two")) == "ann"
    assert served.asked == 2


async def test_key_without_a_name_is_found_after_it_was_changed() -> None:
    served = Served(ONE)
    await served.subject(token(ONE, None))
    served.serve(TWO)
    served.now += FETCH_PAUSE
    assert await served.subject(token(TWO, None)) == "ann"


async def test_provider_is_not_asked_again_within_the_pause() -> None:
    served = Served(ONE)
    await served.subject(token(ONE, "one"))
    served.serve(ONE, TWO)
    served.now += FETCH_PAUSE - timedelta(seconds=1)
    for number in range(50):
        with pytest.raises(InvalidInput):
            await served.subject(token(TWO, f"unknown-{number}"))
    assert served.asked == 1


async def test_flood_asks_once_for_each_pause() -> None:
    served = Served(ONE)
    await served.subject(token(ONE, "one"))
    served.now += FETCH_PAUSE
    floods = (served.subject(token(TWO, f"unknown-{number}")) for number in range(20))
    assert all(isinstance(each, InvalidInput) for each in await asyncio.gather(*floods, return_exceptions=True))
    assert served.asked == 2


async def test_bad_signature_under_a_known_name_asks_nobody() -> None:
    served = Served(ONE, TWO)
    await served.subject(token(ONE, "one"))
    served.now += FETCH_PAUSE
    with pytest.raises(InvalidInput, match="TOKEN_SIGNATURE_INVALID"):
        await served.subject(token(TWO, "one"))
    assert served.asked == 1


async def test_key_that_is_served_no_more_lapses() -> None:
    served = Served(ONE, TWO)
    await served.subject(token(ONE, "one"))
    served.serve(TWO)
    served.now += KEPT_FOR
    with pytest.raises(InvalidInput):
        await served.subject(token(ONE, "one"))


async def test_nothing_counts_when_the_keys_cannot_be_had() -> None:
    served = Served(ONE)
    await served.subject(token(ONE, "one"))
    served.text = ""
    served.now += KEPT_FOR - timedelta(seconds=1)
    assert await served.subject(token(ONE, "one")) == "ann"
    served.now += timedelta(seconds=1)
    for _ in range(10):
        with pytest.raises(Transient):
            await served.subject(token(ONE, "one"))
    assert served.asked == 2


@pytest.mark.parametrize("text", ["{}", "no json", '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AA"}]}'])
async def test_set_that_cannot_be_used_is_a_provider_that_is_away(text: str) -> None:
    served = Served(ONE)
    served.text = text
    with pytest.raises(Transient):
        await served.subject(token(ONE, "one"))


async def test_algorithm_that_the_provider_changes_to_is_found() -> None:
    served = Served(ONE)
    served.serve(ONE, alg="RS256")
    await served.subject(token(ONE, "one"))
    served.serve(TWO, alg="PS256")
    served.now += FETCH_PAUSE
    assert await served.subject(token(TWO, "two", "PS256")) == "ann"
