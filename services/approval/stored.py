"""The ports of this service on its event store: each act of a person is a unit of work of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from services.approval import caps, handlers, revocations, set_aside
from services.approval.delegations import handlers as delegating
from services.approval.delegations.commands import AbsenceCommand, DelegationCommand
from services.approval.delegations.state import Absences, Delegations
from services.approval.emergency.commands import AnyCommand
from services.approval.held import store
from services.approval.held.decider import DecideHeld
from services.approval.held.state import Held
from services.approval.http.replays import keep_request
from services.approval.letters.store import PostgresLetters
from services.approval.passkeys.commands import PasskeyCommand
from services.approval.passkeys.store import PostgresPasskeys
from services.approval.passkeys.store import act as act_on_passkeys
from services.approval.policy import handlers as policies
from services.approval.policy.commands import PolicyCommand
from services.approval.policy.state import PolicyState
from services.approval.policy.store import run_over_past
from services.approval.ports import Caller, Signer
from services.approval.projection import read_taken_in
from services.approval.publication import handlers as publications
from services.approval.publication.decider import Listed, Publication, PublicationCommand
from services.approval.requests.cards import NO_CAPS, CapsLeft
from services.approval.requests.commands import AmendRequest
from services.approval.requests.decider import Outcome, Refused
from services.approval.requests.reversal import Asked, AskReversal
from services.approval.requests.revocation import AskRevocation
from services.approval.requests.standing import Standing
from services.approval.requests.state import Approval
from services.approval.requests.submission import Submission, Submitted
from services.approval.rollout import handlers as rollouts
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.state import Rollout, TakenIn
from shared.events.approvals import ApprovalAmended
from shared.events.deadletters import ReplayRequested, SetAsideConfirmed, SetAsideProposed
from shared.events.identity import ABSENCES_STREAM, DELEGATIONS_STREAM, POLICY_STREAM, ROLLOUT_STREAM, approval_stream
from shared.events.policy import PolicyBacktest
from shared.events.publication import publication_stream
from shared.events.revocations import RevocationRequested
from shared.messaging.cause import Cause
from shared.passkeys.keys import Keys
from shared.policy.table import Policy
from shared.service import Service
from shared.telemetry.tracing import span


def cause_of(service: Service, correlation_id: str, caller: Caller) -> Cause:
    """Return the cause of what a person does over HTTP."""
    return service.cause(
        request_id=str(uuid4()),
        correlation_id=correlation_id,
        actor=f"person:{caller.person}",
        traceparent=caller.traceparent,
    )


class StoredApprovals:
    """`ports.Approvals` on the event store: each act is a unit of work of its own; acts that come together share its
    transaction."""

    def __init__(self, service: Service, signer: Signer, policy: Callable[[], Policy]) -> None:
        self._service = service
        self._signer = signer
        self._policy = policy

    async def act(self, workflow_id: str, command: AnyCommand, caller: Caller) -> Approval | Refused:
        """Decide in one unit of work, correlated with the workflow; the span is the beginning of a trace of its own."""
        with span(f"approval {type(command).__name__}", caller.traceparent) as traceparent:
            return await self._service.unit_of_request(
                replace(cause_of(self._service, workflow_id, caller), traceparent=traceparent),
                lambda unit: handlers.act(unit, workflow_id, command, self._signer),
                (approval_stream(workflow_id), DELEGATIONS_STREAM),
            )

    async def caps_left(self, state: Approval, outcomes: Sequence[Outcome]) -> CapsLeft:
        """Read the streams of the caps that an approval would count for."""
        if not outcomes:
            return NO_CAPS
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=POLICY_STREAM)
        return await self._service.unit(cause, lambda unit: caps.left(unit, state, outcomes))

    async def act_by_clock(self, workflow_id: str, command: AnyCommand) -> None:
        """Run a command on behalf of the clock."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=workflow_id)
        await self._service.unit(cause, lambda unit: handlers.act(unit, workflow_id, command, self._signer))

    async def set_aside(
        self, command: set_aside.SetAside, caller: Caller
    ) -> SetAsideProposed | SetAsideConfirmed | Refused:
        """Decide on setting a blocked message aside, and keep what follows."""
        return await self._service.unit(
            cause_of(self._service, command.place.stream, caller),
            lambda unit: set_aside.act(unit, command, self._policy()),
        )

    async def ask_reversal(self, command: AskReversal, caller: Caller) -> Asked | Refused:
        """Decide in one unit of work, correlated with the workflow to be reversed."""
        return await self._service.unit(
            cause_of(self._service, command.reverses, caller),
            lambda unit: handlers.ask_reversal(unit, command, self._signer),
        )

    async def amend(self, workflow_id: str, command: AmendRequest, caller: Caller) -> ApprovalAmended | Refused:
        """Decide in one unit of work, correlated with the workflow that is amended."""
        return await self._service.unit(
            cause_of(self._service, workflow_id, caller),
            lambda unit: handlers.amend(unit, workflow_id, command, self._signer),
        )

    async def revoke(self, workflow_id: str, command: AskRevocation, caller: Caller) -> RevocationRequested | Refused:
        """Ask in one unit of work, correlated with the workflow."""
        return await self._service.unit(
            cause_of(self._service, workflow_id, caller), lambda unit: revocations.revoke(unit, workflow_id, command)
        )

    async def submit(self, submission: Submission, caller: Caller) -> Submitted:
        """Keep the answer in one unit of work, correlated with its response id."""
        with span("approval submit", caller.traceparent) as traceparent:
            return await self._service.unit(
                replace(cause_of(self._service, submission.response_id, caller), traceparent=traceparent),
                lambda unit: handlers.submit(unit, submission, self._signer),
            )


class StoredReplays:
    """`replays.Replays` on the event store and the table of letters."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.letters = PostgresLetters(lambda: service.database.pool)

    async def known(self, letter: str) -> bool:
        """Look the letter up in `approval.letters`."""
        return await self.letters.known(letter)

    async def ask(self, request: ReplayRequested, caller: Caller) -> None:
        """Append the request in one unit of work, correlated with the letter."""
        cause = cause_of(self._service, request.letter, caller)
        await self._service.unit(cause, lambda unit: keep_request(unit, request))


class StoredRollouts:
    """`ports.Rollouts` on the event store."""

    def __init__(self, service: Service, policy: Callable[[], Policy]) -> None:
        self._service = service
        self._policy = policy

    async def read(self) -> Rollout:
        """Fold the stream of the rollout; raises NotOpened (a Transient) until the first start has opened it."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=ROLLOUT_STREAM)
        return await self._service.unit(cause, rollouts.read)

    async def taken_in(self) -> TakenIn | None:
        """Read `approval.executor_control`, the projection of what the executor reports."""
        return await read_taken_in(self._service.database.pool)

    async def change(self, command: RolloutCommand, caller: Caller) -> Rollout | Refused:
        """Decide in one unit of work; raises NotOpened (a Transient) until the first start has opened it."""
        cause = cause_of(self._service, ROLLOUT_STREAM, caller)
        return await self._service.unit(cause, lambda unit: rollouts.act(unit, command, self._policy()))


class StoredPolicies:
    """`ports.Policies` on the event store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def read(self) -> PolicyState:
        """Fold the stream of the policy; raises NotOpened (a Transient) until the first start has opened it."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=POLICY_STREAM)
        return await self._service.unit(cause, policies.read)

    async def over_past(self, candidate: Policy, until: datetime) -> PolicyBacktest:
        """Read `approval.queue` page by page, outside of any unit of work."""
        return await run_over_past(self._service.database.pool, candidate, until)

    async def change(self, command: PolicyCommand, caller: Caller) -> PolicyState | Refused:
        """Decide in one unit of work; raises NotOpened (a Transient) until the first start has opened it."""
        cause = cause_of(self._service, POLICY_STREAM, caller)
        return await self._service.unit(cause, lambda unit: policies.act(unit, command))


class StoredDelegations:
    """`ports.DelegationBook` on the event store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def read(self) -> tuple[Delegations, Absences]:
        """Fold both streams."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=DELEGATIONS_STREAM)
        return await self._service.unit(cause, delegating.read)

    async def standing(self) -> Standing:
        """Return what cards show of both, and what counts for who looks at them."""
        given, away = await self.read()
        return Standing(given.delegated, tuple(away.noted.values()))

    async def change(self, command: DelegationCommand, caller: Caller) -> Refused | None:
        """Decide in one unit of work, correlated with the stream."""
        cause = cause_of(self._service, DELEGATIONS_STREAM, caller)
        return await self._service.unit(cause, lambda unit: delegating.act(unit, command))

    async def note(self, command: AbsenceCommand, caller: Caller) -> Refused | None:
        """Decide in one unit of work, correlated with the stream."""
        cause = cause_of(self._service, ABSENCES_STREAM, caller)
        return await self._service.unit(cause, lambda unit: delegating.act_absence(unit, command))


class StoredPasskeys(PostgresPasskeys):
    """`ports.Passkeys` on the event store and the service's table."""

    def __init__(self, service: Service) -> None:
        super().__init__(lambda: service.database.pool)
        self._service = service

    async def change(self, command: PasskeyCommand, caller: Caller) -> Keys | Refused:
        """Decide in one unit of work, correlated with the person's passkeys."""
        cause = cause_of(self._service, "passkeys", caller)
        return await self._service.unit(cause, lambda unit: act_on_passkeys(unit, command))


class StoredPublications:
    """`publication.http.Publications` on the event store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def waiting(self) -> tuple[int, list[tuple[Listed, Publication]]]:
        """Read the list of the relay; at most `publications.SHOWN_MAX` events are returned."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id="relay")
        return await self._service.unit(cause, publications.waiting)

    async def act(
        self, position: int, command: PublicationCommand, caller: Caller
    ) -> tuple[Listed, Publication] | Refused:
        """Decide in one unit of work, correlated with the stream of the publication."""
        cause = cause_of(self._service, publication_stream(position), caller)
        return await self._service.unit(cause, lambda unit: publications.act(unit, position, command))


class StoredHeld:
    """`ports.HeldRows` on the event store and the service's table."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def listed(self, held_id: str | None) -> Sequence[Held]:
        """Read `approval.held`; see `ports.HeldRows`."""
        return await store.listed(self._service.database.pool, held_id)

    async def waiting(self) -> int:
        """Return how much waits for people."""
        return await store.waiting(self._service.database.pool)

    async def decide(self, command: DecideHeld, caller: Caller) -> Held | Refused:
        """Decide in one unit of work, correlated with the held id."""
        cause = cause_of(self._service, command.held_id, caller)
        return await self._service.unit(cause, lambda unit: store.act(unit, command))
