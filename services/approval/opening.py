"""The beginning of an installation: its first policy and its first rollout, as version 1 of their streams.

Written once, at the first start, from the settings of this service; from then on the streams alone say what holds, and
the settings have no effect. The executor has no such settings: it gets both over hawk.control.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from services.approval.policy.handlers import in_force
from services.approval.rollout.state import NotOpened
from services.approval.settings import ApprovalSettings
from shared.events.identity import POLICY_STREAM, ROLLOUT_STREAM
from shared.events.policy import PolicySet
from shared.events.rollout import RolloutOpened
from shared.messaging.unit_of_work import UnitOfWork
from shared.policy.recorded import policy_of, table_of
from shared.policy.table import Policy

#: Runs a work in a unit of its own.
RunUnit = Callable[[Callable[[UnitOfWork], Awaitable[Policy]]], Awaitable[Policy]]

#: Seconds after which this process has seen a policy that another one of this service put in force. Only what people
#: are shown depends on it: what is asked of a plan is read in the transaction that asks.
LOOK_SECONDS: Final = 1.0

_HOW: Final = "It counts at the first start alone"

_log = structlog.get_logger(__name__)


class Opening:
    """Opens the installation, and keeps the policy in force at hand."""

    def __init__(self, settings: ApprovalSettings, run: RunUnit, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._run = run
        self._clock = clock
        self._policy: Policy | None = None

    async def open(self) -> None:
        """Write what the streams lack, read what they hold, and warn of settings that say otherwise."""
        self._policy = await self._run(self._write_or_read)

    def policy(self) -> Policy:
        """Return the policy in force.

        Raises:
            NotOpened: this process has not come to `open` yet.
        """
        if self._policy is None:
            raise NotOpened(POLICY_STREAM)
        return self._policy

    async def watch(self) -> None:
        """Follow the policy in force, whichever process put it in force."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._policy = await self._run(self._read)

    async def _read(self, unit: UnitOfWork) -> Policy:
        return await in_force(unit) or self.policy()

    async def _write_or_read(self, unit: UnitOfWork) -> Policy:
        rollout, policy = await unit.load(ROLLOUT_STREAM), await unit.load(POLICY_STREAM)
        now = self._clock()
        if not rollout.version:
            opened = RolloutOpened(terms=self._settings.starting_terms, opened_at=now)
            unit.append(ROLLOUT_STREAM, 0, opened, correlation_id=ROLLOUT_STREAM)
        elif isinstance(first := rollout.events[0], RolloutOpened):
            self._warn_of_mode(first)
        if not policy.version:
            table = table_of(self._settings.preset)
            first_policy = PolicySet(table=table, follows=None, set_at=now)
            unit.append(POLICY_STREAM, 0, first_policy, correlation_id=POLICY_STREAM)
            return policy_of(table)
        found = await self._read(unit)
        self._warn_of_policy(found)
        return found

    def _warn_of_mode(self, first: RolloutOpened) -> None:
        wanted = self._settings.rollout_mode
        if wanted is not None and wanted != first.terms.mode:
            why = f"this installation was opened in {first.terms.mode}; change it with `hawk rollout --mode {wanted}`"
            _log.warning("setting_without_effect", setting="HAWK_ROLLOUT_MODE", value=wanted, why=f"{_HOW}: {why}.")

    def _warn_of_policy(self, in_force: Policy) -> None:
        wanted = self._settings.preset.version
        if "policy" in self._settings.model_fields_set and wanted != in_force.version:
            why = f"{_HOW}: policy {in_force.version} is in force."
            _log.warning("setting_without_effect", setting="HAWK_POLICY", value=self._settings.policy, why=why)
