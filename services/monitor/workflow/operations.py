"""The operations of a plan, one by one: whether each is in effect, since when, and by which event. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.monitor.workflow.history import Document
from services.monitor.workflow.timed import Timed, Told, numbers_of
from shared.events import reversals, undoing


def operations(listed: Sequence[Mapping[str, Any]], told: Told, *, over: bool) -> list[Document]:
    """Return the planned operations with what has become of each.

    Args:
        over: nothing more happens by itself, so what was not done is not going to be.
    """
    done, undone = done_by(told), undone_by(told)
    return [
        {
            **{name: each[name] for name in ("number", "stage", "operation", "table", "purpose", "entity_id", "rows")},
            "state": _state(each["number"], done, undone, over=over),
            "event": done.get(each["number"]),
            "undone_by": undone.get(each["number"]),
        }
        for each in listed
    ]


def _state(number: int, done: Mapping[int, int], undone: Mapping[int, int], *, over: bool) -> str:
    if number in done:
        return "undone" if number in undone else "done"
    return "not_run" if over else "planned"


def done_by(told: Told) -> Mapping[int, int]:
    """Return the event that did each operation: its place in the page's list, by the operation's number.

    A reversal takes back on the stream of the other workflow, each step under its own number; what it adds besides is
    on its own stream.
    """
    found: dict[int, int] = {}
    for each in told.timed:
        if each.number in told.foreign:
            if isinstance(each.event, reversals.OperationReversed):
                found.setdefault(each.event.step, each.number)
        else:
            found |= dict.fromkeys(numbers_of(each.event), each.number)
    return found


def undone_by(told: Told) -> Mapping[int, int]:
    """Return the event that undid each operation of the workflow itself."""
    kinds = undoing.OperationCompensated | reversals.OperationReversed
    own: list[Timed] = [each for each in told.timed if each.number not in told.foreign]
    return {each.event.operation: each.number for each in own if isinstance(each.event, kinds)}
