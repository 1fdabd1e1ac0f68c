"""An emergency about a request, as the views of a workflow mark it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.monitor.documents import Document

#: The code of the warning that marks a workflow; it comes before all others.
EMERGENCY: Final = "EMERGENCY"


def emergency_of(glass: Mapping[str, Any], granted: Mapping[str, Any]) -> Document | None:
    """Return who declared an emergency, why, until when and for which roles, and whether the grant used it."""
    if not glass:
        return None
    return {**glass["emergency"], "missing": glass["missing"], "used": bool(granted.get("emergency"))}


def emergency_warnings(glass: Mapping[str, Any], granted: Mapping[str, Any]) -> Iterator[Document]:
    """Yield the warning about an emergency, where there is one that was used or still may be."""
    found = emergency_of(glass, granted)
    if found is None or (granted and not found["used"]):
        return
    who, roles = f"{found['person']} ({found['role']})", " and ".join(found["missing"])
    message = f"{who} declared an emergency because {roles} is missing. The reason given: {found['reason']}"
    if found["used"]:
        message = f"Approved in an emergency, without {roles}. {who} declared it. The reason given: {found['reason']}"
    yield {"code": EMERGENCY, "message": message, "path": "approval.emergency"}
