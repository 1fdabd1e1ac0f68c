"""Settings of the relay, from its environment."""

from pathlib import Path

from pydantic import Field

from shared.security.keys import PublicKeyFiles
from shared.settings import ServiceSettings


class RelayProcessSettings(ServiceSettings):
    """`HAWK_RELAY_PRIVATE_KEY_FILE`, without which the relay does not start, and `HAWK_RELAY_PUBLIC_KEY_FILE`, beside
    what every process takes."""

    relay_private_key_file: Path = Field(description="PEM of the Ed25519 key that signs what the relay publishes")
    relay_public_key_file: PublicKeyFiles | None = Field(
        default=None, description="PEM files of earlier keys, whose heads still count"
    )
