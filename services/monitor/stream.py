"""Progress as Server-Sent Events: what was missed since `Last-Event-ID` first, then live, without end."""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from services.monitor.http import PROBLEMS, unknown_workflow
from services.monitor.ports import ReadModel
from shared.web.authentication import caller_of
from shared.web.progress_feed import FeedResponse, ProgressFeed, frames, last_event_id
from shared.web.progress_log import Scope

LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="Id of the last event seen; browsers send it")
]


def stream_routes(read_model: ReadModel, feed: ProgressFeed) -> APIRouter:
    """`/workflows/{id}/events` and `/events`."""
    routes = APIRouter(tags=["progress"], responses=PROBLEMS)

    @routes.get("/workflows/{workflow_id}/events", response_class=StreamingResponse)
    async def follow_workflow(request: Request, workflow_id: str, given: LastEventId = None) -> StreamingResponse:
        """hawk.progress of one workflow, from the beginning or after a `Last-Event-ID` (a `sequence`)."""
        if await read_model.workflow(workflow_id) is None:
            raise unknown_workflow(workflow_id)
        after = await feed.log.feed_id_at(workflow_id, last_event_id(given))
        place = feed.take_place(anonymous=caller_of(request) is None)
        return FeedResponse(place, frames(feed.messages(Scope(workflow_id=workflow_id), after)))

    @routes.get("/events", response_class=StreamingResponse)
    async def follow_all(request: Request, given: LastEventId = None) -> StreamingResponse:
        """hawk.progress of all workflows. Without `Last-Event-ID`, what comes from now on.

        An id above all known ones is of a read model that was rebuilt since: that stream begins now as well.
        """
        head = await feed.head()
        after = head if given is None else min(last_event_id(given), head)
        place = feed.take_place(anonymous=caller_of(request) is None)
        return FeedResponse(place, frames(feed.messages(Scope(), after), numbered_by_feed=True))

    return routes
