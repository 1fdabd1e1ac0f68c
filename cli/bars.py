"""Progress of workflows for a person: bars on a terminal, elsewhere a line per message."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from cli.following import Message, ended_well, follow
from cli.output import print_json, say, tell
from cli.terminal import Part, err
from cli.wording import Document, plain, state_style

BAR_WIDTH: Final = 24

Check = Callable[[], Any]


def watch_all(monitor_url: str, workflows: Sequence[Document], check_running: Check, *, as_json: bool) -> list[Message]:
    """Follow workflows to their ends, show each step, and return their last messages in order."""
    bars = _Bars(as_json, several=len(workflows) > 1)
    with bars:
        ends = asyncio.run(_follow_all(monitor_url, workflows, check_running, bars))
    if not as_json:
        for end in ends:
            tell(*closing_line(end))
    return ends


def closing_line(end: Message) -> tuple[Part, ...]:
    """Return the last message in one line, the state in its colour."""
    text = end["status"] if ended_well(end) else (end.get("reason") or end["status"]).removeprefix(f"{end['state']}: ")
    successor = f" Planned again as {end['successor']}." if end.get("successor") else ""
    order, done = end["order_id"] or end["workflow_id"], f"{end['completed_operations']}/{end['total_operations']}"
    return (end["state"], state_style(end["state"])), f"  {plain(order)}  {done}  {plain(text).rstrip('.')}.{successor}"


async def _follow_all(
    monitor_url: str, workflows: Sequence[Document], check_running: Check, bars: "_Bars"
) -> list[Message]:
    async def one(workflow: Document) -> Message:
        last: Message = {}
        known = int(workflow["progress"]["sequence"])
        async with aclosing(
            follow(monitor_url, workflow["workflow_id"], check_running, until_sequence=known)
        ) as messages:
            async for last in messages:
                bars.show(last)
        return last

    return list(await asyncio.gather(*(one(workflow) for workflow in workflows)))


class _Bars:
    """The bars or lines that show messages."""

    def __init__(self, as_json: bool, *, several: bool) -> None:
        self._as_json = as_json
        self._tasks: dict[str, TaskID] = {}
        self._progress: Progress | None = None
        if err.is_terminal and not as_json:
            names = (TextColumn("{task.fields[order]}", style="bold", markup=False),) if several else ()
            status = TextColumn(
                "{task.description}",
                style="dim",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            )
            columns = (*names, BarColumn(BAR_WIDTH), MofNCompleteColumn(), TimeElapsedColumn(), status)
            self._progress = Progress(*columns, console=err, expand=True)

    def __enter__(self) -> "_Bars":
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, message: Message) -> None:
        """Show the next step of a workflow."""
        if self._as_json:
            print_json(message, indent=None)
        elif self._progress is not None:
            self._advance(self._progress, message)
        else:
            done, total = message["completed_operations"], message["total_operations"]
            say(f"{message['state']:<18} {done:>3}/{total:<3}  {plain(message['status'])}")

    def _advance(self, progress: Progress, message: Message) -> None:
        workflow_id = message["workflow_id"]
        fields: dict[str, Any] = {
            "total": message["total_operations"] or None,
            "completed": message["completed_operations"],
            "description": plain(message["status"]),
            "order": plain(message["order_id"] or workflow_id),
        }
        if workflow_id in self._tasks:
            progress.update(self._tasks[workflow_id], **fields)
        else:
            self._tasks[workflow_id] = progress.add_task(**fields)
