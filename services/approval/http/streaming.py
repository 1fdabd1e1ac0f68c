"""Progress for the plan's own page: `new EventSource('/hawk-agent/execute-actions')` (plan 5.2).

Unnamed messages with the JSON of hawk.progress; `completed` on success; a failure as `event: error`; then the
stream ends. A browser that comes back after the end gets the status to stay away (204, HTML 9.2).
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from shared.events.responses import ResponseReceived
from shared.events.states import SUCCESSFUL
from shared.web.progress_feed import ProgressFeed, Resumed, error_frame, frame, keep_alive_frame, resync_frame
from shared.web.progress_log import FeedMessage, ProgressLog, Scope

#: Messages read at once from what was shown before.
_BATCH: Final = 500


def unwatched_workflow(response_id: str) -> str:
    """Return under what name the end of an answer without workflows is kept; no workflow id has this form."""
    return f"none-of:{response_id}"


def nothing_to_execute(event: ResponseReceived) -> dict[str, Any]:
    """Return what is shown of an answer without a workflow, in the shape of a progress message."""
    refusals = [f"{refusal.code}: {refusal.message}" for refusal in event.refusals]
    reason = " ".join(refusals) or "The answer recommends nothing to execute."
    return {
        "workflow_id": None,
        "response_id": event.response_id,
        "order_id": None,
        "sequence": 1,
        "state": event.outcome,
        "status": reason,
        "completed": False,
        "final": True,
        "reason": reason,
        "successor": None,
    }


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
        first: dict[str, Any] = failed[0]
        kept = ("workflow_id", "response_id", "order_id", "sequence", "state", "reason", "successor")
        return {
            **{key: first.get(key) for key in kept},
            "error": first.get("reason") or first.get("status"),
            "failed_workflows": [message["workflow_id"] for message in failed],
        }


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


def _well(message: FeedMessage) -> bool:
    return message.message.get("state") in SUCCESSFUL
