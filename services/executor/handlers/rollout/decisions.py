"""A decision on the rollout or the policy arrives: the executor keeps to it from this transaction on."""

from collections.abc import Callable
from typing import Any

import asyncpg

from services.executor.handlers.rollout.reading import HOLD_ROLLOUT
from services.executor.ports import Ports
from services.executor.rollout.state import Decision, Kept, Taking, fold, take, take_policy
from shared.errors import InvalidInput
from shared.events.decisions import DecisionName, name_of
from shared.events.identity import EXECUTOR_CONTROL_STREAM, POLICY_STREAM, ROLLOUT_STREAM
from shared.events.policy import PolicySet, PolicyTakenIn
from shared.events.rollout import RolloutTakenIn
from shared.messaging.deadletters import set_aside
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.floors import floors
from shared.policy.recorded import policy_of


async def on_rollout_decided(ports: Ports, uow: UnitOfWork, message: Message[Decision]) -> None:
    """Record an opening, new terms, a stop or a resumption, after waiting (milliseconds) for plans being applied.

    Raises:
        InvalidInput: the message is not a decision of the stream `rollout`, or none that can be followed.
    """
    decision = message.event
    name = name_in(message, ROLLOUT_STREAM)
    # Before the append: what begins under the older version is recorded before this event, or not at all.
    await uow.connection.execute(HOLD_ROLLOUT)
    await _keep_to(uow, message, "ROLLOUT_OUT_OF_ORDER", lambda kept: take(kept, decision, name, ports.clock()))


async def on_policy_set(ports: Ports, uow: UnitOfWork, message: Message[PolicySet]) -> None:
    """Judge plans by another policy from here on.

    Raises:
        InvalidInput: the message is not a decision of the stream `policy`, none that can be followed, no policy, or one
            that would undercut a floor.
    """
    event = message.event
    name = name_in(message, POLICY_STREAM)
    try:
        policy = policy_of(event.table)
    except ValueError as error:
        raise InvalidInput(code="EVENT_MALFORMED", reason=f"Policy {name.version} cannot be used: {error}") from error
    if faults := floors(policy):
        raise InvalidInput(code="POLICY_BELOW_FLOOR", reason=f"Policy {name.version} is not followed: {faults[0]}")
    await _keep_to(uow, message, "POLICY_OUT_OF_ORDER", lambda kept: take_policy(kept, event, name, ports.clock()))


async def _keep_to(uow: UnitOfWork, message: Message, code: str, decide: Callable[[Kept], Taking]) -> None:
    noted = await uow.load(EXECUTOR_CONTROL_STREAM)
    taking = decide(fold(noted.events))
    if taking.refusal is not None:
        refusal = InvalidInput(code=code, reason=f"{taking.refusal} Stop HAWK and resume: a stop is always taken in.")
        if taking.note is None:
            raise refusal
        await set_aside(uow, message, refusal)
    if taking.note is not None:
        note = taking.note
        uow.append(EXECUTOR_CONTROL_STREAM, noted.version, note, correlation_id=ROLLOUT_STREAM)
        uow.also(lambda connection: _write(connection, note))


async def _write(connection: asyncpg.Connection, note: RolloutTakenIn | PolicyTakenIn) -> None:
    """Update the row that is read before anything begins."""
    if isinstance(note, PolicyTakenIn):
        await connection.execute(
            "UPDATE executor.policy SET version = $1, policy = $2", note.decision.version, _json(note.table)
        )
        return
    await connection.execute(
        "UPDATE executor.rollout SET version = $1, terms = $2, stopped = $3, reason = $4, doubted = $5",
        0 if note.decision is None else note.decision.version,
        None if note.terms is None else _json(note.terms),
        note.stopped,
        note.reason,
        None if note.doubted is None else note.doubted.version,
    )


def _json(value: Any) -> dict[str, Any]:
    written: dict[str, Any] = value.model_dump(mode="json")
    return written


def name_in(message: Message, stream: str) -> DecisionName:
    """Return the name of the decision in a message.

    Raises:
        InvalidInput: it is not of that stream, or has a version or data that no decision has.
    """
    origin = message.attributes
    if origin.stream != stream:
        raise InvalidInput(
            code="EVENT_MALFORMED", reason=f"{origin.event_name} of stream {origin.stream} decides nothing on {stream}."
        )
    try:
        return name_of(origin.version, origin.event_name, origin.schema_version, message.data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            code="EVENT_MALFORMED", reason=f"{message.place} has a version or data that no decision has: {error}"
        ) from error
