"""The settings of the monitor from its environment, besides those of every process. Prefix HAWK_."""

from shared.security.issuers import SettingsOfTokens


class MonitorSettings(SettingsOfTokens):
    """The settings of the monitor. Without an issuer no one may read; in the demo callers on this machine may."""
