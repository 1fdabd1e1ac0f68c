"""What the routes of this service share: the status of a refusal, and how the description names problems."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.approval.decider import Fault
from shared.web.problems import PROBLEM_MEDIA_TYPE

STATUS_OF: Final[Mapping[Fault, int]] = MappingProxyType(
    {Fault.UNKNOWN: 404, Fault.FORBIDDEN: 403, Fault.CONFLICT: 409, Fault.INVALID: 422}
)


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Entries of a route's `responses` for problem documents with these statuses, and 400.

    No route is without 400: any address may be one that names nothing (`shared.web.guards`).
    """
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"type": "object"}}}
    return {status: {"description": "Problem document", "content": content} for status in (400, *statuses)}
