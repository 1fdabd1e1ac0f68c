"""What the approval service takes from its environment."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from services.approval.requests.commands import Escalation
from shared.events.rollout import ModeAtStart, RolloutTerms, mode_at_start
from shared.passkeys.keys import DELAY_SECONDS
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
    passkey_delay_seconds: int = Field(
        default=DELAY_SECONDS,
        ge=1,
        le=_LIFETIME_SECONDS_MAX,
        description="After these a confirmed passkey counts, and a removed one counts no more",
    )
    approval_escalation_seconds: int = Field(
        default=0, ge=0, le=_LIFETIME_SECONDS_MAX, description="After so long a request is put before others; 0: never"
    )
    approval_escalation_role: Literal["SENIOR_TRADER", "RISK_MANAGER"] = Field(
        default="RISK_MANAGER", description="The role that is asked then"
    )
    rollout_mode: ModeAtStart | None = Field(
        default=None, description="The mode this installation starts in; None: FULL for the demo, else OBSERVE"
    )
    embed_origins: str = Field(
        default="", description="Origins of other sites that may embed the console's elements, with commas between"
    )
    monitor_url: str = Field(default="", description="Where the monitor answers, for links; empty: relative")
    notify_recipients_file: Path | None = Field(default=None, description="JSON: role to addresses; None: no mail")
    notify_mail_host: str = Field(default="", description="The bank's mail server")
    notify_mail_port: int = Field(default=587, ge=1, le=65535)
    notify_mail_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: for a mail server on this machine"
    )
    notify_mail_from: str = Field(default="", description="The address that mails come from")
    notify_mail_user: str = ""
    notify_mail_password_file: Path | None = Field(default=None, description="Mode 600; None: no signing in")
    notify_digest_seconds: int = Field(
        default=60, ge=1, le=3600, description="What one person gets within so many seconds is one mail"
    )
    notify_reminder_seconds: int = Field(
        default=0, ge=0, le=_LIFETIME_SECONDS_MAX, description="A request that waits is mailed again so often; 0: never"
    )
    notify_webhooks_file: Path | None = Field(
        default=None, description="JSON: name to url and secret_file; None: no webhooks"
    )
    notify_hosts: str = Field(default="", description="The hosts that webhooks may go to, with commas between")
    notify_private_networks: dict[str, str] = Field(
        default_factory=dict, description="Networks that are not public and webhooks may go to all the same, each why"
    )
    notify_amounts: bool = Field(default=False, description="Whether mails and webhooks say amounts")

    @model_validator(mode="after")
    def _escalates_before_it_expires(self) -> "ApprovalSettings":
        if self.approval_escalation_seconds >= self.approval_request_lifetime_seconds:
            why = "A request escalates before it expires"
            raise ValueError(f"{why}: lower HAWK_APPROVAL_ESCALATION_SECONDS below the lifetime of a request.")
        return self

    @property
    def request_lifetime(self) -> timedelta:
        """The time that a request or proposal waits for a decision before it expires."""
        return timedelta(seconds=self.approval_request_lifetime_seconds)

    @property
    def grant_lifetime(self) -> timedelta:
        """The time within which the executor has to use a grant."""
        return timedelta(seconds=self.approval_grant_lifetime_seconds)

    @property
    def passkey_delay(self) -> timedelta:
        """The time in which the owner of a passkey can say no before it counts."""
        return timedelta(seconds=self.passkey_delay_seconds)

    @property
    def escalation(self) -> Escalation | None:
        """When a request is put before others; None: never."""
        seconds = self.approval_escalation_seconds
        return Escalation(timedelta(seconds=seconds), self.approval_escalation_role) if seconds else None

    @property
    def starting_terms(self) -> RolloutTerms:
        """What holds until people set other terms."""
        return RolloutTerms(mode=mode_at_start(self.rollout_mode, demo=self.profile == DEMO_PROFILE))

    @property
    def preset(self) -> Policy:
        """The policy in force."""
        return PRESETS[self.policy]
