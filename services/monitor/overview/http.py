"""The route of the overview. Reading only."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from services.monitor.overview.document import Overview, overview
from services.monitor.overview.wanted import (
    ATTENTION_LINES,
    PAGE_LINES,
    SOUGHT_CHARACTERS_MAX,
    Group,
    Lines,
    Wanted,
)
from shared.events.progress import WorkflowState
from shared.web.problems import problem_responses

#: Characters of the id of the workflow after which a page begins.
ID_CHARACTERS_MAX: Final = 500

_Text = Annotated[str | None, Query(max_length=SOUGHT_CHARACTERS_MAX)]


def overview_routes(lines: Lines, clock: Callable[[], datetime], console: str) -> APIRouter:
    """Build the route of `/overview`.

    Args:
        console: where the console is; empty if that is not known here.
    """
    routes = APIRouter(tags=["status"], responses=problem_responses(401, 422, 503))

    @routes.get("/overview")
    async def show_overview(
        group: Group | None = None,
        state: WorkflowState | None = None,
        model: _Text = None,
        currency: _Text = None,
        entity: _Text = None,
        maker: _Text = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        q: Annotated[str, Query(max_length=SOUGHT_CHARACTERS_MAX)] = "",
        before: Annotated[str | None, Query(max_length=ID_CHARACTERS_MAX)] = None,
    ) -> dict[str, Any]:
        """List workflows, the newest first, and before them what needs attention. `next` is the next page's `before`.

        `q` is the beginning of the id of an order, a workflow or a response, or of Murex's reference of a deal.
        """
        wanted = Wanted(group, state, model, currency, entity, maker, since, until, q.strip(), before)
        shown = Overview(
            counts=await lines.counts(),
            attention=await lines.attention(ATTENTION_LINES + 1),
            lines=await lines.page(wanted, PAGE_LINES + 1),
            attention_max=ATTENTION_LINES,
        )
        return overview(shown, clock(), console)

    return routes
