"""What the monitor takes from its environment beside what every process takes. Prefix HAWK_."""

from pathlib import Path

from pydantic import Field

from shared.security.keys import read_pem
from shared.security.tokens import AUDIENCE, DEMO_ISSUER, TokenSettings
from shared.settings import ServiceSettings


class MonitorSettings(ServiceSettings):
    """Without an issuer's key only callers on this machine may read."""

    issuer_public_key_file: Path | None = Field(
        default=None, description="PEM of the issuer of people's tokens"
    )
    issuer: str = DEMO_ISSUER
    audience: str = AUDIENCE


def token_settings(settings: MonitorSettings) -> TokenSettings:
    """Whose tokens count. Reads the key file.

    Raises:
        Defect: the file cannot be read.
    """
    file = settings.issuer_public_key_file
    pem = None if file is None else read_pem(file)
    return TokenSettings(public_pem=pem, issuer=settings.issuer, audience=settings.audience)
