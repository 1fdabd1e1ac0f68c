"""The eight stages of a workflow as its page shows them: four up to the approval, then 1A, 1B, 2 and 3. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from services.monitor.workflow.history import Document
from shared.events import states

_REPORTED: Final = {
    "PENDING": "not_begun",
    "IN_PROGRESS": "running",
    "COMPLETED": "done",
    "COMPENSATED": "undone",
    "REVERSED": "undone",
    "FAILED": "failed",
}
_DETAILS: Final = {"undoing": "being undone", "undone": "undone"}
_UNDOING: Final = frozenset({"FAILED", "COMPENSATING", "REVERSING"})
_BEFORE: Final = frozenset({"PROPOSED", "PLANNED"})


def stages(view: Mapping[str, Any], line: Mapping[str, Any]) -> list[Document]:
    """Return the eight stages, always all of them.

    Args:
        view: the workflow as the monitor shows it.
        line: its line of the overview.
    """
    return [*_before(view), *_executed(view, line), _journal(view, line)]


def _stage(state: str, detail: str | None = "", share: int | None = None) -> Document:
    return {"state": state, "detail": detail or "", "share": share}


def _before(view: Mapping[str, Any]) -> list[Document]:
    checked = view["check_status"]
    refused = view["state"] == "REFUSED"
    capacity = _stage("done", str(checked).capitalize()) if checked else _stage("skipped", "not checked")
    if refused:
        capacity = _stage("ended", "Refused")
    policy = view["policy"]
    planned = view["plan_digest"] is not None and not refused
    return [
        _stage("done"),
        capacity if planned or refused else _stage("not_begun"),
        _stage("done", policy["tier"]) if policy else _stage("not_begun"),
        _approval(view),
    ]


def _approval(view: Mapping[str, Any]) -> Document:
    state, approval = view["state"], view["approval"]
    if approval["granted_at"] is not None:
        people = ", ".join(each["person"].partition(" <")[0] for each in approval["approvers"])
        ended = state in states.NEVER_APPLIED
        return _stage("ended" if ended else "done", _word(state) if ended else people or "by the policy")
    if state in states.NEVER_APPLIED and state != "REFUSED":
        return _stage("ended", _word(state))
    if state == "AWAITING_APPROVAL":
        given = sum(each["decision"] == "APPROVE" for each in view["decisions"])
        return _stage("waiting", f"{given} of {len((view['policy'] or {}).get('required', ()))}")
    return _stage("not_begun" if state in _BEFORE or state == "REFUSED" else "done")


def _executed(view: Mapping[str, Any], line: Mapping[str, Any]) -> list[Document]:
    shown, murex = line["operations"]["stages"], line["murex"]
    found: list[Document] = []
    for name in ("1A", "1B", "2"):
        counted = view["operations"]["stages"][name]
        total, done = counted["total"], counted["completed"]
        if total == 0:
            found.append(_stage("skipped", "none") if shown else _stage("not_begun"))
            continue
        state = _state(shown.get(name), view["state"])
        detail = _DETAILS.get(state) or f"{done} of {total}"
        if state == "not_begun":
            detail = f"{total} operations"
        if name == "2" and state == "running" and murex["planned"]:
            detail = f"{murex['acknowledged']} of {murex['planned']} acknowledged"
        found.append(_stage(state, detail, done * 1_000 // total))
    return found


def _journal(view: Mapping[str, Any], line: Mapping[str, Any]) -> Document:
    lines, shown = line["ledger"]["lines"], line["operations"]["stages"]
    if not lines:
        return _stage("skipped", "no lines") if shown else _stage("not_begun")
    state = _state(shown.get("3"), view["state"])
    if line["ledger"]["waits"]:
        return _stage("waiting", f"{lines} lines wait")
    return _stage(state, f"{lines} of {lines} lines" if state == "done" else f"{lines} lines")


def _state(reported: str | None, overall: str) -> str:
    found = _REPORTED.get(reported or "", "not_begun")
    return "undoing" if overall in _UNDOING and found in ("done", "running", "undone") else found


def _word(state: str) -> str:
    return state.capitalize().replace("_", " ")
