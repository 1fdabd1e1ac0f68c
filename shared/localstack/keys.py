"""The key files of one installation: made once, by shared.security; who gets which is decided in
services.py."""

from shared.localstack.paths import DataDir
from shared.localstack.services import KeyFiles
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, ensure_murex_keys, ensure_relay_keys


def ensure_keys(data: DataDir, *, with_issuer: bool) -> KeyFiles:
    """Have the key pairs in the data directory. `with_issuer`: also that of the demo's token issuer."""
    issuer = ensure_issuer_keys(data.keys) if with_issuer else None
    return KeyFiles(
        *ensure_grant_keys(data.keys),
        *ensure_relay_keys(data.keys),
        *ensure_murex_keys(data.keys),
        *(issuer or (None, None)),
    )
