"""How fresh a sign-in must be for a decision. Pure.

Roles hold as long as the token or session that names them. For a decision they must have been given minutes ago, so
that a role that was taken away decides nothing; for tiers that the installation names, the person must have proved who
they are in a certain way, or just now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.security.tokens import Authentication
from shared.web.problems import Problem
from shared.web.sign_in.addresses import HOME, login_address

#: Seconds that the roles of who decides may be old, unless an installation says otherwise.
DECISION_SECONDS: Final = 15 * 60


class StepUp(BaseModel):
    """What a tier asks of the proof of who somebody is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acr: str | None = Field(default=None, pattern=r"^[!-~]{1,100}$")
    max_age_seconds: int | None = Field(default=None, ge=30, le=86_400)


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is asked of a sign-in before a decision."""

    decision_age_max: timedelta = timedelta(seconds=DECISION_SECONDS)
    step_up: Mapping[str, StepUp] = field(default_factory=dict)

    def check_roles(self, given: Authentication, now: datetime, page: str = HOME) -> None:
        """Check that the roles were given minutes ago.

        Args:
            page: where the person goes on after signing in again.
        Raises:
            Problem: 401 SIGN_IN_AGAIN, with the address that does it.
        """
        if given.as_of is not None and now - given.as_of <= self.decision_age_max:
            return
        minutes = f"{self.decision_age_max.total_seconds() / 60:.0f} minutes"
        found = (
            "does not say when it was issued" if given.as_of is None else f"is from {given.as_of:%Y-%m-%d %H:%M:%S} UTC"
        )
        raise _insufficient(
            "SIGN_IN_AGAIN",
            f"A decision needs a sign-in or a token that is at most {minutes} old; yours {found}. "
            "Nothing was decided; sign in again.",
            f"max_age={int(self.decision_age_max.total_seconds())}",
            login_address(page, prompt="none"),
        )

    def check_step_up(self, tier: str, given: Authentication, now: datetime, page: str = HOME) -> None:
        """Check that the person has proved who they are as the tier asks for.

        Raises:
            Problem: 401 STEP_UP_REQUIRED, with the address that does it.
        """
        wanted = self.step_up.get(tier)
        if wanted is None:
            return
        missing: list[str] = []
        if wanted.acr is not None and given.acr != wanted.acr:
            missing.append(f"a sign-in of level {wanted.acr}")
        age = None if wanted.max_age_seconds is None else timedelta(seconds=wanted.max_age_seconds)
        if age is not None and (given.at is None or now - given.at > age):
            missing.append(f"a proof of who you are that is at most {wanted.max_age_seconds} s old")
        if not missing:
            return
        asked = {"acr_values": wanted.acr, "max_age": wanted.max_age_seconds}
        challenge = ", ".join(f'{name}="{value}"' for name, value in asked.items() if value is not None)
        raise _insufficient(
            "STEP_UP_REQUIRED",
            f"The tier {tier} needs {' and '.join(missing)}. Nothing was decided; sign in once more.",
            challenge,
            login_address(page, acr_values=wanted.acr, max_age=wanted.max_age_seconds),
        )


def _insufficient(code: str, detail: str, challenge: str, address: str) -> Problem:
    """Return the refusal of RFC 9470, with the address for browsers beside it."""
    header = f'Bearer realm="hawk", error="insufficient_user_authentication", {challenge}'
    return Problem(401, code, detail, headers={"WWW-Authenticate": header}, extra={"sign_in": {"address": address}})
