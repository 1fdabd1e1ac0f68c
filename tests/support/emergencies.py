"""Emergencies: their list in memory, over the streams of `tests.support.approvals`, and recorded histories with one."""

import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.approval.console.queue.rows import Listed
from services.approval.emergency.decider import is_under_review
from services.approval.requests.cards import Card
from shared.events.approvals import Emergency
from shared.eventstore.port import RecordedEvent
from shared.policy.emergency import GLASS_LIFETIME


@dataclass
class MemoryEmergencies:
    """`Emergencies` over whatever lists all requests."""

    everything: Callable[[], Awaitable[Sequence[Listed]]]

    async def under_review(self) -> Sequence[Card]:
        return [each for each in await self.declared() if is_under_review(each.approval)]

    async def declared(self) -> Sequence[Card]:
        return [each.card for each in await self.everything() if each.card.approval.glass is not None]


def in_emergency(*, declared: bool = True, actor: str = "", grant: bool = True, **said: Any) -> Callable[[list], list]:
    """A recorded history of one workflow as if it had been granted in an emergency that sam declared.

    Args:
        declared: the emergency is recorded.
        grant: the grant names it.
        said: of the emergency, in place of what a true one says.
    """

    def change(events: list[RecordedEvent]) -> list[RecordedEvent]:
        (place,) = (place for place, event in enumerate(events) if event.type == "GrantIssued")
        issued = events[place]
        opened = datetime.fromisoformat(issued.data["issued_at"])
        emergency = {
            "person": "sam", "role": "TRADER", "reason": "rita is away", "opened_at": opened.isoformat(),
            "until": (opened + GLASS_LIFETIME).isoformat(),
        } | said  # fmt: skip
        kept = Emergency.model_validate_json(json.dumps(emergency)).model_dump(mode="json")
        digest, workflow = issued.data["plan_digest"], issued.data["workflow_id"]
        glass = {"workflow_id": workflow, "plan_digest": digest, "emergency": kept, "missing": ["TRADER"]}
        metadata = {"actor": actor or f"person:{kept['person']}"}
        broken = replace(issued, type="GlassBroken", version=90, data=glass, metadata=metadata)
        if grant:
            head, payload, signature = issued.data["grant"].split(".")
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | {"emergency": kept}
            text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
            issued = replace(issued, data=issued.data | {"emergency": kept, "grant": f"{head}.{text}.{signature}"})
        after = [_using(event, kept) if grant else event for event in events[place + 1 :]]
        return [*events[:place], *([broken] if declared else []), issued, *after]

    return change


def reviewed(*people: str, actor: str = "") -> Callable[[list], list]:
    """The same, with reviews at the end of the history."""

    def change(events: list[RecordedEvent]) -> list[RecordedEvent]:
        told = in_emergency()(events)
        issued = next(event for event in told if event.type == "GrantIssued")
        for number, person in enumerate(people):
            data = {
                "workflow_id": issued.data["workflow_id"], "person": person, "role": "AUDITOR", "finding": "JUSTIFIED",
                "comment": "", "recorded_at": issued.data["issued_at"],
            }  # fmt: skip
            metadata = {"actor": actor or f"person:{person}"}
            told.append(replace(issued, type="ReviewRecorded", version=91 + number, data=data, metadata=metadata))
        return told

    return change


def _using(event: RecordedEvent, emergency: dict[str, Any]) -> RecordedEvent:
    if event.type != "ExecutionPrepared":
        return event
    return replace(event, data=event.data | {"grant": event.data["grant"] | {"emergency": emergency}})
