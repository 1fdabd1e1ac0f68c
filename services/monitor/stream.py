"""Progress as Server-Sent Events: what was missed since `Last-Event-ID` first, then live, without end."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from services.monitor.http import PROBLEMS, unknown_workflow
from services.monitor.ports import ReadModel
from shared.web.authentication import caller_of
from shared.web.description import streamed
from shared.web.progress_feed import FeedResponse, ProgressFeed, frames, resumed, resync_frame
from shared.web.progress_log import Scope

_STREAM: Final = streamed("Server-sent events: a message of progress each, `resync` where the id is not known here")

LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="Id of the last event seen; browsers send it")
]


def stream_routes(read_model: ReadModel, feed: ProgressFeed) -> APIRouter:
    """Build the routes of `/workflows/{id}/events` and `/events`.

    Raises:
        Problem: 404 for an unknown workflow; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(tags=["progress"], responses=PROBLEMS)

    @routes.get("/workflows/{workflow_id}/events", response_class=StreamingResponse, responses=_STREAM)
    async def follow_workflow(request: Request, workflow_id: str, given: LastEventId = None) -> StreamingResponse:
        """Stream the progress of one workflow, from the beginning or after a `Last-Event-ID` (a `sequence`).

        If the id is not known here, as after a restore, the stream starts again with an event `resync`.
        """
        place = feed.take_place(anonymous=caller_of(request) is None)
        with place.kept_if_answered():
            if await read_model.workflow(workflow_id) is None:
                raise unknown_workflow(workflow_id)
            scope = Scope(workflow_id=workflow_id)
            at = await resumed(feed.log, scope, given)
        return FeedResponse(place, frames(feed.portions(scope, at.after), first=_first(at.after, known=at.known)))

    @routes.get("/events", response_class=StreamingResponse, responses=_STREAM)
    async def follow_all(request: Request, given: LastEventId = None) -> StreamingResponse:
        """Stream the progress of all workflows. Without `Last-Event-ID`, what comes from now on.

        If the id is not known here, the table was restored or rebuilt since: that stream starts now as well, with an
        event `resync`.
        """
        place = feed.take_place(anonymous=caller_of(request) is None)
        with place.kept_if_answered():
            at = await resumed(feed.log, Scope(), given)
            after = at.after if given is not None and at.known else await feed.head()
        first = _first(after, known=at.known)
        return FeedResponse(place, frames(feed.portions(Scope(), after), numbered_by_feed=True, first=first))

    return routes


def _first(after: int, *, known: bool) -> bytes:
    return b"" if known else resync_frame(after)
