"""Whose tokens an installation accepts, from its settings. Nobody's, unless an issuer is switched on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Defect
from shared.security.keys import read_pem, verifying_key
from shared.security.tokens import AUDIENCE, DEMO_ISSUER, TokenSettings

#: The profile of `hawk up` on the local stack; the only one in which the demo issuer counts.
DEMO_PROFILE: Final = "demo"


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """What the environment says about issuers.

    Args:
        profile: HAWK_PROFILE.
        demo_public_key_file: HAWK_ISSUER_PUBLIC_KEY_FILE, of the demo issuer.
        issuer: HAWK_TOKEN_ISSUER, the `iss` of the installation's own issuer.
        public_key_file: HAWK_TOKEN_PUBLIC_KEY_FILE, PEM of its ES256 key.
        audience: HAWK_TOKEN_AUDIENCE.
    """

    profile: str = ""
    demo_public_key_file: Path | None = None
    issuer: str | None = None
    public_key_file: Path | None = None
    audience: str = AUDIENCE


def token_settings(given: IssuerSettings) -> TokenSettings:
    """Whose tokens count. The installation's own issuer goes before the demo's; they never count together.

    Raises:
        Defect: half an issuer is configured, the demo issuer poses as the installation's own, or a key file
            cannot be used.
    """
    if given.issuer is not None or given.public_key_file is not None:
        return _own(given)
    if given.profile == DEMO_PROFILE and given.demo_public_key_file is not None:
        return TokenSettings(_key(given.demo_public_key_file), DEMO_ISSUER, AUDIENCE)
    return TokenSettings(public_pem=None)


def _own(given: IssuerSettings) -> TokenSettings:
    if not given.issuer or given.public_key_file is None:
        raise Defect("An issuer needs both HAWK_TOKEN_ISSUER and HAWK_TOKEN_PUBLIC_KEY_FILE; one is missing.")
    if given.issuer == DEMO_ISSUER:
        raise Defect(f"HAWK_TOKEN_ISSUER may not be {DEMO_ISSUER}: that one counts in the demo profile alone.")
    return TokenSettings(_key(given.public_key_file), given.issuer, given.audience)


def _key(path: Path) -> str:
    pem = read_pem(path)
    verifying_key(pem)
    return pem
