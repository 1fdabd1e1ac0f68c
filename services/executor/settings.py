"""What the executor takes from its environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.executor.ports import Rollout
from shared.events.rollout import ModeAtStart, mode_at_start
from shared.policy.table import PRESETS, Policy
from shared.security.issuers import DEMO_PROFILE
from shared.settings import ServiceSettings


class ExecutorSettings(ServiceSettings):
    """The key grants are checked with, the policy, and the rollout mode this installation starts in."""

    profile: str = ""
    grant_public_key_file: Path
    feed_keys_file: Path = Field(description="TOML: the feeds of reference data, their keys and their tables")
    policy: Literal["plan", "strict"] = "plan"
    rollout_mode: ModeAtStart | None = Field(
        default=None, description="None: FULL for the local demo, OBSERVE everywhere else"
    )

    @property
    def preset(self) -> Policy:
        """The policy in force."""
        return PRESETS[self.policy]

    @property
    def rollout(self) -> Rollout:
        """What may be executed: a fresh installation plans only (design section 7)."""
        mode = mode_at_start(self.rollout_mode, demo=self.profile == DEMO_PROFILE)
        return Rollout(execute=mode == "FULL")
