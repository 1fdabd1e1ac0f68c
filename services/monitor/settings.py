"""The settings of the monitor from its environment, besides those of every process. Prefix HAWK_."""

from typing import ClassVar

from pydantic import Field

from shared.web.sign_in.provider import ClientSettings
from shared.web.sign_in.settings import SettingsOfSignIn


class MonitorSettings(SettingsOfSignIn):
    """The settings of the monitor. Without an issuer no one may read; in the demo callers on this machine may."""

    named_by: ClassVar[str] = "HAWK_DASHBOARD_URL"

    public_url: str = Field(
        default="",
        validation_alias="HAWK_DASHBOARD_URL",
        description="The dashboard's address as browsers know it; HAWK_PUBLIC_URL is the console's",
    )
    approval_url: str = Field(default="", description="The console's address, for links; empty: no links there")
    processes: str = Field(
        default="",
        description="Where the processes answer, for the health page: NAME=http://HOST:PORT,…; empty: not known",
    )

    def client(self) -> ClientSettings | None:
        """Give who HAWK is at its OpenID provider; None where the dashboard has no address to come back to.

        Raises:
            Defect: the provider is configured by halves, or a file cannot be used.
        """
        return super().client() if self.public_url else None
