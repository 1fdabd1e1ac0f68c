"""The cause of a transaction: who acts, for which workflow, because of what, in which trace."""

from dataclasses import dataclass

from shared.telemetry.tracing import new_traceparent


@dataclass(frozen=True, slots=True)
class Cause:
    """Goes into the metadata of every event a transaction appends.

    Args:
        actor: `service:<name>` for a service, `person:<user>` for a person.
        correlation_id: the workflow id where one is known, else the id of the first message of the story.
        causation_id: id of the event or request that led here.
        traceparent: W3C trace context of the work, `00-<trace>-<span>-<flags>`.
    """

    actor: str
    correlation_id: str
    causation_id: str
    traceparent: str

    def metadata(self, correlation_id: str | None = None) -> dict[str, str]:
        """Return the four metadata keys of the event store, optionally for another workflow."""
        return {
            "actor": self.actor,
            "correlation_id": self.correlation_id if correlation_id is None else correlation_id,
            "causation_id": self.causation_id,
            "traceparent": self.traceparent,
        }


def request_cause(actor: str, *, request_id: str, correlation_id: str, traceparent: str | None = None) -> Cause:
    """Return the cause of work that an HTTP request or a timer started; a missing trace begins here."""
    return Cause(
        actor=actor,
        correlation_id=correlation_id,
        causation_id=request_id,
        traceparent=new_traceparent(traceparent),
    )
