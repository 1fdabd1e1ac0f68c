"""The passkeys of one person (stream `passkeys-<hash>` of the approval service), and what the executor notes of them.

A key is proposed by its owner and confirmed by another person; it counts from `works_from` on. It is taken away in the
same way; a key that its owner reports lost does not count while that waits for the second person.
"""

from typing import Annotated

from pydantic import Field

from shared.events.approvals import Approver
from shared.events.assertions import CredentialId, Passkey
from shared.events.base import Event, datetime
from shared.events.decisions import DecisionName


class PasskeyProposed(Event):
    """Somebody wants to sign with this key from now on. `digest` covers all that the second person is shown."""

    person: str
    passkey: Passkey
    digest: str
    proposed_by: Approver
    expires_at: datetime


class PasskeyAdded(Event):
    """A second person confirmed the key: it signs for its owner from `works_from` on."""

    person: str
    passkey: Passkey
    digest: str
    proposed_by: Approver
    confirmed_by: Approver
    works_from: datetime


class PasskeyRemovalProposed(Event):
    """Somebody wants the key to count no more. `lost`: its owner misses it; it does not count while this waits."""

    person: str
    credential_id: CredentialId
    lost: bool
    reason: str
    digest: str
    proposed_by: Approver
    expires_at: datetime


class PasskeyRemoved(Event):
    """A second person confirmed the removal: the key counts until `ends_at` at the latest."""

    person: str
    credential_id: CredentialId
    lost: bool
    digest: str
    proposed_by: Approver
    confirmed_by: Approver
    ends_at: datetime


class PasskeyProposalRejected(Event):
    """A person rejects what was proposed about a key, or who proposed it takes it back."""

    person: str
    credential_id: CredentialId
    digest: str
    rejected_by: Approver
    reason: str


class PasskeyUsed(Event):
    """The key signed a decision: its nonce counts no second time, and a later signature counts further."""

    person: str
    credential_id: CredentialId
    workflow_id: str
    plan_digest: str
    nonce: str
    sign_count: Annotated[int, Field(ge=0)]
    used_at: datetime


class PasskeyTakenIn(Event):
    """How a key stands at the executor after a decision (stream `control-passkeys-<hash>`).

    `passkey` is None for a key whose removal came first; it never counts. `lost_by` is the digest of the report that
    its owner misses it, empty without one.
    """

    person: str
    credential_id: CredentialId
    decision: DecisionName
    passkey: Passkey | None
    works_from: datetime | None
    ends_at: datetime | None
    lost_by: str
    taken_in_at: datetime
