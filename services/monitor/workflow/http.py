"""The routes of one workflow's page, and of its history as JSON. Reading only, and only when somebody asks."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from services.monitor.http import ID_CHARACTERS_MAX, unknown_workflow
from services.monitor.overview.wanted import Lines
from services.monitor.ports import ReadModel, WorkflowRow
from services.monitor.workflow.document import Page, page, sought
from services.monitor.workflow.history import SHOWN_MAX, Histories, Kept, Sought, whole
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses

#: Events of the download that are in memory at once.
PORTION: Final = 200

_Workflow = Annotated[str, Path(max_length=ID_CHARACTERS_MAX)]
_LINKS: Final = linked(
    200,
    event=link(
        "GET",
        "/workflows/{workflow_id}/history/{event_id}",
        workflow_id="/workflow_id",
        event_id="/events/0/event_id",
    ),
)
_DOWNLOAD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Every event of the workflow, the oldest first", "content": {"application/json": {}}}
}


def workflow_routes(
    read_model: ReadModel, lines: Lines, histories: Histories, clock: Callable[[], datetime], console: str
) -> APIRouter:
    """Build the routes of `/workflows/{id}/execution` and `/workflows/{id}/history`.

    Args:
        console: where the console is; empty if that is not known here.
    Raises:
        Problem: 404 for an unknown workflow or event; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(tags=["status"], responses=problem_responses(401, 404, 422, 503))

    async def known(workflow_id: str) -> WorkflowRow:
        row = await read_model.workflow(workflow_id)
        if row is None:
            raise unknown_workflow(workflow_id)
        return row

    @routes.get("/workflows/{workflow_id}/execution", responses=_LINKS)
    async def show_execution(workflow_id: _Workflow) -> dict[str, Any]:
        """Return how one workflow was executed: stages, operations, groups of events with times, what was undone."""
        row, line = await known(workflow_id), await lines.line(workflow_id)
        if line is None:
            raise unknown_workflow(workflow_id)
        history = await histories.events(sought(row), limit=SHOWN_MAX + 1)
        return page(Page(row, line, history), clock(), console)

    @routes.get("/workflows/{workflow_id}/history", response_class=StreamingResponse, responses=_DOWNLOAD)
    async def download_history(workflow_id: _Workflow) -> StreamingResponse:
        """Return the whole history of a workflow: each event with its data, without grants and proofs."""
        row = await known(workflow_id)
        # The first portion is read before anything is said, so that a database that is away is still a 503.
        first = await histories.events(sought(row), limit=PORTION)
        # A name of the file that no id can break out of: ids of workflows are UUIDs, and others have no file.
        name = "".join(each for each in row.workflow_id if each.isalnum() or each == "-")
        return StreamingResponse(
            _download(histories, sought(row), first, clock()),
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="hawk-workflow-{name}.json"'},
        )

    @routes.get("/workflows/{workflow_id}/history/{event_id}")
    async def show_event(workflow_id: _Workflow, event_id: UUID) -> dict[str, Any]:
        """Return one event of a workflow with its data, without grants and proofs."""
        kept = await histories.event(sought(await known(workflow_id)), event_id)
        if kept is None:
            raise Problem(404, "EVENT_UNKNOWN", f"Workflow {workflow_id!r} has no event {event_id}.")
        return whole(kept)

    return routes


async def _download(histories: Histories, of: Sought, portion: Sequence[Kept], at: datetime) -> AsyncIterator[str]:
    """Yield one JSON document in portions: a history may be long, and is in memory nowhere as a whole."""
    head = {"workflow_id": of.workflow_id, "response_id": of.response_id, "reverses": of.reverses}
    yield json.dumps({**head, "as_of": at.isoformat()}, ensure_ascii=False)[:-1] + ', "events": [\n'
    between = ""
    while portion:
        yield between + ",\n".join(json.dumps(whole(each), ensure_ascii=False) for each in portion)
        between = ",\n"
        portion = await histories.events(of, portion[-1].place, PORTION)
    yield "\n]}\n"
