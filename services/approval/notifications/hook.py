"""Notices as webhooks: the body, its signature, and which addresses may be connected to. Pure.

The signature is that of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.approval.notifications.letter import headline
from services.approval.notifications.notices import Kind, Notice

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how such a secret begins
#: Bytes of a secret: what Standard Webhooks asks for.
SECRET_BYTES_MIN: Final = 24
SECRET_BYTES_MAX: Final = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: IPv6 addresses that carry an IPv4 address to somewhere else: no receiver has one of its own.
_CARRIERS: Final = tuple(
    ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


@dataclass(frozen=True, slots=True)
class Hook:
    """A receiver. `host` is that of its address, which the allow-list has."""

    name: str
    url: str
    host: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Telling:
    """What bodies of an installation say: where the console and the monitor are, and whether amounts are told."""

    console: str
    monitor: str
    amounts: bool = False


def body_of(notice: Notice, telling: Telling) -> bytes:
    """Return the body: the ids, the state, and where the words for a chat are. An attempt never changes it."""
    told, monitor = notice.told, telling.monitor.rstrip("/")
    keys = told.kind is Kind.PASSKEY
    data: dict[str, Any] = {
        "response_id": notice.response_id,
        "workflow_id": told.workflow_id,
        "state": told.state,
        "about": "passkey" if keys else headline(notice.order, amounts=telling.amounts),
        "person": told.person,
        "role": told.role,
        "decision": told.decision,
        "required": list(notice.required),
        "expires_at": None if notice.expires_at is None else notice.expires_at.isoformat(),
        "card": f"{telling.console}/console/{'passkeys' if keys else f'approvals/{told.workflow_id}'}",
        "message": f"{monitor}/responses/{notice.response_id}/message" if monitor and notice.response_id else None,
    }
    if keys:
        data["owner"] = told.to
    document = {"type": f"hawk.approval.{told.kind}", "timestamp": notice.at.isoformat(), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(hook: Hook, webhook_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Return the headers by which a receiver knows that HAWK sent it, and that it did not hear it before."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature_of(hook.secret, webhook_id, timestamp, body),
    }


def signature_of(secret: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the signature."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def secret_of(text: str) -> bytes | None:
    """Return the bytes of a secret `whsec_<base64>`; None for a text that is none."""
    if not text.startswith(SECRET_PREFIX):
        return None
    try:
        found = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if SECRET_BYTES_MIN <= len(found) <= SECRET_BYTES_MAX else None


def why_not_connect(addresses: Sequence[str], allowed: Sequence[Network]) -> str | None:
    """Return why nothing is sent to a host with these addresses; None where each of them may be connected to.

    Args:
        allowed: networks that are not public and are connected to all the same.
    """
    if not addresses:
        return "has no address"
    refused = [each for each in addresses if not _connectable(each, allowed)]
    return f"has the address {refused[0]}, which is not public" if refused else None


def _connectable(address: str, allowed: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # such as fe80::1%eth0
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if any(found.version == each.version and found in each for each in allowed):
        return True
    carried = any(found.version == each.version and found in each for each in _CARRIERS)
    return found.is_global and not (carried or found.is_multicast or found.is_reserved or found.is_unspecified)
