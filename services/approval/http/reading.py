"""Routes under /approvals that read: the queue, a card, the stream of what changed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import Response, StreamingResponse

from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.changes.frames import PLACE_DIGITS_MAX, frames, place_of
from services.approval.console.queue.listing import Decided, Queue, decided_slice, document, found, parted
from services.approval.console.queue.port import QueueRows
from services.approval.console.queue.wanted import (
    FILTER_CHARACTERS_MAX,
    PAGES_MAX,
    SEARCH_CHARACTERS_MAX,
    Sort,
    Tab,
    Wanted,
)
from services.approval.console.view.document import view_of
from services.approval.console.view.plans import Kind
from services.approval.console.view.subject import Beside
from services.approval.emergency.view import emergency_document
from services.approval.http.fields import ID_CHARACTERS_MAX, ID_PATTERN
from services.approval.ports import Desk
from services.approval.requests.cards import CapsLeft, Card, Viewer, card_document, tried
from services.approval.requests.decider import Outcome
from services.approval.requests.standing import Standing, nobody_away
from services.approval.requests.state import Approval, Status
from services.approval.signals.store import Signals
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.description import link, linked, streamed
from shared.web.problems import Problem, problem_responses
from shared.web.progress_feed import FeedResponse
from shared.web.progress_log import ProgressLog, Scope
from shared.web.strict_json import StrictRoute

#: Cards of one answer in the form for scripts.
QUEUE_LIMIT_MAX: Final = 500
#: The largest `sequence` of a message of progress: an integer of the table.
_SEQUENCE_MAX: Final = 2**31 - 1


def _followed(card: str) -> dict[str, Any]:
    """Return the requests that may follow a card, which stands at this place of the answer."""
    of, digest = f"{card}/workflow_id", {"plan_digest": f"{card}/plan_digest"}
    decisions = "/approvals/{workflow_id}/decisions"
    return {
        "card": link("GET", "/approvals/{workflow_id}", workflow_id=of),
        "approve": link("POST", decisions, {"decision": "APPROVE", **digest}, workflow_id=of),
        "reject": link("POST", decisions, {"decision": "REJECT", **digest}, workflow_id=of),
        "withdraw": link("POST", "/approvals/{workflow_id}/withdrawal", workflow_id=of),
        "ask": link("POST", "/approvals/{workflow_id}/questions", workflow_id=of),
        "revoke": link("POST", "/approvals/{workflow_id}/revocation", workflow_id=of),
        "reverse": link("POST", "/workflows/{workflow_id}/reversal", workflow_id=of),
    }


CARD_LINKS: Final = _followed("")
_FIRST: Final = _followed("/approvals/0")

_Id = Annotated[str, Path(min_length=1, max_length=ID_CHARACTERS_MAX, pattern=ID_PATTERN)]
_Filter = Annotated[str | None, Query(min_length=1, max_length=FILTER_CHARACTERS_MAX)]


@dataclass(frozen=True, slots=True)
class ReadingParts:
    """What the routes read from."""

    desk: Desk
    rows: QueueRows
    changes: ChangeFeed
    progress: ProgressLog
    authenticator: Authenticator
    clock: Callable[[], datetime]
    standing: Callable[[], Awaitable[Standing]] = nobody_away
    signals: Signals | None = None
    caps_left: Callable[[Approval, Sequence[Outcome]], Awaitable[CapsLeft]] | None = None


class Narrowing:
    """The form of the queue that the console asks for; with none of it, the answer is the form for scripts."""

    def __init__(
        self,
        tab: Annotated[Tab | None, Query(description="mine: I may decide now; others: for other people")] = None,
        q: Annotated[str, Query(max_length=SEARCH_CHARACTERS_MAX, description="order, workflow, maker, text")] = "",
        kind: Annotated[Kind | None, Query()] = None,
        currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
        risk: Annotated[Literal["LOW", "MEDIUM", "HIGH"] | None, Query()] = None,
        entity: _Filter = None,
        tier: _Filter = None,
        maker: _Filter = None,
        sort: Annotated[Sort | None, Query(description="of what waits; decided is by its time")] = None,
        page: Annotated[int | None, Query(ge=1, le=PAGES_MAX)] = None,
    ) -> None:
        given = (tab, kind, currency, risk, entity, tier, maker, sort, page)
        self.wanted: Wanted | None = None
        if q or any(each is not None for each in given):
            self.wanted = Wanted(
                tab=tab or Tab.MINE,
                search=q.strip(),
                kind=None if kind is None else str(kind),
                currency=currency,
                risk=risk,
                entity=entity,
                tier=tier,
                maker=maker,
                sort=sort or Sort.DEADLINE,
                page=page or 1,
            )


def reading_routes(parts: ReadingParts) -> APIRouter:
    """Return the routes that read. The stream comes before the cards, whose address would take it for a workflow."""
    routes = APIRouter(route_class=StrictRoute, tags=["approvals"])
    person_of = Depends(parts.authenticator.person)

    @routes.get("/approvals", responses={**linked(200, **_FIRST), **problem_responses(401, 422, 503)})
    async def read_queue(
        person: Annotated[Person, person_of],
        narrowing: Annotated[Narrowing, Depends()],
        state: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int | None, Query(ge=1, le=QUEUE_LIMIT_MAX)] = None,
    ) -> dict[str, Any]:
        """Return the queue.

        With `tab` (or a search, a filter, an order, a page) one page of 50 rows as the console shows them, what needs
        attention first, with the counts of all tabs, what waits for me in USD, and the next expiry. Without, whole
        cards: what waits, by its deadline; then what was decided, the latest first; `state` and `limit` narrow that.
        """
        viewer = Viewer(person, parts.clock(), await parts.standing())
        if narrowing.wanted is None:
            cards = await parts.desk.queue(_status(state), limit or _LIMIT)
            return {"approvals": [card_document(card, viewer) for card in cards]}
        if state is not None or limit is not None:
            raise Problem(422, "INVALID_REQUEST", "`state` and `limit` do not go together with `tab` and its filters.")
        return await _page(parts, narrowing.wanted, viewer)

    @routes.get(
        "/approvals/stream",
        response_class=StreamingResponse,
        responses={
            **streamed(
                "Server-sent events: `changed` with `workflow_ids`, `heartbeat` each 5 s of silence, "
                "`resync` when everything must be loaded again"
            ),
            **problem_responses(401, 422, 503),
        },
    )
    async def read_changes(
        person: Annotated[Person, person_of],
        after: Annotated[str | None, Query(pattern=r"^[0-9]+$", max_length=PLACE_DIGITS_MAX)] = None,
        last_event_id: Annotated[str | None, Header(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> Response:
        """Stream which requests changed. `after` is the `place` of a queue, `Last-Event-ID` of a stream cut off."""
        listener = parts.changes.join(person.name)
        given = place_of(last_event_id)
        told = parts.changes.told(listener, place_of(after) if given is None else given)
        return FeedResponse(listener, frames(told, parts.clock))

    @routes.get(
        "/approvals/{workflow_id}", responses={**linked(200, **CARD_LINKS), **problem_responses(401, 404, 422, 503)}
    )
    async def read_card(
        person: Annotated[Person, person_of],
        workflow_id: _Id,
        detail: Annotated[bool, Query(description="false leaves out the plan as it is kept: `view` shows it")] = True,
    ) -> dict[str, Any]:
        """Return the card: the plan, its digest, what the policy asks for, whether I may decide and why not.

        `view` is all of it as the console shows it: headline, eight stages, warnings, the plan's lines, risk, capacity,
        deals and flows, ledger, operations, undo, the model's words, the source of each value, who decides.
        """
        card = await card_answer(parts, workflow_id, person)
        if parts.signals is not None and card["may_decide"]:
            await parts.signals.shown(workflow_id, person.name, parts.clock())
        return card if detail else {name: value for name, value in card.items() if name != "detail"}

    return routes


_LIMIT: Final = 100


async def card_answer(parts: ReadingParts, workflow_id: str, person: Person) -> dict[str, Any]:
    """Return a card for a person, with what the console shows of it.

    Raises:
        Problem: there is none.
    """
    card = await parts.desk.card(workflow_id)
    if card is None:
        raise Problem(404, "WORKFLOW_UNKNOWN", "No plan of this workflow waits, or ever waited, here.")
    viewer = Viewer(person, parts.clock(), await parts.standing())
    if parts.caps_left is not None:
        viewer = replace(viewer, caps=await parts.caps_left(card.approval, tried(card.approval, viewer)))
    beside = await _beside(parts, workflow_id, card)
    said = emergency_document(card.approval, person, viewer.at)
    return card_document(card, viewer) | said | {"view": view_of(card, viewer, beside)}


async def _beside(parts: ReadingParts, workflow_id: str, card: Card) -> Beside:
    earlier = card.plan.get("predecessor")
    before = None if earlier is None else await parts.desk.card(str(earlier))
    if card.used_at is None:
        return Beside(before)
    scope = Scope(workflow_id=workflow_id)
    last = await parts.progress.feed_id_at(workflow_id, _SEQUENCE_MAX)
    said = await parts.progress.read(scope, last - 1, 1) if last else ()
    return Beside(before, said[0].message if said else None)


async def _page(parts: ReadingParts, wanted: Wanted, viewer: Viewer) -> dict[str, Any]:
    """Return one page of a tab. The place is read first: what changes meanwhile comes by the stream once more."""
    place = await parts.rows.place()
    waiting = parted(await parts.rows.waiting(), viewer)
    shown = found(waiting.of(wanted.tab), wanted, viewer.at)
    decided = Decided()
    if wanted.with_decided:
        decided = await parts.rows.decided(wanted, *decided_slice(wanted, len(shown)))
    queue = Queue(waiting, shown, decided, await parts.rows.counted())
    return document(wanted, queue, viewer) | {"place": str(place)}


def _status(state: str | None) -> Status | None:
    """Return the status that a query names; PENDING means AWAITING_APPROVAL."""
    if state is None:
        return None
    known = {str(status): status for status in Status if status not in (Status.UNKNOWN, Status.REQUESTED)}
    name = "AWAITING_APPROVAL" if state.upper() == "PENDING" else state.upper()
    if name not in known:
        raise Problem(422, "INVALID_REQUEST", f"This state does not exist. Ask for one of {', '.join(known)}.")
    return known[name]
