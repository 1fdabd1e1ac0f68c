"""The key files of one installation: made once, by shared.security; who gets which is decided in
services.py."""

from shared.localstack.paths import DataDir
from shared.localstack.services import KeyFiles
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys


def ensure_keys(data: DataDir, *, with_issuer: bool) -> KeyFiles:
    """Have the key pairs in the data directory. `with_issuer`: also that of the demo's token issuer."""
    grant = ensure_grant_keys(data.keys)
    if not with_issuer:
        return KeyFiles(grant.private, grant.public)
    issuer = ensure_issuer_keys(data.keys)
    return KeyFiles(grant.private, grant.public, issuer.private, issuer.public)
