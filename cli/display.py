"""The start and the state of a HAWK, as a person sees them."""

from typing import Any

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.layout import add_row, calm_table
from cli.terminal import err, say
from cli.wording import plain
from shared.security.demo_people import DEMO_PEOPLE
from shared.security.issuers import DEMO_PROFILE
from tools.local_stack.replicas import shown_name
from tools.local_stack.state import State

REFRESHES_PER_SECOND = 8


class StartDisplay:
    """The progress of a start: on a terminal a table that fills up, elsewhere a line per event.

    After the start it reports when a process ends and when it is ready again.
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

    def __exit__(self, *_: object) -> None:
        self._end_live()

    def show(self, state: State) -> None:
        """Show a state document; call this after every change."""
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
                say((f"{name} has ended and is being restarted.", "yellow"))
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
    """Return a line for each process."""
    table = calm_table("process", ">pid", "state")
    for name, process in state["processes"].items():
        add_row(table, shown_name(name, state["processes"]), str(process["pid"] or "–"), _state_of(process))
        for defect in process.get("defects", ()):
            add_row(table, "", "", defect, style="red")
    return table


def _state_of(process: dict[str, object]) -> Text:
    if process["ready"]:
        return Text("ready", style="green")
    if process.get("stopped"):
        return Text("stopped", style="dim")
    return Text("starting" if process["pid"] else "restarting", style="yellow")


def summary(state: State) -> Table:
    """Return the addresses of a HAWK, its rollout, and what waits for people."""
    grid = Table.grid(padding=(0, 2))
    kafka, postgres = state["kafka"], state["postgres"]
    facts: dict[str, str | Text] = {
        "console": state.get("console_url") or "–",
        "approvals": state["approval_url"],
        "monitor": state["monitor_url"],
        **state.get("replica_urls", {}),
        "kafka": f"{kafka['bootstrap']}{_whose(kafka)}",
        "database": f"{_without_password(postgres['dsn'])}{_whose(postgres)}",
        "data": str(state["data_dir"]),
    }
    if state.get("profile") == DEMO_PROFILE:
        facts["sign in as"] = ", ".join(f"{person.name} ({', '.join(person.roles)})" for person in DEMO_PEOPLE)
    if "rollout" in state:
        facts["rollout"] = _rollout(state["rollout"])
    control = state.get("control_topic")
    if control is not None and not control["caught_up"]:
        facts[""] = _behind(control["seconds"])
    if state.get("reference_held"):
        held = f"{state['reference_held']} rows or sets wait for people: hawk reference held"
        facts["reference data"] = Text(held, style="yellow")
    for name, value in facts.items():
        grid.add_row(Text(name, "dim"), value)
    return grid


def _whose(server: dict[str, Any]) -> str:
    return "" if server["pid"] else " (yours)"


def _rollout(rollout: dict[str, Any] | None) -> Text:
    """Return the mode in force, with a stop in red."""
    if rollout is None:
        return Text("unknown: the database does not respond", style="yellow")
    if rollout["stopped"]:
        return Text(plain(f"{rollout['mode']}, STOPPED by {rollout['reason']}"), style="red")
    return Text(f"{rollout['mode']}, not stopped")


def _behind(seconds: float | None) -> Text:
    """Return the warning that no workflow starts, as the executor cannot know whether HAWK is stopped."""
    last = "has never read hawk.control" if seconds is None else f"last read hawk.control {seconds:.0f} s ago"
    return Text(f"NOTHING NEW STARTS: the executor {last}, so it may miss a stop. Check its log.", style="red")


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    who, at, place = rest.rpartition("@")
    return f"{scheme}://{who.partition(':')[0]}{at}{place}"
