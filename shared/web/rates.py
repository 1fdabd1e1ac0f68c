"""How often somebody may do something: a count over the last minute, kept in this process. Pure but for its memory."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from shared.web.problems import Problem

#: Names that are remembered at most; beyond them the one seen longest ago is forgotten.
NAMES_MAX = 10_000


class RateLimit:
    """At most so many acts of one name within a span.

    A process counts from zero when it starts, and replicas count separately: the limit keeps one person, or one
    program with that person's token, from filling the store; it is not permission.
    """

    def __init__(self, acts_max: int, span: timedelta) -> None:
        self._acts_max = acts_max
        self._span = span
        self._acts: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, name: str, now: datetime, *, code: str, sentence: str) -> None:
        """Count an act of somebody who asks over HTTP.

        Args:
            sentence: what was done too often, for that person.
        Raises:
            Problem: 429 with `code`, and when to try again.
        """
        wait = self.wait(name, now)
        if wait is not None:
            seconds = int(wait.total_seconds()) + 1
            headers = {"Retry-After": str(seconds)}
            raise Problem(429, code, f"{sentence} Try again in {seconds} s.", headers=headers)

    def wait(self, name: str, now: datetime) -> timedelta | None:
        """Count an act; None when it is within the limit, else how long to wait. A refused act does not count."""
        acts = self._acts.setdefault(name, deque())
        self._acts.move_to_end(name)
        while acts and acts[0] <= now - self._span:
            acts.popleft()
        if len(acts) >= self._acts_max:
            return acts[0] + self._span - now
        acts.append(now)
        while len(self._acts) > NAMES_MAX:
            self._acts.popitem(last=False)
        return None
