"""Where the simulator keeps its book and finds keys and script, and whether it records. Environment prefix HAWK_."""

from pathlib import Path

from pydantic import Field, field_validator

from shared.security.keys import PublicKeyFiles
from shared.settings import ServiceSettings


class MurexSettings(ServiceSettings):
    """`HAWK_MUREX_BOOK`, `_SCRIPT`, `_RECORDING` and `_PRIVATE_KEY_FILE`, and `HAWK_RELAY_PUBLIC_KEY_FILE`, beside what
    every process takes."""

    relay_public_key_file: PublicKeyFiles = Field(description="PEMs of the keys that may have signed HAWK's requests")
    murex_private_key_file: Path = Field(description="PEM of the Ed25519 key that signs the replies")
    murex_book: Path = Field(default=Path(".hawk/murex/book.sqlite3"), description="SQLite file of the book")
    murex_script: Path | None = Field(default=None, description="YAML or JSON; None acknowledges all")
    murex_recording: Path | None = Field(default=None, description="JSON Lines to add the conversations to; None: none")

    @field_validator("murex_script", "murex_recording", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """Return None for an environment variable that is set but empty: there is no such file."""
        return None if value == "" else value
