"""The key pairs of one installation, kept as PEM files: ES256 (RFC 7518, 3.4) for tokens, Ed25519 for messages.

The grant pair signs what HAWK itself permits; its private half belongs to the approval service alone. The
issuer pair signs people's tokens and exists only where the demo issuer is switched on. The relay signs what it
publishes, the Murex gateway what it replies. Several public keys may be valid at once: while a pair is replaced, what
the old one signed is still under way.
"""

import os
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from shared.errors import Defect

#: Readable and writable by the owner alone.
PRIVATE_FILE_MODE = 0o600
PUBLIC_FILE_MODE = 0o644

_PEM_BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
#: Public keys of one signer that may be valid at once: the one in use, the one before, the one to come.
PUBLIC_KEYS_MAX = 8


def _files(given: object) -> object:
    """Return the files that a variable of the environment names, with the system's path separator between them."""
    return tuple(part for part in given.split(os.pathsep) if part) if isinstance(given, str) else given


#: A setting that names the PEM files of public keys, each of which may have signed: `old.pem:new.pem`.
PublicKeyFiles = Annotated[
    tuple[Path, ...], NoDecode, BeforeValidator(_files), Field(min_length=1, max_length=PUBLIC_KEYS_MAX)
]


class KeyPair(NamedTuple):
    """Where the two halves of a pair lie."""

    private: Path
    public: Path


def ensure_grant_keys(directory: Path) -> KeyPair:
    """Return `grant_private.pem` and `grant_public.pem`; made once, never replaced.

    Raises:
        Defect: the private file holds no ES256 key, or others may read it.
    """
    return _ensure(_pair(directory, "grant"), _new_es256)


def ensure_issuer_keys(directory: Path) -> KeyPair:
    """Return `issuer_private.pem` and `issuer_public.pem` of the demo issuer; made once."""
    return _ensure(_pair(directory, "issuer"), _new_es256)


def ensure_relay_keys(directory: Path) -> KeyPair:
    """Return `relay_private.pem` and `relay_public.pem`, Ed25519, made once: they sign what the relay publishes."""
    return _ensure(_pair(directory, "relay"), _new_ed25519)


def ensure_murex_keys(directory: Path) -> KeyPair:
    """Return `murex_private.pem` and `murex_public.pem`, Ed25519, made once: they sign what the gateway replies."""
    return _ensure(_pair(directory, "murex"), _new_ed25519)


def ensure_feed_keys(directory: Path, feed: str) -> KeyPair:
    """Return `feed_<name>_private.pem` and `feed_<name>_public.pem`, made once: they sign what a feed publishes."""
    return _ensure(_pair(directory, f"feed_{feed}"), _new_ed25519)


def read_pem(path: Path) -> str:
    """Return the text of a key file.

    Raises:
        Defect: it cannot be read.
    """
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Defect(f"Key file {path} cannot be read: {error}. Name a PEM file.") from error


def read_pems(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return the texts of key files. Raises as `read_pem`."""
    return tuple(read_pem(path) for path in paths)


def read_private_pem(path: Path) -> str:
    """Return the text of a private key file.

    Raises:
        Defect: it cannot be read, or others than its owner can read it.
    """
    text = read_pem(path)
    _check_private(path)
    return text


def copy_private(source: Path, target: Path) -> None:
    """Copy a private key file whole or not at all, readable by the owner alone.

    Raises:
        Defect: the source cannot be read, or others than its owner can read it.
    """
    text = read_private_pem(source).encode("ascii")
    if not target.exists() or target.read_bytes() != text:
        _replace(target, text, PRIVATE_FILE_MODE)
    _check_private(target)


def signing_key(private_pem: str) -> ECKey:
    """Return a private ES256 key.

    Raises:
        Defect: the text is not PEM of a private P-256 key.
    """
    key = _p256(private_pem)
    if not key.is_private:
        raise Defect("A signature needs the private half of the key pair; this PEM holds the public half.")
    return key


def public_half(private_pem: str) -> str:
    """Return the PEM of the public key of a private ES256 key: a signer knows its own signature.

    Raises:
        Defect: the text is not PEM of a private P-256 key.
    """
    pem: bytes = signing_key(private_pem).as_pem(private=False)
    return pem.decode()


@lru_cache(maxsize=16)
def verifying_keys(public_pems: str) -> tuple[ECKey, ...]:
    """Return the public ES256 keys of a text with one PEM block or several.

    Several are valid at once, so that a new signing key breaks nothing that the old one has signed and still waits.

    Raises:
        Defect: a block is not a PEM of a public P-256 key, or there is none.
    """
    return tuple(map(verifying_key, pem_blocks(public_pems)))


def pem_blocks(text: str) -> list[str]:
    """Give the PEM blocks of a text; the whole text where there is none, for its reader to refuse."""
    return _PEM_BLOCK.findall(text) or [text]


@lru_cache(maxsize=16)
def verifying_key(public_pem: str) -> ECKey:
    """Return a public ES256 key. A private one is refused: a verifier must not be able to sign.

    Raises:
        Defect: the text is not PEM of a public P-256 key.
    """
    key = _p256(public_pem)
    if key.is_private:
        raise Defect("Verification is configured with a private key; configure the public half.")
    return key


def key_id(key: ECKey | RSAKey) -> str:
    """Return the `kid`: the key's RFC 7638 thumbprint, so that it cannot name another key."""
    return key.thumbprint()


def _p256(pem: str) -> ECKey:
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise Defect("The configured key is not PEM of an ES256 (P-256) key.") from error
    if key.curve_name != "P-256":
        raise Defect(f"The configured key is on curve {key.curve_name}; ES256 needs P-256.")
    return key


def _pair(directory: Path, name: str) -> KeyPair:
    return KeyPair(directory / f"{name}_private.pem", directory / f"{name}_public.pem")


def _new_es256() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_ed25519() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _ensure(pair: KeyPair, new_private: Callable[[], bytes]) -> KeyPair:
    pair.private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not pair.private.exists():
        _write_once(pair.private, new_private(), PRIVATE_FILE_MODE)
    _check_private(pair.private)
    _write_public(pair)
    return pair


def _check_private(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise Defect(f"{path} may be read by others; run: chmod 600 {path}")


def _write_public(pair: KeyPair) -> None:
    """Write the public file after the private one, also when it was lost or swapped."""
    try:
        private = load_pem_private_key(pair.private.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise Defect(f"{pair.private} holds no PEM key; move it away and start again.") from error
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not pair.public.exists() or pair.public.read_bytes() != public:
        _replace(pair.public, public, PUBLIC_FILE_MODE)


def _write_once(path: Path, content: bytes, mode: int) -> None:
    """Create the file complete or not at all; when another process was faster, its file stays."""
    temporary = _temporary(path, content, mode)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _replace(path: Path, content: bytes, mode: int) -> None:
    _temporary(path, content, mode).replace(path)


def _temporary(path: Path, content: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary
