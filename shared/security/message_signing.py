"""Signatures of whole Kafka messages: Ed25519 (RFC 8032) over topic, key, headers and value.

Every reader of a topic without access to the event store (the Murex gateway, another bank system's dashboard, the check
of published heads) can tell by it who wrote a message. The public key reaches the reader as a file, never on a topic.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from shared.errors import Defect
from shared.security.signing import FailedCheck, SignatureProblem

#: The header that carries the signature: `<key id>.<signature>`, both base64url without padding.
SIGNATURE_HEADER = "hawksignature"

#: Characters of a key id: the beginning of the SHA-256 of the raw public key.
KEY_ID_CHARACTERS = 16

#: Before the signed bytes, so that the key can sign nothing else that is taken for a message.
_DOMAIN = b"hawk-message-v1"

Headers = Iterable[tuple[str, bytes | None]]


class MessageNotSigned(SignatureProblem):
    """A message is not what a known key signed. `problem` is the check that failed."""


def check_private_key(pem: str) -> None:
    """Raise Defect when this is not a PEM of a private Ed25519 key: at the start, not at the first message."""
    _private_key(pem)


def check_public_keys(pems: Sequence[str]) -> None:
    """Check the configured public keys at the start, not at the first message.

    Raises:
        Defect: there is no key, or one is not a PEM of a public Ed25519 key.
    """
    if not pems:
        raise Defect("No public key is configured: no signature could be checked.")
    for pem in pems:
        _public_key(pem)


def signature_header(
    private_pem: str, *, topic: str, key: bytes | None, headers: Headers, value: bytes
) -> tuple[str, bytes]:
    """Return the header that signs a message, to be added to the others.

    Raises:
        Defect: the key is not a PEM of a private Ed25519 key.
    """
    private, key_id = _signing_key(private_pem)
    signature = private.sign(_signed_bytes(topic, key, headers, value))
    return SIGNATURE_HEADER, f"{key_id}.{_base64(signature)}".encode()


def public_half(private_pem: str) -> str:
    """Return the public key of a private one, as PEM.

    Raises:
        Defect: the key is not a PEM of a private Ed25519 key.
    """
    public = _private_key(private_pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def check_signature(
    public_pems: Sequence[str], *, topic: str, key: bytes | None, headers: Headers, value: bytes
) -> None:
    """Check that one of the known keys signed a message. `headers` are all of them, as they came.

    Raises:
        MessageNotSigned: with the first check that failed.
        Defect: a configured key is not a PEM of a public Ed25519 key.
    """
    given = list(headers)
    carried = [value or b"" for name, value in given if name == SIGNATURE_HEADER]
    if not carried:
        raise MessageNotSigned(FailedCheck.UNSIGNED, f"it has no header {SIGNATURE_HEADER}")
    if len(carried) > 1:
        raise MessageNotSigned(FailedCheck.MALFORMED, f"it has the header {SIGNATURE_HEADER} more than once")
    key_id, signature = _parsed(carried[0])
    public = next((_public_key(pem) for pem in public_pems if key_id_of(pem) == key_id), None)
    if public is None:
        raise MessageNotSigned(FailedCheck.KEY, "it is signed with a key that is not known here")
    try:
        public.verify(signature, _signed_bytes(topic, key, given, value))
    except InvalidSignature as error:
        raise MessageNotSigned(FailedCheck.SIGNATURE, "its signature does not match its content") from error


@lru_cache(maxsize=16)
def key_id_of(public_pem: str) -> str:
    """Return the id under which a signature names this key.

    Raises:
        Defect: the text is not a PEM of a public Ed25519 key.
    """
    return _key_id(_public_key(public_pem))


def _signed_bytes(topic: str, key: bytes | None, headers: Headers, value: bytes) -> bytes:
    """Return every part with its length before it, so that no other message gives these bytes.

    Headers by their names, those of one name in their order: a copy that is published again keeps what
    its headers say, not the order of their names.
    """
    named = sorted(
        ((name, content) for name, content in headers if name != SIGNATURE_HEADER), key=lambda header: header[0]
    )
    parts = [_DOMAIN, topic.encode(), b"" if key is None else b"\x01" + key, len(named).to_bytes(4, "big")]
    for name, content in named:
        parts += [name.encode("utf-8", "surrogateescape"), b"" if content is None else b"\x01" + content]
    parts.append(value)
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _parsed(text: bytes) -> tuple[str, bytes]:
    key_id, _, signature = text.decode("ascii", "replace").partition(".")
    try:
        return key_id, base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise MessageNotSigned(FailedCheck.MALFORMED, "its signature is not base64url") from error


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _key_id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:KEY_ID_CHARACTERS]


@lru_cache(maxsize=16)
def _private_key(pem: str) -> Ed25519PrivateKey:
    key: Ed25519PrivateKey = _loaded(partial(load_pem_private_key, password=None), pem, Ed25519PrivateKey, "private")
    return key


@lru_cache(maxsize=16)
def _signing_key(pem: str) -> tuple[Ed25519PrivateKey, str]:
    """Return a private key and the id of its public half, worked out once: every message is signed."""
    private = _private_key(pem)
    return private, _key_id(private.public_key())


@lru_cache(maxsize=16)
def _public_key(pem: str) -> Ed25519PublicKey:
    key: Ed25519PublicKey = _loaded(load_pem_public_key, pem, Ed25519PublicKey, "public")
    return key


def _loaded(load: Callable[[bytes], Any], pem: str, kind: Any, half: str) -> Any:
    try:
        key = load(pem.encode("ascii"))
    except (ValueError, TypeError) as error:
        raise Defect(f"The configured key is not a PEM of a {half} Ed25519 key.") from error
    if not isinstance(key, kind):
        raise Defect("The configured key is not an Ed25519 key; messages are signed with Ed25519.")
    return key
