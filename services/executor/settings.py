"""What the executor takes from its environment."""

from pathlib import Path

from shared.settings import ServiceSettings


class ExecutorSettings(ServiceSettings):
    """The key grants are checked with. Policy and rollout are no settings: the executor takes both in from
    hawk.control."""

    grant_public_key_file: Path
