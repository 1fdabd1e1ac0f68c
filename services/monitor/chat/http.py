"""`GET /responses/{id}/message`: the words for the chat, and the wait for other ones. Reading only."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.monitor.chat.message import ChatMessage, Sites, chat_message
from services.monitor.http import unknown_response
from services.monitor.ports import ReadModel
from services.monitor.views import response_view
from shared.web.authentication import caller_of
from shared.web.problems import problem_responses
from shared.web.progress_feed import ProgressFeed

#: Seconds that a request may wait: proxies cut a silent connection after a minute, Dify's HTTP node gives up then too.
WAIT_SECONDS_MAX: Final = 30
#: Seconds between two looks of one who waits: at first for what comes in a moment, then for what people do.
LOOKS_SECONDS: Final = (0.25, 0.25, 0.5, 0.5)
LOOK_SECONDS: Final = 1.0
#: Looks a second of all who wait: each reads a response with its plans. Where more wait, each looks less often.
LOOKS_PER_SECOND_MAX: Final = 50
#: Bytes of a hash that tell two texts apart.
ETAG_BYTES: Final = 16
#: Characters of an `If-None-Match`: some tags, as a proxy may send.
ETAGS_CHARACTERS_MAX: Final = 1_000

#: Kept by nobody without asking: the next one is told otherwise.
_HEADERS: Final = {"Cache-Control": "private, no-cache"}


class ShownLinks(BaseModel):
    """Addresses of pages for people; null where there is nothing to do, or no address is known."""

    approve: str | None
    review: str | None
    cancel: str | None
    status: str | None


class ShownMessage(BaseModel):
    """What a chat shows of a response."""

    text: str = Field(description="Lines in HAWK's words; no word of the AI, no markup")
    links: ShownLinks
    final: bool = Field(description="Nothing else is said by itself")


@dataclass(frozen=True, slots=True)
class ChatParts:
    """What the route works with. Who waits takes one of the places of streams, which are bounded."""

    read_model: ReadModel
    feed: ProgressFeed
    sites: Sites
    waiting: set[object] = field(default_factory=set)


def chat_routes(parts: ChatParts) -> APIRouter:
    """Build the route of the message.

    Raises:
        Problem: 404 for a response that has not been read; raised when a request is served, not while the routes are
            built.
    """
    routes = APIRouter(tags=["chat"])

    @routes.get(
        "/responses/{response_id}/message",
        response_model=ShownMessage,
        responses={
            304: {"description": "It says what `If-None-Match` names, also after the wait"},
            **problem_responses(401, 404, 422, 503),
        },
    )
    async def read_message(
        request: Request,
        response: Response,
        response_id: str,
        wait: Annotated[int, Query(ge=0, le=WAIT_SECONDS_MAX, description="Seconds to wait for something else")] = 0,
        given: Annotated[str, Header(alias="If-None-Match", max_length=ETAGS_CHARACTERS_MAX)] = "",
    ) -> Any:
        """Return what a chat shows of a response, in HAWK's words, with links to where people act.

        `wait` holds the answer back until it says something else than `If-None-Match` names; without that, until the
        response is read and planned. `final`: nothing else is said by itself.
        """

        async def look() -> ChatMessage | None:
            return await _message(parts, response_id)

        found = await look()
        if wait and not _tells(found, given):
            found = await _waited(parts, request, look, lambda seen: _tells(seen, given), wait)
        if found is None:
            raise unknown_response(response_id)
        headers = {**_HEADERS, "ETag": etag_of(found)}
        if _names(given, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        response.headers.update(headers)
        return found.document()

    return routes


def etag_of(message: ChatMessage) -> str:
    """Return the tag of what a message says."""
    text = json.dumps(message.document(), sort_keys=True).encode()
    return f'"{hashlib.sha256(text).hexdigest()[: 2 * ETAG_BYTES]}"'


async def _message(parts: ChatParts, response_id: str) -> ChatMessage | None:
    row = await parts.read_model.response(response_id)
    return None if row is None else chat_message(response_view(row), parts.sites)


def _tells(message: ChatMessage | None, given: str) -> bool:
    """Return True if a message is worth an answer: other than the one that is known, or more than that HAWK reads."""
    if message is None:
        return False
    return not _names(given, etag_of(message)) if given else message.told


def _names(given: str, etag: str) -> bool:
    """Return whether `If-None-Match` names a tag; weak ones count too, as RFC 9110 (13.1.2) says."""
    return etag in {each.strip().removeprefix("W/") for each in given.split(",")}


async def _waited(
    parts: ChatParts,
    request: Request,
    look: Callable[[], Awaitable[ChatMessage | None]],
    is_enough: Callable[[ChatMessage | None], bool],
    seconds: int,
) -> ChatMessage | None:
    """Look again until it is enough, the time is over, the caller has gone, or the service ends."""
    loop = asyncio.get_running_loop()
    deadline, looks = loop.time() + seconds, iter(LOOKS_SECONDS)
    place = parts.feed.take_place(anonymous=caller_of(request) is None)
    parts.waiting.add(place)
    try:
        while True:
            pause = max(next(looks, LOOK_SECONDS), len(parts.waiting) / LOOKS_PER_SECOND_MAX)
            left = deadline - loop.time()
            ended = left <= 0 or await parts.feed.closed_within(min(left, pause))
            found = await look()
            if ended or is_enough(found) or await request.is_disconnected():
                return found
    finally:
        parts.waiting.discard(place)
        place.release()
