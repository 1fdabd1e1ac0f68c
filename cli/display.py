"""How the start and the state of a HAWK look to a person."""

from types import TracebackType
from typing import Any

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.terminal import err, say
from cli.wording import plain
from tools.local_stack.state import State

REFRESHES_PER_SECOND = 8


class StartDisplay:
    """Shows a start: on a terminal one calm table that fills up, elsewhere a line per event.

    After the start it says when a process dies and when it is back.
    """

    def __init__(self) -> None:
        self.is_up = False
        self._ready: dict[str, bool] = {}
        self._detail = ""
        self._live: Live | None = None

    def __enter__(self) -> "StartDisplay":
        if err.is_terminal:
            self._live = Live(console=err, refresh_per_second=REFRESHES_PER_SECOND, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_live()

    def show(self, state: State) -> None:
        """Take in a state document; call it after every change."""
        running = state["state"] == "running"
        if self._live is not None:
            if state["state"] == "starting":
                self._live.update(_progress(state))
            else:
                self._end_live()
        elif not running:
            self._print_news(state)
        if running and self.is_up:
            self._print_deaths(state)
        self._ready = {name: bool(process["ready"]) for name, process in state["processes"].items()}
        self.is_up = self.is_up or running

    def _end_live(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _print_news(self, state: State) -> None:
        for name, process in state["processes"].items():
            if process["ready"] and not self._ready.get(name):
                say((f"  {name} is ready", "dim"))
        if state["detail"] != self._detail:
            self._detail = state["detail"]
            if self._detail:
                say((f"{self._detail} …", "dim"))

    def _print_deaths(self, state: State) -> None:
        for name, process in state["processes"].items():
            was = self._ready.get(name)
            if was and not process["ready"] and process["stopped"]:
                say(f"{name} is stopped.")
            elif was and not process["ready"]:
                say((f"{name} has ended; starting it again.", "yellow"))
            elif was is False and process["ready"]:
                say((f"{name} is ready again.", "green"))


def _progress(state: State) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Spinner("dots"), Text(f"{state['detail']} …"))
    for name, process in state["processes"].items():
        mark = Text("✓", style="green") if process["ready"] else Text("·", style="dim")
        grid.add_row(mark, Text(name, style="" if process["ready"] else "dim"))
    return grid


def table_of(state: State) -> Table:
    """The processes, one a line."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("process")
    table.add_column("pid", justify="right")
    table.add_column("state")
    for name, process in state["processes"].items():
        table.add_row(name, str(process["pid"] or "–"), _state_of(process))
        for defect in process.get("defects", ()):
            table.add_row("", "", Text(plain(defect), style="red"))
    return table


def _state_of(process: dict[str, object]) -> Text:
    if process["ready"]:
        return Text("ready", style="green")
    if process.get("stopped"):
        return Text("stopped", style="dim")
    return Text("starting" if process["pid"] else "restarting", style="yellow")


def summary(state: State) -> Table:
    """Where to find what."""
    grid = Table.grid(padding=(0, 2))
    own = " (yours)"
    kafka, postgres = state["kafka"], state["postgres"]
    grid.add_row(Text("approvals", "dim"), str(state["approval_url"]))
    grid.add_row(Text("monitor", "dim"), str(state["monitor_url"]))
    grid.add_row(Text("kafka", "dim"), f"{kafka['bootstrap']}{'' if kafka['pid'] else own}")
    grid.add_row(Text("database", "dim"), f"{_without_password(postgres['dsn'])}{'' if postgres['pid'] else own}")
    grid.add_row(Text("data", "dim"), str(state["data_dir"]))
    if "rollout" in state:
        grid.add_row(Text("rollout", "dim"), _rollout(state["rollout"]))
    behind = state.get("control_topic")
    if behind is not None and not behind["caught_up"]:
        grid.add_row("", _behind(behind["seconds"]))
    if state.get("reference_held"):
        held = f"{state['reference_held']} rows or sets wait for people: hawk reference held"
        grid.add_row(Text("reference data", "dim"), Text(held, style="yellow"))
    return grid


def _rollout(told: dict[str, Any] | None) -> Text:
    """The mode in force, and a stop so that nobody overlooks it."""
    if told is None:
        return Text("not known: the database does not answer", style="yellow")
    if told["stopped"]:
        return Text(plain(f"{told['mode']}, STOPPED by {told['reason']}"), style="red")
    return Text(f"{told['mode']}, not stopped")


def _behind(seconds: float | None) -> Text:
    """Nothing begins while the executor cannot know whether it was stopped."""
    since = "never" if seconds is None else f"{seconds:.0f} s ago"
    said = f"NOTHING NEW BEGINS: the executor has read hawk.control to its end {since}; a stop may stand there"
    return Text(said, style="red")


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    who, at, place = rest.rpartition("@")
    return f"{scheme}://{who.partition(':')[0]}{at}{place}"
