"""What HAWK says of one workflow: what it would do, what became of it, or why it does not. Pure.

Nothing that the AI said is repeated: a refusal is told by its code, with HAWK's own words for it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.monitor.chat.lines import Workflow, kind_of, plan_lines
from services.monitor.chat.spelling import code, figure, money, name, person
from shared.events.parsing_codes import ParsingCode
from shared.events.states import REPLACED
from shared.hedging.changes.configuration import ConfigurationCode
from shared.hedging.changes.override import OverrideCode
from shared.hedging.changes.reversing import ReversalCode
from shared.hedging.facts import SINGAPORE
from shared.hedging.refusals import PlanningCode, Reason
from shared.plans.sentences import ROLLED_BACK, booked_in_murex, executed_operations
from shared.plans.turns import WAITING_FOR_TURN
from shared.policy.table import AUTO

#: Refusals that are told one by one; the parser gives up to twenty for each proposal.
REFUSALS_MAX: Final = 5

_NOTHING: Final = "Nothing was executed."
_RECORDED: Final = "Nothing is booked; the check is kept as a record."
_AGAIN: Final = "If it is still wanted, ask again: that becomes a new plan with an approval of its own."

#: The closed list that a refusal of planning is of, by the kind of its workflow; those of an order before the others.
_CODES: Final[Mapping[str, type[Reason]]] = MappingProxyType(
    {
        "hedge": PlanningCode,
        "configuration": ConfigurationCode,
        "override": OverrideCode,
        "reversal": ReversalCode,
    }
)


def is_planned(workflow: Workflow) -> bool:
    """Return True if the workflow has its plan or its refusal."""
    return bool(workflow["operations_list"] or workflow["refusals"])


def waits_for_people(workflow: Workflow) -> bool:
    """Return True if people are asked to approve the workflow."""
    return workflow["state"] == "AWAITING_APPROVAL" and _tier(workflow) != AUTO


def is_over(workflow: Workflow) -> bool:
    """Return True if nothing more is said of a workflow by itself; not while a person has to settle it."""
    return bool(workflow["progress"]["final"]) and workflow["state"] != "NEEDS_INTERVENTION"


def is_replaced(workflow: Workflow) -> bool:
    """Return True if another workflow took the place of this one."""
    return workflow["state"] in REPLACED and workflow["successor"] is not None


def text_of(workflow: Workflow) -> str:
    """Return what is said of a workflow now, in one or more lines."""
    return _BY_STATE[workflow["state"]](workflow)


def ready_text(workflow: Workflow) -> str:
    """Return the plan as it is offered for approval."""
    return "\n".join(("Analysis complete. Ready to execute:", *_bullets(plan_lines(workflow))))


def done_text(workflow: Workflow) -> str:
    """Return that all of it took effect, in the plan's own words."""
    executed = f"{executed_operations(workflow['operations']['completed'])}."
    return f"{executed} {_DONE[kind_of(workflow)](workflow)}".rstrip()


def refusal_lines(refusals: Iterable[Mapping[str, Any]], *lists: type[Reason]) -> list[str]:
    """Return each refusal once: its code, what is wrong and what to do, in the words of HAWK's own lists."""
    told = list(dict.fromkeys(_refusal(each["code"], lists) for each in refusals))
    more = len(told) - REFUSALS_MAX
    return [*_bullets(told[:REFUSALS_MAX]), *([f"- And {more} more."] if more > 0 else [])]


def codes_of_reading() -> tuple[type[Reason], ...]:
    """Return the lists that a refusal may be of before there is a workflow."""
    return (ParsingCode, *_CODES.values())


def _refusal(given: object, lists: tuple[type[Reason], ...]) -> str:
    known = next((found for each in lists for found in each if found == given), None)
    if known is None:
        return f"{code(given) or 'Refused'}: the review says why."
    return f"{known.value}: {known.meaning.rstrip('.')}. What to do: {known.cure.rstrip('.')}."


def _bullets(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _tier(workflow: Workflow) -> str | None:
    return (workflow["policy"] or {}).get("tier")


def _early(workflow: Workflow) -> str:
    """Return what is said before a person may approve."""
    if workflow["refusals"]:
        return _refused(workflow)
    if not workflow["operations_list"]:
        return "HAWK is planning it."
    planned = "\n".join(("Analysis complete. Planned:", *_bullets(plan_lines(workflow))))
    return f"{planned}\n{'It needs no approval.' if _tier(workflow) == AUTO else 'Approval is not asked for yet.'}"


def _awaiting(workflow: Workflow) -> str:
    if not waits_for_people(workflow):
        return _early(workflow)
    if not workflow["operations_list"]:
        return "HAWK has planned it and waits for approval."
    told = [ready_text(workflow)]
    warnings = len(workflow["warnings"])
    if warnings:
        told.append(f"{warnings} warning{'' if warnings == 1 else 's'}: read the review before you approve.")
    required = ", ".join(name(each) for each in (workflow["policy"] or {}).get("required", ()))
    until = _moment(workflow["approval"]["expires_at"])
    told.append(f"Needs approval{f' by {required}' if required else ''}{f' until {until}' if until else ''}.")
    return "\n".join(told)


def _moment(iso: object) -> str | None:
    """Return a time of the desk, as the pages show it."""
    if not isinstance(iso, str):
        return None
    return datetime.fromisoformat(iso).astimezone(SINGAPORE).strftime("%Y-%m-%d %H:%M SGT")


def _approved(workflow: Workflow) -> str:
    people = [person(each["person"]) for each in workflow["approval"]["approvers"]]
    approved = f"Approved by {' and '.join(people)}." if people else "Approved."
    if workflow["reason"] == WAITING_FOR_TURN:
        # The executor's sentence of two figures; nothing of it comes from outside.
        return f"{approved} {workflow['reason_text']}."
    return f"{approved} It is not executed yet."


def _executing(workflow: Workflow) -> str:
    operations = workflow["operations"]
    deals = len(workflow["deals"])
    where = f" {deals} deals are being booked in Murex." if deals and kind_of(workflow) == "hedge" else ""
    return f"Executing: {operations['completed']} of {operations['total']} operations.{where}"


def _executed(workflow: Workflow) -> str:
    waits = code(workflow["reason"]) if workflow["state"] == "COMPLETED" else None
    return done_text(workflow) + (f" Its journal is not posted yet: {waits}." if waits else "")


def _done_hedge(workflow: Workflow) -> str:
    kind, order = workflow["instruction_type"], name(workflow["order_id"])
    if workflow["answer"] is not None:
        return _answer(workflow)
    if kind == "I":
        return booked_in_murex(order)
    verbs = {"R": "rolled over", "T": "terminated", "A": "amended"}
    return f"Hedge {order} {verbs.get(str(kind), 'changed')} and booked in Murex."


def _answer(workflow: Workflow) -> str:
    """Return the answer to a question: whether there is capacity, and how much."""
    answer, currency = workflow["answer"], workflow["exposure_currency"]
    available = money(currency, answer.get("available"))
    told = [] if available is None else [f"Available for hedging: {available}."]
    asked, allocated, rest = (money(currency, answer.get(each)) for each in ("requested", "allocated", "not_allocated"))
    if asked is not None and allocated is not None and rest is not None:
        part = "no" if answer.get("can_proceed") != "true" else f"in part, {figure(allocated)}"
        told.insert(0, f"{asked} can be hedged: {part if any(digit in '123456789' for digit in rest) else 'yes'}.")
    if "open_hedges" in answer:
        outstanding = money(currency, answer.get("outstanding"))
        told.append(f"Open hedges: {name(answer['open_hedges'])}, outstanding {outstanding or 'unknown'}.")
    return " ".join(told)


def _done_configuration(workflow: Workflow) -> str:
    change = workflow["configuration"]
    return f"The change of {name(change['table'])} {name(change['key'])} is in force."


def _done_override(workflow: Workflow) -> str:
    return f"Deal {name(workflow['override']['deal_booking_id'])} is settled by hand."


def _done_reversal(workflow: Workflow) -> str:
    order = "The hedge" if workflow["order_id"] is None else f"Hedge {name(workflow['order_id'])}"
    return f"{order} is reversed: its deals are cancelled in Murex and its entries mirrored."


def _refused(workflow: Workflow) -> str:
    own = _CODES[kind_of(workflow)]
    lists = (own, *(each for each in codes_of_reading() if each is not own))
    nothing = _RECORDED if workflow["operations_list"] else _NOTHING
    return "\n".join((f"Refused. {nothing}", *refusal_lines(workflow["refusals"], *lists)))


def _rejected(workflow: Workflow) -> str:
    people = [person(each["person"]) for each in workflow["decisions"] if each["decision"] == "REJECT"]
    return f"Rejected{f' by {people[-1]}' if people else ''}. {_NOTHING} {_AGAIN}"


def _ended(sentence: str) -> Callable[[Workflow], str]:
    return lambda _: f"{sentence} {_NOTHING} {_AGAIN}"


def _because(workflow: Workflow) -> str:
    cause = code(workflow["reason"])
    return "" if cause is None else f" Cause: {cause}."


def _failing(workflow: Workflow) -> str:
    return f"Execution failed.{_because(workflow)} HAWK is undoing all of it; it is not rolled back yet."


def _rolled_back(workflow: Workflow) -> str:
    nothing = "No deal is booked and nothing is in the ledger."
    return f"{ROLLED_BACK}{_because(workflow)} {nothing} Put right what failed. {_AGAIN}"


def _needs_a_person(workflow: Workflow) -> str:
    return (
        f"A person must act: Murex and HAWK do not agree on what is booked.{_because(workflow)} Nothing more happens "
        "by itself. OPERATIONS settles each deal by an override, which a second person approves."
    )


def _reversing(workflow: Workflow) -> str:
    return f"{done_text(workflow)} It is being reversed."


def _reversed(workflow: Workflow) -> str:
    return f"Executed, and reversed since. {_done_reversal(workflow)}"


_DONE: Final[Mapping[str, Callable[[Workflow], str]]] = MappingProxyType(
    {
        "hedge": _done_hedge,
        "configuration": _done_configuration,
        "override": _done_override,
        "reversal": _done_reversal,
    }
)

_BY_STATE: Final[Mapping[str, Callable[[Workflow], str]]] = MappingProxyType(
    {
        "PROPOSED": _early,
        "PLANNED": _early,
        "AWAITING_APPROVAL": _awaiting,
        "APPROVED": _approved,
        "PREPARED": _executing,
        "BOOKING": _executing,
        "COMPLETED": _executed,
        "POSTED": _executed,
        "REFUSED": _refused,
        "REJECTED": _rejected,
        "EXPIRED": _ended("Expired: nobody approved it in time."),
        "WITHDRAWN": _ended("Withdrawn by the person who asked."),
        "REVOKED": _ended("The approval was taken back before it was executed."),
        "SUPERSEDED": _ended("Superseded by another request."),
        "STALE_CONTEXT": _ended("Out of date: the facts moved before it was executed."),
        "FAILED": _failing,
        "COMPENSATING": _failing,
        "COMPENSATED": _rolled_back,
        "NEEDS_INTERVENTION": _needs_a_person,
        "REVERSING": _reversing,
        "REVERSED": _reversed,
    }
)
