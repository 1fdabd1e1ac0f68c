"""How it would be undone, last step first, and what HAWK cannot undo alone. Pure."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from services.approval.console.view.deals import parts
from services.approval.console.view.money import count
from services.approval.console.view.subject import Document
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan
from shared.hedging.reversal import CANCEL, KEEP, ReversalStep


def undo(plan: Any) -> Document:
    """Return the steps grouped by what they do, each step, and which of them need people or the market."""
    steps = _steps(plan)
    deals = sum(len(part.deals) for part in parts(plan)) if isinstance(plan, HedgePlan) else 0
    groups = _groups(steps, deals)
    return {
        "total": len(steps),
        "note": _note(plan),
        "steps": groups,
        "not_alone": [
            {"action": each["action"], "count": each["count"], "note": each["note"]}
            for each in groups
            if not each["alone"]
        ],
        "list": [
            {
                "number": step.number,
                "undoes": step.undoes,
                "table": step.table,
                "action": _capital(step.action),
                "entity": step.entity_id,
                "alone": _alone(step),
                "note": _capital(step.note),
            }
            for step in steps
        ],
    }


@singledispatch
def _steps(_: Any) -> Sequence[ReversalStep]:
    return ()


@_steps.register
def _of_hedge(plan: HedgePlan) -> Sequence[ReversalStep]:
    return plan.reversal


@_steps.register
def _of_change(plan: ConfigurationPlan) -> Sequence[ReversalStep]:
    return plan.reversal


@singledispatch
def _note(_: Any) -> str:
    return ""


@_note.register
def _note_of_reversal(_: ReversalPlan) -> str:
    return "A reversal is not undone. The order can be given once more, as a plan of its own."


def _groups(steps: Sequence[ReversalStep], deals: int) -> list[Document]:
    """Return a row for each action, in the order of the first step; a group is HAWK's alone if every step is."""
    found: dict[str, list[ReversalStep]] = {}
    for step in steps:
        found.setdefault(step.action, []).append(step)
    return [
        {
            "action": _capital(action),
            "count": len(own),
            "alone": all(_alone(step) for step in own),
            "note": _sentence(action, own, deals),
        }
        for action, own in found.items()
    ]


def _alone(step: ReversalStep) -> bool:
    """Return whether HAWK needs nobody else for a step; what is kept on purpose needs nobody."""
    return step.reversible or step.action == KEEP


def _sentence(action: str, own: Sequence[ReversalStep], deals: int) -> str:
    """Return the notes of a group as one sentence; for cancels with the number of deals first."""
    notes = dict.fromkeys(step.note for step in own if action != CANCEL or not step.reversible)
    text = "; ".join(notes)
    if action == CANCEL and deals:
        text = f"{count(deals, 'deal')}; {text}"
    return _capital(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
