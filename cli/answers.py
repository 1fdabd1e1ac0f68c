"""`hawk publish`, `list`, `show` and `watch`: answers of the AI and what becomes of them."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer

from cli.bars import watch_all
from cli.cards import response_card, workflow_card, workflow_table
from cli.clients import Monitor
from cli.files import read_answer_file
from cli.following import ended_well
from cli.output import (
    NOT_SO,
    DataOption,
    JsonOption,
    RunningHawk,
    connect,
    fail,
    print_bytes,
    print_json,
    print_page,
    say,
    tell,
)
from cli.polling import polled
from cli.wording import Document
from shared.errors import InvalidInput, Transient
from shared.events.progress import WorkflowState
from shared.events.topics import AI_RESPONSES, MESSAGE_BYTES_MAX
from tools.local_stack.state import running_state

if TYPE_CHECKING:
    from cli.wrapping import Wrapped

PUBLISH_SECONDS_MAX: Final = 30.0
"""A broker answers in milliseconds; one that is being started again needs some seconds."""

WAIT_SECONDS_DEFAULT: Final = 60
"""An answer is parsed and planned in about a second; a loaded machine gets a minute."""

SETTLE_SECONDS: Final = 10.0
"""Between the plan and the first word of the approval service; in OBSERVE it never asks for approval."""

LIST_WORKFLOWS_DEFAULT: Final = 1_000

RECORD_OVERHEAD_BYTES: Final = 64 * 1024
"""Headers and framing of a Kafka record, beside its value."""

AUTO: Final = "AUTO"
STATES: Final = frozenset(get_args(WorkflowState))
_NOT_YET: Final = frozenset({"PROPOSED", "PLANNED"})

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a response or a workflow.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(publish)
    app.command(name="list")(list_workflows)
    app.command()(show)
    app.command()(watch)


def publish(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", allow_dash=True, help="The answer, byte for byte; - takes stdin.")
    ],
    user: Annotated[str | None, typer.Option(metavar="NAME", help="On whose behalf the AI answered.")] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What was asked; the answer then travels in an envelope.")
    ] = None,
    response_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Give the response an id; else it follows from its content.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is read and planned, then show it.")] = False,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="Longest wait.")] = WAIT_SECONDS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an answer on hawk.ai.responses as the AI upstream would.

    Prints the id of the response. Whether the answer is accepted is the parser's to say: `hawk show ID`.
    \f

    Raises:
        InvalidInput: ANSWER_TOO_LARGE, the topic takes no message of this size.
    """
    from cli.wrapping import wrap

    value = read_answer_file(file)
    wrapped = wrap(value, user=user, prompt=prompt, response_id=response_id)
    if not fits(wrapped):
        raise InvalidInput(
            code="ANSWER_TOO_LARGE",
            reason=f"{file} has {len(value)} bytes; the topic takes messages up to {MESSAGE_BYTES_MAX}. Send less.",
        )
    hand_in(connect(data), wrapped, wait=timeout if wait else None, as_json=as_json)


def fits(wrapped: "Wrapped") -> bool:
    """Whether the topic takes a message of this size."""
    return len(wrapped.value) <= MESSAGE_BYTES_MAX - RECORD_OVERHEAD_BYTES


def hand_in(hawk: RunningHawk, wrapped: "Wrapped", *, wait: float | None, as_json: bool) -> None:
    """Publish an answer and print its id, or after a wait what became of it.

    Args:
        wait: longest wait in seconds until it is read and planned; None does not wait.
    Raises:
        Transient: Kafka did not take it, or the wait was too short.
    """
    with Monitor(hawk.monitor_url) as monitor:
        before = monitor.response(wrapped.response_id) if wait is not None else None
        asyncio.run(_send(hawk, wrapped))
        if wait is None:
            _print_published(wrapped.response_id, as_json)
            return
        say(("Published as response ", "dim"), wrapped.response_id)
        print_response(settled(monitor, wrapped.response_id, before, wait), as_json)


def list_workflows(
    state: Annotated[str | None, typer.Option(metavar="S", help="Only this state, e.g. AWAITING_APPROVAL.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = LIST_WORKFLOWS_DEFAULT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """The workflows: those that need a person first, then the newest.
    \f

    Raises:
        InvalidInput: UNKNOWN_STATE, no workflow state has this name.
    """
    wanted = None if state is None else state.upper()
    if wanted is not None and wanted not in STATES:
        raise InvalidInput(code="UNKNOWN_STATE", reason=f"There is no state {state}. States: {', '.join(STATES)}.")
    with Monitor(connect(data).monitor_url) as monitor:
        workflows, more = monitor.workflows(wanted, limit)
    if as_json:
        print_json(workflows)
    elif workflows:
        print_page(workflow_table(workflows))
    else:
        say("There is no workflow." if wanted is None else f"There is no workflow in state {wanted}.")
    if more:
        say((f"There are more than these {limit}; name a --limit.", "dim"))


def show(
    name: IdArgument,
    raw: Annotated[
        bool, typer.Option("--raw", help="The answer itself, byte for byte as it came; ID may also be its SHA-256.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """One response or one workflow: the plan card, and what became of it."""
    if raw:
        _show_raw(name, data, as_json)
        return
    with Monitor(connect(data).monitor_url) as monitor:
        workflow = monitor.workflow(name)
        response = monitor.response(name) if workflow is None else None
    if workflow is not None:
        if as_json:
            print_json(workflow)
        else:
            print_page(workflow_card(workflow))
    elif response is not None:
        print_response(response, as_json)
    else:
        fail(_unknown(name))


def _show_raw(name: str, data: Path | None, as_json: bool) -> None:
    """Write the bytes of an answer to stdout; what they are is said on stderr."""
    from cli.raw_answers import raw_answer

    if as_json:
        raise InvalidInput(code="RAW_IS_NO_JSON", reason="--raw prints the answer byte for byte. Leave out --json.")
    hawk = connect(data)
    with Monitor(hawk.monitor_url) as monitor:
        workflow = monitor.workflow(name)
    answer = asyncio.run(raw_answer(hawk.dsn("hawk_reader"), name if workflow is None else workflow["response_id"]))
    if answer is None:
        fail(_unknown(name))
    print_bytes(answer.kept)
    say((f"SHA-256 {answer.sha256}, {answer.size_bytes} bytes, received {answer.received_at.isoformat()}", "dim"))
    for other in answer.others:
        say(("Another answer came under this id, and was refused: ", "dim"), f"hawk show {other} --raw")
    if not answer.authentic:
        fail("These bytes do not have that SHA-256: the table parser.answers was tampered with. See `hawk verify`.")
    if not answer.whole:
        fail(f"It was too large to be read: only its first {len(answer.kept)} bytes are kept.")


def watch(name: IdArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Follow a workflow, or all of a response, with a progress bar until it ends.

    Exit status 1 when it ends otherwise than in success. With --json: each message on a line of its own.
    \f

    Raises:
        typer.Exit: status 1, a workflow ended otherwise than in success.
    """
    hawk = connect(data)
    with Monitor(hawk.monitor_url) as monitor:
        workflow = monitor.workflow(name)
        response = monitor.response(name) if workflow is None else None
    if workflow is None and response is None:
        fail(_unknown(name))
    followed = [workflow] if workflow is not None else (response or {})["workflows"]
    if not followed:
        fail(f"Response {name} has no workflow to watch: {(response or {})['outcome']}. See `hawk show {name}`.")
    ends = watch_all(hawk.monitor_url, followed, lambda: _check_running(hawk), as_json=as_json)
    if not all(ended_well(end) for end in ends):
        raise typer.Exit(NOT_SO)


def print_response(response: Document, as_json: bool) -> None:
    """What `hawk show` prints of a response."""
    if as_json:
        print_json(response)
    else:
        print_page(response_card(response))


def settled(monitor: Monitor, response_id: str, before: Document | None, timeout: float) -> Document:
    """The response once it is read and each of its workflows waits for people, or has ended where none is needed.

    Args:
        before: what was known of the response when it was published; then its repeat is waited for.
    Raises:
        Transient: not so within `timeout` seconds.
    """
    planned_at: float | None = None

    def look() -> Document | None:
        nonlocal planned_at
        response = monitor.response(response_id)
        if response is None or not response["planned"] or not _came_in(response, before):
            return None
        now = time.monotonic()
        planned_at = planned_at or now
        over = is_settled(response) or (now - planned_at > SETTLE_SECONDS and not _runs_by_itself(response))
        return response if over else None

    found = polled(look, timeout)
    if found is None:
        response = monitor.response(response_id)
        state = "nothing of it is known yet" if response is None else f"outcome so far {response['outcome']}"
        raise Transient(
            f"Response {response_id} was published, but it is not planned after {timeout:g} s: {state}. "
            f"`hawk status` says what runs; `hawk show {response_id}` later shows what became of it."
        )
    return found


def is_settled(response: Document) -> bool:
    """Whether nothing more happens to a response until a person acts."""
    return all(_workflow_is_settled(workflow) for workflow in response["workflows"])


def _workflow_is_settled(workflow: Document) -> bool:
    if workflow["state"] in _NOT_YET:
        return False
    return bool(workflow["progress"]["final"]) or _tier(workflow) != AUTO


def _runs_by_itself(response: Document) -> bool:
    return any(_tier(workflow) == AUTO and workflow["state"] not in _NOT_YET for workflow in response["workflows"])


def _tier(workflow: Document) -> str | None:
    return (workflow["policy"] or {}).get("tier")


def _came_in(response: Document, before: Document | None) -> bool:
    """Whether what was just published has been read: a known response then counts one repeat or contradiction more."""
    if before is None or before["outcome"] is None:
        return True
    return _count(response) > _count(before)


def _count(response: Document) -> int:
    return int(response["repeats"]) + int(response["contradictions"])


async def publish_answer(hawk: RunningHawk, answer: bytes, *, user: str, prompt: str) -> str:
    """Publish an answer on behalf of somebody who asked; gives the response's id.

    Raises:
        Transient: Kafka did not take it.
    """
    from cli.wrapping import wrap

    wrapped = wrap(answer, user=user, prompt=prompt, response_id=None)
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
            f"Kafka at {hawk.bootstrap} did not take the answer ({str(error) or 'no answer in time'}). "
            "`hawk status` says whether it runs; publish again when it does: the same answer counts once."
        ) from error


def _print_published(response_id: str, as_json: bool) -> None:
    if as_json:
        print_json({"response_id": response_id})
    else:
        tell(response_id)
        say(("Published. See what becomes of it: ", "dim"), f"hawk show {response_id}")


def _check_running(hawk: RunningHawk) -> Any:
    return running_state(hawk.data)


def _unknown(name: str) -> str:
    return f"There is no response and no workflow {name!r} (yet). `hawk list` names the workflows there are."
