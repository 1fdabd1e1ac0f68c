"""The life of one workflow as events on their topics, with a real plan of the demo reference data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from demo.reference.load import demo_rows
from shared.events import topics
from shared.events.approvals import ApprovalRequested, Approver, DecisionRecorded, GrantIssued, PolicyOutcome
from shared.events.base import Event, Notice, Refusal
from shared.events.catalogue import encode
from shared.events.identity import plan_stream, progress_stream, response_stream, workflow_id
from shared.events.plans import PlanDrawn, PlanRefused
from shared.events.progress import ProgressReported, WorkflowState
from shared.events.responses import Claimed, Maker, Origin, ProposalMade, ResponseReceived, ResponseRepeated
from shared.events.routing import OutMessage, messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.hedging.facts import Facts, UsdUse, facts_from_rows
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanIdentity, PlanRefusal
from shared.hedging.planning.drawing import draw_plan
from shared.plans.digests import UNSEALED, effects_digest, sealed
from shared.plans.turns import WAITING_FOR_TURN, waiting_sentence

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
MAKER = Maker(name="alice", verified=True)
CLAIMED = (Claimed(action_id="a1", approval_required=False, risk_score="LOW"),)
POLICY = PolicyOutcome(
    tier="TRADER", required=("TRADER",), rules=("Below 50M one trader.",), version="v1", four_eyes=False
)


@dataclass(frozen=True, slots=True)
class Told:
    """An event, where it is published, and when it was recorded."""

    topic: str
    stream: str
    version: int
    event: Event
    at: datetime


def order(currency: str = "USD", amount: str = "25000000", entity: str | None = "ENTITY0037") -> Order:
    return Order(
        instruction_type=InstructionType.I,
        exposure_currency=currency,
        amount=Decimal(amount),
        entity_id=entity,
        nav_type=NavType.COI,
        provenance={"amount": "stated", "exposure_currency": "stated"},
    )


@cache
def drawn(of: str, response: str, currency: str, amount: str, entity: str | None) -> HedgePlan | PlanRefusal:
    """The plan (or refusal) of a COI inception under the demo reference data of Monday 2026-11-23."""
    return draw_plan(order(currency, amount, entity), (), _facts(currency), PlanIdentity(of, response, 1))


class Story:
    """One response with one workflow, told step by step; each call adds to `told`."""

    def __init__(
        self,
        response_id: str = "resp-1",
        *,
        currency: str = "USD",
        amount: str = "25000000",
        entity: str | None = "ENTITY0037",
    ) -> None:
        self.response_id = response_id
        self.workflow_id = workflow_id(response_id, 0, 1)
        self.order = order(currency, amount, entity)
        self.result = drawn(self.workflow_id, response_id, currency, amount, entity)
        self.told: list[Told] = []
        self.plan_digest = DIGEST
        self._progress = 0
        self._approvals = 0

    @property
    def plan(self) -> HedgePlan:
        if isinstance(self.result, PlanRefusal):
            raise TypeError(f"this order is refused: {self.result.code}")
        return self.result

    @property
    def effects_digest(self) -> str:
        return effects_digest(self.plan, POLICY.tier)

    def received(self) -> "Story":
        stream = response_stream(self.response_id)
        notice = Notice(code="CLAIM_IGNORED", message="The answer says that no approval is needed.")
        response = ResponseReceived(
            response_id=self.response_id, content_sha256=DIGEST, size_bytes=10, shape="PLAN_OBJECT",
            maker=MAKER, prompt="Create USD 25M COI hedge", analysis="Capacity is there.", outcome="PROPOSED",
            workflows=(self.workflow_id,), refusals=(), warnings=(), content="{}",
        )  # fmt: skip
        proposal = ProposalMade(
            workflow_id=self.workflow_id,
            response_id=self.response_id,
            origin=Origin(
                component=0,
                attempt=1,
                maker=MAKER,
                prompt="Create USD 25M COI hedge",
                analysis="Capacity is there.",
                claimed=CLAIMED,
                warnings=(notice,),
            ),
            order=self.order,
        )
        self._tell(topics.PROPOSALS, stream, 1, response)
        self._tell(topics.PROPOSALS, stream, 2, proposal)
        return self

    def repeated(self, times: int = 1) -> "Story":
        for number in range(1, times + 1):
            event = ResponseRepeated(response_id=self.response_id, content_sha256=DIGEST, repeats=number)
            self._tell(topics.PROPOSALS, response_stream(self.response_id), 2 + number, event)
        return self

    def planned(self) -> "Story":
        event = sealed(
            PlanDrawn(
                workflow_id=self.workflow_id,
                response_id=self.response_id,
                origin=Origin(
                    component=0,
                    attempt=1,
                    maker=MAKER,
                    prompt="Create USD 25M COI hedge",
                    analysis="Capacity is there.",
                    claimed=CLAIMED,
                ),
                order=self.order,
                plan=self.plan,
                amount_usd=self.plan.usd_equivalent,
                largest_deal_usd=self.plan.deal_usd_max,
                policy=POLICY,
                plan_digest=UNSEALED,
                effects_digest=self.effects_digest,
                planned_at=self._now(),
            )
        )
        self.plan_digest = event.plan_digest
        self._tell(topics.PLANS, plan_stream(self.workflow_id), 1, event)
        return self.progress("PLANNED")

    def refused(self) -> "Story":
        refusal = self.result
        if not isinstance(refusal, PlanRefusal):
            raise TypeError("this order has a plan")
        named = Refusal(code=refusal.code.value, message=refusal.message, path=refusal.path)
        event = PlanRefused(
            workflow_id=self.workflow_id,
            response_id=self.response_id,
            origin=Origin(component=0, attempt=1, maker=MAKER, prompt="Create a hedge", claimed=CLAIMED),
            order=self.order,
            refusal=refusal,
            recorded=refusal.record is not None,
            policy=None,
            plan_digest=None,
            effects_digest=None,
            refusals=(named,),
            refused_at=self._now(),
        )
        self._tell(topics.PLANS, plan_stream(self.workflow_id), 1, event)
        return self.progress("REFUSED", final=True, reason=f"{refusal.code}: {refusal.message}")

    def approved(self, person: str = "alice") -> "Story":
        requested = ApprovalRequested(
            workflow_id=self.workflow_id, response_id=self.response_id, plan_digest=self.plan_digest,
            effects_digest=self.effects_digest, maker=MAKER, amount_usd=self.plan.usd_equivalent, policy=POLICY,
            expires_at=self._now() + timedelta(hours=24), requested_at=self._now(),
        )  # fmt: skip
        decision = DecisionRecorded(
            workflow_id=self.workflow_id, plan_digest=self.plan_digest, decision="APPROVE", person=person,
            role="TRADER", comment="fine", decided_at=self._now(),
        )  # fmt: skip
        grant = GrantIssued(
            workflow_id=self.workflow_id, jti="jti-1", grant="secret.grant.text", tier="TRADER",
            plan_digest=self.plan_digest, approvers=(Approver(person=person, role="TRADER", at=self._now()),),
            issued_at=self._now(), expires_at=self._now() + timedelta(hours=24),
        )  # fmt: skip
        self.progress("AWAITING_APPROVAL")
        for event in (requested, decision, grant):
            self._approvals += 1
            self._tell(topics.APPROVALS, f"approval-{self.workflow_id}", self._approvals, event)
        return self.progress("APPROVED")

    def executed(self) -> "Story":
        total = self.plan.counts.total
        return (
            self.progress("PREPARED", stage="1A", done=8)
            .progress("PREPARED", stage="2", done=30)
            .progress("BOOKING", stage="2", done=30)
            .progress("COMPLETED", stage="2", done=total, completed=True)
            .progress("POSTED", stage="3", done=total, final=True)
        )

    def waits_for_its_turn(self, before: int, seconds: int) -> "Story":
        """Approved, with so many before it when it began to wait."""
        sentence = waiting_sentence(before, seconds)
        return self.progress("APPROVED", status=sentence, reason=f"{WAITING_FOR_TURN}: {sentence}")

    def progress(
        self,
        state: WorkflowState,
        *,
        stage: str | None = None,
        done: int = 0,
        completed: bool = False,
        final: bool = False,
        reason: str | None = None,
        status: str | None = None,
        stages: dict[str, str] | None = None,
    ) -> "Story":
        self._progress += 1
        total = self.result.counts.total if isinstance(self.result, HedgePlan) else 0
        event = ProgressReported.model_validate(
            {
                "workflow_id": self.workflow_id, "response_id": self.response_id, "order_id": None,
                "sequence": self._progress, "state": state, "stage": stage, "operation": None,
                "status": status or f"Now {state}", "completed_operations": done, "total_operations": total,
                "progress": 0 if total == 0 else 100 * done // total, "completed": completed, "final": final,
                "at": self._now(), "reason": reason, "stages": stages or {},
            }
        )  # fmt: skip
        self._tell(topics.PROGRESS, progress_stream(self.workflow_id), self._progress, event)
        return self

    def _tell(self, topic: str, stream: str, version: int, event: Event) -> None:
        self.told.append(Told(topic, stream, version, event, self._now()))

    def _now(self) -> datetime:
        return START + timedelta(seconds=len(self.told))


@cache
def _facts(currency: str) -> Facts:
    rows: dict[str, list[dict[str, object]]] = {}
    for row in demo_rows(date(2026, 11, 23)):
        rows.setdefault(row.table, []).append(row.row)
    use = UsdUse(f"usdpb-{currency}", 0, currency, Decimal(0), Decimal(0))
    return facts_from_rows(rows, (), use, START)


def messages_of(told: Told) -> tuple[OutMessage, ...]:
    """What the relay would publish for it."""
    new = encode(told.event)
    metadata = {"correlation_id": "corr", "causation_id": "cause", "actor": "service:test", "traceparent": ""}
    recorded = RecordedEvent(
        told.stream, told.version, event_id(told.stream, told.version), new.type, new.schema_version, new.data,
        metadata, told.at,
    )  # fmt: skip
    return messages(recorded)


def by_topic(told: Sequence[Told]) -> dict[str, list[Told]]:
    """The same, as each topic has them in order."""
    found: dict[str, list[Told]] = {}
    for each in told:
        found.setdefault(each.topic, []).append(each)
    return found
