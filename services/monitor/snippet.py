"""The plan's own page on the monitor's origin: `new EventSource('/hawk-agent/execute-actions')` (plan 5.2)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse

from services.monitor.http import ID_CHARACTERS_MAX, unknown_workflow
from services.monitor.ports import ReadModel
from services.monitor.views import response_view
from shared.events.base import Refusal
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import Scope
from shared.web.snippet import ANSWERS, PATH, Known, must_be_named, no_response, nothing_to_execute, open_stream

_Id = Annotated[str | None, Query(min_length=1, max_length=ID_CHARACTERS_MAX)]


def snippet_routes(read_model: ReadModel, feed: ProgressFeed, authenticator: Authenticator) -> APIRouter:
    """Build the route.

    Raises:
        Problem: 404 for an unknown workflow, and for a person without a response; raised when a request is served, not
            while the routes are built.
    """
    routes = APIRouter(tags=["progress"])

    @routes.get(PATH, response_class=StreamingResponse, responses=ANSWERS)
    async def read_progress(
        person: Annotated[Person | None, Depends(authenticator.person_or_none)],
        response_id: _Id = None,
        workflow_id: _Id = None,
        last_event_id: Annotated[str | None, Header(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> Response:
        """Stream progress of a response or a workflow, or of the caller's latest response, as server-sent events."""
        scope = await _scope(read_model, person, response_id, workflow_id)
        response = scope.response_id if scope.workflow_id is None else None

        async def look() -> Known | None:
            return await _known(read_model, str(response))

        anonymous = person is None
        return await open_stream(feed, scope, last_event_id, anonymous=anonymous, look=look if response else None)

    return routes


async def _scope(
    read_model: ReadModel, person: Person | None, response_id: str | None, workflow_id: str | None
) -> Scope:
    if workflow_id is not None:
        if await read_model.workflow(workflow_id) is None:
            raise unknown_workflow(workflow_id)
        return Scope(workflow_id=workflow_id, response_id=response_id)
    if response_id is not None:
        return Scope(response_id=response_id)
    if person is None:
        raise must_be_named()
    latest = await read_model.latest_response(person.name)
    if latest is None:
        raise no_response()
    return Scope(response_id=latest)


async def _known(read_model: ReadModel, response_id: str) -> Known | None:
    """Return what is known of a response: hawk.progress tells nothing of one that has no workflow."""
    row = await read_model.response(response_id)
    if row is None:
        return None
    if row.workflows:
        return Known()
    view = response_view(row)
    if not view["planned"]:
        return None
    refusals = [Refusal.model_validate(each) for each in view["refusals"]]
    return Known(nothing_to_execute(response_id, view["outcome"], refusals))
