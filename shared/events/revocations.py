"""A granted approval is taken back before it is used. Stream `revocation-<workflow>` has what people ask, which goes
out on hawk.control, so that it overtakes grants that wait; stream `execution-<workflow>` has the executor's answer.
"""

from shared.events.base import Event, Value, datetime
from shared.events.execution import ExecutionEvent


class AskedToRevoke(Value):
    """The person who asked to take a grant back, with the role that counted, and why."""

    person: str
    role: str
    reason: str
    at: datetime


class RevocationRequested(Event):
    """A person asks that the grant `jti` is never used. The executor decides: it may have been used already."""

    workflow_id: str
    jti: str
    plan_digest: str
    by: AskedToRevoke


class GrantRevoked(ExecutionEvent):
    """The revocation came before any use of a grant: this is the first and last event of the stream, so no grant of the
    workflow can be used any more. Ends the workflow REVOKED."""

    jti: str
    by: AskedToRevoke
    revoked_at: datetime
