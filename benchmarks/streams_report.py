"""What a run of `benchmarks.streams` has measured, and whether it is what is asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from benchmarks.figures import percentile

P99_SECONDS_MAX = 1.0
"""What is asked for, from the time of a message to the client."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what was asked for, what came, and what the monitor spent on it."""

    clients: int
    messages: int
    delays: Sequence[float]
    exact: bool
    cpu_seconds: float
    refusal: httpx.Response
    other: httpx.Response
    rows: Sequence[float] = ()
    """Seconds from a message to its row in a browser."""

    @property
    def well(self) -> bool:
        """True when everything that is asked for holds."""
        complete = self.exact and len(self.delays) == self.clients * self.messages
        in_time = percentile(self.delays, 99) < P99_SECONDS_MAX and max(self.rows, default=0.0) < P99_SECONDS_MAX
        return complete and self.refused and self.other.is_success and in_time

    @property
    def refused(self) -> bool:
        """True when the client above the cap got the answer that tells it when to come again."""
        refused = self.refusal.status_code == httpx.codes.SERVICE_UNAVAILABLE
        return refused and "retry-after" in self.refusal.headers and "code" in self.refusal.json()

    def told(self) -> str:
        """Return the figures as lines."""
        received, wanted = len(self.delays), self.clients * self.messages
        lines = [f"{received:,} messages received, {self.clients:,} clients × {self.messages:,} = {wanted:,}"]
        if self.delays:
            p50, p99 = (1000 * percentile(self.delays, percent) for percent in (50, 99))
            spent = 1000 * self.cpu_seconds / (received / 1000)
            lines += [
                f"from the message's time to the client: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest "
                f"{1000 * max(self.delays):.0f} ms; below {1000 * P99_SECONDS_MAX:.0f} ms is asked of p99",
                f"processor time of the monitor: {spent:.0f} ms for each 1,000 deliveries",
            ]
        if self.rows:
            rows = [1000 * each for each in (percentile(self.rows, 50), max(self.rows))]
            lines.append(
                f"from the message's time to its row in a browser: p50 {rows[0]:.0f} ms, longest {rows[1]:.0f} ms"
            )
        lines.append("each client got each message once" if self.exact else "CLIENTS MISS MESSAGES OR HAVE SOME TWICE")
        answer = self.refusal
        number = self.clients + bool(self.rows) + 1
        lines.append(
            f"client {number:,}: {answer.status_code}, Retry-After {answer.headers.get('Retry-After')}, "
            f"{answer.text if self.refused else 'NOT REFUSED'}"
        )
        lines.append(f"another request meanwhile: {self.other.status_code}")
        return "\n".join(
            (*lines, f"load of the machine (1 minute): {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        )
