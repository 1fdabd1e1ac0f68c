"""Passkeys of people and the nonces that they sign, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.approval.passkeys.commands import PasskeyCommand
from services.approval.passkeys.nonces import CHARACTERS, LIFETIME, key_of
from services.approval.passkeys.store import act
from services.approval.ports import Caller
from services.approval.requests.decider import Refused
from shared.events.identity import passkeys_stream
from shared.passkeys.challenge import Signed
from shared.passkeys.keys import Keys, keys_of, owner_key
from tests.support.units import MemoryStreams, MemoryUnitOfWork


@dataclass
class MemoryPasskeys:
    """`ports.Passkeys` over streams in memory."""

    streams: MemoryStreams
    people: list[str] = field(default_factory=list)

    async def everybody(self) -> Sequence[Keys]:
        return [await self.of(person) for person in self.people]

    async def of(self, person: str) -> Keys:
        loaded = await MemoryUnitOfWork(self.streams).load(passkeys_stream(owner_key(person)))
        return keys_of(loaded.events)

    async def change(self, command: PasskeyCommand, caller: Caller) -> Keys | Refused:
        unit = MemoryUnitOfWork(self.streams)
        outcome = await act(unit, command)
        await unit.commit()
        if not isinstance(outcome, Refused) and caller.person not in self.people:
            self.people.append(caller.person)
        return outcome


@dataclass
class MemoryNonces:
    """`ports.PasskeyNonces`, and the connection of a unit that looks a nonce up."""

    kept: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    given: int = 0

    async def give(self, person: str, signed: Signed | None, at: datetime) -> str:
        self.given += 1
        nonce = f"{self.given:0{CHARACTERS}d}"
        named = ("workflow_id", "plan_digest", "decision")
        what = {name: None if signed is None else getattr(signed, name) for name in named}
        self.kept[key_of(nonce)] = {"person": person, "expires_at": at + LIFETIME, **what}
        return nonce

    async def take(self, nonce: str, person: str, at: datetime) -> bool:
        row = self.kept.pop(key_of(nonce), None)
        return row is not None and row["workflow_id"] is None and row["person"] == person and at < row["expires_at"]

    async def fetch(self, query: str, key: bytes) -> list[dict[str, Any]]:
        return [self.kept[key]] if key in self.kept else []

    async def execute(self, query: str, key: bytes) -> None:
        self.kept.pop(key, None)
