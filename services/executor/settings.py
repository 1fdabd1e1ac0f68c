"""The executor's settings from its environment."""

from pathlib import Path

from pydantic import Field

from services.executor.execution.slots import SLOTS, SLOTS_MAX
from shared.security.keys import PublicKeyFiles
from shared.settings import ServiceSettings


class ExecutorSettings(ServiceSettings):
    """The keys that grants, Murex's replies and reference data are checked with.

    Policy and rollout are not settings: the executor takes both in from hawk.control.
    """

    grant_public_key_file: Path
    workflows_in_flight: int = Field(
        default=SLOTS, ge=1, le=SLOTS_MAX, description="Workflows in flight at a time, of all executors together"
    )
    murex_public_key_file: PublicKeyFiles = Field(description="PEMs of the keys that may have signed Murex's replies")
    feed_keys_file: Path = Field(description="TOML: the feeds of reference data, their keys and their tables")
