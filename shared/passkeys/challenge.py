"""What a passkey is asked to sign. Pure: a nonce is made outside and comes in."""

import base64
from dataclasses import dataclass
from typing import Final

from shared.canonical import digest

_PREFIX: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class Signed:
    """A decision on the plan of a workflow, which a passkey signs."""

    workflow_id: str
    plan_digest: str
    decision: str


def challenge_of(signed: Signed, nonce: str) -> bytes:
    """Return the 32 bytes to be signed: the hash over plan digest, workflow, decision and a single-use nonce."""
    return _hash(
        {
            "kind": "hawk-decision",
            "plan_digest": signed.plan_digest,
            "workflow_id": signed.workflow_id,
            "decision": signed.decision,
            "nonce": nonce,
        }
    )


def registration_challenge(person: str, nonce: str) -> bytes:
    """Return the 32 bytes that a new passkey of a person is registered over."""
    return _hash({"kind": "hawk-passkey", "person": person, "nonce": nonce})


def written(raw: bytes) -> str:
    """Return bytes as Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(text: str) -> bytes:
    """Return the bytes of a Base64 text for URLs.

    Raises:
        ValueError: it is none, or not how `written` writes it.
    """
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if written(raw) != text:
        raise ValueError("it is not Base64 for URLs")
    return raw


def _hash(said: dict[str, str]) -> bytes:
    return bytes.fromhex(digest(said).removeprefix(_PREFIX))
