"""What people ask about passkeys. `by` is of a verified token; times come in with the command."""

from dataclasses import dataclass
from datetime import timedelta

from services.approval.two_persons import Actor
from shared.events.assertions import Passkey


@dataclass(frozen=True, slots=True)
class ProposeKey:
    """A person wants to sign with a key that their browser has just made."""

    by: Actor
    passkey: Passkey
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ProposeRemoval:
    """A key is to count no more. `lost`: its owner misses it, and it stops at once."""

    by: Actor
    person: str
    credential_id: str
    lost: bool
    reason: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ConfirmProposal:
    """A second person confirms what was proposed about a key of a person, by the digest that was shown."""

    by: Actor
    person: str
    digest: str
    delay: timedelta


@dataclass(frozen=True, slots=True)
class RejectProposal:
    """A person says no, or takes the own proposal back."""

    by: Actor
    person: str
    digest: str
    reason: str


PasskeyCommand = ProposeKey | ProposeRemoval | ConfirmProposal | RejectProposal
