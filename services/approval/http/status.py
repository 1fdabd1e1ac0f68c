"""The HTTP status of a refusal, one for all routes of this service."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.approval.requests.decider import Fault

STATUS_OF: Final[Mapping[Fault, int]] = MappingProxyType(
    {Fault.UNKNOWN: 404, Fault.FORBIDDEN: 403, Fault.CONFLICT: 409, Fault.INVALID: 422}
)
