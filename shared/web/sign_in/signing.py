"""Signing in and out: what the routes do, without the routes.

With a provider by OpenID Connect; in the demo, on the machine itself, by choosing a name.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from shared.errors import InvalidInput
from shared.security.demo_people import DemoPerson
from shared.security.tokens import Authentication, Person, TokenSettings, authentication_of, person_of
from shared.web.sign_in.claims import (
    LOGOUT_AGE_MAX,
    LOGOUT_TYPES,
    ProviderSession,
    check_id_token,
    check_logout_token,
)
from shared.web.sign_in.keys import ProviderKeys
from shared.web.sign_in.login import Login, new_login, provider_address
from shared.web.sign_in.provider import Provider
from shared.web.sign_in.sessions import Order, Session, SessionKeeper, key_of

#: What a provider says where somebody must see its page (OpenID Connect Core 3.1.2.6), which `prompt=none` forbade.
_NEEDS_A_PAGE: Final = frozenset({
    "login_required", "interaction_required", "consent_required", "account_selection_required",
})  # fmt: skip
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class OpenId:
    """A provider, and how its tokens are read.

    Args:
        id_tokens: for the client's own id.
        access_tokens: where roles are in the access token, for HAWK's audience; None: they are in the ID token.
    """

    provider: Provider
    keys: ProviderKeys
    id_tokens: TokenSettings
    access_tokens: TokenSettings | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks of a sign-in."""

    next: str
    prompt: str | None = None
    acr_values: str | None = None
    max_age: int | None = None


class NeedsAPage(Exception):
    """The provider would have to show a page, and was asked not to: the sign-in begins once more, with one."""


class SigningIn:
    """Signs people in and out by a provider."""

    def __init__(self, openid: OpenId, keeper: SessionKeeper, site: str, clock: Callable[[], datetime]) -> None:
        self._openid = openid
        self._keeper = keeper
        self._site = site
        self._clock = clock

    @property
    def _client_id(self) -> str:
        return self._openid.provider.settings.client_id

    async def begin(self, asked: Asked, session_id: str) -> tuple[Login, str]:
        """Return a sign-in, and the provider's address to go to. Raises Transient."""
        description = await self._openid.provider.description()
        login = new_login(
            lambda: secrets.token_urlsafe(_SECRET_BYTES),
            self._clock(),
            asked.next,
            replaces=key_of(session_id).hex() if session_id else "",
            silent=asked.prompt == "none",
            max_age=asked.max_age,
        )
        wanted = {"prompt": asked.prompt, "acr_values": asked.acr_values, "max_age": asked.max_age}
        settings = self._openid.provider.settings
        address = provider_address(
            login,
            description.authorization_endpoint,
            client_id=settings.client_id,
            scope=settings.scope,
            redirect_uri=self._callback,
            asked=wanted,
        )
        return login, address

    async def finish(self, login: Login, answer: Mapping[str, str]) -> str:
        """Begin a session for the provider's answer to a sign-in, and return its id.

        Raises:
            InvalidInput: SIGN_IN_REFUSED, SIGN_IN_USED, ID_TOKEN_ISSUER_WRONG, or what is wrong with a token.
            NeedsAPage: see there.
            Transient: the provider or the database is away.
        """
        await self._check_answer(login, answer)
        tokens = await self._openid.provider.exchange(answer["code"], login.verifier, self._callback)
        now = self._clock()
        claims = await self._openid.keys.claims(tokens.id_token, self._openid.id_tokens, now)
        authentication = authentication_of(claims)
        known = check_id_token(
            claims, authentication, client_id=self._client_id, nonce=login.nonce, max_age=login.max_age, now=now
        )
        person = await self._person(claims, known, tokens.access_token, now)
        begun = await self._keeper.begin(
            person,
            issuer=self._openid.id_tokens.issuer,
            subject=known.subject,
            provider_session=known.session,
            state=login.state,
            replaces=_key(login.replaces),
        )
        if begun is None:
            raise InvalidInput(code="SIGN_IN_USED", reason="This sign-in has been used before. Begin once more.")
        return begun[0]

    async def leave_address(self) -> str:
        """Return where a person who has signed out here signs out at the provider; the queue if nowhere."""
        description = await self._openid.provider.description()
        if description.end_session_endpoint is None:
            return "/"
        # No ID token is kept, so the client is named instead of hinted at (RP-Initiated Logout 2).
        asked = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": f"{self._site}/"})
        joint = "&" if "?" in description.end_session_endpoint else "?"
        return f"{description.end_session_endpoint}{joint}{asked}"

    async def end_by_order(self, token: str) -> int:
        """End the sessions that a logout token of the provider names; give their number.

        Raises:
            InvalidInput: the token is no order of the provider to this client, or has been used.
            Transient: the provider or the database is away.
        """
        now, settings = self._clock(), self._openid.id_tokens
        claims = await self._openid.keys.claims(token, settings, now, LOGOUT_TYPES)
        order = check_logout_token(claims, authentication_of(claims), now)
        ended = await self._keeper.kept.end_by(
            Order(key_of(order.order), now + 2 * LOGOUT_AGE_MAX, settings.issuer, order.subject, order.session)
        )
        if ended is None:
            raise InvalidInput(code="LOGOUT_TOKEN_USED", reason="This logout token has been used before.")
        return ended

    @property
    def _callback(self) -> str:
        return f"{self._site}/callback"

    async def _check_answer(self, login: Login, answer: Mapping[str, str]) -> None:
        description = await self._openid.provider.description()
        issuer = answer.get("iss")
        if (issuer is not None or description.names_itself_in_answers) and issuer != self._openid.id_tokens.issuer:
            raise InvalidInput(
                code="ID_TOKEN_ISSUER_WRONG", reason="The answer comes from another provider. Begin once more."
            )
        error = answer.get("error")
        if error in _NEEDS_A_PAGE and login.silent:
            raise NeedsAPage
        if error is not None or not answer.get("code"):
            raise InvalidInput(
                code="SIGN_IN_REFUSED", reason="The identity provider did not sign you in. Begin once more."
            )

    async def _person(self, claims: dict[str, Any], known: ProviderSession, access_token: str, now: datetime) -> Person:
        """Return the person: who it is and how they signed in from the ID token, the roles from where they are."""
        settings = self._openid.access_tokens
        if settings is None:
            return person_of(claims, self._openid.id_tokens)
        granted = await self._openid.keys.claims(access_token, settings, now)
        if granted.get("sub") != known.subject:
            raise InvalidInput(code="ID_TOKEN_NOT_FOR_US", reason="ID token and access token are of two persons.")
        person = person_of(granted, settings)
        return Person(person.name, person.roles, authentication_of(claims))


class DemoSigningIn:
    """Signs in the people of the demo, by name."""

    def __init__(self, people: tuple[DemoPerson, ...], keeper: SessionKeeper, clock: Callable[[], datetime]) -> None:
        self.people = people
        self._keeper = keeper
        self._clock = clock

    async def begin(self, name: str, session_id: str) -> tuple[str, Session] | None:
        """Return the id of a new session, and the session, of a person of the demo; None for an unknown name."""
        found = next((person for person in self.people if person.name == name), None)
        if found is None:
            return None
        now = self._clock()
        person = Person(found.name, found.roles, Authentication(as_of=now, at=now, acr="demo", amr=("demo",)))
        return await self._keeper.begin(person, replaces=key_of(session_id) if session_id else b"")

    async def renew(self, session_id: str) -> str | None:
        """Begin a session of the person who is signed in, as a provider renews one that it knows; give its id."""
        known = await self._keeper.find(session_id)
        begun = None if known is None else await self.begin(known.person.name, session_id)
        return None if begun is None else begun[0]


def _key(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""
