"""People change what HAWK may do (hawk.control): the executor takes it in, and notes since when it keeps to it."""

import asyncpg

from services.executor.ports import Ports
from services.executor.rollout.reading import HOLD_ROLLOUT
from services.executor.rollout.state import after
from shared.errors import InvalidInput
from shared.events.identity import EXECUTOR_CONTROL_STREAM, ROLLOUT_STREAM
from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutTakenIn, RolloutTermsSet
from shared.messaging.message import Message, cloud_event, message_event
from shared.messaging.unit_of_work import UnitOfWork


async def on_rollout_decided(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """Terms were set, HAWK was stopped or goes on. Waits for those who are applying a plan, for milliseconds.

    Raises:
        InvalidInput: the message is no decision of the stream `rollout`.
    """
    event, origin = message_event(message), cloud_event(message)
    if not isinstance(event, RolloutTermsSet | ExecutionStopped | ExecutionResumed) or origin.stream != ROLLOUT_STREAM:
        raise InvalidInput(
            code="EVENT_MALFORMED",
            reason=f"{type(event).__name__} of stream {origin.stream} decides nothing on the rollout.",
        )
    # Before the append: whoever begins something under the older version is recorded before this event, or not at all.
    await uow.connection.execute(HOLD_ROLLOUT)
    noted = await uow.load(EXECUTOR_CONTROL_STREAM)
    before = noted.events[-1] if noted.events else None
    if before is not None and not isinstance(before, RolloutTakenIn):
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Stream {EXECUTOR_CONTROL_STREAM} holds other events.")
    if before is not None and origin.version <= before.rollout_version:
        return
    taken_in = after(before, event, origin.version, ports.clock())
    uow.append(EXECUTOR_CONTROL_STREAM, noted.version, taken_in, correlation_id=ROLLOUT_STREAM)

    async def write(connection: asyncpg.Connection) -> None:
        terms = None if taken_in.terms is None else taken_in.terms.model_dump(mode="json")
        await connection.execute(
            "UPDATE executor.rollout SET version = $1, terms = $2, stopped = $3, reason = $4",
            taken_in.rollout_version,
            terms,
            taken_in.stopped,
            taken_in.reason,
        )

    uow.also(write)
