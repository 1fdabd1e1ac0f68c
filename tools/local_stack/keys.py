"""The key files of one installation: made once, by shared.security; who gets which is decided in
services.py."""

from pathlib import Path

from shared.security.keys import (
    KeyPair,
    ensure_feed_keys,
    ensure_grant_keys,
    ensure_issuer_keys,
    ensure_murex_keys,
    ensure_relay_keys,
    read_pem,
)
from tools.local_stack.paths import DataDir
from tools.local_stack.services import KeyFiles

#: The demo's feed, which may change every table.
DEMO_FEED = "demo"


def ensure_keys(data: DataDir, *, with_issuer: bool) -> KeyFiles:
    """Create the key pairs that the data directory lacks, `with_issuer` that of the demo's token issuer too."""
    issuer = ensure_issuer_keys(data.keys) if with_issuer else None
    feed = ensure_feed_keys(data.keys, DEMO_FEED)
    return KeyFiles(
        *ensure_grant_keys(data.keys),
        *ensure_relay_keys(data.keys),
        *ensure_murex_keys(data.keys),
        *feed,
        _ensure_feeds(data.keys / "feeds.toml", feed),
        *(issuer or (None, None)),
    )


def read_feed_key(data: DataDir, given: Path | None = None) -> str:
    """Return the private key that signs reference data: the given one, else that of the demo feed.

    Raises:
        Defect: it cannot be read; says which file.
    """
    return read_pem(given if given is not None else data.keys / f"feed_{DEMO_FEED}_private.pem")


def _ensure_feeds(file: Path, feed: KeyPair) -> Path:
    """Write the list of feeds once; later changes to the list are kept."""
    if not file.exists():
        text = f'[feeds.{DEMO_FEED}]\npublic_key = "{feed.public.name}"\ntables = ["*"]\n'
        file.write_text(text, encoding="utf-8")
    return file
