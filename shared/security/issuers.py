"""Whose tokens an installation accepts, from its settings. Nobody's, unless an issuer is switched on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Defect
from shared.security.keys import read_pem
from shared.security.token_keys import read_jwks
from shared.security.tokens import AUDIENCE, DEMO_ISSUER, ROLES_CLAIM, SUBJECT_CLAIM, TokenSettings
from shared.settings import ServiceSettings

#: The profile of `hawk up` on the local stack; the only one in which the demo issuer counts.
DEMO_PROFILE: Final = "demo"


class SettingsOfTokens(ServiceSettings):
    """What a service that people talk to takes from its environment about their tokens. Prefix HAWK_."""

    profile: str = ""
    issuer_public_key_file: Path | None = None
    token_issuer: str | None = None
    token_public_key_file: Path | None = None
    token_jwks_file: Path | None = None
    token_audience: str = AUDIENCE
    token_subject_claim: str = SUBJECT_CLAIM
    token_name_claim: str = ""
    token_roles_claim: str = ROLES_CLAIM

    def tokens(self) -> TokenSettings:
        """Give whose tokens count.

        Raises:
            Defect: the issuer is configured by halves, or a key of it cannot be used.
        """
        return token_settings(
            IssuerSettings(
                profile=self.profile,
                demo_public_key_file=self.issuer_public_key_file,
                issuer=self.token_issuer,
                public_key_file=self.token_public_key_file,
                audience=self.token_audience,
                jwks_file=self.token_jwks_file,
                subject_claim=self.token_subject_claim,
                name_claim=self.token_name_claim,
                roles_claim=self.token_roles_claim,
            )
        )


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """What the environment says about issuers.

    Args:
        profile: HAWK_PROFILE.
        demo_public_key_file: HAWK_ISSUER_PUBLIC_KEY_FILE, of the demo issuer.
        issuer: HAWK_TOKEN_ISSUER, the `iss` of the installation's own issuer.
        public_key_file: HAWK_TOKEN_PUBLIC_KEY_FILE, PEM of its keys.
        audience: HAWK_TOKEN_AUDIENCE.
        jwks_file: HAWK_TOKEN_JWKS_FILE, its keys as a JWKS, instead of the PEM file.
        subject_claim: HAWK_TOKEN_SUBJECT_CLAIM.
        name_claim: HAWK_TOKEN_NAME_CLAIM.
        roles_claim: HAWK_TOKEN_ROLES_CLAIM.
    """

    profile: str = ""
    demo_public_key_file: Path | None = None
    issuer: str | None = None
    public_key_file: Path | None = None
    audience: str = AUDIENCE
    jwks_file: Path | None = None
    subject_claim: str = SUBJECT_CLAIM
    name_claim: str = ""
    roles_claim: str = ROLES_CLAIM


def token_settings(given: IssuerSettings) -> TokenSettings:
    """Return whose tokens count. The installation's own issuer goes before the demo's; they never count together.

    Raises:
        Defect: half an issuer is configured, the demo issuer poses as the installation's own, or a key file
            cannot be used.
    """
    if given.issuer is not None or given.public_key_file is not None or given.jwks_file is not None:
        return _own(given)
    if given.profile == DEMO_PROFILE and given.demo_public_key_file is not None:
        return _usable(TokenSettings(read_pem(given.demo_public_key_file), DEMO_ISSUER, AUDIENCE))
    return TokenSettings(public_pem=None)


def _own(given: IssuerSettings) -> TokenSettings:
    if not given.issuer or (given.public_key_file is None and given.jwks_file is None):
        raise Defect(
            "An issuer needs HAWK_TOKEN_ISSUER and its keys, HAWK_TOKEN_JWKS_FILE or HAWK_TOKEN_PUBLIC_KEY_FILE; "
            "one is missing."
        )
    if given.public_key_file is not None and given.jwks_file is not None:
        raise Defect(
            "HAWK_TOKEN_JWKS_FILE and HAWK_TOKEN_PUBLIC_KEY_FILE both name the issuer's keys. Set one of them."
        )
    if given.issuer == DEMO_ISSUER:
        raise Defect(f"HAWK_TOKEN_ISSUER may not be {DEMO_ISSUER}: that issuer counts in the demo profile only.")
    if not given.subject_claim or not given.roles_claim:
        raise Defect("HAWK_TOKEN_SUBJECT_CLAIM and HAWK_TOKEN_ROLES_CLAIM each name a claim; one is empty.")
    return _usable(
        TokenSettings(
            public_pem=None if given.public_key_file is None else read_pem(given.public_key_file),
            issuer=given.issuer,
            audience=given.audience,
            jwks=None if given.jwks_file is None else read_jwks(given.jwks_file),
            subject_claim=given.subject_claim,
            name_claim=given.name_claim,
            roles_claim=given.roles_claim,
        )
    )


def _usable(settings: TokenSettings) -> TokenSettings:
    """Return the settings, once their keys were read: a wrong file stops the start, not the first token."""
    if not settings.keys:
        raise Defect(f"The issuer {settings.issuer} has no key.")
    return settings
