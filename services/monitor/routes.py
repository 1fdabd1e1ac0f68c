"""The routes of the monitor and who may read them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from services.monitor.changes import overview_stream_routes
from services.monitor.chat.http import ChatParts, chat_routes
from services.monitor.chat.message import Sites
from services.monitor.health.http import Sources, health_routes
from services.monitor.health.watch import Watch
from services.monitor.http import status_routes
from services.monitor.letters import DeadLetters, letter_routes
from services.monitor.overview.http import overview_routes
from services.monitor.overview.wanted import Lines
from services.monitor.ports import ReadModel
from services.monitor.snippet import snippet_routes
from services.monitor.speed.http import speed_routes
from services.monitor.stream import stream_routes
from services.monitor.windows import Windows
from services.monitor.workflow.history import Histories
from services.monitor.workflow.http import workflow_routes
from shared.security.tokens import Person
from shared.web.authentication import Authenticator
from shared.web.guards import install_guards
from shared.web.problems import install_problems
from shared.web.progress_feed import ProgressFeed


@dataclass(frozen=True, slots=True)
class Readers:
    """What the routes read. `sites`: where the console and the dashboard are."""

    model: ReadModel
    feed: ProgressFeed
    windows: Windows
    letters: DeadLetters
    lines: Lines
    histories: Histories
    health: Sources
    watch: Watch
    clock: Callable[[], datetime]
    sites: Sites


def install_routes(app: FastAPI, authenticator: Authenticator, given: Readers) -> None:
    """Install the routes: for callers with a token or a session, and in the demo for callers on this machine."""

    async def reader(request: Request, person: Annotated[Person | None, Depends(authenticator.person_or_none)]) -> None:
        if person is None and not authenticator.reads_without_a_token(request):
            await authenticator.person(request, None, None)

    install_problems(app)
    install_guards(app)
    console = given.sites.console
    for routes in (
        status_routes(given.model, given.windows),
        overview_routes(given.lines, given.clock, console),
        overview_stream_routes(given.feed, given.watch, given.clock),
        stream_routes(given.model, given.feed),
        workflow_routes(given.model, given.lines, given.histories, given.clock, console),
        chat_routes(ChatParts(given.model, given.feed, given.sites)),
        snippet_routes(given.model, given.feed, authenticator),
        letter_routes(given.letters),
        speed_routes(given.windows, given.clock),
        health_routes(given.health, console),
    ):
        app.include_router(routes, dependencies=[Depends(reader)])
