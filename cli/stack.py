"""`hawk up`, `down`, `status` and `process`: the processes of a HAWK on this machine."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.display import StartDisplay, summary, table_of
from cli.output import (
    DataOption,
    JsonOption,
    ReferenceOption,
    chosen_data_dir,
    connect,
    fail,
    meant_data_dir,
    print_json,
    print_page,
    say,
)
from cli.terminal import Part
from tools.local_stack import registry
from tools.local_stack.errors import NotRunning
from tools.local_stack.files import open_private
from tools.local_stack.locking import is_locked
from tools.local_stack.paths import DataDir
from tools.local_stack.replicas import (
    REPLICAS_MAX,
    REPLICATED,
    BadReplicas,
    parse_replicas,
    process_names,
    process_said,
)
from tools.local_stack.state import State, is_alive, public, read_state, running_state

FOLLOW_SECONDS = 0.1
"""Between two looks at the state file while a detached HAWK starts."""


#: The processes of `hawk process`, of which some have replicas.
PROCESSES = ("parser", "approval", "executor", "monitor", "relay", "murex", "kafka", "postgres")


def _process_name(given: str) -> str:
    """Return a name that a process of HAWK may have.

    Raises:
        typer.BadParameter: it is none.
    """
    known = (*PROCESSES, *(each for service in REPLICATED for each in process_names(service, REPLICAS_MAX)))
    process = process_said(given)
    if process not in known:
        raise typer.BadParameter(f"{given!r} is not a process. Use {', '.join(PROCESSES)}, or a replica: executor-2.")
    return process


NameArgument = Annotated[
    str,
    typer.Argument(
        parser=_process_name, metavar="NAME", help=f"Name of the process: {', '.join(PROCESSES)}; executor-2."
    ),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `hawk up` is asked for, besides the place."""

    reference: Path | None
    murex_script: Path | None
    murex: str | None
    replicas: Mapping[str, int]

    def options(self) -> list[str]:
        """Return the options of the command that ask for the same."""
        options: list[str] = []
        options += ["--reference", str(self.reference.resolve())] if self.reference else []
        options += ["--murex-script", str(self.murex_script.resolve())] if self.murex_script else []
        options += ["--murex", self.murex] if self.murex else []
        for name, count in self.replicas.items():
            options += ["--replicas", f"{name}={count}"]
        return options


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    process = typer.Typer(no_args_is_help=True, help="Stop, start or restart one process.")
    for verb in ("stop", "start", "restart"):
        process.command(verb, help=f"{verb.capitalize()} one process and wait for the result.")(_process(verb))
    app.add_typer(process, name="process")


def up(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Data directory. Default: $HAWK_DATA_DIR, else ./.hawk."),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when HAWK is ready, and keep it running.")] = False,
    reference: ReferenceOption = None,
    murex_script: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A script of the Murex simulator's replies."),
    ] = None,
    murex: Annotated[
        Literal["simulator"] | None,
        typer.Option(help="With your own servers: start the simulator. Without it HAWK waits for a gateway."),
    ] = None,
    replicas: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COUNT",
            help=f"Run up to {REPLICAS_MAX} processes of {', '.join(REPLICATED)}: executor=2, or executor=2,monitor=2.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start Kafka, PostgreSQL, the services and the Murex simulator, and wait until all are ready.

    To use your own servers, set HAWK_KAFKA_BOOTSTRAP and HAWK_POSTGRES_DSN: then there is no demo data, no demo issuer,
    no simulator without --murex, and HAWK starts in OBSERVE. A process that dies is restarted within 5 seconds. Stop
    HAWK with Ctrl-C or `hawk down`.
    \f

    Raises:
        typer.BadParameter: --murex-script is given, but no simulator is started; or --replicas cannot be.
    """
    try:
        counts = parse_replicas(replicas or ())
    except BadReplicas as error:
        raise typer.BadParameter(str(error), param_hint="--replicas") from error
    if murex_script is not None and not _simulates(murex):
        raise typer.BadParameter("--murex-script is for the simulator. With your own servers, add --murex simulator.")
    if reference is not None:
        from tools.reference_files import read_folder

        read_folder(reference)  # report a bad file before anything is started
    place, wanted = chosen_data_dir(data), Wanted(reference, murex_script, murex, counts)
    if is_locked(place):
        state = _follow(place, None)
        say(f"HAWK is already running on {place.root}.")
    elif detach:
        state = _follow(place, _spawn(place, wanted))
    else:
        _run(place, wanted, as_json)
        return
    _print_state(state, as_json, ("Stop it with ", "dim"), "hawk down")


def down(
    wipe_data: Annotated[bool, typer.Option("--wipe", help="Also delete all its data.")] = False,
    data: DataOption = None,
) -> None:
    """Stop HAWK in an orderly way. Does nothing when it is not running."""
    from tools.local_stack.shutdown import take_down, wipe

    place = meant_data_dir(data)
    ended = take_down(place)
    registry.forget(place)
    say(f"HAWK on {place.root} is down." if ended else f"HAWK was not running on {place.root}.")
    if wipe_data:
        wipe(place)
        say(f"Its data in {place.root} is deleted.")


def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the processes, the addresses, the rollout, the stop, and the number of reference rows that wait for people.

    Exit status 3 when HAWK is not running.
    """
    from cli.rollout_in_force import control_read, reference_held, rollout_in_force

    state = connect(data).command("status")
    state["rollout"] = asyncio.run(rollout_in_force(state))
    state["control_topic"] = asyncio.run(control_read(state))
    state["reference_held"] = asyncio.run(reference_held(state))
    if as_json:
        print_json(state)
    else:
        print_page(table_of(state), wrapped=False)
        print_page(summary(state), wrapped=False)


def _process(verb: str):  # type: ignore[no-untyped-def]
    def act(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
        reply = connect(data).command(verb, name)
        if as_json:
            print_json(reply)
        else:
            say(f"{reply['name']} " + (f"is running (process {reply['pid']})." if reply["pid"] else "is stopped."))

    return act


def _simulates(murex: str | None) -> bool:
    """Return True if the simulator runs: always with HAWK's own servers, with others only on request."""
    from tools.local_stack.servers import OwnServers

    return murex is not None or OwnServers.from_environment().all_local


def _run(place: DataDir, wanted: Wanted, as_json: bool) -> None:
    """Run `hawk up` in the foreground: this process is the supervisor until it is stopped."""
    from cli.reference import publish_reference_data
    from tools.local_stack.servers import OwnServers
    from tools.local_stack.services import MODULES, MUREX
    from tools.local_stack.supervisor import Installation, Supervisor

    began = time.monotonic()
    own = OwnServers.from_environment()
    display = StartDisplay()

    def changed(state: State) -> None:
        was_running = display.is_up
        display.show(state)
        if display.is_up and not was_running:
            say(("HAWK is up", "green"), f" after {time.monotonic() - began:.1f} s.")
            _print_state(public(state), as_json, ("Stop it with ", "dim"), "Ctrl-C", (" or ", "dim"), "hawk down")

    async def when_ready(state: State) -> None:
        if own.all_local or wanted.reference is not None:
            await publish_reference_data(place, state, wanted.reference)

    script = wanted.murex_script.resolve() if wanted.murex_script else None
    modules = {name: module for name, module in MODULES.items() if name != MUREX or _simulates(wanted.murex)}
    supervisor = Supervisor(Installation(place, own, modules, wanted.replicas, script), changed, when_ready)
    registry.remember(place)
    try:
        with display:
            asyncio.run(supervisor.run())
    finally:
        registry.forget(place)
    say("HAWK is down.")


def _spawn(place: DataDir, wanted: Wanted) -> subprocess.Popen[bytes]:
    """Start `hawk up` in a session of its own, with its output in logs/supervisor.log."""
    place.create()
    place.state_file.unlink(missing_ok=True)
    with open_private(place.log("supervisor")) as log:
        return subprocess.Popen(  # noqa: S603 - ourselves
            (sys.executable, "-m", "cli", "up", "--data", str(place.root), *wanted.options()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "NO_COLOR": "1"},
        )


def _follow(place: DataDir, started: subprocess.Popen[bytes] | None) -> State:
    """Show the progress of a supervisor in another process until HAWK is ready, and return its public state."""
    began = time.monotonic()
    with StartDisplay() as display:
        while True:
            state = read_state(place)
            alive = state is not None and is_alive(state["supervisor"])
            if state is not None and alive:
                display.show(state)
                if state["state"] == "running":
                    break
            elif (started is None and not is_locked(place)) or (started is not None and started.poll() is not None):
                _fail(place, started)
            time.sleep(FOLLOW_SECONDS)
    if started is not None:
        say(("HAWK is up", "green"), f" after {time.monotonic() - began:.1f} s.")
    return public(running_state(place))


def _fail(place: DataDir, started: subprocess.Popen[bytes] | None) -> None:
    if started is None:
        raise NotRunning(root=place.root)
    log = place.log("supervisor").read_text(encoding="utf-8", errors="replace").strip()
    fail(log or f"HAWK did not start, and gave no reason. See the logs in {place.logs}.")


def _print_state(state: State, as_json: bool, *hint: Part) -> None:
    if as_json:
        print_json(state)
    else:
        print_page(summary(state), wrapped=False)
        say(*hint)
