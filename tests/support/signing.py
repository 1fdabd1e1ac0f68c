"""Messages of Murex as they stand on the topic: signed with a key of the test, or forged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from murex.gateway.envelope import reply_message
from murex.gateway.port import Reply, ReplyEvent
from shared.events import topics
from shared.messaging.message import Message, message_of
from shared.security.message_signing import signature_header
from tests.support.units import WHEN

Headers = tuple[tuple[str, bytes], ...]

_offsets = count(1)


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key pair of a test, as PEM."""

    private: str
    public: str

    def sign(self, topic: str, key: str | None, headers: Iterable[tuple[str, bytes]], value: bytes) -> Headers:
        """The headers of a message, with the signature beside them."""
        given = tuple(headers)
        raw_key = None if key is None else key.encode()
        return (*given, signature_header(self.private, topic=topic, key=raw_key, headers=given, value=value))

    def sign_text(self, topic: str, key: str | None, headers: Mapping[str, str], value: bytes) -> dict[str, str]:
        """The same of headers that are text."""
        signed = self.sign(topic, key, [(name, text.encode()) for name, text in headers.items()], value)
        return {name: text.decode() for name, text in signed}

    def public_file(self, folder: Path) -> Path:
        """The public half as a file, for the settings of a process."""
        return _written(folder / f"{uuid4().hex}_public.pem", self.public, 0o644)

    def private_file(self, folder: Path) -> Path:
        """The private half as a file that its owner alone may read."""
        return _written(folder / f"{uuid4().hex}_private.pem", self.private, 0o600)


@cache
def signer(name: str) -> Signer:
    """A key pair by a name: one for each name in a run of the tests."""
    if not name:
        raise AssertionError("a key pair needs a name")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Signer(private.decode(), public.decode())


@dataclass(frozen=True)
class Record:
    """A record of a Kafka client."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int = 0
    offset: int = 0
    timestamp: int = int(WHEN.timestamp() * 1000)


def delivered(topic: str, key: str | None, headers: Iterable[tuple[str, bytes | None]], value: bytes) -> Message:
    """A message as a consumer gets it, each at a place of its own."""
    raw_key = None if key is None else key.encode()
    return message_of(Record(topic, raw_key, value, tuple(headers), offset=next(_offsets)))


def said(
    event: ReplyEvent,
    by: Signer | None,
    *,
    message_id: str = "",
    key: str | None = None,
    topic: str = topics.MUREX_ANSWERS,
    more: Headers = (),
) -> Message:
    """A reply as it arrives. `by`: who signs it; None: nobody, as a client of the broker would. `more`: headers."""
    its_key, value, named = reply_message(Reply(message_id or str(uuid4()), event), "/murex/test")
    headers: Headers = (*((name, text.encode()) for name, text in named.items()), *more)
    at = its_key if key is None else key
    return delivered(topic, at, headers if by is None else by.sign(topic, at, headers, value), value)


def _written(path: Path, text: str, mode: int) -> Path:
    path.touch(mode=mode)
    path.write_text(text, encoding="ascii")
    return path
