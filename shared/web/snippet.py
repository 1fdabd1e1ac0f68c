"""Progress for the plan's own page: `new EventSource('/hawk-agent/execute-actions')` (plan 5.2).

Unnamed messages with the JSON of hawk.progress; `completed` on success; a failure as `event: error`; then the
stream ends. A browser that comes back after the end gets the status to stay away (204, HTML 9.2).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import Response

from shared.events.base import Refusal
from shared.events.states import SUCCESSFUL
from shared.web.description import streamed
from shared.web.problems import Problem, problem_responses
from shared.web.progress_feed import (
    FeedResponse,
    ProgressFeed,
    Resumed,
    error_frame,
    frame,
    keep_alive_frame,
    resumed,
    resync_frame,
)
from shared.web.progress_log import FeedMessage, ProgressLog, Scope

#: Where the page finds it, on each site that has it.
PATH: Final = "/hawk-agent/execute-actions"
#: What the description says of it.
ANSWERS: Final = {
    **streamed("Server-sent events"),
    204: {"description": "Everything was sent; do not come back"},
    **problem_responses(401, 404, 422, 503),
}

#: Messages read at once from what was shown before.
_BATCH: Final = 500
#: Seconds between two looks whether a response is known by now; it is read within a second of its arrival.
_LOOK_SECONDS: Final = 1.0
#: Looks from one sign of life to the next: proxies cut what is silent for a minute.
_LOOKS_UNTIL_ALIVE: Final = 10


@dataclass(frozen=True, slots=True)
class Known:
    """A response that was read. `nothing` says why none of it is executed, in the shape of a progress message."""

    nothing: dict[str, Any] | None = None


#: Returns what is known of a response; None while it was not read.
Look = Callable[[], Awaitable[Known | None]]


def unwatched_workflow(response_id: str) -> str:
    """Return under what name the end of an answer without workflows is kept; no workflow id has this form."""
    return f"none-of:{response_id}"


def nothing_to_execute(response_id: str, outcome: str, refusals: Iterable[Refusal]) -> dict[str, Any]:
    """Return what is shown of an answer without a workflow, in the shape of a progress message."""
    told = [f"{refusal.code}: {refusal.message}" for refusal in refusals]
    reason = " ".join(told) or "The answer recommends nothing to execute."
    return {
        "workflow_id": None,
        "response_id": response_id,
        "order_id": None,
        "sequence": 1,
        "state": outcome,
        "status": reason,
        "completed": False,
        "final": True,
        "reason": reason,
        "successor": None,
    }


def must_be_named() -> Problem:
    """Return the problem 401 for somebody who names nothing to watch, and has not signed in."""
    return Problem(
        401,
        "TOKEN_MISSING",
        "This needs a token, in the Authorization header or in a session cookie (POST /session).",
        headers={"WWW-Authenticate": 'Bearer realm="hawk"'},
    )


def no_response() -> Problem:
    """Return the problem 404 for somebody who names nothing to watch, and has asked for nothing."""
    return Problem(404, "NO_RESPONSE", "You have handed in no answer yet; name a response or a workflow.")


async def open_stream(
    feed: ProgressFeed, scope: Scope, given_id: str | None, *, anonymous: bool, look: Look | None = None
) -> Response:
    """Return the stream of a scope, or the status to stay away after everything was sent.

    Args:
        given_id: the id of the last event that the reader has seen.
        anonymous: nobody has signed in for it.
        look: asked until the response of the scope is known, where the feed does not tell of one without a workflow.
    Raises:
        TooManyClients: all places are taken; before the stream begins.
    """
    place = feed.take_place(anonymous=anonymous)
    with place.kept_if_answered():
        at = await resumed(feed.log, scope, given_id)
        conversation = await conversation_until(feed.log, scope, at.after)
        known = None if look is None else await look()
    told = given_id is not None and known is not None and known.nothing is not None
    if conversation.over or told:
        place.release()
        return Response(status_code=204)
    frames = answer_frames(feed, scope, at, conversation)
    return FeedResponse(place, frames if look is None else _once_known(feed, look, frames))


async def _once_known(
    feed: ProgressFeed, look: Look, frames: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Return the frames once there is something to tell, or why there is nothing."""
    async with aclosing(frames):
        looks = 0
        while (known := await look()) is None:
            looks += 1
            if looks % _LOOKS_UNTIL_ALIVE == 0:
                yield keep_alive_frame()
            if await feed.closed_within(_LOOK_SECONDS):
                return
        if known.nothing is not None:
            yield error_frame(_failure_of(known.nothing, [known.nothing]), last_id=str(known.nothing["sequence"]))
            return
        async for each in frames:
            yield each


class Conversation:
    """What was shown so far: when it is over, and whether it went well."""

    def __init__(self) -> None:
        self._last: dict[str, FeedMessage] = {}

    def note(self, message: FeedMessage) -> None:
        """Note that the message was shown."""
        self._last[message.workflow_id] = message

    @property
    def over(self) -> bool:
        """Every workflow that was seen has ended."""
        return bool(self._last) and all(message.final for message in self._last.values())

    @property
    def failure(self) -> dict[str, object] | None:
        """The failure to tell, of the first workflow that failed; None when all went well."""
        failed = [message.message for message in self._last.values() if message.final and not _well(message)]
        if not failed:
            return None
        return _failure_of(failed[0], failed)


async def conversation_until(log: ProgressLog, scope: Scope, feed_id: int) -> Conversation:
    """Return what a browser has seen when `feed_id` was the last message it got."""
    conversation = Conversation()
    after = 0
    while after < feed_id:
        batch = [message for message in await log.read(scope, after, _BATCH) if message.feed_id <= feed_id]
        if not batch:
            break
        for message in batch:
            conversation.note(message)
        after = batch[-1].feed_id
    return conversation


async def answer_frames(
    feed: ProgressFeed, scope: Scope, at: Resumed, conversation: Conversation
) -> AsyncGenerator[bytes, None]:
    """Return the stream from a place on, until every workflow of the scope that was seen has ended."""
    numbered_by_feed = scope.workflow_id is None
    messages = feed.messages(scope, at.after)
    async with aclosing(messages):
        if not at.known:
            yield resync_frame(at.after)
        async for message in messages:
            if message is None:
                yield keep_alive_frame()
                continue
            conversation.note(message)
            if message.message.get("workflow_id") is not None:
                yield frame(message, numbered_by_feed=numbered_by_feed)
            if conversation.over:
                failure = conversation.failure
                if failure is not None:
                    number = message.feed_id if numbered_by_feed else message.sequence
                    yield error_frame(failure, last_id=str(number))
                return


def _failure_of(first: dict[str, Any], failed: list[dict[str, Any]]) -> dict[str, object]:
    kept = ("workflow_id", "response_id", "order_id", "sequence", "state", "reason", "successor")
    return {
        **{key: first.get(key) for key in kept},
        "error": first.get("reason") or first.get("status"),
        "failed_workflows": [message["workflow_id"] for message in failed],
    }


def _well(message: FeedMessage) -> bool:
    return message.message.get("state") in SUCCESSFUL
