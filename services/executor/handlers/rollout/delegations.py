"""A delegation is told over hawk.control: the executor knows it from this transaction on."""

from services.executor.handlers.rollout.decisions import name_in as named
from services.executor.ports import Ports
from services.executor.rollout.delegations import fold, take
from shared.errors import InvalidInput
from shared.events.delegations import DelegationConfirmed, DelegationEnded
from shared.events.identity import DELEGATIONS_STREAM, EXECUTOR_DELEGATIONS_STREAM
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.delegation import Delegated


async def on_delegation_told(
    ports: Ports, uow: UnitOfWork, message: Message[DelegationConfirmed | DelegationEnded]
) -> None:
    """Note a delegation that was confirmed, or that somebody ended before its time.

    Raises:
        InvalidInput: it is not of the stream `delegations`, or too few agreed to it.
    """
    name = named(message, DELEGATIONS_STREAM)
    noted = await uow.load(EXECUTOR_DELEGATIONS_STREAM)
    noting = take(fold(noted.events), message.event, name, ports.clock())
    if noting.refusal is not None:
        raise InvalidInput(code="DELEGATION_NOT_FOLLOWED", reason=f"{noting.refusal} Give it again.")
    if noting.note is not None:
        uow.append(EXECUTOR_DELEGATIONS_STREAM, noted.version, noting.note, correlation_id=EXECUTOR_DELEGATIONS_STREAM)


async def delegated_now(uow: UnitOfWork) -> Delegated:
    """Return the delegations that the executor knows, for a grant to be judged by."""
    return fold((await uow.load(EXECUTOR_DELEGATIONS_STREAM)).events).delegated
