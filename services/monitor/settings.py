"""What the monitor takes from its environment beside what every process takes. Prefix HAWK_."""

from shared.security.issuers import SettingsOfTokens


class MonitorSettings(SettingsOfTokens):
    """Without an issuer nobody may read; in the demo callers on this machine may, without a token."""
