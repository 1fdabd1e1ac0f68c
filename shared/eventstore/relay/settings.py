"""What the relay takes from its environment."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class RelayProcessSettings(ServiceSettings):
    """`HAWK_RELAY_PRIVATE_KEY_FILE`, beside what every process takes. Without a key the relay does not start."""

    relay_private_key_file: Path = Field(description="PEM of the Ed25519 key that signs what the relay publishes")
