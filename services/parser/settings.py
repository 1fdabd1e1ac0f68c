"""What the parser takes from its environment besides what every service takes."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class ParserSettings(ServiceSettings):
    """HAWK_GRANT_PUBLIC_KEY_FILE: the approval service's public key; without it no maker is ever verified."""

    grant_public_key_file: Path | None = Field(default=None, description="PEM file of an ES256 public key")
