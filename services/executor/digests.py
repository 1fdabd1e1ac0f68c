"""The digest by which people approve a plan that an answer led to. Pure."""

from typing import Any, Protocol

from shared.canonical import digest
from shared.events.approvals import PolicyOutcome
from shared.events.base import Notice
from shared.events.responses import Claimed, Maker


class Asked(Protocol):
    """Who asked for a plan, in which words, and what was noticed about it."""

    @property
    def maker(self) -> Maker: ...

    @property
    def prompt(self) -> str: ...

    @property
    def analysis(self) -> str: ...

    @property
    def claimed(self) -> tuple[Claimed, ...]: ...

    @property
    def warnings(self) -> tuple[Notice, ...]: ...

    @property
    def predecessor(self) -> str | None: ...


def plan_digest(asked: Asked, plan: Any, outcome: PolicyOutcome) -> str:
    """Covers all that approvers are shown: the plan, who asked and why, and what the policy asks for.

    Args:
        plan: as JSON values (`shared.hedging.effects`).
    """
    return digest(
        {
            "plan": plan,
            "maker": asked.maker.model_dump(mode="json"),
            "prompt": asked.prompt,
            "analysis": asked.analysis,
            "claimed": [claim.model_dump(mode="json") for claim in asked.claimed],
            "warnings": [warning.model_dump(mode="json") for warning in asked.warnings],
            "policy": outcome.model_dump(mode="json"),
            "predecessor": asked.predecessor,
        }
    )
