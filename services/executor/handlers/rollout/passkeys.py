"""A decision about a person's passkey arrives: the executor keeps the keys by which it checks who signed a grant."""

from collections.abc import Mapping

from services.executor.handlers.rollout.decisions import name_in
from services.executor.ports import Ports
from services.executor.rollout.passkeys import PasskeyDecision, fold, take
from shared.errors import InvalidInput
from shared.events.identity import passkeys_stream, passkeys_taken_in_stream
from shared.events.passkeys import PasskeyTakenIn
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork
from shared.passkeys.keys import owner_key
from shared.security.grants import GrantClaims


async def on_passkey_decided(ports: Ports, uow: UnitOfWork, message: Message[PasskeyDecision]) -> None:
    """Keep a key, or what ends it.

    Raises:
        InvalidInput: the message is not of the stream of that person's passkeys, or two persons did not decide it.
    """
    owner = owner_key(message.event.person)
    name = name_in(message, passkeys_stream(owner))
    stream = passkeys_taken_in_stream(owner)
    noted = await uow.load(stream)
    taking = take(fold(noted.events), message.event, name, ports.clock())
    if taking.refusal is not None:
        raise InvalidInput(code="PASSKEY_NOT_DECIDED", reason=taking.refusal)
    if taking.note is not None:
        uow.append(stream, noted.version, taking.note, correlation_id=passkeys_stream(owner))


async def keys_of(uow: UnitOfWork, claims: GrantClaims) -> Mapping[str, PasskeyTakenIn]:
    """Return the keys of those who signed a grant; nothing is read for one that nobody signed."""
    found: dict[str, PasskeyTakenIn] = {}
    for owner in sorted({owner_key(each.person) for each in claims.assertions}):
        found |= fold((await uow.load(passkeys_taken_in_stream(owner))).events)
    return found
