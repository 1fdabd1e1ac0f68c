"""`hawk publish`, `list`, `show` and `watch`: responses of the AI and their workflows."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from cli.bars import watch_all
from cli.cards import response_card, workflow_card, workflow_table
from cli.clients import Monitor, polled
from cli.following import ended_well
from cli.output import (
    NOT_SO,
    DataOption,
    FileArgument,
    JsonOption,
    RunningHawk,
    connect,
    fail,
    print_bytes,
    print_json,
    print_page,
    read_response_file,
    say,
    tell,
)
from cli.wording import Document
from shared.errors import InvalidInput, Transient
from shared.events.progress import WorkflowState
from shared.events.topics import AI_RESPONSES, MESSAGE_BYTES_MAX
from tools.local_stack.state import running_state

if TYPE_CHECKING:
    from cli.wrapping import Wrapped

PUBLISH_SECONDS_MAX: Final = 30.0
"""A broker responds in milliseconds; one that is being restarted needs some seconds."""

WAIT_SECONDS_DEFAULT: Final = 60
"""A response is read and planned in about a second; a loaded machine gets a minute."""

SETTLE_SECONDS: Final = 10.0
"""From the plan to the first message of the approval service, which never asks for approval in OBSERVE."""

LIST_WORKFLOWS_DEFAULT: Final = 1_000

RECORD_OVERHEAD_BYTES: Final = 64 * 1024
"""Headers and framing of a Kafka record, in addition to its value."""

AUTO: Final = "AUTO"
STATES: Final = frozenset(get_args(WorkflowState))
_NOT_YET: Final = frozenset({"PROPOSED", "PLANNED"})

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a response or a workflow.")]
ResponseIdOption = Annotated[
    str | None,
    typer.Option("--response-id", metavar="ID", help="Id of the response. Default: derived from its content."),
]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until the response is planned, then show it.")]
TimeoutOption = Annotated[int, typer.Option("--timeout", metavar="SECONDS", min=1, help="The longest wait.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(publish)
    app.command(name="list")(list_workflows)
    app.command()(show)
    app.command()(watch)


def publish(
    file: FileArgument,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="The person who asked the AI.")] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The prompt; it is published with the response, in an envelope.")
    ] = None,
    response_id: ResponseIdOption = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = WAIT_SECONDS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a response on hawk.ai.responses, as the AI does.

    Prints the id of the response. The parser decides whether it is accepted: see `hawk show ID`.
    \f

    Raises:
        InvalidInput: ANSWER_TOO_LARGE, the topic takes no message of this size.
    """
    from cli.wrapping import wrap

    value = read_response_file(file)
    wrapped = wrap(value, user=user, prompt=prompt, response_id=response_id)
    if not fits(wrapped):
        raise InvalidInput(
            code="ANSWER_TOO_LARGE",
            reason=f"{file} has {len(value)} bytes; the topic takes messages of up to {MESSAGE_BYTES_MAX} bytes. Send "
            "a shorter response.",
        )
    hand_in(connect(data), wrapped, wait=timeout if wait else None, as_json=as_json)


def fits(wrapped: "Wrapped") -> bool:
    """Return True if the topic takes a message of this size."""
    return len(wrapped.value) <= MESSAGE_BYTES_MAX - RECORD_OVERHEAD_BYTES


def hand_in(
    hawk: RunningHawk, wrapped: "Wrapped", *, wait: float | None, as_json: bool, for_chat: bool = False
) -> None:
    """Publish a response and print its id, or after a wait the response with its workflows.

    Args:
        wait: longest wait in seconds until the response is planned; None does not wait.
        for_chat: print what a chat shows of it instead; with `as_json`, besides.
    Raises:
        Transient: Kafka did not take it, or the wait was too short.
    """
    with Monitor(hawk.monitor_url) as monitor:
        before = monitor.response(wrapped.response_id) if wait is not None else None
        asyncio.run(_send(hawk, wrapped))
        if wait is not None:
            say(("Published as response ", "dim"), wrapped.response_id)
            response = settled(monitor, wrapped.response_id, before, wait)
            if for_chat:
                _print_message(response, monitor.message(wrapped.response_id), as_json)
            else:
                _print_response(response, as_json)
        elif as_json:
            print_json({"response_id": wrapped.response_id})
        else:
            tell(wrapped.response_id)
            say(("Published. See its workflows with ", "dim"), f"hawk show {wrapped.response_id}")


def list_workflows(
    state: Annotated[
        str | None, typer.Option(metavar="S", help="Only workflows in this state, for example AWAITING_APPROVAL.")
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="The most workflows to list.")
    ] = LIST_WORKFLOWS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the workflows: those that need a person first, then the newest.
    \f

    Raises:
        InvalidInput: UNKNOWN_STATE, no workflow state has this name.
    """
    wanted = None if state is None else state.upper()
    if wanted is not None and wanted not in STATES:
        raise InvalidInput(code="UNKNOWN_STATE", reason=f"{state} is not a state. Use one of {', '.join(STATES)}.")
    with Monitor(connect(data).monitor_url) as monitor:
        workflows, more = monitor.workflows(wanted, limit)
    if as_json:
        print_json(workflows)
    elif workflows:
        print_page(workflow_table(workflows))
    else:
        say("No workflow is known." if wanted is None else f"No workflow is in state {wanted}.")
    if more:
        say((f"There are more than these {limit}. For more, set --limit.", "dim"))


def show(
    name: IdArgument,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the bytes of the response as received; ID can also be their SHA-256.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a response or a workflow: the plan card and its progress."""
    if raw:
        _show_raw(name, data, as_json)
        return
    workflow, response = _known(connect(data), name)
    if workflow is None:
        _print_response(response, as_json)
    elif as_json:
        print_json(workflow)
    else:
        print_page(workflow_card(workflow))


def _known(hawk: RunningHawk, name: str) -> tuple[Document | None, Document]:
    """Return the workflow with an id, else the response; end the command when there is neither."""
    with Monitor(hawk.monitor_url) as monitor:
        workflow = monitor.workflow(name)
        response = monitor.response(name) if workflow is None else {}
    return workflow, fail(_unknown(name)) if response is None else response


def _show_raw(name: str, data: Path | None, as_json: bool) -> None:
    """Write the bytes of a response to stdout, and their description to stderr."""
    from cli.raw_responses import raw_response

    if as_json:
        raise InvalidInput(code="RAW_IS_NO_JSON", reason="--raw prints the bytes of the response. Leave out --json.")
    hawk = connect(data)
    with Monitor(hawk.monitor_url) as monitor:
        workflow = monitor.workflow(name)
    raw = asyncio.run(raw_response(hawk.dsn("hawk_reader"), name if workflow is None else workflow["response_id"]))
    if raw is None:
        fail(_unknown(name))
    print_bytes(raw.kept)
    say((f"SHA-256 {raw.sha256}, {raw.size_bytes} bytes, received {raw.received_at.isoformat()}", "dim"))
    for other in raw.others:
        say(("Another response with this id was refused: ", "dim"), f"hawk show {other} --raw")
    if not raw.authentic:
        fail("The bytes in table parser.answers do not have this SHA-256: they were changed. Run `hawk verify`.")
    if not raw.whole:
        fail(f"The response was too large to read: only its first {len(raw.kept)} bytes are kept.")


def watch(name: IdArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Follow a workflow, or all workflows of a response, with a progress bar until the end.

    Exit status 1 when a workflow does not succeed. With --json, one message per line.
    \f

    Raises:
        typer.Exit: status 1, a workflow did not succeed.
    """
    hawk = connect(data)
    workflow, response = _known(hawk, name)
    followed = response["workflows"] if workflow is None else [workflow]
    if not followed:
        fail(f"Response {name} has no workflow to watch: {response['outcome']}. See `hawk show {name}`.")
    ends = watch_all(hawk.monitor_url, followed, lambda: running_state(hawk.data), as_json=as_json)
    if not all(ended_well(end) for end in ends):
        raise typer.Exit(NOT_SO)


def _print_response(response: Document, as_json: bool) -> None:
    if as_json:
        print_json(response)
    else:
        print_page(response_card(response))


def _print_message(response: Document, message: Document, as_json: bool) -> None:
    if as_json:
        print_json({**response, "message": message})
        return
    tell(message["text"])
    for name, address in message["links"].items():
        if address is not None:
            say((f"{name:<8} ", "dim"), address)


def settled(monitor: Monitor, response_id: str, before: Document | None, timeout: float) -> Document:
    """Return the response once each of its workflows waits for people, or has ended where none are needed.

    Args:
        before: the response as known when it was published again; then wait until the repeat is read.
    Raises:
        Transient: this does not happen within `timeout` seconds.
    """
    planned_at: float | None = None

    def look() -> Document | None:
        nonlocal planned_at
        response = monitor.response(response_id)
        if response is None or not response["planned"] or not _is_read(response, before):
            return None
        now = time.monotonic()
        planned_at = planned_at or now
        over = is_settled(response) or (now - planned_at > SETTLE_SECONDS and not _runs_by_itself(response))
        return response if over else None

    found = polled(look, timeout)
    if found is None:
        response = monitor.response(response_id)
        state = "not read yet" if response is None else f"outcome so far {response['outcome']}"
        raise Transient(
            f"Response {response_id} was published, but is not planned after {timeout:g} s: {state}. "
            f"Check the services with `hawk status`, and the response later with `hawk show {response_id}`."
        )
    return found


def is_settled(response: Document) -> bool:
    """Return True if nothing happens to a response until a person acts."""
    return all(_workflow_is_settled(workflow) for workflow in response["workflows"])


def _workflow_is_settled(workflow: Document) -> bool:
    if workflow["state"] in _NOT_YET:
        return False
    return bool(workflow["progress"]["final"]) or _tier(workflow) != AUTO


def _runs_by_itself(response: Document) -> bool:
    return any(_tier(workflow) == AUTO and workflow["state"] not in _NOT_YET for workflow in response["workflows"])


def _tier(workflow: Document) -> str | None:
    return (workflow["policy"] or {}).get("tier")


def _is_read(response: Document, before: Document | None) -> bool:
    """Return True if the published response is read: a known one then counts one more repeat or contradiction."""
    if before is None or before["outcome"] is None:
        return True
    return _count(response) > _count(before)


def _count(response: Document) -> int:
    return int(response["repeats"]) + int(response["contradictions"])


async def publish_response(hawk: RunningHawk, response: bytes, *, user: str, prompt: str) -> str:
    """Publish a response to a user's prompt, and return its id.

    Raises:
        Transient: Kafka did not take it.
    """
    from cli.wrapping import wrap

    wrapped = wrap(response, user=user, prompt=prompt, response_id=None)
    await _send(hawk, wrapped)
    return wrapped.response_id


async def _send(hawk: RunningHawk, wrapped: "Wrapped") -> None:
    # Imported here: the Kafka client takes long to load, and only publishing needs it.
    from aiokafka.errors import KafkaError

    from shared.messaging.kafka import kafka_connection
    from shared.messaging.producer import Producer
    from shared.settings import ServiceSettings

    kafka = kafka_connection(ServiceSettings(kafka_bootstrap=hawk.bootstrap))
    try:
        async with asyncio.timeout(PUBLISH_SECONDS_MAX), Producer(kafka) as producer:
            await producer.send(AI_RESPONSES, wrapped.value, key=wrapped.response_id, headers=wrapped.headers)
    except (KafkaError, TimeoutError) as error:
        raise Transient(
            f"Kafka at {hawk.bootstrap} did not take the response ({str(error) or 'no reply in time'}). Check it with "
            "`hawk status`, then publish again: a response that arrived twice counts once."
        ) from error


def _unknown(name: str) -> str:
    return f"No response or workflow {name!r} is known yet. `hawk list` shows all workflows."
