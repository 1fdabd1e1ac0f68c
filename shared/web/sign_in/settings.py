"""What a service with a console takes from its environment about signing in. Prefix HAWK_."""

import re
import ssl
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final, Literal

from pydantic import Field

from shared.errors import Defect
from shared.security.issuers import DEMO_PROFILE, SettingsOfTokens
from shared.security.tokens import TokenSettings
from shared.web.sign_in.addresses import fetched_safely, site_of
from shared.web.sign_in.freshness import DECISION_SECONDS, Freshness, StepUp
from shared.web.sign_in.provider import ClientSettings
from shared.web.sign_in.sessions import Lifetimes

#: Seconds of a working day, after which everybody signs in again.
SESSION_SECONDS: Final = 10 * 60 * 60
#: Seconds after which an unattended browser is signed out.
SESSION_IDLE_SECONDS: Final = 60 * 60
#: Bytes of the file with the client's secret. Providers make some 40.
_SECRET_BYTES_MAX: Final = 4_096
_SCOPE: Final = re.compile(r"[!-\[\]-~]+(?: [!-\[\]-~]+)*")


class SettingsOfSignIn(SettingsOfTokens):
    """Where people sign in with a browser, and for how long."""

    #: What names the address of the site.
    named_by: ClassVar[str] = "HAWK_PUBLIC_URL"

    public_url: str = Field(default="", description="The site's address as browsers know it: scheme, host, port")
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = Field(
        default=None, description="None: a client without a secret, PKCE alone"
    )
    oidc_scopes: str = "openid"
    oidc_ca_file: Path | None = Field(
        default=None, description="PEM of the authorities of the provider; None: the usual"
    )
    oidc_roles_from: Literal["id_token", "access_token"] = "id_token"
    session_lifetime_seconds: int = Field(default=SESSION_SECONDS, ge=60, le=24 * 60 * 60)
    session_idle_seconds: int = Field(default=SESSION_IDLE_SECONDS, ge=60, le=24 * 60 * 60)
    decision_sign_in_seconds: int = Field(default=DECISION_SECONDS, ge=60, le=24 * 60 * 60)
    step_up: dict[str, StepUp] = Field(default_factory=dict, description="By tier: acr, max_age_seconds")

    @property
    def lifetimes(self) -> Lifetimes:
        """How long sessions live."""
        return Lifetimes(timedelta(seconds=self.session_lifetime_seconds), timedelta(seconds=self.session_idle_seconds))

    @property
    def freshness(self) -> Freshness:
        """How fresh the sign-in of somebody who decides must be."""
        return Freshness(timedelta(seconds=self.decision_sign_in_seconds), self.step_up)

    def site(self) -> str:
        """Give the origin of the site: what is configured, else that of this machine.

        Raises:
            Defect: what is configured is no origin that may be asked.
        """
        if not self.public_url:
            return f"http://localhost:{self.http_port}"
        if not fetched_safely(self.public_url):
            raise Defect(f"{self.named_by} is {self.public_url!r}: cookies of a session need https, or this machine.")
        return site_of(self.public_url)

    def client(self) -> ClientSettings | None:
        """Give who HAWK is at its OpenID provider; None without one.

        Raises:
            Defect: the provider is configured by halves, or a file cannot be used.
        """
        if self.oidc_issuer is None:
            return None
        if self.profile == DEMO_PROFILE:
            raise Defect("HAWK_OIDC_ISSUER and the demo profile exclude each other: unset HAWK_PROFILE.")
        if not fetched_safely(self.oidc_issuer):
            raise Defect(f"HAWK_OIDC_ISSUER is {self.oidc_issuer!r}: it is an https address, or one of this machine.")
        if not self.oidc_client_id or not self.public_url:
            raise Defect(f"HAWK_OIDC_ISSUER needs HAWK_OIDC_CLIENT_ID and {self.named_by}; one is missing.")
        if _SCOPE.fullmatch(self.oidc_scopes) is None or "openid" not in self.oidc_scopes.split():
            raise Defect("HAWK_OIDC_SCOPES is a list with blanks between, and `openid` is one of them.")
        return ClientSettings(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            secret="" if self.oidc_client_secret_file is None else _secret(self.oidc_client_secret_file),
            scope=self.oidc_scopes,
            context=None if self.oidc_ca_file is None else _trusting(self.oidc_ca_file),
        )

    def provider_tokens(self, audience: str) -> TokenSettings:
        """Give how tokens of the provider for an audience are read; their keys are the provider's."""
        return TokenSettings(
            public_pem=None,
            issuer=self.oidc_issuer or "",
            audience=audience,
            subject_claim=self.token_subject_claim,
            name_claim=self.token_name_claim,
            roles_claim=self.token_roles_claim,
        )


def _secret(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES_MAX + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Defect(f"HAWK_OIDC_CLIENT_SECRET_FILE {path} cannot be read: {error}.") from error
    if path.stat().st_mode & 0o077:
        raise Defect(f"Others may read HAWK_OIDC_CLIENT_SECRET_FILE {path}. Mend it: chmod 600 {path}")
    if not text or len(text) > _SECRET_BYTES_MAX or not text.isprintable():
        raise Defect(f"HAWK_OIDC_CLIENT_SECRET_FILE {path} holds no secret.")
    return text


def _trusting(path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise Defect(f"HAWK_OIDC_CA_FILE {path} cannot be used: {error}.") from error
