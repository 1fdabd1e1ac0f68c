"""What the monitor takes from its environment beside what every process takes. Prefix HAWK_."""

from pathlib import Path

from shared.security.issuers import IssuerSettings, token_settings
from shared.security.tokens import AUDIENCE, TokenSettings
from shared.settings import ServiceSettings


class MonitorSettings(ServiceSettings):
    """Without an issuer nobody may read; in the demo callers on this machine may, without a token."""

    profile: str = ""
    issuer_public_key_file: Path | None = None
    token_issuer: str | None = None
    token_public_key_file: Path | None = None
    token_audience: str = AUDIENCE

    def tokens(self) -> TokenSettings:
        """Whose tokens count.

        Raises:
            Defect: the issuer is configured by halves, or its key cannot be used.
        """
        return token_settings(
            IssuerSettings(
                profile=self.profile,
                demo_public_key_file=self.issuer_public_key_file,
                issuer=self.token_issuer,
                public_key_file=self.token_public_key_file,
                audience=self.token_audience,
            )
        )
