"""Routes of passkeys: what there is, a new one, its second person, its removal, and what is to be signed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN, Body, Digest, Reason, Traceparent
from services.approval.http.status import accepted
from services.approval.passkeys.commands import (
    ConfirmProposal,
    PasskeyCommand,
    ProposeKey,
    ProposeRemoval,
    RejectProposal,
)
from services.approval.passkeys.decider import may_have
from services.approval.passkeys.nonces import CHARACTERS, LIFETIME
from services.approval.passkeys.view import passkeys_document
from services.approval.ports import Caller, PasskeyNonces, Passkeys
from services.approval.two_persons import Actor
from shared.events.assertions import Assertion, Base64Url, CredentialId
from shared.passkeys.challenge import Signed, challenge_of, registration_challenge, written
from shared.passkeys.checking import ALGORITHMS, NotSigned, registered
from shared.passkeys.keys import owner_key
from shared.policy.table import LADDER
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses
from shared.web.strict_json import StrictRoute

_PAGE: Final = "/console/passkeys"
_LINKS: Final = {"confirm": link("POST", "/passkeys/confirmation")}
#: Characters of an attestation object. HAWK asks for none of the device's maker, so that it holds little but the key.
_ATTESTATION_CHARACTERS_MAX: Final = 20_000
_NAME_CHARACTERS_MAX: Final = 60

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_Person = Annotated[str, Field(min_length=1, max_length=400)]
_Nonce = Annotated[str, Field(min_length=CHARACTERS, max_length=CHARACTERS, pattern=r"^[A-Za-z0-9_-]+$")]


class AssertionBody(Body):
    """What a passkey signed, as the browser gives it; every part is Base64 for URLs."""

    credential_id: CredentialId
    nonce: _Nonce
    client_data: Base64Url
    authenticator_data: Base64Url
    signature: Base64Url

    def assertion(self) -> Assertion:
        """Convert to the value of the event."""
        return Assertion.model_validate(self.model_dump())


class KeyBody(Body):
    """A passkey that a browser has just made. `name` is what its owner calls it."""

    name: Annotated[str, Field(min_length=1, max_length=_NAME_CHARACTERS_MAX, pattern=r"\S")]
    nonce: _Nonce
    client_data: Base64Url
    attestation: Annotated[
        str, Field(min_length=1, max_length=_ATTESTATION_CHARACTERS_MAX, pattern=r"^[A-Za-z0-9_-]+$")
    ]


class RemovalBody(Body):
    """A passkey is to count no more. `lost`: its owner misses it, and it stops at once."""

    person: _Person
    credential_id: CredentialId
    lost: bool = False
    reason: Reason


class ConfirmationBody(Body):
    """A second person confirms what was proposed about a passkey of a person."""

    person: _Person
    digest: Digest


class PasskeyRejectionBody(Body):
    """A person rejects what was proposed about a passkey, or takes the own proposal back."""

    person: _Person
    digest: Digest
    reason: Reason


class SigningBody(Body):
    """The decision that a passkey is to sign."""

    decision: Literal["APPROVE"]
    plan_digest: Digest


@dataclass(frozen=True, slots=True)
class PasskeyParts:
    """What the routes work with.

    Args:
        site: the origin that passkeys belong to.
        delay: before a confirmed key counts.
        lifetime: how long a proposal waits for its second person.
    """

    passkeys: Passkeys
    nonces: PasskeyNonces
    authenticator: Authenticator
    clock: Callable[[], datetime]
    site: str
    delay: timedelta
    lifetime: timedelta

    @property
    def rp_id(self) -> str:
        """The site as passkeys name it: its host."""
        return urlsplit(self.site).hostname or ""


def passkey_routes(parts: PasskeyParts) -> APIRouter:
    """Build the routes below /passkeys, and POST /approvals/{workflow_id}/signing.

    Raises:
        Problem: a command is refused; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(route_class=StrictRoute, tags=["passkeys"])
    person_of, stepped_up = Depends(parts.authenticator.person), Depends(_stepping_up(parts.authenticator))
    decider_of = Depends(parts.authenticator.deciding(_PAGE))
    answers = {**linked(201, **_LINKS), **problem_responses(401, 403, 404, 409, 413, 422, 503)}
    acting = _Acting(parts)

    @routes.get("/passkeys", responses=problem_responses(401, 503))
    async def read_passkeys(person: Annotated[Person, person_of]) -> dict[str, Any]:
        """Return the own passkeys, for approvers also those of others, and what waits for a second person."""
        return await acting.shown(person)

    @routes.post("/passkeys/registration", status_code=201, responses=problem_responses(401, 403, 503))
    async def create_registration(person: Annotated[Person, stepped_up]) -> dict[str, Any]:
        """Give a browser what it makes a new passkey with; good for five minutes and one passkey."""
        return await acting.registration(person)

    @routes.post("/passkeys", status_code=201, responses=answers)
    async def create_passkey(
        person: Annotated[Person, stepped_up], body: KeyBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Propose a passkey of one's own. Another person confirms it, and it counts after a delay."""
        return await acting.act(await acting.proposed(person, body), person, traceparent)

    @routes.post("/passkeys/confirmation", status_code=201, responses=answers)
    async def create_passkey_confirmation(
        person: Annotated[Person, stepped_up], body: ConfirmationBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Confirm a passkey of another person, or its removal, by the digest of what was shown."""
        return await acting.act(
            ConfirmProposal(acting.actor(person), body.person, body.digest, parts.delay), person, traceparent
        )

    @routes.post("/passkeys/rejection", status_code=201, responses=answers)
    async def create_passkey_rejection(
        person: Annotated[Person, decider_of], body: PasskeyRejectionBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Reject what was proposed about a passkey, or take the own proposal back."""
        return await acting.act(
            RejectProposal(acting.actor(person), body.person, body.digest, body.reason.strip()), person, traceparent
        )

    @routes.post("/passkeys/removal", status_code=201, responses=answers)
    async def create_passkey_removal(
        person: Annotated[Person, stepped_up], body: RemovalBody, traceparent: Traceparent = None
    ) -> dict[str, Any]:
        """Propose that a passkey counts no more, or report the own one lost: then it stops at once."""
        command = ProposeRemoval(
            acting.actor(person), body.person, body.credential_id, body.lost, body.reason.strip(), parts.lifetime
        )
        return await acting.act(command, person, traceparent)

    @routes.post(
        "/approvals/{workflow_id}/signing",
        status_code=201,
        responses=problem_responses(401, 403, 409, 413, 422, 503),
    )
    async def create_signing(
        person: Annotated[Person, person_of], workflow_id: _Id, body: SigningBody
    ) -> dict[str, Any]:
        """Give what the person's passkey signs about a decision: a challenge with a nonce for this decision alone."""
        return await acting.signing(person, Signed(workflow_id, body.plan_digest, body.decision))

    return routes


def _stepping_up(authenticator: Authenticator) -> Callable[..., Any]:
    """Return the dependency of a route that changes who can sign: as fresh a sign-in as the highest tier asks for."""
    deciding = authenticator.deciding(_PAGE)

    async def person(found: Annotated[Person, Depends(deciding)]) -> Person:
        asked = [tier for tier in reversed(LADDER) if tier in authenticator.freshness.step_up]
        for tier in asked[:1]:
            authenticator.check_step_up(found, tier, _PAGE)
        return found

    return person


class _Acting:
    """What the routes do."""

    def __init__(self, parts: PasskeyParts) -> None:
        self._parts = parts

    def actor(self, person: Person) -> Actor:
        return Actor(person.name, person.roles, self._parts.clock())

    async def shown(self, person: Person) -> dict[str, Any]:
        parts = self._parts
        return passkeys_document(await parts.passkeys.everybody(), person, parts.clock(), parts.delay)

    async def act(self, command: PasskeyCommand, person: Person, traceparent: str | None) -> dict[str, Any]:
        accepted(await self._parts.passkeys.change(command, Caller(person.name, traceparent)))
        return await self.shown(person)

    async def registration(self, person: Person) -> dict[str, Any]:
        parts, by = self._parts, self.actor(person)
        if (refused := may_have(by)) is not None:
            accepted(refused)
        nonce = await parts.nonces.give(person.name, None, by.at)
        mine = await parts.passkeys.of(person.name)
        return {
            "nonce": nonce,
            "challenge": written(registration_challenge(person.name, nonce)),
            "rp_id": parts.rp_id,
            "user_id": written(owner_key(person.name).encode()),
            "user": person.name,
            "algorithms": [int(each) for each in ALGORITHMS],
            "exclude": list(mine.keys),
            "timeout_ms": int(LIFETIME.total_seconds() * 1000),
        }

    async def proposed(self, person: Person, body: KeyBody) -> ProposeKey:
        parts, by = self._parts, self.actor(person)
        if (refused := may_have(by)) is not None:
            accepted(refused)
        if not await parts.nonces.take(body.nonce, person.name, by.at):
            raise Problem(409, "PASSKEY_NONCE_INVALID", "This registration was used or is too old. Begin once more.")
        try:
            passkey = registered(
                person=person.name,
                name=body.name.strip(),
                nonce=body.nonce,
                client_data=body.client_data,
                attestation=body.attestation,
                rp_id=parts.rp_id,
                origin=parts.site,
            )
        except NotSigned as error:
            reason = f"This passkey cannot be registered: {error.reason}. Nothing was kept."
            raise Problem(422, "PASSKEY_REFUSED", reason) from error
        return ProposeKey(by, passkey, parts.lifetime)

    async def signing(self, person: Person, signed: Signed) -> dict[str, Any]:
        parts, now = self._parts, self._parts.clock()
        counting = (await parts.passkeys.of(person.name)).counting(now)
        if not counting:
            raise Problem(
                409,
                "NO_PASSKEY",
                "You have no passkey that counts now. Register one under My passkeys in HAWK's console; another person "
                f"confirms it, and it counts after {in_words(parts.delay)}.",
            )
        nonce = await parts.nonces.give(person.name, signed, now)
        return {
            "nonce": nonce,
            "challenge": written(challenge_of(signed, nonce)),
            "rp_id": parts.rp_id,
            "origin": parts.site,
            "allow": [key.passkey.credential_id for key in counting],
            "timeout_ms": int(LIFETIME.total_seconds() * 1000),
        }


def in_words(delay: timedelta) -> str:
    """Return a delay as people say it."""
    seconds = int(delay.total_seconds())
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "a second" if seconds == 1 else f"{seconds} seconds"
