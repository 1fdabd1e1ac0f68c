"""Status of workflows and responses, and the windowed counts (interfaces section 5). Reading only."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from services.monitor.ports import ReadModel
from services.monitor.views import response_view, workflow_summary, workflow_view
from services.monitor.windows import Windows
from shared.events.progress import WorkflowState
from shared.web.description import link, linked
from shared.web.problems import Problem, problem_responses

#: Workflows of one page of the list. A page of summaries of this size stays below 2 MiB.
PAGE_WORKFLOWS_MAX = 500
PAGE_WORKFLOWS_DEFAULT = 100
#: Characters of an id in a path or query; response ids are the publisher's choice.
ID_CHARACTERS_MAX = 500

#: The problems that any route of the monitor may return.
PROBLEMS = problem_responses(401, 404, 422, 503)


_WORKFLOW: Final = {"response": link("GET", "/responses/{response_id}", response_id="/response_id")}
_FIRST: Final = {
    "workflow": link("GET", "/workflows/{workflow_id}", workflow_id="/workflows/0/workflow_id"),
    "older": link("GET", "/workflows", before="/next"),
}


def status_routes(read_model: ReadModel, windows: Windows) -> APIRouter:
    """Build the routes of `/workflows`, `/responses` and `/windows`.

    Raises:
        Problem: 404 for an unknown workflow or response; raised when a request is served, not while the routes are
            built.
    """
    routes = APIRouter(tags=["status"], responses=PROBLEMS)

    @routes.get("/workflows", responses=linked(200, **_FIRST))
    async def list_workflows(
        state: WorkflowState | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_WORKFLOWS_MAX)] = PAGE_WORKFLOWS_DEFAULT,
        before: Annotated[str | None, Query(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> dict[str, Any]:
        """List what needs a person first, then the newest. `next` is the next page's `before`, null at the end."""
        rows = await read_model.workflows(state=state, limit=limit + 1, before=before)
        page = [workflow_summary(row) for row in rows[:limit]]
        return {"workflows": page, "next": page[-1]["workflow_id"] if len(rows) > limit else None}

    @routes.get("/workflows/{workflow_id}", responses=linked(200, **_WORKFLOW))
    async def show_workflow(workflow_id: str) -> dict[str, Any]:
        """Return one workflow, as `hawk show` prints it."""
        row = await read_model.workflow(workflow_id)
        if row is None:
            raise unknown_workflow(workflow_id)
        return workflow_view(row, await read_model.others(row))

    @routes.get("/responses/{response_id}")
    async def show_response(response_id: str) -> dict[str, Any]:
        """Return one response of the AI with its workflows, as `hawk show` prints it."""
        row = await read_model.response(response_id)
        if row is None:
            raise unknown_response(response_id)
        return response_view(row, {each.workflow_id: await read_model.others(each) for each in row.workflows})

    @routes.get("/windows")
    async def show_windows() -> dict[str, Any]:
        """Return completed and failed workflows per minute, newest first: a live view, not the record."""
        counts = windows.counts()
        return {
            "running": windows.running,
            "window_seconds": windows.window_seconds,
            "windows": [
                {"start": count.start.isoformat(), "completed": count.completed, "failed": count.failed}
                for count in counts
            ],
        }

    return routes


def unknown_workflow(workflow_id: str) -> Problem:
    """Return the problem 404 for a workflow of which nothing is known, perhaps not yet."""
    return Problem(
        404,
        "WORKFLOW_UNKNOWN",
        f"No workflow {workflow_id[:ID_CHARACTERS_MAX]!r} is known. Check the id, or try again in a moment "
        "if it was just proposed.",
    )


def unknown_response(response_id: str) -> Problem:
    """Return the problem 404 for a response of which nothing is known, perhaps not yet."""
    return Problem(
        404,
        "RESPONSE_UNKNOWN",
        f"No response {response_id[:ID_CHARACTERS_MAX]!r} has been read yet. Check the id, or try again in a moment "
        "if it was just published.",
    )
