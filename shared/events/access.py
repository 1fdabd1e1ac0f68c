"""The record of an HTTP request that was refused."""

from shared.events.base import Event, datetime


class AccessRefused(Event):
    """Requests were refused: `count` of them for one cause between two times (stream `security-<service>-<hour>`).

    `person` is of a verified token, None where there was none that counts; `source` is the address that the connection
    came from. `route` is the method and the template of the address. `reason` is the sentence the caller got.
    """

    service: str
    status: int
    code: str
    person: str | None
    source: str
    route: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
