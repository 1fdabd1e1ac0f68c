"""What the approval service takes from its environment."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.events.rollout import ModeAtStart, RolloutTerms, mode_at_start
from shared.policy.table import PRESETS, Policy
from shared.security.issuers import DEMO_PROFILE
from shared.web.sign_in.settings import SettingsOfSignIn

_DAY_SECONDS = 24 * 60 * 60
#: Nothing waits, and no permission lives, longer than this.
_LIFETIME_SECONDS_MAX = 30 * _DAY_SECONDS


class ApprovalSettings(SettingsOfSignIn):
    """Keys, issuer, policy and lifetimes."""

    grant_private_key_file: Path
    grant_public_key_file: Path | None = Field(
        default=None, description="PEM blocks of earlier keys too: proofs of makers that they signed still hold"
    )
    policy: Literal["plan", "strict"] = "plan"
    approval_request_lifetime_seconds: int = Field(default=_DAY_SECONDS, ge=1, le=_LIFETIME_SECONDS_MAX)
    approval_grant_lifetime_seconds: int = Field(default=_DAY_SECONDS, ge=1, le=_LIFETIME_SECONDS_MAX)
    rollout_mode: ModeAtStart | None = Field(
        default=None, description="The mode this installation starts in; None: FULL for the demo, else OBSERVE"
    )
    embed_origins: str = Field(
        default="", description="Origins of other sites that may embed the console's elements, with commas between"
    )
    monitor_url: str = Field(default="", description="Where the monitor answers, for links; empty: relative")

    @property
    def request_lifetime(self) -> timedelta:
        """The time that a request or proposal waits for a decision before it expires."""
        return timedelta(seconds=self.approval_request_lifetime_seconds)

    @property
    def grant_lifetime(self) -> timedelta:
        """The time within which the executor has to use a grant."""
        return timedelta(seconds=self.approval_grant_lifetime_seconds)

    @property
    def starting_terms(self) -> RolloutTerms:
        """What holds until people set other terms."""
        return RolloutTerms(mode=mode_at_start(self.rollout_mode, demo=self.profile == DEMO_PROFILE))

    @property
    def preset(self) -> Policy:
        """The policy in force."""
        return PRESETS[self.policy]
